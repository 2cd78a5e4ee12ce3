#include "taskmanager/operators/deduplicate.h"

#include "keyed_job.h"

/* Input k STRING, ts TIMESTAMP(3), v BIGINT, of which k is the key. */
struct dedup_job {
    struct keyed_job job;
    struct random random;
    struct plan_deduplicate plan;
    bool uses_rocksdb;
};

static struct operator* create(const void *plan, const struct schema *input, const struct schema *output)
{
    return deduplicate_create(plan, input, output);
}

static void start(struct dedup_job *d, bool is_event_time, bool keeps_last, bool emits_update_before,
                  uint32_t parallelism)
{
    static const uint32_t key_column = 0;
    int64_t ttl_ms = d->plan.state_ttl_ms;
    uint32_t full_percent = d->job.full_percent;
    enum state_backend_kind backend = d->uses_rocksdb ? STATE_BACKEND_ROCKSDB : STATE_BACKEND_HASHMAP;
    random_init(&d->random, 11);
    keyed_job_init(&d->job, &d->random);
    d->job.full_percent = full_percent;
    d->job.backend = backend;
    d->job.input = schema_create(3);
    schema_set_field(d->job.input, 0, "k", data_type_of(TYPE_STRING));
    schema_set_field(d->job.input, 1, "ts", data_type_timestamp(TYPE_TIMESTAMP, 3));
    schema_set_field(d->job.input, 2, "v", data_type_of(TYPE_BIGINT));
    d->job.output = schema_ref(d->job.input);
    d->plan = (struct plan_deduplicate){.keys = &key_column,
                                        .key_count = 1,
                                        .time_column = 1,
                                        .is_event_time = is_event_time,
                                        .keeps_last = keeps_last,
                                        .emits_update_before = emits_update_before,
                                        .state_ttl_ms = ttl_ms};
    d->job.second_plan = &d->plan;
    d->job.create_second = create;
    d->job.key_count = 1;
    keyed_job_start(&d->job, parallelism);
}

struct row {
    const char *k;
    int64_t second;
    int64_t v;
};

static struct record_batch *batch_of(struct dedup_job *d, const struct row *rows, uint32_t count)
{
    struct record_batch *batch = record_batch_create(d->job.input, count);
    const char **texts = mem_alloc(count * sizeof *texts);
    int64_t *numbers = mem_alloc(count * sizeof *numbers);
    for (uint32_t i = 0; i < count; i++)
        texts[i] = rows[i].k;
    set_text_column(batch, 0, texts);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = rows[i].second == TEST_NULL ? TEST_NULL : rows[i].second * 1000000;
    set_number_column(batch, 1, numbers);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = rows[i].v;
    set_number_column(batch, 2, numbers);
    free(texts);
    free(numbers);
    return batch;
}

static void add(struct dedup_job *d, const char *k, int64_t second, int64_t v)
{
    keyed_job_batch(&d->job, batch_of(d, &(struct row){k, second, v}, 1));
}

#define AT(second) "1970-01-01 00:00:0" #second ".000"

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
