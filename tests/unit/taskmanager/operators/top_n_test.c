#include "taskmanager/operators/top_n.h"

#include "keyed_job.h"

/* Input k STRING, score BIGINT, name STRING: the largest scores of each k. */
struct top_job {
    struct keyed_job job;
    struct random random;
    struct plan_top_n plan;
    struct plan_sort_column order[2];
};

static struct operator* create(const void *plan, const struct schema *input, const struct schema *output)
{
    return top_n_create(plan, input, output);
}

static void start(struct top_job *t, int64_t first, int64_t last, bool emits_rank, bool takes_retractions)
{
    static const uint32_t key_column = 0;
    memset(t, 0, sizeof *t);
    random_init(&t->random, 13);
    keyed_job_init(&t->job, &t->random);
    t->job.input = schema_create(3);
    schema_set_field(t->job.input, 0, "k", data_type_of(TYPE_STRING));
    schema_set_field(t->job.input, 1, "score", data_type_of(TYPE_BIGINT));
    schema_set_field(t->job.input, 2, "name", data_type_of(TYPE_STRING));
    t->job.output = schema_create(3 + emits_rank);
    for (uint32_t i = 0; i < 3; i++)
        schema_set_field(t->job.output, i, t->job.input->fields[i].name, t->job.input->fields[i].type);
    if (emits_rank)
        schema_set_field(t->job.output, 3, "rn", data_type_not_null(data_type_of(TYPE_BIGINT)));
    t->order[0] = (struct plan_sort_column){.column = 1, .is_descending = true, .nulls_last = true};
    t->plan = (struct plan_top_n){.keys = &key_column,
                                  .key_count = 1,
                                  .order = t->order,
                                  .order_count = 1,
                                  .first = first,
                                  .last = last,
                                  .emits_rank = emits_rank,
                                  .takes_retractions = takes_retractions,
                                  .emits_update_before = true};
    t->job.second_plan = &t->plan;
    t->job.create_second = create;
    t->job.key_count = 1;
    keyed_job_start(&t->job, 1);
}

struct row {
    enum row_kind kind;
    const char *k;
    int64_t score;
    char name[8];
};

static void add_rows(struct top_job *t, const struct row *rows, uint32_t count)
{
    struct record_batch *batch = record_batch_create(t->job.input, count);
    const char **texts = mem_alloc(count * sizeof *texts);
    int64_t *numbers = mem_alloc(count * sizeof *numbers);
    for (uint32_t i = 0; i < count; i++)
        texts[i] = rows[i].k;
    set_text_column(batch, 0, texts);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = rows[i].score;
    set_number_column(batch, 1, numbers);
    for (uint32_t i = 0; i < count; i++)
        texts[i] = rows[i].name;
    set_text_column(batch, 2, texts);
    if (t->plan.takes_retractions) {
        batch->row_kinds = mem_alloc(count);
        for (uint32_t i = 0; i < count; i++)
            batch->row_kinds[i] = (uint8_t)rows[i].kind;
    }
    free(texts);
    free(numbers);
    keyed_job_batch(&t->job, batch);
}

static void add(struct top_job *t, enum row_kind kind, const char *k, int64_t score, const char *name)
{
    struct row row = {.kind = kind, .k = k, .score = score};
    snprintf(row.name, sizeof row.name, "%s", name);
    add_rows(t, &row, 1);
}

static void insert(struct top_job *t, int64_t score, const char *name)
{
    add(t, ROW_INSERT, "k", score, name);
}

static void without_numbers_rows_leave_and_enter(void **state)
{
    (void)state;
    struct top_job t;
    start(&t, 1, 2, false, false);
    insert(&t, 10, "a");
    insert(&t, 20, "b");
    insert(&t, 5, "c");
    EXPECT_LINES(&t.job, "k|10|a", "k|20|b");
    insert(&t, 15, "d");
    EXPECT_LINES(&t.job, "-D|k|10|a", "k|15|d");
    insert(&t, 15, "e"); /* of equal ones the first to arrive */
    EXPECT_NO_LINES(&t.job);
    insert(&t, 30, "f");
    EXPECT_LINES(&t.job, "-D|k|15|d", "k|30|f");
    keyed_job_free(&t.job);
}

static void with_numbers_each_place_is_told(void **state)
{
    (void)state;
    struct top_job t;
    start(&t, 1, 3, true, false);
    insert(&t, 10, "a");
    insert(&t, 20, "b");
    EXPECT_LINES(&t.job, "k|10|a|1", "-U|k|10|a|1", "+U|k|20|b|1", "k|10|a|2");
    insert(&t, 15, "c");
    EXPECT_LINES(&t.job, "-U|k|10|a|2", "+U|k|15|c|2", "k|10|a|3");
    insert(&t, 15, "d");
    EXPECT_LINES(&t.job, "-U|k|10|a|3", "+U|k|15|d|3");
    keyed_job_free(&t.job);
}

static void the_first_of_inserts_is_updated(void **state)
{
    (void)state;
    struct top_job t;
    start(&t, 1, 1, false, false);
    insert(&t, 10, "a");
    insert(&t, 10, "b");
    insert(&t, 11, "c");
    EXPECT_LINES(&t.job, "k|10|a", "-U|k|10|a", "+U|k|11|c");
    keyed_job_free(&t.job);
}

static void a_range_begins_behind_the_first(void **state)
{
    (void)state;
    for (int emits_rank = 0; emits_rank < 2; emits_rank++) {
        struct top_job t;
        start(&t, 2, 3, emits_rank != 0, false);
        insert(&t, 10, "a");
        EXPECT_NO_LINES(&t.job);
        insert(&t, 20, "b");
        insert(&t, 30, "c");
        insert(&t, 5, "d");
        insert(&t, 40, "e");
        if (emits_rank != 0)
            EXPECT_LINES(&t.job, "k|10|a|2", "-U|k|10|a|2", "+U|k|20|b|2", "k|10|a|3", "-U|k|20|b|2",
                         "+U|k|30|c|2", "-U|k|10|a|3", "+U|k|20|b|3");
        else
            EXPECT_LINES(&t.job, "k|10|a", "k|20|b", "-D|k|10|a", "k|30|c");
        keyed_job_free(&t.job);
    }
}

static void what_is_taken_back_lets_the_next_in(void **state)
{
    (void)state;
    struct top_job t;
    start(&t, 1, 2, false, true);
    insert(&t, 10, "a");
    insert(&t, 20, "b");
    insert(&t, 5, "c");
    insert(&t, 7, "d");
    EXPECT_LINES(&t.job, "k|10|a", "k|20|b");
    add(&t, ROW_DELETE, "k", 20, "b");
    EXPECT_LINES(&t.job, "-D|k|20|b", "k|7|d");
    const struct row update[] = {{ROW_UPDATE_BEFORE, "k", 10, "a"}, {ROW_UPDATE_AFTER, "k", 3, "a"}};
    add_rows(&t, update, 2);
    EXPECT_LINES(&t.job, "-D|k|10|a", "k|5|c");
    add(&t, ROW_DELETE, "k", 99, "x"); /* never was there */
    add(&t, ROW_DELETE, "z", 99, "x");
    EXPECT_NO_LINES(&t.job);
    keyed_job_free(&t.job);
    start(&t, 1, 2, true, true);
    insert(&t, 10, "a");
    insert(&t, 10, "b");
    insert(&t, 10, "c");
    add(&t, ROW_DELETE, "k", 10, "a");
    EXPECT_LINES(&t.job, "k|10|a|1", "k|10|b|2", "-U|k|10|a|1", "+U|k|10|b|1", "-U|k|10|b|2", "+U|k|10|c|2");
    add(&t, ROW_DELETE, "k", 10, "b");
    add(&t, ROW_DELETE, "k", 10, "c");
    EXPECT_LINES(&t.job, "-U|k|10|b|1", "+U|k|10|c|1", "-D|k|10|c|2", "-D|k|10|c|1");
    keyed_job_free(&t.job);
}

static void nulls_and_several_columns_have_their_order(void **state)
{
    (void)state;
    struct top_job t;
    start(&t, 1, 3, false, false);
    keyed_job_stop(&t.job);
    t.order[0].nulls_last = false;
    t.order[1] = (struct plan_sort_column){.column = 2};
    t.plan.order_count = 2;
    keyed_job_start(&t.job, 1);
    const struct row rows[] = {{ROW_INSERT, "k", 5, "b"},         {ROW_INSERT, "k", -5, "a"},
                               {ROW_INSERT, "k", TEST_NULL, "b"}, {ROW_INSERT, "k", 5, "ab"},
                               {ROW_INSERT, "k", TEST_NULL, "a"}, {ROW_INSERT, "k", INT64_MIN + 1, "a"}};
    add_rows(&t, rows, 6);
    EXPECT_LINES(&t.job, "k|NULL|a", "k|NULL|b", "k|5|ab");
    keyed_job_free(&t.job);
}

/* The model: all rows that are there, in the order in which they came. */
enum { MAX_LIVE = 3000, NUM_KEYS = 3 };

struct model {
    struct row live[MAX_LIVE];
    uint32_t num_live;
    uint32_t next_name;
};

static const char *const model_keys[NUM_KEYS] = {"a", "b", NULL};

static struct row model_row(struct model *model, struct random *random, bool retracts)
{
    if (retracts && model->num_live > 0 && random_below(random, 100) < 47) {
        uint32_t i = (uint32_t)random_below(random, model->num_live);
        struct row row = model->live[i];
        memmove(&model->live[i], &model->live[i + 1], (--model->num_live - i) * sizeof *model->live);
        row.kind = ROW_DELETE;
        return row;
    }
    struct row row = {.kind = ROW_INSERT,
                      .k = model_keys[random_below(random, NUM_KEYS)],
                      .score = random_below(random, 10) == 0 ? TEST_NULL : (int64_t)random_below(random, 50)};
    snprintf(row.name, sizeof row.name, "n%u", model->next_name++);
    model->live[model->num_live++] = row;
    return row;
}

static bool is_before(const struct row *a, const struct row *b)
{
    return a->score > b->score; /* TEST_NULL is the smallest: NULLS LAST */
}

static void model_lines(const struct top_job *t, const struct model *model, struct text_lines *lines)
{
    for (uint32_t i = 0; i < model->num_live; i++) {
        const struct row *row = &model->live[i];
        int64_t rank = 1;
        for (uint32_t k = 0; k < model->num_live; k++)
            if (model->live[k].k == row->k && k != i)
                rank += is_before(&model->live[k], row) || (k < i && !is_before(row, &model->live[k]));
        char line[64], number[24] = "";
        if (t->plan.emits_rank)
            snprintf(number, sizeof number, "|%d", (int)rank);
        if (row->score == TEST_NULL)
            snprintf(line, sizeof line, "%s|NULL|%s%s", row->k == NULL ? "NULL" : row->k, row->name, number);
        else
            snprintf(line, sizeof line, "%s|%d|%s%s", row->k == NULL ? "NULL" : row->k, (int)row->score,
                     row->name, number);
        if (rank >= t->plan.first && rank <= t->plan.last)
            text_lines_add(lines, line);
    }
}

static void check(struct top_job *t, const struct model *model, struct text_lines *table)
{
    struct text_lines expected = {0};
    table_apply(table, &t->job.lines, 0);
    text_lines_free(&t->job.lines);
    model_lines(t, model, &expected);
    text_lines_sort(table);
    text_lines_sort(&expected);
    assert_lines_equal(table, &expected);
    text_lines_free(&expected);
}

static void run_random(uint64_t seed)
{
    static const int64_t ranges[][2] = {{1, 1}, {1, 3}, {3, 5}, {1, 40}};
    struct top_job t;
    struct text_lines table = {0};
    struct model *model = calloc(1, sizeof *model);
    bool retracts = (seed & 1) != 0;
    start(&t, ranges[seed / 4 % 4][0], ranges[seed / 4 % 4][1], (seed & 2) != 0, retracts);
    t.job.full_percent = 40;
    keyed_job_stop(&t.job);
    t.job.backend = seed % 10 == 0 ? STATE_BACKEND_ROCKSDB : STATE_BACKEND_HASHMAP;
    keyed_job_start(&t.job, 2);
    random_init(&t.random, seed);
    for (int round = 0; round < 40; round++) {
        struct row rows[40];
        uint32_t count = (uint32_t)random_below(&t.random, 40) + 1;
        for (uint32_t i = 0; i < count; i++)
            rows[i] = model_row(model, &t.random, retracts);
        add_rows(&t, rows, count);
        if (random_below(&t.random, 5) == 0)
            keyed_job_rescale(&t.job, (uint32_t)random_below(&t.random, JOB_MAX_SUBTASKS) + 1);
        if (random_below(&t.random, 3) == 0)
            check(&t, model, &table);
    }
    check(&t, model, &table);
    text_lines_free(&table);
    keyed_job_free(&t.job);
    free(model);
}

static void any_changelog_gives_the_first_rows(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 32; seed++)
        run_random(seed);
}

/* One row that pushes thousands of others down. */
static void many_changes_come_in_several_batches(void **state)
{
    (void)state;
    struct top_job t;
    enum { NUM_ROWS = 3000 };
    start(&t, 1, 100000, true, false);
    struct row *rows = mem_calloc(NUM_ROWS, sizeof *rows);
    for (int64_t i = 0; i < NUM_ROWS; i++)
        rows[i] = (struct row){.kind = ROW_INSERT, .k = "k", .score = i, .name = "n"};
    add_rows(&t, rows, NUM_ROWS);
    assert_int_equal(t.job.lines.count, NUM_ROWS);
    text_lines_free(&t.job.lines);
    keyed_job_rescale(&t.job, 1);
    insert(&t, NUM_ROWS, "first");
    assert_int_equal(t.job.lines.count, 2 * NUM_ROWS + 1);
    assert_string_equal(t.job.lines.lines[1], "+U|k|3000|first|1");
    assert_string_equal(t.job.lines.lines[2 * NUM_ROWS], "k|0|n|3001");
    free(rows);
    keyed_job_free(&t.job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_numbers_rows_leave_and_enter),
        cmocka_unit_test(with_numbers_each_place_is_told),
        cmocka_unit_test(the_first_of_inserts_is_updated),
        cmocka_unit_test(a_range_begins_behind_the_first),
        cmocka_unit_test(what_is_taken_back_lets_the_next_in),
        cmocka_unit_test(nulls_and_several_columns_have_their_order),
        cmocka_unit_test(any_changelog_gives_the_first_rows),
        cmocka_unit_test(many_changes_come_in_several_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
