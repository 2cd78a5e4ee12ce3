#include "taskmanager/source/watermark_generator.h"

#include "common/base/arena.h"
#include "common/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A source whose splits the test makes up, whose only column is the watermark itself, and a clock that the
 * test moves. Watermarks are written in milliseconds. */
enum { SPLITS_MAX = 4, EMIT_INTERVAL_MS = 200, IDLE_MS = 1000, NULL_ROW = -1 };

struct fixture {
    struct source_reader reader; /* first */
    int64_t now_us;
    struct process_context process;
    struct arena *arena;
    struct schema *schema;
    struct plan_watermark plan;
    struct source_split splits[SPLITS_MAX];
    uint32_t num_splits;
    struct source_run runs[SPLITS_MAX];
    uint32_t num_runs;
    struct watermark_generator *generator;
};

static const struct source_split *list_splits(struct source_reader *reader, uint32_t *ret_count)
{
    *ret_count = ((struct fixture *)reader)->num_splits;
    return ((struct fixture *)reader)->splits;
}

static const struct source_run *list_runs(struct source_reader *reader, uint32_t *ret_count)
{
    *ret_count = ((struct fixture *)reader)->num_runs;
    return ((struct fixture *)reader)->runs;
}

static const struct source_reader_ops ops = {.splits = list_splits, .runs = list_runs};
static const struct source_reader_ops ops_of_one = {.splits = NULL};

static int64_t read_now(void *context)
{
    return ((struct fixture *)context)->now_us;
}

static int set_up(void **context)
{
    struct fixture *f = mem_calloc(1, sizeof *f);
    f->reader.ops = &ops;
    f->now_us = 1000000;
    f->process.clock = (struct clock){read_now, read_now, f};
    f->arena = arena_create(1024);
    f->schema = schema_create(1);
    struct data_type type = data_type_timestamp(TYPE_TIMESTAMP, 3);
    schema_set_field(f->schema, 0, "ts", type);
    f->plan = (struct plan_watermark){.expression = expression_column(f->arena, 0, type),
                                      .emit_interval_ms = EMIT_INTERVAL_MS,
                                      .time_zone = "UTC"};
    static const char *const names[SPLITS_MAX] = {"t-0", "t-1", "t-2", "t-3"};
    for (uint32_t i = 0; i < SPLITS_MAX; i++)
        f->splits[i] = (struct source_split){.name = names[i]};
    f->num_splits = 2;
    *context = f;
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *f = *context;
    watermark_generator_free(f->generator);
    schema_unref(f->schema);
    arena_free(f->arena);
    free(f);
    return 0;
}

static void start(struct fixture *f, const struct operator_state *state)
{
    struct error error;
    struct operator_state empty = {0};
    watermark_generator_free(f->generator);
    assert_int_equal(watermark_generator_create(&f->plan, &f->reader, &f->process,
                                                state != NULL ? state : &empty, &f->generator, &error),
                     STATUS_OK);
}

/* A batch of rows with these times, all of one split. */
static void take(struct fixture *f, uint32_t split, uint32_t count, const int64_t *times_ms)
{
    struct record_batch *batch = record_batch_create(f->schema, count);
    struct error error;
    batch->columns[0] = vector_create(f->schema->fields[0].type, count);
    batch->columns[0]->length = count;
    for (uint32_t i = 0; i < count; i++) {
        ((int64_t *)batch->columns[0]->values)[i] = times_ms[i] * 1000;
        if (times_ms[i] == NULL_ROW)
            vector_set_null(batch->columns[0], i);
    }
    f->runs[0] = (struct source_run){split, count};
    f->num_runs = 1;
    assert_int_equal(watermark_generator_take(f->generator, batch, &error), STATUS_OK);
    record_batch_free(batch);
}

static void take_one(struct fixture *f, uint32_t split, int64_t time_ms)
{
    take(f, split, 1, &time_ms);
}

/* Everything that is to be told: "idle active 17". */
static void assert_told(struct fixture *f, const char *expected)
{
    struct buffer text = {0};
    for (;;) {
        struct watermark_event event = watermark_generator_next(f->generator);
        if (event.kind == WATERMARK_EVENT_NONE)
            break;
        if (text.size > 0)
            buffer_append_text(&text, " ");
        if (event.kind == WATERMARK_EVENT_ADVANCED)
            buffer_printf(&text, "%lld", (long long)event.watermark_us / 1000);
        else
            buffer_append_text(&text, event.kind == WATERMARK_EVENT_IDLE ? "idle" : "active");
    }
    assert_string_equal(buffer_text(&text), expected);
    buffer_free(&text);
}

/* Time passes in which the source is polled. */
static void wait_polling(struct fixture *f, int64_t ms)
{
    for (; ms > 0; ms -= 100) {
        f->now_us += 100 * 1000;
        if (ms > 100)
            assert_told(f, "");
    }
}

static struct operator_state snapshot_of(struct fixture *f)
{
    struct operator_state state = {0};
    watermark_generator_snapshot(f->generator, &state);
    return state;
}

static void the_slowest_split_counts_and_one_not_read_yet_holds_all(void **context)
{
    struct fixture *f = *context;
    start(f, NULL);
    assert_told(f, "");
    take(f, 0, 3, (const int64_t[]){50, 70, 60});
    assert_told(f, "");
    take_one(f, 1, 40);
    assert_told(f, "40");
    f->now_us += 1000000;
    take_one(f, 1, 90);
    assert_told(f, "70");
}

static void runs_of_one_batch_go_to_their_splits(void **context)
{
    struct fixture *f = *context;
    start(f, NULL);
    f->runs[0] = (struct source_run){1, 1};
    f->runs[1] = (struct source_run){0, 2};
    f->num_runs = 2;
    struct record_batch *batch = record_batch_create(f->schema, 3);
    batch->columns[0] = vector_create(f->schema->fields[0].type, 3);
    batch->columns[0]->length = 3;
    memcpy(batch->columns[0]->values, (const int64_t[]){9000, 5000, 4000}, 24);
    struct error error;
    assert_int_equal(watermark_generator_take(f->generator, batch, &error), STATUS_OK);
    record_batch_free(batch);
    assert_told(f, "5");
}

static void it_is_told_once_an_interval_and_only_when_it_grew(void **context)
{
    struct fixture *f = *context;
    f->num_splits = 1;
    start(f, NULL);
    assert_int_equal(watermark_generator_deadline_us(f->generator), INT64_MAX);
    take_one(f, 0, 10);
    assert_told(f, "10");
    take_one(f, 0, 20);
    assert_told(f, "");
    assert_int_equal(watermark_generator_deadline_us(f->generator), f->now_us + EMIT_INTERVAL_MS * 1000);
    f->now_us += EMIT_INTERVAL_MS * 1000;
    assert_told(f, "20");
    f->now_us += EMIT_INTERVAL_MS * 1000;
    take_one(f, 0, 15);
    assert_told(f, "");
    assert_int_equal(watermark_generator_deadline_us(f->generator), INT64_MAX);
}

static void rows_without_a_time_say_nothing(void **context)
{
    struct fixture *f = *context;
    f->num_splits = 1;
    start(f, NULL);
    take(f, 0, 2, (const int64_t[]){NULL_ROW, NULL_ROW});
    assert_told(f, "");
    take(f, 0, 3, (const int64_t[]){NULL_ROW, 5, NULL_ROW});
    assert_told(f, "5");
}

static void a_silent_split_holds_nothing_back_after_the_timeout(void **context)
{
    struct fixture *f = *context;
    f->plan.idle_timeout_ms = IDLE_MS;
    start(f, NULL);
    take_one(f, 0, 10);
    wait_polling(f, 900);
    assert_told(f, "");
    take_one(f, 0, 30);
    assert_true(watermark_generator_deadline_us(f->generator) <= f->now_us + 100 * 1000);
    wait_polling(f, 100);
    assert_told(f, "30");
    take_one(f, 1, 20); /* behind, but what was told stands */
    take_one(f, 0, 50);
    wait_polling(f, 300);
    assert_told(f, "");
    take_one(f, 1, 40);
    assert_told(f, "40");
}

static void all_splits_silent_make_it_idle_until_a_row_comes(void **context)
{
    struct fixture *f = *context;
    f->plan.idle_timeout_ms = IDLE_MS;
    start(f, NULL);
    take_one(f, 0, 10);
    take_one(f, 1, 20);
    assert_told(f, "10");
    wait_polling(f, IDLE_MS);
    assert_told(f, "idle");
    wait_polling(f, IDLE_MS);
    assert_told(f, "");
    take_one(f, 1, 30);
    assert_told(f, "active 30");
}

static void time_that_a_blocked_chain_takes_makes_nothing_idle(void **context)
{
    struct fixture *f = *context;
    f->plan.idle_timeout_ms = IDLE_MS;
    start(f, NULL);
    take_one(f, 0, 10);
    take_one(f, 1, 10);
    assert_told(f, "10");
    f->now_us += INT64_C(3600) * 1000 * 1000;
    assert_told(f, "");
    wait_polling(f, 700);
    assert_told(f, "");
    wait_polling(f, 100);
    assert_told(f, "idle");
}

static void a_split_with_rows_to_read_is_not_idle(void **context)
{
    struct fixture *f = *context;
    f->plan.idle_timeout_ms = IDLE_MS;
    start(f, NULL);
    take_one(f, 0, 10);
    f->splits[1].has_backlog = true;
    wait_polling(f, 900);
    take_one(f, 0, 20);
    wait_polling(f, 900);
    assert_told(f, "");
    f->splits[1].has_backlog = false;
    wait_polling(f, 900);
    take_one(f, 0, 30);
    assert_told(f, "");
    wait_polling(f, 100);
    assert_told(f, "30");
}

static void finished_splits_hold_nothing_back(void **context)
{
    struct fixture *f = *context;
    start(f, NULL);
    take_one(f, 0, 10);
    f->splits[1].is_finished = true; /* it was empty */
    assert_told(f, "10");
    f->splits[0].is_finished = true;
    assert_told(f, "idle");
}

static void without_splits_it_is_idle_and_a_new_one_joins_without_a_watermark(void **context)
{
    struct fixture *f = *context;
    f->num_splits = 0;
    start(f, NULL);
    assert_told(f, "idle");
    f->num_splits = 1;
    assert_told(f, "active");
    take_one(f, 0, 10);
    assert_told(f, "10");
    f->num_splits = 2;
    take_one(f, 0, 30);
    f->now_us += 1000000;
    assert_told(f, "");
    take_one(f, 1, 20);
    assert_told(f, "20");
}

static void it_goes_on_after_a_restore_where_it_stood(void **context)
{
    struct fixture *f = *context;
    f->plan.idle_timeout_ms = IDLE_MS;
    start(f, NULL);
    take_one(f, 0, 10);
    wait_polling(f, 900);
    take_one(f, 1, 50);
    assert_told(f, "10");
    wait_polling(f, EMIT_INTERVAL_MS);
    assert_told(f, "50"); /* split 0 is idle */
    struct operator_state state = snapshot_of(f);
    start(f, &state);
    operator_state_free(&state);
    assert_told(f, "50");
    f->now_us += 1000000;
    take_one(f, 0, 20);
    take_one(f, 1, 70);
    assert_told(f, ""); /* not back to 20 */
    take_one(f, 0, 60);
    assert_told(f, "60");
}

static void it_goes_on_at_another_parallelism(void **context)
{
    struct fixture *f = *context;
    f->num_splits = 1;
    start(f, NULL);
    take_one(f, 0, 10);
    assert_told(f, "10");
    struct operator_state first = snapshot_of(f);
    f->splits[0].name = "t-1";
    start(f, NULL);
    take_one(f, 0, 30);
    assert_told(f, "30");
    struct operator_state second = snapshot_of(f);
    struct buffer bytes[2] = {{0}, {0}};
    operator_state_encode(&first, &bytes[0]);
    operator_state_encode(&second, &bytes[1]);
    operator_state_free(&first);
    operator_state_free(&second);

    struct bytes_view views[2] = {buffer_view(&bytes[0]), buffer_view(&bytes[1])};
    struct operator_state all;
    struct error error;
    assert_int_equal(operator_state_redistribute(views, 2, 0, 1, &all, &error), STATUS_OK);
    f->num_splits = 3; /* t-1, which was the second's, t-0, and one that is new */
    f->splits[1].name = "t-0";
    start(f, &all);
    assert_told(f, "10"); /* as the two of them together had it */
    take_one(f, 2, 25);
    f->now_us += 1000000;
    take_one(f, 1, 40);
    assert_told(f, "25");
    operator_state_free(&all);
    buffer_free(&bytes[0]);
    buffer_free(&bytes[1]);
}

static void a_source_of_one_unnamed_split_goes_on_too(void **context)
{
    struct fixture *f = *context;
    f->reader.ops = &ops_of_one;
    start(f, NULL);
    take_one(f, 0, 10);
    assert_told(f, "10");
    struct operator_state state = snapshot_of(f);
    start(f, &state);
    operator_state_free(&state);
    assert_told(f, "10");
    watermark_generator_finish(f->generator);
    assert_told(f, "");
    state = snapshot_of(f);
    assert_int_equal(state.lists[0].num_items, 0);
    operator_state_free(&state);
}

static void state_that_does_not_parse_is_refused(void **context)
{
    struct fixture *f = *context;
    struct operator_state state = {0};
    struct error error;
    list_state_append(operator_state_add_list(&state, "split-watermarks", LIST_STATE_UNION, 1), "short", 5);
    assert_int_equal(
        watermark_generator_create(&f->plan, &f->reader, &f->process, &state, &f->generator, &error),
        STATUS_CORRUPT);
    state.lists[0].version = 2;
    assert_int_equal(
        watermark_generator_create(&f->plan, &f->reader, &f->process, &state, &f->generator, &error),
        STATUS_UNSUPPORTED);
    operator_state_free(&state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_slowest_split_counts_and_one_not_read_yet_holds_all),
        TEST(runs_of_one_batch_go_to_their_splits),
        TEST(it_is_told_once_an_interval_and_only_when_it_grew),
        TEST(rows_without_a_time_say_nothing),
        TEST(a_silent_split_holds_nothing_back_after_the_timeout),
        TEST(all_splits_silent_make_it_idle_until_a_row_comes),
        TEST(time_that_a_blocked_chain_takes_makes_nothing_idle),
        TEST(a_split_with_rows_to_read_is_not_idle),
        TEST(finished_splits_hold_nothing_back),
        TEST(without_splits_it_is_idle_and_a_new_one_joins_without_a_watermark),
        TEST(it_goes_on_after_a_restore_where_it_stood),
        TEST(it_goes_on_at_another_parallelism),
        TEST(a_source_of_one_unnamed_split_goes_on_too),
        TEST(state_that_does_not_parse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
