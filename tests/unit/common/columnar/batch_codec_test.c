#include "common/columnar/batch_codec.h"

#include "common/base/memory.h"
#include "common/base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 1000 };

static const enum type_kind kinds[] = {
    TYPE_BOOLEAN, TYPE_INT,   TYPE_BIGINT, TYPE_FLOAT,     TYPE_DOUBLE,        TYPE_DECIMAL,
    TYPE_STRING,  TYPE_BYTES, TYPE_DATE,   TYPE_TIMESTAMP, TYPE_TIMESTAMP_LTZ,
};
enum { NUM_KINDS = sizeof kinds / sizeof kinds[0] };

static struct schema *schema_of_all_kinds(void)
{
    struct schema *schema = schema_create(NUM_KINDS);
    for (uint32_t i = 0; i < NUM_KINDS; i++)
        schema_set_field(schema, i, "field", data_type_of(kinds[i]));
    return schema;
}

static struct vector *random_flat(struct random *random, struct data_type type, uint32_t rows,
                                  bool with_nulls)
{
    struct vector *vector = vector_create(type, rows);
    vector->length = rows;
    size_t width = data_type_width(type.kind);
    for (uint32_t i = 0; i < rows; i++) {
        if (data_type_is_string(type.kind)) {
            char text[64];
            int size = snprintf(text, sizeof text, "%.*s", (int)random_below(random, 40),
                                "a text that is cut at some length or other");
            ((struct string_value *)vector->values)[i] =
                string_heap_add(vector_ensure_heap(vector), text, (size_t)size);
            continue;
        }
        uint64_t word = type.kind == TYPE_BOOLEAN ? random_below(random, 2) : random_next(random);
        int128_t wide = (int64_t)word;
        memcpy((char *)vector->values + i * width, type.kind == TYPE_DECIMAL ? (void *)&wide : (void *)&word,
               width);
    }
    for (uint32_t i = 0; with_nulls && i < rows; i++) {
        if (random_below(random, 3) > 0)
            continue;
        vector_set_null(vector, i);
        memset((char *)vector->values + i * width, 0xEE, width); /* nobody may look at it */
    }
    return vector;
}

static struct vector *random_vector(struct random *random, struct data_type type, uint32_t rows)
{
    switch (random_below(random, 5)) {
    case 0: return random_flat(random, type, rows, false);
    case 1: return random_flat(random, type, rows, true);
    case 2: return vector_create_constant(type, NULL, rows);
    case 3: {
        struct vector *one = random_flat(random, type, 1, false);
        struct vector *constant = vector_create_constant(type, one->values, rows);
        vector_unref(one);
        return constant;
    }
    default: {
        static const uint32_t sizes[] = {1, 200, 300, 900};
        uint32_t entries = sizes[random_below(random, 4)];
        struct vector *vector = vector_create_dictionary(random_flat(random, type, entries, false), rows);
        for (uint32_t i = 0; i < rows; i++) {
            vector->indices[i] = (uint32_t)random_below(random, entries);
            if (random_below(random, 4) == 0)
                vector_set_null(vector, i);
        }
        return vector;
    }
    }
}

static struct record_batch *random_batch(struct random *random, const struct schema *schema, uint32_t rows)
{
    struct record_batch *batch = record_batch_create(schema, rows);
    for (uint32_t i = 0; i < schema->num_fields; i++)
        batch->columns[i] = random_vector(random, schema->fields[i].type, rows);
    if (random_below(random, 2) == 0) {
        batch->row_kinds = mem_alloc(rows);
        for (uint32_t i = 0; i < rows; i++)
            batch->row_kinds[i] = (uint8_t)random_below(random, 4);
    }
    return batch;
}

static void assert_same_rows(const struct record_batch *whole, uint32_t first,
                             const struct record_batch *part)
{
    record_batch_check(part);
    assert_int_equal(whole->row_kinds != NULL, part->row_kinds != NULL);
    if (part->row_kinds != NULL)
        assert_memory_equal(whole->row_kinds + first, part->row_kinds, part->num_rows);
    for (uint32_t c = 0; c < whole->schema->num_fields; c++) {
        const struct vector *a = whole->columns[c], *b = part->columns[c];
        for (uint32_t i = 0; i < part->num_rows; i++) {
            assert_int_equal(vector_is_null(a, first + i), vector_is_null(b, i));
            if (vector_is_null(b, i))
                continue;
            if (data_type_is_string(a->type.kind))
                assert_true(string_value_equal(vector_value(a, first + i), vector_value(b, i)));
            else
                assert_memory_equal(vector_value(a, first + i), vector_value(b, i),
                                    data_type_width(a->type.kind));
        }
    }
}

static struct buffer encode(const struct record_batch *batch, uint32_t first, uint32_t count)
{
    struct buffer bytes = {0};
    size_t size = batch_encoded_bytes(batch, first, count);
    buffer_append_zeros(&bytes, size);
    batch_encode(batch, first, count, bytes.data);
    return bytes;
}

static void rows_come_back_in_every_encoding(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 7);
    struct schema *schema = schema_of_all_kinds();
    for (int round = 0; round < 60; round++) {
        struct record_batch *batch = random_batch(&random, schema, ROWS);
        uint32_t first = (uint32_t)random_below(&random, ROWS);
        uint32_t count = (uint32_t)random_below(&random, ROWS - first + 1);
        struct buffer bytes = encode(batch, first, count);
        struct record_batch *decoded = NULL;
        struct error error;
        assert_int_equal(batch_decode(schema, buffer_view(&bytes), &decoded, &error), STATUS_OK);
        assert_int_equal(decoded->num_rows, count);
        assert_same_rows(batch, first, decoded);
        record_batch_free(decoded);
        buffer_free(&bytes);
        record_batch_free(batch);
    }
    schema_unref(schema);
}

static void a_batch_goes_in_frames_of_a_size(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 11);
    struct schema *schema = schema_of_all_kinds();
    struct record_batch *batch = random_batch(&random, schema, ROWS);
    for (size_t max_bytes = 1; max_bytes < 100000; max_bytes = max_bytes * 7 + 1) {
        uint32_t frames = 0;
        for (uint32_t first = 0; first < ROWS; frames++) {
            size_t size;
            uint32_t count = batch_encodable_rows(batch, first, max_bytes, &size);
            assert_true(count == 1 || size <= max_bytes);
            struct buffer bytes = encode(batch, first, count);
            assert_int_equal(bytes.size, size);
            struct record_batch *decoded = NULL;
            struct error error;
            assert_int_equal(batch_decode(schema, buffer_view(&bytes), &decoded, &error), STATUS_OK);
            assert_same_rows(batch, first, decoded);
            record_batch_free(decoded);
            buffer_free(&bytes);
            first += count;
        }
        assert_true(max_bytes > 1 || frames == ROWS);
    }
    record_batch_free(batch);
    schema_unref(schema);
}

/* Rows of no columns, as COUNT(*) needs them, and columns of the literal NULL. */
static void no_columns_and_no_types(void **state)
{
    (void)state;
    struct schema *schema = schema_create(0);
    struct record_batch *batch = record_batch_create(schema, 4096);
    struct buffer bytes = encode(batch, 0, 4096);
    struct record_batch *decoded = NULL;
    struct error error;
    assert_int_equal(batch_decode(schema, buffer_view(&bytes), &decoded, &error), STATUS_OK);
    assert_int_equal(decoded->num_rows, 4096);
    record_batch_free(decoded);
    record_batch_free(batch);
    buffer_free(&bytes);
    schema_unref(schema);

    schema = schema_create(1);
    schema_set_field(schema, 0, "nothing", data_type_of(TYPE_STRING));
    batch = record_batch_create(schema, 10);
    batch->columns[0] = vector_create(data_type_of(TYPE_NULL), 10);
    batch->columns[0]->length = 10;
    bytes = encode(batch, 3, 7);
    assert_int_equal(batch_decode(schema, buffer_view(&bytes), &decoded, &error), STATUS_OK);
    assert_int_equal(vector_null_count(decoded->columns[0]), 7);
    record_batch_free(decoded);
    record_batch_free(batch);
    buffer_free(&bytes);
    schema_unref(schema);
}

/* A dictionary without entries, of rows that are all null. */
static void an_empty_dictionary(void **state)
{
    (void)state;
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "text", data_type_of(TYPE_STRING));
    struct record_batch *batch = record_batch_create(schema, 3);
    batch->columns[0] = vector_create_dictionary(vector_create(data_type_of(TYPE_STRING), 0), 3);
    for (uint32_t i = 0; i < 3; i++) {
        batch->columns[0]->indices[i] = 99;
        vector_set_null(batch->columns[0], i);
    }
    struct buffer bytes = encode(batch, 0, 3);
    struct record_batch *decoded = NULL;
    struct error error;
    assert_int_equal(batch_decode(schema, buffer_view(&bytes), &decoded, &error), STATUS_OK);
    assert_int_equal(vector_null_count(decoded->columns[0]), 3);
    record_batch_free(decoded);
    buffer_free(&bytes);
    record_batch_free(batch);
    schema_unref(schema);
}

static enum status decode_bytes(const struct schema *schema, const void *bytes, size_t size)
{
    struct record_batch *decoded = NULL;
    struct error error;
    /* A copy of its own, so that a sanitizer sees a read beyond the end. */
    uint8_t *copy = mem_dup(bytes, size);
    enum status status = batch_decode(schema, (struct bytes_view){copy, size}, &decoded, &error);
    free(copy);
    if (status == STATUS_OK)
        record_batch_free(decoded);
    return status;
}

static void bytes_that_are_cut_are_refused(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 13);
    struct schema *schema = schema_of_all_kinds();
    for (int round = 0; round < 20; round++) {
        struct record_batch *batch = random_batch(&random, schema, 9);
        struct buffer bytes = encode(batch, 0, 9);
        for (size_t size = 0; size < bytes.size; size++)
            assert_int_equal(decode_bytes(schema, bytes.data, size), STATUS_CORRUPT);
        assert_int_equal(decode_bytes(schema, bytes.data, bytes.size), STATUS_OK);
        buffer_append_byte(&bytes, 0);
        assert_int_equal(decode_bytes(schema, bytes.data, bytes.size), STATUS_CORRUPT);
        buffer_free(&bytes);
        record_batch_free(batch);
    }
    schema_unref(schema);
}

static void values_that_no_reader_expects_are_refused(void **state)
{
    (void)state;
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "flag", data_type_of(TYPE_BOOLEAN));
    const uint8_t good[] = {2, 0, 0, 0, 1, 0, 3, VECTOR_FLAT, 0, 1, 0};
    assert_int_equal(decode_bytes(schema, good, sizeof good), STATUS_OK);
    static const struct {
        size_t at;
        uint8_t value;
    } faults[] = {
        {1, 0x20} /* too many rows */, {4, 2} /* has row kinds */, {6, 4} /* row kind */,
        {7, 3} /* encoding */,         {8, 2} /* flag */,          {9, 2} /* neither true nor false */,
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        uint8_t bad[sizeof good];
        memcpy(bad, good, sizeof good);
        bad[faults[i].at] = faults[i].value;
        assert_int_equal(decode_bytes(schema, bad, sizeof bad), STATUS_CORRUPT);
    }
    const uint8_t coded[] = {2, 0, 0, 0, 0, VECTOR_DICTIONARY, 0, 1, 0, 0, 0, 1, 0, 0};
    assert_int_equal(decode_bytes(schema, coded, sizeof coded), STATUS_OK);
    uint8_t beyond[sizeof coded];
    memcpy(beyond, coded, sizeof coded);
    beyond[13] = 1; /* an index that the dictionary does not have */
    assert_int_equal(decode_bytes(schema, beyond, sizeof beyond), STATUS_CORRUPT);
    schema_unref(schema);

    schema = schema_create(1);
    schema_set_field(schema, 0, "amount", data_type_decimal(10, 2));
    uint8_t decimal[7 + 16] = {1, 0, 0, 0, 0, VECTOR_FLAT, 0};
    assert_int_equal(decode_bytes(schema, decimal, sizeof decimal), STATUS_OK);
    decimal[22] = 0x7F; /* more than 38 digits */
    assert_int_equal(decode_bytes(schema, decimal, sizeof decimal), STATUS_CORRUPT);
    schema_unref(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back_in_every_encoding),
        cmocka_unit_test(a_batch_goes_in_frames_of_a_size),
        cmocka_unit_test(no_columns_and_no_types),
        cmocka_unit_test(an_empty_dictionary),
        cmocka_unit_test(bytes_that_are_cut_are_refused),
        cmocka_unit_test(values_that_no_reader_expects_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
