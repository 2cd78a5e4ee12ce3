#include "taskmanager/taskexecutor/operator_chain_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

static size_t count_nodes(const struct plan_node *node)
{
    size_t count = 1;
    for (size_t i = 0; i < node->child_count; i++)
        count += count_nodes(node->children[i]);
    return count;
}

/* What stands behind output 1 of a node; PLANNED: there is no such output. */
static enum chain_role side_output(const struct plan_node *plan)
{
    if (plan->kind == PLAN_SOURCE && plan->source->kind == PLAN_SOURCE_KAFKA && plan->source->kafka != NULL &&
        plan->source->kafka->dead_letter_topic != NULL)
        return CHAIN_DEAD_LETTERS;
    if (plan->kind == PLAN_WINDOW_AGGREGATE && plan->window_aggregate->late_records_topic != NULL)
        return CHAIN_LATE_RECORDS;
    return CHAIN_PLANNED;
}

static void add_child(struct chain_output *output, struct chain_node *child)
{
    output->children = mem_realloc(output->children, (output->num_children + 1) * sizeof(void *));
    output->children[output->num_children++] = child;
}

static struct chain_node *add_node(struct operator_chain *chain, const struct plan_node *plan,
                                   enum chain_role role)
{
    const struct rpc_task_id *task = &chain->options.deploy->task;
    struct chain_node *node = &chain->nodes[chain->num_nodes++];
    node->chain = chain;
    node->plan = plan;
    node->role = role;
    node->subtree_end = chain->num_nodes;
    node->context = (struct operator_context){
        .process = chain->options.environment->process,
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
    atomic_store(&node->metrics.watermark_us, WATERMARK_NONE);
    for (size_t i = 0; i < CHAIN_MAX_OUTPUTS; i++) {
        node->outputs[i] = (struct chain_output){.base = {&chain_output_ops}, .owner = node};
        node->output_pointers[i] = &node->outputs[i].base;
    }
    return node;
}

static void add_writers(struct operator_chain *chain, struct chain_node *node)
{
    const struct plan_job_graph *graph = chain->options.graph;
    for (size_t i = 0; i < graph->edge_count; i++) {
        const struct plan_edge *edge = &graph->edges[i];
        if (&graph->vertices[edge->from] != chain->options.vertex || edge->from_node_id != node->plan->id)
            continue;
        struct chain_node *writer = add_node(chain, node->plan, CHAIN_WRITER);
        writer->edge = (uint32_t)i;
        add_child(&node->outputs[0], writer);
    }
}

static struct chain_node *build_tree(struct operator_chain *chain, const struct plan_node *plan,
                                     const struct schema *input)
{
    struct chain_node *node = add_node(chain, plan, CHAIN_PLANNED);
    node->input = input;
    node->context.num_outputs = plan->kind == PLAN_SINK ? 0 : 1;
    for (size_t i = 0; i < plan->child_count; i++)
        add_child(&node->outputs[0], build_tree(chain, plan->children[i], plan->schema));
    add_writers(chain, node);
    enum chain_role side = side_output(plan);
    if (side != CHAIN_PLANNED) {
        add_child(&node->outputs[1], add_node(chain, plan, side));
        node->context.num_outputs = 2;
    }
    node->subtree_end = chain->num_nodes;
    return node;
}

/* What the gate gives; NULL: no edge leads here. */
static const struct schema *edge_schema(const struct operator_chain_options *options)
{
    for (size_t i = 0; i < options->graph->edge_count; i++) {
        const struct plan_edge *edge = &options->graph->edges[i];
        if (&options->graph->vertices[edge->to] == options->vertex && edge->input == 0)
            return edge->schema;
    }
    return NULL;
}

struct operator_chain *operator_chain_create(const struct operator_chain_options *options)
{
    struct operator_chain *chain = mem_calloc(1, sizeof *chain);
    chain->options = *options;
    chain->watermark_us = WATERMARK_NONE;
    chain->arena = arena_create(1024);
    CHECK(pthread_mutex_init(&chain->source_mutex, NULL) == 0);
    /* Nodes point to each other, so that the array is made once: a node has one side output at most. */
    size_t most = 2 * count_nodes(options->vertex->root) + options->graph->edge_count;
    chain->nodes = mem_calloc(most, sizeof *chain->nodes);
    build_tree(chain, options->vertex->root, edge_schema(options));
    CHECK(chain->num_nodes <= most);
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
    arena_free(chain->arena);
    free(chain->inputs);
    free(chain->nodes);
    free(chain);
}

bool operator_chain_has_gate(const struct operator_chain *chain)
{
    return chain->nodes[0].plan->kind != PLAN_SOURCE;
}

bool chain_is_blocked(const struct operator_chain *chain)
{
    for (size_t i = 0; i < chain->num_nodes; i++)
        if (chain->nodes[i].is_blocked)
            return true;
    return false;
}
