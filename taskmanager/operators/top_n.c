#include "taskmanager/operators/top_n_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/operators/aggregate_calls.h"
#include "taskmanager/operators/sort_key.h"

#include <stdlib.h>

/* Rows in range before a batch that are remembered at once: changes are told when there are more. */
enum { MAX_BEFORE_BYTES = 8 << 20, STATE_VERSION = 1 };

static struct top_n *top_n_of(struct operator* base)
{
    return (struct top_n *)base;
}

static enum operator_result named(const struct top_n *top, enum operator_result result, struct error *error)
{
    if (result == OPERATOR_FAILED)
        (void)error_prefix(error, "%s", top->context->operator_name);
    return result;
}

static void describe_rows(const struct top_n *top, struct buffer *text)
{
    const struct plan_top_n *plan = top->plan;
    if (!plan->takes_retractions)
        buffer_printf(text, "first %lld ", (long long)plan->last);
    aggregate_keys_describe(top->rows->types, top->input->num_fields, text);
    buffer_append_text(text, " by");
    for (uint32_t i = 0; i < plan->order_count; i++)
        buffer_printf(text, " %u%s%s", plan->order[i].column, plan->order[i].is_descending ? " DESC" : "",
                      plan->order[i].nulls_last ? " NULLS LAST" : "");
}

static enum status open_state(struct top_n *top, struct error *error)
{
    struct buffer key_type = {0}, value_type = {0};
    aggregate_keys_describe(top->keys->types, top->plan->key_count, &key_type);
    describe_rows(top, &value_type);
    static const uint32_t buffers[] = {offsetof(struct partition, rows) + offsetof(struct ranked_rows, order),
                                       offsetof(struct partition, rows) +
                                           offsetof(struct ranked_rows, entries)};
    struct keyed_state_descriptor descriptor = {.name = "partitions",
                                                .key_type = buffer_text(&key_type),
                                                .value_type = buffer_text(&value_type),
                                                .version = STATE_VERSION,
                                                .value_size = sizeof(struct partition),
                                                .buffer_offsets = buffers,
                                                .num_buffers = 2,
                                                .ttl_ms = top->plan->state_ttl_ms};
    enum status status = keyed_state_open(top->context->keyed_state, &descriptor, &top->state, error);
    buffer_free(&key_type);
    buffer_free(&value_type);
    return status;
}

static enum status top_n_open(struct operator* base, const struct operator_context *context,
                              struct error *error)
{
    struct top_n *top = top_n_of(base);
    const struct plan_top_n *plan = top->plan;
    CHECK(context->num_outputs == 1 && context->keyed_state != NULL);
    top->context = context;
    top->by_number = plan->emits_rank || (plan->last == 1 && !plan->takes_retractions);
    top->keys = row_packer_create_for(top->input, plan->keys, plan->key_count);
    top->rows = row_packer_create_for(top->input, NULL, top->input->num_fields);
    changelog_rows_init(&top->changelog, top->output, &top->rows, 1, plan->emits_rank);
    return open_state(top, error);
}

static void ensure_capacity(struct top_n *top, uint32_t count)
{
    if (count <= top->capacity)
        return;
    top->values = mem_realloc(top->values, count * sizeof(void *));
    top->row_sort_keys = mem_realloc(top->row_sort_keys, count * sizeof *top->row_sort_keys);
    top->touched = mem_realloc(top->touched, count * sizeof *top->touched);
    top->capacity = count;
}

static void make_sort_keys(struct top_n *top, const struct record_batch *batch)
{
    const struct plan_top_n *plan = top->plan;
    buffer_clear(&top->sort_keys);
    for (uint32_t i = 0; i < batch->num_rows; i++) {
        size_t start = top->sort_keys.size;
        sort_key_append(plan->order, plan->order_count, batch, i, &top->sort_keys);
        top->row_sort_keys[i].size = top->sort_keys.size - start;
    }
    const uint8_t *next = top->sort_keys.data;
    for (uint32_t i = 0; i < batch->num_rows; i++) {
        top->row_sort_keys[i].data = next;
        next += top->row_sort_keys[i].size;
    }
}

/* Inserts only: the row would come behind the last that counts. */
static bool is_behind_last(const struct top_n *top, const struct partition *partition,
                           struct bytes_view sort_key)
{
    if (top->plan->takes_retractions || partition == NULL ||
        (int64_t)ranked_rows_count(&partition->rows) < top->plan->last)
        return false;
    uint32_t last = ranked_rows_offset(&partition->rows, (uint32_t)top->plan->last - 1);
    return sort_key_compare(ranked_rows_key(&partition->rows, last), sort_key) <= 0;
}

/* Looks up which rows may change something, without writing: most of what is only inserted ends here. */
static enum status find_wanted(struct top_n *top, const struct record_batch *batch, struct error *error)
{
    row_packer_pack(top->keys, batch, top->plan->keys);
    enum status status = STATUS_OK;
    if (!top->plan->takes_retractions)
        status = keyed_state_access(top->state, KEYED_FIND, top->keys->rows, top->keys->hashes, NULL,
                                    batch->num_rows, top->values, error);
    wanted_rows_begin(&top->wanted, batch->num_rows);
    for (uint32_t i = 0; i < batch->num_rows && status == STATUS_OK; i++)
        if (top->plan->takes_retractions || !is_behind_last(top, top->values[i], top->row_sort_keys[i]))
            wanted_rows_add(&top->wanted, top->keys, i);
    return status;
}

static enum status begin_batch(struct top_n *top, const struct record_batch *batch, struct error *error)
{
    enum status status = STATUS_OK;
    if (!top->plan->takes_retractions)
        status = changelog_check_inserts(batch, error);
    if (status != STATUS_OK)
        return status;
    ensure_capacity(top, batch->num_rows);
    make_sort_keys(top, batch);
    top->num_fed = 0;
    status = find_wanted(top, batch, error);
    if (status == STATUS_OK && top->wanted.count > 0) {
        row_packer_pack(top->rows, batch, NULL);
        status = keyed_state_access(top->state, KEYED_CREATE, top->wanted.keys, top->wanted.hashes, NULL,
                                    top->wanted.count, top->values, error);
    }
    return status;
}

static void touch(struct top_n *top, struct partition *partition)
{
    if (partition->is_touched != 0)
        return;
    partition->is_touched = 1;
    uint32_t count = ranked_rows_count(&partition->rows);
    if ((int64_t)count > top->plan->last)
        count = (uint32_t)top->plan->last;
    top->touched[top->num_touched++] = (struct touched_partition){
        .partition = partition, .before_start = top->before.size, .before_count = count};
    buffer_append(&top->before, partition->rows.order.data, count * sizeof(uint32_t));
}

static enum status feed_row(struct top_n *top, struct partition *partition, uint32_t row, struct error *error)
{
    struct bytes_view sort_key = top->row_sort_keys[row];
    struct bytes_view bytes = top->rows->rows[row];
    const uint8_t *kinds = top->batch->row_kinds;
    if (kinds != NULL && row_kind_retracts(kinds[row])) {
        touch(top, partition);
        (void)ranked_rows_remove(&partition->rows, sort_key, bytes);
        return STATUS_OK;
    }
    if (is_behind_last(top, partition, sort_key))
        return STATUS_OK;
    touch(top, partition);
    enum status status = ranked_rows_insert(&partition->rows, sort_key, bytes, error);
    if (!top->plan->takes_retractions && (int64_t)ranked_rows_count(&partition->rows) > top->plan->last)
        ranked_rows_truncate(&partition->rows, (uint32_t)top->plan->last);
    return status;
}

/* Changes are told: the partitions may forget what they had. */
static void end_touches(struct top_n *top)
{
    for (uint32_t i = 0; i < top->num_touched; i++) {
        struct partition *partition = top->touched[i].partition;
        partition->is_touched = 0;
        ranked_rows_compact(&partition->rows);
    }
    top->num_touched = 0;
    top->cursor = (struct top_n_cursor){0};
    buffer_clear(&top->before);
}

/* Partitions that have no rows any more, each once. */
static void remove_empty(struct top_n *top)
{
    for (uint32_t i = 0; i < top->wanted.count; i++) {
        struct partition *partition = top->values[i];
        if (partition->is_touched != 0 || ranked_rows_count(&partition->rows) > 0)
            continue;
        partition->is_touched = 1;
        top->touched[top->num_touched++].partition = partition;
    }
    for (uint32_t i = 0; i < top->num_touched; i++)
        keyed_state_remove(top->state, top->touched[i].partition);
    top->num_touched = 0;
}

static enum operator_result end_batch(struct top_n *top, struct error *error)
{
    if (top->wanted.count > 0)
        remove_empty(top);
    record_batch_free(top->batch);
    top->batch = NULL;
    return keyed_state_end_batch(top->state, error) == STATUS_OK ? OPERATOR_DONE : OPERATOR_FAILED;
}

/* Goes on with the batch at hand, if there is one. */
static enum operator_result work(struct top_n *top, struct error *error)
{
    while (top->batch != NULL) {
        /* changes that could not be told at once */
        enum operator_result result = top_n_emit_changes(top, error);
        if (result != OPERATOR_DONE)
            return result;
        end_touches(top);
        if (top->num_fed == top->wanted.count)
            return end_batch(top, error);
        while (top->num_fed < top->wanted.count && top->before.size < MAX_BEFORE_BYTES) {
            uint32_t at = top->num_fed++;
            if (feed_row(top, top->values[at], top->wanted.rows[at], error) != STATUS_OK)
                return OPERATOR_FAILED;
        }
    }
    return OPERATOR_DONE;
}

static enum operator_result top_n_process_batch(struct operator* base, uint32_t input,
                                                struct record_batch *batch, struct error *error)
{
    struct top_n *top = top_n_of(base);
    CHECK(input == 0 && top->batch == NULL);
    top->batch = batch;
    if (begin_batch(top, batch, error) != STATUS_OK)
        return named(top, OPERATOR_FAILED, error);
    return named(top, work(top, error), error);
}

static enum operator_result top_n_resume(struct operator* base, struct error *error)
{
    struct top_n *top = top_n_of(base);
    return named(top, work(top, error), error);
}

static void top_n_close(struct operator* base)
{
    struct top_n *top = top_n_of(base);
    record_batch_free(top->batch);
    changelog_rows_free(&top->changelog);
    row_packer_free(top->keys);
    row_packer_free(top->rows);
    schema_unref(top->input);
    schema_unref(top->output);
    buffer_free(&top->before);
    buffer_free(&top->sort_keys);
    free(top->touched);
    free(top->values);
    free(top->row_sort_keys);
    wanted_rows_free(&top->wanted);
    free(top);
}

static const struct operator_ops top_n_ops = {
    .open = top_n_open, .process_batch = top_n_process_batch, .resume = top_n_resume, .close = top_n_close};

struct operator*
    top_n_create(const struct plan_top_n *plan, const struct schema *input, const struct schema *output)
{
    CHECK(plan->first >= 1 && plan->last >= plan->first);
    CHECK(output->num_fields == input->num_fields + plan->emits_rank);
    struct top_n *top = mem_calloc(1, sizeof *top);
    top->base.ops = &top_n_ops;
    top->plan = plan;
    top->input = schema_ref(input);
    top->output = schema_ref(output);
    return &top->base;
}
