#include "taskmanager/taskexecutor/operator_chain_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>

static size_t count_nodes(const struct plan_node *node)
{
    size_t count = 1;
    for (size_t i = 0; i < node->child_count; i++)
        count += count_nodes(node->children[i]);
    return count;
}

static bool has_dead_letters(const struct plan_node *root)
{
    return root->kind == PLAN_SOURCE && root->source->kind == PLAN_SOURCE_KAFKA &&
           root->source->kafka != NULL && root->source->kafka->dead_letter_topic != NULL;
}

static void add_child(struct chain_output *output, struct chain_node *child)
{
    output->children = mem_realloc(output->children, (output->num_children + 1) * sizeof(void *));
    output->children[output->num_children++] = child;
}

static struct chain_node *add_node(struct operator_chain *chain, const struct plan_node *plan)
{
    const struct rpc_task_id *task = &chain->options.deploy->task;
    struct chain_node *node = &chain->nodes[chain->num_nodes++];
    node->chain = chain;
    node->plan = plan;
    node->context = (struct operator_context){
        .process = chain->options.process,
        .job_id = task->job_id,
        .operator_name = plan->name,
        .subtask = task->subtask,
        .parallelism = chain->options.vertex->parallelism,
        .max_parallelism = chain->options.graph->max_parallelism,
        .attempt = task->attempt,
        .outputs = node->output_pointers,
        .metrics = &node->metrics,
        .wake = chain->options.wake,
        .wake_context = chain->options.wake_context,
    };
    atomic_store(&node->metrics.pending_records, -1);
    for (size_t i = 0; i < CHAIN_MAX_OUTPUTS; i++) {
        node->outputs[i] = (struct chain_output){.base = {&chain_output_ops}, .owner = node};
        node->output_pointers[i] = &node->outputs[i].base;
    }
    return node;
}

static struct chain_node *build_tree(struct operator_chain *chain, const struct plan_node *plan)
{
    struct chain_node *node = add_node(chain, plan);
    node->context.num_outputs = plan->kind == PLAN_SINK ? 0 : 1;
    for (size_t i = 0; i < plan->child_count; i++)
        add_child(&node->outputs[0], build_tree(chain, plan->children[i]));
    node->subtree_end = chain->num_nodes;
    return node;
}

struct operator_chain *operator_chain_create(const struct operator_chain_options *options)
{
    struct operator_chain *chain = mem_calloc(1, sizeof *chain);
    chain->options = *options;
    CHECK(pthread_mutex_init(&chain->source_mutex, NULL) == 0);
    /* Nodes point to each other, so that the array is made once. */
    chain->nodes = mem_calloc(count_nodes(options->vertex->root) + 1, sizeof *chain->nodes);
    struct chain_node *root = build_tree(chain, options->vertex->root);
    if (has_dead_letters(root->plan)) {
        struct chain_node *sink = add_node(chain, root->plan);
        sink->is_dead_letter_sink = true;
        sink->subtree_end = chain->num_nodes;
        add_child(&root->outputs[1], sink);
        root->context.num_outputs = 2;
        root->subtree_end = chain->num_nodes;
    }
    return chain;
}

void operator_chain_free(struct operator_chain *chain)
{
    if (chain == NULL)
        return;
    operator_chain_close(chain);
    for (size_t i = 0; i < chain->num_nodes; i++)
        for (size_t k = 0; k < CHAIN_MAX_OUTPUTS; k++)
            free(chain->nodes[i].outputs[k].children);
    pthread_mutex_destroy(&chain->source_mutex);
    free(chain->nodes);
    free(chain);
}

/* The state that this subtask begins with; empty when the operator had none. */
static enum status restored_state(const struct chain_node *node, struct operator_state *ret_state,
                                  struct error *error)
{
    const struct rpc_deploy *deploy = node->chain->options.deploy;
    *ret_state = (struct operator_state){0};
    for (size_t i = 0; i < deploy->num_restored && !node->is_dead_letter_sink; i++) {
        const struct rpc_restored_operator *restored = &deploy->restored[i];
        if (restored->node_id == node->plan->id)
            return operator_state_redistribute(restored->states, restored->num_states, node->context.subtask,
                                               node->context.parallelism, ret_state, error);
    }
    return STATUS_OK;
}

static enum status open_operator(struct chain_node *node, const struct operator_state *state,
                                 struct error *error)
{
    const struct operator_factory *factory = node->chain->options.factory;
    node->operator= node->is_dead_letter_sink
        ? factory->create_dead_letter_sink(node->plan)
        : factory->create_operator(node->plan, node->chain->options.channel);
    if (node->operator== NULL)
        return error_set(error, STATUS_UNSUPPORTED, "this taskmanager has no operator for %s",
                         node->plan->name);
    const struct operator_ops *ops = node->operator->ops;
    enum status status = ops->open(node->operator, & node->context, error);
    if (status == STATUS_OK && ops->restore != NULL && state->num_lists > 0)
        status = ops->restore(node->operator, state, error);
    return status;
}

static enum status open_source(struct chain_node *node, const struct operator_state *state,
                               struct error *error)
{
    struct operator_chain *chain = node->chain;
    chain->source = chain->options.factory->create_source(node->plan);
    if (chain->source == NULL)
        return error_set(error, STATUS_UNSUPPORTED, "this taskmanager has no source for %s",
                         node->plan->name);
    bool is_restored = chain->options.deploy->restored_checkpoint_id != 0;
    enum status status = chain->source->ops->open(chain->source, &node->context, error);
    if (status == STATUS_OK)
        status = chain->source->ops->restore(chain->source, state, is_restored, error);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&chain->source_mutex);
    chain->source_is_open = true;
    pthread_mutex_unlock(&chain->source_mutex);
    return STATUS_OK;
}

enum status operator_chain_open(struct operator_chain *chain, struct error *error)
{
    for (size_t i = chain->num_nodes; i-- > 0;) {
        struct chain_node *node = &chain->nodes[i];
        struct operator_state state;
        enum status status = restored_state(node, &state, error);
        if (status == STATUS_OK) {
            status = i == 0 ? open_source(node, &state, error) : open_operator(node, &state, error);
            operator_state_free(&state);
        }
        if (status != STATUS_OK) {
            chain_error_at(node, error);
            return status;
        }
    }
    return STATUS_OK;
}

void operator_chain_close(struct operator_chain *chain)
{
    pthread_mutex_lock(&chain->source_mutex);
    chain->source_is_open = false;
    pthread_mutex_unlock(&chain->source_mutex);
    if (chain->source != NULL)
        chain->source->ops->close(chain->source);
    chain->source = NULL;
    for (size_t i = 0; i < chain->num_nodes; i++) {
        struct chain_node *node = &chain->nodes[i];
        if (node->operator!= NULL)
            node->operator->ops->close(node->operator);
        node->operator= NULL;
    }
}

void operator_chain_wake_source(struct operator_chain *chain)
{
    pthread_mutex_lock(&chain->source_mutex);
    if (chain->source_is_open && chain->source->ops->wake != NULL)
        chain->source->ops->wake(chain->source);
    pthread_mutex_unlock(&chain->source_mutex);
}

size_t operator_chain_report(const struct operator_chain *chain, struct rpc_operator_metrics *ret_metrics,
                             size_t capacity)
{
    size_t count = 0;
    for (size_t i = 0; i < chain->num_nodes && count < capacity; i++) {
        const struct chain_node *node = &chain->nodes[i];
        const struct operator_metrics *metrics = &node->metrics;
        if (node->is_dead_letter_sink)
            continue; /* the source counts what it failed to read */
        ret_metrics[count++] = (struct rpc_operator_metrics){
            .node_id = node->plan->id,
            .records_in = atomic_load_explicit(&metrics->records_in, memory_order_relaxed),
            .records_out = atomic_load_explicit(&metrics->records_out, memory_order_relaxed),
            .bytes_in = atomic_load_explicit(&metrics->bytes_in, memory_order_relaxed),
            .bytes_out = atomic_load_explicit(&metrics->bytes_out, memory_order_relaxed),
            .dropped_records = atomic_load_explicit(&metrics->dropped_records, memory_order_relaxed),
            .failed_records = atomic_load_explicit(&metrics->failed_records, memory_order_relaxed),
            .pending_records = atomic_load_explicit(&metrics->pending_records, memory_order_relaxed),
        };
    }
    return count;
}
