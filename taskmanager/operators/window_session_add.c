#include "taskmanager/operators/window_session.h"

#include "common/base/check.h"
#include "common/base/memory.h"

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

struct record_batch *session_windows_drop_timeless(struct session_windows *windows,
                                                   struct record_batch *batch)
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

enum status session_windows_add(struct session_windows *windows, const struct record_batch *batch,
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
