#include "taskmanager/operators/window_aggregate_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/operators/window_base.h"
#include "taskmanager/operators/window_progress.h"
#include "taskmanager/state/row_table.h"

#include <stdlib.h>

/* What the table may hold before it is flushed: more keys than that are seldom seen again soon. */
enum { LOCAL_MEMORY_BYTES = 16 << 20 };

/*
 * The local phase: rows are added up by key and slice in memory, and go on as accumulators. They do so before
 * a watermark reaches the end of a slice that is held, since the global phase would take them for late then;
 * before barriers, since nothing is kept over them; and when the memory is full. Other watermarks pass for
 * nothing.
 */
struct window_local {
    struct window_base base;
    struct row_table *table; /* the end of the slice is the namespace */
    struct window_progress progress;
    int64_t first_slice_end; /* of what the table holds; INT64_MAX when it is empty */
    int64_t flush_at_us;     /* the watermark that reaches it */
    bool is_filtering;       /* rows may have to be taken out */
    bool is_flushing;
    bool is_walking; /* flush_walk is open */
    struct row_walk flush_walk;
    struct buffer packed;
    /* Of a batch. */
    uint32_t capacity;
    int64_t *slice_ends;
    struct bytes_view *keys; /* of the rows that are kept, where some are not */
    uint64_t *hashes;
    uint32_t *rows, *late_rows;
    void **states;
};

static struct window_local *local_of(struct operator* base)
{
    return (struct window_local *)base;
}

static void ensure_capacity(struct window_local *local, uint32_t count)
{
    if (count <= local->capacity)
        return;
    local->slice_ends = mem_realloc(local->slice_ends, count * sizeof *local->slice_ends);
    local->keys = mem_realloc(local->keys, count * sizeof *local->keys);
    local->hashes = mem_realloc(local->hashes, count * sizeof *local->hashes);
    local->rows = mem_realloc(local->rows, count * sizeof *local->rows);
    local->late_rows = mem_realloc(local->late_rows, count * sizeof *local->late_rows);
    local->states = mem_realloc(local->states, count * sizeof(void *));
    local->capacity = count;
}

static enum status local_open(struct operator* base, const struct operator_context *context,
                              struct error *error)
{
    struct window_local *local = local_of(base);
    CHECK(context->num_outputs >= 1);
    enum status status = window_base_open(&local->base, context, error);
    if (status != STATUS_OK)
        return status;
    struct row_layout layout = {.value_size = aggregate_set_size(local->base.set)};
    layout.buffer_offsets = aggregate_set_buffers(local->base.set, &layout.num_buffers);
    local->table = row_table_create(&layout, 0, 1);
    window_progress_init(&local->progress, 0, 1); /* key groups are of no concern here */
    local->first_slice_end = INT64_MAX;
    local->flush_at_us = INT64_MAX;
    ensure_capacity(local, BATCH_MAX_ROWS);
    local->is_filtering =
        window_base_routes_late(&local->base) ||
        (local->base.slices.is_shared && local->base.slices.slide_us > local->base.slices.size_us);
    return STATUS_OK;
}

static enum status find_slices(struct window_local *local, const struct record_batch *batch,
                               const int64_t **ret_slice_ends, struct error *error)
{
    const struct plan_window *window = &local->base.plan->window;
    bool is_attached = window->time == PLAN_TIME_ATTACHED;
    const int64_t *times;
    enum status status = window_base_times(
        &local->base, batch, is_attached ? window->window_end_column : window->time_column, &times, error);
    if (status != STATUS_OK)
        return status;
    *ret_slice_ends = is_attached ? times : local->slice_ends;
    if (is_attached)
        return STATUS_OK;
    return window_slices_assign(&local->base.slices, times, batch->num_rows, local->slice_ends, error);
}

/* Divides the rows into those that go on, those that are late, when late rows go elsewhere (else the global
 * phase decides, whose watermark may be behind), and those of no window at all. */
static void filter_rows(struct window_local *local, const int64_t *slice_ends, uint32_t count,
                        uint32_t *ret_kept, uint32_t *ret_late)
{
    const struct window_slices *slices = &local->base.slices;
    bool routes_late = window_base_routes_late(&local->base);
    uint32_t num_kept = 0, num_late = 0;
    bool is_kept = false, is_late = false;
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || slice_ends[i] != slice_ends[i - 1]) {
            int64_t first, last;
            bool has_window = window_slices_windows(slices, slice_ends[i], &first, &last);
            is_late = has_window && routes_late &&
                      local->progress.watermark_us >= window_slices_trigger_us(slices, last);
            is_kept = has_window && !is_late;
        }
        local->rows[num_kept] = i;
        num_kept += is_kept;
        local->late_rows[num_late] = i;
        num_late += is_late;
    }
    *ret_kept = num_kept;
    *ret_late = num_late;
}

static void note_first_slice(struct window_local *local, const int64_t *slice_ends, uint32_t count)
{
    int64_t first = local->first_slice_end;
    for (uint32_t i = 0; i < count; i++)
        first = slice_ends[i] < first ? slice_ends[i] : first;
    if (first == local->first_slice_end)
        return;
    local->first_slice_end = first;
    local->flush_at_us = window_slices_trigger_us(&local->base.slices, first);
}

/* The rows that are kept close up; slice_ends may be the local's own. */
static struct row_keys pick_keys(struct window_local *local, const int64_t *slice_ends, uint32_t count)
{
    const struct row_packer *packer = local->base.packer;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = local->rows[i];
        local->keys[i] = packer->rows[row];
        local->hashes[i] = packer->hashes[row];
        local->slice_ends[i] = slice_ends[row];
    }
    return (struct row_keys){
        .keys = local->keys, .hashes = local->hashes, .namespaces = local->slice_ends, .count = count};
}

/* rows NULL: all rows of the batch. */
static enum status accumulate(struct window_local *local, const struct record_batch *batch,
                              const int64_t *slice_ends, const uint32_t *rows, uint32_t count,
                              struct error *error)
{
    struct row_packer *packer = local->base.packer;
    row_packer_pack(packer, batch, local->base.key_columns);
    struct row_keys keys = {
        .keys = packer->rows, .hashes = packer->hashes, .namespaces = slice_ends, .count = count};
    if (rows != NULL)
        keys = pick_keys(local, slice_ends, count);
    row_table_find_or_create(local->table, &keys, local->states);
    enum status status =
        aggregate_set_accumulate(local->base.set, batch, rows, count, NULL, local->states, error);
    row_table_account(local->table, local->states, count);
    note_first_slice(local, keys.namespaces, count);
    return status;
}

/* A batch of rows of the table. */
static enum status make_batch(struct window_local *local, void *const *states, uint32_t count,
                              struct record_batch **ret_batch, struct error *error)
{
    uint32_t key_count = local->base.plan->key_count;
    struct bytes_view *keys = mem_alloc(count * sizeof *keys);
    for (uint32_t i = 0; i < count; i++)
        keys[i] = row_table_key(local->table, states[i]);
    struct record_batch *batch = record_batch_create(local->base.output, count);
    enum status status = row_packer_unpack(local->base.packer, keys, count, batch->columns, error);
    free(keys);
    if (status != STATUS_OK) {
        record_batch_free(batch);
        return status;
    }
    const struct schema_field *fields = local->base.output->fields;
    struct vector *ends = vector_create(fields[key_count].type, count);
    struct vector *accumulators = vector_create(fields[key_count + 1].type, count);
    struct string_heap *heap = vector_ensure_heap(accumulators);
    for (uint32_t i = 0; i < count; i++) {
        ((int64_t *)ends->values)[i] = row_table_namespace(local->table, states[i]);
        buffer_clear(&local->packed);
        aggregate_set_pack(local->base.set, states[i], &local->packed);
        ((struct string_value *)accumulators->values)[i] =
            string_heap_add(heap, (const char *)local->packed.data, local->packed.size);
    }
    ends->length = count;
    accumulators->length = count;
    batch->columns[key_count] = ends;
    batch->columns[key_count + 1] = accumulators;
    *ret_batch = batch;
    return STATUS_OK;
}

static void end_flush(struct window_local *local)
{
    row_table_walk_end(&local->flush_walk);
    row_table_clear(local->table);
    local->first_slice_end = INT64_MAX;
    local->flush_at_us = INT64_MAX;
    local->is_walking = false;
    local->is_flushing = false;
}

/* Goes on with a flush, if there is one. */
static enum operator_result flush(struct window_local *local, struct error *error)
{
    while (local->is_flushing) {
        if (!local->is_walking)
            row_table_walk_all(local->table, &local->flush_walk);
        local->is_walking = true;
        uint32_t count = row_table_walk_next(&local->flush_walk, local->states, BATCH_MAX_ROWS);
        if (count == 0) {
            end_flush(local);
            break;
        }
        struct record_batch *batch = NULL;
        if (make_batch(local, local->states, count, &batch, error) != STATUS_OK)
            return OPERATOR_FAILED;
        enum operator_result result = operator_output_emit(local->base.context->outputs[0], batch, error);
        if (result != OPERATOR_DONE)
            return result;
    }
    return OPERATOR_DONE;
}

static enum operator_result flush_all(struct window_local *local, struct error *error)
{
    CHECK(!local->is_flushing);
    local->is_flushing = true;
    return flush(local, error);
}

static enum operator_result add_batch(struct window_local *local, const struct record_batch *batch,
                                      struct error *error)
{
    const int64_t *slice_ends;
    ensure_capacity(local, batch->num_rows);
    if (window_base_check_inserts(batch, error) != STATUS_OK ||
        find_slices(local, batch, &slice_ends, error) != STATUS_OK)
        return OPERATOR_FAILED;
    const uint32_t *rows = NULL;
    uint32_t count = batch->num_rows, num_late = 0;
    if (local->is_filtering) {
        filter_rows(local, slice_ends, batch->num_rows, &count, &num_late);
        rows = local->rows;
    }
    if (accumulate(local, batch, slice_ends, rows, count, error) != STATUS_OK)
        return OPERATOR_FAILED;
    return window_base_emit_late(&local->base, batch, local->late_rows, num_late, error);
}

static enum operator_result local_process_batch(struct operator* base, uint32_t input,
                                                struct record_batch *batch, struct error *error)
{
    struct window_local *local = local_of(base);
    CHECK(input == 0 && !local->is_flushing);
    enum operator_result result = add_batch(local, batch, error);
    record_batch_free(batch);
    if (result == OPERATOR_FAILED)
        return result;
    local->is_flushing = row_table_bytes(local->table) > LOCAL_MEMORY_BYTES;
    return result == OPERATOR_DONE ? flush(local, error) : result;
}

static enum operator_result local_process_watermark(struct operator* base, uint32_t input,
                                                    int64_t watermark_us, struct error *error)
{
    struct window_local *local = local_of(base);
    (void)input;
    window_progress_advance(&local->progress, watermark_us);
    return watermark_us >= local->flush_at_us ? flush_all(local, error) : OPERATOR_DONE;
}

/* The global phase does not wait for an idle input: what is held would come too late. */
static enum operator_result local_process_watermark_status(struct operator* base, uint32_t input, bool idle,
                                                           struct error *error)
{
    (void)input;
    return idle ? flush_all(local_of(base), error) : OPERATOR_DONE;
}

static enum operator_result local_prepare_barrier(struct operator* base, uint64_t checkpoint_id,
                                                  struct error *error)
{
    (void)checkpoint_id;
    return flush_all(local_of(base), error);
}

/* Only of use when late rows go elsewhere: which they are, must not depend on a restart. */
static enum status local_snapshot_state(struct operator* base, uint64_t checkpoint_id,
                                        struct operator_snapshot *snapshot, struct error *error)
{
    struct window_local *local = local_of(base);
    (void)checkpoint_id;
    (void)error;
    CHECK(row_table_count(local->table) == 0);
    if (window_base_routes_late(&local->base))
        window_progress_snapshot(&local->progress, &snapshot->state);
    return STATUS_OK;
}

static enum status local_restore(struct operator* base, const struct operator_state *state,
                                 struct error *error)
{
    return window_progress_restore(&local_of(base)->progress, state, error);
}

static enum operator_result local_end_input(struct operator* base, uint32_t input, enum end_of_input how,
                                            struct error *error)
{
    (void)input;
    (void)how;
    return flush_all(local_of(base), error);
}

static enum operator_result local_resume(struct operator* base, struct error *error)
{
    return flush(local_of(base), error);
}

static void local_close(struct operator* base)
{
    struct window_local *local = local_of(base);
    if (local->is_walking)
        row_table_walk_end(&local->flush_walk);
    row_table_free(local->table);
    window_progress_free(&local->progress);
    window_base_close(&local->base);
    buffer_free(&local->packed);
    free(local->slice_ends);
    free(local->keys);
    free(local->hashes);
    free(local->rows);
    free(local->late_rows);
    free(local->states);
    free(local);
}

static const struct operator_ops local_ops = {
    .open = local_open,
    .restore = local_restore,
    .process_batch = local_process_batch,
    .process_watermark = local_process_watermark,
    .process_watermark_status = local_process_watermark_status,
    .prepare_barrier = local_prepare_barrier,
    .snapshot_state = local_snapshot_state,
    .end_input = local_end_input,
    .resume = local_resume,
    .close = local_close,
};

struct operator* window_local_create(const struct plan_window_aggregate *plan, const struct schema *input,
                                     const struct schema *output)
{
    CHECK(plan->window.kind != PLAN_WINDOW_SESSION && plan->window.time != PLAN_TIME_PROCESSING);
    CHECK(output->num_fields == plan->key_count + 2);
    struct window_local *local = mem_calloc(1, sizeof *local);
    window_base_init(&local->base, &local_ops, plan, input, output);
    return &local->base.operator;
}
