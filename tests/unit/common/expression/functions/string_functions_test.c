#include "tests/unit/common/expression/functions/evaluation.h"

static void changes_case(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "UPPER", text(e, "abcXYZ019"), NULL), "ABCXYZ019");
    EXPECT(call(e, "LOWER", text(e, "ABCxyz019"), NULL), "abcxyz019");
    EXPECT(call(e, "UPPER", text(e, "\xC3\xA9t\xC3\xA9 \xC3\x9F \xD0\xB6 \xCF\x89"), NULL),
           "\xC3\x89T\xC3\x89 SS \xD0\x96 \xCE\xA9");
    EXPECT(call(e, "LOWER", text(e, "\xC3\x89\xD0\x96\xCE\xA9\xC5\x81"), NULL),
           "\xC3\xA9\xD0\xB6\xCF\x89\xC5\x82");
    EXPECT(call(e, "UPPER", text(e, "\xE6\x97\xA5\xF0\x9F\x98\x80"), NULL), "\xE6\x97\xA5\xF0\x9F\x98\x80");
    EXPECT(call(e, "UPPER", null(e), NULL), "NULL");
    assert_non_null(strstr(refusal(e, "UPPER", number(e, 1), NULL), "Supported form(s): 'UPPER(STRING)'"));
}

static void counts_and_cuts_characters(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "CHAR_LENGTH", text(e, "\xC3\xA9t\xC3\xA9"), NULL), "3");
    EXPECT(call(e, "OCTET_LENGTH", text(e, "\xC3\xA9t\xC3\xA9"), NULL), "5");
    EXPECT(call(e, "SUBSTRING", text(e, "hello"), number(e, 2), NULL), "ello");
    EXPECT(call(e, "SUBSTRING", text(e, "hello"), number(e, 2), number(e, 3), NULL), "ell");
    EXPECT(call(e, "SUBSTR", text(e, "\xC3\xA9t\xC3\xA9s"), number(e, 2), number(e, 2), NULL), "t\xC3\xA9");
    EXPECT(call(e, "SUBSTRING", text(e, "hello"), number(e, -3), number(e, 2), NULL), "ll");
    EXPECT(call(e, "SUBSTRING", text(e, "hello"), number(e, 9), NULL), "");
    EXPECT(call(e, "SUBSTRING", text(e, "hello"), number(e, 0), number(e, 2), NULL), "he");
    EXPECT(call(e, "SUBSTRING", text(e, "hello"), number(e, -9), NULL), "");
    EXPECT(call(e, "SUBSTRING", text(e, "hello"), number(e, 1), number(e, -1), NULL), "NULL");
}

static void trims_and_joins(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "TRIM", text(e, "  a b  "), NULL), "a b");
    EXPECT(call(e, "LTRIM", text(e, "  a "), NULL), "a ");
    EXPECT(call(e, "RTRIM", text(e, " a  "), NULL), " a");
    EXPECT(call(e, "TRIM", text(e, "xyaxy"), text(e, "yx"), NULL), "a");
    EXPECT(call(e, "TRIM",
                text(e, "\xC3\xA9"
                        "a\xC3\xA9"),
                text(e, "\xC3\xA9"), NULL),
           "a");
    EXPECT(call(e, "TRIM", text(e, "    "), NULL), "");
    EXPECT(call(e, "||", text(e, "a"), text(e, "b"), NULL), "ab");
    EXPECT(call(e, "CONCAT", text(e, "a"), text(e, ""), text(e, "bc"), NULL), "abc");
    EXPECT(call(e, "||", text(e, "a"), null(e), NULL), "NULL");
    EXPECT(call(e, "REPLACE", text(e, "aXbXX"), text(e, "X"), text(e, "--"), NULL), "a--b----");
    EXPECT(call(e, "REPLACE", text(e, "abc"), text(e, ""), text(e, "-"), NULL), "abc");
    EXPECT(call(e, "REPLACE", text(e, "aa"), text(e, "a"), text(e, ""), NULL), "");
    EXPECT(call(e, "POSITION", text(e, "t"), text(e, "\xC3\xA9t"), NULL), "2");
    EXPECT(call(e, "POSITION", text(e, "q"), text(e, "abc"), NULL), "0");
}

static void reads_json(void **state)
{
    struct evaluation *e = *state;
    const char *json =
        " {\"a\" : {\"b\": [10, {\"c\": \"x\\\"\\u00e9\\ud83d\\ude00\\n\"}]}, \"t\": true, \"n\": null, "
        "\"d\": -1.5e3, \"s p\": \"v\"}";
    static const struct {
        const char *path, *expected;
    } cases[] = {
        {"$.a.b[0]", "10"},   {"$.a.b[1].c", "x\"\xC3\xA9\xF0\x9F\x98\x80\n"},
        {"$.t", "true"},      {"$.n", "NULL"},
        {"$.d", "-1.5e3"},    {"$['s p']", "v"},
        {"lax $.t", "true"},  {"$.a", "NULL"},
        {"$.a.b[2]", "NULL"}, {"$.missing", "NULL"},
        {"a.b", "NULL"},      {"$", "NULL"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EXPECT(call(e, "JSON_VALUE", text(e, json), text(e, cases[i].path), NULL), cases[i].expected);
    static const char *const broken[] = {"",  "{",        "{\"a\"", "{\"a\":", "{\"a\":\"x", "{\"a\":\"\\u12",
                                         "[", "{\"b\":]", "x{"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        EXPECT(call(e, "JSON_VALUE", text(e, broken[i]), text(e, "$.a"), NULL), "NULL");
}

static void names_what_was_meant(void **state)
{
    struct evaluation *e = *state;
    assert_string_equal(refusal(e, "UPER", text(e, "a"), NULL),
                        "No match found for function UPER. Did you mean UPPER?");
    assert_string_equal(refusal(e, "FROBNICATE", text(e, "a"), NULL),
                        "No match found for function FROBNICATE");
    assert_non_null(
        strstr(refusal(e, "UPPER", text(e, "a"), text(e, "b"), NULL), "Was expecting 1 arguments, got 2"));
    assert_true(function_exists("coalesce"));
    assert_false(function_exists("FROBNICATE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVALUATION_TEST(changes_case),         EVALUATION_TEST(counts_and_cuts_characters),
        EVALUATION_TEST(trims_and_joins),      EVALUATION_TEST(reads_json),
        EVALUATION_TEST(names_what_was_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
