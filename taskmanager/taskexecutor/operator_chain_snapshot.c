#include "taskmanager/taskexecutor/operator_chain_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

void chain_snapshot_free(struct chain_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->num_states; i++)
        buffer_free(&snapshot->states[i].bytes);
    for (size_t i = 0; i < snapshot->num_committables; i++)
        buffer_free(&snapshot->committables[i].bytes);
    for (size_t i = 0; i < snapshot->num_frozen; i++)
        snapshot->frozen[i].functions->free_snapshot(snapshot->frozen[i].snapshot);
    free(snapshot->frozen);
    free(snapshot->states);
    free(snapshot->committables);
    *snapshot = (struct chain_snapshot){0};
}

/* Moves what one node gave into the subtask's snapshot. */
static void add_to_snapshot(struct chain_snapshot *all, const struct chain_node *node,
                            struct operator_snapshot *own)
{
    if (own->state.num_lists > 0) {
        CHECK(node->role == CHAIN_PLANNED);
        all->states = mem_realloc(all->states, (all->num_states + 1) * sizeof *all->states);
        struct chain_state *state = &all->states[all->num_states++];
        *state = (struct chain_state){.node_id = node->plan->id};
        operator_state_encode(&own->state, &state->bytes);
    }
    if (own->num_committables == 0)
        return;
    CHECK(node->plan->kind == PLAN_SINK);
    size_t count = all->num_committables + own->num_committables;
    all->committables = mem_realloc(all->committables, count * sizeof *all->committables);
    for (size_t i = 0; i < own->num_committables; i++) {
        all->committables[all->num_committables++] =
            (struct chain_committable){node->plan->sink->sink_id, own->committables[i]};
        own->committables[i] = (struct buffer){0};
    }
}

static enum status snapshot_source(struct operator_chain *chain, struct operator_snapshot *own,
                                   struct error *error)
{
    enum status status =
        chain->source->ops->snapshot_state(chain->source, chain->sweep.checkpoint_id, own, error);
    if (status == STATUS_OK && chain->generator != NULL)
        watermark_generator_snapshot(chain->generator, &own->state);
    return status;
}

enum operator_result chain_snapshot_node(struct chain_node *node, struct error *error)
{
    struct operator_chain *chain = node->chain;
    struct operator* operator= node->operator;
    struct operator_snapshot own = {0};
    enum status status = STATUS_OK;
    if (operator== NULL)
        status = snapshot_source(chain, &own, error);
    else if (operator->ops->snapshot_state != NULL)
        status = operator->ops->snapshot_state(operator, chain->sweep.checkpoint_id, &own, error);
    if (status == STATUS_OK)
        add_to_snapshot(chain->sweep.snapshot, node, &own);
    operator_snapshot_free(&own);
    if (status == STATUS_OK && node->context.keyed_state != NULL)
        status = chain_state_freeze(node, error);
    if (status == STATUS_OK)
        return OPERATOR_DONE;
    chain->may_go_on = error->retriable;
    chain_error_at(node, error);
    return OPERATOR_FAILED;
}

enum operator_result operator_chain_snapshot(struct operator_chain *chain,
                                             const struct chain_barrier *barrier,
                                             struct chain_snapshot *snapshot, struct error *error)
{
    const struct exchange_barrier sent = {.checkpoint_id = barrier->checkpoint_id,
                                          .kind = (uint32_t)barrier->kind,
                                          .durable_id = barrier->durable_id,
                                          .trigger_ms = barrier->trigger_ms};
    for (size_t i = 0; i < chain->num_nodes; i++)
        if (chain->nodes[i].role == CHAIN_WRITER)
            chain->options.environment->factory->exchange->set_barrier(chain->nodes[i].operator, & sent);
    chain->may_go_on = false;
    struct chain_sweep sweep = {.kind = SWEEP_BARRIER,
                                .end = chain->num_nodes,
                                .checkpoint_id = barrier->checkpoint_id,
                                .durable_id = barrier->durable_id,
                                .snapshot = snapshot};
    return chain_sweep_begin(chain, sweep, error);
}

bool operator_chain_may_go_on(const struct operator_chain *chain)
{
    return chain->may_go_on;
}
