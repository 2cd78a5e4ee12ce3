#include "taskmanager/operators/window_local.h"

#include "common/base/memory.h"

#include <stdlib.h>

/* Fills in the columns behind the keys. */
static void put_accumulators(struct window_local *local, struct record_batch *batch, void *const *states,
                             const int64_t *slice_ends)
{
    uint32_t key_count = local->base.plan->key_count;
    const struct schema_field *fields = local->base.output->fields;
    struct vector *ends = vector_create(fields[key_count].type, batch->num_rows);
    struct vector *accumulators = vector_create(fields[key_count + 1].type, batch->num_rows);
    struct string_heap *heap = vector_ensure_heap(accumulators);
    for (uint32_t i = 0; i < batch->num_rows; i++) {
        ((int64_t *)ends->values)[i] = slice_ends[i];
        buffer_clear(&local->packed);
        aggregate_set_pack(local->base.set, states[i], &local->packed);
        ((struct string_value *)accumulators->values)[i] =
            string_heap_add(heap, (const char *)local->packed.data, local->packed.size);
    }
    ends->length = batch->num_rows;
    accumulators->length = batch->num_rows;
    batch->columns[key_count] = ends;
    batch->columns[key_count + 1] = accumulators;
}

/* A batch of rows of the table. */
static enum status make_batch(struct window_local *local, uint32_t count, struct record_batch **ret_batch,
                              struct error *error)
{
    struct bytes_view *keys = mem_alloc(count * sizeof *keys);
    int64_t *slice_ends = mem_alloc(count * sizeof *slice_ends);
    for (uint32_t i = 0; i < count; i++) {
        keys[i] = row_table_key(local->table, local->states[i]);
        slice_ends[i] = row_table_namespace(local->table, local->states[i]);
    }
    struct record_batch *batch = record_batch_create(local->base.output, count);
    enum status status = row_packer_unpack(local->base.packer, keys, count, batch->columns, error);
    if (status == STATUS_OK)
        put_accumulators(local, batch, local->states, slice_ends);
    free(keys);
    free(slice_ends);
    if (status == STATUS_OK)
        *ret_batch = batch;
    else
        record_batch_free(batch);
    return status;
}

static void end_flush(struct window_local *local)
{
    row_table_walk_end(&local->flush_walk);
    row_table_clear(local->table);
    local->first_slice_end = INT64_MAX;
    local->flush_at_us = INT64_MAX;
    local->held_rows = 0;
    local->is_walking = false;
    local->is_flushing = false;
}

enum operator_result window_local_flush(struct window_local *local, struct error *error)
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
        if (make_batch(local, count, &batch, error) != STATUS_OK)
            return OPERATOR_FAILED;
        enum operator_result result = operator_output_emit(local->base.context->outputs[0], batch, error);
        if (result != OPERATOR_DONE)
            return result;
    }
    return OPERATOR_DONE;
}

static enum status make_batch_of_rows(struct window_local *local, const struct record_batch *batch,
                                      const struct sliced_rows *rows, struct record_batch **ret_batch,
                                      struct error *error)
{
    uint32_t state_bytes = aggregate_set_size(local->base.set);
    uint8_t *states = mem_calloc(rows->count, state_bytes + (size_t)1);
    for (uint32_t i = 0; i < rows->count; i++)
        local->states[i] = states + (size_t)i * state_bytes;
    enum status status =
        aggregate_set_accumulate(local->base.set, batch, rows->rows, rows->count, NULL, local->states, error);
    if (status == STATUS_OK) {
        const struct plan_window_aggregate *plan = local->base.plan;
        struct record_batch *made = record_batch_create(local->base.output, rows->count);
        for (uint32_t i = 0; i < plan->key_count; i++)
            made->columns[i] = vector_gather(batch->columns[plan->keys[i]], rows->rows, rows->count);
        put_accumulators(local, made, local->states, rows->slice_ends);
        *ret_batch = made;
    }
    for (uint32_t i = 0; i < rows->count; i++)
        aggregate_set_clear(local->base.set, local->states[i]);
    free(states);
    return status;
}

enum operator_result window_local_emit_rows(struct window_local *local, const struct record_batch *batch,
                                            const struct sliced_rows *rows, struct error *error)
{
    struct record_batch *made = NULL;
    if (make_batch_of_rows(local, batch, rows, &made, error) != STATUS_OK)
        return OPERATOR_FAILED;
    return operator_output_emit(local->base.context->outputs[0], made, error);
}
