#include "taskmanager/operators/window_table_function.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/operators/window_aggregate_internal.h"
#include "taskmanager/operators/window_slices.h"

#include <stdlib.h>

enum { WINDOW_COLUMNS = 3 };

/* Output rows to come: each a row of the batch at hand and the end of one of its windows. */
struct window_table_function {
    struct operator base;
    const struct plan_window_table_function *plan;
    struct schema *output;
    const struct operator_context *context;
    struct time_zone *zone;
    struct window_slices slices;
    struct record_batch *batch; /* whose rows are not all out yet; NULL: none */
    uint32_t row;               /* the next of them */
    bool has_window;            /* row is under way: next_end is its next window, last_end its last */
    int64_t next_end, last_end, step_us;
    uint32_t capacity;
    int64_t *slice_ends; /* of the rows of batch */
    uint32_t *rows;      /* of the output batch */
    int64_t *ends;
};

static struct window_table_function *function_of(struct operator* base)
{
    return (struct window_table_function *)base;
}

static enum status function_open(struct operator* base, const struct operator_context *context,
                                 struct error *error)
{
    struct window_table_function *function = function_of(base);
    const struct plan_window *window = &function->plan->window;
    CHECK(context->num_outputs >= 1);
    function->context = context;
    if (window->is_zoned) {
        const char *name = window->time_zone != NULL ? window->time_zone : "UTC";
        enum status status = time_zone_create(name, &function->zone, error);
        if (status != STATUS_OK)
            return status;
    }
    window_slices_init(&function->slices, window, function->zone);
    function->rows = mem_alloc(BATCH_MAX_ROWS * sizeof *function->rows);
    function->ends = mem_alloc(BATCH_MAX_ROWS * sizeof *function->ends);
    return STATUS_OK;
}

/* Rows without time stand at 0 meanwhile. */
static void read_times(struct window_table_function *function, const struct record_batch *batch)
{
    int64_t *times = function->slice_ends;
    const struct plan_window *window = &function->plan->window;
    if (window->time == PLAN_TIME_PROCESSING) {
        int64_t now_us = clock_wall_us(&function->context->process->clock);
        for (uint32_t i = 0; i < batch->num_rows; i++)
            times[i] = now_us;
        return;
    }
    const struct vector *column = batch->columns[window->time_column];
    for (uint32_t i = 0; i < batch->num_rows; i++)
        times[i] = vector_is_null(column, i) ? 0 : *(const int64_t *)vector_value(column, i);
}

static enum status find_slices(struct window_table_function *function, const struct record_batch *batch,
                               struct error *error)
{
    if (batch->num_rows > function->capacity) {
        free(function->slice_ends);
        function->slice_ends = mem_alloc(batch->num_rows * sizeof *function->slice_ends);
        function->capacity = batch->num_rows;
    }
    read_times(function, batch);
    return window_slices_assign(&function->slices, function->slice_ends, batch->num_rows,
                                function->slice_ends, error);
}

static bool has_time(const struct window_table_function *function, uint32_t row)
{
    const struct plan_window *window = &function->plan->window;
    return window->time == PLAN_TIME_PROCESSING ||
           !vector_is_null(function->batch->columns[window->time_column], row);
}

/* The windows of the row, in Flink's order: those of HOP from the last one on. False when it has none. */
static bool begin_row(struct window_table_function *function)
{
    int64_t first, last;
    if (!has_time(function, function->row)) {
        if (function->context->metrics != NULL)
            atomic_fetch_add_explicit(&function->context->metrics->dropped_records, 1, memory_order_relaxed);
        return false;
    }
    if (!window_slices_windows(&function->slices, function->slice_ends[function->row], &first, &last))
        return false;
    bool is_hop = function->slices.kind == PLAN_WINDOW_HOP;
    function->next_end = is_hop ? last : first;
    function->last_end = is_hop ? first : last;
    function->step_us = is_hop ? -function->slices.slide_us : function->slices.slide_us;
    return true;
}

static uint32_t collect_rows(struct window_table_function *function)
{
    uint32_t count = 0;
    while (count < BATCH_MAX_ROWS && function->row < function->batch->num_rows) {
        if (!function->has_window && !begin_row(function)) {
            function->row++;
            continue;
        }
        function->rows[count] = function->row;
        function->ends[count++] = function->next_end;
        function->has_window = function->next_end != function->last_end;
        if (function->has_window)
            function->next_end += function->step_us;
        else
            function->row++;
    }
    return count;
}

static int64_t property_of(const struct window_table_function *function, uint32_t property, int64_t end)
{
    if (property == 0)
        return window_slices_start(&function->slices, end);
    return property == 1 ? end : window_slices_window_time(&function->slices, end);
}

/* window_start, window_end or window_time of the output rows; mostly all rows have the same. */
static struct vector *make_property(const struct window_table_function *function, uint32_t property,
                                    uint32_t count)
{
    uint32_t field = function->output->num_fields - WINDOW_COLUMNS + property;
    struct data_type type = function->output->fields[field].type;
    bool is_constant = true;
    for (uint32_t i = 1; i < count && is_constant; i++)
        is_constant = function->ends[i] == function->ends[0];
    if (is_constant) {
        int64_t value = property_of(function, property, function->ends[0]);
        return vector_create_constant(type, &value, count);
    }
    struct vector *vector = vector_create(type, count);
    int64_t *values = vector->values;
    for (uint32_t i = 0; i < count; i++)
        values[i] = i > 0 && function->ends[i] == function->ends[i - 1]
                        ? values[i - 1]
                        : property_of(function, property, function->ends[i]);
    vector->length = count;
    return vector;
}

static struct record_batch *make_batch(const struct window_table_function *function, uint32_t count)
{
    const struct record_batch *from = function->batch;
    bool is_whole = count == from->num_rows;
    for (uint32_t i = 0; i < count && is_whole; i++)
        is_whole = function->rows[i] == i;
    struct record_batch *batch = record_batch_create(function->output, count);
    for (uint32_t c = 0; c < from->schema->num_fields; c++)
        batch->columns[c] =
            is_whole ? vector_ref(from->columns[c]) : vector_gather(from->columns[c], function->rows, count);
    if (from->row_kinds != NULL) {
        batch->row_kinds = mem_alloc(count);
        for (uint32_t i = 0; i < count; i++)
            batch->row_kinds[i] = from->row_kinds[function->rows[i]];
    }
    for (uint32_t i = 0; i < WINDOW_COLUMNS; i++)
        batch->columns[from->schema->num_fields + i] = make_property(function, i, count);
    return batch;
}

static enum operator_result function_resume(struct operator* base, struct error *error)
{
    struct window_table_function *function = function_of(base);
    while (function->batch != NULL) {
        uint32_t count = collect_rows(function);
        struct record_batch *batch = count > 0 ? make_batch(function, count) : NULL;
        if (function->row == function->batch->num_rows) {
            record_batch_free(function->batch);
            function->batch = NULL;
        }
        if (batch == NULL)
            continue;
        enum operator_result result = operator_output_emit(function->context->outputs[0], batch, error);
        if (result != OPERATOR_DONE)
            return result;
    }
    return OPERATOR_DONE;
}

static enum operator_result function_process_batch(struct operator* base, uint32_t input,
                                                   struct record_batch *batch, struct error *error)
{
    struct window_table_function *function = function_of(base);
    CHECK(input == 0 && function->batch == NULL);
    CHECK(batch->schema->num_fields + WINDOW_COLUMNS == function->output->num_fields);
    if (find_slices(function, batch, error) != STATUS_OK) {
        record_batch_free(batch);
        return OPERATOR_FAILED;
    }
    function->batch = batch;
    function->row = 0;
    return function_resume(base, error);
}

static void function_close(struct operator* base)
{
    struct window_table_function *function = function_of(base);
    record_batch_free(function->batch);
    time_zone_free(function->zone);
    schema_unref(function->output);
    free(function->slice_ends);
    free(function->rows);
    free(function->ends);
    free(function);
}

static const struct operator_ops function_ops = {.open = function_open,
                                                 .process_batch = function_process_batch,
                                                 .resume = function_resume,
                                                 .close = function_close};

struct operator* window_table_function_create(const struct plan_window_table_function *plan,
                                              const struct schema *input, const struct schema *output)
{
    CHECK(output->num_fields == input->num_fields + WINDOW_COLUMNS);
    if (plan->window.kind == PLAN_WINDOW_SESSION)
        return window_session_rows_create(plan, input, output);
    struct window_table_function *function = mem_calloc(1, sizeof *function);
    function->base.ops = &function_ops;
    function->plan = plan;
    function->output = schema_ref(output);
    return &function->base;
}
