#include "tests/unit/common/expression/functions/evaluation.h"

static struct data_type varchar(uint32_t length, bool fixed)
{
    struct data_type type = data_type_of(TYPE_STRING);
    type.length = length;
    type.fixed_length = fixed;
    return type;
}

static tree try_cast(struct evaluation *e, tree argument, struct data_type type)
{
    struct error error;
    tree result = NULL;
    assert_int_equal(expression_cast(e->arena, argument, type, true, &result, &error), STATUS_OK);
    return result;
}

static void casts_numbers(void **state)
{
    struct evaluation *e = *state;
    struct data_type type_int = data_type_of(TYPE_INT);
    EXPECT(cast(e, big(e, 4294967297), type_int), "1");
    EXPECT(cast(e, real(e, 1e300), type_int), "2147483647");
    EXPECT(cast(e, real(e, -1.9), data_type_of(TYPE_BIGINT)), "-1");
    EXPECT(cast(e, real(e, __builtin_nan("")), type_int), "0");
    EXPECT(cast(e, decimal(e, "-1.99", 10, 2), type_int), "-1");
    EXPECT(cast(e, number(e, 7), data_type_decimal(10, 2)), "7.00");
    EXPECT(cast(e, number(e, 1000), data_type_decimal(4, 2)), "NULL");
    EXPECT(cast(e, real(e, 1.005), data_type_decimal(10, 2)), "1.01");
    EXPECT(cast(e, decimal(e, "1.255", 10, 3), data_type_decimal(10, 2)), "1.26");
    EXPECT(cast(e, decimal(e, "123.45", 10, 2), data_type_of(TYPE_DOUBLE)), "123.45");
    EXPECT(cast(e, number(e, 2), data_type_of(TYPE_BOOLEAN)), "TRUE");
    EXPECT(cast(e, truth(e, true), data_type_of(TYPE_BIGINT)), "1");
    EXPECT(cast(e, real(e, 0.1), data_type_of(TYPE_FLOAT)), "0.1");
}

static void casts_to_text(void **state)
{
    struct evaluation *e = *state;
    struct data_type type_text = data_type_of(TYPE_STRING);
    EXPECT(cast(e, truth(e, true), type_text), "TRUE");
    EXPECT(cast(e, real(e, 1e10), type_text), "1.0E10");
    EXPECT(cast(e, time_of(e, TYPE_TIMESTAMP, 3, "2024-01-01"), type_text), "2024-01-01 00:00:00.000");
    EXPECT(cast(e, time_of(e, TYPE_TIMESTAMP, 0, "2024-01-01"), type_text), "2024-01-01 00:00:00");
    EXPECT(cast(e, decimal(e, "-0.50", 5, 2), type_text), "-0.50");
    EXPECT(cast(e, number(e, 12345), varchar(3, false)), "123");
    EXPECT(cast(e, text(e, "\xC3\xA9t\xC3\xA9"), varchar(2, false)), "\xC3\xA9t");
    EXPECT(cast(e, text(e, "ab"), varchar(4, true)), "ab  ");
    EXPECT(cast(e, null(e), type_text), "NULL");
}

static void casts_from_text(void **state)
{
    struct evaluation *e = *state;
    EXPECT(cast(e, text(e, " 42 "), data_type_of(TYPE_INT)), "42");
    EXPECT(cast(e, text(e, "42.9"), data_type_of(TYPE_INT)), "42");
    EXPECT(cast(e, text(e, "-9223372036854775808"), data_type_of(TYPE_BIGINT)), "-9223372036854775808");
    EXPECT(cast(e, text(e, "1e3"), data_type_of(TYPE_DOUBLE)), "1000.0");
    EXPECT(cast(e, text(e, "1.005"), data_type_decimal(10, 2)), "1.01");
    EXPECT(cast(e, text(e, "Yes"), data_type_of(TYPE_BOOLEAN)), "TRUE");
    EXPECT(cast(e, text(e, "2024-02-29"), data_type_of(TYPE_DATE)), "2024-02-29");
    EXPECT(cast(e, text(e, "1969-12-31 23:59:59.9999"), data_type_timestamp(TYPE_TIMESTAMP, 3)),
           "1969-12-31 23:59:59.999");
    EXPECT(cast(e, text(e, "2024-01-01T00:00:00+02:00"), data_type_timestamp(TYPE_TIMESTAMP_LTZ, 0)),
           "2023-12-31 22:00:00");
    EXPECT(cast(e, text(e, "abc"), data_type_of(TYPE_INT)),
           "error: cannot cast 'abc' to INT; TRY_CAST gives NULL instead");
    EXPECT(cast(e, text(e, "3000000000"), data_type_of(TYPE_INT)),
           "error: cannot cast '3000000000' to INT; TRY_CAST gives NULL instead");
    EXPECT(cast(e, text(e, "2023-02-29"), data_type_of(TYPE_DATE)),
           "error: cannot cast '2023-02-29' to DATE; TRY_CAST gives NULL instead");
    EXPECT(cast(e, text(e, ""), data_type_of(TYPE_INT)),
           "error: cannot cast '' to INT; TRY_CAST gives NULL instead");
    EXPECT(try_cast(e, text(e, "abc"), data_type_of(TYPE_INT)), "NULL");
    EXPECT(try_cast(e, text(e, "12"), data_type_of(TYPE_INT)), "12");
}

static void casts_times(void **state)
{
    struct evaluation *e = *state;
    EXPECT(cast(e, date(e, "1969-12-31"), data_type_timestamp(TYPE_TIMESTAMP, 3)), "1969-12-31 00:00:00.000");
    EXPECT(cast(e, timestamp(e, "1969-12-31 23:59:59.999999"), data_type_of(TYPE_DATE)), "1969-12-31");
    EXPECT(cast(e, timestamp(e, "1969-12-31 23:59:59.999999"), data_type_timestamp(TYPE_TIMESTAMP, 3)),
           "1969-12-31 23:59:59.999");
}

static void refuses_what_has_no_cast(void **state)
{
    struct evaluation *e = *state;
    struct error error;
    tree result;
    assert_int_equal(expression_cast(e->arena, number(e, 1), data_type_of(TYPE_DATE), false, &result, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "Cast function cannot convert value of type INT NOT NULL to type DATE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVALUATION_TEST(casts_numbers),
        EVALUATION_TEST(casts_to_text),
        EVALUATION_TEST(casts_from_text),
        EVALUATION_TEST(casts_times),
        EVALUATION_TEST(refuses_what_has_no_cast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
