#include "taskmanager/operators/window_aggregate.h"

#include "window_job.h"

#define SECOND INT64_C(1000000)
#define HOUR   (3600 * SECOND)

/* A job and the model of the same query, step by step. */
struct comparison {
    struct window_job job;
    struct window_model model;
    struct time_zone *zone;
    struct random *random;
    int64_t positions[JOB_MAX_SUBTASKS];  /* of event time, a source */
    int64_t watermarks[JOB_MAX_SUBTASKS]; /* that the sources gave */
    int64_t step_us;                      /* event time goes on by so much a batch */
    bool has_late_rows;                   /* of one source only: else it is a race what is late */
    uint64_t num_lines;                   /* that came out */
};

/* That the rounds of a test have seen enough. */
struct totals {
    uint64_t lines, late_rows;
};

static void comparison_start(struct comparison *c, struct random *random, struct plan_window window,
                             bool is_two_phase)
{
    struct error error;
    memset(c, 0, sizeof *c);
    c->random = random;
    if (window.is_zoned)
        assert_int_equal(time_zone_create(window.time_zone, &c->zone, &error), STATUS_OK);
    window_job_init(&c->job, random, window, is_two_phase);
    window_model_init(&c->model, &window, c->zone);
}

/* What came out since the last time is what the model has fired. */
static void comparison_check(struct comparison *c, struct text_lines *expected)
{
    c->num_lines += expected->count;
    text_lines_sort(&c->job.lines);
    text_lines_sort(expected);
    assert_lines_equal(&c->job.lines, expected);
    text_lines_free(&c->job.lines);
    text_lines_free(expected);
}

static void comparison_add(struct comparison *c, uint32_t source)
{
    enum { MAX_ROWS = 150 };
    struct model_row rows[MAX_ROWS];
    uint32_t count = 1 + (uint32_t)random_below(c->random, MAX_ROWS);
    for (uint32_t i = 0; i < count; i++) {
        int64_t time = c->positions[source] + (int64_t)random_below(c->random, (uint64_t)c->step_us) -
                       (int64_t)random_below(c->random, 4 * (uint64_t)c->step_us);
        time = time / 1000 * 1000;
        if (!c->has_late_rows && time <= c->watermarks[source])
            time = c->watermarks[source] / 1000 * 1000 + 1000;
        rows[i] = (struct model_row){
            .key = (int32_t)random_below(c->random, 6) - 1,
            .n = (int64_t)random_below(c->random, 3),
            .time = time,
            .v = random_below(c->random, 8) == 0 ? TEST_NULL : (int64_t)random_below(c->random, 40) - 20,
            .flag = random_below(c->random, 2) == 0,
        };
        window_model_add(&c->model, &rows[i]);
    }
    window_job_add(&c->job, source, rows, count);
    struct text_lines none = {0};
    comparison_check(c, &none);
}

static void comparison_watermark(struct comparison *c, uint32_t source, int64_t watermark_us)
{
    struct text_lines expected = {0};
    if (watermark_us < c->watermarks[source])
        return;
    c->watermarks[source] = watermark_us;
    window_job_watermark(&c->job, source, watermark_us);
    window_model_watermark(&c->model, c->job.watermark_us, &expected);
    comparison_check(c, &expected);
}

static void comparison_run(struct comparison *c, int64_t start_us, uint32_t num_sources, uint32_t parallelism,
                           uint32_t num_steps)
{
    window_job_start(&c->job, num_sources, parallelism);
    for (uint32_t i = 0; i < num_sources; i++) {
        c->positions[i] = start_us;
        c->watermarks[i] = INT64_MIN;
    }
    for (uint32_t step = 0; step < num_steps; step++) {
        uint32_t source = (uint32_t)random_below(c->random, num_sources);
        uint64_t what = random_below(c->random, 20);
        if (what < 10) {
            c->positions[source] += (int64_t)random_below(c->random, 2 * (uint64_t)c->step_us);
            comparison_add(c, source);
        } else if (what < 19) {
            comparison_watermark(
                c, source, c->positions[source] - (int64_t)random_below(c->random, 3 * (uint64_t)c->step_us));
        } else {
            window_job_rescale(&c->job, 1 + (uint32_t)random_below(c->random, 3));
        }
    }
    for (uint32_t i = 0; i < num_sources; i++)
        comparison_watermark(c, i, WATERMARK_MAX);
    assert_int_equal(c->model.num_open, 0);
}

static void comparison_end(struct comparison *c)
{
    window_job_free(&c->job);
    window_model_free(&c->model);
    time_zone_free(c->zone);
}

static struct plan_window random_window(struct random *random, enum plan_window_kind kind, int64_t unit_us)
{
    struct plan_window window = {.kind = kind};
    window.size_us = unit_us * (1 + (int64_t)random_below(random, 12));
    window.slide_us = window.size_us;
    if (kind == PLAN_WINDOW_HOP)
        window.slide_us = unit_us * (1 + (int64_t)random_below(random, 15));
    if (kind == PLAN_WINDOW_CUMULATE) {
        window.slide_us = unit_us * (1 + (int64_t)random_below(random, 4));
        window.size_us = window.slide_us * (1 + (int64_t)random_below(random, 6));
    }
    if (kind != PLAN_WINDOW_SESSION)
        window.offset_us = unit_us / 2 * ((int64_t)random_below(random, 9) - 4);
    return window;
}

static void compare_random(struct random *random, struct totals *totals, enum plan_window_kind kind,
                           bool is_two_phase, uint32_t num_sources, const char *zone, int64_t start_us,
                           int64_t unit_us)
{
    static const uint32_t full[] = {0, 50, 100};
    struct comparison c;
    struct plan_window window = random_window(random, kind, unit_us);
    window.is_zoned = zone != NULL;
    window.time_zone = zone;
    comparison_start(&c, random, window, is_two_phase);
    c.step_us = unit_us * 2;
    c.has_late_rows = num_sources == 1;
    c.job.local_memory_bytes = random_below(random, 2) == 0 ? 1 : 1 << 20; /* a batch, or all */
    c.job.backend = random_below(random, 8) == 0 ? STATE_BACKEND_ROCKSDB : STATE_BACKEND_HASHMAP;
    c.job.full_percent = full[random_below(random, 3)];
    c.job.num_outputs = c.has_late_rows ? 1 + (uint32_t)random_below(random, 2) : 1;
    comparison_run(&c, start_us, num_sources, 1 + (uint32_t)random_below(random, 3), 50);
    assert_int_equal(c.job.late_rows, c.model.late_rows);
    totals->lines += c.num_lines;
    totals->late_rows += c.model.late_rows;
    comparison_end(&c);
}

static void one_phase_gives_the_windows_of_the_definition(void **state)
{
    (void)state;
    struct random random;
    struct totals totals = {0};
    random_init(&random, 1);
    for (int round = 0; round < 45; round++)
        compare_random(&random, &totals, (enum plan_window_kind)(round % 3), false, 1, NULL,
                       us_of("1969-12-31 23:59:30"), SECOND);
    assert_true(totals.lines > 1000 && totals.late_rows > 0);
}

static void two_phases_give_the_same_windows(void **state)
{
    (void)state;
    struct random random;
    struct totals totals = {0};
    random_init(&random, 2);
    for (int round = 0; round < 45; round++)
        compare_random(&random, &totals, (enum plan_window_kind)(round % 3), true, 1, NULL,
                       us_of("2024-02-29 23:59:30"), SECOND);
    assert_true(totals.lines > 1000 && totals.late_rows > 0);
}

static void several_sources_give_the_same_windows(void **state)
{
    (void)state;
    struct random random;
    struct totals totals = {0};
    random_init(&random, 3);
    for (int round = 0; round < 45; round++)
        compare_random(&random, &totals, (enum plan_window_kind)(round % 3), round % 2 == 0, 2 + round % 2,
                       NULL, us_of("2024-05-01 10:00:00"), SECOND);
    assert_true(totals.lines > 1000 && totals.late_rows == 0);
}

static void sessions_are_those_of_the_definition(void **state)
{
    (void)state;
    struct random random;
    struct totals totals = {0};
    random_init(&random, 4);
    for (int round = 0; round < 45; round++)
        compare_random(&random, &totals, PLAN_WINDOW_SESSION, false, 1 + (uint32_t)(round % 3 == 0), NULL,
                       us_of("1969-12-31 23:59:30"), round % 2 == 0 ? SECOND / 4 : SECOND);
    assert_true(totals.lines > 1000 && totals.late_rows > 0);
}

/* Across both changes of the clock. */
static void local_time_of_zones_is_cut(void **state)
{
    (void)state;
    struct random random;
    struct totals totals = {0};
    random_init(&random, 5);
    static const char *const starts[] = {"2021-03-14 06:00:00", "2021-11-07 05:00:00"};
    for (int round = 0; round < 40; round++)
        compare_random(&random, &totals, (enum plan_window_kind)(round % 4), round % 4 != 3 && round % 8 < 4,
                       1, "America/Los_Angeles", us_of(starts[round / 4 % 2]), HOUR / 4);
    assert_true(totals.lines > 1000 && totals.late_rows > 0);
}

/* Where inputs turn idle, one instance may see a watermark that another has not seen when both are stored. */
static void instances_that_were_ahead_fire_nothing_twice(void **state)
{
    (void)state;
    static const enum plan_window_kind kinds[] = {PLAN_WINDOW_TUMBLE, PLAN_WINDOW_HOP, PLAN_WINDOW_CUMULATE,
                                                  PLAN_WINDOW_SESSION};
    struct random random;
    random_init(&random, 6);
    size_t num_early = 0;
    for (int round = 0; round < 24; round++) {
        struct comparison c;
        struct text_lines expected = {0};
        struct plan_window window = random_window(&random, kinds[round % 4], SECOND);
        comparison_start(&c, &random, window, round % 4 != 3 && round % 8 < 4);
        c.step_us = 10 * SECOND;
        c.job.num_outputs = 1;
        window_job_start(&c.job, 1, 2);
        c.watermarks[0] = INT64_MIN;
        c.positions[0] = us_of("2024-05-01 10:00:00");
        for (int i = 0; i < 5; i++)
            comparison_add(&c, 0);
        if (c.job.is_two_phase)
            operator_harness_prepare(&c.job.locals[0]);
        if (c.job.is_two_phase)
            window_job_exchange_output(&c.job, 0);
        int64_t watermark_us = c.positions[0] - 15 * SECOND;
        operator_harness_watermark(&c.job.globals[round / 4 % 2], watermark_us);
        window_job_collect(&c.job);
        window_job_rescale(&c.job, 1 + (uint32_t)(round % 3));
        c.watermarks[0] = watermark_us;
        struct text_lines early = c.job.lines; /* of the one that was ahead */
        c.job.lines = (struct text_lines){0};
        comparison_add(&c, 0); /* in time for all */
        window_job_watermark(&c.job, 0, watermark_us);
        for (size_t i = 0; i < early.count; i++)
            text_lines_add(&c.job.lines, early.lines[i]);
        num_early += early.count;
        text_lines_free(&early);
        window_model_watermark(&c.model, watermark_us, &expected);
        comparison_check(&c, &expected);
        comparison_watermark(&c, 0, WATERMARK_MAX);
        assert_int_equal(c.model.num_open, 0);
        comparison_end(&c);
    }
    assert_true(num_early > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_phase_gives_the_windows_of_the_definition),
        cmocka_unit_test(two_phases_give_the_same_windows),
        cmocka_unit_test(several_sources_give_the_same_windows),
        cmocka_unit_test(sessions_are_those_of_the_definition),
        cmocka_unit_test(local_time_of_zones_is_cut),
        cmocka_unit_test(instances_that_were_ahead_fire_nothing_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
