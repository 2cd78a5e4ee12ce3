#include "common/expression/calendar.h"
#include "common/expression/cast_internal.h"
#include "common/expression/value_parse.h"

/* What does not survive the multiplication is far outside of SQL's years 1 to 9999. */
static int64_t us_of_days(int32_t days)
{
    int64_t us;
    return __builtin_mul_overflow((int64_t)days, CALENDAR_US_PER_DAY, &us) ? 0 : us;
}

static void cast_date(const struct kernel_call *call)
{
    const struct time_zone *zone = call->environment->zone;
    switch (call->result->type.kind) {
    case TYPE_TIMESTAMP: KERNEL_UNARY(call, int32_t, int64_t, us_of_days(a)); break;
    case TYPE_TIMESTAMP_LTZ:
        KERNEL_UNARY(call, int32_t, int64_t, time_zone_local_to_utc_us(zone, us_of_days(a)));
        break;
    default: KERNEL_UNARY(call, int32_t, int32_t, a); break;
    }
}

/* Null rows hold anything: what cannot be a time is kept from overflowing. */
static int64_t within_range(int64_t us)
{
    return us > INT64_MAX / 4 || us < INT64_MIN / 4 ? 0 : us;
}

static void cast_timestamp(const struct kernel_call *call)
{
    const struct time_zone *zone = call->environment->zone;
    enum type_kind from = call->arguments[0]->type.kind;
    enum type_kind to = call->result->type.kind;
    uint8_t precision = call->result->type.precision;
    const int64_t *in = call->arguments[0]->values;
    bool cuts = to != TYPE_DATE && precision < call->arguments[0]->type.precision;
    for (uint32_t row = 0; row < call->num_rows; row++) {
        int64_t us = within_range(in[row]);
        if (from == TYPE_TIMESTAMP_LTZ && to != TYPE_TIMESTAMP_LTZ)
            us = time_zone_utc_to_local_us(zone, us);
        else if (from == TYPE_TIMESTAMP && to == TYPE_TIMESTAMP_LTZ)
            us = time_zone_local_to_utc_us(zone, us);
        if (to == TYPE_DATE)
            ((int32_t *)call->result->values)[row] = calendar_days_of_us(us);
        else
            ((int64_t *)call->result->values)[row] = cuts ? value_truncate_timestamp(us, precision) : us;
    }
}

void cast_temporal(const struct kernel_call *call)
{
    if (call->arguments[0]->type.kind == TYPE_DATE)
        cast_date(call);
    else
        cast_timestamp(call);
}
