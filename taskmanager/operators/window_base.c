#include "taskmanager/operators/window_base.h"

#include "common/base/memory.h"
#include "taskmanager/operators/aggregate_calls.h"

#include <stdlib.h>

void window_base_init(struct window_base *base, const struct operator_ops *ops,
                      const struct plan_window_aggregate *plan, const struct schema *input,
                      const struct schema *output)
{
    base->operator.ops = ops;
    base->plan = plan;
    base->input = schema_ref(input);
    base->output = schema_ref(output);
}

enum status window_base_open(struct window_base *base, const struct operator_context *context,
                             struct error *error)
{
    const struct plan_window *window = &base->plan->window;
    base->context = context;
    if (window->is_zoned) {
        const char *name = window->time_zone != NULL ? window->time_zone : "UTC";
        enum status status = time_zone_create(name, &base->zone, error);
        if (status != STATUS_OK)
            return status;
    }
    window_slices_init(&base->slices, window, base->zone);
    base->set = aggregate_calls_create_set(base->plan->calls, base->plan->call_count, false);
    base->packer = row_packer_create_for(base->input, base->plan->keys, base->plan->key_count);
    return STATUS_OK;
}

void window_base_close(struct window_base *base)
{
    aggregate_set_free(base->set);
    row_packer_free(base->packer);
    time_zone_free(base->zone);
    schema_unref(base->input);
    schema_unref(base->output);
    free(base->times);
}

enum status window_base_times(struct window_base *base, const struct record_batch *batch, uint32_t column,
                              const int64_t **ret_times, struct error *error)
{
    const struct vector *vector = batch->columns[column];
    if (vector_null_count(vector) > 0)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "RowTime field should not be null, please convert it to a non-null long value: "
                         "column '%s' has a row without time; filter such rows out (WHERE %s IS NOT NULL)",
                         batch->schema->fields[column].name, batch->schema->fields[column].name);
    if (vector->encoding == VECTOR_FLAT) {
        *ret_times = vector->values;
        return STATUS_OK;
    }
    if (batch->num_rows > base->time_capacity) {
        free(base->times);
        base->times = mem_alloc(batch->num_rows * sizeof *base->times);
        base->time_capacity = batch->num_rows;
    }
    for (uint32_t i = 0; i < batch->num_rows; i++)
        base->times[i] = *(const int64_t *)vector_value(vector, i);
    *ret_times = base->times;
    return STATUS_OK;
}

enum status window_base_check_inserts(const struct record_batch *batch, struct error *error)
{
    for (uint32_t i = 0; batch->row_kinds != NULL && i < batch->num_rows; i++)
        if (batch->row_kinds[i] != ROW_INSERT)
            return error_set(error, STATUS_UNSUPPORTED,
                             "a window aggregation takes inserted rows only, and got an update or a delete");
    return STATUS_OK;
}

bool window_base_routes_late(const struct window_base *base)
{
    return base->context->num_outputs > 1;
}

enum operator_result window_base_emit_late(struct window_base *base, const struct record_batch *batch,
                                           const uint32_t *rows, uint32_t count, struct error *error)
{
    if (count == 0)
        return OPERATOR_DONE;
    if (window_base_routes_late(base))
        return operator_output_emit(base->context->outputs[1], record_batch_gather(batch, rows, count),
                                    error);
    if (base->context->metrics != NULL)
        atomic_fetch_add_explicit(&base->context->metrics->late_records_dropped, count, memory_order_relaxed);
    return OPERATOR_DONE;
}
