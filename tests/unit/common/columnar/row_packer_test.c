#include "common/columnar/row_packer.h"

#include "common/base/hash.h"
#include "common/base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NUM_TYPES = 12, NUM_ROWS = 300 };

/* One column of each type, NULL included. */
static void all_types(struct data_type *types)
{
    for (uint32_t kind = 0; kind < NUM_TYPES; kind++)
        types[kind] = data_type_of((enum type_kind)kind);
    types[TYPE_DECIMAL] = data_type_decimal(38, 10);
}

static void random_value(struct random *random, struct vector *vector, uint32_t row)
{
    uint64_t bits = random_next(random);
    switch (vector->type.kind) {
    case TYPE_NULL: return;
    case TYPE_BOOLEAN: ((uint8_t *)vector->values)[row] = bits & 1; return;
    case TYPE_INT:
    case TYPE_DATE: ((int32_t *)vector->values)[row] = (int32_t)bits; return;
    case TYPE_FLOAT: ((float *)vector->values)[row] = (float)(int32_t)bits / 3; return;
    case TYPE_DOUBLE: ((double *)vector->values)[row] = (double)(int64_t)bits / 7; return;
    case TYPE_DECIMAL: ((int128_t *)vector->values)[row] = (int128_t)(int64_t)bits * (1 << 20); return;
    case TYPE_STRING:
    case TYPE_BYTES: {
        char text[64];
        size_t size = bits % sizeof text;
        for (size_t i = 0; i < size; i++)
            text[i] = (char)random_next(random);
        ((struct string_value *)vector->values)[row] =
            string_heap_add(vector_ensure_heap(vector), text, size);
        return;
    }
    default: ((int64_t *)vector->values)[row] = (int64_t)bits; return;
    }
}

static struct vector *random_vector(struct random *random, struct data_type type, uint32_t rows,
                                    uint32_t null_one_in)
{
    struct vector *vector = vector_create(type, rows);
    vector->length = rows;
    for (uint32_t i = 0; i < rows; i++) {
        random_value(random, vector, i);
        if (type.kind == TYPE_NULL || (null_one_in > 0 && random_next(random) % null_one_in == 0))
            vector_set_null(vector, i);
    }
    return vector;
}

static struct schema *schema_of(const struct data_type *types, uint32_t count)
{
    struct schema *schema = schema_create(count);
    for (uint32_t i = 0; i < count; i++)
        schema_set_field(schema, i, "f", types[i]);
    return schema;
}

/* A batch of these columns, whose references it takes. */
static struct record_batch *batch_of(struct vector **columns, uint32_t count, uint32_t rows)
{
    struct data_type types[NUM_TYPES];
    for (uint32_t i = 0; i < count; i++)
        types[i] = columns[i]->type;
    struct schema *schema = schema_of(types, count);
    struct record_batch *batch = record_batch_create(schema, rows);
    schema_unref(schema);
    for (uint32_t i = 0; i < count; i++)
        batch->columns[i] = columns[i];
    return batch;
}

static void assert_same_values(const struct vector *expected, const struct vector *actual, uint32_t row)
{
    assert_int_equal(vector_is_null(expected, row), vector_is_null(actual, row));
    if (vector_is_null(expected, row))
        return;
    if (data_type_is_string(expected->type.kind))
        assert_true(string_value_equal(vector_value(expected, row), vector_value(actual, row)));
    else
        assert_memory_equal(vector_value(expected, row), vector_value(actual, row),
                            data_type_width(expected->type.kind));
}

static void check_round_trip(const struct data_type *types, uint32_t count, struct vector **columns,
                             uint32_t rows)
{
    struct row_packer *packer = row_packer_create(types, count);
    struct record_batch *batch = batch_of(columns, count, rows);
    row_packer_pack(packer, batch, NULL);
    struct vector *unpacked[NUM_TYPES];
    struct error error;
    assert_int_equal(row_packer_unpack(packer, packer->rows, rows, unpacked, &error), STATUS_OK);
    for (uint32_t c = 0; c < count; c++) {
        assert_int_equal(unpacked[c]->encoding, VECTOR_FLAT);
        assert_int_equal(unpacked[c]->length, rows);
        for (uint32_t i = 0; i < rows; i++)
            assert_same_values(batch->columns[c], unpacked[c], i);
        vector_unref(unpacked[c]);
    }
    for (uint32_t i = 0; i < rows; i++)
        assert_true(packer->hashes[i] == hash_bytes(packer->rows[i].data, packer->rows[i].size));
    record_batch_free(batch);
    row_packer_free(packer);
}

static void rows_of_all_types_come_back(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 1);
    struct data_type types[NUM_TYPES];
    all_types(types);
    static const uint32_t null_one_in[] = {0, 1, 3};
    for (uint32_t round = 0; round < 3; round++) {
        struct vector *columns[NUM_TYPES];
        for (uint32_t c = 0; c < NUM_TYPES; c++)
            columns[c] = random_vector(&random, types[c], NUM_ROWS, null_one_in[round]);
        check_round_trip(types, NUM_TYPES, columns, NUM_ROWS);
    }
    check_round_trip(types, 0, NULL, 3);
}

static void constants_and_dictionaries_are_packed_as_their_values(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 2);
    struct vector *words = random_vector(&random, data_type_of(TYPE_STRING), 5, 0);
    struct vector *dictionary = vector_create_dictionary(words, NUM_ROWS);
    for (uint32_t i = 0; i < NUM_ROWS; i++)
        dictionary->indices[i] = i % 5;
    vector_set_null(dictionary, 7);
    int64_t seven = 7;
    struct vector *columns[] = {dictionary,
                                vector_create_constant(data_type_of(TYPE_BIGINT), &seven, NUM_ROWS),
                                vector_create_constant(data_type_of(TYPE_DOUBLE), NULL, NUM_ROWS)};
    struct data_type types[] = {data_type_of(TYPE_STRING), data_type_of(TYPE_BIGINT),
                                data_type_of(TYPE_DOUBLE)};
    check_round_trip(types, 3, columns, NUM_ROWS);
}

/* The packed form of a NULL literal's column is that of a NULL of the declared type. */
static void a_null_literal_equals_a_null(void **state)
{
    (void)state;
    struct data_type type = data_type_of(TYPE_BIGINT);
    struct row_packer *typed = row_packer_create(&type, 1);
    struct row_packer *untyped = row_packer_create(&type, 1);
    struct vector *null = vector_create_constant(type, NULL, 1);
    struct vector *literal = vector_create_constant(data_type_of(TYPE_NULL), NULL, 1);
    struct record_batch *a = batch_of(&null, 1, 1), *b = batch_of(&literal, 1, 1);
    row_packer_pack(typed, a, NULL);
    row_packer_pack(untyped, b, NULL);
    assert_int_equal(typed->rows[0].size, 1);
    assert_int_equal(untyped->rows[0].size, 1);
    assert_memory_equal(typed->rows[0].data, untyped->rows[0].data, 1);
    record_batch_free(a);
    record_batch_free(b);
    row_packer_free(typed);
    row_packer_free(untyped);
}

static bool packed_equal(const struct row_packer *packer, uint32_t a, uint32_t b)
{
    bool equal = packer->rows[a].size == packer->rows[b].size &&
                 memcmp(packer->rows[a].data, packer->rows[b].data, packer->rows[a].size) == 0;
    if (equal)
        assert_true(packer->hashes[a] == packer->hashes[b]);
    return equal;
}

static void equal_bytes_are_the_equality_of_group_by(void **state)
{
    (void)state;
    const uint64_t other_nan_bits = UINT64_C(0xFFF8000000000001);
    const uint32_t other_float_nan_bits = 0xFFC00001u;
    struct data_type types[] = {data_type_of(TYPE_DOUBLE), data_type_of(TYPE_FLOAT)};
    struct vector *doubles = vector_create(types[0], 8), *floats = vector_create(types[1], 8);
    const double values[8] = {0.0, -0.0, NAN, NAN, INFINITY, 1.5, 0.0, 0.0};
    memcpy(doubles->values, values, sizeof values);
    memcpy((double *)doubles->values + 3, &other_nan_bits, sizeof other_nan_bits);
    for (uint32_t i = 0; i < 8; i++)
        ((float *)floats->values)[i] = (float)values[i];
    memcpy((float *)floats->values + 3, &other_float_nan_bits, sizeof other_float_nan_bits);
    ((double *)doubles->values)[7] = 99; /* what lies below a NULL does not count */
    doubles->length = floats->length = 8;
    for (uint32_t i = 6; i < 8; i++) {
        vector_set_null(doubles, i);
        vector_set_null(floats, i);
    }
    struct vector *columns[] = {doubles, floats};
    struct record_batch *batch = batch_of(columns, 2, 8);
    struct row_packer *packer = row_packer_create(types, 2);
    row_packer_pack(packer, batch, NULL);
    for (uint32_t a = 0; a < 8; a++)
        for (uint32_t b = 0; b < 8; b++)
            assert_int_equal(packed_equal(packer, a, b),
                             a == b || (a < 2 && b < 2) || (a / 2 == 1 && b / 2 == 1) || (a > 5 && b > 5));
    record_batch_free(batch);
    row_packer_free(packer);
}

static struct vector *texts_of(const char *const *texts, uint32_t count)
{
    struct vector *vector = vector_create(data_type_of(TYPE_STRING), count);
    for (uint32_t i = 0; i < count; i++)
        ((struct string_value *)vector->values)[i] =
            string_heap_add(vector_ensure_heap(vector), texts[i], strlen(texts[i]));
    vector->length = count;
    return vector;
}

/* ("ab", "c") is not ("a", "bc"), and picking columns packs those. */
static void texts_do_not_run_together(void **state)
{
    (void)state;
    static const char *const first[] = {"unused", "unused"}, *const second[] = {"ab", "a"},
                             *const third[] = {"c", "bc"};
    struct vector *columns[] = {texts_of(first, 2), texts_of(second, 2), texts_of(third, 2)};
    struct record_batch *batch = batch_of(columns, 3, 2);
    struct data_type types[] = {data_type_of(TYPE_STRING), data_type_of(TYPE_STRING)};
    struct row_packer *packer = row_packer_create(types, 2);
    const uint32_t picked[] = {2, 1};
    row_packer_pack(packer, batch, picked);
    assert_false(packed_equal(packer, 0, 1));
    static const uint8_t expected[] = {0, 1, 0, 0, 0, 'c', 2, 0, 0, 0, 'a', 'b'};
    assert_int_equal(packer->rows[0].size, sizeof expected);
    assert_memory_equal(packer->rows[0].data, expected, sizeof expected);
    record_batch_free(batch);
    row_packer_free(packer);
}

static void assert_corrupt(const struct row_packer *packer, const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1); /* its own block, so that a read beyond it is seen */
    memcpy(copy, data, size);
    copy = realloc(copy, size > 0 ? size : 1);
    struct bytes_view row = {copy, size};
    struct vector *columns[2] = {NULL, NULL};
    struct error error;
    assert_int_equal(row_packer_unpack(packer, &row, 1, columns, &error), STATUS_CORRUPT);
    assert_null(columns[0]);
    free(copy);
}

static void bytes_that_do_not_hold_together_are_refused(void **state)
{
    (void)state;
    struct data_type types[] = {data_type_of(TYPE_BOOLEAN), data_type_of(TYPE_STRING)};
    struct row_packer *packer = row_packer_create(types, 2);
    static const uint8_t good[] = {0, 1, 2, 0, 0, 0, 'h', 'i'};
    struct bytes_view row = {good, sizeof good};
    struct vector *columns[2];
    struct error error;
    assert_int_equal(row_packer_unpack(packer, &row, 1, columns, &error), STATUS_OK);
    vector_unref(columns[0]);
    vector_unref(columns[1]);
    for (size_t size = 0; size < sizeof good; size++)
        assert_corrupt(packer, good, size);
    static const uint8_t longer[] = {0, 1, 2, 0, 0, 0, 'h', 'i', 0};
    static const uint8_t stray_bit[] = {4, 1, 2, 0, 0, 0, 'h', 'i'};
    static const uint8_t bad_boolean[] = {0, 2, 2, 0, 0, 0, 'h', 'i'};
    static const uint8_t huge_text[] = {0, 1, 255, 255, 255, 255, 'h', 'i'};
    assert_corrupt(packer, longer, sizeof longer);
    assert_corrupt(packer, stray_bit, sizeof stray_bit);
    assert_corrupt(packer, bad_boolean, sizeof bad_boolean);
    assert_corrupt(packer, huge_text, sizeof huge_text);
    row_packer_free(packer);
    types[0] = data_type_of(TYPE_NULL);
    packer = row_packer_create(types, 1);
    static const uint8_t null_with_value[] = {0};
    assert_corrupt(packer, null_with_value, sizeof null_with_value);
    row_packer_free(packer);
}

/* As org.apache.flink.runtime.state.KeyGroupRangeAssignment deals them. */
static void key_groups_are_dealt_in_ranges(void **state)
{
    (void)state;
    uint32_t first, end;
    key_group_range(0, 3, 128, &first, &end);
    assert_int_equal(first, 0);
    assert_int_equal(end, 43);
    key_group_range(1, 3, 128, &first, &end);
    assert_int_equal(first, 43);
    assert_int_equal(end, 86);
    key_group_range(2, 3, 128, &first, &end);
    assert_int_equal(end, 128);
    static const uint32_t max_parallelisms[] = {1, 7, 128, 32768};
    for (uint32_t m = 0; m < 4; m++)
        for (uint32_t parallelism = 1; parallelism <= max_parallelisms[m];
             parallelism += 1 + parallelism / 3) {
            uint32_t next = 0;
            for (uint32_t subtask = 0; subtask < parallelism; subtask++) {
                key_group_range(subtask, parallelism, max_parallelisms[m], &first, &end);
                assert_int_equal(first, next);
                assert_true(end > first);
                assert_int_equal(key_group_subtask(first, parallelism, max_parallelisms[m]), subtask);
                assert_int_equal(key_group_subtask(end - 1, parallelism, max_parallelisms[m]), subtask);
                next = end;
            }
            assert_int_equal(next, max_parallelisms[m]);
        }
}

/* Part of the format of checkpoints: these numbers never change. */
static void key_groups_are_stable(void **state)
{
    (void)state;
    static const uint8_t key[] = {0, 3, 0, 0, 0, 's', '-', '1'};
    assert_int_equal(row_key_group((struct bytes_view){key, sizeof key}, 128), 15);
    assert_int_equal(row_key_group((struct bytes_view){key, sizeof key}, 32768), 6671);
    assert_int_equal(row_key_group((struct bytes_view){key, 0}, 128), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_all_types_come_back),
        cmocka_unit_test(constants_and_dictionaries_are_packed_as_their_values),
        cmocka_unit_test(a_null_literal_equals_a_null),
        cmocka_unit_test(equal_bytes_are_the_equality_of_group_by),
        cmocka_unit_test(texts_do_not_run_together),
        cmocka_unit_test(bytes_that_do_not_hold_together_are_refused),
        cmocka_unit_test(key_groups_are_dealt_in_ranges),
        cmocka_unit_test(key_groups_are_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
