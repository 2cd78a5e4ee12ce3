#include "taskmanager/operators/sort_key.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* The values of a column, NULL first, in the order that SQL gives them. */
static struct record_batch *sorted_batch(enum type_kind kind)
{
    static const double doubles[] = {-INFINITY, -1e300, -1.5, -1e-300, 0.0, 1e-300, 2, INFINITY, NAN};
    static const int32_t ints[] = {INT32_MIN, -70000, -1, 0, 1, 255, 256, 70000, INT32_MAX};
    static const int64_t bigints[] = {INT64_MIN, -70000, -1, 0, 1, 255, 256, 70000, INT64_MAX};
    static const char texts[9][8] = {"", "\0", "\0\0", "\0a", "a", "a\0b", "ab", "b", "\xC3\xA4"};
    static const uint32_t sizes[] = {0, 1, 2, 2, 1, 3, 2, 1, 2};
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "a", data_type_of(kind));
    struct record_batch *batch = record_batch_create(schema, 10);
    struct vector *vector = vector_create(data_type_of(kind), 10);
    batch->columns[0] = vector;
    schema_unref(schema);
    vector->length = 10;
    memset(vector->values, 0, data_type_width(kind));
    vector_set_null(vector, 0);
    for (uint32_t i = 0; i < 9; i++)
        switch (kind) {
        case TYPE_INT: ((int32_t *)vector->values)[i + 1] = ints[i]; break;
        case TYPE_BIGINT: ((int64_t *)vector->values)[i + 1] = bigints[i]; break;
        case TYPE_FLOAT:
            ((float *)vector->values)[i + 1] = (float)(isfinite(doubles[i]) ? i - 4.0 : doubles[i]);
            break;
        case TYPE_DOUBLE: ((double *)vector->values)[i + 1] = doubles[i]; break;
        case TYPE_DECIMAL: ((int128_t *)vector->values)[i + 1] = (int128_t)bigints[i] * INT64_MAX; break;
        default:
            ((struct string_value *)vector->values)[i + 1] =
                string_heap_add(vector_ensure_heap(vector), texts[i], sizes[i]);
        }
    return batch;
}

static int compare(const struct plan_sort_column *order, const struct record_batch *batch, uint32_t a,
                   uint32_t b)
{
    struct buffer left = {0}, right = {0};
    sort_key_append(order, 1, batch, a, &left);
    sort_key_append(order, 1, batch, b, &right);
    int result = sort_key_compare(buffer_view(&left), buffer_view(&right));
    buffer_free(&left);
    buffer_free(&right);
    return (result > 0) - (result < 0);
}

static void keys_have_the_order_of_the_values(void **state)
{
    (void)state;
    static const enum type_kind kinds[] = {TYPE_INT,    TYPE_BIGINT,  TYPE_FLOAT,
                                           TYPE_DOUBLE, TYPE_DECIMAL, TYPE_STRING};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct record_batch *batch = sorted_batch(kinds[k]);
        for (uint32_t way = 0; way < 4; way++) {
            struct plan_sort_column order = {.is_descending = (way & 1) != 0, .nulls_last = (way & 2) != 0};
            for (uint32_t a = 0; a < 10; a++)
                for (uint32_t b = 0; b < 10; b++) {
                    int expected = (a > b) - (a < b);
                    bool has_null = a == 0 || b == 0;
                    if (has_null ? order.nulls_last : order.is_descending)
                        expected = -expected;
                    assert_int_equal(compare(&order, batch, a, b), expected);
                }
        }
        record_batch_free(batch);
    }
}

static void zeros_are_equal_and_so_are_nans(void **state)
{
    (void)state;
    struct record_batch *batch = sorted_batch(TYPE_DOUBLE);
    struct plan_sort_column order = {0};
    ((double *)batch->columns[0]->values)[1] = -0.0;
    ((double *)batch->columns[0]->values)[2] = -NAN;
    assert_int_equal(compare(&order, batch, 1, 5), 0);
    assert_int_equal(compare(&order, batch, 2, 9), 0);
    record_batch_free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_the_order_of_the_values),
        cmocka_unit_test(zeros_are_equal_and_so_are_nans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
