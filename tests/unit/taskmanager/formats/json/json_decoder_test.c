#include "taskmanager/formats/json/json_decoder.h"

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/expression/calendar.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COLUMNS_MAX = 80, MESSAGES_MAX = 64 };

/* A decoder, what it was given last and what it made of it. */
struct fixture {
    struct schema *schema;
    struct format_decoder *decoder;
    struct vector *columns[COLUMNS_MAX];
    struct format_failures failures;
    uint32_t rows;
};

static void open_schema(struct fixture *fixture, struct schema *schema, struct json_format_config config)
{
    *fixture = (struct fixture){.schema = schema, .decoder = json_decoder_create(schema, &config)};
}

static void open_one(struct fixture *fixture, struct data_type type, struct json_format_config config)
{
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "v", type);
    open_schema(fixture, schema, config);
}

static void drop_columns(struct fixture *fixture)
{
    for (uint32_t i = 0; i < fixture->schema->num_fields; i++) {
        vector_unref(fixture->columns[i]);
        fixture->columns[i] = NULL;
    }
}

static void close_fixture(struct fixture *fixture)
{
    drop_columns(fixture);
    format_failures_free(&fixture->failures);
    format_decoder_free(fixture->decoder);
    schema_unref(fixture->schema);
}

static void decode_messages(struct fixture *fixture, const struct format_message *messages, uint32_t count)
{
    drop_columns(fixture);
    for (uint32_t i = 0; i < fixture->schema->num_fields; i++)
        fixture->columns[i] = vector_create(fixture->schema->fields[i].type, count);
    /* Each message in a block of its own size: a byte read beyond it is seen by the sanitizer. */
    struct format_message copies[MESSAGES_MAX];
    assert_true(count <= MESSAGES_MAX);
    for (uint32_t i = 0; i < count; i++)
        copies[i] = (struct format_message){mem_dup(messages[i].data, messages[i].size), messages[i].size};
    fixture->rows = format_decode(fixture->decoder, copies, count, fixture->columns, &fixture->failures);
    for (uint32_t i = 0; i < count; i++)
        free((void *)(uintptr_t)copies[i].data);
    assert_int_equal(fixture->rows + fixture->failures.count, count);
    for (uint32_t i = 0; i < fixture->schema->num_fields; i++)
        assert_int_equal(fixture->columns[i]->length, fixture->rows);
}

static void decode_sized(struct fixture *fixture, const char *text, size_t size)
{
    decode_messages(fixture, &(struct format_message){text, size}, 1);
}

static void decode(struct fixture *fixture, const char *text)
{
    decode_sized(fixture, text, strlen(text));
}

static void decode_value(struct fixture *fixture, const char *value)
{
    char text[4096];
    snprintf(text, sizeof text, "{\"v\":%s}", value);
    decode(fixture, text);
}

static const char *reason_of(const struct fixture *fixture)
{
    assert_int_equal(fixture->failures.count, 1);
    return fixture->failures.items[0].reason;
}

static void assert_text(const struct fixture *fixture, uint32_t column, uint32_t row, const char *expected)
{
    assert_false(vector_is_null(fixture->columns[column], row));
    const struct string_value *value = vector_value(fixture->columns[column], row);
    struct string_value wanted = string_value_of(expected, strlen(expected));
    if (!string_value_equal(value, &wanted))
        fail_msg("'%.*s' is not '%s'", (int)value->size, value->data, expected);
}

static int64_t bigint_at(const struct fixture *fixture, uint32_t column, uint32_t row)
{
    assert_false(vector_is_null(fixture->columns[column], row));
    return *(const int64_t *)vector_value(fixture->columns[column], row);
}

struct accepted {
    const char *json;
    const char *expected; /* NULL: SQL NULL */
};

/* What a type makes of values, as text by way of print. */
static void check_accepted(struct data_type type, struct json_format_config config,
                           void (*print)(const void *value, char *text, size_t size),
                           const struct accepted *cases, size_t count)
{
    struct fixture fixture;
    open_one(&fixture, type, config);
    for (size_t i = 0; i < count; i++) {
        decode_value(&fixture, cases[i].json);
        if (fixture.failures.count > 0)
            fail_msg("%s is refused: %s", cases[i].json, fixture.failures.items[0].reason);
        assert_int_equal(vector_is_null(fixture.columns[0], 0), cases[i].expected == NULL);
        if (cases[i].expected == NULL)
            continue;
        char text[512];
        print(vector_value(fixture.columns[0], 0), text, sizeof text);
        if (strcmp(text, cases[i].expected) != 0)
            fail_msg("%s gives %s, not %s", cases[i].json, text, cases[i].expected);
    }
    close_fixture(&fixture);
}

static void check_refused(struct data_type type, struct json_format_config config, const char *const *values,
                          size_t count)
{
    struct fixture fixture;
    open_one(&fixture, type, config);
    for (size_t i = 0; i < count; i++) {
        decode_value(&fixture, values[i]);
        if (fixture.rows != 0)
            fail_msg("%s is accepted", values[i]);
        assert_true(strlen(reason_of(&fixture)) > 0);
    }
    close_fixture(&fixture);
}

#define COUNT(array) (sizeof(array) / sizeof *(array))
static const struct json_format_config plain = {0};

static void print_bigint(const void *value, char *text, size_t size)
{
    snprintf(text, size, "%lld", (long long)*(const int64_t *)value);
}

static void print_int(const void *value, char *text, size_t size)
{
    snprintf(text, size, "%d", *(const int32_t *)value);
}

static void print_double(const void *value, char *text, size_t size)
{
    snprintf(text, size, "%.17g", *(const double *)value);
}

static void print_float(const void *value, char *text, size_t size)
{
    snprintf(text, size, "%.9g", (double)*(const float *)value);
}

static void print_boolean(const void *value, char *text, size_t size)
{
    snprintf(text, size, "%s", *(const uint8_t *)value == 1 ? "true" : "false");
}

static void print_string(const void *value, char *text, size_t size)
{
    const struct string_value *string = value;
    snprintf(text, size, "%.*s", (int)string->size, string->data);
}

static void print_decimal(const void *value, char *text, size_t size)
{
    snprintf(text, size, "%lld", (long long)*(const int128_t *)value); /* unscaled; the cases fit */
}

static void test_bigint(void **state)
{
    (void)state;
    static const struct accepted cases[] = {
        {"0", "0"},
        {"-0", "0"},
        {"7", "7"},
        {"-42", "-42"},
        {"123456789012345678", "123456789012345678"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"\"12\"", "12"},
        {"\" -12 \"", "-12"},
        {"\"\\u0031\"", "1"},
        {"1.9", "1"},
        {"-1.9", "-1"},
        {"1.5e3", "1500"},
        {"1E2", "100"},
        {"9007199254740993.0", "9007199254740993"},
        {"null", NULL},
        {" 5 ", "5"},
    };
    static const char *const refused[] = {
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999",
        "1e19",
        "1e400",
        "01",
        "-",
        "-a",
        "+1",
        ".5",
        "1.",
        "1.e3",
        "1e",
        "1e+",
        "0x10",
        "\"\"",
        "\"x\"",
        "\"1.5\"",
        "true",
        "{}",
        "[]",
        "[1]",
        "nul",
        "NaN",
        "Infinity",
        "",
        "12a",
        "--1",
    };
    check_accepted(data_type_of(TYPE_BIGINT), plain, print_bigint, cases, COUNT(cases));
    check_refused(data_type_of(TYPE_BIGINT), plain, refused, COUNT(refused));
}

static void test_int(void **state)
{
    (void)state;
    static const struct accepted cases[] = {
        {"2147483647", "2147483647"}, {"-2147483648", "-2147483648"}, {"\"5\"", "5"}, {"null", NULL}};
    static const char *const refused[] = {"2147483648", "-2147483649", "\"2147483648\"", "false"};
    check_accepted(data_type_of(TYPE_INT), plain, print_int, cases, COUNT(cases));
    check_refused(data_type_of(TYPE_INT), plain, refused, COUNT(refused));
}

static void test_double(void **state)
{
    (void)state;
    static const struct accepted cases[] = {
        {"0", "0"},
        {"-0.0", "-0"},
        {"1.5", "1.5"},
        {"0.1", "0.10000000000000001"},
        {"123.456", "123.456"},
        {"1e22", "1e+22"},
        {"1e23", "9.9999999999999992e+22"},
        {"9007199254740993", "9007199254740992"},
        {"0.30000000000000004", "0.30000000000000004"},
        {"2.2250738585072014e-308", "2.2250738585072014e-308"},
        {"4.9e-324", "4.9406564584124654e-324"},
        {"1e-400", "0"},
        {"1.7976931348623157e308", "1.7976931348623157e+308"},
        {"100000000000000000000000000000000000000001", "1e+41"},
        {"\"2.5\"", "2.5"},
        {"\"1e3\"", "1000"},
        {"\"NaN\"", "nan"},
        {"\"-Infinity\"", "-inf"},
        {"null", NULL},
    };
    static const char *const refused[] = {"1e400", "-1e400", "\"1e400\"", "\"abc\"", "\"0x1p3\"", "\"\"",
                                          "true",  "NaN",    "Infinity",  "-",       "1.2.3",     "[1.5]"};
    check_accepted(data_type_of(TYPE_DOUBLE), plain, print_double, cases, COUNT(cases));
    check_refused(data_type_of(TYPE_DOUBLE), plain, refused, COUNT(refused));
}

static void test_double_is_correctly_rounded(void **state)
{
    (void)state;
    struct fixture fixture;
    struct random random;
    random_init(&random, 20260131);
    open_one(&fixture, data_type_of(TYPE_DOUBLE), plain);
    for (int i = 0; i < 3000; i++) {
        union {
            uint64_t bits;
            double number;
        } value = {.bits = random_next(&random)};
        if (!isfinite(value.number))
            continue;
        char text[64];
        snprintf(text, sizeof text, i % 3 == 0 ? "%.17g" : i % 3 == 1 ? "%.3e" : "%.15g", value.number);
        if (i % 3 == 0 && i % 2 == 0)
            snprintf(text, sizeof text, "%.*f", i % 9, (double)(int64_t)value.bits / 4096.0);
        decode_value(&fixture, text);
        double expected = strtod(text, NULL);
        if (!isfinite(expected))
            continue;
        assert_int_equal(fixture.rows, 1);
        assert_memory_equal(vector_value(fixture.columns[0], 0), &expected, sizeof expected);
    }
    close_fixture(&fixture);
}

static void test_float(void **state)
{
    (void)state;
    static const struct accepted cases[] = {{"1.5", "1.5"}, {"0.1", "0.100000001"}, {"null", NULL}};
    static const char *const refused[] = {"1e39", "1e400", "\"x\""};
    check_accepted(data_type_of(TYPE_FLOAT), plain, print_float, cases, COUNT(cases));
    check_refused(data_type_of(TYPE_FLOAT), plain, refused, COUNT(refused));
}

static void test_decimal(void **state)
{
    (void)state;
    static const struct accepted cases[] = {
        {"12.34", "1234"},    {"12", "1200"},     {"-0.05", "-5"},    {"12.345", "1235"},
        {"-12.345", "-1235"}, {"\"7.5\"", "750"}, {"1.2e2", "12000"}, {"99999999.99", "9999999999"},
        {"0.30", "30"},       {"null", NULL},
    };
    static const char *const refused[] = {"100000000", "99999999.995", "1e400", "\"x\"",
                                          "true",      "\"\"",         "{}"};
    check_accepted(data_type_decimal(10, 2), plain, print_decimal, cases, COUNT(cases));
    check_refused(data_type_decimal(10, 2), plain, refused, COUNT(refused));
}

static void test_boolean(void **state)
{
    (void)state;
    static const struct accepted cases[] = {
        {"true", "true"}, {"false", "false"}, {"\"TRUE\"", "true"}, {"\"false\"", "false"}, {"null", NULL}};
    static const char *const refused[] = {"1", "0", "\"yes\"", "\"\"", "tru", "truex", "True", "[]"};
    check_accepted(data_type_of(TYPE_BOOLEAN), plain, print_boolean, cases, COUNT(cases));
    check_refused(data_type_of(TYPE_BOOLEAN), plain, refused, COUNT(refused));
}

static void test_string(void **state)
{
    (void)state;
    static const struct accepted cases[] = {
        {"\"\"", ""},
        {"\"abc\"", "abc"},
        {"\"0123456789012345678901234567890\"", "0123456789012345678901234567890"},
        {"\"01234567890123456789012345678901\"", "01234567890123456789012345678901"},
        {"\"012345678901234567890123456789012\"", "012345678901234567890123456789012"},
        {"\"a\\\"b\\\\c\\/d\\be\\ff\\ng\\rh\\ti\"", "a\"b\\c/d\be\ff\ng\rh\ti"},
        {"\"0123456789012345678901234567890\\\"x\"", "0123456789012345678901234567890\"x"},
        {"\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00!\"", "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80!"},
        {"\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {"12", "12"},
        {"-1.50E+2", "-1.50E+2"},
        {"true", "true"},
        {"{\"a\" : [1, {\"b\" : \" x \\\" , \"}] , \"c\":null}",
         "{\"a\":[1,{\"b\":\" x \\\" , \"}],\"c\":null}"},
        {"[ ]", "[]"},
        {"null", NULL},
    };
    static const char *const refused[] = {
        "\"abc",       "\"\\",         "\"\\x\"",
        "\"\\u12\"",   "\"\\u12G4\"",  "\"\\ud83d\"",
        "\"\\ude00\"", "\"\\ud83dx\"", "\"\\ud83d\\u0041\"",
        "\"\t\"",      "\"\x01\"",     "abc",
        "[1",          "{\"a\"}",      "[1,]",
        "{\"a\":1,}",  "[1}",          "{]",
        "{1:2}",       "'x'",
    };
    check_accepted(data_type_of(TYPE_STRING), plain, print_string, cases, COUNT(cases));
    check_refused(data_type_of(TYPE_STRING), plain, refused, COUNT(refused));
}

/* Escapes at every place of a block, so that they fall across its end too. */
static void test_escapes_at_every_offset(void **state)
{
    (void)state;
    struct fixture fixture;
    open_one(&fixture, data_type_of(TYPE_STRING), plain);
    static const struct accepted escapes[] = {{"\\\"", "\""},
                                              {"\\\\", "\\"},
                                              {"\\n", "\n"},
                                              {"\\u00e9", "\xC3\xA9"},
                                              {"\\ud83d\\ude00", "\xF0\x9F\x98\x80"}};
    for (size_t e = 0; e < COUNT(escapes); e++) {
        for (int before = 0; before < 70; before++) {
            char json[512];
            char expected[512];
            snprintf(json, sizeof json, "\"%.*s%s%s%.*s\"", before,
                     "----------------------------------------------------------------------",
                     escapes[e].json, escapes[e].json, before,
                     "++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++");
            snprintf(expected, sizeof expected, "%.*s%s%s%.*s", before,
                     "----------------------------------------------------------------------",
                     escapes[e].expected, escapes[e].expected, before,
                     "++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++");
            decode_value(&fixture, json);
            assert_int_equal(fixture.rows, 1);
            assert_text(&fixture, 0, 0, expected);
        }
    }
    close_fixture(&fixture);
}

static void test_zero_character(void **state)
{
    (void)state;
    struct fixture fixture;
    open_one(&fixture, data_type_of(TYPE_STRING), plain);
    decode_value(&fixture, "\"a\\u0000b\"");
    const struct string_value *value = vector_value(fixture.columns[0], 0);
    assert_int_equal(value->size, 3);
    assert_memory_equal(value->data, "a\0b", 3);
    decode_sized(&fixture, "{\"v\":\"a\0b\"}", 11);
    assert_non_null(strstr(reason_of(&fixture), "control character"));
    decode_sized(&fixture, "{\"v\":1}\0", 8);
    assert_int_equal(fixture.rows, 0);
    close_fixture(&fixture);
}

static void test_bytes(void **state)
{
    (void)state;
    static const struct accepted cases[] = {{"\"\"", ""},        {"\"YQ==\"", "a"},        {"\"YWI=\"", "ab"},
                                            {"\"YWJj\"", "abc"}, {"\"YWJjZA==\"", "abcd"}, {"null", NULL}};
    static const char *const refused[] = {"\"Y\"",    "\"YQ=\"", "\"Y===\"", "\"YQ==YQ==\"",
                                          "\"Y!==\"", "12",      "[]"};
    check_accepted(data_type_of(TYPE_BYTES), plain, print_string, cases, COUNT(cases));
    check_refused(data_type_of(TYPE_BYTES), plain, refused, COUNT(refused));
}

static void test_date(void **state)
{
    (void)state;
    static const struct accepted cases[] = {{"\"1970-01-01\"", "0"},
                                            {"\"1969-12-31\"", "-1"},
                                            {"\"2024-02-29\"", "19782"},
                                            {"\"9999-12-31\"", "2932896"},
                                            {"null", NULL}};
    static const char *const refused[] = {
        "\"2023-02-29\"",  "\"2024-13-01\"", "\"2024-00-10\"", "\"24-01-01\"",
        "\"2024-01-01 \"", "\"2024-1-1\"",   "19782",          "\"\""};
    check_accepted(data_type_of(TYPE_DATE), plain, print_int, cases, COUNT(cases));
    check_refused(data_type_of(TYPE_DATE), plain, refused, COUNT(refused));
}

/* The decoder remembers the last date; before the first one it must not know ten zero bytes. */
static void test_zero_bytes_are_no_date(void **state)
{
    (void)state;
    static const char text[] = "{\"v\":\"\0\0\0\0\0\0\0\0\0\0T12:00:00\"}";
    struct fixture fixture;
    open_one(&fixture, data_type_timestamp(TYPE_TIMESTAMP, 3), plain);
    decode_sized(&fixture, text, sizeof text - 1);
    assert_int_equal(fixture.rows, 0);
    close_fixture(&fixture);
}

static void test_timestamp(void **state)
{
    (void)state;
    static const struct accepted cases[] = {
        {"\"1970-01-01 00:00:00\"", "0"},
        {"\"1970-01-01T00:00:01\"", "1000000"},
        {"\"1970-01-01T00:00:01.5\"", "1500000"},
        {"\"1970-01-01 00:00:00.123456\"", "123456"},
        {"\"1970-01-01 00:00:00.123456789\"", "123456"},
        {"\"1970-01-01T00:00:00.123456Z\"", "123456"},
        {"\"1969-12-31 23:59:59.999999\"", "-1"},
        {"\"9999-12-31 23:59:59.999999\"", "253402300799999999"},
        {"\"2024-02-29T12:34:56.789\"", "1709210096789000"},
        {"\"1970-01-01 00:01\"", "60000000"},
        {"null", NULL},
    };
    static const char *const refused[] = {
        "0",
        "1700000000000",
        "\"\"",
        "\"now\"",
        "\"2024-01-01\"",
        "\"2024-01-01_00:00:00\"",
        "\"2024-01-01 24:00:00\"",
        "\"2024-01-01 00:60:00\"",
        "\"2024-01-01 00:00:61\"",
        "\"2024-02-30 00:00:00\"",
        "\"2024-01-01 00:00:00.\"",
        "\"2024-01-01 00:00:00.1234567890\"",
        "\"2024-01-01 00:00:00+02:00\"",
        "\"2024-01-01 00:00:0x\"",
        "\"2024-01-01 0",
        "true",
        "{}",
    };
    check_accepted(data_type_timestamp(TYPE_TIMESTAMP, 6), plain, print_bigint, cases, COUNT(cases));
    check_refused(data_type_timestamp(TYPE_TIMESTAMP, 6), plain, refused, COUNT(refused));
}

static void test_timestamp_precision(void **state)
{
    (void)state;
    static const struct accepted cases[] = {{"\"1970-01-01 00:00:01.987654\"", "1987000"},
                                            {"\"1969-12-31 23:59:59.9999\"", "-1000"}};
    check_accepted(data_type_timestamp(TYPE_TIMESTAMP, 3), plain, print_bigint, cases, COUNT(cases));
}

static void test_timestamp_ltz(void **state)
{
    (void)state;
    static const struct accepted cases[] = {
        {"\"1970-01-01 00:00:00Z\"", "0"},
        {"\"1970-01-01T00:00:01.25Z\"", "1250000"},
        {"\"1970-01-01T02:00:00+02:00\"", "0"},
        {"\"1969-12-31T19:00:00-05:00\"", "0"},
        {"null", NULL},
    };
    static const char *const refused[] = {"\"1970-01-01 00:00:00\"", "0", "\"1970-01-01Z\""};
    check_accepted(data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3), plain, print_bigint, cases, COUNT(cases));
    check_refused(data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3), plain, refused, COUNT(refused));
}

static void test_timestamp_forms_asked_for(void **state)
{
    (void)state;
    const struct json_format_config sql = {.timestamp_form = JSON_TIMESTAMP_SQL};
    const struct json_format_config iso = {.timestamp_form = JSON_TIMESTAMP_ISO8601};
    struct data_type timestamp = data_type_timestamp(TYPE_TIMESTAMP, 3);
    static const struct accepted with_space[] = {{"\"1970-01-01 00:00:01\"", "1000000"}};
    static const struct accepted with_t[] = {{"\"1970-01-01T00:00:01\"", "1000000"}};
    static const char *const not_sql[] = {"\"1970-01-01T00:00:01\"", "\"1970-01-01 00:00:01Z\""};
    static const char *const not_iso[] = {"\"1970-01-01 00:00:01\"", "\"1970-01-01T00:00:01Z\""};
    check_accepted(timestamp, sql, print_bigint, with_space, COUNT(with_space));
    check_accepted(timestamp, iso, print_bigint, with_t, COUNT(with_t));
    check_refused(timestamp, sql, not_sql, COUNT(not_sql));
    check_refused(timestamp, iso, not_iso, COUNT(not_iso));
}

static struct schema *events_schema(void)
{
    struct schema *schema = schema_create(3);
    schema_set_field(schema, 0, "id", data_type_of(TYPE_BIGINT));
    schema_set_field(schema, 1, "name", data_type_of(TYPE_STRING));
    schema_set_field(schema, 2, "time", data_type_timestamp(TYPE_TIMESTAMP, 3));
    return schema;
}

static void test_field_order_and_spacing_may_change(void **state)
{
    (void)state;
    struct fixture fixture;
    open_schema(&fixture, events_schema(), plain);
    static const char *const texts[] = {
        "{\"id\":1,\"name\":\"a\",\"time\":\"1970-01-01 00:00:01\"}",
        "{\"id\":2,\"name\":\"b\",\"time\":\"1970-01-01 00:00:02\"}",
        "{\"name\":\"c\",\"id\":3,\"time\":\"1970-01-01 00:00:03\"}",
        "\n{ \"time\" : \"1970-01-01 00:00:04\" , \"name\" :\t\"d\",\"id\":4 } \r\n",
        "{\"id\":5,\"name\":\"e\",\"time\":\"1970-01-01 00:00:05\"}",
        "{\"id\":6,\"x\":{\"id\":9,\"y\":[1,{}]},\"name\":\"f\",\"time\":\"1970-01-01 00:00:06\"}",
        "{\"\\u0069d\":7,\"name\":\"g\",\"time\":\"1970-01-01 00:00:07\"}",
        "{\"id\":8,\"name\":\"h\",\"ID\":1,\"i\":2,\"idd\":3,\"time\":\"1970-01-01 00:00:08\"}",
    };
    struct format_message messages[COUNT(texts)];
    for (size_t i = 0; i < COUNT(texts); i++)
        messages[i] = (struct format_message){texts[i], strlen(texts[i])};
    for (int round = 0; round < 3; round++) {
        decode_messages(&fixture, messages, COUNT(texts));
        assert_int_equal(fixture.rows, COUNT(texts));
        for (uint32_t row = 0; row < COUNT(texts); row++) {
            char name[2] = {(char)('a' + row), 0};
            assert_int_equal(bigint_at(&fixture, 0, row), row + 1);
            assert_text(&fixture, 1, row, name);
            assert_int_equal(bigint_at(&fixture, 2, row), (row + 1) * CALENDAR_US_PER_SECOND);
        }
    }
    close_fixture(&fixture);
}

static void test_missing_fields(void **state)
{
    (void)state;
    struct fixture fixture;
    open_schema(&fixture, events_schema(), plain);
    const struct format_message messages[] = {
        {"{\"id\":1,\"name\":\"a\"}", 19}, {"{}", 2}, {"{\"name\":\"b\"}", 12}};
    decode_messages(&fixture, messages, 3);
    assert_int_equal(fixture.rows, 3);
    assert_int_equal(bigint_at(&fixture, 0, 0), 1);
    assert_true(vector_is_null(fixture.columns[2], 0));
    for (uint32_t i = 0; i < 3; i++)
        assert_true(vector_is_null(fixture.columns[i], 1));
    assert_text(&fixture, 1, 2, "b");
    assert_true(vector_is_null(fixture.columns[0], 2));
    close_fixture(&fixture);

    open_schema(&fixture, events_schema(), (struct json_format_config){.fail_on_missing_field = true});
    decode(&fixture, "{\"id\":1,\"name\":\"a\"}");
    assert_string_equal(reason_of(&fixture), "field 'time' is missing");
    decode(&fixture, "{\"id\":1,\"name\":null,\"time\":null}");
    assert_int_equal(fixture.rows, 1);
    close_fixture(&fixture);
}

static void test_not_null_columns(void **state)
{
    (void)state;
    struct fixture fixture;
    open_one(&fixture, data_type_not_null(data_type_of(TYPE_BIGINT)), plain);
    decode_value(&fixture, "null");
    assert_string_equal(reason_of(&fixture), "field 'v' is NOT NULL but null");
    decode(&fixture, "{}");
    assert_string_equal(reason_of(&fixture), "field 'v' is NOT NULL but missing");
    close_fixture(&fixture);
}

static void test_last_of_doubled_keys_wins(void **state)
{
    (void)state;
    struct fixture fixture;
    open_schema(&fixture, events_schema(), plain);
    decode(&fixture, "{\"id\":1,\"name\":\"first\",\"id\":2,\"name\":null,\"time\":null,\"time\":\"1970-01-"
                     "01 00:00:01\"}");
    assert_int_equal(bigint_at(&fixture, 0, 0), 2);
    assert_true(vector_is_null(fixture.columns[1], 0));
    assert_int_equal(bigint_at(&fixture, 2, 0), CALENDAR_US_PER_SECOND);
    close_fixture(&fixture);
}

static void test_good_rows_close_up_around_bad_ones(void **state)
{
    (void)state;
    struct fixture fixture;
    open_schema(&fixture, events_schema(), plain);
    static const char *const texts[] = {
        "{\"id\":1,\"name\":\"a\",\"time\":null}",
        "{broken",
        "{\"id\":2,\"name\":null,\"time\":\"x\"}",
        "",
        "{\"id\":3,\"name\":\"c\",\"time\":\"1970-01-01 00:00:03\"}",
    };
    struct format_message messages[COUNT(texts)];
    for (size_t i = 0; i < COUNT(texts); i++)
        messages[i] = (struct format_message){texts[i], strlen(texts[i])};
    decode_messages(&fixture, messages, COUNT(texts));
    assert_int_equal(fixture.rows, 2);
    assert_int_equal(fixture.failures.count, 3);
    assert_int_equal(fixture.failures.items[0].message, 1);
    assert_int_equal(fixture.failures.items[0].offset, 1);
    assert_int_equal(fixture.failures.items[1].message, 2);
    assert_int_equal(fixture.failures.items[1].offset, 27);
    assert_non_null(strstr(fixture.failures.items[1].reason, "'x'"));
    assert_int_equal(fixture.failures.items[2].message, 3);
    assert_string_equal(fixture.failures.items[2].reason, "the message is empty");
    /* The nulls of the failed row are gone. */
    assert_int_equal(bigint_at(&fixture, 0, 1), 3);
    assert_text(&fixture, 1, 1, "c");
    assert_int_equal(bigint_at(&fixture, 2, 1), 3 * CALENDAR_US_PER_SECOND);
    close_fixture(&fixture);
}

static void test_broken_documents(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{",
        "}",
        "[]",
        "[1]",
        "1",
        "\"x\"",
        "null",
        "{\"v\"}",
        "{\"v\":}",
        "{\"v\" 1}",
        "{\"v\":1",
        "{\"v\":1,}",
        "{,}",
        "{\"v\":1 \"w\":2}",
        "{\"v\":1}}",
        "{\"v\":1}{}",
        "{\"v\":1} x",
        "{v:1}",
        "{'v':1}",
        "{\"v\":1;}",
        "{\"w\":tru,\"v\":1}",
        "{\"w\":[1,2,\"v\":1}",
        "{\"w\":01}",
        "{\"w\":\"\\q\"}",
        "{\"w\":\"\x1f\"}",
        "\xEF\xBB",
        "{\"w\":{\"x\":1]}",
        "{\"w\":[}",
        "// no",
        "{\"v\":1/**/}",
    };
    struct fixture fixture;
    open_one(&fixture, data_type_of(TYPE_BIGINT), plain);
    for (size_t i = 0; i < COUNT(texts); i++) {
        decode(&fixture, texts[i]);
        if (fixture.rows != 0)
            fail_msg("%s is accepted", texts[i]);
        assert_true(fixture.failures.items[0].offset <= strlen(texts[i]));
    }
    close_fixture(&fixture);
}

/* Every beginning of a document is an error of its own, never a read beyond it. */
static void test_every_prefix_is_refused(void **state)
{
    (void)state;
    static const char text[] =
        "{\"id\": -12.5e1, \"name\": \"\\ud83d\\ude00 \xC3\xA9\", \"x\": [null, {\"y\": \"z\"}], "
        "\"time\": \"2024-02-29T12:34:56.789Z\"}";
    struct fixture fixture;
    open_schema(&fixture, events_schema(), plain);
    decode(&fixture, text);
    assert_int_equal(fixture.rows, 1);
    for (size_t size = 0; size + 1 < sizeof text; size++) {
        decode_sized(&fixture, text, size);
        assert_int_equal(fixture.rows, 0);
    }
    decode(&fixture, text);
    assert_int_equal(fixture.rows, 1);
    close_fixture(&fixture);
}

static void test_broken_utf8(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\x80",
        "\xC3",
        "\xC3(",
        "\xC0\xAF",
        "\xC1\xBF",
        "\xE2\x82",
        "\xE0\x80\xAF",
        "\xED\xA0\x80",
        "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xFF\xFE",
        "abcdefgh\xE2\x28\xA1",
    };
    struct fixture fixture;
    open_one(&fixture, data_type_of(TYPE_STRING), plain);
    for (size_t i = 0; i < COUNT(texts); i++) {
        for (int before = 0; before < 40; before += 13) {
            char json[256];
            snprintf(json, sizeof json, "\"%.*s%s\"", before, "........................................",
                     texts[i]);
            decode_value(&fixture, json);
            assert_string_equal(reason_of(&fixture), "broken UTF-8");
        }
        char unread[256]; /* in a field that nobody wants too */
        snprintf(unread, sizeof unread, "{\"w\":\"%s\",\"v\":\"x\"}", texts[i]);
        decode(&fixture, unread);
        assert_string_equal(reason_of(&fixture), "broken UTF-8");
    }
    close_fixture(&fixture);
}

static void test_nesting_is_bounded(void **state)
{
    (void)state;
    enum { DEEP = 10000, FINE = 1000 };
    struct fixture fixture;
    open_one(&fixture, data_type_of(TYPE_STRING), plain);
    char *text = mem_alloc(2 * DEEP + 16);
    int depths[] = {FINE, FINE + 1, DEEP};
    for (size_t i = 0; i < COUNT(depths); i++) {
        for (int wanted = 0; wanted < 2; wanted++) {
            size_t size = (size_t)sprintf(text, "{\"%c\":", wanted ? 'v' : 'w');
            memset(text + size, '[', (size_t)depths[i]);
            memset(text + size + depths[i], ']', (size_t)depths[i]);
            size += 2 * (size_t)depths[i];
            text[size++] = '}';
            decode_sized(&fixture, text, size);
            assert_int_equal(fixture.rows, depths[i] <= FINE);
        }
    }
    memset(text, '[', DEEP);
    decode_sized(&fixture, text, DEEP);
    assert_int_equal(fixture.rows, 0);
    free(text);
    close_fixture(&fixture);
}

static void test_large_message(void **state)
{
    (void)state;
    enum { SIZE = 20 << 20 };
    struct fixture fixture;
    open_one(&fixture, data_type_of(TYPE_STRING), plain);
    char *text = mem_alloc(SIZE + 16);
    size_t size = (size_t)sprintf(text, "{\"v\":\"");
    memset(text + size, 'x', SIZE);
    size += SIZE;
    memcpy(text + size, "\"}", 2);
    decode_sized(&fixture, text, size + 2);
    assert_int_equal(fixture.rows, 1);
    assert_int_equal(((const struct string_value *)vector_value(fixture.columns[0], 0))->size, SIZE);
    decode_value(&fixture, "\"small\"");
    assert_text(&fixture, 0, 0, "small");
    free(text);
    close_fixture(&fixture);
}

static void test_many_columns(void **state)
{
    (void)state;
    enum { FIELDS = 70 };
    struct fixture fixture;
    struct schema *schema = schema_create(FIELDS);
    char name[16];
    for (uint32_t i = 0; i < FIELDS; i++) {
        snprintf(name, sizeof name, "f%u", i);
        schema_set_field(schema, i, name, data_type_of(TYPE_BIGINT));
    }
    open_schema(&fixture, schema, plain);
    char text[2048];
    for (uint32_t left_out = 0; left_out <= FIELDS; left_out++) {
        size_t size = (size_t)sprintf(text, "{");
        for (uint32_t i = 0; i < FIELDS; i++)
            if (i != left_out)
                size += (size_t)sprintf(text + size, "%s\"f%u\":%u", size > 1 ? ", " : "", i, i * 3);
        sprintf(text + size, "}");
        decode(&fixture, text);
        assert_int_equal(fixture.rows, 1);
        for (uint32_t i = 0; i < FIELDS; i++) {
            assert_int_equal(vector_is_null(fixture.columns[i], 0), i == left_out);
            if (i != left_out)
                assert_int_equal(bigint_at(&fixture, i, 0), i * 3);
        }
    }
    close_fixture(&fixture);
}

static void test_no_columns(void **state)
{
    (void)state;
    struct fixture fixture;
    open_schema(&fixture, schema_create(0), plain);
    decode(&fixture, "{\"a\":1}");
    assert_int_equal(fixture.rows, 1);
    decode(&fixture, "{\"a\":1");
    assert_int_equal(fixture.rows, 0);
    close_fixture(&fixture);
}

/* More members than are kept of a field order, and keys too long to be kept. */
static void test_orders_too_long_to_keep(void **state)
{
    (void)state;
    struct fixture fixture;
    open_one(&fixture, data_type_of(TYPE_BIGINT), plain);
    char *text = mem_alloc(1 << 16);
    for (int round = 0; round < 3; round++) {
        size_t size = (size_t)sprintf(text, "{");
        for (int i = 0; i < 400; i++)
            size += (size_t)sprintf(text + size, "\"%0*d\":%d,", i % 2 ? 120 : 8, i, i);
        sprintf(text + size, "\"v\":%d}", round);
        decode(&fixture, text);
        assert_int_equal(bigint_at(&fixture, 0, 0), round);
    }
    free(text);
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bigint),
        cmocka_unit_test(test_int),
        cmocka_unit_test(test_double),
        cmocka_unit_test(test_double_is_correctly_rounded),
        cmocka_unit_test(test_float),
        cmocka_unit_test(test_decimal),
        cmocka_unit_test(test_boolean),
        cmocka_unit_test(test_string),
        cmocka_unit_test(test_escapes_at_every_offset),
        cmocka_unit_test(test_zero_character),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_date),
        cmocka_unit_test(test_zero_bytes_are_no_date),
        cmocka_unit_test(test_timestamp),
        cmocka_unit_test(test_timestamp_precision),
        cmocka_unit_test(test_timestamp_ltz),
        cmocka_unit_test(test_timestamp_forms_asked_for),
        cmocka_unit_test(test_field_order_and_spacing_may_change),
        cmocka_unit_test(test_missing_fields),
        cmocka_unit_test(test_not_null_columns),
        cmocka_unit_test(test_last_of_doubled_keys_wins),
        cmocka_unit_test(test_good_rows_close_up_around_bad_ones),
        cmocka_unit_test(test_broken_documents),
        cmocka_unit_test(test_every_prefix_is_refused),
        cmocka_unit_test(test_broken_utf8),
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_large_message),
        cmocka_unit_test(test_many_columns),
        cmocka_unit_test(test_no_columns),
        cmocka_unit_test(test_orders_too_long_to_keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
