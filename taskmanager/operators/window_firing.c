#include "taskmanager/operators/window_slicing.h"

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/expression/calendar.h"

#include <stdlib.h>

enum { CHUNK_ROWS = 256 };

int64_t window_slicing_trigger_us(const struct window_slicing *slicing, int64_t window_end)
{
    int64_t trigger_us = window_slices_trigger_us(&slicing->base.slices, window_end);
    return slicing->is_processing_time ? trigger_us + CALENDAR_US_PER_MS : trigger_us;
}

/* Slices are dropped when their last window has fired, and a later slice has no earlier window: the first
 * slice that is there decides. */
bool window_slicing_next_window(struct window_slicing *slicing, int64_t *ret_window_end)
{
    const struct window_slices *slices = &slicing->base.slices;
    int64_t slice, end, last;
    if (!keyed_state_next_namespace(slicing->state, INT64_MIN, &slice))
        return false;
    bool has_window = window_slices_windows(slices, slice, &end, &last);
    CHECK(has_window);
    int64_t fired_end = slicing->firing.last_end;
    if (fired_end >= end)
        end = fired_end + slices->slide_us;
    while (end < last && window_slicing_trigger_us(slicing, end) <= slicing->progress.watermark_us)
        end += slices->slide_us;
    CHECK(end <= last);
    *ret_window_end = end;
    return true;
}

static uint32_t end_key_group(const struct window_slicing *slicing)
{
    return keyed_state_end_key_group(slicing->state);
}

/* False for a key group that was ahead of the others at a restore, and has fired the window before it. */
static bool is_due(const struct window_slicing *slicing, uint32_t key_group)
{
    return window_progress_of(&slicing->progress, key_group) < slicing->firing.trigger_us;
}

static enum operator_result emit_rows(struct window_slicing *slicing, struct error *error)
{
    struct record_batch *batch = NULL;
    if (slicing->rows.count == 0)
        return OPERATOR_DONE;
    if (window_rows_make_batch(&slicing->rows, &slicing->base, &batch, error) != STATUS_OK)
        return OPERATOR_FAILED;
    if (keyed_state_end_batch(slicing->state, error) != STATUS_OK) {
        record_batch_free(batch);
        return OPERATOR_FAILED;
    }
    return operator_output_emit(slicing->base.context->outputs[0], batch, error);
}

/* Collects rows of the next key group, up to a full batch. */
static enum status collect_rows(struct window_slicing *slicing, int64_t slice, struct error *error)
{
    struct window_firing *firing = &slicing->firing;
    int64_t start = window_slices_start(&slicing->base.slices, firing->window_end);
    if (!is_due(slicing, firing->key_group)) {
        firing->key_group++;
        return STATUS_OK;
    }
    if (firing->walk == NULL)
        firing->walk = keyed_state_walk_begin(slicing->state, firing->key_group, slice);
    uint32_t count, room = BATCH_MAX_ROWS - slicing->rows.count;
    enum status status =
        keyed_state_walk_next(firing->walk, KEYED_FIND, slicing->states, room, &count, error);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < count; i++)
        window_rows_add(&slicing->rows, keyed_state_key(slicing->state, slicing->states[i]),
                        slicing->states[i], start, firing->window_end);
    if (count == 0) {
        keyed_state_walk_end(firing->walk);
        firing->walk = NULL;
        firing->key_group++;
    }
    return STATUS_OK;
}

/* The window's rows are the entries of one slice. */
static enum operator_result fire_slice(struct window_slicing *slicing, int64_t slice, struct error *error)
{
    while (slicing->firing.key_group < end_key_group(slicing)) {
        if (collect_rows(slicing, slice, error) != STATUS_OK)
            return OPERATOR_FAILED;
        if (!window_rows_is_full(&slicing->rows))
            continue;
        enum operator_result result = emit_rows(slicing, error);
        if (result != OPERATOR_DONE)
            return result;
    }
    return emit_rows(slicing, error);
}

/* Adds a chunk of entries to those of the same keys in another slice of the state. */
static enum status fold_chunk(struct window_slicing *slicing, void *const *values, uint32_t count,
                              int64_t target, struct error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        slicing->keys[i] = keyed_state_key(slicing->state, values[i]);
        slicing->hashes[i] = hash_bytes(slicing->keys[i].data, slicing->keys[i].size);
        slicing->namespaces[i] = target;
    }
    void *targets[CHUNK_ROWS];
    enum status status = keyed_state_access(slicing->state, KEYED_CREATE, slicing->keys, slicing->hashes,
                                            slicing->namespaces, count, targets, error);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = aggregate_set_merge(slicing->base.set, targets[i], values[i], error);
    return status == STATUS_OK ? keyed_state_end_batch(slicing->state, error) : status;
}

/* Adds a chunk of entries to the rows of merged. */
static enum status merge_chunk(struct window_slicing *slicing, void *const *values, uint32_t count,
                               int64_t window_end, struct error *error)
{
    (void)window_end;
    for (uint32_t i = 0; i < count; i++) {
        slicing->keys[i] = keyed_state_key(slicing->state, values[i]);
        slicing->hashes[i] = hash_bytes(slicing->keys[i].data, slicing->keys[i].size);
    }
    void *targets[CHUNK_ROWS];
    struct row_keys keys = {.keys = slicing->keys, .hashes = slicing->hashes, .count = count};
    row_table_find_or_create(slicing->merged, &keys, targets);
    for (uint32_t i = 0; i < count; i++) {
        enum status status = aggregate_set_merge(slicing->base.set, targets[i], values[i], error);
        if (status != STATUS_OK)
            return status;
    }
    return keyed_state_end_batch(slicing->state, error);
}

typedef enum status chunk_function(struct window_slicing *slicing, void *const *values, uint32_t count,
                                   int64_t target, struct error *error);

static enum status walk_slice(struct window_slicing *slicing, uint32_t key_group, int64_t slice,
                              chunk_function *add_chunk, int64_t target, struct error *error)
{
    void *values[CHUNK_ROWS];
    uint32_t count = 0;
    struct keyed_state_walk *walk = keyed_state_walk_begin(slicing->state, key_group, slice);
    enum status status;
    do {
        status = keyed_state_walk_next(walk, KEYED_FIND, values, CHUNK_ROWS, &count, error);
        if (status == STATUS_OK && count > 0)
            status = add_chunk(slicing, values, count, target, error);
    } while (status == STATUS_OK && count > 0);
    keyed_state_walk_end(walk);
    return status;
}

/* CUMULATE: the last slice of the window joins those before it. */
static enum status fold_last_slice(struct window_slicing *slicing, int64_t target, struct error *error)
{
    int64_t slice = slicing->firing.window_end, present;
    if (slice == target || !keyed_state_next_namespace(slicing->state, slice, &present) || present != slice)
        return STATUS_OK;
    for (uint32_t group = keyed_state_first_key_group(slicing->state); group < end_key_group(slicing);
         group++) {
        enum status status = walk_slice(slicing, group, slice, fold_chunk, target, error);
        if (status != STATUS_OK)
            return status;
    }
    return keyed_state_drop_namespace(slicing->state, slice, error);
}

static enum operator_result fire_cumulated(struct window_slicing *slicing, struct error *error)
{
    int64_t target = window_slices_first_slice(&slicing->base.slices, slicing->firing.window_end);
    if (fold_last_slice(slicing, target, error) != STATUS_OK)
        return OPERATOR_FAILED;
    return fire_slice(slicing, target, error);
}

/* HOP: adds up the slices of the window in one key group. */
static enum status merge_group(struct window_slicing *slicing, uint32_t key_group, struct error *error)
{
    int64_t window_end = slicing->firing.window_end;
    int64_t slice = window_slices_first_slice(&slicing->base.slices, window_end);
    if (!is_due(slicing, key_group))
        return STATUS_OK;
    while (keyed_state_next_namespace(slicing->state, slice, &slice) && slice <= window_end) {
        enum status status = walk_slice(slicing, key_group, slice, merge_chunk, window_end, error);
        if (status != STATUS_OK)
            return status;
        slice++;
    }
    return STATUS_OK;
}

static enum operator_result drain_merged(struct window_slicing *slicing, struct error *error)
{
    struct window_firing *firing = &slicing->firing;
    int64_t start = window_slices_start(&slicing->base.slices, firing->window_end);
    uint32_t count;
    while ((count = row_table_walk_next(&firing->merged_walk, slicing->states, BATCH_MAX_ROWS)) > 0) {
        for (uint32_t i = 0; i < count; i++)
            window_rows_add(&slicing->rows, row_table_key(slicing->merged, slicing->states[i]),
                            slicing->states[i], start, firing->window_end);
        enum operator_result result = emit_rows(slicing, error);
        if (result != OPERATOR_DONE)
            return result;
    }
    row_table_walk_end(&firing->merged_walk);
    row_table_clear(slicing->merged);
    firing->is_draining = false;
    return OPERATOR_DONE;
}

/* Small key groups go out together. */
static enum operator_result fire_merged(struct window_slicing *slicing, struct error *error)
{
    struct window_firing *firing = &slicing->firing;
    for (;;) {
        if (firing->is_draining) {
            enum operator_result result = drain_merged(slicing, error);
            if (result != OPERATOR_DONE)
                return result;
        }
        if (firing->key_group == end_key_group(slicing))
            return OPERATOR_DONE;
        while (firing->key_group < end_key_group(slicing) &&
               row_table_count(slicing->merged) < BATCH_MAX_ROWS)
            if (merge_group(slicing, firing->key_group++, error) != STATUS_OK)
                return OPERATOR_FAILED;
        row_table_walk_all(slicing->merged, &firing->merged_walk);
        firing->is_draining = true;
    }
}

static enum operator_result fire_window(struct window_slicing *slicing, struct error *error)
{
    if (!slicing->base.slices.is_shared)
        return fire_slice(slicing, slicing->firing.window_end, error);
    if (slicing->base.slices.kind == PLAN_WINDOW_CUMULATE)
        return fire_cumulated(slicing, error);
    return fire_merged(slicing, error);
}

/* Drops the slices whose last window has fired. */
static enum status drop_slices(struct window_slicing *slicing, struct error *error)
{
    int64_t slice, first, last;
    while (keyed_state_next_namespace(slicing->state, INT64_MIN, &slice)) {
        if (window_slices_windows(&slicing->base.slices, slice, &first, &last) &&
            last > slicing->firing.window_end)
            break;
        enum status status = keyed_state_drop_namespace(slicing->state, slice, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* False when no window is due any more. */
static bool begin_window(struct window_slicing *slicing)
{
    struct window_firing *firing = &slicing->firing;
    if (!window_slicing_next_window(slicing, &firing->window_end))
        return false;
    firing->trigger_us = window_slicing_trigger_us(slicing, firing->window_end);
    if (firing->trigger_us > firing->until_us)
        return false;
    firing->key_group = keyed_state_first_key_group(slicing->state);
    firing->has_window = true;
    return true;
}

enum operator_result window_firing_resume(struct window_slicing *slicing, struct error *error)
{
    struct window_firing *firing = &slicing->firing;
    while (firing->is_active) {
        if (!firing->has_window && !begin_window(slicing)) {
            window_progress_advance(&slicing->progress, firing->until_us);
            firing->last_end = INT64_MIN;
            firing->is_active = false;
            break;
        }
        enum operator_result result = fire_window(slicing, error);
        if (result != OPERATOR_DONE)
            return result;
        if (drop_slices(slicing, error) != STATUS_OK)
            return OPERATOR_FAILED;
        firing->last_end = firing->window_end;
        firing->has_window = false;
    }
    return OPERATOR_DONE;
}

enum operator_result window_firing_begin(struct window_slicing *slicing, int64_t until_us,
                                         struct error *error)
{
    CHECK(!slicing->firing.is_active);
    slicing->firing.is_active = true;
    slicing->firing.until_us = until_us;
    slicing->firing.last_end = INT64_MIN;
    return window_firing_resume(slicing, error);
}

void window_firing_cancel(struct window_slicing *slicing)
{
    if (slicing->firing.walk != NULL)
        keyed_state_walk_end(slicing->firing.walk);
    slicing->firing.walk = NULL;
    if (slicing->firing.is_draining)
        row_table_walk_end(&slicing->firing.merged_walk);
}
