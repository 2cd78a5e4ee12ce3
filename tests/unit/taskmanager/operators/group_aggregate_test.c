#include "taskmanager/operators/group_aggregate.h"

#include "keyed_job.h"

enum { MAX_CALLS = 8 };

/* Input k STRING, n BIGINT, v BIGINT, flag BOOLEAN, grouped by k. */
struct group_job {
    struct keyed_job job;
    struct random random;
    struct plan_aggregate_call calls[MAX_CALLS];
    uint32_t num_calls;
    uint32_t keys[2];
    struct plan_group_aggregate first, second;
};

static struct operator* create(const void *plan, const struct schema *input, const struct schema *output)
{
    return group_aggregate_create(plan, input, output);
}

static void init(struct group_job *g)
{
    static const enum type_kind kinds[] = {TYPE_STRING, TYPE_BIGINT, TYPE_BIGINT, TYPE_BOOLEAN};
    static const char *const names[] = {"k", "n", "v", "flag"};
    memset(g, 0, sizeof *g);
    random_init(&g->random, 7);
    keyed_job_init(&g->job, &g->random);
    g->job.input = schema_create(4);
    for (uint32_t i = 0; i < 4; i++)
        schema_set_field(g->job.input, i, names[i], data_type_of(kinds[i]));
    g->first = (struct plan_group_aggregate){.phase = PLAN_AGGREGATE_SINGLE,
                                             .keys = g->keys,
                                             .key_count = 1,
                                             .calls = g->calls,
                                             .takes_retractions = true,
                                             .emits_update_before = true};
}

static void add_call(struct group_job *g, const char *name, uint32_t num_arguments, bool is_distinct,
                     bool has_filter)
{
    static const uint32_t value_column = 2;
    struct plan_aggregate_call *call = &g->calls[g->num_calls++];
    struct data_type *types = arena_calloc(g->job.arena, 1, sizeof *types);
    struct error error;
    types[0] = data_type_of(TYPE_BIGINT);
    *call = (struct plan_aggregate_call){.function = aggregate_function_find(name),
                                         .arguments = &value_column,
                                         .argument_count = num_arguments,
                                         .filter = has_filter ? 3 : -1,
                                         .is_distinct = is_distinct,
                                         .argument_types = types};
    assert_int_equal(
        aggregate_infer(call->function, types, num_arguments, true, has_filter, &call->result, &error),
        STATUS_OK);
}

/* In one phase or in two. */
static void start(struct group_job *g, uint32_t parallelism, bool is_two_phase)
{
    struct keyed_job *job = &g->job;
    uint32_t key_count = g->first.key_count;
    g->first.call_count = g->num_calls;
    g->second = g->first;
    job->output = schema_create(key_count + g->num_calls);
    for (uint32_t i = 0; i < key_count; i++)
        schema_set_field(job->output, i, "k", job->input->fields[g->keys[i]].type);
    for (uint32_t i = 0; i < g->num_calls; i++)
        schema_set_field(job->output, key_count + i, "r", g->calls[i].result);
    job->create_first = job->create_second = create;
    job->first_plan = &g->first;
    job->second_plan = &g->second;
    job->key_count = key_count;
    memcpy(job->keys, g->keys, key_count * sizeof *g->keys);
    if (is_two_phase) {
        g->first.phase = PLAN_AGGREGATE_LOCAL;
        g->second.phase = PLAN_AGGREGATE_GLOBAL;
        job->partial = schema_create(key_count + 1);
        for (uint32_t i = 0; i < key_count; i++)
            schema_set_field(job->partial, i, "k", job->output->fields[i].type);
        schema_set_field(job->partial, key_count, "accumulators", data_type_of(TYPE_BYTES));
    }
    keyed_job_start(job, parallelism);
}

static void finish(struct group_job *g)
{
    keyed_job_free(&g->job);
}

struct row {
    enum row_kind kind;
    const char *k; /* NULL: NULL */
    int64_t v;     /* TEST_NULL: NULL */
    bool flag;
};

static struct record_batch *batch_of(struct group_job *g, const struct row *rows, uint32_t count)
{
    struct record_batch *batch = record_batch_create(g->job.input, count);
    const char **texts = mem_alloc(count * sizeof *texts);
    int64_t *numbers = mem_calloc(count, sizeof *numbers);
    for (uint32_t i = 0; i < count; i++)
        texts[i] = rows[i].k;
    set_text_column(batch, 0, texts);
    set_number_column(batch, 1, numbers);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = rows[i].v;
    set_number_column(batch, 2, numbers);
    batch->columns[3] = vector_create(data_type_of(TYPE_BOOLEAN), count);
    batch->columns[3]->length = count;
    for (uint32_t i = 0; i < count; i++) {
        ((uint8_t *)batch->columns[3]->values)[i] = rows[i].flag;
        if (rows[i].kind != ROW_INSERT && batch->row_kinds == NULL)
            batch->row_kinds = mem_calloc(count, 1);
    }
    for (uint32_t i = 0; i < count && batch->row_kinds != NULL; i++)
        batch->row_kinds[i] = (uint8_t)rows[i].kind;
    free(texts);
    free(numbers);
    return batch;
}

static void add(struct group_job *g, const struct row *rows, uint32_t count)
{
    keyed_job_batch(&g->job, batch_of(g, rows, count));
}

static void add_one(struct group_job *g, enum row_kind kind, const char *k, int64_t v)
{
    add(g, &(struct row){kind, k, v, false}, 1);
}

static void groups_are_inserted_updated_and_deleted(void **state)
{
    (void)state;
    struct group_job g;
    init(&g);
    add_call(&g, "COUNT", 0, false, false);
    add_call(&g, "SUM", 1, false, false);
    add_call(&g, "MAX", 1, false, false);
    start(&g, 1, false);
    add_one(&g, ROW_INSERT, "a", 5);
    EXPECT_LINES(&g.job, "a|1|5|5");
    add_one(&g, ROW_INSERT, "a", 9);
    EXPECT_LINES(&g.job, "-U|a|1|5|5", "+U|a|2|14|9");
    /* NULL is a group of its own, and its values count only as rows */
    add_one(&g, ROW_INSERT, NULL, TEST_NULL);
    EXPECT_LINES(&g.job, "NULL|1|NULL|NULL");
    /* the maximum goes */
    add_one(&g, ROW_DELETE, "a", 9);
    EXPECT_LINES(&g.job, "-U|a|2|14|9", "+U|a|1|5|5");
    add_one(&g, ROW_UPDATE_BEFORE, "a", 5);
    EXPECT_LINES(&g.job, "-D|a|1|5|5");
    /* what is taken back and was never there is nobody's */
    add_one(&g, ROW_DELETE, "a", 5);
    add_one(&g, ROW_DELETE, "b", 1);
    EXPECT_NO_LINES(&g.job);
    add_one(&g, ROW_UPDATE_AFTER, "a", 7);
    EXPECT_LINES(&g.job, "a|1|7|7");
    finish(&g);
}

static void rows_of_one_batch_give_one_update(void **state)
{
    (void)state;
    struct group_job g;
    init(&g);
    add_call(&g, "COUNT", 0, false, false);
    add_call(&g, "SUM", 1, false, true);
    start(&g, 1, false);
    const struct row rows[] = {{ROW_DELETE, "z", 1, true}, {ROW_INSERT, "b", 1, true},
                               {ROW_INSERT, "a", 2, true}, {ROW_INSERT, "b", 4, false},
                               {ROW_INSERT, "c", 8, true}, {ROW_DELETE, "c", 8, true}};
    add(&g, rows, 6);
    EXPECT_LINES(&g.job, "b|2|1", "a|1|2");
    const struct row more[] = {{ROW_INSERT, "b", 3, false},
                               {ROW_DELETE, "b", 3, false},
                               {ROW_DELETE, "a", 2, true},
                               {ROW_INSERT, "a", 6, true}};
    add(&g, more, 4);
    EXPECT_LINES(&g.job, "-U|a|1|2", "+U|a|1|6");
    finish(&g);
}

static void updates_come_alone_where_nobody_needs_the_old_row(void **state)
{
    (void)state;
    struct group_job g;
    init(&g);
    g.first.emits_update_before = false;
    add_call(&g, "SUM", 1, false, false);
    start(&g, 1, false);
    add_one(&g, ROW_INSERT, "a", 1);
    add_one(&g, ROW_INSERT, "a", 2);
    add_one(&g, ROW_INSERT, "a", 0);
    EXPECT_LINES(&g.job, "a|1", "+U|a|3");
    finish(&g);
}

static void with_a_time_to_live_groups_tell_that_they_live(void **state)
{
    (void)state;
    struct group_job g;
    init(&g);
    g.first.state_ttl_ms = 1000;
    add_call(&g, "MAX", 1, false, false);
    start(&g, 1, false);
    add_one(&g, ROW_INSERT, "a", 5);
    g.job.now_us += 600000;
    add_one(&g, ROW_INSERT, "a", 5);
    EXPECT_LINES(&g.job, "a|5", "-U|a|5", "+U|a|5");
    g.job.now_us += 1600000;
    add_one(&g, ROW_INSERT, "a", 3); /* nobody remembers the 5 */
    EXPECT_LINES(&g.job, "a|3");
    finish(&g);
}

static void no_keys_are_one_group(void **state)
{
    (void)state;
    struct group_job g;
    init(&g);
    g.first.key_count = 0;
    add_call(&g, "COUNT", 0, false, false);
    add_call(&g, "COUNT", 1, true, false);
    start(&g, 2, false);
    const struct row rows[] = {{ROW_INSERT, "a", 1, true}, {ROW_INSERT, "b", 1, true}};
    add(&g, rows, 2);
    add_one(&g, ROW_INSERT, "c", 2);
    EXPECT_LINES(&g.job, "2|1", "-U|2|1", "+U|3|2");
    finish(&g);
}

static void distinct_rows_come_once(void **state)
{
    (void)state;
    for (int retractions = 0; retractions < 2; retractions++) {
        struct group_job g;
        init(&g);
        g.keys[1] = 2;
        g.first.key_count = 2;
        g.first.takes_retractions = retractions != 0;
        start(&g, 2, false);
        const struct row rows[] = {
            {ROW_INSERT, "a", 1, false}, {ROW_INSERT, "a", 1, true}, {ROW_INSERT, NULL, TEST_NULL, false}};
        add(&g, rows, 3);
        add(&g, rows, 3);
        text_lines_sort(&g.job.lines);
        EXPECT_LINES(&g.job, "NULL|NULL", "a|1");
        if (retractions != 0) {
            for (int i = 0; i < 4; i++)
                add_one(&g, ROW_DELETE, "a", 1);
            EXPECT_LINES(&g.job, "-D|a|1");
        }
        finish(&g);
    }
}

static void with_a_time_to_live_distinct_rows_come_again(void **state)
{
    (void)state;
    struct group_job g;
    init(&g);
    g.first.takes_retractions = false;
    g.first.state_ttl_ms = 1000;
    start(&g, 1, false);
    add_one(&g, ROW_INSERT, "a", 1);
    g.job.now_us += 600000;
    add_one(&g, ROW_INSERT, "a", 1); /* lives on */
    g.job.now_us += 600000;
    add_one(&g, ROW_INSERT, "a", 1);
    EXPECT_LINES(&g.job, "a");
    g.job.now_us += 1600000;
    add_one(&g, ROW_INSERT, "a", 1);
    EXPECT_LINES(&g.job, "a");
    finish(&g);
}

static void a_mini_batch_holds_updates_back(void **state)
{
    (void)state;
    for (int two_phase = 0; two_phase < 2; two_phase++) {
        struct group_job g;
        init(&g);
        g.first.mini_batch_ms = 500;
        g.first.mini_batch_rows = 5;
        add_call(&g, "SUM", 1, false, false);
        start(&g, 1, two_phase != 0);
        add_one(&g, ROW_INSERT, "a", 1);
        add_one(&g, ROW_INSERT, "a", 2);
        EXPECT_NO_LINES(&g.job);
        keyed_job_advance(&g.job, 499999);
        EXPECT_NO_LINES(&g.job);
        keyed_job_advance(&g.job, 1);
        keyed_job_advance(&g.job, two_phase * 500000); /* the global phase holds back, too */
        EXPECT_LINES(&g.job, "a|3");
        for (int i = 0; i < 5; i++)
            add_one(&g, ROW_INSERT, i % 2 == 0 ? "a" : "b", 1);
        keyed_job_advance(&g.job, two_phase * 500000);
        EXPECT_LINES(&g.job, "-U|a|3", "+U|a|6", "b|2");
        add_one(&g, ROW_DELETE, "b", 1);
        keyed_job_watermark(&g.job, 17);
        EXPECT_LINES(&g.job, "-U|b|2", "+U|b|1");
        add_one(&g, ROW_DELETE, "b", 1);
        keyed_job_flush(&g.job);
        EXPECT_LINES(&g.job, "-D|b|1");
        keyed_job_flush(&g.job);
        EXPECT_NO_LINES(&g.job);
        finish(&g);
    }
}

static void a_mini_batch_ends_in_time_though_the_clock_is_set(void **state)
{
    (void)state;
    const int64_t hour_us = INT64_C(3600000000);
    for (int two_phase = 0; two_phase < 2; two_phase++) {
        struct group_job g;
        init(&g);
        g.first.mini_batch_ms = 500;
        g.first.mini_batch_rows = 5;
        add_call(&g, "SUM", 1, false, false);
        start(&g, 1, two_phase != 0);
        add_one(&g, ROW_INSERT, "a", 1);
        g.job.set_ahead_us = hour_us;
        keyed_job_advance(&g.job, 499999);
        EXPECT_NO_LINES(&g.job);
        g.job.set_ahead_us = -hour_us;
        keyed_job_advance(&g.job, 1);
        keyed_job_advance(&g.job, two_phase * 500000);
        EXPECT_LINES(&g.job, "a|1");
        finish(&g);
    }
}

/* A random changelog, and what its groups must be: computed from the rows that are there. */
enum { NUM_KEYS = 7, MAX_LIVE = 4000 };

struct model {
    struct row live[MAX_LIVE];
    uint32_t num_live;
};

static const char *const model_keys[NUM_KEYS] = {"a", "b", "c", "d", "e", "f", NULL};

static struct row model_row(struct model *model, struct random *random, bool retracts)
{
    if (retracts && model->num_live > 0 && random_below(random, 100) < 46) {
        uint32_t i = (uint32_t)random_below(random, model->num_live);
        struct row row = model->live[i];
        model->live[i] = model->live[--model->num_live];
        row.kind = random_below(random, 2) == 0 ? ROW_DELETE : ROW_UPDATE_BEFORE;
        return row;
    }
    struct row row = {.kind = retracts && random_below(random, 2) == 0 ? ROW_UPDATE_AFTER : ROW_INSERT,
                      .k = model_keys[random_below(random, NUM_KEYS)],
                      .v = random_below(random, 6) == 0 ? TEST_NULL : (int64_t)random_below(random, 30) - 9,
                      .flag = random_below(random, 2) == 0};
    assert_true(model->num_live < MAX_LIVE);
    model->live[model->num_live++] = row;
    return row;
}

static void append_number(char *line, size_t size, bool is_there, int64_t value)
{
    size_t used = strlen(line);
    if (is_there)
        snprintf(line + used, size - used, "|%lld", (long long)value);
    else
        snprintf(line + used, size - used, "|NULL");
}

/* COUNT(*), SUM(v), MAX(v), COUNT(DISTINCT v), SUM(v) FILTER (WHERE flag) of each key. */
static void model_groups(const struct model *model, struct text_lines *lines)
{
    for (int k = 0; k < NUM_KEYS; k++) {
        int64_t count = 0, values = 0, sum = 0, max = INT64_MIN, distinct = 0, filtered = 0, filtered_sum = 0;
        bool seen[32] = {false};
        for (uint32_t i = 0; i < model->num_live; i++) {
            const struct row *row = &model->live[i];
            if (row->k != model_keys[k])
                continue;
            count++;
            if (row->v == TEST_NULL)
                continue;
            values++;
            sum += row->v;
            max = row->v > max ? row->v : max;
            distinct += !seen[row->v + 9];
            seen[row->v + 9] = true;
            filtered += row->flag;
            filtered_sum += row->flag ? row->v : 0;
        }
        char line[128];
        snprintf(line, sizeof line, "%s|%lld", model_keys[k] != NULL ? model_keys[k] : "NULL",
                 (long long)count);
        append_number(line, sizeof line, values > 0, sum);
        append_number(line, sizeof line, values > 0, max);
        append_number(line, sizeof line, true, distinct);
        append_number(line, sizeof line, filtered > 0, filtered_sum);
        if (count > 0)
            text_lines_add(lines, line);
    }
}

static void check_against_model(struct group_job *g, const struct model *model, struct text_lines *table)
{
    struct text_lines expected = {0};
    keyed_job_flush(&g->job);
    table_apply(table, &g->job.lines, g->first.emits_update_before ? 0 : 1);
    text_lines_free(&g->job.lines);
    model_groups(model, &expected);
    text_lines_sort(&expected);
    text_lines_sort(table);
    assert_lines_equal(table, &expected);
    text_lines_free(&expected);
}

static void run_random(uint64_t seed, bool retracts, bool is_two_phase, bool has_mini_batch)
{
    struct group_job g;
    struct model *model = calloc(1, sizeof *model);
    struct text_lines table = {0};
    init(&g);
    random_init(&g.random, seed);
    g.first.takes_retractions = retracts;
    g.first.emits_update_before = seed % 2 == 0;
    g.first.mini_batch_ms = has_mini_batch ? 1000 : 0;
    g.first.mini_batch_rows = 70;
    g.job.full_percent = 40;
    g.job.backend = seed % 10 == 0 ? STATE_BACKEND_ROCKSDB : STATE_BACKEND_HASHMAP;
    add_call(&g, "COUNT", 0, false, false);
    add_call(&g, "SUM", 1, false, false);
    add_call(&g, "MAX", 1, false, false);
    add_call(&g, "COUNT", 1, true, false);
    add_call(&g, "SUM", 1, false, true);
    start(&g, 2, is_two_phase);
    for (int round = 0; round < 60; round++) {
        struct row rows[40];
        uint32_t count = (uint32_t)random_below(&g.random, 40) + 1;
        for (uint32_t i = 0; i < count; i++)
            rows[i] = model_row(model, &g.random, retracts);
        add(&g, rows, count);
        keyed_job_advance(&g.job, (int64_t)random_below(&g.random, 300000));
        if (random_below(&g.random, 6) == 0)
            keyed_job_rescale(&g.job, (uint32_t)random_below(&g.random, JOB_MAX_SUBTASKS) + 1);
        if (random_below(&g.random, 3) == 0)
            check_against_model(&g, model, &table);
    }
    check_against_model(&g, model, &table);
    text_lines_free(&table);
    finish(&g);
    free(model);
}

static void any_changelog_gives_the_groups_of_its_rows(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 24; seed++)
        run_random(seed + 1, (seed & 2) != 0, (seed & 4) != 0, (seed & 8) != 0);
}

/* count rows of the keys from first on, each once. */
static void add_range(struct group_job *g, uint32_t first, uint32_t count)
{
    struct row *rows = mem_calloc(count, sizeof *rows);
    char(*names)[12] = mem_calloc(count, sizeof *names);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "k%u", first + i);
        rows[i] = (struct row){ROW_INSERT, names[i], 1, false};
    }
    add(g, rows, count);
    free(rows);
    free(names);
}

/* More groups than a batch has rows. */
static void many_groups_come_in_several_batches(void **state)
{
    (void)state;
    struct group_job g;
    init(&g);
    g.job.full_percent = 100;
    g.first.mini_batch_ms = 1000;
    add_call(&g, "SUM", 1, false, false);
    start(&g, 1, false);
    for (int round = 0; round < 2; round++) {
        for (uint32_t part = 0; part < 3; part++)
            add_range(&g, part * BATCH_MAX_ROWS, BATCH_MAX_ROWS);
        assert_int_equal(g.job.lines.count, 0);
        keyed_job_advance(&g.job, 1000000);
        assert_int_equal(g.job.lines.count, round == 0 ? 3 * BATCH_MAX_ROWS : 2 * 3 * BATCH_MAX_ROWS);
        text_lines_free(&g.job.lines);
    }
    finish(&g);
}

/* Groups that move between memory and files, with buffers of their own. */
static void groups_may_take_more_than_the_memory(void **state)
{
    (void)state;
    enum { NUM_PARTS = 4, NUM_GROUPS = NUM_PARTS * BATCH_MAX_ROWS };
    struct group_job g;
    init(&g);
    g.job.backend = STATE_BACKEND_ROCKSDB;
    g.job.memory_bytes = 1 << 20;
    g.first.emits_update_before = false;
    add_call(&g, "SUM", 1, false, false);
    add_call(&g, "MAX", 1, false, false);
    start(&g, 1, false);
    for (int round = 1; round <= 3; round++) {
        for (uint32_t part = 0; part < NUM_PARTS; part++)
            add_range(&g, part * BATCH_MAX_ROWS, BATCH_MAX_ROWS);
        assert_int_equal(g.job.lines.count, NUM_GROUPS);
        for (uint32_t i = 0; i < NUM_GROUPS; i++) {
            char line[32];
            snprintf(line, sizeof line, "%sk%u|%d|1", round > 1 ? "+U|" : "", i, round);
            assert_string_equal(g.job.lines.lines[i], line);
        }
        text_lines_free(&g.job.lines);
        keyed_job_rescale(&g.job, 1);
    }
    finish(&g);
}

static void bad_accumulators_fail_with_the_operators_name(void **state)
{
    (void)state;
    struct group_job g;
    struct error error;
    init(&g);
    add_call(&g, "SUM", 1, false, false);
    start(&g, 1, true);
    static const char *const texts[] = {"a"};
    struct record_batch *batch = record_batch_create(g.job.partial, 1);
    set_text_column(batch, 0, texts);
    set_text_column(batch, 1, texts);
    struct operator* operator= g.job.second[0].operator;
    assert_int_equal(operator->ops->process_batch(operator, 0, batch, &error), OPERATOR_FAILED);
    assert_non_null(strstr(error.message, "Operator[1]: packed accumulators"));
    finish(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_inserted_updated_and_deleted),
        cmocka_unit_test(rows_of_one_batch_give_one_update),
        cmocka_unit_test(updates_come_alone_where_nobody_needs_the_old_row),
        cmocka_unit_test(with_a_time_to_live_groups_tell_that_they_live),
        cmocka_unit_test(no_keys_are_one_group),
        cmocka_unit_test(distinct_rows_come_once),
        cmocka_unit_test(with_a_time_to_live_distinct_rows_come_again),
        cmocka_unit_test(a_mini_batch_holds_updates_back),
        cmocka_unit_test(a_mini_batch_ends_in_time_though_the_clock_is_set),
        cmocka_unit_test(any_changelog_gives_the_groups_of_its_rows),
        cmocka_unit_test(many_groups_come_in_several_batches),
        cmocka_unit_test(groups_may_take_more_than_the_memory),
        cmocka_unit_test(bad_accumulators_fail_with_the_operators_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
