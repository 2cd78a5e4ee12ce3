#include "common/base/memory.h"
#include "taskmanager/operators/first_row_internal.h"

void first_row_ensure_capacity(struct first_row *first, uint32_t count)
{
    if (count <= first->capacity)
        return;
    first->values = mem_realloc(first->values, count * sizeof(void *));
    first->changes = mem_realloc(first->changes, count * sizeof *first->changes);
    first->change_rows = mem_realloc(first->change_rows, count * sizeof *first->change_rows);
    first->change_keys = mem_realloc(first->change_keys, count * sizeof *first->change_keys);
    first->change_hashes = mem_realloc(first->change_hashes, count * sizeof *first->change_hashes);
    first->change_times = mem_realloc(first->change_times, count * sizeof *first->change_times);
    first->capacity = count;
}

static int64_t time_at(const struct first_row *first, const struct record_batch *batch, uint32_t row)
{
    return *(const int64_t *)vector_value(batch->columns[first->plan->time_column], row);
}

/* Rows before the watermark are late, those at it are not. */
static enum status find_timely(struct first_row *first, const struct record_batch *batch, struct error *error)
{
    const struct vector *times = batch->columns[first->plan->time_column];
    if (vector_null_count(times) > 0)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "RowTime field should not be null, please convert it to a non-null long value: "
                         "column '%s' has a row without time; filter such rows out (WHERE %s IS NOT NULL)",
                         batch->schema->fields[first->plan->time_column].name,
                         batch->schema->fields[first->plan->time_column].name);
    bool is_uneven = first->progress.ahead_us != NULL;
    int64_t watermark_us = first->progress.watermark_us;
    wanted_rows_begin(&first->wanted, batch->num_rows);
    for (uint32_t i = 0; i < batch->num_rows; i++) {
        if (is_uneven)
            watermark_us = window_progress_of(
                &first->progress, row_key_group(first->keys->rows[i], first->context->max_parallelism));
        if (time_at(first, batch, i) >= watermark_us)
            wanted_rows_add(&first->wanted, first->keys, i);
    }
    uint32_t num_late = batch->num_rows - first->wanted.count;
    if (num_late > 0 && first->context->metrics != NULL)
        atomic_fetch_add_explicit(&first->context->metrics->late_records_dropped, num_late,
                                  memory_order_relaxed);
    return STATUS_OK;
}

/* Looks up which keys had their row, without writing: most duplicates end here. */
static enum status leave_out_given(struct first_row *first, struct error *error)
{
    struct wanted_rows *wanted = &first->wanted;
    enum status status = keyed_state_access(first->given, KEYED_FIND, wanted->keys, wanted->hashes, NULL,
                                            wanted->count, first->values, error);
    if (status != STATUS_OK)
        return status;
    uint32_t count = wanted->count;
    wanted->count = 0;
    for (uint32_t i = 0; i < count; i++)
        if (first->values[i] == NULL)
            wanted_rows_add(wanted, first->keys, wanted->rows[i]);
    return keyed_state_end_batch(first->given, error);
}

/* Of equal times the first to arrive stays. */
static void choose_row(struct first_row *first, uint32_t wanted, int64_t time_us)
{
    struct waiting_row *waiting = first->values[wanted];
    bool is_there = waiting->change != NOT_CHANGED || waiting->row.size > 0;
    if (is_there && time_us >= waiting->time_us)
        return;
    if (waiting->change == NOT_CHANGED) {
        first->changes[first->num_changes] = (struct first_row_change){.waiting = waiting, .wanted = wanted};
        waiting->change = ++first->num_changes;
    }
    first->changes[waiting->change - 1].row = first->wanted.rows[wanted];
    waiting->time_us = time_us;
}

/* The changed rows go into state, and their timers are set. */
static enum status keep_changes(struct first_row *first, const struct record_batch *batch,
                                struct error *error)
{
    uint32_t count = first->num_changes;
    for (uint32_t i = 0; i < count; i++) {
        const struct first_row_change *change = &first->changes[i];
        first->change_rows[i] = change->row;
        first->change_keys[i] = first->wanted.keys[change->wanted];
        first->change_hashes[i] = first->wanted.hashes[change->wanted];
        first->change_times[i] = change->waiting->time_us;
    }
    struct record_batch *changed = record_batch_gather(batch, first->change_rows, count);
    row_packer_pack(first->rows, changed, NULL);
    record_batch_free(changed);
    for (uint32_t i = 0; i < count; i++) {
        struct waiting_row *waiting = first->changes[i].waiting;
        waiting->change = NOT_CHANGED;
        buffer_clear(&waiting->row);
        buffer_append(&waiting->row, first->rows->rows[i].data, first->rows->rows[i].size);
    }
    first->num_changes = 0;
    return event_timers_set(&first->timers, first->change_keys, first->change_hashes, first->change_times,
                            count, error);
}

enum status first_row_add(struct first_row *first, const struct record_batch *batch, struct error *error)
{
    struct wanted_rows *wanted = &first->wanted;
    first_row_ensure_capacity(first, batch->num_rows);
    enum status status = changelog_check_inserts(batch, error);
    if (status != STATUS_OK)
        return status;
    row_packer_pack(first->keys, batch, first->plan->keys);
    status = find_timely(first, batch, error);
    if (status == STATUS_OK && wanted->count > 0)
        status = leave_out_given(first, error);
    if (status != STATUS_OK || wanted->count == 0)
        return status;
    status = keyed_state_access(first->waiting, KEYED_CREATE, wanted->keys, wanted->hashes, NULL,
                                wanted->count, first->values, error);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < wanted->count; i++)
        choose_row(first, i, time_at(first, batch, wanted->rows[i]));
    if (first->num_changes > 0)
        status = keep_changes(first, batch, error);
    return status == STATUS_OK ? keyed_state_end_batch(first->waiting, error) : status;
}
