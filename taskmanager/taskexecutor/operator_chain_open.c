#include "taskmanager/taskexecutor/operator_chain_internal.h"

#include "common/base/memory.h"

#include <stdlib.h>

/* The state that this subtask begins with; empty when the operator had none. */
static enum status restored_state(const struct chain_node *node, struct operator_state *ret_state,
                                  struct error *error)
{
    const struct rpc_deploy *deploy = node->chain->options.deploy;
    *ret_state = (struct operator_state){0};
    for (size_t i = 0; i < deploy->num_restored && node->role == CHAIN_PLANNED; i++) {
        const struct rpc_restored_operator *restored = &deploy->restored[i];
        if (restored->node_id == node->plan->id)
            return operator_state_redistribute(restored->states, restored->num_states, node->context.subtask,
                                               node->context.parallelism, ret_state, error);
    }
    return STATUS_OK;
}

/* The locations are laid out anew, for the time of the call; the receiver copies them. */
static struct exchange_location *list_locations(const struct rpc_deploy *deploy)
{
    struct exchange_location *locations = mem_calloc(deploy->num_locations + 1, sizeof *locations);
    for (size_t i = 0; i < deploy->num_locations; i++)
        locations[i] = (struct exchange_location){.vertex = deploy->locations[i].vertex,
                                                  .subtask = deploy->locations[i].subtask,
                                                  .taskmanager_id = deploy->locations[i].taskmanager_id,
                                                  .address = deploy->locations[i].data_address};
    return locations;
}

static struct exchange_end exchange_end_of(const struct operator_chain *chain,
                                           const struct exchange_location *locations,
                                           void (*wake)(void *wake_context))
{
    const struct operator_chain_options *options = &chain->options;
    const struct rpc_task_id *task = &options->deploy->task;
    return (struct exchange_end){
        .graph = options->graph,
        .leader_epoch = task->leader_epoch,
        .job_id = task->job_id,
        .attempt = task->attempt,
        .vertex = (uint32_t)(options->vertex - options->graph->vertices),
        .subtask = task->subtask,
        .locations = locations,
        .num_locations = options->deploy->num_locations,
        .wake = wake,
        .wake_context = options->wake_context,
    };
}

static struct operator* create_writer(const struct chain_node *node)
{
    const struct operator_chain *chain = node->chain;
    const struct task_environment *environment = chain->options.environment;
    if (environment->factory->exchange == NULL)
        return NULL;
    struct exchange_location *locations = list_locations(chain->options.deploy);
    struct exchange_end end = exchange_end_of(chain, locations, chain->options.wake);
    struct operator* writer =
        environment->factory->exchange->create_writer(environment->hub, &end, node->edge);
    free(locations);
    return writer;
}

static struct operator* create_operator(const struct chain_node *node)
{
    const struct operator_chain_options *options = &node->chain->options;
    const struct operator_factory *factory = options->environment->factory;
    switch (node->role) {
    case CHAIN_PLANNED: return factory->create_operator(node->plan, node->input, options->channel);
    case CHAIN_WRITER: return create_writer(node);
    case CHAIN_DEAD_LETTERS: return factory->create_dead_letter_sink(node->plan);
    case CHAIN_LATE_RECORDS: return factory->create_late_records_sink(node->plan, options->graph);
    }
    return NULL;
}

static enum status open_operator(struct chain_node *node, const struct operator_state *state,
                                 struct error *error)
{
    node->operator= create_operator(node);
    if (node->operator== NULL)
        return error_set(error, STATUS_UNSUPPORTED, "this taskmanager has no operator for %s",
                         node->plan->name);
    const struct operator_ops *ops = node->operator->ops;
    enum status status = STATUS_OK;
    if (node->role == CHAIN_PLANNED && chain_keeps_keyed_state(node->plan))
        status = chain_state_open(node, error);
    if (status == STATUS_OK)
        status = ops->open(node->operator, & node->context, error);
    if (status == STATUS_OK && ops->restore != NULL && state->num_lists > 0)
        status = ops->restore(node->operator, state, error);
    return status;
}

static void make_inputs(struct operator_chain *chain, uint32_t count)
{
    chain->inputs = mem_calloc(count, sizeof *chain->inputs);
    chain->num_inputs = count;
    for (uint32_t i = 0; i < count; i++)
        chain->inputs[i].watermark_us = WATERMARK_NONE;
}

static enum status open_source(struct chain_node *node, const struct operator_state *state,
                               struct error *error)
{
    struct operator_chain *chain = node->chain;
    const struct task_environment *environment = chain->options.environment;
    make_inputs(chain, 1);
    chain->source = environment->factory->create_source(node->plan);
    if (chain->source == NULL)
        return error_set(error, STATUS_UNSUPPORTED, "this taskmanager has no source for %s",
                         node->plan->name);
    bool is_restored = chain->options.deploy->restored_checkpoint_id != 0;
    enum status status = chain->source->ops->open(chain->source, &node->context, error);
    if (status == STATUS_OK)
        status = chain->source->ops->restore(chain->source, state, is_restored, error);
    if (status == STATUS_OK && node->plan->source->watermark != NULL)
        status = watermark_generator_create(node->plan->source->watermark, chain->source,
                                            environment->process, state, &chain->generator, error);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&chain->source_mutex);
    chain->source_is_open = true;
    pthread_mutex_unlock(&chain->source_mutex);
    return STATUS_OK;
}

static enum status open_gate(struct operator_chain *chain, struct error *error)
{
    const struct task_environment *environment = chain->options.environment;
    const struct exchange_functions *exchange = environment->factory->exchange;
    if (exchange == NULL)
        return error_set(error, STATUS_UNSUPPORTED, "this taskmanager has no exchange");
    struct exchange_location *locations = list_locations(chain->options.deploy);
    struct exchange_end end = exchange_end_of(chain, locations, chain->options.wake_input);
    enum status status = exchange->create_gate(environment->hub, &end, &chain->gate, error);
    free(locations);
    if (status == STATUS_OK)
        make_inputs(chain, exchange->num_inputs(chain->gate));
    return status;
}

static enum status open_node(struct chain_node *node, struct error *error)
{
    struct operator_state state;
    enum status status = restored_state(node, &state, error);
    if (status != STATUS_OK)
        return status;
    bool is_source = node->plan->kind == PLAN_SOURCE && node->role == CHAIN_PLANNED;
    status = is_source ? open_source(node, &state, error) : open_operator(node, &state, error);
    operator_state_free(&state);
    return status;
}

enum status operator_chain_open(struct operator_chain *chain, struct error *error)
{
    for (size_t i = chain->num_nodes; i-- > 0;) {
        enum status status = open_node(&chain->nodes[i], error);
        if (status == STATUS_OK && i == 0 && operator_chain_has_gate(chain))
            status = open_gate(chain, error);
        if (status != STATUS_OK) {
            chain_error_at(&chain->nodes[i], error);
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
    watermark_generator_free(chain->generator);
    chain->generator = NULL;
    if (chain->source != NULL)
        chain->source->ops->close(chain->source);
    chain->source = NULL;
    if (chain->gate != NULL)
        chain->options.environment->factory->exchange->free_gate(chain->gate);
    chain->gate = NULL;
    for (size_t i = 0; i < chain->num_nodes; i++) {
        struct chain_node *node = &chain->nodes[i];
        if (node->operator!= NULL)
            node->operator->ops->close(node->operator);
        node->operator= NULL;
        chain_state_close(node);
    }
    file_io_free(chain->checkpoint_io);
    chain->checkpoint_io = NULL;
}

void operator_chain_wake_source(struct operator_chain *chain)
{
    pthread_mutex_lock(&chain->source_mutex);
    if (chain->source_is_open && chain->source->ops->wake != NULL)
        chain->source->ops->wake(chain->source);
    pthread_mutex_unlock(&chain->source_mutex);
}
