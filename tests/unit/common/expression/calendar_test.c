#include "common/expression/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void counts_days_both_ways(void **state)
{
    (void)state;
    assert_int_equal(calendar_days(1970, 1, 1), 0);
    assert_int_equal(calendar_days(1969, 12, 31), -1);
    assert_int_equal(calendar_days(2000, 3, 1), 11017);
    assert_int_equal(calendar_days(1, 1, 1), -719162);
    /* every day of more than a full cycle of 400 years */
    int32_t year = 1581, month = 12, day = 31;
    for (int32_t days = (int32_t)calendar_days(1582, 1, 1); days < 160000; days++) {
        day++;
        if (day > calendar_month_length(year, month)) {
            day = 1;
            month++;
        }
        if (month > 12) {
            month = 1;
            year++;
        }
        int32_t y, m, d;
        calendar_date_of_days(days, &y, &m, &d);
        assert_true(y == year && m == month && d == day);
        assert_int_equal(calendar_days(y, m, d), days);
    }
}

static void takes_times_apart(void **state)
{
    (void)state;
    struct calendar_fields fields = calendar_fields_of_us(-1);
    assert_int_equal(fields.year, 1969);
    assert_int_equal(fields.hour, 23);
    assert_int_equal(fields.microsecond, 999999);
    assert_true(calendar_us(&fields) == -1);
    assert_int_equal(calendar_days_of_us(-1), -1);
    assert_int_equal(calendar_days_of_us(-CALENDAR_US_PER_DAY), -1);
    assert_int_equal(calendar_days_of_us(CALENDAR_US_PER_DAY - 1), 0);
}

static void knows_weeks(void **state)
{
    (void)state;
    assert_int_equal(calendar_iso_weekday(0), 4);
    assert_int_equal(calendar_iso_weekday(-4), 7);
    assert_int_equal(calendar_iso_week((int32_t)calendar_days(2021, 1, 3)), 53);
    assert_int_equal(calendar_iso_week((int32_t)calendar_days(2021, 1, 4)), 1);
    assert_int_equal(calendar_iso_week((int32_t)calendar_days(2024, 12, 30)), 1);
    assert_int_equal(calendar_day_of_year((int32_t)calendar_days(2024, 12, 31)), 366);
}

static void adds_months(void **state)
{
    (void)state;
    assert_int_equal(calendar_add_months((int32_t)calendar_days(2024, 1, 31), 1), calendar_days(2024, 2, 29));
    assert_int_equal(calendar_add_months((int32_t)calendar_days(1970, 1, 15), -13),
                     calendar_days(1968, 12, 15));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_days_both_ways),
        cmocka_unit_test(takes_times_apart),
        cmocka_unit_test(knows_weeks),
        cmocka_unit_test(adds_months),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
