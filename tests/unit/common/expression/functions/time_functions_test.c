#include "tests/unit/common/expression/functions/evaluation.h"

#include <stdio.h>

static void extracts_units(void **state)
{
    struct evaluation *e = *state;
    static const struct {
        const char *name, *expected;
    } cases[] = {{"YEAR", "2024"},    {"QUARTER", "1"},     {"MONTH", "2"},     {"WEEK", "9"},
                 {"DAYOFYEAR", "60"}, {"DAYOFMONTH", "29"}, {"DAYOFWEEK", "5"}, {"HOUR", "23"},
                 {"MINUTE", "5"},     {"SECOND", "7"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EXPECT(call(e, cases[i].name, timestamp(e, "2024-02-29 23:05:07.5"), NULL), cases[i].expected);
    EXPECT(call(e, "EXTRACT", text(e, "day"), date(e, "1969-12-31"), NULL), "31");
    EXPECT(call(e, "EXTRACT", text(e, "EPOCH"), timestamp(e, "1969-12-31 23:59:59.5"), NULL), "-1");
    EXPECT(call(e, "HOUR", timestamp(e, "1969-12-31 23:59:59.5"), NULL), "23");
    EXPECT(call(e, "EXTRACT", text(e, "MILLISECOND"), timestamp(e, "2024-01-01 00:00:07.123"), NULL), "7123");
    assert_non_null(
        strstr(refusal(e, "EXTRACT", text(e, "FORTNIGHT"), date(e, "2024-01-01"), NULL), "FORTNIGHT"));
    assert_non_null(strstr(refusal(e, "YEAR", number(e, 1), NULL), "Expected a DATE"));
}

static void formats_and_reads_patterns(void **state)
{
    struct evaluation *e = *state;
    tree time = timestamp(e, "2024-02-03 14:05:06.789012");
    EXPECT(call(e, "DATE_FORMAT", time, text(e, "yyyy-MM-dd"), NULL), "2024-02-03");
    EXPECT(call(e, "DATE_FORMAT", time, text(e, "yyyyMMdd'T'HHmmss.SSS"), NULL), "20240203T140506.789");
    EXPECT(call(e, "DATE_FORMAT", time, text(e, "EEE, d MMM yy h:mm a"), NULL), "Sat, 3 Feb 24 2:05 PM");
    EXPECT(call(e, "DATE_FORMAT", timestamp(e, "1969-12-31 23:59:59.999999"), text(e, "HH 'o''clock'"), NULL),
           "23 o'clock");
    assert_non_null(
        strstr(value_of(e, call(e, "DATE_FORMAT", time, text(e, "bogus"), NULL)), "no date pattern"));
    EXPECT(call(e, "TO_TIMESTAMP", text(e, "2024-01-01 10:20:30"), NULL), "2024-01-01 10:20:30.000");
    EXPECT(call(e, "TO_TIMESTAMP", text(e, "2024-01-01T10:20:30.123456"), NULL), "2024-01-01 10:20:30.123");
    EXPECT(call(e, "TO_TIMESTAMP", text(e, "03/02/2024 14:05"), text(e, "dd/MM/yyyy HH:mm"), NULL),
           "2024-02-03 14:05:00.000");
    EXPECT(call(e, "TO_TIMESTAMP", text(e, "2023-02-29 00:00:00"), NULL), "NULL");
    EXPECT(call(e, "TO_TIMESTAMP", text(e, "rubbish"), text(e, "yyyy"), NULL), "NULL");
    EXPECT(call(e, "TO_DATE", text(e, "2024-02-29"), NULL), "2024-02-29");
    EXPECT(call(e, "TO_DATE", text(e, "29.02.2024"), text(e, "dd.MM.yyyy"), NULL), "2024-02-29");
}

static void converts_epochs(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "TO_TIMESTAMP_LTZ", big(e, 1704067200123), number(e, 3), NULL), "2024-01-01 00:00:00.123");
    EXPECT(call(e, "TO_TIMESTAMP_LTZ", number(e, -1), number(e, 0), NULL), "1969-12-31 23:59:59.000");
    EXPECT(call(e, "TO_TIMESTAMP_LTZ", big(e, INT64_MAX), number(e, 3), NULL), "NULL");
    assert_non_null(
        strstr(refusal(e, "TO_TIMESTAMP_LTZ", number(e, 1), number(e, 7), NULL), "precision is 0"));
    EXPECT(call(e, "FROM_UNIXTIME", big(e, 0), NULL), "1970-01-01 00:00:00");
    EXPECT(call(e, "FROM_UNIXTIME", big(e, -1), text(e, "HH:mm:ss"), NULL), "23:59:59");
    EXPECT(call(e, "UNIX_TIMESTAMP", text(e, "1970-01-02 00:00:00"), NULL), "86400");
    EXPECT(call(e, "UNIX_TIMESTAMP", NULL), "1704164645");
}

static void uses_the_session_zone(void **state)
{
    struct evaluation *e = *state;
    time_zone_free(e->zone);
    e->zone = time_zone_create_fixed(8 * 3600);
    EXPECT(call(e, "TO_TIMESTAMP_LTZ", number(e, 0), number(e, 0), NULL), "1970-01-01 08:00:00.000");
    EXPECT(call(e, "FROM_UNIXTIME", big(e, 0), NULL), "1970-01-01 08:00:00");
    EXPECT(call(e, "UNIX_TIMESTAMP", text(e, "1970-01-01 08:00:00"), NULL), "0");
    EXPECT(call(e, "HOUR", time_of(e, TYPE_TIMESTAMP_LTZ, 3, "2024-01-01 20:00:00"), NULL), "4");
    EXPECT(call(e, "CURRENT_DATE", NULL), "2024-01-02");
    EXPECT(call(e, "LOCALTIMESTAMP", NULL), "2024-01-02 11:04:05.123");
    EXPECT(cast(e, timestamp(e, "2024-01-01 00:00:00"), data_type_of(TYPE_TIMESTAMP_LTZ)),
           "2024-01-01 00:00:00.000000");
    EXPECT(cast(e, time_of(e, TYPE_TIMESTAMP_LTZ, 0, "2023-12-31 20:00:00"), data_type_of(TYPE_DATE)),
           "2024-01-01");
    EXPECT(call(e, "PLUS_INTERVAL_MONTH", time_of(e, TYPE_TIMESTAMP_LTZ, 0, "2024-01-30 17:00:00"), big(e, 1),
                NULL),
           "2024-02-29 01:00:00");
}

static void knows_the_time(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "CURRENT_TIMESTAMP", NULL), "2024-01-02 03:04:05.123");
    EXPECT(call(e, "NOW", NULL), "2024-01-02 03:04:05.123");
    assert_string_equal(type_text(e, call(e, "CURRENT_TIMESTAMP", NULL)), "TIMESTAMP_LTZ(3) NOT NULL");
    assert_string_equal(type_text(e, call(e, "LOCALTIMESTAMP", NULL)), "TIMESTAMP(3) NOT NULL");
    assert_false(expression_is_deterministic(call(e, "NOW", NULL)));
}

static void adds_intervals(void **state)
{
    struct evaluation *e = *state;
    EXPECT(call(e, "PLUS_INTERVAL_DAY", time_of(e, TYPE_TIMESTAMP, 3, "2024-01-01 00:00:02"),
                big(e, -5000000), NULL),
           "2023-12-31 23:59:57.000");
    EXPECT(call(e, "PLUS_INTERVAL_DAY", date(e, "2024-02-28"), big(e, INT64_C(172800000000)), NULL),
           "2024-03-01");
    EXPECT(call(e, "PLUS_INTERVAL_MONTH", date(e, "2024-01-31"), number(e, 1), NULL), "2024-02-29");
    EXPECT(call(e, "PLUS_INTERVAL_MONTH", timestamp(e, "1970-01-31 12:00:00"), number(e, -2), NULL),
           "1969-11-30 12:00:00.000000");
    EXPECT(call(e, "PLUS_INTERVAL_MONTH", date(e, "2024-02-29"), number(e, 12), NULL), "2025-02-28");
}

static void rounds_times_to_units(void **state)
{
    struct evaluation *e = *state;
    static const struct {
        const char *unit, *floor, *ceil;
    } cases[] = {
        {"YEAR", "2024-01-01 00:00:00", "2025-01-01 00:00:00"},
        {"QUARTER", "2024-01-01 00:00:00", "2024-04-01 00:00:00"},
        {"MONTH", "2024-02-01 00:00:00", "2024-03-01 00:00:00"},
        {"WEEK", "2024-02-25 00:00:00", "2024-03-03 00:00:00"}, /* from Sunday on */
        {"DAY", "2024-02-29 00:00:00", "2024-03-01 00:00:00"},
        {"HOUR", "2024-02-29 23:00:00", "2024-03-01 00:00:00"},
        {"MINUTE", "2024-02-29 23:05:00", "2024-02-29 23:06:00"},
        {"SECOND", "2024-02-29 23:05:07", "2024-02-29 23:05:08"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char floor[64], ceil[64];
        snprintf(floor, sizeof floor, "%s.000000", cases[i].floor);
        snprintf(ceil, sizeof ceil, "%s.000000", cases[i].ceil);
        tree time = timestamp(e, "2024-02-29 23:05:07.5");
        EXPECT(call(e, "FLOOR_TIME", time, text(e, cases[i].unit), NULL), floor);
        EXPECT(call(e, "CEIL_TIME", time, text(e, cases[i].unit), NULL), ceil);
        EXPECT(call(e, "CEIL_TIME", timestamp(e, cases[i].floor), text(e, cases[i].unit), NULL), floor);
    }
    EXPECT(call(e, "FLOOR_TIME", timestamp(e, "1969-12-31 23:59:59.5"), text(e, "HOUR"), NULL),
           "1969-12-31 23:00:00.000000");
    EXPECT(call(e, "FLOOR_TIME", date(e, "1969-12-31"), text(e, "MONTH"), NULL), "1969-12-01");
    EXPECT(call(e, "CEIL_TIME", date(e, "1969-12-31"), text(e, "QUARTER"), NULL), "1970-01-01");
    assert_non_null(strstr(refusal(e, "FLOOR_TIME", date(e, "2024-01-01"), text(e, "DOW"), NULL), "DOW"));
    assert_non_null(strstr(refusal(e, "FLOOR_TIME", number(e, 1), text(e, "DAY"), NULL), "take a DATE"));
}

static void counts_units_between_times(void **state)
{
    struct evaluation *e = *state;
    static const struct {
        const char *unit, *from, *to, *expected;
    } cases[] = {
        {"SECOND", "2024-01-01 00:00:00", "2024-01-01 00:01:00.9", "60"},
        {"SECOND", "2024-01-01 00:00:00.9", "2024-01-01 00:00:00", "0"},
        {"MINUTE", "2024-01-01 00:01:00", "2024-01-01 00:00:00", "-1"},
        {"HOUR", "1969-12-31 23:00:00", "1970-01-01 01:59:59", "2"},
        {"DAY", "2024-02-28 12:00:00", "2024-03-01 11:59:59", "1"},
        {"WEEK", "2024-01-01 00:00:00", "2024-01-14 23:00:00", "1"},
        {"MONTH", "2024-01-31 00:00:00", "2024-02-29 00:00:00", "1"},
        {"MONTH", "2024-01-31 12:00:00", "2024-02-29 11:00:00", "0"},
        {"MONTH", "2024-03-15 00:00:00", "2024-01-16 00:00:00", "-1"},
        {"QUARTER", "2023-01-01 00:00:00", "2024-01-01 00:00:00", "4"},
        {"YEAR", "2024-02-29 00:00:00", "2025-02-28 00:00:00", "1"},
        {"YEAR", "2024-03-01 00:00:00", "2025-02-28 00:00:00", "0"},
        {"SECOND", "0001-01-01 00:00:00", "2024-01-01 00:00:00", "NULL"}, /* more than an INT holds */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EXPECT(call(e, "TIMESTAMPDIFF", text(e, cases[i].unit), timestamp(e, cases[i].from),
                    timestamp(e, cases[i].to), NULL),
               cases[i].expected);
    EXPECT(call(e, "TIMESTAMPDIFF", text(e, "DAY"), date(e, "2024-01-01"),
                timestamp(e, "2024-01-03 00:00:00"), NULL),
           "2");
    assert_non_null(strstr(
        refusal(e, "TIMESTAMPDIFF", text(e, "EPOCH"), date(e, "2024-01-01"), date(e, "2024-01-01"), NULL),
        "EPOCH"));
}

/* Daylight saving began in Berlin on 2024-03-31 at two o'clock. */
static void rounds_and_counts_by_the_session_calendar(void **state)
{
    struct evaluation *e = *state;
    struct error error;
    time_zone_free(e->zone);
    assert_int_equal(time_zone_create("Europe/Berlin", &e->zone, &error), STATUS_OK);
    tree before = call(e, "TO_TIMESTAMP_LTZ", big(e, 1711839600), number(e, 0), NULL); /* 31st, midnight */
    tree after = call(e, "TO_TIMESTAMP_LTZ", big(e, 1711922400), number(e, 0), NULL);  /* 1st, midnight */
    tree noon = call(e, "TO_TIMESTAMP_LTZ", big(e, 1711879200), number(e, 0), NULL);   /* 31st, noon */
    EXPECT(call(e, "TIMESTAMPDIFF", text(e, "HOUR"), before, after, NULL), "23");
    EXPECT(call(e, "TIMESTAMPDIFF", text(e, "DAY"), before, after, NULL), "1");
    EXPECT(call(e, "FLOOR_TIME", noon, text(e, "DAY"), NULL), "2024-03-31 00:00:00.000");
    EXPECT(call(e, "CEIL_TIME", noon, text(e, "DAY"), NULL), "2024-04-01 00:00:00.000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVALUATION_TEST(extracts_units),
        EVALUATION_TEST(formats_and_reads_patterns),
        EVALUATION_TEST(converts_epochs),
        EVALUATION_TEST(uses_the_session_zone),
        EVALUATION_TEST(knows_the_time),
        EVALUATION_TEST(adds_intervals),
        EVALUATION_TEST(rounds_times_to_units),
        EVALUATION_TEST(counts_units_between_times),
        EVALUATION_TEST(rounds_and_counts_by_the_session_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
