#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/operators/group_aggregate_internal.h"

#include <stdlib.h>

/* What the touched groups have become, as a changelog. */

enum { FLUSH_GROUPS = BATCH_MAX_ROWS / 2 }; /* two rows each at most */

enum status group_aggregate_results(struct group_aggregate *aggregate, void *const *states, uint32_t count,
                                    int64_t *ret_counts, struct error *error)
{
    struct vector **columns = aggregate->columns;
    enum status status = aggregate_set_finish(aggregate->set, states, count, columns, error);
    if (status != STATUS_OK)
        return status;
    uint32_t call_count = aggregate->plan->call_count;
    struct record_batch *batch = record_batch_create(aggregate->result_schema, count);
    for (uint32_t i = 0; i < call_count; i++)
        batch->columns[i] = columns[i];
    row_packer_pack(aggregate->results, batch, NULL);
    record_batch_free(batch);
    struct vector *counts = aggregate->num_results > call_count ? columns[call_count] : NULL;
    for (uint32_t i = 0; i < count && ret_counts != NULL; i++)
        ret_counts[i] = counts != NULL ? ((const int64_t *)counts->values)[i] : 1;
    vector_unref(counts);
    return STATUS_OK;
}

static struct bytes_view touched_key(const struct group_aggregate *aggregate,
                                     const struct touched_group *group)
{
    return (struct bytes_view){aggregate->touched_bytes.data + group->key_offset, group->key_size};
}

/* The heads of count touched groups; of those that were held they are looked up again, NULL when they expired
 * meanwhile. */
static enum status find_heads(struct group_aggregate *aggregate, const struct touched_group *groups,
                              uint32_t count, struct group_head **ret_heads, struct error *error)
{
    if (!aggregate->is_held) {
        for (uint32_t i = 0; i < count; i++)
            ret_heads[i] = groups[i].head;
        return STATUS_OK;
    }
    struct bytes_view *keys = mem_alloc(count * sizeof *keys);
    uint64_t *hashes = mem_alloc(count * sizeof *hashes);
    void **values = mem_alloc(count * sizeof(void *));
    for (uint32_t i = 0; i < count; i++) {
        keys[i] = touched_key(aggregate, &groups[i]);
        hashes[i] = groups[i].hash;
    }
    enum status status =
        keyed_state_access(aggregate->state, KEYED_UPDATE, keys, hashes, NULL, count, values, error);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        ret_heads[i] = values[i];
    free(keys);
    free(hashes);
    free(values);
    return status;
}

static bool same_bytes(struct bytes_view a, struct bytes_view b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* after: its result now, of num_rows rows. */
static void add_change(struct group_aggregate *aggregate, const struct touched_group *group,
                       struct bytes_view after, int64_t num_rows)
{
    const struct plan_group_aggregate *plan = aggregate->plan;
    struct bytes_view before = {aggregate->touched_bytes.data + group->before_offset, group->before_size};
    struct bytes_view key = touched_key(aggregate, group);
    struct bytes_view old_row[] = {key, before}, new_row[] = {key, after};
    if (num_rows <= 0) {
        if (group->was_there)
            changelog_rows_add(&aggregate->rows, ROW_DELETE, old_row, 0);
    } else if (!group->was_there) {
        changelog_rows_add(&aggregate->rows, ROW_INSERT, new_row, 0);
    } else if (!same_bytes(before, after) || (plan->state_ttl_ms > 0 && plan->call_count > 0)) {
        /* with a time to live downstream must hear of a group that lives on; DISTINCT has no updates */
        if (plan->emits_update_before)
            changelog_rows_add(&aggregate->rows, ROW_UPDATE_BEFORE, old_row, 0);
        changelog_rows_add(&aggregate->rows, ROW_UPDATE_AFTER, new_row, 0);
    }
}

/* Makes the changes of count groups, and removes those that have no rows any more. */
static enum status make_changes(struct group_aggregate *aggregate, const struct touched_group *groups,
                                uint32_t count, struct error *error)
{
    struct group_head *heads[FLUSH_GROUPS];
    void *states[FLUSH_GROUPS];
    int64_t num_rows[FLUSH_GROUPS];
    uint32_t num_there = 0;
    enum status status = find_heads(aggregate, groups, count, heads, error);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        if (heads[i] != NULL && heads[i]->is_there != 0)
            states[num_there++] = heads[i] + 1;
    if (status == STATUS_OK)
        status = group_aggregate_results(aggregate, states, num_there, num_rows, error);
    uint32_t there = 0, num_ended = 0;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        if (heads[i] == NULL)
            continue;
        /* a group that expired and came back while it was held is there twice: the first one tells */
        bool is_told = heads[i]->is_touched == 0;
        bool is_there = heads[i]->is_there != 0;
        heads[i]->is_touched = 0;
        if (is_there && !is_told)
            add_change(aggregate, &groups[i], aggregate->results->rows[there], num_rows[there]);
        bool ends = !is_there || num_rows[there] <= 0;
        there += is_there;
        if (ends && !is_told)
            heads[num_ended++] = heads[i];
    }
    for (uint32_t i = 0; i < num_ended; i++)
        keyed_state_remove(aggregate->state, heads[i]);
    return status;
}

static enum status end_flush(struct group_aggregate *aggregate, struct error *error)
{
    aggregate->is_flushing = false;
    aggregate->is_held = false;
    aggregate->num_touched = 0;
    aggregate->num_flushed = 0;
    aggregate->held_rows = 0;
    aggregate->flush_at_us = INT64_MAX;
    buffer_clear(&aggregate->touched_bytes);
    return keyed_state_end_batch(aggregate->state, error);
}

enum operator_result group_aggregate_flush(struct group_aggregate *aggregate, struct error *error)
{
    while (aggregate->is_flushing) {
        uint32_t left = aggregate->num_touched - aggregate->num_flushed;
        if (left == 0)
            return end_flush(aggregate, error) == STATUS_OK ? OPERATOR_DONE : OPERATOR_FAILED;
        uint32_t count = left < FLUSH_GROUPS ? left : FLUSH_GROUPS;
        if (make_changes(aggregate, aggregate->touched + aggregate->num_flushed, count, error) != STATUS_OK)
            return OPERATOR_FAILED;
        aggregate->num_flushed += count;
        struct record_batch *batch;
        if (changelog_rows_make_batch(&aggregate->rows, &batch, error) != STATUS_OK)
            return OPERATOR_FAILED;
        /* what was looked up again need not be kept for the next part */
        if (aggregate->is_held && keyed_state_end_batch(aggregate->state, error) != STATUS_OK) {
            record_batch_free(batch);
            return OPERATOR_FAILED;
        }
        enum operator_result result = batch != NULL
                                          ? operator_output_emit(aggregate->context->outputs[0], batch, error)
                                          : OPERATOR_DONE;
        if (result != OPERATOR_DONE)
            return result;
    }
    return OPERATOR_DONE;
}
