#include "common/columnar/batch_builder.h"

#include "common/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COLUMNS = 4, ROWS = 300 };

/* n BIGINT, some null; text STRING; coded STRING, a dictionary with nulls; same DECIMAL, a constant. */
static struct schema *sample_schema(void)
{
    struct schema *schema = schema_create(COLUMNS);
    schema_set_field(schema, 0, "n", data_type_of(TYPE_BIGINT));
    schema_set_field(schema, 1, "text", data_type_of(TYPE_STRING));
    schema_set_field(schema, 2, "coded", data_type_of(TYPE_STRING));
    schema_set_field(schema, 3, "same", data_type_decimal(20, 2));
    return schema;
}

static struct vector *texts(const char *format, int64_t first, uint32_t rows)
{
    struct vector *vector = vector_create(data_type_of(TYPE_STRING), rows);
    vector->length = rows;
    for (uint32_t i = 0; i < rows; i++) {
        char text[64];
        int size = snprintf(text, sizeof text, format, (long long)first + i);
        ((struct string_value *)vector->values)[i] =
            string_heap_add(vector_ensure_heap(vector), text, (size_t)size);
    }
    return vector;
}

/* Row i has the number first + i. */
static struct record_batch *sample_batch(const struct schema *schema, int64_t first, bool with_kinds)
{
    struct record_batch *batch = record_batch_create(schema, ROWS);
    batch->columns[0] = vector_create(data_type_of(TYPE_BIGINT), ROWS);
    batch->columns[0]->length = ROWS;
    batch->columns[1] = texts("text-%lld", first, ROWS);
    batch->columns[2] = vector_create_dictionary(texts("code-%lld", 0, 10), ROWS);
    int128_t same = first;
    batch->columns[3] = vector_create_constant(data_type_decimal(20, 2), &same, ROWS);
    for (uint32_t i = 0; i < ROWS; i++) {
        int64_t number = first + i;
        ((int64_t *)batch->columns[0]->values)[i] = number;
        batch->columns[2]->indices[i] = (uint32_t)(number % 10);
        if (number % 3 == 0)
            vector_set_null(batch->columns[0], i);
        if (number % 7 == 0)
            vector_set_null(batch->columns[2], i);
    }
    if (with_kinds) {
        batch->row_kinds = mem_alloc(ROWS);
        for (uint32_t i = 0; i < ROWS; i++)
            batch->row_kinds[i] = (uint8_t)((first + i) % 4);
    }
    return batch;
}

static void assert_text(const struct vector *vector, uint32_t row, const char *format, int64_t number)
{
    char expected[64];
    int size = snprintf(expected, sizeof expected, format, (long long)number);
    const struct string_value *value = vector_value(vector, row);
    assert_int_equal(value->size, size);
    assert_memory_equal(value->data, expected, (size_t)size);
}

static void assert_row(const struct record_batch *batch, uint32_t row, int64_t number, int64_t first)
{
    assert_int_equal(vector_is_null(batch->columns[0], row), number % 3 == 0);
    if (number % 3 != 0)
        assert_int_equal(*(const int64_t *)vector_value(batch->columns[0], row), number);
    assert_text(batch->columns[1], row, "text-%lld", number);
    assert_int_equal(vector_is_null(batch->columns[2], row), number % 7 == 0);
    if (number % 7 != 0)
        assert_text(batch->columns[2], row, "code-%lld", number % 10);
    assert_true(*(const int128_t *)vector_value(batch->columns[3], row) == first);
}

static void rows_of_many_batches_are_gathered(void **state)
{
    (void)state;
    struct schema *schema = sample_schema();
    struct batch_builder *builder = batch_builder_create(schema);
    for (int again = 0; again < 2; again++) {
        const uint32_t rows[] = {0, 7, 8, 299};
        for (int64_t b = 0; b < 50; b++) {
            struct record_batch *batch = sample_batch(schema, b * 1000, b == 20);
            batch_builder_append(builder, batch, rows, 4);
            batch_builder_append(builder, batch, rows, 0);
            record_batch_free(batch); /* nothing of it is held on to */
        }
        assert_int_equal(batch_builder_num_rows(builder), 200);
        assert_true(batch_builder_bytes(builder) > 200 * 48);
        struct record_batch *batch = batch_builder_take(builder);
        assert_int_equal(batch_builder_num_rows(builder), 0);
        assert_int_equal(batch_builder_bytes(builder), 0);
        record_batch_check(batch);
        for (uint32_t i = 0; i < 200; i++) {
            int64_t number = (int64_t)(i / 4) * 1000 + rows[i % 4];
            assert_row(batch, i, number, (int64_t)(i / 4) * 1000);
            assert_int_equal(batch->row_kinds[i], i / 4 == 20 ? number % 4 : ROW_INSERT);
        }
        record_batch_free(batch);
    }
    batch_builder_free(builder);
    schema_unref(schema);
}

static void columns_without_a_type_become_nulls(void **state)
{
    (void)state;
    struct schema *schema = schema_create(2);
    schema_set_field(schema, 0, "nothing", data_type_of(TYPE_STRING));
    schema_set_field(schema, 1, "n", data_type_of(TYPE_INT));
    struct record_batch *batch = record_batch_create(schema, 5);
    batch->columns[0] = vector_create_constant(data_type_of(TYPE_NULL), NULL, 5);
    batch->columns[1] = vector_create_constant(data_type_of(TYPE_INT), NULL, 5);
    struct batch_builder *builder = batch_builder_create(schema);
    const uint32_t rows[] = {4, 2};
    batch_builder_append(builder, batch, rows, 2);
    record_batch_free(batch);
    batch = batch_builder_take(builder);
    for (uint32_t c = 0; c < 2; c++)
        assert_int_equal(vector_null_count(batch->columns[c]), 2);
    record_batch_free(batch);
    batch_builder_free(builder);
    schema_unref(schema);
}

static void rows_of_no_columns_are_counted(void **state)
{
    (void)state;
    struct schema *schema = schema_create(0);
    struct record_batch *batch = record_batch_create(schema, 100);
    struct batch_builder *builder = batch_builder_create(schema);
    const uint32_t rows[] = {1, 2, 3};
    batch_builder_append(builder, batch, rows, 3);
    record_batch_free(batch);
    batch = batch_builder_take(builder);
    assert_int_equal(batch->num_rows, 3);
    assert_null(batch->row_kinds);
    record_batch_free(batch);
    batch_builder_free(builder);
    schema_unref(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_many_batches_are_gathered),
        cmocka_unit_test(columns_without_a_type_become_nulls),
        cmocka_unit_test(rows_of_no_columns_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
