#include "taskmanager/operators/window_local.h"

#include "common/base/memory.h"

static void ensure_capacity(struct window_local *local, uint32_t count)
{
    if (count <= local->capacity)
        return;
    local->slice_ends = mem_realloc(local->slice_ends, count * sizeof *local->slice_ends);
    local->keys = mem_realloc(local->keys, count * sizeof *local->keys);
    local->hashes = mem_realloc(local->hashes, count * sizeof *local->hashes);
    struct sliced_rows *lists[] = {&local->kept, &local->late};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        lists[i]->rows = mem_realloc(lists[i]->rows, count * sizeof *lists[i]->rows);
        lists[i]->slice_ends = mem_realloc(lists[i]->slice_ends, count * sizeof *lists[i]->slice_ends);
    }
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

static inline void put_row(struct sliced_rows *list, uint32_t row, int64_t slice_end, bool is_member)
{
    list->rows[list->count] = row;
    list->slice_ends[list->count] = slice_end;
    list->count += is_member;
}

/* Divides the rows into those that are kept, those that are late, and those of no window at all. */
static void divide_rows(struct window_local *local, const int64_t *slice_ends, uint32_t count, bool passes)
{
    bool has_window = false, late = false;
    local->kept.count = 0;
    local->late.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || slice_ends[i] != slice_ends[i - 1])
            late = is_late(local, slice_ends[i], &has_window) && !passes;
        put_row(&local->kept, i, slice_ends[i], has_window && !late);
        put_row(&local->late, i, slice_ends[i], late);
    }
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

static struct row_keys keys_of_kept(struct window_local *local)
{
    const struct row_packer *packer = local->base.packer;
    for (uint32_t i = 0; i < local->kept.count; i++) {
        local->keys[i] = packer->rows[local->kept.rows[i]];
        local->hashes[i] = packer->hashes[local->kept.rows[i]];
    }
    return (struct row_keys){.keys = local->keys,
                             .hashes = local->hashes,
                             .namespaces = local->kept.slice_ends,
                             .count = local->kept.count};
}

/* The kept rows of the batch, or all of it. */
static enum status accumulate(struct window_local *local, const struct record_batch *batch,
                              const int64_t *slice_ends, bool is_divided, struct error *error)
{
    struct row_packer *packer = local->base.packer;
    uint32_t count = is_divided ? local->kept.count : batch->num_rows;
    if (count == 0)
        return STATUS_OK;
    row_packer_pack(packer, batch, local->base.plan->keys);
    struct row_keys keys = {
        .keys = packer->rows, .hashes = packer->hashes, .namespaces = slice_ends, .count = count};
    if (is_divided)
        keys = keys_of_kept(local);
    row_table_find_or_create(local->table, &keys, local->states);
    enum status status = aggregate_set_accumulate(
        local->base.set, batch, is_divided ? local->kept.rows : NULL, count, NULL, local->states, error);
    row_table_account(local->table, local->states, count);
    note_first_slice(local, smallest(keys.namespaces, count));
    local->held_rows += count;
    return status;
}

enum status window_local_add(struct window_local *local, const struct record_batch *batch, bool *ret_passes,
                             struct error *error)
{
    const int64_t *slice_ends;
    uint32_t count = batch->num_rows;
    bool has_window, passes = local->rows_to_pass > 0;
    ensure_capacity(local, count > BATCH_MAX_ROWS ? count : BATCH_MAX_ROWS);
    local->kept.count = 0;
    local->late.count = 0;
    enum status status = window_base_check_inserts(batch, error);
    if (status == STATUS_OK)
        status = find_slices(local, batch, &slice_ends, error);
    if (status != STATUS_OK || count == 0)
        return status;
    bool is_divided = passes || local->has_gaps || is_late(local, smallest(slice_ends, count), &has_window);
    if (is_divided)
        divide_rows(local, slice_ends, count, passes);
    if (passes)
        local->rows_to_pass -= count < local->rows_to_pass ? count : local->rows_to_pass;
    else
        status = accumulate(local, batch, slice_ends, is_divided, error);
    if (status == STATUS_OK)
        *ret_passes = passes;
    return status;
}
