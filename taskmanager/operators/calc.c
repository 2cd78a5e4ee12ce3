#include "taskmanager/operators/calc.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/expression/expression_program.h"

#include <stdlib.h>

struct calc {
    struct operator base;
    const struct plan_calc *plan;
    struct schema *output_schema;
    struct time_zone *zone;
    struct expression_program *filter; /* NULL: every row passes */
    struct expression_program *projection;
    const struct operator_context *context;
    uint32_t *rows; /* those that pass the filter; grown to the largest batch */
    uint32_t row_capacity;
};

static struct calc *calc_of(struct operator* base)
{
    return (struct calc *)base;
}

static enum status calc_open(struct operator* base, const struct operator_context *context,
                             struct error *error)
{
    struct calc *calc = calc_of(base);
    CHECK(context->num_outputs == 1);
    calc->context = context;
    const char *zone = calc->plan->time_zone != NULL ? calc->plan->time_zone : "UTC";
    enum status status = time_zone_create(zone, &calc->zone, error);
    if (status != STATUS_OK)
        return status;
    if (calc->plan->filter != NULL)
        calc->filter =
            expression_program_compile(&calc->plan->filter, 1, context->process->clock, calc->zone);
    calc->projection = expression_program_compile(
        calc->plan->projections, (uint32_t)calc->plan->projection_count, context->process->clock, calc->zone);
    return STATUS_OK;
}

/* The rows to keep; *ret_rows is NULL when it is all of them. */
static enum status select_rows(struct calc *calc, const struct record_batch *batch, const uint32_t **ret_rows,
                               uint32_t *ret_count, struct error *error)
{
    *ret_rows = NULL;
    *ret_count = batch->num_rows;
    if (calc->filter == NULL)
        return STATUS_OK;
    if (batch->num_rows > calc->row_capacity) {
        free(calc->rows);
        calc->rows = mem_alloc(batch->num_rows * sizeof *calc->rows);
        calc->row_capacity = batch->num_rows;
    }
    enum status status = expression_program_filter(calc->filter, batch, calc->rows, ret_count, error);
    if (status == STATUS_OK && *ret_count < batch->num_rows)
        *ret_rows = calc->rows;
    return status;
}

static void move_row_kinds(struct record_batch *from, const uint32_t *rows, struct record_batch *to)
{
    if (from->row_kinds == NULL)
        return;
    if (rows == NULL) {
        to->row_kinds = from->row_kinds;
        from->row_kinds = NULL;
        return;
    }
    to->row_kinds = mem_alloc(to->num_rows);
    for (uint32_t i = 0; i < to->num_rows; i++)
        to->row_kinds[i] = from->row_kinds[rows[i]];
}

/* NULL in *ret_result when no row passes. */
static enum status compute(struct calc *calc, struct record_batch *batch, struct record_batch **ret_result,
                           struct error *error)
{
    const uint32_t *rows;
    uint32_t count;
    enum status status = select_rows(calc, batch, &rows, &count, error);
    if (status != STATUS_OK)
        return status;
    if (count == 0) {
        *ret_result = NULL;
        return STATUS_OK;
    }
    struct record_batch *result = record_batch_create(calc->output_schema, count);
    status = expression_program_evaluate_rows(calc->projection, batch, rows, count, result->columns, error);
    if (status != STATUS_OK) {
        record_batch_free(result);
        return status;
    }
    move_row_kinds(batch, rows, result);
    *ret_result = result;
    return STATUS_OK;
}

static enum operator_result calc_process_batch(struct operator* base, uint32_t input,
                                               struct record_batch *batch, struct error *error)
{
    struct calc *calc = calc_of(base);
    CHECK(input == 0);
    struct record_batch *result = NULL;
    enum status status = compute(calc, batch, &result, error);
    record_batch_free(batch);
    if (status != STATUS_OK) {
        (void)error_prefix(error, "%s", calc->context->operator_name);
        return OPERATOR_FAILED;
    }
    if (result == NULL)
        return OPERATOR_DONE;
    return operator_output_emit(calc->context->outputs[0], result, error);
}

/* A batch makes one batch at most, so that nothing is ever left to do. */
static enum operator_result calc_resume(struct operator* base, struct error *error)
{
    (void)base;
    (void)error;
    return OPERATOR_DONE;
}

static void calc_close(struct operator* base)
{
    struct calc *calc = calc_of(base);
    expression_program_free(calc->filter);
    expression_program_free(calc->projection);
    time_zone_free(calc->zone);
    schema_unref(calc->output_schema);
    free(calc->rows);
    free(calc);
}

static const struct operator_ops calc_ops = {
    .open = calc_open, .process_batch = calc_process_batch, .close = calc_close, .resume = calc_resume};

struct operator* calc_create(const struct plan_calc *plan, const struct schema *output)
{
    CHECK(plan->projection_count == output->num_fields);
    struct calc *calc = mem_calloc(1, sizeof *calc);
    calc->base.ops = &calc_ops;
    calc->plan = plan;
    calc->output_schema = schema_ref(output);
    return &calc->base;
}
