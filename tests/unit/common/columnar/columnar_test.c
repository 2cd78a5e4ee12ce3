#include "common/columnar/record_batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct vector *texts_of(uint32_t rows)
{
    struct vector *vector = vector_create(data_type_of(TYPE_STRING), rows);
    struct string_value *values = vector->values;
    for (uint32_t i = 0; i < rows; i++) {
        char text[32];
        int size = snprintf(text, sizeof text, "text-%u", i);
        values[i] = string_heap_add(vector_ensure_heap(vector), text, (size_t)size);
    }
    vector->length = rows;
    return vector;
}

static const char *text_at(const struct vector *vector, uint32_t row, char *text)
{
    const struct string_value *value = vector_value(vector, row);
    snprintf(text, 64, "%.*s", (int)value->size, value->data);
    return text;
}

static void gathered_texts_outlive_their_source(void **state)
{
    (void)state;
    struct vector *vector = texts_of(5000);
    vector_set_null(vector, 4999);
    const uint32_t rows[] = {4998, 3, 4999};
    struct vector *picked = vector_gather(vector, rows, 3);
    vector_unref(vector);
    char text[64];
    assert_string_equal(text_at(picked, 0, text), "text-4998");
    assert_string_equal(text_at(picked, 1, text), "text-3");
    assert_true(vector_is_null(picked, 2));
    assert_int_equal(vector_null_count(picked), 1);
    vector_unref(picked);
}

static void constants_and_dictionaries_flatten(void **state)
{
    (void)state;
    int64_t seven = 7;
    struct vector *constant = vector_create_constant(data_type_of(TYPE_BIGINT), &seven, 100);
    struct vector *flat = vector_flatten(constant);
    assert_int_equal(*(const int64_t *)vector_value(flat, 99), 7);
    assert_int_equal(vector_null_count(flat), 0);
    vector_unref(flat);
    vector_unref(constant);

    struct vector *null = vector_create_constant(data_type_of(TYPE_BIGINT), NULL, 100);
    flat = vector_flatten(null);
    assert_int_equal(vector_null_count(flat), 100);
    assert_int_equal(vector_null_count(null), 100);
    vector_unref(flat);
    vector_unref(null);

    struct vector *coded = vector_create_dictionary(texts_of(3), 4);
    const uint32_t codes[] = {2, 0, 0, 1};
    memcpy(coded->indices, codes, sizeof codes);
    vector_set_null(coded, 1);
    flat = vector_flatten(coded);
    vector_unref(coded);
    char text[64];
    assert_string_equal(text_at(flat, 0, text), "text-2");
    assert_true(vector_is_null(flat, 1));
    assert_string_equal(text_at(flat, 3, text), "text-1");
    vector_unref(flat);
}

static void growing_keeps_values_and_nulls(void **state)
{
    (void)state;
    struct vector *vector = vector_create(data_type_of(TYPE_INT), 70);
    for (int i = 0; i < 70; i++)
        ((int32_t *)vector->values)[i] = i;
    vector->length = 70;
    vector_set_null(vector, 69);
    vector_grow(vector, 1000);
    for (int i = 70; i < 1000; i++)
        ((int32_t *)vector->values)[i] = i;
    vector->length = 1000;
    assert_int_equal(vector_null_count(vector), 1);
    assert_true(vector_is_null(vector, 69));
    assert_int_equal(*(const int32_t *)vector_value(vector, 68), 68);
    vector_unref(vector);
}

static void a_batch_shares_and_picks_rows(void **state)
{
    (void)state;
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "name", data_type_of(TYPE_STRING));
    struct record_batch *batch = record_batch_create(schema, 10);
    batch->columns[0] = texts_of(10);
    record_batch_check(batch);
    struct record_batch *shared = record_batch_share(batch);
    const uint32_t rows[] = {9, 1};
    struct record_batch *picked = record_batch_gather(batch, rows, 2);
    record_batch_free(batch);
    schema_unref(schema);
    char text[64];
    assert_string_equal(text_at(shared->columns[0], 5, text), "text-5");
    assert_string_equal(text_at(picked->columns[0], 0, text), "text-9");
    assert_int_equal(schema_find(picked->schema, "name"), 0);
    assert_int_equal(schema_find(picked->schema, "NAME"), -1);
    assert_true(record_batch_bytes(picked) >= 12);
    record_batch_free(shared);
    record_batch_free(picked);
}

static void types_are_written_as_flink_does(void **state)
{
    (void)state;
    struct buffer text = {0};
    data_type_format(data_type_not_null(data_type_decimal(10, 2)), &text);
    buffer_append_text(&text, " ");
    data_type_format(data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3), &text);
    buffer_append_text(&text, " ");
    data_type_format(data_type_of(TYPE_STRING), &text);
    assert_string_equal(buffer_text(&text), "DECIMAL(10, 2) NOT NULL TIMESTAMP_LTZ(3) STRING");
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gathered_texts_outlive_their_source),
        cmocka_unit_test(constants_and_dictionaries_flatten),
        cmocka_unit_test(growing_keeps_values_and_nulls),
        cmocka_unit_test(a_batch_shares_and_picks_rows),
        cmocka_unit_test(types_are_written_as_flink_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
