#include "tests/unit/common/expression/functions/evaluation.h"

static void adds_and_wraps(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "+", number(e, 2), number(e, 3), NULL), "5");
    EXPECT(call(e, "+", number(e, INT32_MAX), number(e, 1), NULL), "-2147483648");
    EXPECT(call(e, "-", big(e, INT64_MIN), number(e, 1), NULL), "9223372036854775807");
    EXPECT(call(e, "*", number(e, 65536), number(e, 65536), NULL), "0");
    EXPECT(call(e, "*", real(e, 1.5), number(e, 3), NULL), "4.5");
    EXPECT(call(e, "-", number(e, 5), NULL), "-5");
    EXPECT(call(e, "-", number(e, INT32_MIN), NULL), "-2147483648");
    EXPECT(call(e, "+", null(e), number(e, 1), NULL), "NULL");
}

static void derives_types(void **state)
{
    struct evaluation *e = *state;
    assert_string_equal(type_text(e, call(e, "+", number(e, 1), number(e, 1), NULL)), "INT NOT NULL");
    assert_string_equal(type_text(e, call(e, "+", number(e, 1), big(e, 1), NULL)), "BIGINT NOT NULL");
    assert_string_equal(type_text(e, call(e, "/", number(e, 1), real(e, 2), NULL)), "DOUBLE NOT NULL");
    assert_string_equal(type_text(e, call(e, "%", big(e, 7), number(e, 4), NULL)), "INT NOT NULL");
    assert_string_equal(type_text(e, call(e, "+", decimal(e, "1.25", 10, 2), decimal(e, "1", 5, 0), NULL)),
                        "DECIMAL(11, 2)");
    assert_string_equal(type_text(e, call(e, "*", decimal(e, "1.25", 10, 2), number(e, 1), NULL)),
                        "DECIMAL(21, 2)");
    assert_string_equal(type_text(e, call(e, "/", decimal(e, "1.25", 10, 2), decimal(e, "3", 5, 1), NULL)),
                        "DECIMAL(17, 8)");
    assert_string_equal(type_text(e, call(e, "*", decimal(e, "1", 38, 10), decimal(e, "1", 38, 10), NULL)),
                        "DECIMAL(38, 6)");
    assert_non_null(strstr(refusal(e, "+", text(e, "a"), number(e, 1), NULL),
                           "Cannot apply '+' to arguments of type '<CHAR(1)> + <INT>'"));
}

static void divides(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "/", number(e, 7), number(e, 2), NULL), "3");
    EXPECT(call(e, "/", number(e, -7), number(e, 2), NULL), "-3");
    EXPECT(call(e, "/", number(e, INT32_MIN), number(e, -1), NULL), "-2147483648");
    EXPECT(call(e, "/", big(e, INT64_MIN), big(e, -1), NULL), "-9223372036854775808");
    EXPECT(call(e, "%", number(e, -7), number(e, 3), NULL), "-1");
    EXPECT(call(e, "MOD", big(e, 10000000007), number(e, 10), NULL), "7");
    EXPECT(call(e, "/", real(e, 1), real(e, 0), NULL), "Infinity");
    EXPECT(call(e, "/", real(e, 0), real(e, 0), NULL), "NaN");
    assert_non_null(strstr(value_of(e, call(e, "/", number(e, 1), number(e, 0), NULL)), "/ by zero"));
    assert_non_null(strstr(value_of(e, call(e, "%", big(e, 1), big(e, 0), NULL)), "/ by zero"));
    assert_non_null(
        strstr(value_of(e, call(e, "/", decimal(e, "1", 5, 0), decimal(e, "0", 5, 0), NULL)), "/ by zero"));
}

static void computes_with_decimals(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "+", decimal(e, "1.25", 10, 2), decimal(e, "0.125", 10, 3), NULL), "1.375");
    EXPECT(call(e, "-", decimal(e, "1.25", 10, 2), number(e, 3), NULL), "-1.75");
    EXPECT(call(e, "*", decimal(e, "-1.5", 10, 1), decimal(e, "2.25", 10, 2), NULL), "-3.375");
    EXPECT(call(e, "/", decimal(e, "1.00", 10, 2), decimal(e, "3", 5, 0), NULL), "0.33333333");
    EXPECT(call(e, "/", decimal(e, "2.00", 10, 2), decimal(e, "3", 5, 0), NULL), "0.66666667");
    EXPECT(call(e, "%", decimal(e, "7.5", 10, 1), decimal(e, "2", 5, 0), NULL), "1.5");
    EXPECT(call(e, "-", decimal(e, "1.25", 10, 2), NULL), "-1.25");
    /* intermediate products of more than 38 digits */
    EXPECT(call(e, "*", decimal(e, "9999999999999999.99", 38, 20), decimal(e, "100", 38, 20), NULL),
           "999999999999999999.000000");
    /* beyond 38 digits there is no value */
    EXPECT(call(e, "*", decimal(e, "99999999999999999999999999999999999999", 38, 0),
                decimal(e, "99999999999999999999999999999999999999", 38, 0), NULL),
           "NULL");
    EXPECT(call(e, "+", decimal(e, "99999999999999999999999999999999999999", 38, 0), decimal(e, "1", 38, 0),
                NULL),
           "NULL");
}

static void rounds(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "ROUND", real(e, 2.675), number(e, 2), NULL), "2.68");
    EXPECT(call(e, "ROUND", real(e, -2.5), NULL), "-3.0");
    EXPECT(call(e, "ROUND", real(e, 1250), number(e, -2), NULL), "1300.0");
    EXPECT(call(e, "ROUND", number(e, 1250), number(e, -2), NULL), "1300");
    EXPECT(call(e, "ROUND", decimal(e, "1.255", 10, 3), number(e, 2), NULL), "1.26");
    EXPECT(call(e, "ROUND", decimal(e, "-1.255", 10, 3), NULL), "-1");
    EXPECT(call(e, "FLOOR", real(e, -1.5), NULL), "-2.0");
    EXPECT(call(e, "CEIL", real(e, -1.5), NULL), "-1.0");
    EXPECT(call(e, "FLOOR", decimal(e, "-1.5", 10, 1), NULL), "-2");
    EXPECT(call(e, "CEILING", decimal(e, "1.2", 10, 1), NULL), "2");
    EXPECT(call(e, "ABS", number(e, -3), NULL), "3");
    EXPECT(call(e, "ABS", decimal(e, "-1.5", 10, 1), NULL), "1.5");
    EXPECT(call(e, "POWER", number(e, 2), number(e, 10), NULL), "1024.0");
    EXPECT(call(e, "SQRT", number(e, 2), NULL), "1.4142135623730951");
    EXPECT(call(e, "SIGN", real(e, -2.5), NULL), "-1.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVALUATION_TEST(adds_and_wraps),         EVALUATION_TEST(derives_types), EVALUATION_TEST(divides),
        EVALUATION_TEST(computes_with_decimals), EVALUATION_TEST(rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
