#pragma once

#include <stddef.h>
#include <stdint.h>

/* The units of EXTRACT. */
enum time_unit {
    TIME_UNIT_YEAR,
    TIME_UNIT_QUARTER,
    TIME_UNIT_MONTH,
    TIME_UNIT_WEEK,   /* ISO */
    TIME_UNIT_DAY,    /* of the month */
    TIME_UNIT_DOY,    /* day of the year */
    TIME_UNIT_DOW,    /* 1 is Sunday */
    TIME_UNIT_ISODOW, /* 1 is Monday */
    TIME_UNIT_HOUR,
    TIME_UNIT_MINUTE,
    TIME_UNIT_SECOND,
    TIME_UNIT_MILLISECOND,
    TIME_UNIT_MICROSECOND,
    TIME_UNIT_EPOCH, /* seconds since 1970 */
    TIME_UNIT_COUNT,
};

/* TIME_UNIT_COUNT when there is none of that name; any case. */
enum time_unit time_unit_find(const char *name, size_t size);
int64_t time_unit_extract(enum time_unit unit, int64_t us);
