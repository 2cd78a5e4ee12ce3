#include "common/expression/aggregates/aggregates.h"

#include "common/base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_ROWS = 4096 };

/* One call over column 0, with column 1 as a filter or separator where it says so. */
struct fixture {
    struct data_type types[2];
    uint32_t arguments[2];
    struct aggregate_call call;
    struct aggregate_set *set;
    uint64_t *state;
};

static void open_call(struct fixture *f, const char *name, struct data_type type, uint32_t num_arguments,
                      bool is_distinct, bool retractable)
{
    struct error error;
    *f = (struct fixture){.types = {type, data_type_of(TYPE_STRING)}, .arguments = {0, 1}};
    f->call = (struct aggregate_call){.function = aggregate_function_find(name),
                                      .arguments = f->arguments,
                                      .argument_types = f->types,
                                      .num_arguments = num_arguments,
                                      .filter = -1,
                                      .is_distinct = is_distinct};
    assert_int_equal(
        aggregate_infer(f->call.function, f->types, num_arguments, false, false, &f->call.result, &error),
        STATUS_OK);
    f->set = aggregate_set_create(&f->call, 1, retractable);
    f->state = calloc(1, aggregate_set_size(f->set));
}

static void close_call(struct fixture *f)
{
    aggregate_set_clear(f->set, f->state);
    aggregate_set_free(f->set);
    free(f->state);
}

static void feed_to(struct fixture *f, void *state, struct vector *column, struct vector *second,
                    bool is_retract)
{
    struct error error;
    uint32_t count = column->length;
    struct schema *schema = schema_create(second != NULL ? 2 : 1);
    schema_set_field(schema, 0, "a", column->type);
    if (second != NULL)
        schema_set_field(schema, 1, "b", second->type);
    struct record_batch *batch = record_batch_create(schema, count);
    batch->columns[0] = column;
    if (second != NULL)
        batch->columns[1] = second;
    void **states = malloc(count * sizeof *states);
    uint8_t *retract = malloc(count);
    memset(retract, 1, count);
    for (uint32_t i = 0; i < count; i++)
        states[i] = state;
    assert_int_equal(
        aggregate_set_accumulate(f->set, batch, NULL, count, is_retract ? retract : NULL, states, &error),
        STATUS_OK);
    free(states);
    free(retract);
    record_batch_free(batch);
    schema_unref(schema);
}

static struct vector *result_of(struct fixture *f)
{
    struct error error;
    struct vector *result = NULL;
    void *state = f->state;
    assert_int_equal(aggregate_set_finish(f->set, &state, 1, &result, &error), STATUS_OK);
    return result;
}

static struct vector *bigints(uint32_t count, ...)
{
    struct vector *vector = vector_create(data_type_of(TYPE_BIGINT), count);
    va_list arguments;
    va_start(arguments, count);
    for (uint32_t i = 0; i < count; i++)
        ((int64_t *)vector->values)[i] = va_arg(arguments, int64_t);
    va_end(arguments);
    vector->length = count;
    return vector;
}

static struct vector *ints(const int32_t *values, uint32_t count)
{
    struct vector *vector = vector_create(data_type_of(TYPE_INT), count);
    memcpy(vector->values, values, count * sizeof *values);
    vector->length = count;
    return vector;
}

static struct vector *doubles(const double *values, uint32_t count)
{
    struct vector *vector = vector_create(data_type_of(TYPE_DOUBLE), count);
    memcpy(vector->values, values, count * sizeof *values);
    vector->length = count;
    return vector;
}

static struct vector *decimals(struct data_type type, const int128_t *values, uint32_t count)
{
    struct vector *vector = vector_create(type, count);
    memcpy(vector->values, values, count * sizeof *values);
    vector->length = count;
    return vector;
}

static struct vector *text(const char *value)
{
    struct string_value view = string_value_of(value, strlen(value));
    return vector_create_constant(data_type_of(TYPE_STRING), &view, 1);
}

static void assert_bigint(struct fixture *f, int64_t expected)
{
    struct vector *result = result_of(f);
    assert_false(vector_is_null(result, 0));
    assert_int_equal(result->type.kind, TYPE_BIGINT);
    assert_int_equal(*(const int64_t *)result->values, expected);
    vector_unref(result);
}

static void assert_sql_null(struct fixture *f)
{
    struct vector *result = result_of(f);
    assert_true(vector_is_null(result, 0));
    vector_unref(result);
}

static double double_result(struct fixture *f)
{
    struct vector *result = result_of(f);
    assert_false(vector_is_null(result, 0));
    double value = *(const double *)result->values;
    vector_unref(result);
    return value;
}

static void assert_text(struct fixture *f, const char *expected)
{
    struct vector *result = result_of(f);
    assert_false(vector_is_null(result, 0));
    const struct string_value *value = result->values;
    assert_int_equal(value->size, strlen(expected));
    assert_memory_equal(value->data, expected, value->size);
    vector_unref(result);
}

static void format_result_type(const char *name, struct data_type argument, bool is_grouped, bool has_filter,
                               struct buffer *text)
{
    struct error error;
    struct data_type result;
    buffer_clear(text);
    if (aggregate_infer(aggregate_function_find(name), &argument, 1, is_grouped, has_filter, &result,
                        &error) == STATUS_OK)
        data_type_format(result, text);
    else
        buffer_append_text(text, error.message);
}

static void result_types_are_those_of_flink(void **state)
{
    (void)state;
    const struct {
        const char *name;
        struct data_type argument;
        const char *result; /* grouped and without filter */
    } cases[] = {
        {"count", data_type_of(TYPE_STRING), "BIGINT NOT NULL"},
        {"Sum", data_type_not_null(data_type_of(TYPE_INT)), "INT NOT NULL"},
        {"SUM", data_type_of(TYPE_BIGINT), "BIGINT"},
        {"SUM", data_type_of(TYPE_FLOAT), "FLOAT"},
        {"SUM", data_type_not_null(data_type_decimal(12, 3)), "DECIMAL(38, 3)"},
        {"AVG", data_type_not_null(data_type_of(TYPE_INT)), "INT NOT NULL"},
        {"AVG", data_type_of(TYPE_DOUBLE), "DOUBLE"},
        {"AVG", data_type_decimal(10, 2), "DECIMAL(38, 6)"},
        {"AVG", data_type_decimal(20, 9), "DECIMAL(38, 9)"},
        {"MIN", data_type_not_null(data_type_of(TYPE_DATE)), "DATE NOT NULL"},
        {"MAX", data_type_timestamp(TYPE_TIMESTAMP, 3), "TIMESTAMP(3)"},
        {"MAX", data_type_of(TYPE_BOOLEAN), "BOOLEAN"},
        {"FIRST_VALUE", data_type_decimal(10, 2), "DECIMAL(10, 2)"},
        {"LISTAGG", data_type_not_null(data_type_of(TYPE_STRING)), "STRING NOT NULL"},
        {"LISTAGG", data_type_of(TYPE_INT), "STRING"},
        {"STDDEV_POP", data_type_not_null(data_type_of(TYPE_DOUBLE)), "DOUBLE NOT NULL"},
        {"STDDEV", data_type_not_null(data_type_of(TYPE_DOUBLE)), "DOUBLE"},
        {"VAR_POP", data_type_of(TYPE_INT), "INT"},
        {"VARIANCE", data_type_decimal(10, 2), "DECIMAL(38, 6)"},
        {"SUM", data_type_of(TYPE_STRING),
         "Cannot apply 'SUM' to arguments of type 'SUM(<STRING>)'. Supported form(s): 'SUM(<NUMERIC>)'"},
    };
    struct buffer text = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        format_result_type(cases[i].name, cases[i].argument, true, false, &text);
        assert_string_equal(buffer_text(&text), cases[i].result);
    }
    format_result_type("SUM", data_type_not_null(data_type_of(TYPE_INT)), false, false, &text);
    assert_string_equal(buffer_text(&text), "INT");
    format_result_type("MAX", data_type_not_null(data_type_of(TYPE_INT)), true, true, &text);
    assert_string_equal(buffer_text(&text), "INT");
    format_result_type("COUNT", data_type_of(TYPE_INT), false, true, &text);
    assert_string_equal(buffer_text(&text), "BIGINT NOT NULL");
    buffer_free(&text);
    struct error error;
    struct data_type result;
    assert_int_equal(aggregate_infer(aggregate_function_find("MIN"), NULL, 0, true, false, &result, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_ptr_equal(aggregate_function_find("MEDIAN"), NULL);
    assert_string_equal(aggregate_function_name(aggregate_function_find("variance")), "VARIANCE");
}

static void nothing_gives_null_and_a_count_of_zero(void **state)
{
    (void)state;
    const struct aggregate_function *function;
    for (uint32_t i = 0; (function = aggregate_function_at(i)) != NULL; i++) {
        bool is_text = strcmp(aggregate_function_name(function), "LISTAGG") == 0;
        struct fixture f;
        open_call(&f, aggregate_function_name(function), data_type_of(is_text ? TYPE_STRING : TYPE_BIGINT), 1,
                  false, true);
        feed_to(&f, f.state, vector_create_constant(f.types[0], NULL, 3), NULL, false);
        if (i == 0)
            assert_bigint(&f, 0);
        else
            assert_sql_null(&f);
        close_call(&f);
    }
}

static void integers_wrap_and_averages_do_not(void **state)
{
    (void)state;
    struct fixture f;
    open_call(&f, "SUM", data_type_of(TYPE_BIGINT), 1, false, false);
    feed_to(&f, f.state, bigints(2, INT64_MAX, (int64_t)1), NULL, false);
    assert_bigint(&f, INT64_MIN);
    close_call(&f);
    open_call(&f, "SUM", data_type_of(TYPE_INT), 1, false, false);
    feed_to(&f, f.state, ints((const int32_t[]){INT32_MAX, 1}, 2), NULL, false);
    struct vector *result = result_of(&f);
    assert_int_equal(*(const int32_t *)result->values, INT32_MIN);
    vector_unref(result);
    close_call(&f);
    open_call(&f, "AVG", data_type_of(TYPE_BIGINT), 1, false, false);
    feed_to(&f, f.state, bigints(2, INT64_MAX, INT64_MAX - 2), NULL, false);
    assert_bigint(&f, INT64_MAX - 1);
    feed_to(&f, f.state, bigints(4, -INT64_MAX, -INT64_MAX, (int64_t)-1, (int64_t)-2), NULL, false);
    assert_bigint(&f, 0); /* -5 / 6, towards zero */
    close_call(&f);
}

static void decimals_are_exact_until_they_do_not_fit(void **state)
{
    (void)state;
    struct data_type type = data_type_decimal(38, 0);
    int128_t large = 1; /* 10^37 */
    for (int i = 0; i < 37; i++)
        large *= 10;
    const int128_t nines[] = {large * 9, large};
    struct fixture sum, average;
    open_call(&sum, "SUM", type, 1, false, true);
    open_call(&average, "AVG", data_type_decimal(38, 6), 1, false, true);
    feed_to(&sum, sum.state, decimals(type, nines, 2), NULL, false);
    assert_sql_null(&sum); /* 10^38 has 39 digits */
    feed_to(&sum, sum.state, decimals(type, nines + 1, 1), NULL, true);
    struct vector *result = result_of(&sum);
    assert_true(*(const int128_t *)result->values == large * 9);
    vector_unref(result);
    /* an average fits where its sum does not */
    for (int i = 0; i < 3; i++)
        feed_to(&average, average.state, decimals(data_type_decimal(38, 6), nines, 1), NULL, false);
    result = result_of(&average);
    assert_true(*(const int128_t *)result->values == large * 9);
    vector_unref(result);
    close_call(&sum);
    close_call(&average);
}

static void averages_of_decimals_round_half_up(void **state)
{
    (void)state;
    struct data_type type = data_type_decimal(10, 2);
    struct fixture f;
    open_call(&f, "AVG", type, 1, false, false);
    feed_to(&f, f.state, decimals(type, (const int128_t[]){-100, -100, -101}, 3), NULL, false);
    struct vector *result = result_of(&f);
    assert_int_equal(result->type.scale, 6);
    assert_int_equal((int64_t) * (const int128_t *)result->values, -1003333);
    vector_unref(result);
    feed_to(&f, f.state, decimals(type, (const int128_t[]){-101, -100, -100, -101}, 4), NULL, false);
    result = result_of(&f); /* -7.03 / 7 = -1.0042857.. */
    assert_int_equal((int64_t) * (const int128_t *)result->values, -1004286);
    vector_unref(result);
    close_call(&f);
}

/* Rows of several partitions come in any order: the result must not tell. */
static void sums_of_doubles_do_not_depend_on_the_order(void **state)
{
    (void)state;
    static double values[1000];
    static const char *const names[] = {"SUM", "AVG", "STDDEV_POP", "VAR_SAMP"};
    struct random random;
    random_init(&random, 5);
    for (uint32_t i = 0; i < 1000; i++)
        values[i] = (random_unit(&random) - 0.3) * pow(10, (double)random_below(&random, 12));
    for (uint32_t n = 0; n < 4; n++) {
        double first = 0;
        for (uint32_t round = 0; round < 20; round++) {
            for (uint32_t i = 999; i > 0; i--) {
                uint32_t k = (uint32_t)random_below(&random, i + 1);
                double swapped = values[i];
                values[i] = values[k];
                values[k] = swapped;
            }
            struct fixture f;
            open_call(&f, names[n], data_type_of(TYPE_DOUBLE), 1, false, false);
            struct error error;
            uint32_t cut = (uint32_t)random_below(&random, 999) + 1;
            uint64_t *part = calloc(1, aggregate_set_size(f.set));
            feed_to(&f, f.state, doubles(values, cut), NULL, false);
            feed_to(&f, part, doubles(values + cut, 1000 - cut), NULL, false);
            assert_int_equal(aggregate_set_merge(f.set, f.state, part, &error), STATUS_OK);
            if (round == 0)
                first = double_result(&f);
            assert_true(double_result(&f) == first);
            free(part);
            close_call(&f);
        }
    }
}

static void variance_keeps_its_digits_far_from_zero(void **state)
{
    (void)state;
    struct fixture f;
    open_call(&f, "VAR_POP", data_type_of(TYPE_DOUBLE), 1, false, false);
    feed_to(&f, f.state, doubles((const double[]){1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}, 4), NULL, false);
    assert_true(double_result(&f) == 22.5);
    close_call(&f);
    open_call(&f, "STDDEV", data_type_of(TYPE_DOUBLE), 1, false, false);
    feed_to(&f, f.state, doubles((const double[]){1, 1, 2, 2, 3, 3}, 6), NULL, false);
    assert_true(fabs(double_result(&f) - sqrt(4.0 / 5.0)) < 1e-15);
    close_call(&f);
    open_call(&f, "VAR_SAMP", data_type_of(TYPE_DOUBLE), 1, false, false);
    feed_to(&f, f.state, doubles((const double[]){42}, 1), NULL, false);
    assert_sql_null(&f);
    close_call(&f);
}

/* They are cut at the end only: of 7 and 2 the distances are 12.5, not 53 - 81 / 2 in whole numbers. */
static void variances_of_integers_are_integers(void **state)
{
    (void)state;
    struct fixture f;
    open_call(&f, "VAR_POP", data_type_of(TYPE_BIGINT), 1, false, false);
    feed_to(&f, f.state, bigints(3, (int64_t)1, (int64_t)2, (int64_t)4), NULL, false);
    assert_bigint(&f, 1);
    close_call(&f);
    open_call(&f, "VAR_SAMP", data_type_of(TYPE_BIGINT), 1, false, false);
    feed_to(&f, f.state, bigints(2, (int64_t)7, (int64_t)2), NULL, false);
    assert_bigint(&f, 12);
    close_call(&f);
    open_call(&f, "STDDEV_SAMP", data_type_of(TYPE_BIGINT), 1, false, false);
    feed_to(&f, f.state, bigints(2, (int64_t)2000000000, (int64_t)-2000000000), NULL, false);
    assert_bigint(&f, 2828427124); /* the root of 8e18, though sums of such squares do not fit a BIGINT */
    close_call(&f);
}

static void infinities_and_nans_come_through(void **state)
{
    (void)state;
    struct fixture f;
    open_call(&f, "SUM", data_type_of(TYPE_DOUBLE), 1, false, false);
    feed_to(&f, f.state, doubles((const double[]){1, INFINITY, 2}, 3), NULL, false);
    assert_true(isinf(double_result(&f)));
    feed_to(&f, f.state, doubles((const double[]){-INFINITY}, 1), NULL, false);
    assert_true(isnan(double_result(&f)));
    close_call(&f);
    static const double values[] = {NAN, -0.0, -INFINITY, 5, 0.0, INFINITY};
    open_call(&f, "MAX", data_type_of(TYPE_DOUBLE), 1, false, false);
    feed_to(&f, f.state, doubles(values, 6), NULL, false);
    assert_true(isnan(double_result(&f)));
    close_call(&f);
    open_call(&f, "MIN", data_type_of(TYPE_DOUBLE), 1, false, false);
    feed_to(&f, f.state, doubles(values, 2), NULL, false);
    assert_true(double_result(&f) == 0 && !signbit(double_result(&f)));
    feed_to(&f, f.state, doubles(values, 6), NULL, false);
    assert_true(double_result(&f) == -INFINITY);
    close_call(&f);
}

static void a_maximum_taken_back_gives_the_next(void **state)
{
    (void)state;
    struct fixture f;
    open_call(&f, "MAX", data_type_of(TYPE_BIGINT), 1, false, true);
    for (int64_t i = 0; i < 1000; i++)
        feed_to(&f, f.state, bigints(1, i), NULL, false);
    feed_to(&f, f.state, bigints(1, (int64_t)999), NULL, false);
    for (int64_t i = 999; i >= 0; i--) {
        assert_bigint(&f, i);
        if (i == 999)
            feed_to(&f, f.state, bigints(1, i), NULL, true);
        assert_bigint(&f, i);
        feed_to(&f, f.state, bigints(1, i), NULL, true);
    }
    assert_sql_null(&f);
    /* -U before its +I, as another part may see it */
    feed_to(&f, f.state, bigints(1, (int64_t)7), NULL, true);
    assert_sql_null(&f);
    feed_to(&f, f.state, bigints(2, (int64_t)7, (int64_t)5), NULL, false);
    assert_bigint(&f, 5);
    close_call(&f);
}

static void distinct_counts_a_value_once(void **state)
{
    (void)state;
    struct fixture f;
    struct error error;
    open_call(&f, "COUNT", data_type_of(TYPE_BIGINT), 1, true, true);
    uint64_t *other = calloc(1, aggregate_set_size(f.set));
    for (int64_t i = 0; i < 5000; i++) {
        feed_to(&f, f.state, bigints(2, i, i / 2), NULL, false);
        feed_to(&f, other, bigints(1, i + 2500), NULL, false);
    }
    assert_bigint(&f, 5000);
    struct buffer packed = {0};
    aggregate_set_pack(f.set, other, &packed);
    assert_int_equal(aggregate_set_merge_packed(f.set, f.state, buffer_view(&packed), &error), STATUS_OK);
    assert_bigint(&f, 7500);
    for (int64_t i = 0; i < 5000; i++) /* of [0, 2500) two more are left each, of [2500, 5000) one */
        feed_to(&f, f.state, bigints(1, i), NULL, true);
    assert_bigint(&f, 7500);
    for (int64_t i = 2500; i < 7500; i++)
        feed_to(&f, f.state, bigints(1, i), NULL, true);
    assert_bigint(&f, 2500);
    aggregate_set_clear(f.set, other);
    free(other);
    buffer_free(&packed);
    close_call(&f);
}

static void lists_join_in_order_of_arrival(void **state)
{
    (void)state;
    struct fixture f;
    struct error error;
    open_call(&f, "LISTAGG", data_type_of(TYPE_STRING), 2, false, false);
    uint64_t *later = calloc(1, aggregate_set_size(f.set));
    feed_to(&f, f.state, text("a"), text(" - "), false);
    feed_to(&f, f.state, text(""), text(" - "), false);
    feed_to(&f, later, text("c"), text(" + "), false);
    feed_to(&f, later, text("d"), text(" - "), false);
    assert_text(&f, "a - ");
    assert_int_equal(aggregate_set_merge(f.set, f.state, later, &error), STATUS_OK);
    assert_text(&f, "a -  + c - d");
    aggregate_set_clear(f.set, later);
    free(later);
    close_call(&f);
    open_call(&f, "LISTAGG", data_type_of(TYPE_STRING), 1, false, true);
    static const char *const texts[] = {"x", "y", "x", "", "z"};
    for (int i = 0; i < 5; i++)
        feed_to(&f, f.state, text(texts[i]), NULL, false);
    assert_text(&f, "x,y,x,,z");
    feed_to(&f, f.state, text("x"), NULL, true);
    assert_text(&f, "y,x,,z");
    close_call(&f);
}

static void first_and_last_follow_what_is_taken_back(void **state)
{
    (void)state;
    struct fixture first, last;
    open_call(&first, "FIRST_VALUE", data_type_of(TYPE_BIGINT), 1, false, true);
    open_call(&last, "LAST_VALUE", data_type_of(TYPE_BIGINT), 1, false, true);
    for (int64_t i = 1; i <= 3; i++) {
        feed_to(&first, first.state, bigints(1, i), NULL, false);
        feed_to(&last, last.state, bigints(1, i), NULL, false);
    }
    feed_to(&first, first.state, bigints(1, (int64_t)1), NULL, true);
    feed_to(&last, last.state, bigints(1, (int64_t)3), NULL, true);
    assert_bigint(&first, 2);
    assert_bigint(&last, 2);
    close_call(&first);
    close_call(&last);
}

/* What is taken back gives exactly what was there before it came. */
static void retraction_undoes_accumulation(void **state)
{
    (void)state;
    const struct aggregate_function *function;
    static const double before[] = {1.5, -0.1, 1e10}, passing[] = {3.3, 1e-7, -1e12, 1.5};
    for (uint32_t i = 0; (function = aggregate_function_at(i)) != NULL; i++) {
        const char *name = aggregate_function_name(function);
        if (strcmp(name, "LISTAGG") == 0)
            continue;
        struct fixture f;
        open_call(&f, name, data_type_of(TYPE_DOUBLE), 1, false, true);
        feed_to(&f, f.state, doubles(before, 3), NULL, false);
        struct vector *expected = result_of(&f);
        feed_to(&f, f.state, doubles(passing, 4), NULL, false);
        feed_to(&f, f.state, doubles(passing, 4), NULL, true);
        struct vector *actual = result_of(&f);
        if (strcmp(name, "LAST_VALUE") != 0 && strcmp(name, "FIRST_VALUE") != 0)
            assert_memory_equal(actual->values, expected->values, sizeof(double));
        vector_unref(expected);
        vector_unref(actual);
        close_call(&f);
    }
}

static void bad_bytes_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct error error;
    open_call(&f, "LISTAGG", data_type_of(TYPE_STRING), 1, true, true);
    for (int i = 0; i < 20; i++) {
        char value[8];
        snprintf(value, sizeof value, "%d", i);
        feed_to(&f, f.state, text(value), NULL, false);
    }
    struct buffer packed = {0};
    aggregate_set_pack(f.set, f.state, &packed);
    uint64_t *target = calloc(1, aggregate_set_size(f.set));
    for (size_t size = 0; size < packed.size; size++) {
        uint8_t *copy = malloc(size + 1);
        memcpy(copy, packed.data, size);
        assert_int_equal(aggregate_set_merge_packed(f.set, target, (struct bytes_view){copy, size}, &error),
                         STATUS_CORRUPT);
        free(copy);
    }
    aggregate_set_clear(f.set, target);
    free(target);
    buffer_free(&packed);
    close_call(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(result_types_are_those_of_flink),
        cmocka_unit_test(nothing_gives_null_and_a_count_of_zero),
        cmocka_unit_test(integers_wrap_and_averages_do_not),
        cmocka_unit_test(decimals_are_exact_until_they_do_not_fit),
        cmocka_unit_test(averages_of_decimals_round_half_up),
        cmocka_unit_test(sums_of_doubles_do_not_depend_on_the_order),
        cmocka_unit_test(variance_keeps_its_digits_far_from_zero),
        cmocka_unit_test(variances_of_integers_are_integers),
        cmocka_unit_test(infinities_and_nans_come_through),
        cmocka_unit_test(a_maximum_taken_back_gives_the_next),
        cmocka_unit_test(distinct_counts_a_value_once),
        cmocka_unit_test(lists_join_in_order_of_arrival),
        cmocka_unit_test(first_and_last_follow_what_is_taken_back),
        cmocka_unit_test(retraction_undoes_accumulation),
        cmocka_unit_test(bad_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
