#include "common/expression/value_format.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_text(enum value_style style, struct data_type type, const void *value,
                        const char *expected)
{
    struct buffer buffer = {0};
    value_format(style, type, value, NULL, &buffer);
    assert_string_equal(buffer_text(&buffer), expected);
    buffer_free(&buffer);
}

static void expect_double(double value, const char *expected)
{
    expect_text(VALUE_SQL, data_type_of(TYPE_DOUBLE), &value, expected);
}

static void writes_doubles_as_java(void **state)
{
    (void)state;
    expect_double(0, "0.0");
    expect_double(-0.0, "-0.0");
    expect_double(1, "1.0");
    expect_double(-123, "-123.0");
    expect_double(0.1, "0.1");
    expect_double(0.001, "0.001");
    expect_double(0.0001, "1.0E-4");
    expect_double(9999999, "9999999.0");
    expect_double(10000000, "1.0E7");
    expect_double(1234567.875, "1234567.875");
    expect_double(1.0 / 3, "0.3333333333333333");
    expect_double(0.1 + 0.2, "0.30000000000000004");
    expect_double(DBL_MAX, "1.7976931348623157E308");
    expect_double(DBL_MIN, "2.2250738585072014E-308");
    expect_double(4.9e-324, "4.9E-324");
    expect_double(1e100, "1.0E100");
    expect_double(__builtin_inf(), "Infinity");
    expect_double(-__builtin_inf(), "-Infinity");
    expect_double(__builtin_nan(""), "NaN");
    float narrow = 0.1f;
    expect_text(VALUE_SQL, data_type_of(TYPE_FLOAT), &narrow, "0.1");
    narrow = 4.6711045E36f;
    expect_text(VALUE_SQL, data_type_of(TYPE_FLOAT), &narrow, "4.6711045E36");
}

static void writes_whole_numbers_and_decimals(void **state)
{
    (void)state;
    int64_t big = INT64_MIN;
    expect_text(VALUE_SQL, data_type_of(TYPE_BIGINT), &big, "-9223372036854775808");
    int128_t decimal = -5;
    expect_text(VALUE_SQL, data_type_decimal(10, 2), &decimal, "-0.05");
    expect_text(VALUE_SQL, data_type_decimal(10, 0), &decimal, "-5");
    decimal = 0;
    expect_text(VALUE_SQL, data_type_decimal(10, 3), &decimal, "0.000");
    uint8_t yes = 1;
    expect_text(VALUE_SQL, data_type_of(TYPE_BOOLEAN), &yes, "TRUE");
    expect_text(VALUE_JAVA, data_type_of(TYPE_BOOLEAN), &yes, "true");
}

static void writes_times_in_each_style(void **state)
{
    (void)state;
    struct data_type local = data_type_timestamp(TYPE_TIMESTAMP, 3);
    struct data_type instant = data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3);
    int64_t us = INT64_C(1704067200000000); /* 2024-01-01 */
    expect_text(VALUE_SQL, local, &us, "2024-01-01 00:00:00.000");
    expect_text(VALUE_SQL, data_type_timestamp(TYPE_TIMESTAMP, 0), &us, "2024-01-01 00:00:00");
    expect_text(VALUE_JAVA, local, &us, "2024-01-01T00:00");
    expect_text(VALUE_JAVA, instant, &us, "2024-01-01T00:00:00Z");
    expect_text(VALUE_JSON, local, &us, "2024-01-01T00:00:00");
    us += 122000;
    expect_text(VALUE_JAVA, local, &us, "2024-01-01T00:00:00.122");
    expect_text(VALUE_JSON, instant, &us, "2024-01-01T00:00:00.122Z");
    us -= 22000;
    expect_text(VALUE_JAVA, local, &us, "2024-01-01T00:00:00.100");
    expect_text(VALUE_JSON, local, &us, "2024-01-01T00:00:00.1");
    us = -1;
    expect_text(VALUE_SQL, data_type_of(TYPE_TIMESTAMP), &us, "1969-12-31 23:59:59.999999");
    int32_t days = -719162;
    expect_text(VALUE_SQL, data_type_of(TYPE_DATE), &days, "0001-01-01");
    days = 2932896;
    expect_text(VALUE_SQL, data_type_of(TYPE_DATE), &days, "9999-12-31");
}

static void writes_bytes_in_each_style(void **state)
{
    (void)state;
    struct string_value bytes = string_value_of("\xC5\xCB", 2);
    expect_text(VALUE_JSON, data_type_of(TYPE_BYTES), &bytes, "xcs=");
    expect_text(VALUE_JAVA, data_type_of(TYPE_BYTES), &bytes, "[-59, -53]");
    expect_text(VALUE_SQL, data_type_of(TYPE_BYTES), &bytes, "\xC5\xCB");
    bytes = string_value_of("abc", 3);
    expect_text(VALUE_JSON, data_type_of(TYPE_BYTES), &bytes, "YWJj");
}

static void writes_rows_of_any_encoding(void **state)
{
    (void)state;
    int32_t seven = 7;
    struct vector *constant = vector_create_constant(data_type_of(TYPE_INT), &seven, 3);
    struct vector *missing = vector_create_constant(data_type_of(TYPE_INT), NULL, 3);
    struct buffer buffer = {0};
    value_format_row(VALUE_SQL, constant, 2, NULL, "NULL", &buffer);
    value_format_row(VALUE_SQL, missing, 2, NULL, "<NULL>", &buffer);
    assert_string_equal(buffer_text(&buffer), "7<NULL>");
    buffer_free(&buffer);
    vector_unref(constant);
    vector_unref(missing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_doubles_as_java),      cmocka_unit_test(writes_whole_numbers_and_decimals),
        cmocka_unit_test(writes_times_in_each_style),  cmocka_unit_test(writes_bytes_in_each_style),
        cmocka_unit_test(writes_rows_of_any_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
