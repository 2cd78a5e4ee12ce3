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
    free(snapshot->states);
    free(snapshot->committables);
    *snapshot = (struct chain_snapshot){0};
}

/* Moves what one node gave into the subtask's snapshot. */
static void add_to_snapshot(struct chain_snapshot *all, const struct chain_node *node,
                            struct operator_snapshot *own)
{
    if (own->state.num_lists > 0) {
        CHECK(!node->is_dead_letter_sink);
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

static enum operator_result snapshot_node(struct chain_node *node, struct error *error)
{
    struct operator_chain *chain = node->chain;
    uint64_t checkpoint_id = chain->sweep.checkpoint_id;
    struct operator_snapshot own = {0};
    enum status status = STATUS_OK;
    if (node->operator== NULL)
        status = chain->source->ops->snapshot_state(chain->source, checkpoint_id, &own, error);
    else if (node->operator->ops->snapshot_state != NULL)
        status = node->operator->ops->snapshot_state(node->operator, checkpoint_id, &own, error);
    if (status == STATUS_OK)
        add_to_snapshot(chain->sweep.snapshot, node, &own);
    operator_snapshot_free(&own);
    if (status == STATUS_OK)
        return OPERATOR_DONE;
    chain->may_go_on = error->retriable;
    chain_error_at(node, error);
    return OPERATOR_FAILED;
}

/* The first call of the sweep to a node. */
static enum operator_result enter_node(struct chain_node *node, struct error *error)
{
    const struct chain_sweep *sweep = &node->chain->sweep;
    struct operator* operator= node->operator;
    if (operator== NULL) /* the source, where every sweep begins */
        return OPERATOR_DONE;
    enum operator_result result = OPERATOR_DONE;
    if (sweep->kind == SWEEP_BARRIER && operator->ops->prepare_barrier != NULL)
        result = operator->ops->prepare_barrier(operator, sweep->checkpoint_id, error);
    else if (sweep->kind == SWEEP_END_INPUT && operator->ops->end_input != NULL)
        result = operator->ops->end_input(operator, 0, sweep->how, error);
    return chain_node_result(node, result, error);
}

enum operator_result chain_sweep_run(struct operator_chain *chain, struct error *error)
{
    struct chain_sweep *sweep = &chain->sweep;
    while (sweep->next < chain->num_nodes) {
        struct chain_node *node = &chain->nodes[sweep->next];
        if (!sweep->is_prepared) {
            sweep->is_prepared = true;
            if (enter_node(node, error) == OPERATOR_FAILED) {
                sweep->kind = SWEEP_NONE;
                return OPERATOR_FAILED;
            }
            if (chain_is_blocked(chain))
                return OPERATOR_WAITING; /* resume comes back here */
        }
        if (sweep->kind == SWEEP_BARRIER && snapshot_node(node, error) == OPERATOR_FAILED) {
            sweep->kind = SWEEP_NONE;
            return OPERATOR_FAILED;
        }
        sweep->is_prepared = false;
        sweep->next++;
    }
    sweep->kind = SWEEP_NONE;
    return OPERATOR_DONE;
}

static enum operator_result begin(struct operator_chain *chain, struct chain_sweep sweep, struct error *error)
{
    CHECK(chain->sweep.kind == SWEEP_NONE && !chain_is_blocked(chain));
    chain->sweep = sweep;
    chain->may_go_on = false;
    return chain_sweep_run(chain, error);
}

enum operator_result operator_chain_snapshot(struct operator_chain *chain, uint64_t checkpoint_id,
                                             struct chain_snapshot *snapshot, struct error *error)
{
    struct chain_sweep sweep = {.kind = SWEEP_BARRIER, .checkpoint_id = checkpoint_id, .snapshot = snapshot};
    return begin(chain, sweep, error);
}

enum operator_result operator_chain_end_input(struct operator_chain *chain, enum end_of_input how,
                                              struct error *error)
{
    return begin(chain, (struct chain_sweep){.kind = SWEEP_END_INPUT, .how = how}, error);
}

bool operator_chain_may_go_on(const struct operator_chain *chain)
{
    return chain->may_go_on;
}
