#include "taskmanager/operators/window_rows.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/expression/calendar.h"

#include <stdlib.h>

void window_rows_free(struct window_rows *rows)
{
    free(rows->keys);
    free(rows->states);
    free(rows->starts);
    free(rows->ends);
    *rows = (struct window_rows){0};
}

void window_rows_add(struct window_rows *rows, struct bytes_view key, void *state, int64_t start, int64_t end)
{
    if (rows->capacity == 0) {
        rows->keys = mem_alloc(BATCH_MAX_ROWS * sizeof *rows->keys);
        rows->states = mem_alloc(BATCH_MAX_ROWS * sizeof(void *));
        rows->starts = mem_alloc(BATCH_MAX_ROWS * sizeof *rows->starts);
        rows->ends = mem_alloc(BATCH_MAX_ROWS * sizeof *rows->ends);
        rows->capacity = BATCH_MAX_ROWS;
    }
    CHECK(rows->count < rows->capacity);
    rows->keys[rows->count] = key;
    rows->states[rows->count] = state;
    rows->starts[rows->count] = start;
    rows->ends[rows->count++] = end;
}

static struct vector *make_times(const int64_t *times, uint32_t count, struct data_type type)
{
    struct vector *vector = vector_create(type, count);
    vector->length = count;
    memcpy(vector->values, times, count * sizeof *times);
    return vector;
}

static struct vector *make_window_times(const struct window_rows *rows, const struct window_slices *slices,
                                        struct data_type type)
{
    struct vector *vector = vector_create(type, rows->count);
    int64_t *values = vector->values;
    for (uint32_t i = 0; i < rows->count; i++)
        values[i] = i > 0 && rows->ends[i] == rows->ends[i - 1]
                        ? values[i - 1]
                        : window_slices_window_time(slices, rows->ends[i]);
    vector->length = rows->count;
    return vector;
}

static struct vector *make_now(const struct window_base *base, uint32_t count, struct data_type type)
{
    int64_t now_us = clock_wall_ms(&base->context->process->clock) * CALENDAR_US_PER_MS;
    return vector_create_constant(type, &now_us, count);
}

struct vector *window_rows_make_property(const struct window_rows *rows, const struct window_base *base,
                                         enum plan_window_property property, struct data_type type)
{
    switch (property) {
    case PLAN_WINDOW_START: return make_times(rows->starts, rows->count, type);
    case PLAN_WINDOW_END: return make_times(rows->ends, rows->count, type);
    case PLAN_WINDOW_TIME: return make_window_times(rows, &base->slices, type);
    case PLAN_WINDOW_PROCTIME: break;
    }
    return make_now(base, rows->count, type);
}

enum status window_rows_make_batch(struct window_rows *rows, struct window_base *base,
                                   struct record_batch **ret_batch, struct error *error)
{
    const struct plan_window_aggregate *plan = base->plan;
    uint32_t first_property = plan->key_count + plan->call_count;
    CHECK(rows->count > 0 && base->output->num_fields == first_property + plan->property_count);
    struct record_batch *batch = record_batch_create(base->output, rows->count);
    enum status status = row_packer_unpack(base->packer, rows->keys, rows->count, batch->columns, error);
    if (status == STATUS_OK)
        status = aggregate_set_finish(base->set, rows->states, rows->count, batch->columns + plan->key_count,
                                      error);
    if (status != STATUS_OK) {
        record_batch_free(batch);
        return status;
    }
    for (uint32_t i = 0; i < plan->property_count; i++)
        batch->columns[first_property + i] = window_rows_make_property(
            rows, base, plan->properties[i], base->output->fields[first_property + i].type);
    rows->count = 0;
    *ret_batch = batch;
    return STATUS_OK;
}
