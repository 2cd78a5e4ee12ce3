#include "common/expression/type_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_type(struct data_type type, const char *expected)
{
    struct buffer buffer = {0};
    data_type_format(type, &buffer);
    assert_string_equal(buffer_text(&buffer), expected);
    buffer_free(&buffer);
}

static void expect_common(struct data_type a, struct data_type b, const char *expected)
{
    struct data_type common;
    assert_true(type_find_common(a, b, &common));
    expect_type(common, expected);
    assert_true(type_find_common(b, a, &common));
    expect_type(common, expected);
}

static void finds_common_types(void **state)
{
    (void)state;
    struct data_type type_int = data_type_of(TYPE_INT);
    struct data_type type_double = data_type_of(TYPE_DOUBLE);
    expect_common(type_int, data_type_of(TYPE_BIGINT), "BIGINT");
    expect_common(type_int, data_type_of(TYPE_FLOAT), "FLOAT");
    expect_common(data_type_decimal(10, 2), type_double, "DOUBLE");
    expect_common(data_type_decimal(10, 2), type_int, "DECIMAL(12, 2)");
    expect_common(data_type_decimal(5, 4), data_type_decimal(10, 1), "DECIMAL(13, 4)");
    expect_common(data_type_not_null(type_int), data_type_of(TYPE_NULL), "INT");
    expect_common(data_type_not_null(type_int), data_type_not_null(type_int), "INT NOT NULL");
    expect_common(data_type_of(TYPE_DATE), data_type_timestamp(TYPE_TIMESTAMP, 3), "TIMESTAMP(3)");
    expect_common(data_type_timestamp(TYPE_TIMESTAMP, 6), data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3),
                  "TIMESTAMP_LTZ(6)");
    struct data_type three = data_type_of(TYPE_STRING), five = three;
    three.fixed_length = five.fixed_length = true;
    three.length = 3;
    five.length = 5;
    expect_common(three, five, "VARCHAR(5)");
    expect_common(three, data_type_of(TYPE_STRING), "STRING");
    struct data_type common;
    assert_false(type_find_common(type_int, data_type_of(TYPE_STRING), &common));
    assert_false(type_find_common(type_int, data_type_of(TYPE_BOOLEAN), &common));
}

static void derives_decimals_as_flink(void **state)
{
    (void)state;
    struct data_type a = data_type_decimal(10, 2), b = data_type_decimal(38, 18);
    expect_type(type_decimal_sum(a, data_type_decimal(8, 4)), "DECIMAL(13, 4)");
    expect_type(type_decimal_sum(b, b), "DECIMAL(38, 17)");
    expect_type(type_decimal_product(a, a), "DECIMAL(21, 4)");
    expect_type(type_decimal_product(b, b), "DECIMAL(38, 6)");
    expect_type(type_decimal_quotient(a, a), "DECIMAL(23, 13)");
    expect_type(type_decimal_quotient(b, b), "DECIMAL(38, 6)");
    expect_type(type_decimal_remainder(data_type_decimal(10, 0), data_type_decimal(5, 0)), "DECIMAL(5, 0)");
    expect_type(type_decimal_remainder(a, data_type_decimal(5, 3)), "DECIMAL(5, 3)");
    expect_type(type_decimal_rounded(a, 1), "DECIMAL(10, 1)");
    expect_type(type_decimal_rounded(a, -3), "DECIMAL(9, 0)");
    expect_type(type_decimal_rounded(a, 5), "DECIMAL(10, 2)");
}

static void knows_casts(void **state)
{
    (void)state;
    struct data_type string = data_type_of(TYPE_STRING), date = data_type_of(TYPE_DATE);
    struct data_type whole = data_type_of(TYPE_INT), big = data_type_of(TYPE_BIGINT);
    assert_true(type_supports_cast(string, date));
    assert_true(type_supports_cast(date, string));
    assert_false(type_supports_cast(whole, date));
    assert_false(type_supports_cast(data_type_of(TYPE_BYTES), whole));
    assert_true(type_supports_implicit_cast(whole, big));
    assert_false(type_supports_implicit_cast(big, whole));
    assert_false(type_supports_implicit_cast(whole, string));
    assert_true(type_supports_implicit_cast(data_type_of(TYPE_DOUBLE), data_type_decimal(10, 2)));
    assert_true(type_supports_implicit_cast(data_type_of(TYPE_TIMESTAMP), date));
    assert_false(type_supports_implicit_cast(data_type_of(TYPE_TIMESTAMP_LTZ), date));
    assert_true(type_supports_implicit_cast(data_type_of(TYPE_TIMESTAMP), data_type_of(TYPE_TIMESTAMP_LTZ)));
    assert_false(type_supports_implicit_cast(string, date));
    assert_true(type_supports_implicit_cast(data_type_of(TYPE_NULL), string));
    assert_true(type_cast_can_fail(string, whole));
    assert_false(type_cast_can_fail(whole, string));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_common_types),
        cmocka_unit_test(derives_decimals_as_flink),
        cmocka_unit_test(knows_casts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
