#pragma once

#include <stdint.h>

/* The proleptic Gregorian calendar, without time zones. */

#define CALENDAR_US_PER_MS     INT64_C(1000)
#define CALENDAR_US_PER_SECOND INT64_C(1000000)
#define CALENDAR_US_PER_MINUTE (60 * CALENDAR_US_PER_SECOND)
#define CALENDAR_US_PER_HOUR   (60 * CALENDAR_US_PER_MINUTE)
#define CALENDAR_US_PER_DAY    (24 * CALENDAR_US_PER_HOUR)

/* A wall-clock time taken apart. */
struct calendar_fields {
    int32_t year;
    int32_t month; /* 1 to 12 */
    int32_t day;   /* 1 to 31 */
    int32_t hour;
    int32_t minute;
    int32_t second;
    int32_t microsecond;
};

/* Rounds towards the past, so that times before 1970 fall on the right day. */
static inline int64_t calendar_floor_divide(int64_t value, int64_t divisor)
{
    int64_t quotient = value / divisor;
    return quotient - (value % divisor < 0);
}

static inline int32_t calendar_days_of_us(int64_t us)
{
    return (int32_t)calendar_floor_divide(us, CALENDAR_US_PER_DAY);
}

/* Days since 1970-01-01; month and day must be valid. */
int64_t calendar_days(int32_t year, int32_t month, int32_t day);
void calendar_date_of_days(int32_t days, int32_t *ret_year, int32_t *ret_month, int32_t *ret_day);
int32_t calendar_month_length(int32_t year, int32_t month);
struct calendar_fields calendar_fields_of_us(int64_t us);
int64_t calendar_us(const struct calendar_fields *fields);
/* Moves a date by months; the day is cut to the month's length. */
int32_t calendar_add_months(int32_t days, int64_t months);
/* 1 (Monday) to 7 (Sunday). */
int32_t calendar_iso_weekday(int32_t days);
int32_t calendar_day_of_year(int32_t days);
int32_t calendar_iso_week(int32_t days);
