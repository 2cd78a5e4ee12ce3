#include "taskmanager/operators/window_slices.h"

#include "common/base/random.h"
#include "common/expression/value_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MS     INT64_C(1000)
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static int64_t us_of(const char *text)
{
    struct value_timestamp timestamp = {0};
    assert_true(value_parse_timestamp(text, strlen(text), &timestamp));
    return timestamp.us;
}

static struct window_slices slices_of(enum plan_window_kind kind, int64_t size_us, int64_t slide_us,
                                      int64_t offset_us)
{
    struct plan_window window = {
        .kind = kind, .size_us = size_us, .slide_us = slide_us, .offset_us = offset_us};
    struct window_slices slices;
    window_slices_init(&slices, &window, NULL);
    return slices;
}

static struct window_slices zoned_slices(int64_t size_us, const struct time_zone *zone)
{
    struct plan_window window = {
        .kind = PLAN_WINDOW_TUMBLE, .size_us = size_us, .slide_us = size_us, .is_zoned = true};
    struct window_slices slices;
    window_slices_init(&slices, &window, zone);
    return slices;
}

static int64_t slice_of(struct window_slices *slices, int64_t time_us)
{
    struct error error;
    int64_t end = 0;
    assert_int_equal(window_slices_assign(slices, &time_us, 1, &end, &error), STATUS_OK);
    return end;
}

static struct time_zone *zone_of(const char *name)
{
    struct error error;
    struct time_zone *zone = NULL;
    assert_int_equal(time_zone_create(name, &zone, &error), STATUS_OK);
    return zone;
}

static void tumbles(void **state)
{
    (void)state;
    struct window_slices hours = slices_of(PLAN_WINDOW_TUMBLE, HOUR, HOUR, 0);
    assert_true(slice_of(&hours, us_of("2024-05-01 10:00:00")) == us_of("2024-05-01 11:00:00"));
    assert_true(slice_of(&hours, us_of("2024-05-01 10:59:59.999999")) == us_of("2024-05-01 11:00:00"));
    assert_true(slice_of(&hours, us_of("1969-12-31 23:59:59.999999")) == us_of("1970-01-01 00:00:00"));
    assert_true(slice_of(&hours, us_of("1969-12-31 23:00:00")) == us_of("1970-01-01 00:00:00"));
    assert_true(slice_of(&hours, us_of("1969-12-31 22:59:59")) == us_of("1969-12-31 23:00:00"));
    assert_true(slice_of(&hours, us_of("0001-01-01 00:00:00")) == us_of("0001-01-01 01:00:00"));
    int64_t end = us_of("2024-05-01 11:00:00");
    int64_t first, last;
    assert_true(window_slices_windows(&hours, end, &first, &last));
    assert_true(first == end && last == end);
    assert_true(window_slices_start(&hours, end) == us_of("2024-05-01 10:00:00"));
    assert_true(window_slices_first_slice(&hours, end) == end);
    assert_true(window_slices_trigger_us(&hours, end) == us_of("2024-05-01 10:59:59.999"));
    assert_true(window_slices_window_time(&hours, end) == us_of("2024-05-01 10:59:59.999"));
}

static void shifts_by_offsets(void **state)
{
    (void)state;
    static const struct {
        int64_t offset_us;
        const char *time, *end;
    } cases[] = {
        {10 * MINUTE, "2024-05-01 10:09:59", "2024-05-01 10:10:00"},
        {10 * MINUTE, "2024-05-01 10:10:00", "2024-05-01 11:10:00"},
        {-10 * MINUTE, "2024-05-01 10:49:59", "2024-05-01 10:50:00"},
        {-10 * MINUTE, "2024-05-01 10:50:00", "2024-05-01 11:50:00"},
        {-10 * MINUTE, "1969-12-31 23:49:59", "1969-12-31 23:50:00"},
        {10 * MINUTE, "1969-12-31 23:49:59", "1970-01-01 00:10:00"},
        {49 * HOUR + MINUTE, "2024-05-01 10:00:59", "2024-05-01 10:01:00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct window_slices slices = slices_of(PLAN_WINDOW_TUMBLE, HOUR, HOUR, cases[i].offset_us);
        assert_true(slice_of(&slices, us_of(cases[i].time)) == us_of(cases[i].end));
    }
    struct window_slices weeks = slices_of(PLAN_WINDOW_TUMBLE, 7 * DAY, 7 * DAY, 4 * DAY); /* from Mondays */
    assert_true(slice_of(&weeks, us_of("2024-05-01 10:00:00")) == us_of("2024-05-06 00:00:00"));
}

static void hops_share_slices(void **state)
{
    (void)state;
    struct window_slices hops = slices_of(PLAN_WINDOW_HOP, HOUR, 15 * MINUTE, 0);
    int64_t slice = slice_of(&hops, us_of("2024-05-01 10:20:00"));
    assert_true(slice == us_of("2024-05-01 10:30:00"));
    int64_t first, last;
    assert_true(window_slices_windows(&hops, slice, &first, &last));
    assert_true(first == us_of("2024-05-01 10:30:00") && last == us_of("2024-05-01 11:15:00"));
    assert_true(window_slices_start(&hops, last) == us_of("2024-05-01 10:15:00"));
    assert_true(window_slices_first_slice(&hops, last) == us_of("2024-05-01 10:30:00"));
}

static void hops_may_leave_gaps(void **state)
{
    (void)state;
    struct window_slices hops = slices_of(PLAN_WINDOW_HOP, 10 * MINUTE, 15 * MINUTE, 0);
    int64_t first, last;
    assert_true(window_slices_windows(&hops, slice_of(&hops, 4 * MINUTE), &first, &last));
    assert_true(first == 10 * MINUTE && last == 10 * MINUTE);
    assert_false(window_slices_windows(&hops, slice_of(&hops, 12 * MINUTE), &first, &last));
    assert_true(window_slices_windows(&hops, slice_of(&hops, -5 * MINUTE - 1), &first, &last));
    assert_true(last == -5 * MINUTE);
}

static void cumulates(void **state)
{
    (void)state;
    struct window_slices days = slices_of(PLAN_WINDOW_CUMULATE, DAY, HOUR, 0);
    int64_t slice = slice_of(&days, us_of("1960-02-29 21:30:00"));
    int64_t first, last;
    assert_true(slice == us_of("1960-02-29 22:00:00"));
    assert_true(window_slices_windows(&days, slice, &first, &last));
    assert_true(first == slice && last == us_of("1960-03-01 00:00:00"));
    assert_true(window_slices_start(&days, first) == us_of("1960-02-29 00:00:00"));
    assert_true(window_slices_start(&days, last) == us_of("1960-02-29 00:00:00"));
    assert_true(window_slices_first_slice(&days, last) == us_of("1960-02-29 01:00:00"));
}

static void attached_windows_stand_alone(void **state)
{
    (void)state;
    struct plan_window window = {
        .kind = PLAN_WINDOW_CUMULATE, .time = PLAN_TIME_ATTACHED, .size_us = DAY, .slide_us = HOUR};
    struct window_slices slices;
    window_slices_init(&slices, &window, NULL);
    int64_t first, last;
    assert_true(window_slices_windows(&slices, 5 * HOUR, &first, &last));
    assert_true(first == 5 * HOUR && last == 5 * HOUR);
    assert_true(window_slices_first_slice(&slices, 5 * HOUR) == 5 * HOUR);
    assert_true(window_slices_start(&slices, 5 * HOUR) == 0);
}

/* A window in [start, end) as the functions are defined. */
static bool is_window(const struct window_slices *slices, int64_t start, int64_t end, int64_t offset)
{
    int64_t width = end - start;
    switch (slices->kind) {
    case PLAN_WINDOW_CUMULATE:
        return (start - offset) % slices->size_us == 0 && width > 0 && width <= slices->size_us &&
               width % slices->slide_us == 0;
    default: return (start - offset) % slices->slide_us == 0 && width == slices->size_us;
    }
}

/* Small numbers, so that all windows around a time can be tried. */
static void random_windows_are_those_of_the_definition(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 7);
    for (int round = 0; round < 3000; round++) {
        enum plan_window_kind kind = (enum plan_window_kind)random_below(&random, 3);
        int64_t slide = 1 + (int64_t)random_below(&random, 9);
        int64_t size = 1 + (int64_t)random_below(&random, 20);
        if (kind == PLAN_WINDOW_CUMULATE)
            size = slide * (1 + (int64_t)random_below(&random, 5));
        if (kind == PLAN_WINDOW_TUMBLE)
            slide = size;
        int64_t offset = (int64_t)random_below(&random, 61) - 30;
        struct window_slices slices = slices_of(kind, size, slide, offset);
        int64_t time = (int64_t)random_below(&random, 200) - 100;
        int64_t slice = slice_of(&slices, time);
        assert_true(slice > time && slice - slices.slice_us <= time);
        int64_t first = 0, last = -1;
        bool any = window_slices_windows(&slices, slice, &first, &last);
        uint32_t expected = 0;
        for (int64_t start = time - size; start <= time; start++)
            for (int64_t end = time + 1; end <= time + size; end++) {
                if (!is_window(&slices, start, end, offset))
                    continue;
                expected++;
                assert_true(any && end >= first && end <= last && (end - first) % slide == 0);
                assert_true(window_slices_start(&slices, end) == start);
                int64_t first_slice = window_slices_first_slice(&slices, end);
                if (slices.is_shared)
                    assert_true(first_slice == start + slices.slice_us && slice >= first_slice);
            }
        assert_int_equal(any ? (last - first) / slide + 1 : 0, expected);
    }
}

static void batches_are_cut_as_single_rows(void **state)
{
    (void)state;
    struct random random;
    struct error error;
    random_init(&random, 11);
    struct time_zone *zone = zone_of("America/Los_Angeles");
    struct window_slices slices = zoned_slices(HOUR, zone);
    struct window_slices single = slices;
    enum { COUNT = 1000 };
    int64_t times[COUNT], ends[COUNT], locals[COUNT];
    int64_t at = us_of("2021-11-06 00:00:00");
    for (int i = 0; i < COUNT; i++) {
        at += (int64_t)random_below(&random, 20 * MINUTE) - 8 * MINUTE;
        times[i] = at;
    }
    assert_int_equal(window_slices_assign(&slices, times, COUNT, ends, &error), STATUS_OK);
    assert_int_equal(window_slices_localize(&slices, times, COUNT, locals, &error), STATUS_OK);
    for (int i = 0; i < COUNT; i++) {
        int64_t local = time_zone_utc_to_local_us(zone, times[i]);
        assert_true(locals[i] == local);
        assert_true(ends[i] - HOUR <= local && ends[i] > local && ends[i] % HOUR == 0);
        assert_true(slice_of(&single, times[i]) == ends[i]);
    }
    time_zone_free(zone);
}

static void expect_trigger(const struct window_slices *slices, const char *end, const char *trigger)
{
    assert_true(window_slices_trigger_us(slices, us_of(end)) == us_of(trigger));
}

/* Los Angeles: 2021-03-14 02:00 to 03:00 is skipped, 2021-11-07 01:00 to 02:00 occurs twice. */
static void follows_daylight_saving(void **state)
{
    (void)state;
    struct time_zone *zone = zone_of("America/Los_Angeles");
    struct window_slices hours = zoned_slices(HOUR, zone);
    expect_trigger(&hours, "2021-03-14 02:00:00", "2021-03-14 09:59:59.999");
    expect_trigger(&hours, "2021-03-14 03:00:00", "2021-03-14 10:00:00");
    expect_trigger(&hours, "2021-03-14 04:00:00", "2021-03-14 10:59:59.999");
    expect_trigger(&hours, "2021-11-07 01:00:00", "2021-11-07 07:59:59.999");
    expect_trigger(&hours, "2021-11-07 02:00:00", "2021-11-07 09:59:59.999");
    expect_trigger(&hours, "2021-11-07 03:00:00", "2021-11-07 10:59:59.999");
    assert_true(slice_of(&hours, us_of("2021-11-07 08:30:00")) == us_of("2021-11-07 02:00:00"));
    assert_true(slice_of(&hours, us_of("2021-11-07 09:30:00")) == us_of("2021-11-07 02:00:00"));
    assert_true(window_slices_window_time(&hours, us_of("2021-11-07 02:00:00")) ==
                us_of("2021-11-07 08:59:59.999"));

    struct window_slices days = zoned_slices(DAY, zone);
    assert_true(slice_of(&days, us_of("2021-03-15 06:59:59")) == us_of("2021-03-15 00:00:00"));
    assert_true(slice_of(&days, us_of("2021-03-15 07:00:00")) == us_of("2021-03-16 00:00:00"));
    expect_trigger(&days, "2021-03-14 00:00:00", "2021-03-14 07:59:59.999");
    expect_trigger(&days, "2021-03-15 00:00:00", "2021-03-15 06:59:59.999"); /* 23 hours later */
    expect_trigger(&days, "2021-11-08 00:00:00", "2021-11-08 07:59:59.999"); /* after 25 hours */
    time_zone_free(zone);

    zone = zone_of("Australia/Adelaide"); /* changes at half an hour of UTC */
    struct window_slices quarters = zoned_slices(15 * MINUTE, zone);
    expect_trigger(&quarters, "2021-10-03 02:15:00", "2021-10-02 16:30:00");
    expect_trigger(&quarters, "2021-04-04 02:15:00", "2021-04-03 16:44:59.999");
    time_zone_free(zone);

    zone = zone_of("Australia/Lord_Howe"); /* by half an hour: 2021-04-04 01:30 to 02:00 occurs twice */
    quarters = zoned_slices(15 * MINUTE, zone);
    expect_trigger(&quarters, "2021-04-04 01:30:00", "2021-04-03 14:29:59.999");
    expect_trigger(&quarters, "2021-04-04 01:45:00", "2021-04-03 15:14:59.999");
    time_zone_free(zone);
}

/* When a window fires, no row of it can come any more, and it does not wait longer than that. */
static void fires_when_its_last_millisecond_is_over(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe",
                                        "Africa/Casablanca", "+03:00"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct time_zone *zone = zone_of(names[i]);
        struct window_slices slices = zoned_slices(10 * MINUTE, zone);
        int64_t before = INT64_MIN;
        for (int64_t end = us_of("1995-01-01 00:00:00"); end < us_of("1996-06-01 00:00:00");
             end += 10 * MINUTE) {
            int64_t trigger = window_slices_trigger_us(&slices, end);
            assert_true(trigger >= before);
            before = trigger;
            int64_t local = time_zone_utc_to_local_us(zone, trigger);
            if (local >= end)
                assert_true(time_zone_utc_to_local_us(zone, trigger - 1) < end - MS);
            else
                assert_true(local == end - MS);
            for (int64_t later = trigger + MS; later < trigger + 3 * HOUR; later += 10 * MINUTE)
                assert_true(time_zone_utc_to_local_us(zone, later) >= end);
        }
        time_zone_free(zone);
    }
}

static void refuses_times_beyond_reason(void **state)
{
    (void)state;
    struct window_slices hours = slices_of(PLAN_WINDOW_TUMBLE, HOUR, HOUR, 0);
    static const int64_t bad[] = {INT64_MAX, INT64_MIN, INT64_MAX / 2};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error error;
        int64_t end = 42;
        assert_int_equal(window_slices_assign(&hours, &bad[i], 1, &end, &error), STATUS_INVALID_ARGUMENT);
        assert_int_equal(window_slices_localize(&hours, &bad[i], 1, &end, &error), STATUS_INVALID_ARGUMENT);
        assert_true(end == 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tumbles),
        cmocka_unit_test(shifts_by_offsets),
        cmocka_unit_test(hops_share_slices),
        cmocka_unit_test(hops_may_leave_gaps),
        cmocka_unit_test(cumulates),
        cmocka_unit_test(attached_windows_stand_alone),
        cmocka_unit_test(random_windows_are_those_of_the_definition),
        cmocka_unit_test(batches_are_cut_as_single_rows),
        cmocka_unit_test(follows_daylight_saving),
        cmocka_unit_test(fires_when_its_last_millisecond_is_over),
        cmocka_unit_test(refuses_times_beyond_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
