#include "common/expression/time_zone.h"

#include "common/expression/time_zone_rules.h"
#include "common/expression/value_format.h"
#include "common/expression/value_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t us_of(const char *text)
{
    struct value_timestamp timestamp = {0};
    assert_true(value_parse_timestamp(text, strlen(text), &timestamp));
    return timestamp.us;
}

static struct time_zone *zone_of(const char *name)
{
    struct error error;
    struct time_zone *zone = NULL;
    if (time_zone_create(name, &zone, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return zone;
}

static void expect_local(const struct time_zone *zone, const char *utc, const char *local)
{
    assert_true(time_zone_utc_to_local_us(zone, us_of(utc)) == us_of(local));
}

static void expect_utc(const struct time_zone *zone, const char *local, const char *utc)
{
    assert_true(time_zone_local_to_utc_us(zone, us_of(local)) == us_of(utc));
}

static void takes_fixed_offsets(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t offset_s;
    } cases[] = {{"UTC", 0},
                 {"Z", 0},
                 {"GMT", 0},
                 {"+08:00", 28800},
                 {"-03:30", -12600},
                 {"GMT+8", 28800},
                 {"UTC-03:30", -12600},
                 {"+0530", 19800}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct time_zone *zone = zone_of(cases[i].name);
        assert_true(time_zone_utc_to_local_us(zone, -1) == -1 + cases[i].offset_s * 1000000);
        assert_true(time_zone_local_to_utc_us(zone, 5) == 5 - cases[i].offset_s * 1000000);
        time_zone_free(zone);
    }
}

static void follows_summer_time(void **state)
{
    (void)state;
    struct time_zone *zone = zone_of("Europe/Berlin");
    expect_local(zone, "2024-01-15 12:00:00", "2024-01-15 13:00:00");
    expect_local(zone, "2024-03-31 00:59:59", "2024-03-31 01:59:59");
    expect_local(zone, "2024-03-31 01:00:00", "2024-03-31 03:00:00");
    expect_local(zone, "2024-10-27 00:59:59", "2024-10-27 02:59:59");
    expect_local(zone, "2024-10-27 01:00:00", "2024-10-27 02:00:00");
    /* behind the last transition of the file its footer rules */
    expect_local(zone, "2090-07-01 12:00:00", "2090-07-01 14:00:00");
    expect_local(zone, "2090-12-01 12:00:00", "2090-12-01 13:00:00");
    expect_utc(zone, "2024-01-15 13:00:00", "2024-01-15 12:00:00");
    expect_utc(zone, "2024-07-15 14:00:00", "2024-07-15 12:00:00");
    expect_utc(zone, "2024-03-31 02:30:00", "2024-03-31 01:30:00"); /* skipped: moved by an hour */
    expect_utc(zone, "2024-10-27 02:30:00", "2024-10-27 00:30:00"); /* twice: the earlier one */
    expect_utc(zone, "2024-10-27 03:30:00", "2024-10-27 02:30:00");
    time_zone_free(zone);
    zone = zone_of("Australia/Sydney");
    expect_local(zone, "2090-01-01 00:00:00", "2090-01-01 11:00:00");
    expect_local(zone, "2090-07-01 00:00:00", "2090-07-01 10:00:00");
    time_zone_free(zone);
    zone = zone_of("America/New_York");
    expect_utc(zone, "2024-03-10 02:30:00", "2024-03-10 07:30:00");
    expect_utc(zone, "2024-11-03 01:30:00", "2024-11-03 05:30:00");
    time_zone_free(zone);
}

/* Walks from change to change: within a range the offset is one, and the next range begins where it ends. */
static void ranges_cover_all_time_with_one_offset(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/Berlin", "America/Los_Angeles", "Australia/Lord_Howe",
                                        "Asia/Kathmandu", "+05:30"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct time_zone *zone = zone_of(names[i]);
        int64_t end = us_of("2060-01-01 00:00:00");
        int64_t at = us_of("1850-01-01 00:00:00");
        int64_t from, until;
        for (uint32_t ranges = 0; at < end; ranges++) {
            int64_t offset = time_zone_offset_us(zone, at, &from, &until);
            assert_true(from <= at && until > at && ranges < 1000);
            int64_t last = until < end ? until - 1 : end;
            for (int64_t probe = at; probe <= last; probe += (last - probe) / 2 + 1)
                assert_true(time_zone_utc_to_local_us(zone, probe) - probe == offset);
            at = until;
        }
        time_zone_free(zone);
    }
    struct time_zone *zone = zone_of("Europe/Berlin");
    int64_t from, until;
    assert_true(time_zone_offset_us(zone, us_of("2021-06-01 00:00:00"), &from, &until) ==
                INT64_C(7200000000));
    assert_true(from == us_of("2021-03-28 01:00:00") && until == us_of("2021-10-31 01:00:00"));
    time_zone_free(zone);
}

static void refuses_what_is_no_zone(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "+99:00",
                                      "+8x", "GMT+"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error error;
        struct time_zone *zone = NULL;
        assert_int_equal(time_zone_create(bad[i], &zone, &error), STATUS_INVALID_ARGUMENT);
        assert_null(zone);
        assert_non_null(strstr(error.message, bad[i]));
    }
}

static void refuses_broken_files(void **state)
{
    (void)state;
    struct error error;
    struct time_zone_rules *rules = NULL;
    assert_int_equal(time_zone_rules_parse("", 0, &rules, &error), STATUS_CORRUPT);
    uint8_t header[200] = "TZif2";
    assert_int_equal(time_zone_rules_parse(header, sizeof header, &rules, &error), STATUS_CORRUPT);
    memset(header + 20, 0xFF, 24);
    assert_int_equal(time_zone_rules_parse(header, sizeof header, &rules, &error), STATUS_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_fixed_offsets),
        cmocka_unit_test(follows_summer_time),
        cmocka_unit_test(ranges_cover_all_time_with_one_offset),
        cmocka_unit_test(refuses_what_is_no_zone),
        cmocka_unit_test(refuses_broken_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
