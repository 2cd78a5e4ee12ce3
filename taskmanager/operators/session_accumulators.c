#include "taskmanager/operators/window_session.h"

#include "taskmanager/operators/aggregate_calls.h"

static void describe(const struct session_windows *windows, struct keyed_state_descriptor *descriptor,
                     struct buffer *value_type)
{
    const struct plan_window_aggregate *plan = windows->base.plan;
    aggregate_calls_describe(plan->calls, plan->call_count, value_type);
    descriptor->name = "session-accumulators";
    descriptor->value_type = buffer_text(value_type);
    descriptor->value_size = aggregate_set_size(windows->base.set);
    descriptor->buffer_offsets = aggregate_set_buffers(windows->base.set, &descriptor->num_buffers);
}

static enum status add(struct session_windows *windows, const struct record_batch *batch, uint32_t count,
                       struct error *error)
{
    return aggregate_set_accumulate(windows->base.set, batch, windows->kept_rows, count, NULL,
                                    windows->states, error);
}

static enum status merge(struct session_windows *windows, void *target, const void *source,
                         struct error *error)
{
    return aggregate_set_merge(windows->base.set, target, source, error);
}

static bool collect(struct session_windows *windows, const struct due_session *session, void *state)
{
    window_rows_add(&windows->rows, keyed_state_key(windows->contents, state), state, session->session.start,
                    session->session.end);
    return true;
}

static enum status make_batch(struct session_windows *windows, struct record_batch **ret_batch,
                              struct error *error)
{
    return window_rows_make_batch(&windows->rows, &windows->base, ret_batch, error);
}

static const struct session_content accumulators = {describe, add, merge, collect, make_batch};

const struct session_content *session_accumulators(void)
{
    return &accumulators;
}
