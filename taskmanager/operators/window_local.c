#include "taskmanager/operators/window_local.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/operators/window_aggregate_internal.h"

#include <stdlib.h>

/* Below 1.25 rows a key it costs more to add rows up than to hand each of them on; it is tried again after so
 * many times the rows that the trial took. */
enum { LEAST_ROWS_A_KEY_TIMES_4 = 5, PASSES_A_TRIAL = 16 };

static struct window_local *local_of(struct operator* base)
{
    return (struct window_local *)base;
}

static enum status local_open(struct operator* base, const struct operator_context *context,
                              struct error *error)
{
    struct window_local *local = local_of(base);
    CHECK(context->num_outputs == 1);
    enum status status = window_base_open(&local->base, context, error);
    if (status != STATUS_OK)
        return status;
    struct row_layout layout = {.value_size = aggregate_set_size(local->base.set)};
    layout.buffer_offsets = aggregate_set_buffers(local->base.set, &layout.num_buffers);
    local->table = row_table_create(&layout, 0, 1);
    window_progress_init(&local->progress, 0, 1); /* key groups are of no concern here */
    local->first_slice_end = INT64_MAX;
    local->flush_at_us = INT64_MAX;
    local->has_gaps =
        local->base.slices.is_shared && local->base.slices.slide_us > local->base.slices.size_us;
    return STATUS_OK;
}

static enum operator_result flush_all(struct window_local *local, struct error *error)
{
    CHECK(!local->is_flushing);
    local->is_flushing = true;
    return window_local_flush(local, error);
}

static enum operator_result add_batch(struct window_local *local, const struct record_batch *batch,
                                      struct error *error)
{
    bool passes = false;
    if (window_local_add(local, batch, &passes, error) != STATUS_OK)
        return OPERATOR_FAILED;
    const struct sliced_rows *single = passes ? &local->kept : &local->late;
    return single->count > 0 ? window_local_emit_rows(local, batch, single, error) : OPERATOR_DONE;
}

/* The memory is full. Where most rows have a key of their own, the next ones are not held any more. */
static void start_flush(struct window_local *local)
{
    local->is_flushing = true;
    if (row_table_count(local->table) * LEAST_ROWS_A_KEY_TIMES_4 > local->held_rows * 4)
        local->rows_to_pass = local->held_rows * PASSES_A_TRIAL;
}

static enum operator_result local_process_batch(struct operator* base, uint32_t input,
                                                struct record_batch *batch, struct error *error)
{
    struct window_local *local = local_of(base);
    CHECK(input == 0 && !local->is_flushing);
    enum operator_result result = add_batch(local, batch, error);
    record_batch_free(batch);
    if (result == OPERATOR_FAILED)
        return result;
    if (row_table_bytes(local->table) > local->memory_bytes)
        start_flush(local);
    return result == OPERATOR_DONE ? window_local_flush(local, error) : result;
}

static enum operator_result local_process_watermark(struct operator* base, uint32_t input,
                                                    int64_t watermark_us, struct error *error)
{
    struct window_local *local = local_of(base);
    (void)input;
    window_progress_advance(&local->progress, watermark_us);
    return watermark_us >= local->flush_at_us ? flush_all(local, error) : OPERATOR_DONE;
}

/* The global phase does not wait for an idle input: what is held would come too late. */
static enum operator_result local_process_watermark_status(struct operator* base, uint32_t input, bool idle,
                                                           struct error *error)
{
    (void)input;
    return idle ? flush_all(local_of(base), error) : OPERATOR_DONE;
}

static enum operator_result local_prepare_barrier(struct operator* base, uint64_t checkpoint_id,
                                                  struct error *error)
{
    (void)checkpoint_id;
    return flush_all(local_of(base), error);
}

/* Which rows are late must not depend on a restart. */
static enum status local_snapshot_state(struct operator* base, uint64_t checkpoint_id,
                                        struct operator_snapshot *snapshot, struct error *error)
{
    struct window_local *local = local_of(base);
    (void)checkpoint_id;
    (void)error;
    CHECK(row_table_count(local->table) == 0);
    window_progress_snapshot(&local->progress, &snapshot->state);
    return STATUS_OK;
}

static enum status local_restore(struct operator* base, const struct operator_state *state,
                                 struct error *error)
{
    return window_progress_restore(&local_of(base)->progress, state, error);
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
    return window_local_flush(local_of(base), error);
}

static void local_close(struct operator* base)
{
    struct window_local *local = local_of(base);
    if (local->is_walking)
        row_table_walk_end(&local->flush_walk);
    row_table_free(local->table);
    window_progress_free(&local->progress);
    window_base_close(&local->base);
    buffer_free(&local->packed);
    free(local->slice_ends);
    free(local->keys);
    free(local->hashes);
    free(local->kept.rows);
    free(local->kept.slice_ends);
    free(local->late.rows);
    free(local->late.slice_ends);
    free(local->states);
    free(local);
}

static const struct operator_ops local_ops = {
    .open = local_open,
    .restore = local_restore,
    .process_batch = local_process_batch,
    .process_watermark = local_process_watermark,
    .process_watermark_status = local_process_watermark_status,
    .prepare_barrier = local_prepare_barrier,
    .snapshot_state = local_snapshot_state,
    .end_input = local_end_input,
    .resume = local_resume,
    .close = local_close,
};

struct operator* window_local_create(const struct plan_window_aggregate *plan, const struct schema *input,
                                     const struct schema *output, size_t memory_bytes)
{
    CHECK(plan->window.kind != PLAN_WINDOW_SESSION && plan->window.time != PLAN_TIME_PROCESSING);
    CHECK(output->num_fields == plan->key_count + 2);
    struct window_local *local = mem_calloc(1, sizeof *local);
    local->memory_bytes = memory_bytes;
    window_base_init(&local->base, &local_ops, plan, input, output);
    return &local->base.operator;
}
