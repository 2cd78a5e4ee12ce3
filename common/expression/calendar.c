#include "common/expression/calendar.h"

enum { DAYS_PER_ERA = 146097, YEARS_PER_ERA = 400, EPOCH_SHIFT_DAYS = 719468 };

/* Years begin in March here, so that the leap day is the last of its year; an era is 400 years. */
int64_t calendar_days(int32_t year, int32_t month, int32_t day)
{
    int64_t shifted = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = calendar_floor_divide(shifted, YEARS_PER_ERA);
    int64_t year_of_era = shifted - era * YEARS_PER_ERA;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - EPOCH_SHIFT_DAYS;
}

void calendar_date_of_days(int32_t days, int32_t *ret_year, int32_t *ret_month, int32_t *ret_day)
{
    int64_t shifted = (int64_t)days + EPOCH_SHIFT_DAYS;
    int64_t era = calendar_floor_divide(shifted, DAYS_PER_ERA);
    uint32_t day_of_era = (uint32_t)(shifted - era * DAYS_PER_ERA);
    uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t month_index = (5 * day_of_year + 2) / 153;
    *ret_day = (int32_t)(day_of_year - (153 * month_index + 2) / 5 + 1);
    *ret_month = (int32_t)(month_index < 10 ? month_index + 3 : month_index - 9);
    *ret_year = (int32_t)((int64_t)year_of_era + era * YEARS_PER_ERA + (*ret_month <= 2));
}

static int32_t is_leap_year(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int32_t calendar_month_length(int32_t year, int32_t month)
{
    if (month == 2)
        return 28 + is_leap_year(year);
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

struct calendar_fields calendar_fields_of_us(int64_t us)
{
    struct calendar_fields fields;
    int32_t days = calendar_days_of_us(us);
    int64_t rest = us - days * CALENDAR_US_PER_DAY;
    calendar_date_of_days(days, &fields.year, &fields.month, &fields.day);
    fields.hour = (int32_t)(rest / CALENDAR_US_PER_HOUR);
    fields.minute = (int32_t)(rest / CALENDAR_US_PER_MINUTE % 60);
    fields.second = (int32_t)(rest / CALENDAR_US_PER_SECOND % 60);
    fields.microsecond = (int32_t)(rest % CALENDAR_US_PER_SECOND);
    return fields;
}

int64_t calendar_us(const struct calendar_fields *fields)
{
    return calendar_days(fields->year, fields->month, fields->day) * CALENDAR_US_PER_DAY +
           fields->hour * CALENDAR_US_PER_HOUR + fields->minute * CALENDAR_US_PER_MINUTE +
           fields->second * CALENDAR_US_PER_SECOND + fields->microsecond;
}

int32_t calendar_add_months(int32_t days, int64_t months)
{
    int32_t year, month, day;
    calendar_date_of_days(days, &year, &month, &day);
    int64_t index = (int64_t)year * 12 + (month - 1) + months;
    int32_t new_year = (int32_t)calendar_floor_divide(index, 12);
    int32_t new_month = (int32_t)(index - (int64_t)new_year * 12) + 1;
    int32_t length = calendar_month_length(new_year, new_month);
    return (int32_t)calendar_days(new_year, new_month, day < length ? day : length);
}

int32_t calendar_iso_weekday(int32_t days)
{
    int64_t since_monday = (int64_t)days + 3; /* 1970-01-01 was a Thursday */
    return (int32_t)(since_monday - calendar_floor_divide(since_monday, 7) * 7) + 1;
}

int32_t calendar_day_of_year(int32_t days)
{
    int32_t year, month, day;
    calendar_date_of_days(days, &year, &month, &day);
    return (int32_t)(days - calendar_days(year, 1, 1)) + 1;
}

int32_t calendar_iso_week(int32_t days)
{
    /* the week belongs to the year of its Thursday */
    int32_t thursday = days - calendar_iso_weekday(days) + 4;
    return (calendar_day_of_year(thursday) - 1) / 7 + 1;
}
