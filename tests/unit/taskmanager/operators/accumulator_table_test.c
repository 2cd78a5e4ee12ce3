#include "taskmanager/operators/accumulator_table.h"

#include "common/base/hash.h"
#include "common/base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* COUNT(*) and COUNT(DISTINCT v): one accumulator without, one with a buffer. */
static struct aggregate_set *create_set(void)
{
    static const uint32_t column = 0;
    static const struct data_type type = {.kind = TYPE_BIGINT, .nullable = true};
    struct data_type result = data_type_not_null(data_type_of(TYPE_BIGINT));
    struct aggregate_call calls[2] = {
        {.function = aggregate_function_find("COUNT"), .filter = -1, .result = result},
        {.function = aggregate_function_find("COUNT"),
         .arguments = &column,
         .argument_types = &type,
         .num_arguments = 1,
         .filter = -1,
         .is_distinct = true,
         .result = result},
    };
    return aggregate_set_create(calls, 2, false);
}

static struct record_batch *batch_of(const int64_t *values, uint32_t count)
{
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "v", data_type_of(TYPE_BIGINT));
    struct record_batch *batch = record_batch_create(schema, count);
    schema_unref(schema);
    batch->columns[0] = vector_create(data_type_of(TYPE_BIGINT), count);
    memcpy(batch->columns[0]->values, values, count * sizeof *values);
    batch->columns[0]->length = count;
    return batch;
}

static void *find_one(struct accumulator_table *table, const char *key, int64_t time)
{
    struct bytes_view view = {(const uint8_t *)key, strlen(key)};
    uint64_t hash = hash_bytes(view.data, view.size);
    void *state = NULL;
    accumulator_table_find(table, &view, &hash, &time, NULL, 1, &state);
    return state;
}

static void key_and_time_name_a_row(void **state)
{
    (void)state;
    struct aggregate_set *set = create_set();
    struct accumulator_table *table = accumulator_table_create(set);
    void *a = find_one(table, "a", 1);
    assert_ptr_equal(find_one(table, "a", 1), a);
    assert_ptr_not_equal(find_one(table, "a", 2), a);
    assert_ptr_not_equal(find_one(table, "b", 1), a);
    assert_ptr_not_equal(find_one(table, "", 0), a);
    assert_int_equal(accumulator_table_count(table), 4);
    struct bytes_view key = accumulator_table_key(table, 2);
    assert_memory_equal(key.data, "b", key.size);
    assert_true(accumulator_table_time(table, 1) == 2);
    assert_ptr_equal(accumulator_table_state(table, 0), a);
    accumulator_table_clear(table);
    assert_int_equal(accumulator_table_count(table), 0);
    assert_non_null(find_one(table, "a", 1));
    assert_int_equal(accumulator_table_count(table), 1);
    accumulator_table_free(table);
    aggregate_set_free(set);
}

static void many_rows_stay_where_they_are(void **state)
{
    (void)state;
    enum { ROWS = 20000 };
    void **first = calloc(ROWS, sizeof(void *));
    struct aggregate_set *set = create_set();
    struct accumulator_table *table = accumulator_table_create(set);
    char key[16];
    for (int i = 0; i < ROWS; i++) {
        snprintf(key, sizeof key, "key %d", i / 3);
        first[i] = find_one(table, key, i % 3 - 1);
    }
    assert_int_equal(accumulator_table_count(table), ROWS);
    for (int i = ROWS; i-- > 0;) {
        snprintf(key, sizeof key, "key %d", i / 3);
        assert_ptr_equal(find_one(table, key, i % 3 - 1), first[i]);
    }
    size_t bytes = accumulator_table_bytes(table);
    assert_true(bytes > ROWS * (size_t)aggregate_set_size(set));
    accumulator_table_clear(table);
    accumulator_table_clear(table); /* the slots of the first use are gone by now */
    assert_true(accumulator_table_bytes(table) < bytes / 2);
    free(first);
    accumulator_table_free(table);
    aggregate_set_free(set);
}

static void buffers_are_accounted_for(void **state)
{
    (void)state;
    enum { ROWS = 4000 };
    struct error error;
    struct aggregate_set *set = create_set();
    struct accumulator_table *table = accumulator_table_create(set);
    int64_t values[ROWS];
    void *states[ROWS];
    for (int i = 0; i < ROWS; i++)
        values[i] = i;
    for (int i = 0; i < ROWS; i++)
        states[i] = find_one(table, i % 2 == 0 ? "even" : "odd", 0);
    size_t before = accumulator_table_bytes(table);
    struct record_batch *batch = batch_of(values, ROWS);
    assert_int_equal(aggregate_set_accumulate(set, batch, NULL, ROWS, NULL, states, &error), STATUS_OK);
    accumulator_table_account(table, states, ROWS);
    size_t heap = aggregate_set_heap_bytes(set, states[0]) + aggregate_set_heap_bytes(set, states[1]);
    assert_true(heap >= ROWS * sizeof(int64_t));
    assert_true(accumulator_table_bytes(table) == before + heap);
    accumulator_table_clear(table);
    assert_true(accumulator_table_bytes(table) <= before);
    record_batch_free(batch);
    accumulator_table_free(table);
    aggregate_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_and_time_name_a_row),
        cmocka_unit_test(many_rows_stay_where_they_are),
        cmocka_unit_test(buffers_are_accounted_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
