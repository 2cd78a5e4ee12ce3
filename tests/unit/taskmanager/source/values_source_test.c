#include "taskmanager/source/values_source.h"

#include "common/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct schema *make_schema(void)
{
    struct schema *schema = schema_create(2);
    schema_set_field(schema, 0, "n", data_type_of(TYPE_BIGINT));
    schema_set_field(schema, 1, "t", data_type_of(TYPE_STRING));
    return schema;
}

struct fixture {
    struct arena *arena;
    struct schema *schema;
    struct plan_source source;
    struct plan_node node;
    struct operator_metrics metrics;
    struct operator_context context;
};

/* (0, 'a'), (1, NULL), (2, 'a'), ... */
static int set_up(void **context)
{
    enum { ROWS = BATCH_MAX_ROWS + 10 };
    struct fixture *fixture = mem_calloc(1, sizeof *fixture);
    fixture->arena = arena_create(4096);
    fixture->schema = make_schema();
    const struct expression **values = arena_calloc(fixture->arena, ROWS * 2, sizeof *values);
    for (int64_t i = 0; i < ROWS; i++) {
        struct string_value text = string_value_of("a", 1);
        values[2 * i] = expression_literal_bigint(fixture->arena, i);
        values[2 * i + 1] =
            expression_literal(fixture->arena, data_type_of(TYPE_STRING), i % 2 == 0 ? &text : NULL);
    }
    fixture->source =
        (struct plan_source){.kind = PLAN_SOURCE_VALUES, .values = values, .value_row_count = ROWS};
    fixture->node = (struct plan_node){.kind = PLAN_SOURCE,
                                       .id = 1,
                                       .name = "Source: Values[1]",
                                       .schema = fixture->schema,
                                       .source = &fixture->source};
    fixture->context = (struct operator_context){.parallelism = 2, .metrics = &fixture->metrics};
    *context = fixture;
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    schema_unref(fixture->schema);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static struct source_reader *open_reader(struct fixture *fixture, uint32_t subtask,
                                         const struct operator_state *state)
{
    struct source_reader *reader = values_source_create(&fixture->node);
    struct error error;
    struct operator_state empty = {0};
    fixture->context.subtask = subtask;
    assert_int_equal(reader->ops->open(reader, &fixture->context, &error), STATUS_OK);
    assert_int_equal(reader->ops->restore(reader, state != NULL ? state : &empty, state != NULL, &error),
                     STATUS_OK);
    return reader;
}

static void the_first_subtask_makes_all_rows(void **context)
{
    struct fixture *fixture = *context;
    struct source_reader *reader = open_reader(fixture, 0, NULL);
    struct error error;
    struct record_batch *batch;
    int64_t next = 0;
    while (reader->ops->poll(reader, 0, &batch, &error) == SOURCE_BATCH) {
        record_batch_check(batch);
        for (uint32_t row = 0; row < batch->num_rows; row++, next++) {
            assert_int_equal(*(const int64_t *)vector_value(batch->columns[0], row), next);
            assert_int_equal(vector_is_null(batch->columns[1], row), next % 2 == 1);
        }
        record_batch_free(batch);
    }
    assert_int_equal(next, BATCH_MAX_ROWS + 10);
    reader->ops->close(reader);
    reader = open_reader(fixture, 1, NULL);
    assert_int_equal(reader->ops->poll(reader, 0, &batch, &error), SOURCE_ENDED);
    reader->ops->close(reader);
}

static void a_restore_goes_on_behind_the_last_row_and_in_one_subtask_only(void **context)
{
    struct fixture *fixture = *context;
    struct source_reader *reader = open_reader(fixture, 0, NULL);
    struct error error;
    struct record_batch *batch;
    assert_int_equal(reader->ops->poll(reader, 0, &batch, &error), SOURCE_BATCH);
    record_batch_free(batch);
    struct operator_snapshot snapshot = {0};
    assert_int_equal(reader->ops->snapshot_state(reader, 1, &snapshot, &error), STATUS_OK);
    reader->ops->close(reader);

    reader = open_reader(fixture, 1, &snapshot.state);
    assert_int_equal(reader->ops->poll(reader, 0, &batch, &error), SOURCE_BATCH);
    assert_int_equal(batch->num_rows, 10);
    record_batch_free(batch);
    reader->ops->close(reader);

    struct operator_state nothing = {0};
    reader = open_reader(fixture, 0, &nothing);
    assert_int_equal(reader->ops->poll(reader, 0, &batch, &error), SOURCE_ENDED);
    reader->ops->close(reader);
    operator_snapshot_free(&snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_subtask_makes_all_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_restore_goes_on_behind_the_last_row_and_in_one_subtask_only, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
