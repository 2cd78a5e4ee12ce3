#include "tests/unit/common/expression/functions/evaluation.h"

static void compares_numbers(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "<", number(e, 1), number(e, 2), NULL), "TRUE");
    EXPECT(call(e, ">=", number(e, 1), big(e, 5000000000), NULL), "FALSE");
    EXPECT(call(e, "=", number(e, 2), real(e, 2), NULL), "TRUE");
    EXPECT(call(e, "=", decimal(e, "1.50", 10, 2), decimal(e, "1.5", 5, 1), NULL), "TRUE");
    EXPECT(call(e, "<", decimal(e, "-1.51", 10, 2), number(e, -1), NULL), "TRUE");
    EXPECT(call(e, ">", decimal(e, "99999999999999999999999999999999999999", 38, 0),
                decimal(e, "0.1", 38, 38), NULL),
           "TRUE");
    EXPECT(call(e, "<>", number(e, 1), null(e), NULL), "NULL");
    EXPECT(call(e, "BETWEEN", number(e, 5), number(e, 1), number(e, 5), NULL), "TRUE");
    EXPECT(call(e, "BETWEEN", number(e, 0), number(e, 1), number(e, 5), NULL), "FALSE");
}

static void compares_texts_and_times(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "=", text(e, "abc"), text(e, "abc"), NULL), "TRUE");
    EXPECT(call(e, "<", text(e, "abcd"), text(e, "abce"), NULL), "TRUE");
    EXPECT(call(e, "<", text(e, "z"), text(e, "\xC3\xA9"), NULL), "TRUE");
    EXPECT(call(e, "<>", text(e, "longer text"), text(e, "longer texT"), NULL), "TRUE");
    EXPECT(call(e, "=", date(e, "2024-02-29"), text(e, "2024-02-29"), NULL), "TRUE");
    EXPECT(call(e, ">", timestamp(e, "1969-12-31 23:59:59.999999"), date(e, "1969-12-31"), NULL), "TRUE");
    EXPECT(call(e, "<", time_of(e, TYPE_TIMESTAMP_LTZ, 3, "2024-01-01 00:00:00"),
                timestamp(e, "2024-01-01 00:00:01"), NULL),
           "TRUE");
    EXPECT(call(e, "=", truth(e, true), truth(e, false), NULL), "FALSE");
    assert_non_null(strstr(refusal(e, "=", text(e, "1"), number(e, 1), NULL), "add a CAST"));
}

static void knows_null(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "IS NULL", null(e), NULL), "TRUE");
    EXPECT(call(e, "IS NOT NULL", text(e, ""), NULL), "TRUE");
    EXPECT(call(e, "IS TRUE", null(e), NULL), "FALSE");
    EXPECT(call(e, "IS NOT TRUE", null(e), NULL), "TRUE");
    EXPECT(call(e, "IS FALSE", truth(e, false), NULL), "TRUE");
    EXPECT(call(e, "IS NOT FALSE", truth(e, false), NULL), "FALSE");
    EXPECT(call(e, "NOT", truth(e, false), NULL), "TRUE");
    EXPECT(call(e, "NOT", null(e), NULL), "NULL");
    EXPECT(call(e, "IS DISTINCT FROM", null(e), number(e, 1), NULL), "TRUE");
    EXPECT(call(e, "IS NOT DISTINCT FROM", null(e), null(e), NULL), "TRUE");
}

static void looks_into_lists(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "IN", number(e, 2), number(e, 1), number(e, 2), NULL), "TRUE");
    EXPECT(call(e, "IN", number(e, 3), number(e, 1), big(e, 2), NULL), "FALSE");
    EXPECT(call(e, "IN", number(e, 3), number(e, 1), null(e), NULL), "NULL");
    EXPECT(call(e, "IN", number(e, 1), number(e, 1), null(e), NULL), "TRUE");
    EXPECT(call(e, "IN", null(e), number(e, 1), NULL), "NULL");
    EXPECT(call(e, "IN", text(e, "b"), text(e, "a"), text(e, "b"), NULL), "TRUE");
    EXPECT(call(e, "GREATEST", number(e, 1), big(e, 7), number(e, 3), NULL), "7");
    EXPECT(call(e, "LEAST", text(e, "b"), text(e, "a"), NULL), "a");
    EXPECT(call(e, "GREATEST", number(e, 1), null(e), NULL), "NULL");
}

static void matches_patterns(void **state)
{
    struct evaluation *e = *state;
    static const struct {
        const char *value, *pattern, *expected;
    } cases[] = {
        {"hello", "hello", "TRUE"},  {"hello", "h%", "TRUE"},
        {"hello", "%lo", "TRUE"},    {"hello", "%ell%", "TRUE"},
        {"hello", "h_llo", "TRUE"},  {"hello", "h_o", "FALSE"},
        {"hello", "%l%o", "TRUE"},   {"hello", "%", "TRUE"},
        {"", "%", "TRUE"},           {"", "", "TRUE"},
        {"a", "", "FALSE"},          {"\xC3\xA9", "_", "TRUE"},
        {"\xC3\xA9", "__", "FALSE"}, {"\xC3\xA9", "%_%_", "FALSE"},
        {"aXbXc", "a%X_", "TRUE"},   {"abab", "%ab", "TRUE"},
        {"aab", "a_b%", "TRUE"},     {"hello", "%%l%%", "TRUE"},
        {"ab", "abc%", "FALSE"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EXPECT(call(e, "LIKE", text(e, cases[i].value), text(e, cases[i].pattern), NULL), cases[i].expected);
    EXPECT(call(e, "LIKE", text(e, "50%"), text(e, "50!%"), text(e, "!"), NULL), "TRUE");
    EXPECT(call(e, "LIKE", text(e, "50x"), text(e, "50!%"), text(e, "!"), NULL), "FALSE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVALUATION_TEST(compares_numbers), EVALUATION_TEST(compares_texts_and_times),
        EVALUATION_TEST(knows_null),       EVALUATION_TEST(looks_into_lists),
        EVALUATION_TEST(matches_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
