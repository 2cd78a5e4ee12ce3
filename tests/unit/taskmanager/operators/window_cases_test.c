#include "taskmanager/operators/window_aggregate.h"

#include "common/columnar/row_packer.h"
#include "common/filesystem/memory_file_io.h"
#include "operator_harness.h"
#include "taskmanager/operators/window_table_function.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

enum { MAX_PARALLELISM = 8, INPUT_COLUMNS = 5 };

/* k STRING, v BIGINT, ts, window_start, window_end -> k (or not), COUNT(*), SUM(v), window_start, window_end
 */
struct fixture {
    struct process_context process;
    struct random random;
    int64_t now_us;
    struct file_io *io;
    struct schema *input, *output;
    struct data_type argument_type;
    struct plan_aggregate_call calls[2];
    struct plan_window_aggregate plan;
    struct plan_window_table_function function;
    struct keyed_state_backend *backend;
    struct operator_harness harness;
};

static const uint32_t key_column = 0, value_column = 1;
static const enum plan_window_property start_and_end[] = {PLAN_WINDOW_START, PLAN_WINDOW_END};

static int64_t fixture_now(void *context)
{
    return ((struct fixture *)context)->now_us;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error error;
    random_init(&f->random, 3);
    f->process.clock = (struct clock){.wall_us = fixture_now, .monotonic_us = fixture_now, .context = f};
    f->io = memory_file_io_create();
    f->argument_type = data_type_of(TYPE_BIGINT);
    f->calls[0] = (struct plan_aggregate_call){.function = aggregate_function_find("COUNT"), .filter = -1};
    f->calls[1] = (struct plan_aggregate_call){.function = aggregate_function_find("SUM"),
                                               .arguments = &value_column,
                                               .argument_count = 1,
                                               .filter = -1,
                                               .argument_types = &f->argument_type};
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(aggregate_infer(f->calls[i].function, &f->argument_type, i, true, false,
                                         &f->calls[i].result, &error),
                         STATUS_OK);
    f->plan = (struct plan_window_aggregate){.phase = PLAN_AGGREGATE_SINGLE,
                                             .keys = &key_column,
                                             .key_count = 1,
                                             .calls = f->calls,
                                             .call_count = 2,
                                             .properties = start_and_end,
                                             .property_count = 2};
    *state = f;
    return 0;
}

static void close_operator(struct fixture *f)
{
    if (f->harness.operator!= NULL)
        operator_harness_close(&f->harness);
    f->harness.operator= NULL;
    keyed_state_backend_close(f->backend);
    f->backend = NULL;
    schema_unref(f->input);
    schema_unref(f->output);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    close_operator(f);
    file_io_free(f->io);
    free(f);
    return 0;
}

static void make_schemas(struct fixture *f, enum type_kind time_kind)
{
    struct data_type timestamp = data_type_timestamp(TYPE_TIMESTAMP, 3);
    f->input = schema_create(INPUT_COLUMNS);
    schema_set_field(f->input, 0, "k", data_type_of(TYPE_STRING));
    schema_set_field(f->input, 1, "v", data_type_of(TYPE_BIGINT));
    schema_set_field(f->input, 2, "ts", data_type_timestamp(time_kind, 3));
    schema_set_field(f->input, 3, "window_start", timestamp);
    schema_set_field(f->input, 4, "window_end", timestamp);
    f->output = schema_create(f->plan.key_count + 4);
    if (f->plan.key_count > 0)
        schema_set_field(f->output, 0, "k", data_type_of(TYPE_STRING));
    for (uint32_t i = 0; i < 2; i++)
        schema_set_field(f->output, f->plan.key_count + i, "result", f->calls[i].result);
    schema_set_field(f->output, f->plan.key_count + 2, "window_start", timestamp);
    schema_set_field(f->output, f->plan.key_count + 3, "window_end", timestamp);
}

static void open_backend(struct fixture *f)
{
    struct error error;
    struct keyed_state_options options = {.process = &f->process,
                                          .kind = STATE_BACKEND_HASHMAP,
                                          .memory_bytes = 64 << 20,
                                          .local_folder = "/local",
                                          .io = f->io,
                                          .checkpoint_folder = "/checkpoints",
                                          .end_key_group = MAX_PARALLELISM,
                                          .max_parallelism = MAX_PARALLELISM};
    if (keyed_state_backend_open(&options, &f->backend, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static void open_with(struct fixture *f, struct operator* operator, uint32_t num_outputs,
                      uint32_t full_percent)
{
    struct error error;
    open_backend(f);
    operator_harness_init(&f->harness, &f->process, &f->random, full_percent, num_outputs);
    f->harness.operator= operator;
    f->harness.context.max_parallelism = MAX_PARALLELISM;
    f->harness.context.keyed_state = f->backend;
    assert_int_equal(operator->ops->open(operator, & f->harness.context, &error), STATUS_OK);
}

static void open_aggregate(struct fixture *f, struct plan_window window, uint32_t num_outputs,
                           uint32_t full_percent)
{
    window.time_column = 2;
    window.window_start_column = 3;
    window.window_end_column = 4;
    window.slide_us = window.slide_us == 0 ? window.size_us : window.slide_us;
    f->plan.window = window;
    make_schemas(f, window.is_zoned ? TYPE_TIMESTAMP_LTZ : TYPE_TIMESTAMP);
    open_with(f, window_aggregate_create(&f->plan, f->input, f->output), num_outputs, full_percent);
}

struct test_row {
    const char *k;
    int64_t v;
    const char *ts, *window_start, *window_end; /* NULL: NULL */
};

static struct record_batch *batch_of(struct fixture *f, const struct test_row *rows, uint32_t count)
{
    struct record_batch *batch = record_batch_create(f->input, count);
    const char **keys = mem_alloc(count * sizeof *keys);
    int64_t *numbers = mem_alloc(count * sizeof *numbers);
    for (uint32_t i = 0; i < count; i++)
        keys[i] = rows[i].k;
    set_text_column(batch, 0, keys);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = rows[i].v;
    set_number_column(batch, 1, numbers);
    for (uint32_t c = 2; c < INPUT_COLUMNS; c++) {
        for (uint32_t i = 0; i < count; i++) {
            const char *const times[] = {rows[i].ts, rows[i].window_start, rows[i].window_end};
            numbers[i] = times[c - 2] == NULL ? TEST_NULL : us_of(times[c - 2]);
        }
        set_number_column(batch, c, numbers);
    }
    free(keys);
    free(numbers);
    return batch;
}

enum { MAX_TEXTS = 8 };

/* The fields of "a|1|2024-05-01 10:00:00"; NULL for "NULL" and for what is left out. */
static void split_row(char *text, const char **ret_fields)
{
    for (uint32_t i = 0; i < INPUT_COLUMNS; i++) {
        char *field = text == NULL ? NULL : strsep(&text, "|");
        ret_fields[i] = field != NULL && strcmp(field, "NULL") != 0 ? field : NULL;
    }
}

/* One batch of rows k|v|ts|window_start|window_end, up to a NULL. */
__attribute__((sentinel)) static void add(struct fixture *f, ...)
{
    struct test_row rows[MAX_TEXTS];
    char *texts[MAX_TEXTS];
    uint32_t count = 0;
    va_list arguments;
    va_start(arguments, f);
    for (const char *text; (text = va_arg(arguments, const char *)) != NULL; count++) {
        const char *fields[INPUT_COLUMNS];
        assert_true(count < MAX_TEXTS);
        texts[count] = mem_strdup(text);
        split_row(texts[count], fields);
        rows[count] =
            (struct test_row){fields[0], fields[1] == NULL ? TEST_NULL : strtoll(fields[1], NULL, 10),
                              fields[2], fields[3], fields[4]};
    }
    va_end(arguments);
    operator_harness_batch(&f->harness, batch_of(f, rows, count));
    for (uint32_t i = 0; i < count; i++)
        free(texts[i]);
}

/* What output 0 has got, in any order, up to a NULL. */
__attribute__((sentinel)) static void expect(struct fixture *f, ...)
{
    const char *rows[MAX_TEXTS];
    uint32_t count = 0;
    va_list arguments;
    va_start(arguments, f);
    for (const char *text; (text = va_arg(arguments, const char *)) != NULL; count++) {
        assert_true(count < MAX_TEXTS);
        rows[count] = text;
    }
    va_end(arguments);
    expect_rows(&f->harness, rows, count);
}

static void expect_nothing(struct fixture *f)
{
    assert_int_equal(f->harness.outputs[0].num_batches, 0);
}

static void watermark(struct fixture *f, const char *time)
{
    operator_harness_watermark(&f->harness, us_of(time));
}

static void on_timer(struct fixture *f, const char *time)
{
    struct error error;
    struct operator* operator= f->harness.operator;
    f->now_us = us_of(time);
    operator_harness_finish(&f->harness, operator->ops->on_timer(operator, f->now_us, &error), &error);
}

static int64_t next_timer_us(struct fixture *f)
{
    return f->harness.operator->ops->next_timer_us(f->harness.operator);
}

static void fires_at_the_last_millisecond(void **state)
{
    struct fixture *f = *state;
    open_aggregate(f, (struct plan_window){.size_us = HOUR}, 1, 0);
    add(f, "a|1|2024-05-01 10:00:00", "a|2|2024-05-01 10:59:59.999", "NULL|NULL|2024-05-01 10:30:00",
        "a|4|2024-05-01 11:00:00", NULL);
    watermark(f, "2024-05-01 10:59:59.998");
    expect_nothing(f);
    watermark(f, "2024-05-01 10:59:59.999");
    expect(f, "a|2|3|2024-05-01 10:00:00.000|2024-05-01 11:00:00.000",
           "NULL|1|NULL|2024-05-01 10:00:00.000|2024-05-01 11:00:00.000", NULL);
    watermark(f, "2024-05-01 23:00:00");
    expect(f, "a|1|4|2024-05-01 11:00:00.000|2024-05-01 12:00:00.000", NULL);
    watermark(f, "2024-05-02 23:00:00"); /* empty windows give nothing */
    expect_nothing(f);
}

static void counts_or_routes_late_rows(void **state)
{
    struct fixture *f = *state;
    for (uint32_t num_outputs = 1; num_outputs <= 2; num_outputs++) {
        open_aggregate(f, (struct plan_window){.size_us = HOUR}, num_outputs, 100);
        watermark(f, "2024-05-01 10:59:59.999");
        add(f, "a|1|2024-05-01 10:59:59.999", "b|2|2024-05-01 11:00:00", NULL);
        struct text_lines late = {0}, expected = {0};
        text_lines_add_output(&late, &f->harness.outputs[1]);
        if (num_outputs == 2)
            text_lines_add(&expected, "a|1|2024-05-01 10:59:59.999|NULL|NULL");
        assert_lines_equal(&late, &expected);
        text_lines_free(&late);
        text_lines_free(&expected);
        assert_int_equal(f->harness.metrics.late_records_dropped, num_outputs == 1);
        operator_harness_watermark(&f->harness, WATERMARK_MAX);
        expect(f, "b|1|2|2024-05-01 11:00:00.000|2024-05-01 12:00:00.000", NULL);
        if (num_outputs == 1)
            close_operator(f);
    }
}

/* A row that is too late for some of its windows is in the others. */
static void late_rows_join_windows_that_are_still_open(void **state)
{
    struct fixture *f = *state;
    open_aggregate(
        f, (struct plan_window){.kind = PLAN_WINDOW_CUMULATE, .size_us = 3 * HOUR, .slide_us = HOUR}, 1, 0);
    add(f, "a|1|2024-05-01 00:10:00", NULL);
    watermark(f, "2024-05-01 00:59:59.999");
    expect(f, "a|1|1|2024-05-01 00:00:00.000|2024-05-01 01:00:00.000", NULL);
    add(f, "a|10|2024-05-01 00:20:00", "b|100|2024-05-01 00:20:00", NULL);
    watermark(f, "2024-05-01 01:59:59.999");
    expect(f, "a|2|11|2024-05-01 00:00:00.000|2024-05-01 02:00:00.000",
           "b|1|100|2024-05-01 00:00:00.000|2024-05-01 02:00:00.000", NULL);
    add(f, "a|1000|2024-05-01 02:20:00", "b|1000|2024-05-01 01:20:00", NULL);
    operator_harness_watermark(&f->harness, WATERMARK_MAX);
    expect(f, "a|3|1011|2024-05-01 00:00:00.000|2024-05-01 03:00:00.000",
           "b|2|1100|2024-05-01 00:00:00.000|2024-05-01 03:00:00.000", NULL);
    assert_int_equal(f->harness.metrics.late_records_dropped, 0);
}

static void works_without_keys_and_before_1970(void **state)
{
    struct fixture *f = *state;
    f->plan.key_count = 0;
    open_aggregate(f, (struct plan_window){.kind = PLAN_WINDOW_HOP, .size_us = 2 * HOUR, .slide_us = HOUR}, 1,
                   100);
    add(f, "a|1|1969-12-31 23:30:00", "b|2|1970-01-01 00:30:00", NULL);
    operator_harness_watermark(&f->harness, WATERMARK_MAX);
    expect(f, "1|1|1969-12-31 22:00:00.000|1970-01-01 00:00:00.000",
           "2|3|1969-12-31 23:00:00.000|1970-01-01 01:00:00.000",
           "1|2|1970-01-01 00:00:00.000|1970-01-01 02:00:00.000", NULL);
}

/* One watermark fires them all; the output is full at every batch. */
static void a_window_of_many_keys_leaves_in_bounded_batches(void **state)
{
    enum { BATCHES = 40, ROWS = 4096 };
    static const enum plan_window_kind kinds[] = {PLAN_WINDOW_TUMBLE, PLAN_WINDOW_HOP, PLAN_WINDOW_CUMULATE,
                                                  PLAN_WINDOW_SESSION};
    struct fixture *f = *state;
    struct test_row *rows = mem_calloc(ROWS, sizeof *rows);
    char(*names)[16] = mem_alloc(ROWS * sizeof *names);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        open_aggregate(f, (struct plan_window){.kind = kinds[k], .size_us = HOUR}, 1, 100);
        for (int b = 0; b < BATCHES; b++) {
            for (int i = 0; i < ROWS; i++) {
                snprintf(names[i], sizeof names[i], "%d", b * ROWS + i);
                rows[i] = (struct test_row){names[i], 1, "2024-05-01 10:10:00", NULL, NULL};
            }
            operator_harness_batch(&f->harness, batch_of(f, rows, ROWS));
        }
        operator_harness_watermark(&f->harness, us_of("2024-05-01 11:10:00"));
        uint64_t seen = 0;
        for (size_t b = 0; b < f->harness.outputs[0].num_batches; b++)
            seen += f->harness.outputs[0].batches[b]->num_rows;
        assert_int_equal(seen, BATCHES * ROWS);
        assert_in_range(f->harness.outputs[0].num_batches, BATCHES, 2 * BATCHES);
        close_operator(f);
    }
    make_schemas(f, TYPE_TIMESTAMP);
    free(rows);
    free(names);
}

static void windows_of_processing_time_follow_the_clock(void **state)
{
    struct fixture *f = *state;
    open_aggregate(
        f,
        (struct plan_window){
            .time = PLAN_TIME_PROCESSING, .size_us = HOUR, .is_zoned = true, .time_zone = "Asia/Kathmandu"},
        1, 0);
    assert_true(next_timer_us(f) == INT64_MAX);
    f->now_us = us_of("2024-05-01 10:10:00"); /* 15:55 there */
    add(f, "a|1", NULL);
    assert_true(next_timer_us(f) == us_of("2024-05-01 10:15:00"));
    f->now_us = us_of("2024-05-01 10:14:59.999999");
    add(f, "a|2", NULL);
    watermark(f, "2024-05-02 00:00:00"); /* is of no concern */
    expect_nothing(f);
    on_timer(f, "2024-05-01 10:15:00");
    expect(f, "a|2|3|2024-05-01 15:00:00.000|2024-05-01 16:00:00.000", NULL);
    assert_true(next_timer_us(f) == INT64_MAX);
    f->now_us = us_of("2024-05-01 10:14:00"); /* a clock that goes back does not open the window again */
    add(f, "a|4", NULL);
    assert_int_equal(f->harness.metrics.late_records_dropped, 0);
    assert_true(next_timer_us(f) == us_of("2024-05-01 11:15:00"));
    operator_harness_watermark(&f->harness, WATERMARK_MAX); /* the end of the input */
    expect(f, "a|1|4|2024-05-01 16:00:00.000|2024-05-01 17:00:00.000", NULL);
}

static void sessions_of_processing_time_follow_the_clock(void **state)
{
    struct fixture *f = *state;
    open_aggregate(
        f, (struct plan_window){.kind = PLAN_WINDOW_SESSION, .time = PLAN_TIME_PROCESSING, .size_us = MINUTE},
        1, 0);
    f->now_us = us_of("2024-05-01 10:10:00");
    add(f, "a|1", "b|8", NULL);
    assert_true(next_timer_us(f) == us_of("2024-05-01 10:11:00"));
    f->now_us = us_of("2024-05-01 10:10:30.5");
    add(f, "a|2", NULL);
    on_timer(f, "2024-05-01 10:11:00");
    expect(f, "b|1|8|2024-05-01 10:10:00.000|2024-05-01 10:11:00.000", NULL);
    int64_t next = next_timer_us(f); /* may be early, by no more than a bucket of timers */
    assert_true(next >= us_of("2024-05-01 10:11:15") && next <= us_of("2024-05-01 10:11:30.5"));
    f->now_us = next;
    struct error error;
    operator_harness_finish(&f->harness,
                            f->harness.operator->ops->on_timer(f->harness.operator, next, &error), &error);
    if (next < us_of("2024-05-01 10:11:30.5")) {
        expect_nothing(f);
        assert_true(next_timer_us(f) == us_of("2024-05-01 10:11:30.5"));
    }
    on_timer(f, "2024-05-01 10:11:30.5");
    expect(f, "a|2|3|2024-05-01 10:10:00.000|2024-05-01 10:11:30.500", NULL);
    assert_true(next_timer_us(f) == INT64_MAX);
}

/* The rows of a cascaded aggregation bring their window with them. */
static void attached_windows_are_taken_as_they_are(void **state)
{
    struct fixture *f = *state;
    open_aggregate(
        f,
        (struct plan_window){
            .kind = PLAN_WINDOW_HOP, .time = PLAN_TIME_ATTACHED, .size_us = 2 * HOUR, .slide_us = HOUR},
        1, 0);
    add(f, "a|1|NULL|2024-05-01 10:00:00|2024-05-01 12:00:00",
        "a|2|NULL|2024-05-01 11:00:00|2024-05-01 13:00:00",
        "a|4|NULL|2024-05-01 10:00:00|2024-05-01 12:00:00", NULL);
    watermark(f, "2024-05-01 11:59:59.999");
    expect(f, "a|2|5|2024-05-01 10:00:00.000|2024-05-01 12:00:00.000", NULL);
    add(f, "a|8|NULL|2024-05-01 10:00:00|2024-05-01 12:00:00", NULL);
    assert_int_equal(f->harness.metrics.late_records_dropped, 1);
    operator_harness_watermark(&f->harness, WATERMARK_MAX);
    expect(f, "a|1|2|2024-05-01 11:00:00.000|2024-05-01 13:00:00.000", NULL);
}

static void a_row_between_merges_sessions(void **state)
{
    struct fixture *f = *state;
    open_aggregate(f, (struct plan_window){.kind = PLAN_WINDOW_SESSION, .size_us = 10 * MINUTE}, 1, 0);
    add(f, "a|1|2024-05-01 10:00:00", "a|2|2024-05-01 10:20:00", "b|4|2024-05-01 10:00:00",
        "b|8|2024-05-01 10:20:00.001", NULL);
    add(f, "a|16|2024-05-01 10:10:00", "b|32|2024-05-01 10:10:00", NULL);
    watermark(f, "2024-05-01 10:19:59.999");
    expect(f, "b|2|36|2024-05-01 10:00:00.000|2024-05-01 10:20:00.000", NULL);
    add(f, "b|64|2024-05-01 10:09:00", "b|128|2024-05-01 10:11:00", NULL);
    assert_int_equal(f->harness.metrics.late_records_dropped, 1); /* that which no open session is near */
    watermark(f, "2024-05-01 10:29:59.999");
    expect(f, "a|3|19|2024-05-01 10:00:00.000|2024-05-01 10:30:00.000", NULL);
    add(f, "b|256|2024-05-01 10:12:00", NULL); /* late, but for the session that it falls into */
    watermark(f, "2024-05-01 10:30:00");
    expect(f, "b|3|392|2024-05-01 10:11:00.000|2024-05-01 10:30:00.001", NULL);
    assert_int_equal(f->harness.metrics.late_records_dropped, 1);
}

/* What SELECT * FROM SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' MINUTE) gives. */
static void sessions_as_table_function_keep_rows_until_they_fire(void **state)
{
    struct fixture *f = *state;
    make_schemas(f, TYPE_TIMESTAMP);
    schema_unref(f->output);
    f->output = schema_create(INPUT_COLUMNS + 3);
    for (uint32_t i = 0; i < INPUT_COLUMNS; i++)
        schema_set_field(f->output, i, f->input->fields[i].name, f->input->fields[i].type);
    for (uint32_t i = 0; i < 3; i++)
        schema_set_field(f->output, INPUT_COLUMNS + i, "window", data_type_timestamp(TYPE_TIMESTAMP, 3));
    f->function.window = (struct plan_window){.kind = PLAN_WINDOW_SESSION,
                                              .size_us = 10 * MINUTE,
                                              .time_column = 2,
                                              .partition_columns = &key_column,
                                              .partition_column_count = 1};
    open_with(f, window_table_function_create(&f->function, f->input, f->output), 1, 100);
    add(f, "a|1|2024-05-01 10:00:00", "a|NULL|2024-05-01 10:20:00", "b|4|2024-05-01 10:00:00", "b|5", NULL);
    add(f, "a|3|2024-05-01 10:10:00", NULL);
    assert_int_equal(f->harness.metrics.dropped_records, 1);
    watermark(f, "2024-05-01 10:29:59.999");
    expect(f,
           "a|1|2024-05-01 10:00:00.000|NULL|NULL|2024-05-01 10:00:00.000|2024-05-01 10:30:00.000|"
           "2024-05-01 10:29:59.999",
           "a|NULL|2024-05-01 10:20:00.000|NULL|NULL|2024-05-01 10:00:00.000|2024-05-01 10:30:00.000|"
           "2024-05-01 10:29:59.999",
           "a|3|2024-05-01 10:10:00.000|NULL|NULL|2024-05-01 10:00:00.000|2024-05-01 10:30:00.000|"
           "2024-05-01 10:29:59.999",
           "b|4|2024-05-01 10:00:00.000|NULL|NULL|2024-05-01 10:00:00.000|2024-05-01 10:10:00.000|"
           "2024-05-01 10:09:59.999",
           NULL);
    add(f, "b|6|2024-05-01 10:00:00", NULL);
    assert_int_equal(f->harness.metrics.late_records_dropped, 1);
    /* a session of more rows than a batch */
    enum { ROWS = 3000 };
    struct test_row *rows = mem_alloc(ROWS * sizeof *rows);
    for (int i = 0; i < ROWS; i++)
        rows[i] = (struct test_row){"c", i, "2024-05-01 12:00:00", NULL, NULL};
    for (int b = 0; b < 4; b++)
        operator_harness_batch(&f->harness, batch_of(f, rows, ROWS));
    free(rows);
    operator_harness_watermark(&f->harness, WATERMARK_MAX);
    uint64_t seen = 0;
    for (size_t b = 0; b < f->harness.outputs[0].num_batches; b++)
        for (uint32_t i = 0; i < f->harness.outputs[0].batches[b]->num_rows; i++, seen++)
            assert_true(*(const int64_t *)vector_value(f->harness.outputs[0].batches[b]->columns[1], i) ==
                        (int64_t)(seen % ROWS)); /* in the order in which they came */
    assert_int_equal(seen, 4 * ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fires_at_the_last_millisecond, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_or_routes_late_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(late_rows_join_windows_that_are_still_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(works_without_keys_and_before_1970, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_window_of_many_keys_leaves_in_bounded_batches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(windows_of_processing_time_follow_the_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sessions_of_processing_time_follow_the_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(attached_windows_are_taken_as_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_between_merges_sessions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sessions_as_table_function_keep_rows_until_they_fire, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
