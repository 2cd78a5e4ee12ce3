#include "taskmanager/operators/window_aggregate_internal.h"

#include "common/base/arena.h"
#include "operator_harness.h"

#define MINUTE INT64_C(60000000)
#define HOUR   (60 * MINUTE)

/* SELECT k, COUNT(*), COUNT(DISTINCT v) ... GROUP BY k and a window of ts: k STRING, v BIGINT, ts. */
struct fixture {
    struct process_context process;
    struct random random;
    struct schema *input, *output;
    struct data_type argument_type;
    struct plan_aggregate_call calls[2];
    struct plan_window_aggregate plan;
    struct operator_harness harness;
};

static const uint32_t key_column = 0, value_column = 1;

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    random_init(&f->random, 3);
    f->process.clock = clock_system();
    f->input = schema_create(3);
    schema_set_field(f->input, 0, "k", data_type_of(TYPE_STRING));
    schema_set_field(f->input, 1, "v", data_type_of(TYPE_BIGINT));
    schema_set_field(f->input, 2, "ts", data_type_timestamp(TYPE_TIMESTAMP, 3));
    f->output = schema_create(3);
    schema_set_field(f->output, 0, "k", data_type_of(TYPE_STRING));
    schema_set_field(f->output, 1, "slice_end", data_type_timestamp(TYPE_TIMESTAMP, 3));
    schema_set_field(f->output, 2, "accumulators", data_type_of(TYPE_BYTES));
    f->argument_type = data_type_of(TYPE_BIGINT);
    struct data_type result = data_type_not_null(data_type_of(TYPE_BIGINT));
    f->calls[0] = (struct plan_aggregate_call){
        .function = aggregate_function_find("COUNT"), .filter = -1, .result = result};
    f->calls[1] = (struct plan_aggregate_call){.function = aggregate_function_find("COUNT"),
                                               .arguments = &value_column,
                                               .argument_count = 1,
                                               .filter = -1,
                                               .is_distinct = true,
                                               .argument_types = &f->argument_type,
                                               .result = result};
    f->plan = (struct plan_window_aggregate){.phase = PLAN_AGGREGATE_LOCAL,
                                             .keys = &key_column,
                                             .key_count = 1,
                                             .calls = f->calls,
                                             .call_count = 2};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    operator_harness_close(&f->harness);
    schema_unref(f->input);
    schema_unref(f->output);
    free(f);
    return 0;
}

static void open_local(struct fixture *f, struct plan_window window, uint32_t full_percent)
{
    struct error error;
    window.time_column = 2;
    f->plan.window = window;
    operator_harness_init(&f->harness, &f->process, &f->random, full_percent, 1);
    f->harness.operator= window_local_create(&f->plan, f->input, f->output, 16 << 20);
    assert_int_equal(f->harness.operator->ops->open(f->harness.operator, & f->harness.context, &error),
                     STATUS_OK);
}

static const struct plan_window hours = {.kind = PLAN_WINDOW_TUMBLE, .size_us = HOUR};

static struct record_batch *batch_of(struct fixture *f, const char *const *keys, const int64_t *values,
                                     const int64_t *times, uint32_t count)
{
    struct record_batch *batch = record_batch_create(f->input, count);
    set_text_column(batch, 0, keys);
    set_number_column(batch, 1, values);
    set_number_column(batch, 2, times);
    return batch;
}

static void add(struct fixture *f, const char *key, const char *time)
{
    int64_t value = 1, us = us_of(time);
    operator_harness_batch(&f->harness, batch_of(f, &key, &value, &us, 1));
}

static uint64_t rows_out(struct fixture *f)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < f->harness.outputs[0].num_batches; i++)
        rows += f->harness.outputs[0].batches[i]->num_rows;
    test_output_clear(&f->harness.outputs[0]);
    return rows;
}

static void adds_rows_up_by_key_and_slice(void **state)
{
    struct fixture *f = *state;
    open_local(f, hours, 0);
    const char *keys[] = {"a", "b", "a", NULL, "a", NULL};
    int64_t values[] = {1, 1, 2, 3, 2, TEST_NULL};
    int64_t times[] = {0, MINUTE, 2 * MINUTE, 3 * MINUTE, HOUR, 59 * MINUTE};
    operator_harness_batch(&f->harness, batch_of(f, keys, values, times, 6));
    assert_int_equal(rows_out(f), 0);
    operator_harness_prepare(&f->harness);
    assert_int_equal(f->harness.outputs[0].num_batches, 1);
    const struct record_batch *out = f->harness.outputs[0].batches[0];
    struct text_lines lines = {0}, expected = {0};
    for (uint32_t i = 0; i < out->num_rows; i++) {
        struct buffer text = {0};
        value_format_row(VALUE_SQL, out->columns[0], i, NULL, "NULL", &text);
        buffer_append_text(&text, "|");
        value_format_row(VALUE_SQL, out->columns[1], i, NULL, "NULL", &text);
        text_lines_add(&lines, buffer_text(&text));
        buffer_free(&text);
        assert_false(vector_is_null(out->columns[2], i));
    }
    text_lines_sort(&lines);
    text_lines_add(&expected, "NULL|1970-01-01 01:00:00.000");
    text_lines_add(&expected, "a|1970-01-01 01:00:00.000");
    text_lines_add(&expected, "a|1970-01-01 02:00:00.000");
    text_lines_add(&expected, "b|1970-01-01 01:00:00.000");
    assert_lines_equal(&lines, &expected);
    text_lines_free(&lines);
    text_lines_free(&expected);
}

/* High rates of watermarks cost nothing as long as they close no slice. */
static void flushes_when_a_watermark_reaches_a_slice(void **state)
{
    struct fixture *f = *state;
    open_local(f, hours, 0);
    add(f, "a", "2024-05-01 10:10:00");
    add(f, "a", "2024-05-01 11:10:00");
    operator_harness_watermark(&f->harness, us_of("2024-05-01 10:20:00"));
    operator_harness_watermark(&f->harness, us_of("2024-05-01 10:59:59.998999"));
    assert_int_equal(rows_out(f), 0);
    operator_harness_watermark(&f->harness, us_of("2024-05-01 10:59:59.999"));
    assert_int_equal(rows_out(f), 2);
    operator_harness_watermark(&f->harness, us_of("2024-05-01 11:59:59.999"));
    assert_int_equal(rows_out(f), 0);
    /* late rows are the global phase's to judge, and to count: each goes on by itself */
    const char *keys[] = {"a", "a"};
    int64_t values[] = {1, 1};
    int64_t times[] = {us_of("2024-05-01 10:10:00"), us_of("2024-05-01 10:10:00")};
    operator_harness_batch(&f->harness, batch_of(f, keys, values, times, 2));
    assert_int_equal(rows_out(f), 2);
}

static void flushes_before_barriers_idleness_and_the_end(void **state)
{
    struct fixture *f = *state;
    struct error error;
    open_local(f, hours, 0);
    struct operator* local = f->harness.operator;
    add(f, "a", "2024-05-01 10:10:00");
    operator_harness_prepare(&f->harness);
    assert_int_equal(rows_out(f), 1);
    operator_harness_prepare(&f->harness);
    assert_int_equal(rows_out(f), 0);
    add(f, "a", "2024-05-01 10:10:00");
    operator_harness_finish(&f->harness, local->ops->process_watermark_status(local, 0, false, &error),
                            &error);
    assert_int_equal(rows_out(f), 0);
    operator_harness_finish(&f->harness, local->ops->process_watermark_status(local, 0, true, &error),
                            &error);
    assert_int_equal(rows_out(f), 1);
    add(f, "a", "2024-05-01 10:10:00");
    operator_harness_finish(&f->harness, local->ops->end_input(local, 0, INPUT_STOPPED, &error), &error);
    assert_int_equal(rows_out(f), 1);
}

/* count rows with the keys first, first + 1, ... modulo num_keys. */
static void add_numbered(struct fixture *f, int first, int num_keys, uint32_t count)
{
    const char **keys = mem_alloc(count * sizeof *keys);
    char(*names)[16] = mem_alloc(count * sizeof *names);
    int64_t *values = mem_calloc(count, sizeof *values);
    int64_t *times = mem_calloc(count, sizeof *times);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%d", (first + (int)i) % num_keys);
        keys[i] = names[i];
    }
    operator_harness_batch(&f->harness, batch_of(f, keys, values, times, count));
    free(keys);
    free(names);
    free(values);
    free(times);
}

/* Keys without number do not stay in memory, and all of them go on, however full the output is. */
static void flushes_when_its_memory_is_full(void **state)
{
    enum { BATCHES = 100, ROWS = 4000 };
    struct fixture *f = *state;
    open_local(f, hours, 60);
    uint64_t rows = 0;
    uint64_t most = 0;
    for (int b = 0; b < BATCHES; b++) {
        add_numbered(f, b * ROWS, INT32_MAX, ROWS);
        rows += rows_out(f);
        uint64_t held = (uint64_t)(b + 1) * ROWS - rows;
        most = held > most ? held : most;
    }
    assert_in_range(most, 10 * ROWS, 75 * ROWS);
    operator_harness_watermark(&f->harness, WATERMARK_MAX);
    rows += rows_out(f);
    assert_int_equal(rows, BATCHES * ROWS);
}

/* Once it has seen that keys do not come again, rows pass; when they do come again, they are added up soon.
 */
static void holds_rows_only_where_that_saves_some(void **state)
{
    enum { ROWS = 4000 };
    struct fixture *f = *state;
    open_local(f, hours, 60);
    int next = 0;
    while (rows_out(f) == 0)
        add_numbered(f, next++ * ROWS, INT32_MAX, ROWS);
    add_numbered(f, 0, INT32_MAX, ROWS);
    assert_int_equal(rows_out(f), ROWS);
    operator_harness_prepare(&f->harness);
    assert_int_equal(rows_out(f), 0);
    uint64_t passed = 0;
    uint64_t out = 1;
    for (; out > 0 && passed < 100 * (uint64_t)next; passed++) {
        add_numbered(f, 0, 100, ROWS);
        out = rows_out(f);
    }
    assert_int_equal(out, 0);
    operator_harness_prepare(&f->harness);
    assert_int_equal(rows_out(f), 100);
}

static void refuses_rows_without_time_and_changes(void **state)
{
    struct fixture *f = *state;
    struct error error;
    open_local(f, hours, 0);
    struct operator* local = f->harness.operator;
    const char *key = "a";
    int64_t value = 1, time = TEST_NULL;
    assert_int_equal(local->ops->process_batch(local, 0, batch_of(f, &key, &value, &time, 1), &error),
                     OPERATOR_FAILED);
    assert_non_null(strstr(error.message, "RowTime field should not be null"));
    assert_non_null(strstr(error.message, "'ts'"));
    time = 0;
    struct record_batch *deleted = batch_of(f, &key, &value, &time, 1);
    deleted->row_kinds = mem_alloc(1);
    deleted->row_kinds[0] = ROW_DELETE;
    assert_int_equal(local->ops->process_batch(local, 0, deleted, &error), OPERATOR_FAILED);
    assert_int_equal(error.code, STATUS_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(adds_rows_up_by_key_and_slice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flushes_when_a_watermark_reaches_a_slice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flushes_before_barriers_idleness_and_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flushes_when_its_memory_is_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(holds_rows_only_where_that_saves_some, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_rows_without_time_and_changes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
