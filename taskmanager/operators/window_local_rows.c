#include "taskmanager/operators/window_local.h"

#include "common/base/memory.h"

static void ensure_capacity(struct window_local *local, uint32_t count)
{
    if (count <= local->capacity)
        return;
    local->slice_ends = mem_realloc(local->slice_ends, count * sizeof *local->slice_ends);
    local->keys = mem_realloc(local->keys, count * sizeof *local->keys);
    local->hashes = mem_realloc(local->hashes, count * sizeof *local->hashes);
    local->rows = mem_realloc(local->rows, count * sizeof *local->rows);
    local->late_rows = mem_realloc(local->late_rows, count * sizeof *local->late_rows);
    local->late_ends = mem_realloc(local->late_ends, count * sizeof *local->late_ends);
    local->states = mem_realloc(local->states, count * sizeof(void *));
    local->capacity = count;
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

/* All windows of the slice have fired, or will with the watermark that is here. */
static bool is_late(const struct window_local *local, int64_t slice_end, bool *ret_has_window)
{
    int64_t first, last;
    *ret_has_window = window_slices_windows(&local->base.slices, slice_end, &first, &last);
    return *ret_has_window &&
           local->progress.watermark_us >= window_slices_trigger_us(&local->base.slices, last);
}

/* Divides the rows into those in time, those that are late, and those of no window at all. */
static void divide_rows(struct window_local *local, const int64_t *slice_ends, uint32_t count,
                        uint32_t *ret_kept, uint32_t *ret_late)
{
    uint32_t num_kept = 0, num_late = 0;
    bool has_window = false, late = false;
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || slice_ends[i] != slice_ends[i - 1])
            late = is_late(local, slice_ends[i], &has_window);
        local->rows[num_kept] = i;
        num_kept += has_window && !late;
        local->late_rows[num_late] = i;
        local->late_ends[num_late] = slice_ends[i];
        num_late += late;
    }
    *ret_kept = num_kept;
    *ret_late = num_late;
}

static int64_t smallest(const int64_t *slice_ends, uint32_t count)
{
    int64_t end = INT64_MAX;
    for (uint32_t i = 0; i < count; i++)
        end = slice_ends[i] < end ? slice_ends[i] : end;
    return end;
}

static void note_first_slice(struct window_local *local, int64_t slice_end)
{
    if (slice_end >= local->first_slice_end)
        return;
    local->first_slice_end = slice_end;
    local->flush_at_us = window_slices_trigger_us(&local->base.slices, slice_end);
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
    if (count == 0)
        return STATUS_OK;
    row_packer_pack(packer, batch, local->base.plan->keys);
    struct row_keys keys = {
        .keys = packer->rows, .hashes = packer->hashes, .namespaces = slice_ends, .count = count};
    if (rows != NULL)
        keys = pick_keys(local, slice_ends, count);
    row_table_find_or_create(local->table, &keys, local->states);
    enum status status =
        aggregate_set_accumulate(local->base.set, batch, rows, count, NULL, local->states, error);
    row_table_account(local->table, local->states, count);
    note_first_slice(local, smallest(keys.namespaces, count));
    return status;
}

enum status window_local_add(struct window_local *local, const struct record_batch *batch, uint32_t *ret_late,
                             struct error *error)
{
    const int64_t *slice_ends;
    uint32_t count = batch->num_rows, num_late = 0;
    ensure_capacity(local, count > BATCH_MAX_ROWS ? count : BATCH_MAX_ROWS);
    enum status status = window_base_check_inserts(batch, error);
    if (status == STATUS_OK)
        status = find_slices(local, batch, &slice_ends, error);
    if (status != STATUS_OK || count == 0)
        return status;
    bool has_window;
    const uint32_t *rows = NULL;
    if (local->has_gaps || is_late(local, smallest(slice_ends, count), &has_window)) {
        divide_rows(local, slice_ends, batch->num_rows, &count, &num_late);
        rows = local->rows;
    }
    status = accumulate(local, batch, slice_ends, rows, count, error);
    if (status == STATUS_OK)
        *ret_late = num_late;
    return status;
}
