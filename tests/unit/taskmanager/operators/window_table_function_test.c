#include "taskmanager/operators/window_table_function.h"

#include "operator_harness.h"

#define MINUTE INT64_C(60000000)
#define HOUR   (60 * MINUTE)

struct fixture {
    struct process_context process;
    struct random random;
    struct schema *input, *output;
    struct plan_window_table_function plan;
    struct operator_harness harness;
    int64_t now_us;
};

static int64_t fixture_now(void *context)
{
    return ((struct fixture *)context)->now_us;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    random_init(&f->random, 3);
    f->process.clock = (struct clock){.wall_us = fixture_now, .monotonic_us = fixture_now, .context = f};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    if (f->harness.operator!= NULL)
        operator_harness_close(&f->harness);
    schema_unref(f->input);
    schema_unref(f->output);
    free(f);
    return 0;
}

static struct operator*
    create(struct fixture *f, struct plan_window window, enum type_kind time_kind, uint32_t full_percent)
{
    window.time_column = 1;
    f->plan.window = window;
    f->input = schema_create(2);
    schema_set_field(f->input, 0, "id", data_type_of(TYPE_BIGINT));
    schema_set_field(f->input, 1, "ts", data_type_timestamp(time_kind, 3));
    f->output = schema_create(5);
    schema_set_field(f->output, 0, "id", data_type_of(TYPE_BIGINT));
    schema_set_field(f->output, 1, "ts", data_type_timestamp(time_kind, 3));
    schema_set_field(f->output, 2, "window_start", data_type_timestamp(TYPE_TIMESTAMP, 3));
    schema_set_field(f->output, 3, "window_end", data_type_timestamp(TYPE_TIMESTAMP, 3));
    schema_set_field(f->output, 4, "window_time", data_type_timestamp(time_kind, 3));
    operator_harness_init(&f->harness, &f->process, &f->random, full_percent, 1);
    f->harness.operator= window_table_function_create(&f->plan, f->input, f->output);
    return f->harness.operator;
}

static void open_function(struct fixture *f, struct plan_window window, uint32_t full_percent)
{
    struct error error;
    struct operator* function =
        create(f, window, window.is_zoned ? TYPE_TIMESTAMP_LTZ : TYPE_TIMESTAMP, full_percent);
    assert_int_equal(function->ops->open(function, &f->harness.context, &error), STATUS_OK);
}

static struct record_batch *batch_of(struct fixture *f, const int64_t *times, uint32_t count)
{
    int64_t *ids = mem_alloc(count * sizeof *ids);
    struct record_batch *batch = record_batch_create(f->input, count);
    for (uint32_t i = 0; i < count; i++)
        ids[i] = i;
    set_number_column(batch, 0, ids);
    set_number_column(batch, 1, times);
    free(ids);
    return batch;
}

static void tumbles_without_copying(void **state)
{
    struct fixture *f = *state;
    open_function(f, (struct plan_window){.kind = PLAN_WINDOW_TUMBLE, .size_us = HOUR}, 0);
    int64_t times[] = {us_of("2024-05-01 10:00:00"), us_of("2024-05-01 10:59:59.999")};
    struct record_batch *batch = batch_of(f, times, 2);
    const struct vector *id = batch->columns[0];
    operator_harness_batch(&f->harness, batch);
    assert_ptr_equal(f->harness.outputs[0].batches[0]->columns[0], id);
    static const char *const rows[] = {
        "0|2024-05-01 10:00:00.000|2024-05-01 10:00:00.000|2024-05-01 11:00:00.000|2024-05-01 10:59:59.999",
        "1|2024-05-01 10:59:59.999|2024-05-01 10:00:00.000|2024-05-01 11:00:00.000|2024-05-01 10:59:59.999"};
    expect_rows(&f->harness, rows, 2);
}

static void drops_rows_without_time_and_keeps_row_kinds(void **state)
{
    struct fixture *f = *state;
    open_function(f, (struct plan_window){.kind = PLAN_WINDOW_TUMBLE, .size_us = HOUR}, 0);
    int64_t times[] = {TEST_NULL, us_of("1969-12-31 23:59:59.999"), TEST_NULL, 0};
    struct record_batch *batch = batch_of(f, times, 4);
    static const uint8_t kinds[] = {ROW_INSERT, ROW_DELETE, ROW_INSERT, ROW_UPDATE_AFTER};
    batch->row_kinds = mem_dup(kinds, sizeof kinds);
    operator_harness_batch(&f->harness, batch);
    static const char *const rows[] = {"-D|1|1969-12-31 23:59:59.999|1969-12-31 23:00:00.000|1970-01-01 "
                                       "00:00:00.000|1969-12-31 23:59:59.999",
                                       "+U|3|1970-01-01 00:00:00.000|1970-01-01 00:00:00.000|1970-01-01 "
                                       "01:00:00.000|1970-01-01 00:59:59.999"};
    expect_rows(&f->harness, rows, 2);
    assert_int_equal(f->harness.metrics.dropped_records, 2);
    /* a batch of which nothing is left is not sent on */
    operator_harness_batch(&f->harness, batch_of(f, times, 1));
    assert_int_equal(f->harness.outputs[0].num_batches, 0);
}

static void hops_from_the_last_window_on(void **state)
{
    struct fixture *f = *state;
    open_function(
        f, (struct plan_window){.kind = PLAN_WINDOW_HOP, .size_us = 10 * MINUTE, .slide_us = 5 * MINUTE}, 0);
    int64_t time = us_of("2024-05-01 10:07:00");
    operator_harness_batch(&f->harness, batch_of(f, &time, 1));
    const struct record_batch *out = f->harness.outputs[0].batches[0];
    assert_int_equal(out->num_rows, 2);
    assert_true(*(const int64_t *)vector_value(out->columns[2], 0) == us_of("2024-05-01 10:05:00"));
    assert_true(*(const int64_t *)vector_value(out->columns[2], 1) == us_of("2024-05-01 10:00:00"));
    assert_true(*(const int64_t *)vector_value(out->columns[3], 1) == us_of("2024-05-01 10:10:00"));
}

static void skips_gaps_between_windows(void **state)
{
    struct fixture *f = *state;
    open_function(
        f, (struct plan_window){.kind = PLAN_WINDOW_HOP, .size_us = 5 * MINUTE, .slide_us = 10 * MINUTE}, 0);
    int64_t times[] = {MINUTE, 6 * MINUTE, 11 * MINUTE};
    operator_harness_batch(&f->harness, batch_of(f, times, 3));
    static const char *const rows[] = {
        "0|1970-01-01 00:01:00.000|1970-01-01 00:00:00.000|1970-01-01 00:05:00.000|1970-01-01 00:04:59.999",
        "2|1970-01-01 00:11:00.000|1970-01-01 00:10:00.000|1970-01-01 00:15:00.000|1970-01-01 00:14:59.999"};
    expect_rows(&f->harness, rows, 2);
    assert_int_equal(f->harness.metrics.dropped_records, 0);
}

/* 60 windows a row: many output batches, and the output is full at every second one. */
static void multiplies_in_bounded_batches(void **state)
{
    enum { COUNT = 1000, WINDOWS = 60 };
    struct fixture *f = *state;
    open_function(f, (struct plan_window){.kind = PLAN_WINDOW_CUMULATE, .size_us = HOUR, .slide_us = MINUTE},
                  50);
    int64_t times[COUNT];
    for (int i = 0; i < COUNT; i++)
        times[i] = i * MINUTE / 20;
    operator_harness_batch(&f->harness, batch_of(f, times, COUNT));
    uint64_t seen = 0;
    for (size_t b = 0; b < f->harness.outputs[0].num_batches; b++) {
        const struct record_batch *out = f->harness.outputs[0].batches[b];
        for (uint32_t row = 0; row < out->num_rows; row++, seen++) {
            int64_t time = *(const int64_t *)vector_value(out->columns[1], row);
            int64_t start = *(const int64_t *)vector_value(out->columns[2], row);
            int64_t end = *(const int64_t *)vector_value(out->columns[3], row);
            assert_true(start == 0 && time < end && end <= HOUR && end % MINUTE == 0);
        }
    }
    uint64_t expected = 0;
    for (int i = 0; i < COUNT; i++)
        expected += WINDOWS - (uint64_t)(times[i] / MINUTE);
    assert_int_equal(seen, expected);
}

static void cuts_local_time_in_zones(void **state)
{
    struct fixture *f = *state;
    open_function(f,
                  (struct plan_window){.kind = PLAN_WINDOW_TUMBLE,
                                       .size_us = 24 * HOUR,
                                       .is_zoned = true,
                                       .time_zone = "America/Los_Angeles"},
                  0);
    int64_t time = us_of("2021-03-15 06:30:00"); /* the last hour of a day of 23 */
    operator_harness_batch(&f->harness, batch_of(f, &time, 1));
    static const char *const rows[] = {
        "0|2021-03-15 06:30:00.000|2021-03-14 00:00:00.000|2021-03-15 00:00:00.000|2021-03-15 06:59:59.999"};
    expect_rows(&f->harness, rows, 1);
}

static void takes_the_wall_clock(void **state)
{
    struct fixture *f = *state;
    open_function(
        f, (struct plan_window){.kind = PLAN_WINDOW_TUMBLE, .time = PLAN_TIME_PROCESSING, .size_us = HOUR},
        0);
    f->now_us = 90 * MINUTE;
    int64_t time = TEST_NULL;
    operator_harness_batch(&f->harness, batch_of(f, &time, 1));
    static const char *const rows[] = {
        "0|NULL|1970-01-01 01:00:00.000|1970-01-01 02:00:00.000|1970-01-01 01:59:59.999"};
    expect_rows(&f->harness, rows, 1);
}

static void refuses_absurd_times(void **state)
{
    struct fixture *f = *state;
    struct error error;
    open_function(f, (struct plan_window){.kind = PLAN_WINDOW_TUMBLE, .size_us = HOUR}, 0);
    int64_t time = INT64_MAX;
    struct operator* function = f->harness.operator;
    assert_int_equal(function->ops->process_batch(function, 0, batch_of(f, &time, 1), &error),
                     OPERATOR_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tumbles_without_copying, set_up, tear_down),
        cmocka_unit_test_setup_teardown(drops_rows_without_time_and_keeps_row_kinds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hops_from_the_last_window_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(skips_gaps_between_windows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(multiplies_in_bounded_batches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cuts_local_time_in_zones, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_the_wall_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_absurd_times, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
