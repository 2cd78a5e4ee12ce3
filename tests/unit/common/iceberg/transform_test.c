#include "common/iceberg/transform.h"

#include "common/columnar/vector.h"
#include "common/iceberg/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t HOUR_US = INT64_C(3600000000);
static const int64_t DAY_US = INT64_C(86400000000);

static struct string_value text_of(const char *text)
{
    return string_value_of(text, strlen(text));
}

static int32_t ordinal_of(enum iceberg_transform_kind kind, int32_t parameter, struct data_type type,
                          const void *physical)
{
    uint8_t room[ICEBERG_TRANSFORM_VALUE_BYTES];
    int32_t ordinal;
    struct bytes_view value =
        iceberg_transform_apply((struct iceberg_transform){kind, parameter}, type, physical, room);
    assert_int_equal(value.size, sizeof ordinal);
    memcpy(&ordinal, value.data, sizeof ordinal);
    return ordinal;
}

static void transforms_read_and_write_their_names(void **state)
{
    (void)state;
    static const char *const names[] = {"identity", "year", "month",      "day",
                                        "hour",     "void", "bucket[16]", "truncate[4]"};
    static const char *const unknown[] = {"zorder",     "bucket",     "bucket[0]",
                                          "bucket[-4]", "truncate[4", "days"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buffer text = {0};
        iceberg_transform_format(iceberg_transform_parse(names[i]), &text);
        assert_string_equal(buffer_text(&text), names[i]);
        buffer_free(&text);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_int_equal(iceberg_transform_parse(unknown[i]).kind, ICEBERG_TRANSFORM_UNKNOWN);
}

static void times_round_down_before_1970(void **state)
{
    (void)state;
    const struct {
        int64_t micros;
        int32_t year, month, day, hour;
    } cases[] = {
        {0, 0, 0, 0, 0},
        {DAY_US - 1, 0, 0, 0, 23},
        {DAY_US, 0, 0, 1, 24},
        {-1, -1, -1, -1, -1},
        {-DAY_US, -1, -1, -1, -24},
        {-DAY_US - 1, -1, -1, -2, -25},
        {-HOUR_US, -1, -1, -1, -1},
        {INT64_C(1510871468000000), 47, 574, 17486, 419686}, /* 2017-11-16 22:31:08 */
        {INT64_C(951782400000000), 30, 361, 11016, 264384},  /* 2000-02-29 */
    };
    const struct data_type types[] = {data_type_of(TYPE_TIMESTAMP), data_type_of(TYPE_TIMESTAMP_LTZ)};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct data_type type = types[i % 2];
        assert_int_equal(ordinal_of(ICEBERG_TRANSFORM_YEAR, 0, type, &cases[i].micros), cases[i].year);
        assert_int_equal(ordinal_of(ICEBERG_TRANSFORM_MONTH, 0, type, &cases[i].micros), cases[i].month);
        assert_int_equal(ordinal_of(ICEBERG_TRANSFORM_DAY, 0, type, &cases[i].micros), cases[i].day);
        assert_int_equal(ordinal_of(ICEBERG_TRANSFORM_HOUR, 0, type, &cases[i].micros), cases[i].hour);
    }
    struct data_type date = data_type_of(TYPE_DATE);
    const int32_t days[] = {17486, -1};
    assert_int_equal(ordinal_of(ICEBERG_TRANSFORM_YEAR, 0, date, &days[0]), 47);
    assert_int_equal(ordinal_of(ICEBERG_TRANSFORM_MONTH, 0, date, &days[0]), 574);
    assert_int_equal(ordinal_of(ICEBERG_TRANSFORM_DAY, 0, date, &days[0]), 17486);
    assert_int_equal(ordinal_of(ICEBERG_TRANSFORM_MONTH, 0, date, &days[1]), -1);
}

/* The hashes are the examples of the specification, appendix B. */
static void buckets_hash_as_the_specification_says(void **state)
{
    (void)state;
    const int32_t int_value = 34;
    const int64_t long_value = 34;
    const int128_t decimal = 1420;
    const int32_t date = 17486;
    const int64_t timestamp = INT64_C(1510871468000000);
    const struct string_value text = text_of("iceberg");
    const struct string_value bytes = string_value_of("\0\1\2\3", 4);
    const struct {
        struct data_type type;
        const void *physical;
        int32_t hash;
    } cases[] = {
        {data_type_of(TYPE_INT), &int_value, 2017239379},
        {data_type_of(TYPE_BIGINT), &long_value, 2017239379},
        {data_type_decimal(9, 2), &decimal, -500754589},
        {data_type_of(TYPE_DATE), &date, -653330422},
        {data_type_of(TYPE_TIMESTAMP), &timestamp, -2047944441},
        {data_type_of(TYPE_TIMESTAMP_LTZ), &timestamp, -2047944441},
        {data_type_of(TYPE_STRING), &text, 1210000089},
        {data_type_of(TYPE_BYTES), &bytes, -188683207},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int32_t positive = cases[i].hash & INT32_MAX;
        assert_int_equal(ordinal_of(ICEBERG_TRANSFORM_BUCKET, INT32_MAX, cases[i].type, cases[i].physical),
                         positive);
        assert_int_equal(ordinal_of(ICEBERG_TRANSFORM_BUCKET, 16, cases[i].type, cases[i].physical),
                         positive % 16);
    }
}

static int64_t truncated(struct data_type type, const void *physical, int32_t width)
{
    uint8_t room[ICEBERG_TRANSFORM_VALUE_BYTES];
    struct bytes_view value = iceberg_transform_apply(
        (struct iceberg_transform){ICEBERG_TRANSFORM_TRUNCATE, width}, type, physical, room);
    assert_int_equal(value.size, data_type_width(type.kind));
    if (type.kind == TYPE_INT) {
        int32_t number;
        memcpy(&number, value.data, sizeof number);
        return number;
    }
    if (type.kind == TYPE_BIGINT) {
        int64_t number;
        memcpy(&number, value.data, sizeof number);
        return number;
    }
    int128_t number;
    memcpy(&number, value.data, sizeof number);
    return (int64_t)number;
}

static void numbers_truncate_down_to_multiples(void **state)
{
    (void)state;
    const int32_t ints[] = {1, -1, 10, 19, -10, INT32_MAX, INT32_MIN};
    const int32_t want[] = {0, -10, 10, 10, -10, 2147483640, 2147483646};
    for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++)
        assert_int_equal(truncated(data_type_of(TYPE_INT), &ints[i], 10), want[i]);
    const int64_t longs[] = {-1, INT64_MAX, INT64_C(-9000000001)};
    assert_int_equal(truncated(data_type_of(TYPE_BIGINT), &longs[0], 10), -10);
    assert_int_equal(truncated(data_type_of(TYPE_BIGINT), &longs[1], 1000), INT64_MAX - 807);
    assert_int_equal(truncated(data_type_of(TYPE_BIGINT), &longs[2], INT32_MAX), INT64_C(-10737418235));
    const int128_t decimals[] = {1065, -1065};
    assert_int_equal(truncated(data_type_decimal(9, 2), &decimals[0], 50), 1050);
    assert_int_equal(truncated(data_type_decimal(9, 2), &decimals[1], 50), -1100);
}

static void texts_truncate_to_characters_and_bytes_to_bytes(void **state)
{
    (void)state;
    static const struct {
        enum type_kind kind;
        const char *text;
        int32_t width;
        const char *want;
    } cases[] = {
        {TYPE_STRING, "iceberg", 3, "ice"},
        {TYPE_STRING, "ice", 3, "ice"},
        {TYPE_STRING, "", 3, ""},
        {TYPE_STRING, "i\xc3\xa9\xe2\x82\xac\xf0\x9f\xa7\x8ax", 4, "i\xc3\xa9\xe2\x82\xac\xf0\x9f\xa7\x8a"},
        {TYPE_BYTES, "\1\2\3\4\5", 3, "\1\2\3"},
        {TYPE_BYTES, "i\xc3\xa9", 2, "i\xc3"},
        {TYPE_STRING, "long", INT32_MAX, "long"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct string_value text = text_of(cases[i].text);
        struct bytes_view value =
            iceberg_transform_apply((struct iceberg_transform){ICEBERG_TRANSFORM_TRUNCATE, cases[i].width},
                                    data_type_of(cases[i].kind), &text, NULL);
        assert_int_equal(value.size, strlen(cases[i].want));
        assert_memory_equal(value.data, cases[i].want, value.size);
    }
}

static void results_have_the_types_of_the_specification(void **state)
{
    (void)state;
    static const struct {
        enum iceberg_transform_kind kind;
        enum iceberg_type_kind source, result;
    } cases[] = {
        {ICEBERG_TRANSFORM_YEAR, ICEBERG_DATE, ICEBERG_INT},
        {ICEBERG_TRANSFORM_MONTH, ICEBERG_TIMESTAMP, ICEBERG_INT},
        {ICEBERG_TRANSFORM_DAY, ICEBERG_TIMESTAMPTZ, ICEBERG_DATE},
        {ICEBERG_TRANSFORM_HOUR, ICEBERG_TIMESTAMP, ICEBERG_INT},
        {ICEBERG_TRANSFORM_BUCKET, ICEBERG_STRING, ICEBERG_INT},
        {ICEBERG_TRANSFORM_BUCKET, ICEBERG_UUID, ICEBERG_INT},
        {ICEBERG_TRANSFORM_TRUNCATE, ICEBERG_STRING, ICEBERG_STRING},
        {ICEBERG_TRANSFORM_TRUNCATE, ICEBERG_DECIMAL, ICEBERG_DECIMAL},
        {ICEBERG_TRANSFORM_VOID, ICEBERG_DOUBLE, ICEBERG_DOUBLE},
    };
    static const struct {
        enum iceberg_transform_kind kind;
        enum iceberg_type_kind source;
    } misfits[] = {
        {ICEBERG_TRANSFORM_HOUR, ICEBERG_DATE},     {ICEBERG_TRANSFORM_DAY, ICEBERG_STRING},
        {ICEBERG_TRANSFORM_BUCKET, ICEBERG_DOUBLE}, {ICEBERG_TRANSFORM_BUCKET, ICEBERG_BOOLEAN},
        {ICEBERG_TRANSFORM_TRUNCATE, ICEBERG_DATE}, {ICEBERG_TRANSFORM_IDENTITY, ICEBERG_LIST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        struct iceberg_type result;
        assert_int_equal(iceberg_transform_result((struct iceberg_transform){cases[i].kind, 4},
                                                  (struct iceberg_type){.kind = cases[i].source}, &result,
                                                  &error),
                         STATUS_OK);
        assert_int_equal(result.kind, cases[i].result);
    }
    for (size_t i = 0; i < sizeof misfits / sizeof misfits[0]; i++) {
        struct error error;
        struct iceberg_type result;
        assert_int_equal(iceberg_transform_result((struct iceberg_transform){misfits[i].kind, 4},
                                                  (struct iceberg_type){.kind = misfits[i].source}, &result,
                                                  &error),
                         STATUS_INVALID_ARGUMENT);
    }
    assert_int_equal(iceberg_transform_sql_result((struct iceberg_transform){ICEBERG_TRANSFORM_DAY, 0},
                                                  data_type_of(TYPE_TIMESTAMP))
                         .kind,
                     TYPE_DATE);
    assert_int_equal(iceberg_transform_sql_result((struct iceberg_transform){ICEBERG_TRANSFORM_BUCKET, 4},
                                                  data_type_of(TYPE_STRING))
                         .kind,
                     TYPE_INT);
}

static void values_read_as_times(void **state)
{
    (void)state;
    static const struct {
        enum iceberg_transform_kind kind;
        int32_t ordinal;
        const char *text;
    } cases[] = {
        {ICEBERG_TRANSFORM_YEAR, 47, "2017"},          {ICEBERG_TRANSFORM_YEAR, -1971, "-001"},
        {ICEBERG_TRANSFORM_MONTH, 574, "2017-11"},     {ICEBERG_TRANSFORM_MONTH, -1, "1969-12"},
        {ICEBERG_TRANSFORM_DAY, 17486, "2017-11-16"},  {ICEBERG_TRANSFORM_HOUR, 419686, "2017-11-16-22"},
        {ICEBERG_TRANSFORM_HOUR, -1, "1969-12-31-23"}, {ICEBERG_TRANSFORM_BUCKET, 7, "7"},
    };
    struct arena *arena = arena_create(1024);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer text = {0};
        struct iceberg_type type = {.kind =
                                        cases[i].kind == ICEBERG_TRANSFORM_DAY ? ICEBERG_DATE : ICEBERG_INT};
        iceberg_transform_value_format((struct iceberg_transform){cases[i].kind, 16}, type,
                                       iceberg_value_from_int(cases[i].ordinal, arena), &text);
        assert_string_equal(buffer_text(&text), cases[i].text);
        buffer_clear(&text);
        iceberg_transform_value_format((struct iceberg_transform){cases[i].kind, 16}, type,
                                       (struct bytes_view){NULL, 0}, &text);
        assert_string_equal(buffer_text(&text), "null");
        buffer_free(&text);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transforms_read_and_write_their_names),
        cmocka_unit_test(times_round_down_before_1970),
        cmocka_unit_test(buckets_hash_as_the_specification_says),
        cmocka_unit_test(numbers_truncate_down_to_multiples),
        cmocka_unit_test(texts_truncate_to_characters_and_bytes_to_bytes),
        cmocka_unit_test(results_have_the_types_of_the_specification),
        cmocka_unit_test(values_read_as_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
