#include "common/expression/functions/time_unit.h"

#include "common/expression/calendar.h"

#include <string.h>
#include <strings.h>

enum time_unit time_unit_find(const char *name, size_t size)
{
    static const char *const names[TIME_UNIT_COUNT] = {
        [TIME_UNIT_YEAR] = "YEAR",
        [TIME_UNIT_QUARTER] = "QUARTER",
        [TIME_UNIT_MONTH] = "MONTH",
        [TIME_UNIT_WEEK] = "WEEK",
        [TIME_UNIT_DAY] = "DAY",
        [TIME_UNIT_DOY] = "DOY",
        [TIME_UNIT_DOW] = "DOW",
        [TIME_UNIT_ISODOW] = "ISODOW",
        [TIME_UNIT_HOUR] = "HOUR",
        [TIME_UNIT_MINUTE] = "MINUTE",
        [TIME_UNIT_SECOND] = "SECOND",
        [TIME_UNIT_MILLISECOND] = "MILLISECOND",
        [TIME_UNIT_MICROSECOND] = "MICROSECOND",
        [TIME_UNIT_EPOCH] = "EPOCH",
    };
    unsigned unit = 0;
    while (unit < TIME_UNIT_COUNT &&
           (strlen(names[unit]) != size || strncasecmp(names[unit], name, size) != 0))
        unit++;
    return (enum time_unit)unit;
}

static int64_t extract_clock(enum time_unit unit, int64_t us)
{
    int64_t of_day = us - calendar_floor_divide(us, CALENDAR_US_PER_DAY) * CALENDAR_US_PER_DAY;
    switch (unit) {
    case TIME_UNIT_HOUR: return of_day / CALENDAR_US_PER_HOUR;
    case TIME_UNIT_MINUTE: return of_day / CALENDAR_US_PER_MINUTE % 60;
    case TIME_UNIT_SECOND: return of_day / CALENDAR_US_PER_SECOND % 60;
    case TIME_UNIT_MILLISECOND: return of_day / CALENDAR_US_PER_MS % 60000;
    case TIME_UNIT_MICROSECOND: return of_day % CALENDAR_US_PER_MINUTE;
    default: return calendar_floor_divide(us, CALENDAR_US_PER_SECOND);
    }
}

int64_t time_unit_extract(enum time_unit unit, int64_t us)
{
    if (unit >= TIME_UNIT_HOUR)
        return extract_clock(unit, us);
    int32_t days = calendar_days_of_us(us);
    int32_t year, month, day;
    calendar_date_of_days(days, &year, &month, &day);
    switch (unit) {
    case TIME_UNIT_YEAR: return year;
    case TIME_UNIT_QUARTER: return (month - 1) / 3 + 1;
    case TIME_UNIT_MONTH: return month;
    case TIME_UNIT_WEEK: return calendar_iso_week(days);
    case TIME_UNIT_DAY: return day;
    case TIME_UNIT_DOY: return calendar_day_of_year(days);
    case TIME_UNIT_DOW: return calendar_iso_weekday(days) % 7 + 1;
    default: return calendar_iso_weekday(days);
    }
}
