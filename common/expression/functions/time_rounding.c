#include "common/expression/calendar.h"
#include "common/expression/functions/functions_internal.h"
#include "common/expression/functions/time_unit.h"

static int64_t fixed_size_us(enum time_unit unit)
{
    switch (unit) {
    case TIME_UNIT_DAY: return CALENDAR_US_PER_DAY;
    case TIME_UNIT_HOUR: return CALENDAR_US_PER_HOUR;
    case TIME_UNIT_MINUTE: return CALENDAR_US_PER_MINUTE;
    case TIME_UNIT_SECOND: return CALENDAR_US_PER_SECOND;
    case TIME_UNIT_MILLISECOND: return CALENDAR_US_PER_MS;
    case TIME_UNIT_WEEK: return 7 * CALENDAR_US_PER_DAY;
    default: return 0;
    }
}

static int32_t months_of(enum time_unit unit)
{
    return unit == TIME_UNIT_YEAR ? 12 : unit == TIME_UNIT_QUARTER ? 3 : 1;
}

/* Weeks begin on Sunday, as in Flink. */
static int64_t floor_wall_clock(enum time_unit unit, int64_t us)
{
    int64_t size = fixed_size_us(unit);
    if (unit == TIME_UNIT_WEEK) {
        int32_t days = calendar_days_of_us(us);
        return (int64_t)(days - calendar_iso_weekday(days) % 7) * CALENDAR_US_PER_DAY;
    }
    if (size > 0)
        return calendar_floor_divide(us, size) * size;
    int32_t year, month, day;
    calendar_date_of_days(calendar_days_of_us(us), &year, &month, &day);
    return calendar_days(year, (month - 1) / months_of(unit) * months_of(unit) + 1, 1) * CALENDAR_US_PER_DAY;
}

static int64_t round_wall_clock(enum time_unit unit, int64_t us, bool up)
{
    int64_t floor = floor_wall_clock(unit, us);
    if (!up || floor == us)
        return floor;
    if (fixed_size_us(unit) > 0)
        return floor + fixed_size_us(unit);
    return calendar_add_months(calendar_days_of_us(floor), months_of(unit)) * CALENDAR_US_PER_DAY;
}

/* The unit stands in a literal: inference saw to it. */
static enum time_unit unit_of(const struct kernel_call *call, uint32_t argument)
{
    const struct string_value *name = kernel_string(call, argument, 0);
    return time_unit_find(name->data, name->size);
}

static void round_times(const struct kernel_call *call, bool up)
{
    const struct time_zone *zone = call->environment->zone;
    enum type_kind kind = call->arguments[0]->type.kind;
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        enum time_unit unit = unit_of(call, 1);
        if (kind == TYPE_DATE) {
            int64_t us = kernel_int(call, 0, row) * CALENDAR_US_PER_DAY;
            ((int32_t *)call->result->values)[row] = calendar_days_of_us(round_wall_clock(unit, us, up));
            continue;
        }
        int64_t us = kernel_bigint(call, 0, row);
        if (kind == TYPE_TIMESTAMP_LTZ)
            us = time_zone_local_to_utc_us(zone,
                                           round_wall_clock(unit, time_zone_utc_to_local_us(zone, us), up));
        else
            us = round_wall_clock(unit, us, up);
        ((int64_t *)call->result->values)[row] = us;
    }
}

enum status kernel_floor_time(const struct kernel_call *call, struct error *error)
{
    (void)error;
    round_times(call, false);
    return STATUS_OK;
}

enum status kernel_ceil_time(const struct kernel_call *call, struct error *error)
{
    (void)error;
    round_times(call, true);
    return STATUS_OK;
}

/* Whole months from one time to a later one: the 31st of January to the 28th of February is one. */
static int64_t months_until(int64_t from_us, int64_t to_us)
{
    int32_t from_days = calendar_days_of_us(from_us);
    struct calendar_fields from = calendar_fields_of_us(from_us);
    struct calendar_fields to = calendar_fields_of_us(to_us);
    int64_t months = ((int64_t)to.year - from.year) * 12 + to.month - from.month;
    int64_t of_day = from_us - (int64_t)from_days * CALENDAR_US_PER_DAY;
    int64_t reached = calendar_add_months(from_days, months) * CALENDAR_US_PER_DAY + of_day;
    return reached > to_us ? months - 1 : months;
}

static int64_t difference(enum time_unit unit, int64_t from_us, int64_t to_us)
{
    if (fixed_size_us(unit) > 0)
        return (to_us - from_us) / fixed_size_us(unit);
    int64_t months = from_us <= to_us ? months_until(from_us, to_us) : -months_until(to_us, from_us);
    return months / months_of(unit);
}

/* What is too large for an INT is NULL. */
enum status kernel_timestamp_difference(const struct kernel_call *call, struct error *error)
{
    (void)error;
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        int64_t value =
            difference(unit_of(call, 0), kernel_bigint(call, 1, row), kernel_bigint(call, 2, row));
        if (value < INT32_MIN || value > INT32_MAX)
            vector_set_null(call->result, row);
        else
            ((int32_t *)call->result->values)[row] = (int32_t)value;
    }
    return STATUS_OK;
}
