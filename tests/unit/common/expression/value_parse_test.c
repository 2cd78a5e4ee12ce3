#include "common/expression/value_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void reads_whole_numbers(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_true(value_parse_int64("-9223372036854775808", 20, &value));
    assert_true(value == INT64_MIN);
    assert_true(value_parse_int64("+12", 3, &value));
    assert_int_equal(value, 12);
    static const char *const bad[] = {
        "", "-", "+", "1a", " 1", "1.0", "9223372036854775808", "-9223372036854775809"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(value_parse_int64(bad[i], strlen(bad[i]), &value));
    assert_int_equal(value, 12);
}

static void reads_doubles(void **state)
{
    (void)state;
    double value = 0;
    assert_true(value_parse_double("-1.5e3", 6, &value));
    assert_true(value == -1500);
    assert_true(value_parse_double(".5", 2, &value));
    assert_true(value == 0.5);
    assert_true(value_parse_double("-Infinity", 9, &value));
    assert_true(value == -__builtin_inf());
    const char *digits = "0.1000000000000000055511151231257827021181583404541015625000000000000000";
    assert_true(value_parse_double(digits, strlen(digits), &value));
    assert_true(value == 0.1);
    static const char *const bad[] = {"", ".", "e5", "1e", "1e+", "0x10", "inf", "nan", "1 ", "1..2", "--1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(value_parse_double(bad[i], strlen(bad[i]), &value));
}

static bool parse_decimal(const char *text, uint8_t precision, uint8_t scale, int128_t *ret_value)
{
    return value_parse_decimal(text, strlen(text), precision, scale, ret_value);
}

static void reads_decimals(void **state)
{
    (void)state;
    int128_t value = 0;
    assert_true(parse_decimal("12.345", 10, 2, &value) && value == 1235);
    assert_true(parse_decimal("-12.344", 10, 2, &value) && value == -1234);
    assert_true(parse_decimal("1.5e3", 10, 1, &value) && value == 15000);
    assert_true(parse_decimal("15e-4", 10, 3, &value) && value == 2);
    assert_true(parse_decimal("0.00000000000000000000000000000000000000000001", 10, 2, &value) && value == 0);
    assert_true(parse_decimal("99999999999999999999999999999999999999", 38, 0, &value));
    assert_true(parse_decimal("0.999", 3, 2, &value) && value == 100);
    assert_false(parse_decimal("9.999", 3, 2, &value));
    assert_false(parse_decimal("100000000000000000000000000000000000000", 38, 0, &value));
    assert_false(parse_decimal("1e1000000", 38, 0, &value));
    assert_false(parse_decimal("abc", 38, 0, &value));
    assert_false(parse_decimal("", 38, 0, &value));
}

static void expect_timestamp(const char *text, int64_t us)
{
    struct value_timestamp timestamp;
    assert_true(value_parse_timestamp(text, strlen(text), &timestamp));
    assert_true(timestamp.us == us);
}

static void reads_times(void **state)
{
    (void)state;
    expect_timestamp("1970-01-01", 0);
    expect_timestamp("1970-01-01 00:00:01", 1000000);
    expect_timestamp("1970-01-01T00:01", 60000000);
    expect_timestamp("1969-12-31 23:59:59.999999", -1);
    expect_timestamp("1970-01-01 00:00:00.5", 500000);
    expect_timestamp("1970-01-01 00:00:00.123456789", 123456);
    expect_timestamp("2024-02-29 00:00:00", INT64_C(1709164800000000));
    struct value_timestamp timestamp;
    assert_true(value_parse_timestamp("2024-01-01T10:00:00.000001Z", 27, &timestamp));
    assert_true(timestamp.has_offset && timestamp.offset_s == 0 && timestamp.separator == 'T');
    assert_true(value_parse_timestamp("2024-01-01 10:00:00-03:30", 25, &timestamp));
    assert_int_equal(timestamp.offset_s, -12600);
    assert_true(value_parse_timestamp("2024-01-01 10:00:00+0530", 24, &timestamp));
    assert_int_equal(timestamp.offset_s, 19800);
    static const char *const bad[] = {"",
                                      "2024",
                                      "2024-13-01",
                                      "2024-00-01",
                                      "2023-02-29",
                                      "2024-01-01 ",
                                      "2024-01-01 24:00:00",
                                      "2024-01-01 10",
                                      "2024-01-01 10:60",
                                      "2024-01-01 10:00:00.",
                                      "2024-01-01 10:00:00.1234567890",
                                      "2024-01-01 10:00:00+",
                                      "2024-01-01 10:00:00+05:",
                                      "2024-01-01 10:00:00Zx",
                                      "2024-01-01x10:00:00",
                                      "20240101"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(value_parse_timestamp(bad[i], strlen(bad[i]), &timestamp));
}

static void cuts_towards_the_past(void **state)
{
    (void)state;
    assert_true(value_truncate_timestamp(1999, 3) == 1000);
    assert_true(value_truncate_timestamp(-1, 3) == -1000);
    assert_true(value_truncate_timestamp(-1, 6) == -1);
    assert_true(value_truncate_timestamp(-1, 0) == -1000000);
}

static void reads_booleans(void **state)
{
    (void)state;
    uint8_t value = 9;
    assert_true(value_parse_boolean("TRUE", 4, &value) && value == 1);
    assert_true(value_parse_boolean("n", 1, &value) && value == 0);
    assert_false(value_parse_boolean("maybe", 5, &value));
    assert_false(value_parse_boolean("", 0, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_whole_numbers),   cmocka_unit_test(reads_doubles),
        cmocka_unit_test(reads_decimals),        cmocka_unit_test(reads_times),
        cmocka_unit_test(cuts_towards_the_past), cmocka_unit_test(reads_booleans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
