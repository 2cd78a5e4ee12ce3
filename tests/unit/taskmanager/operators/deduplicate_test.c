#include "taskmanager/operators/deduplicate.h"

#include "dedup_job.h"

static void the_first_to_arrive_is_inserted_once(void **state)
{
    (void)state;
    struct dedup_job d = {0};
    start(&d, false, false, true, 2);
    add(&d, "a", 5, 1);
    add(&d, "a", 3, 2);
    add(&d, NULL, 4, 3);
    const struct row rows[] = {{"b", 1, 4}, {"b", 0, 5}, {NULL, 1, 6}};
    keyed_job_batch(&d.job, batch_of(&d, rows, 3));
    EXPECT_LINES(&d.job, "a|" AT(5) "|1", "NULL|" AT(4) "|3", "b|" AT(1) "|4");
    keyed_job_rescale(&d.job, 3);
    add(&d, "b", 0, 7);
    EXPECT_NO_LINES(&d.job);
    keyed_job_free(&d.job);
}

static void the_last_to_arrive_replaces(void **state)
{
    (void)state;
    struct dedup_job d = {0};
    start(&d, false, true, true, 1);
    add(&d, "a", 5, 1);
    add(&d, "a", 3, 2);
    add(&d, "a", 3, 2); /* the same row changes nothing */
    EXPECT_LINES(&d.job, "a|" AT(5) "|1", "-U|a|" AT(5) "|1", "+U|a|" AT(3) "|2");
    const struct row rows[] = {{"a", 1, 4}, {"b", 0, 5}, {"a", 2, 6}, {"b", 0, 7}};
    keyed_job_batch(&d.job, batch_of(&d, rows, 4));
    EXPECT_LINES(&d.job, "-U|a|" AT(3) "|2", "+U|a|" AT(2) "|6", "b|" AT(0) "|7");
    keyed_job_free(&d.job);
}

static void by_event_time_an_earlier_row_becomes_the_first(void **state)
{
    (void)state;
    struct dedup_job d = {0};
    start(&d, true, false, true, 1);
    add(&d, "a", 5, 1);
    add(&d, "a", 5, 2); /* of equal times the first to arrive */
    add(&d, "a", 6, 3);
    add(&d, "a", 4, 4);
    EXPECT_LINES(&d.job, "a|" AT(5) "|1", "-U|a|" AT(5) "|1", "+U|a|" AT(4) "|4");
    const struct row rows[] = {{"a", 2, 5}, {"a", 1, 6}, {"a", 3, 7}};
    keyed_job_batch(&d.job, batch_of(&d, rows, 3));
    EXPECT_LINES(&d.job, "-U|a|" AT(4) "|4", "+U|a|" AT(1) "|6");
    keyed_job_free(&d.job);
}

static void by_event_time_the_last_of_equals_is_kept(void **state)
{
    (void)state;
    struct dedup_job d = {0};
    start(&d, true, true, false, 1);
    add(&d, "a", 5, 1);
    add(&d, "a", 4, 2);
    add(&d, "a", 5, 3);
    add(&d, "a", 7, 4);
    EXPECT_LINES(&d.job, "a|" AT(5) "|1", "+U|a|" AT(5) "|3", "+U|a|" AT(7) "|4");
    keyed_job_rescale(&d.job, 2);
    add(&d, "a", 6, 5);
    add(&d, "a", 8, 6);
    EXPECT_LINES(&d.job, "+U|a|" AT(8) "|6");
    keyed_job_free(&d.job);
}

static void a_row_without_time_is_an_error(void **state)
{
    (void)state;
    struct dedup_job d = {0};
    struct error error;
    start(&d, true, true, true, 1);
    struct operator* operator= d.job.second[0].operator;
    assert_int_equal(operator->ops->process_batch(operator, 0,
                                                  batch_of(&d, &(struct row){"a", TEST_NULL, 1}, 1), &error),
                     OPERATOR_FAILED);
    assert_non_null(strstr(error.message, "Operator[1]: RowTime field should not be null"));
    keyed_job_free(&d.job);
}

static void what_lived_too_long_is_forgotten(void **state)
{
    (void)state;
    struct dedup_job d = {.plan.state_ttl_ms = 1000};
    start(&d, false, false, true, 1);
    add(&d, "a", 1, 1);
    d.job.now_us += 600000;
    add(&d, "a", 1, 2); /* a duplicate does not make it live longer */
    d.job.now_us += 600000;
    add(&d, "a", 1, 3);
    EXPECT_LINES(&d.job, "a|" AT(1) "|1", "a|" AT(1) "|3");
    keyed_job_free(&d.job);
    start(&d, false, true, true, 1);
    add(&d, "a", 1, 1);
    add(&d, "a", 1, 1); /* told, so that downstream keeps it */
    EXPECT_LINES(&d.job, "a|" AT(1) "|1", "-U|a|" AT(1) "|1", "+U|a|" AT(1) "|1");
    keyed_job_free(&d.job);
}

/* The row of each key that the plan keeps, out of all that came. */
static void model_rows(const struct dedup_job *d, const struct row *rows, uint32_t count,
                       struct text_lines *lines)
{
    for (uint32_t i = 0; i < count; i++) {
        bool is_kept = true;
        for (uint32_t k = 0; k < count && is_kept; k++) {
            if (k == i || rows[k].k != rows[i].k)
                continue;
            int64_t order = d->plan.is_event_time ? rows[k].second - rows[i].second : 0;
            if (order == 0)
                order = (int64_t)k - i;
            is_kept = d->plan.keeps_last ? order < 0 : order > 0;
        }
        char line[64];
        snprintf(line, sizeof line, "%s|1970-01-01 00:00:%02d.000|%d", rows[i].k == NULL ? "NULL" : rows[i].k,
                 (int)rows[i].second, (int)rows[i].v);
        if (is_kept)
            text_lines_add(lines, line);
    }
}

static void run_random(uint64_t seed)
{
    enum { NUM_ROWS = 900 };
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", NULL};
    struct dedup_job d = {.job.full_percent = 40, .uses_rocksdb = seed % 10 == 0};
    struct row rows[NUM_ROWS];
    struct text_lines table = {0}, expected = {0};
    bool emits_update_before = (seed & 4) != 0;
    start(&d, (seed & 1) != 0, (seed & 2) != 0, emits_update_before, 2);
    random_init(&d.random, seed);
    for (uint32_t done = 0; done < NUM_ROWS;) {
        uint32_t count = (uint32_t)random_below(&d.random, 60) + 1;
        count = count < NUM_ROWS - done ? count : NUM_ROWS - done;
        for (uint32_t i = done; i < done + count; i++)
            rows[i] = (struct row){keys[random_below(&d.random, 8)], (int64_t)random_below(&d.random, 60), i};
        keyed_job_batch(&d.job, batch_of(&d, rows + done, count));
        done += count;
        if (random_below(&d.random, 4) == 0)
            keyed_job_rescale(&d.job, (uint32_t)random_below(&d.random, JOB_MAX_SUBTASKS) + 1);
    }
    table_apply(&table, &d.job.lines, emits_update_before ? 0 : 1);
    model_rows(&d, rows, NUM_ROWS, &expected);
    text_lines_sort(&table);
    text_lines_sort(&expected);
    assert_lines_equal(&table, &expected);
    text_lines_free(&table);
    text_lines_free(&expected);
    keyed_job_free(&d.job);
}

static void any_rows_give_what_is_kept_of_them(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 16; seed++)
        run_random(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_to_arrive_is_inserted_once),
        cmocka_unit_test(the_last_to_arrive_replaces),
        cmocka_unit_test(by_event_time_an_earlier_row_becomes_the_first),
        cmocka_unit_test(by_event_time_the_last_of_equals_is_kept),
        cmocka_unit_test(a_row_without_time_is_an_error),
        cmocka_unit_test(what_lived_too_long_is_forgotten),
        cmocka_unit_test(any_rows_give_what_is_kept_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
