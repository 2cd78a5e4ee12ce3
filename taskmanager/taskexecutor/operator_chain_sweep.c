#include "taskmanager/taskexecutor/operator_chain_internal.h"

#include "common/base/check.h"

static enum operator_result run_timer(struct operator* operator, int64_t now_us, struct error *error)
{
    const struct operator_ops *ops = operator->ops;
    if (ops->next_timer_us == NULL || ops->next_timer_us(operator) > now_us)
        return OPERATOR_DONE;
    return ops->on_timer(operator, now_us, error);
}

/* The first call of the sweep to a node. */
static enum operator_result enter_node(struct chain_node *node, struct error *error)
{
    const struct chain_sweep *sweep = &node->chain->sweep;
    struct operator* operator= node->operator;
    if (operator== NULL) /* the source */
        return OPERATOR_DONE;
    const struct operator_ops *ops = operator->ops;
    uint32_t input = node == &node->chain->nodes[0] ? sweep->input : 0;
    enum operator_result result = OPERATOR_DONE;
    switch (sweep->kind) {
    case SWEEP_NONE: break;
    case SWEEP_BARRIER:
        if (ops->prepare_barrier != NULL)
            result = ops->prepare_barrier(operator, sweep->checkpoint_id, error);
        break;
    case SWEEP_WATERMARK:
        if (ops->process_watermark != NULL)
            result = ops->process_watermark(operator, input, sweep->time_us, error);
        break;
    case SWEEP_STATUS:
        if (ops->process_watermark_status != NULL)
            result = ops->process_watermark_status(operator, input, sweep->is_idle, error);
        break;
    case SWEEP_TIMERS: result = run_timer(operator, sweep->time_us, error); break;
    case SWEEP_END_INPUT:
        if (ops->end_input != NULL)
            result = ops->end_input(operator, input, sweep->how, error);
        break;
    }
    return chain_node_result(node, result, error);
}

/* One sweep, until it is done or a node is blocked. */
static enum operator_result run_one(struct operator_chain *chain, struct error *error)
{
    struct chain_sweep *sweep = &chain->sweep;
    while (sweep->next < sweep->end) {
        struct chain_node *node = &chain->nodes[sweep->next];
        if (!sweep->is_prepared) {
            sweep->is_prepared = true;
            if (sweep->kind == SWEEP_WATERMARK)
                atomic_store_explicit(&node->metrics.watermark_us, sweep->time_us, memory_order_relaxed);
            if (enter_node(node, error) == OPERATOR_FAILED)
                return OPERATOR_FAILED;
            if (chain_is_blocked(chain))
                return OPERATOR_WAITING; /* resume comes back here */
        }
        if (sweep->kind == SWEEP_BARRIER && chain_snapshot_node(node, error) == OPERATOR_FAILED)
            return OPERATOR_FAILED;
        sweep->is_prepared = false;
        sweep->next++;
    }
    sweep->kind = SWEEP_NONE;
    return OPERATOR_DONE;
}

/* The time that holds for the nodes behind the first: an input that is idle or at its end holds nothing back.
 */
static void combine(const struct operator_chain *chain, int64_t *ret_watermark_us, bool *ret_is_idle)
{
    bool is_held = false;
    bool is_idle = false;
    int64_t watermark_us = INT64_MAX;
    for (uint32_t i = 0; i < chain->num_inputs; i++) {
        const struct chain_input *input = &chain->inputs[i];
        is_idle = is_idle || (input->is_idle && !input->is_ended);
        if (input->is_idle || input->is_ended)
            continue;
        is_held = true;
        watermark_us = input->watermark_us < watermark_us ? input->watermark_us : watermark_us;
    }
    *ret_watermark_us = is_held ? watermark_us : chain->watermark_us;
    *ret_is_idle = !is_held && is_idle;
}

/* Sets the next sweep that a change of the inputs brings about; false when all is told. */
static bool next_sweep(struct operator_chain *chain)
{
    struct chain_sweep *sweep = &chain->sweep;
    int64_t watermark_us;
    bool is_idle;
    combine(chain, &watermark_us, &is_idle);
    *sweep = (struct chain_sweep){.kind = SWEEP_NONE, .next = 1, .end = chain->num_nodes};
    if (is_idle != chain->is_idle) {
        chain->is_idle = is_idle;
        sweep->kind = SWEEP_STATUS;
        sweep->is_idle = is_idle;
    } else if (watermark_us > chain->watermark_us) {
        chain->watermark_us = watermark_us;
        atomic_store_explicit(&chain->nodes[0].metrics.watermark_us, watermark_us, memory_order_relaxed);
        sweep->kind = SWEEP_WATERMARK;
        sweep->time_us = watermark_us;
    } else if (chain->is_end_due) {
        chain->is_end_due = false;
        sweep->kind = SWEEP_END_INPUT;
        sweep->next = 0;
        sweep->input = chain->end_input;
        sweep->how = chain->end_how;
    }
    return sweep->kind != SWEEP_NONE;
}

enum operator_result chain_sweep_run(struct operator_chain *chain, struct error *error)
{
    while (chain->sweep.kind != SWEEP_NONE || next_sweep(chain)) {
        enum operator_result result = run_one(chain, error);
        if (result == OPERATOR_FAILED)
            chain->sweep.kind = SWEEP_NONE;
        if (result != OPERATOR_DONE)
            return result;
    }
    return OPERATOR_DONE;
}

enum operator_result chain_sweep_begin(struct operator_chain *chain, struct chain_sweep sweep,
                                       struct error *error)
{
    CHECK(chain->sweep.kind == SWEEP_NONE && !chain_is_blocked(chain));
    chain->sweep = sweep;
    return chain_sweep_run(chain, error);
}

enum operator_result chain_sweep_due(struct operator_chain *chain, struct error *error)
{
    CHECK(chain->sweep.kind == SWEEP_NONE && !chain_is_blocked(chain));
    return chain_sweep_run(chain, error);
}

enum operator_result operator_chain_on_timers(struct operator_chain *chain, int64_t time_us,
                                              struct error *error)
{
    struct chain_sweep sweep = {.kind = SWEEP_TIMERS, .end = chain->num_nodes, .time_us = time_us};
    return chain_sweep_begin(chain, sweep, error);
}
