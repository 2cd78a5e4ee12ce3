#include "taskmanager/sink/collect/collect_sink.h"

#include "common/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct collect_channel *channel;
    struct operator* sink;
    struct plan_sink plan;
    struct plan_node node;
    struct operator_metrics metrics;
    struct operator_context context;
    int num_wakes;
    int num_offers;
};

static void count_wake(void *context)
{
    ((struct fixture *)context)->num_wakes++;
}

static void count_offer(void *context)
{
    ((struct fixture *)context)->num_offers++;
}

static int set_up(void **context)
{
    struct fixture *fixture = mem_calloc(1, sizeof *fixture);
    fixture->plan = (struct plan_sink){.kind = PLAN_SINK_COLLECT, .table = "", .sink_id = 3};
    fixture->node = (struct plan_node){.kind = PLAN_SINK, .id = 2, .name = "collect", .sink = &fixture->plan};
    fixture->context =
        (struct operator_context){.metrics = &fixture->metrics, .wake = count_wake, .wake_context = fixture};
    fixture->channel = collect_channel_create();
    collect_channel_on_offer(fixture->channel, count_offer, fixture);
    fixture->sink = collect_sink_create(&fixture->node, fixture->channel);
    struct error error;
    assert_int_equal(fixture->sink->ops->open(fixture->sink, &fixture->context, &error), STATUS_OK);
    *context = fixture;
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    fixture->sink->ops->close(fixture->sink);
    collect_channel_unref(fixture->channel);
    free(fixture);
    return 0;
}

static struct record_batch *texts(const char *const *values, uint32_t count)
{
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "t", data_type_of(TYPE_STRING));
    struct record_batch *batch = record_batch_create(schema, count);
    schema_unref(schema);
    struct vector *column = vector_create(data_type_of(TYPE_STRING), count);
    batch->columns[0] = column;
    column->length = count;
    for (uint32_t i = 0; i < count; i++) {
        const char *value = values[i] != NULL ? values[i] : "";
        ((struct string_value *)column->values)[i] =
            string_heap_add(vector_ensure_heap(column), value, strlen(value));
        if (values[i] == NULL)
            vector_set_null(column, i);
    }
    return batch;
}

static enum operator_result process(struct fixture *fixture, const char *text)
{
    struct error error;
    return fixture->sink->ops->process_batch(fixture->sink, 0, texts(&text, 1), &error);
}

static void rows_are_json_with_everything_escaped(void **context)
{
    struct fixture *fixture = *context;
    static const char *const values[] = {"a\"b\\c\n\t\x01", NULL, "\xC3\xA9"};
    struct error error;
    assert_int_equal(fixture->sink->ops->process_batch(fixture->sink, 0, texts(values, 3), &error),
                     OPERATOR_DONE);
    struct collect_rows_message message;
    assert_true(collect_channel_peek(fixture->channel, &message));
    static const char expected[] = "[[\"a\\\"b\\\\c\\n\\t\\u0001\"],[null],[\"\xC3\xA9\"]]";
    assert_int_equal(message.rows.size, strlen(expected));
    assert_memory_equal(message.rows.data, expected, strlen(expected));
    assert_int_equal(message.num_rows, 3);
    assert_int_equal(message.sink_id, 3);
    assert_int_equal(fixture->num_offers, 1);
}

static void rows_of_a_changelog_have_their_kind_behind_the_fields(void **context)
{
    struct fixture *fixture = *context;
    static const char *const values[] = {"a", "a", "b", "c"};
    struct record_batch *batch = texts(values, 4);
    batch->row_kinds = mem_alloc(4);
    batch->row_kinds[0] = ROW_UPDATE_BEFORE;
    batch->row_kinds[1] = ROW_UPDATE_AFTER;
    batch->row_kinds[2] = ROW_INSERT;
    batch->row_kinds[3] = ROW_DELETE;
    struct error error;
    assert_int_equal(fixture->sink->ops->process_batch(fixture->sink, 0, batch, &error), OPERATOR_DONE);
    struct collect_rows_message message;
    assert_true(collect_channel_peek(fixture->channel, &message));
    static const char expected[] =
        "[[\"a\",\"UPDATE_BEFORE\"],[\"a\",\"UPDATE_AFTER\"],[\"b\"],[\"c\",\"DELETE\"]]";
    assert_int_equal(message.rows.size, strlen(expected));
    assert_memory_equal(message.rows.data, expected, strlen(expected));
}

static void a_full_channel_holds_the_sink_back_and_keeps_the_order(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    for (int i = 0; i < COLLECT_CHANNEL_CAPACITY; i++)
        assert_int_equal(process(fixture, "x"), OPERATOR_DONE);
    assert_int_equal(process(fixture, "last"), OPERATOR_WAITING);
    assert_int_equal(fixture->sink->ops->resume(fixture->sink, &error), OPERATOR_WAITING);
    collect_channel_take_off(fixture->channel);
    assert_int_equal(fixture->num_wakes, 1);
    assert_int_equal(fixture->sink->ops->resume(fixture->sink, &error), OPERATOR_DONE);
    struct collect_rows_message message;
    for (uint64_t sequence = 1; sequence <= COLLECT_CHANNEL_CAPACITY; sequence++) {
        assert_true(collect_channel_peek(fixture->channel, &message));
        assert_int_equal(message.sequence, sequence);
        if (sequence == COLLECT_CHANNEL_CAPACITY)
            assert_memory_equal(message.rows.data, "[[\"last\"]]", message.rows.size);
        collect_channel_take_off(fixture->channel);
    }
    assert_false(collect_channel_peek(fixture->channel, &message));
}

static void the_end_waits_until_all_rows_were_taken(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    process(fixture, "x");
    assert_int_equal(fixture->sink->ops->end_input(fixture->sink, 0, INPUT_FINISHED, &error),
                     OPERATOR_WAITING);
    collect_channel_take_off(fixture->channel);
    assert_int_equal(fixture->num_wakes, 1);
    assert_int_equal(fixture->sink->ops->resume(fixture->sink, &error), OPERATOR_DONE);
}

static void wide_rows_go_out_in_pieces(void **context)
{
    struct fixture *fixture = *context;
    enum { ROWS = 40, TEXT_BYTES = 100000 };
    char *wide = mem_alloc(TEXT_BYTES + 1);
    memset(wide, 'w', TEXT_BYTES);
    wide[TEXT_BYTES] = '\0';
    const char *values[ROWS];
    for (int i = 0; i < ROWS; i++)
        values[i] = wide;
    struct error error;
    assert_int_equal(fixture->sink->ops->process_batch(fixture->sink, 0, texts(values, ROWS), &error),
                     OPERATOR_DONE);
    struct collect_rows_message message;
    uint32_t num_rows = 0;
    while (collect_channel_peek(fixture->channel, &message)) {
        assert_true(message.rows.size < 2 << 20);
        num_rows += message.num_rows;
        collect_channel_take_off(fixture->channel);
    }
    assert_int_equal(num_rows, ROWS);
    free(wide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_are_json_with_everything_escaped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_of_a_changelog_have_their_kind_behind_the_fields, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_full_channel_holds_the_sink_back_and_keeps_the_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_end_waits_until_all_rows_were_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wide_rows_go_out_in_pieces, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
