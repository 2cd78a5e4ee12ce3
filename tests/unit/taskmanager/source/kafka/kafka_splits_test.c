#include "common/base/memory.h"
#include "taskmanager/source/kafka/kafka_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Each partition has one subtask, and the partitions of a topic are spread evenly. */
static void test_partitions_are_spread(void **state)
{
    (void)state;
    static const char *const topics[] = {"user_events", "metrics", "a", "a-topic-with-a-longer-name"};
    for (size_t t = 0; t < sizeof topics / sizeof *topics; t++) {
        for (uint32_t parallelism = 1; parallelism <= 7; parallelism++) {
            uint32_t counts[7] = {0};
            for (int32_t partition = 0; partition < 21; partition++) {
                uint32_t subtask = kafka_split_subtask(topics[t], partition, parallelism);
                assert_true(subtask < parallelism);
                counts[subtask]++;
            }
            for (uint32_t i = 0; i < parallelism; i++)
                assert_in_range(counts[i], 21 / parallelism, (21 + parallelism - 1) / parallelism);
        }
    }
}

/* Other versions of the program must send a partition to the same subtask of one attempt. */
static void test_assignment_is_fixed(void **state)
{
    (void)state;
    uint32_t first = kafka_split_subtask("user_events", 0, 2);
    assert_int_equal(kafka_split_subtask("user_events", 1, 2), 1 - first);
    assert_int_equal(kafka_split_subtask("user_events", INT32_MAX, 2), 1 - first);
    assert_int_equal(kafka_split_subtask("user_events", INT32_MAX, 1), 0);
}

static void test_state_survives_encoding(void **state)
{
    (void)state;
    const struct kafka_split_state split = {
        .topic = "user_events",
        .partition = 2147483647,
        .leader_epoch = -1,
        .start_offset = 0,
        .stop_offset = KAFKA_UNKNOWN_OFFSET,
        .next_offset = INT64_MAX,
    };
    struct arena *arena = arena_create(256);
    struct buffer item = {0};
    struct kafka_split_state decoded;
    struct error error;
    kafka_split_encode(&split, &item);
    assert_int_equal(kafka_split_decode(buffer_view(&item), arena, &decoded, &error), STATUS_OK);
    assert_string_equal(decoded.topic, split.topic);
    assert_int_equal(decoded.partition, split.partition);
    assert_int_equal(decoded.leader_epoch, -1);
    assert_int_equal(decoded.start_offset, 0);
    assert_int_equal(decoded.stop_offset, KAFKA_UNKNOWN_OFFSET);
    assert_true(decoded.next_offset == INT64_MAX);
    buffer_free(&item);
    arena_free(arena);
}

static void test_state_of_a_wrong_size_is_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_create(256);
    struct kafka_split_state decoded;
    struct error error;
    uint8_t *bytes = mem_calloc(1, 1024);
    static const size_t sizes[] = {0, 1, 31, 32, 32 + 250, 1024};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_int_equal(kafka_split_decode((struct bytes_view){bytes, sizes[i]}, arena, &decoded, &error),
                         STATUS_CORRUPT);
    free(bytes);
    arena_free(arena);
}

static void test_dead_letter_schema(void **state)
{
    (void)state;
    struct schema *schema = kafka_dead_letter_schema();
    struct buffer text = {0};
    schema_format(schema, &text);
    assert_string_equal(buffer_text(&text),
                        "[value: BYTES, key: BYTES, reason: STRING, topic: STRING, partition: "
                        "INT, offset: BIGINT, timestamp: TIMESTAMP_LTZ(3)]");
    buffer_free(&text);
    schema_unref(schema);
}

/* Watermarks are kept by these names, also in checkpoints. */
static void test_splits_are_told_in_their_order(void **state)
{
    (void)state;
    struct kafka_source source = {.arena = arena_create(256)};
    source.splits = mem_calloc(3, sizeof *source.splits);
    source.splits[0] = (struct kafka_split){.state = {.topic = "metrics", .partition = 12}};
    source.splits[1] = (struct kafka_split){
        .state = {.topic = "a-b", .partition = 0}, .is_finished = true, .has_backlog = true};
    source.num_splits = 2;
    uint32_t count;
    const struct source_split *listed = kafka_splits_list(&source, &count);
    assert_int_equal(count, 2);
    assert_string_equal(listed[0].name, "metrics-12");
    assert_false(listed[0].is_finished);
    assert_false(listed[0].has_backlog);
    assert_string_equal(listed[1].name, "a-b-0");
    assert_true(listed[1].is_finished);
    assert_true(listed[1].has_backlog);
    source.splits[2] = (struct kafka_split){.state = {.topic = "metrics", .partition = 13}};
    source.num_splits = 3;
    source.splits[0].is_finished = true;
    listed = kafka_splits_list(&source, &count);
    assert_int_equal(count, 3);
    assert_true(listed[0].is_finished);
    assert_string_equal(listed[2].name, "metrics-13");
    free(source.listed);
    free(source.splits);
    arena_free(source.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partitions_are_spread),
        cmocka_unit_test(test_assignment_is_fixed),
        cmocka_unit_test(test_state_survives_encoding),
        cmocka_unit_test(test_state_of_a_wrong_size_is_refused),
        cmocka_unit_test(test_dead_letter_schema),
        cmocka_unit_test(test_splits_are_told_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
