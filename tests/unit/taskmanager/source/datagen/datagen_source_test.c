#include "taskmanager/source/datagen/datagen_source.h"

#include "common/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A source `id BIGINT sequence 1..end, name STRING(5)` and a clock that the test moves. */
struct fixture {
    int64_t now_us;
    struct process_context process;
    struct operator_metrics metrics;
    struct operator_context context;
    struct schema *schema;
    struct datagen_field fields[2];
    struct datagen_config config;
    struct plan_source source;
    struct plan_node node;
};

static int64_t read_now(void *context)
{
    return ((struct fixture *)context)->now_us;
}

static int set_up(void **context)
{
    struct fixture *fixture = mem_calloc(1, sizeof *fixture);
    fixture->now_us = 1000000;
    fixture->process.clock = (struct clock){read_now, read_now, fixture};
    fixture->context = (struct operator_context){
        .process = &fixture->process, .parallelism = 1, .metrics = &fixture->metrics};
    fixture->schema = schema_create(2);
    schema_set_field(fixture->schema, 0, "id", data_type_of(TYPE_BIGINT));
    schema_set_field(fixture->schema, 1, "name", data_type_of(TYPE_STRING));
    fixture->fields[0] = (struct datagen_field){.kind = DATAGEN_SEQUENCE, .start = 1, .end = 20};
    fixture->fields[1] = (struct datagen_field){.kind = DATAGEN_RANDOM, .length = 5};
    fixture->config = (struct datagen_config){
        .rows_per_second = 1000, .number_of_rows = -1, .fields = fixture->fields, .field_count = 2};
    fixture->source = (struct plan_source){.kind = PLAN_SOURCE_DATAGEN, .datagen = &fixture->config};
    fixture->node = (struct plan_node){.kind = PLAN_SOURCE,
                                       .id = 1,
                                       .name = "Source: g[1]",
                                       .schema = fixture->schema,
                                       .source = &fixture->source};
    *context = fixture;
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    schema_unref(fixture->schema);
    free(fixture);
    return 0;
}

static struct source_reader *open_reader(struct fixture *fixture, const struct operator_state *state)
{
    struct source_reader *reader = datagen_source_create(&fixture->node);
    struct error error;
    struct operator_state empty = {0};
    assert_int_equal(reader->ops->open(reader, &fixture->context, &error), STATUS_OK);
    assert_int_equal(reader->ops->restore(reader, state != NULL ? state : &empty, state != NULL, &error),
                     STATUS_OK);
    return reader;
}

/* Rows as "id:name " until the end, or until limit rows came. Time moves on while nothing is due. */
static bool drain(struct fixture *fixture, struct source_reader *reader, size_t limit, struct buffer *text)
{
    struct error error;
    for (size_t count = 0; count < limit;) {
        struct record_batch *batch;
        enum source_result result = reader->ops->poll(reader, 0, &batch, &error);
        if (result == SOURCE_ENDED)
            return true;
        fixture->now_us += 1000;
        if (result == SOURCE_EMPTY)
            continue;
        assert_int_equal(result, SOURCE_BATCH);
        for (uint32_t row = 0; row < batch->num_rows; row++) {
            const struct string_value *name = vector_value(batch->columns[1], row);
            buffer_printf(text, "%lld:%.*s ",
                          (long long)*(const int64_t *)vector_value(batch->columns[0], row), (int)name->size,
                          name->data);
        }
        count += batch->num_rows;
        record_batch_free(batch);
    }
    return false;
}

static struct buffer snapshot_of(struct source_reader *reader)
{
    struct operator_snapshot snapshot = {0};
    struct error error;
    struct buffer bytes = {0};
    assert_int_equal(reader->ops->snapshot_state(reader, 1, &snapshot, &error), STATUS_OK);
    operator_state_encode(&snapshot.state, &bytes);
    operator_snapshot_free(&snapshot);
    return bytes;
}

static void a_sequence_ends_after_its_last_value(void **context)
{
    struct fixture *fixture = *context;
    struct source_reader *reader = open_reader(fixture, NULL);
    struct buffer text = {0};
    assert_true(drain(fixture, reader, 1000, &text));
    assert_int_equal(strncmp(buffer_text(&text), "1:", 2), 0);
    assert_non_null(strstr(buffer_text(&text), " 20:"));
    assert_null(strstr(buffer_text(&text), " 21:"));
    reader->ops->close(reader);
    buffer_free(&text);
}

static void a_restore_makes_exactly_the_rows_that_follow(void **context)
{
    struct fixture *fixture = *context;
    struct source_reader *reader = open_reader(fixture, NULL);
    struct buffer text = {0}, again = {0};
    drain(fixture, reader, 7, &text);
    struct buffer bytes = snapshot_of(reader);
    buffer_clear(&text);
    assert_true(drain(fixture, reader, 1000, &text));
    reader->ops->close(reader);

    struct operator_state state = {0};
    struct error error;
    assert_int_equal(operator_state_decode(buffer_view(&bytes), &state, &error), STATUS_OK);
    reader = open_reader(fixture, &state);
    assert_true(drain(fixture, reader, 1000, &again));
    assert_string_equal(buffer_text(&again), buffer_text(&text));
    reader->ops->close(reader);
    operator_state_free(&state);
    buffer_free(&bytes);
    buffer_free(&text);
    buffer_free(&again);
}

static void mark_ids(const struct buffer *text, int *seen)
{
    const char *at = (const char *)text->data;
    for (const char *end = at + text->size; at < end; at = strchr(at, ' ') + 1)
        seen[atoi(at)]++;
}

static void two_subtasks_share_the_sequence_and_three_take_over(void **context)
{
    struct fixture *fixture = *context;
    struct buffer bytes[2];
    struct bytes_view states[2];
    int seen[21] = {0};
    fixture->context.parallelism = 2;
    for (uint32_t i = 0; i < 2; i++) {
        struct buffer text = {0};
        fixture->context.subtask = i;
        struct source_reader *reader = open_reader(fixture, NULL);
        drain(fixture, reader, i == 0 ? 3 : 1, &text);
        mark_ids(&text, seen);
        bytes[i] = snapshot_of(reader);
        states[i] = buffer_view(&bytes[i]);
        reader->ops->close(reader);
        buffer_free(&text);
    }
    fixture->context.parallelism = 3;
    for (uint32_t i = 0; i < 3; i++) {
        struct operator_state state = {0};
        struct error error;
        struct buffer text = {0};
        assert_int_equal(operator_state_redistribute(states, 2, i, 3, &state, &error), STATUS_OK);
        fixture->context.subtask = i;
        struct source_reader *reader = open_reader(fixture, &state);
        assert_true(drain(fixture, reader, 1000, &text));
        buffer_text(&text);
        mark_ids(&text, seen);
        reader->ops->close(reader);
        operator_state_free(&state);
        buffer_free(&text);
    }
    for (int id = 1; id <= 20; id++)
        assert_int_equal(seen[id], 1);
    buffer_free(&bytes[0]);
    buffer_free(&bytes[1]);
}

static void number_of_rows_bounds_all_subtasks_together(void **context)
{
    struct fixture *fixture = *context;
    fixture->config.number_of_rows = 5;
    fixture->context.parallelism = 3;
    int seen[21] = {0};
    for (uint32_t i = 0; i < 3; i++) {
        struct buffer text = {0};
        fixture->context.subtask = i;
        struct source_reader *reader = open_reader(fixture, NULL);
        assert_true(drain(fixture, reader, 1000, &text));
        buffer_text(&text);
        mark_ids(&text, seen);
        reader->ops->close(reader);
        buffer_free(&text);
    }
    for (int id = 1; id <= 20; id++)
        assert_int_equal(seen[id], id <= 5 ? 1 : 0);
}

static void no_more_rows_come_than_the_rate_allows(void **context)
{
    struct fixture *fixture = *context;
    fixture->fields[0].kind = DATAGEN_RANDOM;
    fixture->fields[0].max_integer = 9;
    struct source_reader *reader = open_reader(fixture, NULL);
    struct error error;
    int64_t start_us = fixture->now_us;
    uint64_t num_rows = 0;
    while (fixture->now_us < start_us + 2000000) {
        struct record_batch *batch;
        if (reader->ops->poll(reader, 0, &batch, &error) == SOURCE_BATCH) {
            num_rows += batch->num_rows;
            record_batch_free(batch);
        }
        fixture->now_us += 500;
    }
    assert_in_range(num_rows, 1980, 2020);
    reader->ops->close(reader);
}

static void a_state_of_another_version_is_refused(void **context)
{
    struct fixture *fixture = *context;
    struct operator_state state = {0};
    list_state_append(operator_state_add_list(&state, "stripes", LIST_STATE_SPLIT, 9), "x", 1);
    struct source_reader *reader = datagen_source_create(&fixture->node);
    struct error error;
    assert_int_equal(reader->ops->open(reader, &fixture->context, &error), STATUS_OK);
    assert_int_equal(reader->ops->restore(reader, &state, true, &error), STATUS_CORRUPT);
    reader->ops->close(reader);
    operator_state_free(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sequence_ends_after_its_last_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_restore_makes_exactly_the_rows_that_follow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_subtasks_share_the_sequence_and_three_take_over, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(number_of_rows_bounds_all_subtasks_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_more_rows_come_than_the_rate_allows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_state_of_another_version_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
