#include "taskmanager/operators/window_slicing.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/operators/aggregate_calls.h"
#include "taskmanager/operators/window_aggregate_internal.h"

#include <stdlib.h>

enum { ACCUMULATOR_VERSION = 1 };

static struct window_slicing *slicing_of(struct operator* base)
{
    return (struct window_slicing *)base;
}

static void ensure_capacity(struct window_slicing *slicing, uint32_t count)
{
    if (count <= slicing->capacity)
        return;
    slicing->slice_ends = mem_realloc(slicing->slice_ends, count * sizeof *slicing->slice_ends);
    slicing->namespaces = mem_realloc(slicing->namespaces, count * sizeof *slicing->namespaces);
    slicing->keys = mem_realloc(slicing->keys, count * sizeof *slicing->keys);
    slicing->hashes = mem_realloc(slicing->hashes, count * sizeof *slicing->hashes);
    slicing->kept_rows = mem_realloc(slicing->kept_rows, count * sizeof *slicing->kept_rows);
    slicing->late_rows = mem_realloc(slicing->late_rows, count * sizeof *slicing->late_rows);
    slicing->states = mem_realloc(slicing->states, count * sizeof(void *));
    slicing->capacity = count;
}

static enum status open_state(struct window_slicing *slicing, struct error *error)
{
    const struct window_base *base = &slicing->base;
    CHECK(base->context->keyed_state != NULL);
    aggregate_keys_describe(base->packer->types, base->packer->num_columns, &slicing->key_type);
    aggregate_calls_describe(base->plan->calls, base->plan->call_count, &slicing->value_type);
    struct keyed_state_descriptor descriptor = {
        .name = "window-slices",
        .key_type = buffer_text(&slicing->key_type),
        .value_type = buffer_text(&slicing->value_type),
        .version = ACCUMULATOR_VERSION,
        .value_size = aggregate_set_size(base->set),
    };
    descriptor.buffer_offsets = aggregate_set_buffers(base->set, &descriptor.num_buffers);
    return keyed_state_open(base->context->keyed_state, &descriptor, &slicing->state, error);
}

static void set_timer(struct window_slicing *slicing)
{
    int64_t window_end;
    slicing->next_timer_us = INT64_MAX;
    if (slicing->is_processing_time && window_slicing_next_window(slicing, &window_end))
        slicing->next_timer_us = window_slicing_trigger_us(slicing, window_end);
}

static enum status slicing_open(struct operator* base, const struct operator_context *context,
                                struct error *error)
{
    struct window_slicing *slicing = slicing_of(base);
    CHECK(context->num_outputs >= 1);
    enum status status = window_base_open(&slicing->base, context, error);
    if (status == STATUS_OK)
        status = open_state(slicing, error);
    if (status != STATUS_OK)
        return status;
    window_progress_init(&slicing->progress, keyed_state_first_key_group(slicing->state),
                         keyed_state_end_key_group(slicing->state));
    if (slicing->base.slices.is_shared && slicing->base.slices.kind == PLAN_WINDOW_HOP) {
        struct row_layout layout = {.value_size = aggregate_set_size(slicing->base.set)};
        layout.buffer_offsets = aggregate_set_buffers(slicing->base.set, &layout.num_buffers);
        slicing->merged = row_table_create(&layout, 0, 1);
    }
    ensure_capacity(slicing, BATCH_MAX_ROWS);
    set_timer(slicing); /* of windows that were restored */
    return STATUS_OK;
}

/* By the wall clock, which must not go behind what it has fired. */
static void find_processing_times(struct window_slicing *slicing, uint32_t count, int64_t *times)
{
    int64_t now_us = clock_wall_us(&slicing->base.context->process->clock);
    if (now_us < slicing->progress.watermark_us)
        now_us = slicing->progress.watermark_us;
    for (uint32_t i = 0; i < count; i++)
        times[i] = now_us;
}

static enum status find_slices(struct window_slicing *slicing, const struct record_batch *batch,
                               const int64_t **ret_slice_ends, struct error *error)
{
    const struct plan_window *window = &slicing->base.plan->window;
    const int64_t *times = slicing->slice_ends;
    bool has_slices = slicing->is_global || window->time == PLAN_TIME_ATTACHED;
    uint32_t column = slicing->is_global ? slicing->base.plan->key_count
                      : has_slices       ? window->window_end_column
                                         : window->time_column;
    if (slicing->is_processing_time) {
        find_processing_times(slicing, batch->num_rows, slicing->slice_ends);
    } else {
        enum status status = window_base_times(&slicing->base, batch, column, &times, error);
        if (status != STATUS_OK)
            return status;
    }
    *ret_slice_ends = has_slices ? times : slicing->slice_ends;
    if (has_slices)
        return STATUS_OK;
    return window_slices_assign(&slicing->base.slices, times, batch->num_rows, slicing->slice_ends, error);
}

/* What becomes of the rows of a slice. */
struct slice_fate {
    bool is_kept, is_late;
    int64_t namespace_;
};

static struct slice_fate fate_of(const struct window_slicing *slicing, int64_t slice_end, int64_t progress_us)
{
    const struct window_slices *slices = &slicing->base.slices;
    struct slice_fate fate = {.namespace_ = slice_end};
    int64_t first, last;
    if (!window_slices_windows(slices, slice_end, &first, &last))
        return fate; /* in a gap between windows */
    fate.is_late = progress_us >= window_slicing_trigger_us(slicing, last);
    fate.is_kept = !fate.is_late;
    if (slices->is_shared && slices->kind == PLAN_WINDOW_CUMULATE &&
        progress_us >= window_slicing_trigger_us(slicing, slice_end))
        fate.namespace_ = window_slices_first_slice(slices, slice_end); /* it was folded */
    return fate;
}

static void divide_rows(struct window_slicing *slicing, const int64_t *slice_ends, uint32_t count,
                        uint32_t *ret_kept, uint32_t *ret_late)
{
    const struct row_packer *packer = slicing->base.packer;
    struct slice_fate fate = {.is_kept = false};
    int64_t progress_us = slicing->progress.watermark_us;
    uint32_t num_kept = 0, num_late = 0;
    bool is_uneven = slicing->progress.ahead_us != NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (is_uneven)
            progress_us = window_progress_of(
                &slicing->progress, row_key_group(packer->rows[i], slicing->base.context->max_parallelism));
        if (i == 0 || is_uneven || slice_ends[i] != slice_ends[i - 1])
            fate = fate_of(slicing, slice_ends[i], progress_us);
        slicing->namespaces[num_kept] = fate.namespace_;
        slicing->keys[num_kept] = packer->rows[i];
        slicing->hashes[num_kept] = packer->hashes[i];
        slicing->kept_rows[num_kept] = i;
        num_kept += fate.is_kept;
        slicing->late_rows[num_late] = i;
        num_late += fate.is_late;
    }
    *ret_kept = num_kept;
    *ret_late = num_late;
}

static enum status merge_rows(struct window_slicing *slicing, const struct record_batch *batch,
                              uint32_t count, struct error *error)
{
    const struct vector *accumulators = batch->columns[slicing->base.plan->key_count + 1];
    for (uint32_t i = 0; i < count; i++) {
        const struct string_value *packed = vector_value(accumulators, slicing->kept_rows[i]);
        struct bytes_view bytes = {(const uint8_t *)packed->data, packed->size};
        enum status status = aggregate_set_merge_packed(slicing->base.set, slicing->states[i], bytes, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status add_rows(struct window_slicing *slicing, const struct record_batch *batch,
                            uint32_t *ret_late, struct error *error)
{
    const int64_t *slice_ends;
    uint32_t count;
    ensure_capacity(slicing, batch->num_rows);
    enum status status = window_base_check_inserts(batch, error);
    if (status == STATUS_OK)
        status = find_slices(slicing, batch, &slice_ends, error);
    if (status != STATUS_OK)
        return status;
    row_packer_pack(slicing->base.packer, batch, slicing->base.plan->keys);
    divide_rows(slicing, slice_ends, batch->num_rows, &count, ret_late);
    status = keyed_state_access(slicing->state, KEYED_CREATE, slicing->keys, slicing->hashes,
                                slicing->namespaces, count, slicing->states, error);
    if (status != STATUS_OK)
        return status;
    if (slicing->is_global)
        status = merge_rows(slicing, batch, count, error);
    else
        status = aggregate_set_accumulate(slicing->base.set, batch, slicing->kept_rows, count, NULL,
                                          slicing->states, error);
    return status == STATUS_OK ? keyed_state_end_batch(slicing->state, error) : status;
}

static enum operator_result slicing_process_batch(struct operator* base, uint32_t input,
                                                  struct record_batch *batch, struct error *error)
{
    struct window_slicing *slicing = slicing_of(base);
    uint32_t num_late;
    CHECK(input == 0 && !slicing->firing.is_active);
    enum operator_result result = OPERATOR_FAILED;
    if (add_rows(slicing, batch, &num_late, error) == STATUS_OK)
        result = window_base_emit_late(&slicing->base, batch, slicing->late_rows, num_late, error);
    record_batch_free(batch);
    set_timer(slicing);
    return result;
}

static enum operator_result fire(struct window_slicing *slicing, int64_t until_us, struct error *error)
{
    enum operator_result result = window_firing_begin(slicing, until_us, error);
    if (result == OPERATOR_DONE)
        set_timer(slicing);
    return result;
}

/* Windows of processing time do not care for watermarks, but for the last one: what is there then fires. */
static enum operator_result slicing_process_watermark(struct operator* base, uint32_t input,
                                                      int64_t watermark_us, struct error *error)
{
    struct window_slicing *slicing = slicing_of(base);
    (void)input;
    if (watermark_us <= slicing->progress.watermark_us ||
        (slicing->is_processing_time && watermark_us != WATERMARK_MAX))
        return OPERATOR_DONE;
    return fire(slicing, watermark_us, error);
}

static int64_t slicing_next_timer_us(const struct operator* base)
{
    return ((const struct window_slicing *)(const void *)base)->next_timer_us;
}

static enum operator_result slicing_on_timer(struct operator* base, int64_t time_us, struct error *error)
{
    struct window_slicing *slicing = slicing_of(base);
    if (time_us < slicing->next_timer_us)
        return OPERATOR_DONE;
    return fire(slicing, time_us, error);
}

static enum operator_result slicing_resume(struct operator* base, struct error *error)
{
    struct window_slicing *slicing = slicing_of(base);
    enum operator_result result = window_firing_resume(slicing, error);
    if (result == OPERATOR_DONE)
        set_timer(slicing);
    return result;
}

/* The clock of processing time starts anew. */
static enum status slicing_restore(struct operator* base, const struct operator_state *state,
                                   struct error *error)
{
    struct window_slicing *slicing = slicing_of(base);
    return slicing->is_processing_time ? STATUS_OK
                                       : window_progress_restore(&slicing->progress, state, error);
}

static enum status slicing_snapshot_state(struct operator* base, uint64_t checkpoint_id,
                                          struct operator_snapshot *snapshot, struct error *error)
{
    struct window_slicing *slicing = slicing_of(base);
    (void)checkpoint_id;
    (void)error;
    if (!slicing->is_processing_time)
        window_progress_snapshot(&slicing->progress, &snapshot->state);
    return STATUS_OK;
}

static void slicing_close(struct operator* base)
{
    struct window_slicing *slicing = slicing_of(base);
    window_firing_cancel(slicing);
    window_progress_free(&slicing->progress);
    window_rows_free(&slicing->rows);
    row_table_free(slicing->merged);
    window_base_close(&slicing->base);
    buffer_free(&slicing->key_type);
    buffer_free(&slicing->value_type);
    free(slicing->slice_ends);
    free(slicing->namespaces);
    free(slicing->keys);
    free(slicing->hashes);
    free(slicing->kept_rows);
    free(slicing->late_rows);
    free(slicing->states);
    free(slicing);
}

static const struct operator_ops slicing_ops = {
    .open = slicing_open,
    .restore = slicing_restore,
    .process_batch = slicing_process_batch,
    .process_watermark = slicing_process_watermark,
    .snapshot_state = slicing_snapshot_state,
    .resume = slicing_resume,
    .next_timer_us = slicing_next_timer_us,
    .on_timer = slicing_on_timer,
    .close = slicing_close,
};

struct operator* window_slicing_create(const struct plan_window_aggregate *plan, const struct schema *input,
                                       const struct schema *output)
{
    struct window_slicing *slicing = mem_calloc(1, sizeof *slicing);
    slicing->is_global = plan->phase == PLAN_AGGREGATE_GLOBAL;
    slicing->is_processing_time = plan->window.time == PLAN_TIME_PROCESSING;
    slicing->next_timer_us = INT64_MAX;
    slicing->firing.last_end = INT64_MIN;
    CHECK(!slicing->is_global || !slicing->is_processing_time);
    CHECK(output->num_fields == plan->key_count + plan->call_count + plan->property_count);
    window_base_init(&slicing->base, &slicing_ops, plan, input, output);
    return &slicing->base.operator;
}
