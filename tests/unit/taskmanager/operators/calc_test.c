#include "taskmanager/operators/calc.h"

#include "common/base/arena.h"
#include "common/expression/functions/functions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* An output that keeps the last batch and answers as told. */
struct collecting_output {
    struct operator_output base;
    struct record_batch *batch;
    uint32_t batches;
    enum operator_result answer;
};

static enum operator_result collect(struct operator_output *output, struct record_batch *batch,
                                    struct error *error)
{
    struct collecting_output *collecting = (struct collecting_output *)output;
    (void)error;
    record_batch_check(batch);
    record_batch_free(collecting->batch);
    collecting->batch = batch;
    collecting->batches++;
    return collecting->answer;
}

static const struct operator_output_ops collecting_ops = {.emit = collect};

struct fixture {
    struct arena *arena;
    struct process_context process;
    struct collecting_output output;
    struct operator_output *outputs[1];
    struct operator_context context;
    struct plan_calc plan;
    struct schema *output_schema;
    struct operator* calc;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = arena_create(4096);
    f->process.clock = clock_system();
    f->output.base.ops = &collecting_ops;
    f->outputs[0] = &f->output.base;
    f->context = (struct operator_context){
        .process = &f->process, .operator_name = "Calc[2]", .outputs = f->outputs, .num_outputs = 1};
    f->plan.time_zone = "UTC";
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    f->calc->ops->close(f->calc);
    record_batch_free(f->output.batch);
    schema_unref(f->output_schema);
    arena_free(f->arena);
    free(f);
    return 0;
}

static const struct expression *column(struct fixture *f, uint32_t index)
{
    return expression_column(f->arena, index, data_type_of(index == 0 ? TYPE_BIGINT : TYPE_STRING));
}

static const struct expression *call(struct fixture *f, const char *name, const struct expression *a,
                                     const struct expression *b)
{
    const struct expression *arguments[2] = {a, b};
    const struct expression *result = NULL;
    struct error error;
    assert_int_equal(function_call(f->arena, name, arguments, 2, &result, &error), STATUS_OK);
    return result;
}

static void open_calc(struct fixture *f, const struct expression *filter,
                      const struct expression *const *projections, uint32_t count)
{
    struct error error;
    f->output_schema = schema_create(count);
    for (uint32_t i = 0; i < count; i++)
        schema_set_field(f->output_schema, i, "f", projections[i]->type);
    f->plan.filter = filter;
    f->plan.projections = projections;
    f->plan.projection_count = count;
    f->calc = calc_create(&f->plan, f->output_schema);
    assert_int_equal(f->calc->ops->open(f->calc, &f->context, &error), STATUS_OK);
}

/* id BIGINT 0, 1, 2, ..., name STRING "n". */
static struct record_batch *sample_batch(uint32_t num_rows)
{
    struct schema *schema = schema_create(2);
    schema_set_field(schema, 0, "id", data_type_of(TYPE_BIGINT));
    schema_set_field(schema, 1, "name", data_type_of(TYPE_STRING));
    struct record_batch *batch = record_batch_create(schema, num_rows);
    schema_unref(schema);
    batch->columns[0] = vector_create(data_type_of(TYPE_BIGINT), num_rows);
    batch->columns[0]->length = num_rows;
    for (uint32_t i = 0; i < num_rows; i++)
        ((int64_t *)batch->columns[0]->values)[i] = i;
    struct string_value name = string_value_of("n", 1);
    batch->columns[1] = vector_create_constant(data_type_of(TYPE_STRING), &name, num_rows);
    return batch;
}

static enum operator_result process(struct fixture *f, struct record_batch *batch, struct error *error)
{
    return f->calc->ops->process_batch(f->calc, 0, batch, error);
}

static void picks_columns_without_a_copy(void **state)
{
    struct fixture *f = *state;
    struct error error;
    const struct expression *projections[] = {column(f, 1), column(f, 0)};
    open_calc(f, NULL, projections, 2);
    struct record_batch *batch = sample_batch(10);
    batch->row_kinds = calloc(10, 1);
    batch->row_kinds[3] = ROW_DELETE;
    const struct vector *id = batch->columns[0];
    assert_int_equal(process(f, batch, &error), OPERATOR_DONE);
    assert_ptr_equal(f->output.batch->columns[1], id);
    assert_int_equal(f->output.batch->row_kinds[3], ROW_DELETE);
    assert_ptr_equal(f->output.batch->schema, f->output_schema);
}

static void filters_to_a_dense_batch(void **state)
{
    struct fixture *f = *state;
    struct error error;
    const struct expression *odd =
        call(f, "=", call(f, "%", column(f, 0), expression_literal_int(f->arena, 2)),
             expression_literal_int(f->arena, 1));
    const struct expression *projections[] = {
        column(f, 0), call(f, "+", column(f, 0), expression_literal_int(f->arena, 100))};
    open_calc(f, odd, projections, 2);
    struct record_batch *batch = sample_batch(101);
    batch->row_kinds = calloc(101, 1);
    batch->row_kinds[3] = ROW_DELETE;
    assert_int_equal(process(f, batch, &error), OPERATOR_DONE);
    assert_int_equal(f->output.batch->num_rows, 50);
    assert_int_equal(f->output.batch->row_kinds[1], ROW_DELETE);
    assert_int_equal(*(const int64_t *)vector_value(f->output.batch->columns[0], 49), 99);
    assert_int_equal(*(const int64_t *)vector_value(f->output.batch->columns[1], 49), 199);
    /* a batch of which nothing is left, and one without rows, are not sent on */
    assert_int_equal(process(f, sample_batch(1), &error), OPERATOR_DONE);
    assert_int_equal(process(f, sample_batch(0), &error), OPERATOR_DONE);
    assert_int_equal(f->output.batches, 1);
}

static void hands_on_what_the_output_answers(void **state)
{
    struct fixture *f = *state;
    struct error error;
    const struct expression *projections[] = {column(f, 0)};
    open_calc(f, NULL, projections, 1);
    f->output.answer = OPERATOR_OUTPUT_FULL;
    assert_int_equal(process(f, sample_batch(5), &error), OPERATOR_OUTPUT_FULL);
    assert_int_equal(f->calc->ops->resume(f->calc, &error), OPERATOR_DONE);
}

static void names_itself_in_errors(void **state)
{
    struct fixture *f = *state;
    struct error error;
    const struct expression *projections[] = {
        call(f, "/", expression_literal_int(f->arena, 1), column(f, 0))};
    open_calc(f, NULL, projections, 1);
    assert_int_equal(process(f, sample_batch(5), &error), OPERATOR_FAILED);
    assert_non_null(strstr(error.message, "Calc[2]: / by zero"));
    assert_int_equal(f->output.batches, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(picks_columns_without_a_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(filters_to_a_dense_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hands_on_what_the_output_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_itself_in_errors, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
