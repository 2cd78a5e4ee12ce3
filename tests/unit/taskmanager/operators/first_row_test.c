#include "taskmanager/operators/first_row.h"

#include "dedup_job.h"

#define SECOND_US INT64_C(1000000)

static void start_first(struct dedup_job *d, uint32_t parallelism)
{
    d->plan.waits_for_watermark = true;
    start(d, true, false, false, parallelism);
}

static void watermark(struct dedup_job *d, int64_t second)
{
    keyed_job_watermark(&d->job, second * SECOND_US);
}

static uint64_t late_rows(struct dedup_job *d)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < d->job.parallelism; i++)
        count += atomic_load(&d->job.second[i].metrics.late_records_dropped);
    return count;
}

static void the_first_row_comes_behind_the_watermark(void **state)
{
    (void)state;
    struct dedup_job d = {0};
    start_first(&d, 1);
    add(&d, "a", 5, 1);
    add(&d, "a", 3, 2);
    add(&d, "a", 3, 3); /* of equal times the first to arrive */
    const struct row rows[] = {{"a", 4, 4}, {NULL, 9, 5}, {NULL, 8, 6}, {NULL, 8, 7}, {"a", 6, 8}};
    keyed_job_batch(&d.job, batch_of(&d, rows, 5));
    watermark(&d, 2);
    EXPECT_NO_LINES(&d.job);
    watermark(&d, 3);
    EXPECT_LINES(&d.job, "a|" AT(3) "|2");
    add(&d, "a", 3, 9);
    add(&d, "a", 7, 10);
    watermark(&d, 7);
    EXPECT_NO_LINES(&d.job);
    watermark(&d, 100);
    EXPECT_LINES(&d.job, "NULL|" AT(8) "|6");
    assert_int_equal(late_rows(&d), 0);
    keyed_job_free(&d.job);
}

static void rows_before_the_watermark_are_late(void **state)
{
    (void)state;
    struct dedup_job d = {0};
    start_first(&d, 1);
    add(&d, "a", 6, 1);
    watermark(&d, 5);
    add(&d, "a", 4, 2);
    add(&d, "a", 5, 3);
    add(&d, "b", 4, 4);
    assert_int_equal(late_rows(&d), 2);
    watermark(&d, 5);
    EXPECT_NO_LINES(&d.job);
    keyed_job_watermark(&d.job, 5 * SECOND_US + 1000);
    EXPECT_LINES(&d.job, "a|" AT(5) "|3");
    add(&d, "a", 4, 5); /* late, and a duplicate */
    assert_int_equal(late_rows(&d), 3);
    keyed_job_free(&d.job);
}

static void the_end_of_the_input_gives_what_waits(void **state)
{
    (void)state;
    struct dedup_job d = {0};
    start_first(&d, 1);
    add(&d, "a", 5, 1);
    add(&d, "b", 5000000, 2);
    keyed_job_watermark(&d.job, WATERMARK_MAX);
    text_lines_sort(&d.job.lines);
    EXPECT_LINES(&d.job, "a|" AT(5) "|1", "b|1970-02-27 20:53:20.000|2");
    keyed_job_free(&d.job);
}

static void a_restore_goes_on_at_any_parallelism(void **state)
{
    (void)state;
    struct dedup_job d = {0};
    start_first(&d, 2);
    const struct row rows[] = {{"a", 1, 1}, {"b", 7, 2}, {"c", 8, 3}, {NULL, 9, 4}};
    keyed_job_batch(&d.job, batch_of(&d, rows, 4));
    watermark(&d, 5);
    EXPECT_LINES(&d.job, "a|" AT(1) "|1");
    keyed_job_rescale(&d.job, 3);
    add(&d, "a", 6, 5); /* was given */
    add(&d, "b", 6, 6);
    add(&d, "c", 4, 7); /* late as it was before */
    assert_int_equal(late_rows(&d), 1);
    keyed_job_rescale(&d.job, 1);
    watermark(&d, 8);
    text_lines_sort(&d.job.lines);
    EXPECT_LINES(&d.job, "b|" AT(6) "|6", "c|" AT(8) "|3");
    watermark(&d, 9);
    EXPECT_LINES(&d.job, "NULL|" AT(9) "|4");
    keyed_job_free(&d.job);
}

/* Subtasks whose watermarks differ: what was late in one is late after it was joined with the other. */
static void key_groups_that_were_ahead_stay_ahead(void **state)
{
    (void)state;
    struct dedup_job d = {0};
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    start_first(&d, 2);
    operator_harness_watermark(&d.job.second[0], 5 * SECOND_US);
    uint64_t late = 0;
    for (uint32_t i = 0; i < 8; i++)
        add(&d, keys[i], 3, i);
    late = late_rows(&d);
    assert_in_range(late, 1, 7);
    keyed_job_rescale(&d.job, 1);
    for (uint32_t i = 0; i < 8; i++)
        add(&d, keys[i], 4, i);
    assert_int_equal(late_rows(&d), late);
    watermark(&d, 4);
    assert_int_equal(d.job.lines.count, 8 - late);
    keyed_job_free(&d.job);
}

/* Only a row that was given is forgotten; one that waits is not, however long. */
static void what_was_given_too_long_ago_is_forgotten(void **state)
{
    (void)state;
    struct dedup_job d = {.plan.state_ttl_ms = 1000};
    start_first(&d, 1);
    add(&d, "a", 1, 1);
    d.job.now_us += 2000000;
    add(&d, "a", 2, 2);
    watermark(&d, 2);
    EXPECT_LINES(&d.job, "a|" AT(1) "|1");
    d.job.now_us += 600000;
    add(&d, "a", 3, 3); /* a duplicate does not make it live longer */
    d.job.now_us += 600000;
    add(&d, "a", 4, 4);
    watermark(&d, 4);
    EXPECT_LINES(&d.job, "a|" AT(4) "|4");
    keyed_job_free(&d.job);
}

static void many_rows_at_once_are_given_in_batches(void **state)
{
    (void)state;
    enum { NUM_KEYS = 3 * BATCH_MAX_ROWS };
    struct dedup_job d = {.job.full_percent = 50};
    char(*names)[8] = mem_alloc(NUM_KEYS * sizeof *names);
    struct row *rows = mem_alloc(NUM_KEYS * sizeof *rows);
    start_first(&d, 1);
    for (uint32_t i = 0; i < NUM_KEYS; i++) {
        snprintf(names[i], sizeof names[i], "%u", i);
        rows[i] = (struct row){names[i], i, i};
    }
    for (uint32_t i = 0; i < NUM_KEYS; i += BATCH_MAX_ROWS)
        keyed_job_batch(&d.job, batch_of(&d, rows + i, BATCH_MAX_ROWS));
    watermark(&d, NUM_KEYS - 2);
    assert_int_equal(d.job.lines.count, NUM_KEYS - 1);
    watermark(&d, NUM_KEYS);
    assert_int_equal(d.job.lines.count, NUM_KEYS);
    keyed_job_free(&d.job);
    free(names);
    free(rows);
}

static void a_row_without_time_is_an_error(void **state)
{
    (void)state;
    struct dedup_job d = {0};
    struct error error;
    start_first(&d, 1);
    struct operator* operator= d.job.second[0].operator;
    assert_int_equal(operator->ops->process_batch(operator, 0,
                                                  batch_of(&d, &(struct row){"a", TEST_NULL, 1}, 1), &error),
                     OPERATOR_FAILED);
    assert_non_null(strstr(error.message, "Operator[1]: RowTime field should not be null"));
    keyed_job_free(&d.job);
}

/* What the rows of one key come to: Flink's function, line by line. */
struct model_key {
    bool is_given, is_waiting;
    int64_t second, v;
};

enum { MODEL_KEYS = 60 };

struct model {
    struct model_key keys[MODEL_KEYS];
    char names[MODEL_KEYS][8];
    int64_t watermark; /* seconds */
    uint64_t late;
};

static void model_add(struct model *model, uint32_t key, int64_t second, int64_t v)
{
    struct model_key *kept = &model->keys[key];
    if (second < model->watermark) {
        model->late++;
        return;
    }
    if (kept->is_given || (kept->is_waiting && second >= kept->second))
        return;
    *kept = (struct model_key){.is_waiting = true, .second = second, .v = v};
}

static void model_line(struct dedup_job *d, const struct model *model, uint32_t key, struct text_lines *lines)
{
    struct row row = {model->names[key], model->keys[key].second, model->keys[key].v};
    struct record_batch *batch = batch_of(d, &row, 1);
    text_lines_add_batch(lines, batch);
    record_batch_free(batch);
}

static void model_watermark(struct dedup_job *d, struct model *model, int64_t second,
                            struct text_lines *lines)
{
    model->watermark = second;
    for (uint32_t i = 0; i < MODEL_KEYS; i++) {
        struct model_key *kept = &model->keys[i];
        if (!kept->is_waiting || kept->second > second)
            continue;
        model_line(d, model, i, lines);
        *kept = (struct model_key){.is_given = true};
    }
}

static int64_t random_second(struct random *random, int64_t watermark)
{
    switch (random_below(random, 8)) {
    case 0: return watermark - (int64_t)random_below(random, 20);
    case 1: return watermark + (int64_t)random_below(random, UINT64_C(4000000000)); /* up to 126 years */
    case 2: return watermark + (int64_t)random_below(random, 100000);
    default: return watermark + (int64_t)random_below(random, 60);
    }
}

static void add_random_rows(struct dedup_job *d, struct model *model, int64_t *v)
{
    struct row rows[60];
    uint32_t count = (uint32_t)random_below(&d->random, 60) + 1;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = (uint32_t)random_below(&d->random, MODEL_KEYS);
        rows[i] = (struct row){model->names[key], random_second(&d->random, model->watermark), (*v)++};
        model_add(model, key, rows[i].second, rows[i].v);
    }
    keyed_job_batch(&d->job, batch_of(d, rows, count));
}

static int64_t random_step(struct random *random)
{
    switch (random_below(random, 8)) {
    case 0: return 1 + (int64_t)random_below(random, 100000);
    case 1: return 1 + (int64_t)random_below(random, 400000000);
    default: return 1 + (int64_t)random_below(random, 30);
    }
}

static void run_random(uint64_t seed)
{
    struct dedup_job d = {.job.full_percent = 40, .uses_rocksdb = seed % 12 == 0};
    static const int64_t first_watermark = -100;
    struct model model = {.watermark = first_watermark};
    struct text_lines expected = {0};
    uint64_t late = 0;
    int64_t v = 0;
    for (uint32_t i = 0; i < MODEL_KEYS; i++)
        snprintf(model.names[i], sizeof model.names[i], "k%u", i);
    start_first(&d, 2);
    random_init(&d.random, seed);
    watermark(&d, first_watermark);
    for (uint32_t step = 0; step < 200; step++) {
        add_random_rows(&d, &model, &v);
        if (random_below(&d.random, 3) > 0) {
            model_watermark(&d, &model, model.watermark + random_step(&d.random), &expected);
            watermark(&d, model.watermark);
        }
        if (random_below(&d.random, 10) == 0) {
            late += late_rows(&d);
            keyed_job_rescale(&d.job, (uint32_t)random_below(&d.random, JOB_MAX_SUBTASKS) + 1);
        }
        text_lines_sort(&d.job.lines);
        text_lines_sort(&expected);
        assert_lines_equal(&d.job.lines, &expected);
    }
    model_watermark(&d, &model, INT64_MAX, &expected);
    keyed_job_watermark(&d.job, WATERMARK_MAX);
    text_lines_sort(&d.job.lines);
    text_lines_sort(&expected);
    assert_lines_equal(&d.job.lines, &expected);
    assert_int_equal(expected.count, MODEL_KEYS);
    assert_int_equal(late + late_rows(&d), model.late);
    text_lines_free(&expected);
    keyed_job_free(&d.job);
}

static void any_rows_give_what_the_model_gives(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 16; seed++)
        run_random(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_row_comes_behind_the_watermark),
        cmocka_unit_test(rows_before_the_watermark_are_late),
        cmocka_unit_test(the_end_of_the_input_gives_what_waits),
        cmocka_unit_test(a_restore_goes_on_at_any_parallelism),
        cmocka_unit_test(key_groups_that_were_ahead_stay_ahead),
        cmocka_unit_test(what_was_given_too_long_ago_is_forgotten),
        cmocka_unit_test(many_rows_at_once_are_given_in_batches),
        cmocka_unit_test(a_row_without_time_is_an_error),
        cmocka_unit_test(any_rows_give_what_the_model_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
