#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/operators/aggregate_calls.h"
#include "taskmanager/operators/group_aggregate_internal.h"

#include <stdlib.h>

/* The phases that keep groups in state: SINGLE and GLOBAL. */

static struct group_aggregate *aggregate_of(struct operator* base)
{
    return (struct group_aggregate *)base;
}

static enum operator_result failed(const struct group_aggregate *aggregate, struct error *error)
{
    (void)error_prefix(error, "%s", aggregate->context->operator_name);
    return OPERATOR_FAILED;
}

static void create_result_packer(struct group_aggregate *aggregate)
{
    const struct plan_group_aggregate *plan = aggregate->plan;
    struct data_type *types = mem_calloc(plan->call_count + (size_t)1, sizeof *types);
    aggregate->result_schema = schema_create(plan->call_count);
    for (uint32_t i = 0; i < plan->call_count; i++) {
        types[i] = plan->calls[i].result;
        schema_set_field(aggregate->result_schema, i, "result", types[i]);
    }
    aggregate->results = row_packer_create(types, plan->call_count);
    free(types);
}

static enum status aggregate_open(struct operator* base, const struct operator_context *context,
                                  struct error *error)
{
    struct group_aggregate *aggregate = aggregate_of(base);
    const struct plan_group_aggregate *plan = aggregate->plan;
    CHECK(context->num_outputs == 1 && context->keyed_state != NULL);
    aggregate->context = context;
    aggregate->set = group_aggregate_create_set(plan);
    aggregate->num_results = plan->call_count + plan->takes_retractions;
    aggregate->columns = mem_calloc(aggregate->num_results + (size_t)1, sizeof(struct vector *));
    aggregate->keys = row_packer_create_for(aggregate->input, plan->keys, plan->key_count);
    create_result_packer(aggregate);
    struct row_packer *parts[] = {aggregate->keys, aggregate->results};
    changelog_rows_init(&aggregate->rows, aggregate->output, parts, 2, false);
    aggregate->flush_at_us = INT64_MAX;
    buffer_reserve(&aggregate->touched_bytes, 1); /* keys of no columns have an address too */
    return group_aggregate_open_state(plan, aggregate->keys, aggregate->set, context,
                                      sizeof(struct group_head), &aggregate->state, error);
}

static void ensure_capacity(struct group_aggregate *aggregate, uint32_t count)
{
    if (count <= aggregate->capacity)
        return;
    aggregate->values = mem_realloc(aggregate->values, count * sizeof(void *));
    aggregate->states = mem_realloc(aggregate->states, count * sizeof(void *));
    aggregate->fed_rows = mem_realloc(aggregate->fed_rows, count * sizeof *aggregate->fed_rows);
    aggregate->retract = mem_realloc(aggregate->retract, count);
    aggregate->capacity = count;
}

static void touch(struct group_aggregate *aggregate, struct group_head *head, uint32_t row)
{
    if (aggregate->num_touched == aggregate->touched_capacity) {
        aggregate->touched_capacity =
            aggregate->touched_capacity == 0 ? 256 : 2 * aggregate->touched_capacity;
        aggregate->touched =
            mem_realloc(aggregate->touched, aggregate->touched_capacity * sizeof *aggregate->touched);
    }
    struct bytes_view key = aggregate->keys->rows[row];
    struct buffer *bytes = &aggregate->touched_bytes;
    aggregate->touched[aggregate->num_touched++] =
        (struct touched_group){.key_offset = bytes->size,
                               .key_size = (uint32_t)key.size,
                               .was_there = head->is_there != 0,
                               .hash = aggregate->keys->hashes[row],
                               .head = head};
    buffer_append(bytes, key.data, key.size);
    head->is_touched = 1;
}

/* Notes the groups of a batch that are not touched yet, with their results as they are before it. */
static enum status touch_groups(struct group_aggregate *aggregate, uint32_t count, struct error *error)
{
    uint32_t first = aggregate->num_touched, num_there = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct group_head *head = aggregate->values[i];
        if (head->is_touched != 0)
            continue;
        if (head->is_there != 0)
            aggregate->states[num_there++] = head + 1;
        touch(aggregate, head, i);
    }
    if (num_there == 0)
        return STATUS_OK;
    enum status status = group_aggregate_results(aggregate, aggregate->states, num_there, NULL, error);
    if (status != STATUS_OK)
        return status;
    const struct bytes_view *before = aggregate->results->rows;
    for (uint32_t i = first; i < aggregate->num_touched; i++) {
        struct touched_group *group = &aggregate->touched[i];
        if (!group->was_there)
            continue;
        group->before_offset = aggregate->touched_bytes.size;
        group->before_size = (uint32_t)before->size;
        buffer_append(&aggregate->touched_bytes, before->data, before->size);
        before++;
    }
    return STATUS_OK;
}

/* What is taken back from a group that is not there has nothing to do with it: it expired, or never was. */
static enum status feed_rows(struct group_aggregate *aggregate, const struct record_batch *batch,
                             struct error *error)
{
    const uint8_t *kinds = batch->row_kinds;
    bool retracts = false;
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch->num_rows; i++) {
        struct group_head *head = aggregate->values[i];
        bool is_retract = kinds != NULL && row_kind_retracts(kinds[i]);
        if (is_retract && head->is_there == 0)
            continue;
        head->is_there = 1;
        retracts |= is_retract;
        aggregate->retract[count] = is_retract;
        aggregate->states[count] = head + 1;
        aggregate->fed_rows[count++] = i;
    }
    bool is_all = count == batch->num_rows;
    return aggregate_set_accumulate(aggregate->set, batch, is_all ? NULL : aggregate->fed_rows, count,
                                    retracts ? aggregate->retract : NULL, aggregate->states, error);
}

static enum status merge_rows(struct group_aggregate *aggregate, const struct record_batch *batch,
                              struct error *error)
{
    const struct vector *packed = batch->columns[aggregate->plan->key_count];
    for (uint32_t i = 0; i < batch->num_rows; i++) {
        if (vector_is_null(packed, i))
            return error_set(error, STATUS_CORRUPT, "a row of the local phase has no accumulators");
        const struct string_value *bytes = vector_value(packed, i);
        struct group_head *head = aggregate->values[i];
        enum status status = aggregate_set_merge_packed(
            aggregate->set, head + 1, (struct bytes_view){(const uint8_t *)bytes->data, bytes->size}, error);
        if (status != STATUS_OK)
            return status;
        head->is_there = 1;
    }
    return STATUS_OK;
}

static enum status add_batch(struct group_aggregate *aggregate, const struct record_batch *batch,
                             struct error *error)
{
    const struct plan_group_aggregate *plan = aggregate->plan;
    bool is_global = plan->phase == PLAN_AGGREGATE_GLOBAL;
    enum status status = STATUS_OK;
    if (is_global || !plan->takes_retractions)
        status = changelog_check_inserts(batch, error);
    if (status != STATUS_OK)
        return status;
    ensure_capacity(aggregate, batch->num_rows);
    row_packer_pack(aggregate->keys, batch, plan->keys);
    status = keyed_state_access(aggregate->state, KEYED_CREATE, aggregate->keys->rows,
                                aggregate->keys->hashes, NULL, batch->num_rows, aggregate->values, error);
    if (status == STATUS_OK)
        status = touch_groups(aggregate, batch->num_rows, error);
    if (status != STATUS_OK)
        return status;
    return is_global ? merge_rows(aggregate, batch, error) : feed_rows(aggregate, batch, error);
}

static enum operator_result flush_all(struct group_aggregate *aggregate, struct error *error)
{
    CHECK(!aggregate->is_flushing);
    if (aggregate->num_touched == 0)
        return OPERATOR_DONE;
    aggregate->is_flushing = true;
    enum operator_result result = group_aggregate_flush(aggregate, error);
    return result == OPERATOR_FAILED ? failed(aggregate, error) : result;
}

/* Keeps the batch's groups for later; false when a bound of the mini-batch is reached. */
static bool hold(struct group_aggregate *aggregate, uint32_t num_rows)
{
    const struct plan_group_aggregate *plan = aggregate->plan;
    if (!group_aggregate_holds(plan))
        return false;
    aggregate->held_rows += num_rows;
    if (aggregate->flush_at_us == INT64_MAX)
        aggregate->flush_at_us =
            clock_monotonic_us(&aggregate->context->process->clock) + plan->mini_batch_ms * 1000;
    size_t bytes = aggregate->touched_bytes.size + aggregate->num_touched * sizeof *aggregate->touched;
    return bytes < GROUP_HELD_BYTES &&
           (plan->mini_batch_rows <= 0 || aggregate->held_rows < plan->mini_batch_rows);
}

static enum operator_result aggregate_process_batch(struct operator* base, uint32_t input,
                                                    struct record_batch *batch, struct error *error)
{
    struct group_aggregate *aggregate = aggregate_of(base);
    CHECK(input == 0 && !aggregate->is_flushing);
    uint32_t num_rows = batch->num_rows;
    enum status status = add_batch(aggregate, batch, error);
    record_batch_free(batch);
    if (status != STATUS_OK)
        return failed(aggregate, error);
    if (!hold(aggregate, num_rows))
        return flush_all(aggregate, error);
    aggregate->is_held = true;
    status = keyed_state_end_batch(aggregate->state, error);
    return status == STATUS_OK ? OPERATOR_DONE : failed(aggregate, error);
}

static enum operator_result aggregate_process_watermark(struct operator* base, uint32_t input,
                                                        int64_t watermark_us, struct error *error)
{
    (void)input;
    (void)watermark_us;
    return flush_all(aggregate_of(base), error);
}

static enum operator_result aggregate_prepare_barrier(struct operator* base, uint64_t checkpoint_id,
                                                      struct error *error)
{
    (void)checkpoint_id;
    return flush_all(aggregate_of(base), error);
}

static enum operator_result aggregate_end_input(struct operator* base, uint32_t input, enum end_of_input how,
                                                struct error *error)
{
    (void)input;
    (void)how;
    return flush_all(aggregate_of(base), error);
}

static enum operator_result aggregate_resume(struct operator* base, struct error *error)
{
    struct group_aggregate *aggregate = aggregate_of(base);
    enum operator_result result = group_aggregate_flush(aggregate, error);
    return result == OPERATOR_FAILED ? failed(aggregate, error) : result;
}

static int64_t aggregate_next_timer_us(const struct operator* base)
{
    const struct group_aggregate *aggregate = (const struct group_aggregate *)base;
    return operator_deadline_us(&aggregate->context->process->clock, aggregate->flush_at_us);
}

static enum operator_result aggregate_on_timer(struct operator* base, int64_t time_us, struct error *error)
{
    struct group_aggregate *aggregate = aggregate_of(base);
    return time_us >= aggregate_next_timer_us(base) ? flush_all(aggregate, error) : OPERATOR_DONE;
}

static void aggregate_close(struct operator* base)
{
    struct group_aggregate *aggregate = aggregate_of(base);
    changelog_rows_free(&aggregate->rows);
    aggregate_set_free(aggregate->set);
    row_packer_free(aggregate->keys);
    row_packer_free(aggregate->results);
    schema_unref(aggregate->result_schema);
    schema_unref(aggregate->input);
    schema_unref(aggregate->output);
    buffer_free(&aggregate->touched_bytes);
    free(aggregate->touched);
    free(aggregate->values);
    free(aggregate->states);
    free(aggregate->fed_rows);
    free(aggregate->retract);
    free(aggregate->columns);
    free(aggregate);
}

static const struct operator_ops aggregate_ops = {.open = aggregate_open,
                                                  .process_batch = aggregate_process_batch,
                                                  .process_watermark = aggregate_process_watermark,
                                                  .prepare_barrier = aggregate_prepare_barrier,
                                                  .end_input = aggregate_end_input,
                                                  .resume = aggregate_resume,
                                                  .next_timer_us = aggregate_next_timer_us,
                                                  .on_timer = aggregate_on_timer,
                                                  .close = aggregate_close};

struct operator* group_aggregate_create(const struct plan_group_aggregate *plan, const struct schema *input,
                                        const struct schema *output)
{
    if (plan->phase == PLAN_AGGREGATE_LOCAL)
        return group_local_create(plan, input, output);
    if (plan->phase == PLAN_AGGREGATE_SINGLE && plan->call_count == 0 && !plan->takes_retractions)
        return group_distinct_create(plan, input, output);
    CHECK(output->num_fields == plan->key_count + plan->call_count);
    struct group_aggregate *aggregate = mem_calloc(1, sizeof *aggregate);
    aggregate->base.ops = &aggregate_ops;
    aggregate->plan = plan;
    aggregate->input = schema_ref(input);
    aggregate->output = schema_ref(output);
    return &aggregate->base;
}
