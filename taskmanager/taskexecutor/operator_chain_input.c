#include "taskmanager/taskexecutor/operator_chain_internal.h"

#include "common/base/check.h"

/* What a call that moved an element means to the task. */
static enum chain_poll progress(enum operator_result result)
{
    switch (result) {
    case OPERATOR_DONE: return CHAIN_PROGRESS;
    case OPERATOR_OUTPUT_FULL:
    case OPERATOR_WAITING: return CHAIN_BLOCKED;
    case OPERATOR_FAILED: break;
    }
    return CHAIN_FAILED;
}

/* Tells what event time has to say. False when that is nothing. */
static bool tell_time(struct operator_chain *chain, enum operator_result *ret_result, struct error *error)
{
    if (chain->generator == NULL)
        return false;
    struct watermark_event event = watermark_generator_next(chain->generator);
    switch (event.kind) {
    case WATERMARK_EVENT_NONE: return false;
    case WATERMARK_EVENT_ADVANCED: chain->inputs[0].watermark_us = event.watermark_us; break;
    case WATERMARK_EVENT_IDLE: chain->inputs[0].is_idle = true; break;
    case WATERMARK_EVENT_ACTIVE: chain->inputs[0].is_idle = false; break;
    }
    *ret_result = chain_sweep_due(chain, error);
    return true;
}

static int64_t bound_wait(const struct operator_chain *chain, int64_t wait_ms)
{
    if (chain->generator == NULL)
        return wait_ms;
    int64_t deadline_us = watermark_generator_deadline_us(chain->generator);
    int64_t now_us = clock_monotonic_us(&chain->options.environment->process->clock);
    if (deadline_us <= now_us)
        return 0;
    int64_t left_ms = (deadline_us - now_us) / 1000 + 1;
    return left_ms < wait_ms ? left_ms : wait_ms;
}

static enum chain_poll take_batch(struct operator_chain *chain, struct record_batch *batch,
                                  struct error *error)
{
    struct chain_node *node = &chain->nodes[0];
    CHECK(batch != NULL && batch->num_rows <= BATCH_MAX_ROWS);
    atomic_fetch_add_explicit(&node->metrics.records_in, batch->num_rows, memory_order_relaxed);
    if (chain->generator != NULL && watermark_generator_take(chain->generator, batch, error) != STATUS_OK) {
        record_batch_free(batch);
        chain_error_at(node, error);
        return CHAIN_FAILED;
    }
    return progress(operator_output_emit(node->output_pointers[0], batch, error));
}

static enum chain_poll poll_source(struct operator_chain *chain, int64_t max_wait_ms,
                                   struct chain_polled *ret_polled, struct error *error)
{
    const struct clock *clock = &chain->options.environment->process->clock;
    enum operator_result told;
    ret_polled->source_us = 0;
    if (tell_time(chain, &told, error))
        return progress(told);
    int64_t wait_ms = bound_wait(chain, max_wait_ms);
    int64_t start_us = clock_monotonic_us(clock);
    struct record_batch *batch = NULL;
    enum source_result polled = chain->source->ops->poll(chain->source, wait_ms, &batch, error);
    ret_polled->source_us = clock_monotonic_us(clock) - start_us;
    switch (polled) {
    case SOURCE_BATCH: return take_batch(chain, batch, error);
    case SOURCE_EMPTY: return CHAIN_EMPTY;
    case SOURCE_ENDED: ret_polled->how = INPUT_FINISHED; return CHAIN_ENDED;
    case SOURCE_BLOCKED: return CHAIN_BLOCKED;
    case SOURCE_FAILED: break;
    }
    chain_error_at(&chain->nodes[0], error);
    return CHAIN_FAILED;
}

/* The first node is told of its own input; the others of what comes of it. */
static enum operator_result take_watermark(struct operator_chain *chain, const struct gate_element *element,
                                           struct error *error)
{
    struct chain_input *input = &chain->inputs[element->input];
    if (element->watermark_us <= input->watermark_us)
        return OPERATOR_DONE;
    input->watermark_us = element->watermark_us;
    struct chain_sweep sweep = {
        .kind = SWEEP_WATERMARK, .end = 1, .input = element->input, .time_us = element->watermark_us};
    return chain_sweep_begin(chain, sweep, error);
}

static enum operator_result take_status(struct operator_chain *chain, const struct gate_element *element,
                                        struct error *error)
{
    chain->inputs[element->input].is_idle = element->is_idle;
    struct chain_sweep sweep = {
        .kind = SWEEP_STATUS, .end = 1, .input = element->input, .is_idle = element->is_idle};
    return chain_sweep_begin(chain, sweep, error);
}

static enum chain_poll take_end(struct operator_chain *chain, const struct gate_element *element,
                                struct chain_polled *ret_polled, struct error *error)
{
    uint32_t num_open = 0;
    chain->inputs[element->input].is_ended = true;
    for (uint32_t i = 0; i < chain->num_inputs; i++)
        num_open += !chain->inputs[i].is_ended;
    if (num_open == 0) {
        chain->end_input = element->input;
        ret_polled->how = element->how;
        return CHAIN_ENDED;
    }
    struct chain_sweep sweep = {
        .kind = SWEEP_END_INPUT, .end = 1, .input = element->input, .how = element->how};
    return progress(chain_sweep_begin(chain, sweep, error));
}

static enum chain_poll poll_gate(struct operator_chain *chain, struct chain_polled *ret_polled,
                                 struct error *error)
{
    struct gate_element element = {.kind = GATE_EMPTY};
    enum gate_element_kind kind =
        chain->options.environment->factory->exchange->poll_gate(chain->gate, &element, error);
    ret_polled->source_us = 0;
    CHECK(element.input < chain->num_inputs);
    switch (kind) {
    case GATE_EMPTY: return CHAIN_EMPTY;
    case GATE_BATCH: return progress(chain_push(&chain->nodes[0], element.input, element.batch, error));
    case GATE_WATERMARK: return progress(take_watermark(chain, &element, error));
    case GATE_STATUS: return progress(take_status(chain, &element, error));
    case GATE_BARRIER:
        ret_polled->barrier =
            (struct chain_barrier){.checkpoint_id = element.checkpoint_id,
                                   .kind = (enum rpc_checkpoint_kind)element.checkpoint_kind,
                                   .durable_id = element.durable_id,
                                   .trigger_ms = element.trigger_ms,
                                   .alignment_us = element.alignment_us};
        return CHAIN_BARRIER;
    case GATE_END: return take_end(chain, &element, ret_polled, error);
    case GATE_FAILED: break;
    }
    chain_error_at(&chain->nodes[0], error);
    return CHAIN_FAILED;
}

enum chain_poll operator_chain_poll(struct operator_chain *chain, int64_t max_wait_ms,
                                    struct chain_polled *ret_polled, struct error *error)
{
    CHECK(chain->sweep.kind == SWEEP_NONE && !chain_is_blocked(chain));
    return chain->gate != NULL ? poll_gate(chain, ret_polled, error)
                               : poll_source(chain, max_wait_ms, ret_polled, error);
}

enum operator_result operator_chain_end_input(struct operator_chain *chain, enum end_of_input how,
                                              struct error *error)
{
    if (chain->gate == NULL && how == INPUT_FINISHED) {
        if (chain->generator != NULL)
            watermark_generator_finish(chain->generator);
        chain->inputs[0].is_idle = false;
        chain->inputs[0].watermark_us = WATERMARK_MAX;
    }
    chain->is_end_due = true;
    chain->end_how = how;
    return chain_sweep_due(chain, error);
}
