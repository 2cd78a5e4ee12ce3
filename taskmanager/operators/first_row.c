#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/operators/aggregate_calls.h"
#include "taskmanager/operators/first_row_internal.h"

#include <stdlib.h>

enum { ROW_VERSION = 1 };

static struct first_row *first_row_of(struct operator* base)
{
    return (struct first_row *)base;
}

static enum status open_states(struct first_row *first, struct error *error)
{
    static const uint32_t row_buffer = offsetof(struct waiting_row, row);
    struct keyed_state_backend *backend = first->context->keyed_state;
    struct buffer key_type = {0}, row_type = {0};
    aggregate_keys_describe(first->keys->types, first->keys->num_columns, &key_type);
    aggregate_keys_describe(first->rows->types, first->rows->num_columns, &row_type);
    struct keyed_state_descriptor waiting = {.name = "waiting-rows",
                                             .key_type = buffer_text(&key_type),
                                             .value_type = buffer_text(&row_type),
                                             .version = ROW_VERSION,
                                             .value_size = sizeof(struct waiting_row),
                                             .buffer_offsets = &row_buffer,
                                             .num_buffers = 1};
    struct keyed_state_descriptor given = {.name = "given-rows",
                                           .key_type = buffer_text(&key_type),
                                           .value_type = "NOTHING",
                                           .version = ROW_VERSION,
                                           .value_size = sizeof(int64_t),
                                           .ttl_ms = first->plan->state_ttl_ms};
    enum status status = keyed_state_open(backend, &waiting, &first->waiting, error);
    if (status == STATUS_OK)
        status = keyed_state_open(backend, &given, &first->given, error);
    if (status == STATUS_OK)
        status = event_timers_open(&first->timers, backend, buffer_text(&key_type), error);
    buffer_free(&key_type);
    buffer_free(&row_type);
    return status;
}

static enum status first_row_open(struct operator* base, const struct operator_context *context,
                                  struct error *error)
{
    struct first_row *first = first_row_of(base);
    CHECK(context->num_outputs == 1 && context->keyed_state != NULL);
    first->context = context;
    first->keys = row_packer_create_for(first->input, first->plan->keys, first->plan->key_count);
    first->rows = row_packer_create_for(first->input, NULL, first->input->num_fields);
    first->rows->skips_hashes = true;
    changelog_rows_init(&first->out, first->output, &first->rows, 1, false);
    first->due = mem_alloc(BATCH_MAX_ROWS * sizeof *first->due);
    first->given_rows = mem_alloc(BATCH_MAX_ROWS * sizeof(struct waiting_row *));
    first->given_keys = mem_alloc(BATCH_MAX_ROWS * sizeof *first->given_keys);
    first->given_hashes = mem_alloc(BATCH_MAX_ROWS * sizeof *first->given_hashes);
    enum status status = open_states(first, error);
    if (status != STATUS_OK)
        return status;
    window_progress_init(&first->progress, keyed_state_first_key_group(first->waiting),
                         keyed_state_end_key_group(first->waiting));
    return STATUS_OK;
}

static enum operator_result name_failure(const struct first_row *first, enum operator_result result,
                                         struct error *error)
{
    if (result == OPERATOR_FAILED)
        (void)error_prefix(error, "%s", first->context->operator_name);
    return result;
}

static enum operator_result first_row_process_batch(struct operator* base, uint32_t input,
                                                    struct record_batch *batch, struct error *error)
{
    struct first_row *first = first_row_of(base);
    CHECK(input == 0 && !first->is_firing);
    enum status status = first_row_add(first, batch, error);
    record_batch_free(batch);
    return name_failure(first, status == STATUS_OK ? OPERATOR_DONE : OPERATOR_FAILED, error);
}

static enum operator_result first_row_process_watermark(struct operator* base, uint32_t input,
                                                        int64_t watermark_us, struct error *error)
{
    struct first_row *first = first_row_of(base);
    CHECK(input == 0);
    if (watermark_us <= first->progress.watermark_us)
        return OPERATOR_DONE;
    first_row_ensure_capacity(first, BATCH_MAX_ROWS); /* so many rows are given at once */
    return name_failure(first, first_row_firing_begin(first, watermark_us, error), error);
}

static enum operator_result first_row_resume(struct operator* base, struct error *error)
{
    struct first_row *first = first_row_of(base);
    return name_failure(first, first_row_firing_resume(first, error), error);
}

static enum status first_row_restore(struct operator* base, const struct operator_state *state,
                                     struct error *error)
{
    struct first_row *first = first_row_of(base);
    enum status status = window_progress_restore(&first->progress, state, error);
    if (status == STATUS_OK)
        event_timers_restart(&first->timers, first->progress.watermark_us);
    return status;
}

static enum status first_row_snapshot_state(struct operator* base, uint64_t checkpoint_id,
                                            struct operator_snapshot *snapshot, struct error *error)
{
    (void)checkpoint_id;
    (void)error;
    window_progress_snapshot(&first_row_of(base)->progress, &snapshot->state);
    return STATUS_OK;
}

static void first_row_close(struct operator* base)
{
    struct first_row *first = first_row_of(base);
    event_timers_free(&first->timers);
    window_progress_free(&first->progress);
    changelog_rows_free(&first->out);
    row_packer_free(first->keys);
    row_packer_free(first->rows);
    schema_unref(first->input);
    schema_unref(first->output);
    free(first->due);
    free(first->given_rows);
    free(first->given_keys);
    free(first->given_hashes);
    wanted_rows_free(&first->wanted);
    free(first->values);
    free(first->changes);
    free(first->change_rows);
    free(first->change_keys);
    free(first->change_hashes);
    free(first->change_times);
    free(first);
}

static const struct operator_ops first_row_ops = {.open = first_row_open,
                                                  .restore = first_row_restore,
                                                  .process_batch = first_row_process_batch,
                                                  .process_watermark = first_row_process_watermark,
                                                  .snapshot_state = first_row_snapshot_state,
                                                  .resume = first_row_resume,
                                                  .close = first_row_close};

struct operator* first_row_create(const struct plan_deduplicate *plan, const struct schema *input,
                                  const struct schema *output)
{
    CHECK(plan->waits_for_watermark && output->num_fields == input->num_fields);
    struct first_row *first = mem_calloc(1, sizeof *first);
    first->base.ops = &first_row_ops;
    first->plan = plan;
    first->input = schema_ref(input);
    first->output = schema_ref(output);
    return &first->base;
}
