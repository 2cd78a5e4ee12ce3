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

static void ensure_capacity(struct session_windows *windows, uint32_t count)
{
    if (count <= windows->capacity)
        return;
    windows->times = mem_realloc(windows->times, count * sizeof *windows->times);
    windows->namespaces = mem_realloc(windows->namespaces, count * sizeof *windows->namespaces);
    windows->keys = mem_realloc(windows->keys, count * sizeof *windows->keys);
    windows->hashes = mem_realloc(windows->hashes, count * sizeof *windows->hashes);
    windows->kept_rows = mem_realloc(windows->kept_rows, count * sizeof *windows->kept_rows);
    windows->late_rows = mem_realloc(windows->late_rows, count * sizeof *windows->late_rows);
    windows->lists = mem_realloc(windows->lists, count * sizeof(void *));
    windows->states = mem_realloc(windows->states, count * sizeof(void *));
    windows->capacity = count;
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

/* In window time. The wall clock must not go behind what it has fired. */
static enum status find_times(struct session_windows *windows, const struct record_batch *batch,
                              struct error *error)
{
    const int64_t *times = windows->times;
    if (windows->is_processing_time) {
        int64_t now_us = clock_wall_us(&windows->base.context->process->clock);
        if (now_us < windows->progress.watermark_us)
            now_us = windows->progress.watermark_us;
        for (uint32_t i = 0; i < batch->num_rows; i++)
            windows->times[i] = now_us;
    } else {
        enum status status =
            window_base_times(&windows->base, batch, windows->base.plan->window.time_column, &times, error);
        if (status != STATUS_OK)
            return status;
    }
    return window_slices_localize(&windows->base.slices, times, batch->num_rows, windows->times, error);
}

static void note_merge(struct session_windows *windows, uint32_t row, int64_t from, int64_t into)
{
    if (windows->num_merges == windows->merge_capacity) {
        windows->merge_capacity = windows->merge_capacity == 0 ? 64 : windows->merge_capacity * 2;
        windows->merges = mem_realloc(windows->merges, windows->merge_capacity * sizeof *windows->merges);
    }
    windows->merges[windows->num_merges++] = (struct session_merge){row, from, into};
}

/* A row of its own session that is due already is late, unless it joins an open one. */
static bool is_late(const struct session_windows *windows, uint32_t row, const struct session_change *change)
{
    int64_t progress_us = windows->progress.watermark_us;
    if (change->num_touched > 0)
        return false;
    if (windows->progress.ahead_us != NULL)
        progress_us =
            window_progress_of(&windows->progress, row_key_group(windows->base.packer->rows[row],
                                                                 windows->base.context->max_parallelism));
    return progress_us >= session_windows_trigger_us(windows, change->end);
}

static void note_timer(struct session_windows *windows, uint32_t row, int64_t session_end,
                       uint32_t *num_timers)
{
    int64_t trigger_us = session_windows_trigger_us(windows, session_end);
    windows->keys[*num_timers] = windows->base.packer->rows[row];
    windows->hashes[*num_timers] = windows->base.packer->hashes[row];
    windows->namespaces[(*num_timers)++] = session_windows_bucket(windows, trigger_us);
    if (trigger_us < windows->next_due_us)
        windows->next_due_us = trigger_us;
}

static void assign_session(struct session_windows *windows, uint32_t row, const struct session_change *change,
                           uint32_t *num_timers)
{
    int64_t merged[2];
    CHECK(change->num_touched <= 2);
    const struct session *session = session_list_apply(windows->lists[row], change, merged);
    if (change->num_touched == 0)
        note_timer(windows, row, session->end, num_timers);
    for (uint64_t i = 1; i < change->num_touched; i++)
        note_merge(windows, row, merged[i - 1], session->id);
}

/* Lists that were made for late rows only. Equal keys have the same list. */
static void remove_empty_lists(struct session_windows *windows, uint32_t num_late)
{
    uint32_t num_empty = 0;
    for (uint32_t i = 0; i < num_late; i++) {
        struct session_list *list = windows->lists[windows->late_rows[i]];
        if (list->count != 0)
            continue;
        list->count = UINT64_MAX; /* seen */
        windows->states[num_empty++] = list;
    }
    for (uint32_t i = 0; i < num_empty; i++) {
        ((struct session_list *)windows->states[i])->count = 0;
        keyed_state_remove(windows->sessions, windows->states[i]);
    }
}

/* Puts each row into a session of its key, in their order; timers for the sessions that begin. */
static enum status assign_sessions(struct session_windows *windows, uint32_t count, uint32_t *ret_kept,
                                   uint32_t *ret_late, struct error *error)
{
    const struct row_packer *packer = windows->base.packer;
    uint32_t num_kept = 0, num_late = 0, num_timers = 0;
    enum status status = keyed_state_access(windows->sessions, KEYED_CREATE, packer->rows, packer->hashes,
                                            NULL, count, windows->lists, error);
    if (status != STATUS_OK)
        return status;
    windows->num_merges = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct session_list *list = windows->lists[i];
        if (!session_list_is_valid(list))
            return error_set(error, STATUS_CORRUPT, "the sessions of a key in state do not hold together");
        int64_t time = windows->times[i];
        struct session_change change = session_list_probe(list, time, time + windows->base.slices.size_us);
        if (is_late(windows, i, &change)) {
            windows->late_rows[num_late++] = i;
            continue;
        }
        windows->kept_rows[num_kept++] = i;
        assign_session(windows, i, &change, &num_timers);
    }
    remove_empty_lists(windows, num_late);
    *ret_kept = num_kept;
    *ret_late = num_late;
    return keyed_state_access(windows->timers, KEYED_CREATE, windows->keys, windows->hashes,
                              windows->namespaces, num_timers, windows->states, error);
}

/* Adds up what is kept of sessions that a row joined. Those that began in this batch have nothing yet. */
static enum status merge_sessions(struct session_windows *windows, struct error *error)
{
    const struct row_packer *packer = windows->base.packer;
    for (uint32_t i = 0; i < windows->num_merges; i++) {
        const struct session_merge *merge = &windows->merges[i];
        const struct bytes_view *key = &packer->rows[merge->row];
        const uint64_t *hash = &packer->hashes[merge->row];
        void *source, *target;
        enum status status =
            keyed_state_access(windows->contents, KEYED_UPDATE, key, hash, &merge->from, 1, &source, error);
        if (status != STATUS_OK || source == NULL) {
            if (status != STATUS_OK)
                return status;
            continue;
        }
        status =
            keyed_state_access(windows->contents, KEYED_CREATE, key, hash, &merge->into, 1, &target, error);
        if (status == STATUS_OK)
            status = windows->content->merge(windows, target, source, error);
        if (status != STATUS_OK)
            return status;
        keyed_state_remove(windows->contents, source);
    }
    return STATUS_OK;
}

static enum status add_to_sessions(struct session_windows *windows, const struct record_batch *batch,
                                   uint32_t count, struct error *error)
{
    const struct row_packer *packer = windows->base.packer;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = windows->kept_rows[i];
        windows->keys[i] = packer->rows[row];
        windows->hashes[i] = packer->hashes[row];
        windows->namespaces[i] = session_list_find(windows->lists[row], windows->times[row])->id;
    }
    enum status status = keyed_state_access(windows->contents, KEYED_CREATE, windows->keys, windows->hashes,
                                            windows->namespaces, count, windows->states, error);
    if (status != STATUS_OK)
        return status;
    return windows->content->add(windows, batch, count, error);
}

static enum status add_rows(struct session_windows *windows, const struct record_batch *batch,
                            uint32_t *ret_late, struct error *error)
{
    uint32_t count = 0;
    ensure_capacity(windows, batch->num_rows);
    enum status status = window_base_check_inserts(batch, error);
    if (status == STATUS_OK)
        status = find_times(windows, batch, error);
    if (status != STATUS_OK)
        return status;
    row_packer_pack(windows->base.packer, batch, windows->base.plan->keys);
    status = assign_sessions(windows, batch->num_rows, &count, ret_late, error);
    if (status == STATUS_OK)
        status = merge_sessions(windows, error);
    if (status == STATUS_OK)
        status = add_to_sessions(windows, batch, count, error);
    if (status == STATUS_OK)
        status = keyed_state_end_batch(windows->sessions, error);
    if (status == STATUS_OK)
        status = keyed_state_end_batch(windows->contents, error);
    return status == STATUS_OK ? keyed_state_end_batch(windows->timers, error) : status;
}

/* The table function drops rows without time, as Flink does. Takes the batch. */
static struct record_batch *drop_timeless(struct session_windows *windows, struct record_batch *batch)
{
    const struct vector *times = batch->columns[windows->base.plan->window.time_column];
    uint32_t nulls =
        windows->is_processing_time || windows->row_packer == NULL ? 0 : vector_null_count(times);
    if (nulls == 0)
        return batch;
    uint32_t count = 0;
    ensure_capacity(windows, batch->num_rows);
    for (uint32_t i = 0; i < batch->num_rows; i++)
        if (!vector_is_null(times, i))
            windows->kept_rows[count++] = i;
    if (windows->base.context->metrics != NULL)
        atomic_fetch_add_explicit(&windows->base.context->metrics->dropped_records, nulls,
                                  memory_order_relaxed);
    struct record_batch *kept = record_batch_gather(batch, windows->kept_rows, count);
    record_batch_free(batch);
    return kept;
}

static enum operator_result session_process_batch(struct operator* base, uint32_t input,
                                                  struct record_batch *batch, struct error *error)
{
    struct session_windows *windows = windows_of(base);
    uint32_t num_late = 0;
    CHECK(input == 0 && !windows->firing.is_active);
    batch = drop_timeless(windows, batch);
    enum operator_result result = OPERATOR_FAILED;
    if (add_rows(windows, batch, &num_late, error) == STATUS_OK)
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
    struct data_type *types = mem_alloc((input->num_fields + (size_t)1) * sizeof *types);
    for (uint32_t i = 0; i < input->num_fields; i++)
        types[i] = input->fields[i].type;
    windows->row_packer = row_packer_create(types, input->num_fields);
    free(types);
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
