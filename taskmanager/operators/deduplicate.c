#include "taskmanager/operators/deduplicate.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/operators/aggregate_calls.h"
#include "taskmanager/operators/changelog_rows.h"
#include "taskmanager/operators/first_row.h"
#include "taskmanager/operators/wanted_rows.h"

#include <stdlib.h>

enum { ROW_VERSION = 1, NOT_CHANGED = 0 };

/* Of one key in state. */
struct kept_row {
    int64_t is_there;
    int64_t time;      /* of event time */
    int64_t change;    /* number of its change in this batch, from 1; 0 in every snapshot */
    struct buffer row; /* packed; empty where the first to arrive is kept */
};

/* A key whose row is replaced in this batch. */
struct row_change {
    struct kept_row *kept;
    size_t before_offset, before_size; /* of the row before the batch, in bytes */
    uint32_t row;                      /* of the batch, that is kept now */
    bool was_there;
};

struct deduplicate {
    struct operator base;
    const struct plan_deduplicate *plan;
    struct schema *input, *output;
    const struct operator_context *context;
    struct row_packer *keys;
    struct row_packer *rows;
    struct keyed_state *state;
    struct changelog_rows changelog;
    bool keeps_rows; /* not only that there is one */
    bool is_emitting;
    uint32_t num_emitted; /* of changes */
    struct row_change *changes;
    uint32_t num_changes;
    struct buffer before;
    struct wanted_rows wanted;
    uint32_t capacity; /* of values, and of changes */
    void **values;
};

static struct deduplicate *deduplicate_of(struct operator* base)
{
    return (struct deduplicate *)base;
}

static enum status open_state(struct deduplicate *dedup, struct error *error)
{
    const struct plan_deduplicate *plan = dedup->plan;
    struct buffer key_type = {0}, value_type = {0};
    aggregate_keys_describe(dedup->keys->types, plan->key_count, &key_type);
    buffer_printf(&value_type, "%s row by %s ", plan->keeps_last ? "last" : "first",
                  plan->is_event_time ? "event time" : "arrival");
    if (dedup->keeps_rows)
        aggregate_keys_describe(dedup->rows->types, dedup->input->num_fields, &value_type);
    static const uint32_t buffers[] = {offsetof(struct kept_row, row)};
    struct keyed_state_descriptor descriptor = {.name = "rows",
                                                .key_type = buffer_text(&key_type),
                                                .value_type = buffer_text(&value_type),
                                                .version = ROW_VERSION,
                                                .value_size = sizeof(struct kept_row),
                                                .buffer_offsets = buffers,
                                                .num_buffers = 1,
                                                .ttl_ms = plan->state_ttl_ms};
    enum status status = keyed_state_open(dedup->context->keyed_state, &descriptor, &dedup->state, error);
    buffer_free(&key_type);
    buffer_free(&value_type);
    return status;
}

static enum status deduplicate_open(struct operator* base, const struct operator_context *context,
                                    struct error *error)
{
    struct deduplicate *dedup = deduplicate_of(base);
    const struct plan_deduplicate *plan = dedup->plan;
    CHECK(context->num_outputs == 1 && context->keyed_state != NULL);
    dedup->context = context;
    dedup->keeps_rows = plan->is_event_time || plan->keeps_last;
    dedup->keys = row_packer_create_for(dedup->input, plan->keys, plan->key_count);
    dedup->rows = row_packer_create_for(dedup->input, NULL, dedup->input->num_fields);
    changelog_rows_init(&dedup->changelog, dedup->output, &dedup->rows, 1, false);
    buffer_reserve(&dedup->before, 1);
    return open_state(dedup, error);
}

static void ensure_capacity(struct deduplicate *dedup, uint32_t count)
{
    if (count <= dedup->capacity)
        return;
    dedup->values = mem_realloc(dedup->values, count * sizeof(void *));
    dedup->changes = mem_realloc(dedup->changes, count * sizeof *dedup->changes);
    dedup->capacity = count;
}

static enum status time_of(const struct deduplicate *dedup, const struct record_batch *batch, uint32_t row,
                           int64_t *ret_time, struct error *error)
{
    *ret_time = 0;
    if (!dedup->plan->is_event_time)
        return STATUS_OK;
    const struct vector *times = batch->columns[dedup->plan->time_column];
    if (vector_is_null(times, row))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "RowTime field should not be null, please convert it to a non-null long value: "
                         "column '%s' has a row without time",
                         batch->schema->fields[dedup->plan->time_column].name);
    *ret_time = *(const int64_t *)vector_value(times, row);
    return STATUS_OK;
}

/* Whether a row takes the place of the one that is kept. Of equal times the first, or the last, to arrive. */
static bool replaces(const struct plan_deduplicate *plan, const struct kept_row *kept, int64_t time)
{
    if (kept == NULL || kept->is_there == 0)
        return true;
    if (!plan->is_event_time)
        return plan->keeps_last;
    return plan->keeps_last ? time >= kept->time : time < kept->time;
}

static void replace(struct deduplicate *dedup, struct kept_row *kept, uint32_t row, int64_t time)
{
    if (kept->change == NOT_CHANGED) {
        dedup->changes[dedup->num_changes] = (struct row_change){.kept = kept,
                                                                 .before_offset = dedup->before.size,
                                                                 .before_size = kept->row.size,
                                                                 .was_there = kept->is_there != 0};
        buffer_append(&dedup->before, kept->row.data, kept->row.size);
        kept->change = ++dedup->num_changes;
    }
    dedup->changes[kept->change - 1].row = row;
    kept->is_there = 1;
    kept->time = time;
}

/* Looks up which rows of the batch may change something, without writing: most duplicates end here. */
static enum status find_wanted(struct deduplicate *dedup, const struct record_batch *batch,
                               struct error *error)
{
    ensure_capacity(dedup, batch->num_rows);
    wanted_rows_begin(&dedup->wanted, batch->num_rows);
    row_packer_pack(dedup->keys, batch, dedup->plan->keys);
    enum status status = keyed_state_access(dedup->state, KEYED_FIND, dedup->keys->rows, dedup->keys->hashes,
                                            NULL, batch->num_rows, dedup->values, error);
    for (uint32_t i = 0; i < batch->num_rows && status == STATUS_OK; i++) {
        int64_t time;
        status = time_of(dedup, batch, i, &time, error);
        if (status == STATUS_OK && replaces(dedup->plan, dedup->values[i], time))
            wanted_rows_add(&dedup->wanted, dedup->keys, i);
    }
    return status;
}

static enum status add_batch(struct deduplicate *dedup, const struct record_batch *batch, struct error *error)
{
    const struct wanted_rows *wanted = &dedup->wanted;
    enum status status = changelog_check_inserts(batch, error);
    if (status == STATUS_OK)
        status = find_wanted(dedup, batch, error);
    if (status != STATUS_OK || wanted->count == 0)
        return status;
    status = keyed_state_access(dedup->state, KEYED_CREATE, wanted->keys, wanted->hashes, NULL, wanted->count,
                                dedup->values, error);
    for (uint32_t i = 0; i < wanted->count && status == STATUS_OK; i++) {
        int64_t time;
        status = time_of(dedup, batch, wanted->rows[i], &time, error);
        if (status == STATUS_OK && replaces(dedup->plan, dedup->values[i], time))
            replace(dedup, dedup->values[i], wanted->rows[i], time);
    }
    if (status == STATUS_OK)
        row_packer_pack(dedup->rows, batch, NULL);
    return status;
}

static bool same_bytes(struct bytes_view a, struct bytes_view b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static void add_change(struct deduplicate *dedup, const struct row_change *change)
{
    const struct plan_deduplicate *plan = dedup->plan;
    struct bytes_view before = {dedup->before.data + change->before_offset, change->before_size};
    struct bytes_view after = dedup->rows->rows[change->row];
    struct kept_row *kept = change->kept;
    kept->change = NOT_CHANGED;
    if (dedup->keeps_rows) {
        buffer_clear(&kept->row);
        buffer_append(&kept->row, after.data, after.size);
    }
    if (!change->was_there) {
        changelog_rows_add(&dedup->changelog, ROW_INSERT, &after, 0);
        return;
    }
    /* with a time to live downstream must hear of a row that lives on */
    if (!plan->is_event_time && plan->state_ttl_ms == 0 && same_bytes(before, after))
        return;
    if (plan->emits_update_before)
        changelog_rows_add(&dedup->changelog, ROW_UPDATE_BEFORE, &before, 0);
    changelog_rows_add(&dedup->changelog, ROW_UPDATE_AFTER, &after, 0);
}

/* Goes on with emitting the changes of a batch, if there are any. */
static enum operator_result emit_changes(struct deduplicate *dedup, struct error *error)
{
    while (dedup->is_emitting) {
        if (dedup->num_emitted == dedup->num_changes) {
            dedup->is_emitting = false;
            dedup->num_emitted = 0;
            dedup->num_changes = 0;
            buffer_clear(&dedup->before);
            return keyed_state_end_batch(dedup->state, error) == STATUS_OK ? OPERATOR_DONE : OPERATOR_FAILED;
        }
        while (dedup->num_emitted < dedup->num_changes && changelog_rows_room(&dedup->changelog) >= 2)
            add_change(dedup, &dedup->changes[dedup->num_emitted++]);
        enum operator_result result =
            changelog_rows_emit(&dedup->changelog, dedup->context->outputs[0], error);
        if (result != OPERATOR_DONE)
            return result;
    }
    return OPERATOR_DONE;
}

static enum operator_result name_failure(const struct deduplicate *dedup, enum operator_result result,
                                         struct error *error)
{
    if (result == OPERATOR_FAILED)
        (void)error_prefix(error, "%s", dedup->context->operator_name);
    return result;
}

static enum operator_result deduplicate_process_batch(struct operator* base, uint32_t input,
                                                      struct record_batch *batch, struct error *error)
{
    struct deduplicate *dedup = deduplicate_of(base);
    CHECK(input == 0 && !dedup->is_emitting);
    enum status status = add_batch(dedup, batch, error);
    record_batch_free(batch);
    if (status != STATUS_OK)
        return name_failure(dedup, OPERATOR_FAILED, error);
    dedup->is_emitting = true;
    return name_failure(dedup, emit_changes(dedup, error), error);
}

static enum operator_result deduplicate_resume(struct operator* base, struct error *error)
{
    struct deduplicate *dedup = deduplicate_of(base);
    return name_failure(dedup, emit_changes(dedup, error), error);
}

static void deduplicate_close(struct operator* base)
{
    struct deduplicate *dedup = deduplicate_of(base);
    changelog_rows_free(&dedup->changelog);
    row_packer_free(dedup->keys);
    row_packer_free(dedup->rows);
    schema_unref(dedup->input);
    schema_unref(dedup->output);
    buffer_free(&dedup->before);
    free(dedup->changes);
    free(dedup->values);
    wanted_rows_free(&dedup->wanted);
    free(dedup);
}

static const struct operator_ops deduplicate_ops = {.open = deduplicate_open,
                                                    .process_batch = deduplicate_process_batch,
                                                    .resume = deduplicate_resume,
                                                    .close = deduplicate_close};

struct operator* deduplicate_create(const struct plan_deduplicate *plan, const struct schema *input,
                                    const struct schema *output)
{
    CHECK(output->num_fields == input->num_fields);
    if (plan->waits_for_watermark)
        return first_row_create(plan, input, output);
    struct deduplicate *dedup = mem_calloc(1, sizeof *dedup);
    dedup->base.ops = &deduplicate_ops;
    dedup->plan = plan;
    dedup->input = schema_ref(input);
    dedup->output = schema_ref(output);
    return &dedup->base;
}
