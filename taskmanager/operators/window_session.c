#include "taskmanager/operators/window_session.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/expression/calendar.h"
#include "taskmanager/operators/aggregate_calls.h"
#include "taskmanager/operators/window_aggregate_internal.h"

#include <stdlib.h>

enum { SESSION_VERSION = 1, LEAST_BUCKETS_A_GAP = 4, FIRST_BUCKETS_A_GAP = 64, MOST_BUCKETS_A_GAP = 4096 };

static struct session_windows *windows_of(struct operator* base)
{
    return (struct session_windows *)base;
}

int64_t session_windows_trigger_us(const struct session_windows *windows, int64_t session_end)
{
    int64_t trigger_us = window_slices_trigger_us(&windows->base.slices, session_end);
    return windows->is_processing_time ? trigger_us + CALENDAR_US_PER_MS : trigger_us;
}

int64_t session_windows_bucket(const struct session_windows *windows, int64_t trigger_us)
{
    return calendar_floor_divide(trigger_us, windows->bucket_us) * windows->bucket_us;
}

static int64_t bounded_bucket_us(const struct session_windows *windows, int64_t bucket_us)
{
    int64_t gap_us = windows->base.plan->window.size_us;
    if (bucket_us > gap_us / LEAST_BUCKETS_A_GAP)
        bucket_us = gap_us / LEAST_BUCKETS_A_GAP;
    if (bucket_us < gap_us / MOST_BUCKETS_A_GAP)
        bucket_us = gap_us / MOST_BUCKETS_A_GAP;
    return bucket_us > CALENDAR_US_PER_MS ? bucket_us : CALENDAR_US_PER_MS;
}

void session_windows_fit_buckets(struct session_windows *windows, int64_t until_us)
{
    enum { WEIGHT = 8 };
    int64_t step_us;
    if (windows->progress.watermark_us == WATERMARK_NONE || until_us == WATERMARK_MAX ||
        __builtin_sub_overflow(until_us, windows->progress.watermark_us, &step_us) || step_us <= 0)
        return;
    windows->bucket_us =
        bounded_bucket_us(windows, windows->bucket_us + (step_us - windows->bucket_us) / WEIGHT);
}

static enum status open_states(struct session_windows *windows, struct error *error)
{
    static const uint32_t list_buffer = offsetof(struct session_list, others);
    const struct window_base *base = &windows->base;
    struct keyed_state_backend *backend = base->context->keyed_state;
    struct buffer key_type = {0}, value_type = {0};
    CHECK(backend != NULL);
    aggregate_keys_describe(base->packer->types, base->packer->num_columns, &key_type);
    struct keyed_state_descriptor sessions = {.name = "sessions",
                                              .key_type = buffer_text(&key_type),
                                              .value_type = "SESSIONS",
                                              .version = SESSION_VERSION,
                                              .value_size = sizeof(struct session_list),
                                              .buffer_offsets = &list_buffer,
                                              .num_buffers = 1};
    struct keyed_state_descriptor contents = {.key_type = sessions.key_type, .version = SESSION_VERSION};
    windows->content->describe(windows, &contents, &value_type);
    struct keyed_state_descriptor timers = {.name = "session-timers",
                                            .key_type = sessions.key_type,
                                            .value_type = "TIMER",
                                            .version = SESSION_VERSION,
                                            .value_size = sizeof(int64_t)};
    enum status status = keyed_state_open(backend, &sessions, &windows->sessions, error);
    if (status == STATUS_OK)
        status = keyed_state_open(backend, &contents, &windows->contents, error);
    if (status == STATUS_OK)
        status = keyed_state_open(backend, &timers, &windows->timers, error);
    buffer_free(&key_type);
    buffer_free(&value_type);
    return status;
}

static enum status session_open(struct operator* base, const struct operator_context *context,
                                struct error *error)
{
    struct session_windows *windows = windows_of(base);
    CHECK(context->num_outputs >= 1);
    enum status status = window_base_open(&windows->base, context, error);
    if (status == STATUS_OK)
        status = open_states(windows, error);
    if (status != STATUS_OK)
        return status;
    window_progress_init(&windows->progress, keyed_state_first_key_group(windows->sessions),
                         keyed_state_end_key_group(windows->sessions));
    windows->bucket_us = bounded_bucket_us(windows, windows->base.plan->window.size_us / FIRST_BUCKETS_A_GAP);
    windows->finished = mem_alloc(BATCH_MAX_ROWS * sizeof(void *));
    windows->next_due_us = INT64_MAX;
    int64_t bucket;
    if (keyed_state_next_namespace(windows->timers, INT64_MIN, &bucket))
        windows->next_due_us = bucket; /* restored */
    return STATUS_OK;
}

static enum operator_result session_process_batch(struct operator* base, uint32_t input,
                                                  struct record_batch *batch, struct error *error)
{
    struct session_windows *windows = windows_of(base);
    uint32_t num_late = 0;
    CHECK(input == 0 && !windows->firing.is_active);
    batch = session_windows_drop_timeless(windows, batch);
    enum operator_result result = OPERATOR_FAILED;
    if (session_windows_add(windows, batch, &num_late, error) == STATUS_OK)
        result = window_base_emit_late(&windows->base, batch, windows->late_rows, num_late, error);
    record_batch_free(batch);
    return result;
}

/* Processing time does not care for watermarks, but for the last one: what is there then fires. */
static enum operator_result session_process_watermark(struct operator* base, uint32_t input,
                                                      int64_t watermark_us, struct error *error)
{
    struct session_windows *windows = windows_of(base);
    (void)input;
    if (watermark_us <= windows->progress.watermark_us ||
        (windows->is_processing_time && watermark_us != WATERMARK_MAX))
        return OPERATOR_DONE;
    return session_firing_begin(windows, watermark_us, error);
}

static int64_t session_next_timer_us(const struct operator* base)
{
    const struct session_windows *windows = (const struct session_windows *)(const void *)base;
    return windows->is_processing_time ? windows->next_due_us : INT64_MAX;
}

static enum operator_result session_on_timer(struct operator* base, int64_t time_us, struct error *error)
{
    struct session_windows *windows = windows_of(base);
    return windows->is_processing_time ? session_firing_begin(windows, time_us, error) : OPERATOR_DONE;
}

static enum operator_result session_resume(struct operator* base, struct error *error)
{
    return session_firing_resume(windows_of(base), error);
}

static enum status session_restore(struct operator* base, const struct operator_state *state,
                                   struct error *error)
{
    struct session_windows *windows = windows_of(base);
    return windows->is_processing_time ? STATUS_OK
                                       : window_progress_restore(&windows->progress, state, error);
}

static enum status session_snapshot_state(struct operator* base, uint64_t checkpoint_id,
                                          struct operator_snapshot *snapshot, struct error *error)
{
    struct session_windows *windows = windows_of(base);
    (void)checkpoint_id;
    (void)error;
    if (!windows->is_processing_time)
        window_progress_snapshot(&windows->progress, &snapshot->state);
    return STATUS_OK;
}

static void session_close(struct operator* base)
{
    struct session_windows *windows = windows_of(base);
    session_firing_free(&windows->firing);
    window_progress_free(&windows->progress);
    window_rows_free(&windows->rows);
    row_packer_free(windows->row_packer);
    window_base_close(&windows->base);
    free(windows->finished);
    free(windows->times);
    free(windows->namespaces);
    free(windows->keys);
    free(windows->hashes);
    free(windows->kept_rows);
    free(windows->late_rows);
    free(windows->lists);
    free(windows->states);
    free(windows->merges);
    free(windows);
}

static const struct operator_ops session_ops = {
    .open = session_open,
    .restore = session_restore,
    .process_batch = session_process_batch,
    .process_watermark = session_process_watermark,
    .snapshot_state = session_snapshot_state,
    .resume = session_resume,
    .next_timer_us = session_next_timer_us,
    .on_timer = session_on_timer,
    .close = session_close,
};

struct operator* window_session_create(const struct plan_window_aggregate *plan, const struct schema *input,
                                       const struct schema *output)
{
    CHECK(plan->phase == PLAN_AGGREGATE_SINGLE && plan->window.time != PLAN_TIME_ATTACHED);
    CHECK(output->num_fields == plan->key_count + plan->call_count + plan->property_count);
    struct session_windows *windows = mem_calloc(1, sizeof *windows);
    windows->content = session_accumulators();
    windows->is_processing_time = plan->window.time == PLAN_TIME_PROCESSING;
    window_base_init(&windows->base, &session_ops, plan, input, output);
    return &windows->base.operator;
}

struct operator* window_session_rows_create(const struct plan_window_table_function *plan,
                                            const struct schema *input, const struct schema *output)
{
    CHECK(plan->window.kind == PLAN_WINDOW_SESSION && output->num_fields == input->num_fields + 3);
    struct session_windows *windows = mem_calloc(1, sizeof *windows);
    windows->row_packer = row_packer_create_for(input, NULL, input->num_fields);
    windows->content = session_rows();
    windows->is_processing_time = plan->window.time == PLAN_TIME_PROCESSING;
    windows->own_plan =
        (struct plan_window_aggregate){.phase = PLAN_AGGREGATE_SINGLE,
                                       .window = plan->window,
                                       .keys = plan->window.partition_columns,
                                       .key_count = (uint32_t)plan->window.partition_column_count};
    window_base_init(&windows->base, &session_ops, &windows->own_plan, input, output);
    return &windows->base.operator;
}
