#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/operators/group_aggregate_internal.h"
#include "taskmanager/state/row_table.h"

#include <stdlib.h>

/* The local phase: accumulators in memory, handed on at the mini-batch's end and before each barrier, so that
 * there is nothing to store. */

struct group_local {
    struct operator base;
    const struct plan_group_aggregate *plan;
    struct schema *input, *output;
    const struct operator_context *context;
    struct aggregate_set *set;
    struct row_packer *keys;
    struct row_table *table;
    int64_t flush_at_us, held_rows; /* the former on the clock that nobody sets */
    bool is_flushing;
    bool is_walking; /* flush_walk is open */
    struct row_walk flush_walk;
    struct buffer packed;
    uint32_t capacity; /* of the following */
    void **states;
    uint8_t *retract;
};

static struct group_local *local_of(struct operator* base)
{
    return (struct group_local *)base;
}

static enum status local_open(struct operator* base, const struct operator_context *context,
                              struct error *error)
{
    struct group_local *local = local_of(base);
    (void)error;
    CHECK(context->num_outputs == 1);
    local->context = context;
    local->set = group_aggregate_create_set(local->plan);
    local->keys = row_packer_create_for(local->input, local->plan->keys, local->plan->key_count);
    struct row_layout layout = {.value_size = aggregate_set_size(local->set)};
    layout.buffer_offsets = aggregate_set_buffers(local->set, &layout.num_buffers);
    local->table = row_table_create(&layout, 0, 1);
    local->flush_at_us = INT64_MAX;
    return STATUS_OK;
}

static void ensure_capacity(struct group_local *local, uint32_t count)
{
    if (count <= local->capacity)
        return;
    local->states = mem_realloc(local->states, count * sizeof(void *));
    local->retract = mem_realloc(local->retract, count);
    local->capacity = count;
}

static enum status add_batch(struct group_local *local, const struct record_batch *batch, struct error *error)
{
    uint32_t count = batch->num_rows;
    if (!local->plan->takes_retractions) {
        enum status status = changelog_check_inserts(batch, error);
        if (status != STATUS_OK)
            return status;
    }
    ensure_capacity(local, count);
    for (uint32_t i = 0; batch->row_kinds != NULL && i < count; i++)
        local->retract[i] = row_kind_retracts(batch->row_kinds[i]);
    bool may_retract = batch->row_kinds != NULL && local->plan->takes_retractions;
    row_packer_pack(local->keys, batch, local->plan->keys);
    struct row_keys keys = {.keys = local->keys->rows, .hashes = local->keys->hashes, .count = count};
    row_table_find_or_create(local->table, &keys, local->states);
    enum status status = aggregate_set_accumulate(local->set, batch, NULL, count,
                                                  may_retract ? local->retract : NULL, local->states, error);
    row_table_account(local->table, local->states, count);
    return status;
}

static enum status make_batch(struct group_local *local, uint32_t count, struct record_batch **ret_batch,
                              struct error *error)
{
    struct bytes_view *keys = mem_alloc(count * sizeof *keys);
    for (uint32_t i = 0; i < count; i++)
        keys[i] = row_table_key(local->table, local->states[i]);
    struct record_batch *batch = record_batch_create(local->output, count);
    enum status status = row_packer_unpack(local->keys, keys, count, batch->columns, error);
    free(keys);
    if (status != STATUS_OK) {
        record_batch_free(batch);
        return status;
    }
    uint32_t column = local->plan->key_count;
    struct vector *accumulators = vector_create(local->output->fields[column].type, count);
    struct string_heap *heap = vector_ensure_heap(accumulators);
    for (uint32_t i = 0; i < count; i++) {
        buffer_clear(&local->packed);
        aggregate_set_pack(local->set, local->states[i], &local->packed);
        ((struct string_value *)accumulators->values)[i] =
            string_heap_add(heap, buffer_text(&local->packed), local->packed.size);
    }
    accumulators->length = count;
    batch->columns[column] = accumulators;
    *ret_batch = batch;
    return STATUS_OK;
}

static enum operator_result failed(const struct group_local *local, struct error *error)
{
    (void)error_prefix(error, "%s", local->context->operator_name);
    return OPERATOR_FAILED;
}

/* Goes on with a flush, if there is one. */
static enum operator_result flush(struct group_local *local, struct error *error)
{
    ensure_capacity(local, BATCH_MAX_ROWS);
    while (local->is_flushing) {
        if (!local->is_walking)
            row_table_walk_all(local->table, &local->flush_walk);
        local->is_walking = true;
        uint32_t count = row_table_walk_next(&local->flush_walk, local->states, BATCH_MAX_ROWS);
        if (count == 0) {
            row_table_walk_end(&local->flush_walk);
            row_table_clear(local->table);
            local->flush_at_us = INT64_MAX;
            local->held_rows = 0;
            local->is_walking = false;
            local->is_flushing = false;
            break;
        }
        struct record_batch *batch = NULL;
        if (make_batch(local, count, &batch, error) != STATUS_OK)
            return failed(local, error);
        enum operator_result result = operator_output_emit(local->context->outputs[0], batch, error);
        if (result != OPERATOR_DONE)
            return result;
    }
    return OPERATOR_DONE;
}

static enum operator_result flush_all(struct group_local *local, struct error *error)
{
    CHECK(!local->is_flushing);
    local->is_flushing = row_table_count(local->table) > 0;
    return flush(local, error);
}

/* False when a bound of the mini-batch is reached. */
static bool hold(struct group_local *local, uint32_t num_rows)
{
    const struct plan_group_aggregate *plan = local->plan;
    local->held_rows += num_rows;
    if (!group_aggregate_holds(plan))
        return false;
    if (local->flush_at_us == INT64_MAX)
        local->flush_at_us = clock_monotonic_us(&local->context->process->clock) + plan->mini_batch_ms * 1000;
    return row_table_bytes(local->table) < GROUP_HELD_BYTES &&
           (plan->mini_batch_rows <= 0 || local->held_rows < plan->mini_batch_rows);
}

static enum operator_result local_process_batch(struct operator* base, uint32_t input,
                                                struct record_batch *batch, struct error *error)
{
    struct group_local *local = local_of(base);
    CHECK(input == 0 && !local->is_flushing);
    uint32_t num_rows = batch->num_rows;
    enum status status = add_batch(local, batch, error);
    record_batch_free(batch);
    if (status != STATUS_OK)
        return failed(local, error);
    return hold(local, num_rows) ? OPERATOR_DONE : flush_all(local, error);
}

static enum operator_result local_process_watermark(struct operator* base, uint32_t input,
                                                    int64_t watermark_us, struct error *error)
{
    (void)input;
    (void)watermark_us;
    return flush_all(local_of(base), error);
}

static enum operator_result local_prepare_barrier(struct operator* base, uint64_t checkpoint_id,
                                                  struct error *error)
{
    (void)checkpoint_id;
    return flush_all(local_of(base), error);
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

static int64_t local_next_timer_us(const struct operator* base)
{
    const struct group_local *local = (const struct group_local *)base;
    return operator_deadline_us(&local->context->process->clock, local->flush_at_us);
}

static enum operator_result local_on_timer(struct operator* base, int64_t time_us, struct error *error)
{
    struct group_local *local = local_of(base);
    return time_us >= local_next_timer_us(base) ? flush_all(local, error) : OPERATOR_DONE;
}

static void local_close(struct operator* base)
{
    struct group_local *local = local_of(base);
    if (local->is_walking)
        row_table_walk_end(&local->flush_walk);
    row_table_free(local->table);
    aggregate_set_free(local->set);
    row_packer_free(local->keys);
    schema_unref(local->input);
    schema_unref(local->output);
    buffer_free(&local->packed);
    free(local->states);
    free(local->retract);
    free(local);
}

static const struct operator_ops local_ops = {.open = local_open,
                                              .process_batch = local_process_batch,
                                              .process_watermark = local_process_watermark,
                                              .prepare_barrier = local_prepare_barrier,
                                              .end_input = local_end_input,
                                              .resume = local_resume,
                                              .next_timer_us = local_next_timer_us,
                                              .on_timer = local_on_timer,
                                              .close = local_close};

struct operator* group_local_create(const struct plan_group_aggregate *plan, const struct schema *input,
                                    const struct schema *output)
{
    CHECK(output->num_fields == plan->key_count + 1);
    struct group_local *local = mem_calloc(1, sizeof *local);
    local->base.ops = &local_ops;
    local->plan = plan;
    local->input = schema_ref(input);
    local->output = schema_ref(output);
    return &local->base;
}
