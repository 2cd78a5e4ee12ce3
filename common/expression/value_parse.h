#pragma once

#include "common/columnar/data_type.h"
#include "common/expression/time_zone.h"

/* Text to values. Each returns false when the text is not such a value and then leaves *ret_value. None trims
 * spaces or allocates. */
bool value_parse_boolean(const char *text, size_t size, uint8_t *ret_value); /* true t yes y 1, any case */
bool value_parse_int64(const char *text, size_t size, int64_t *ret_value);   /* [+-]digits */
bool value_parse_double(const char *text, size_t size, double *ret_value);
/* Rounds half up to scale; false also when it does not fit into precision digits. Takes 1.5e3 too. */
bool value_parse_decimal(const char *text, size_t size, uint8_t precision, uint8_t scale,
                         int128_t *ret_value);
bool value_parse_date(const char *text, size_t size, int32_t *ret_days); /* yyyy-MM-dd */

/* A time after a date and ' ' or 'T': HH:mm[:ss[.fraction, digits beyond 6 are cut]], then possibly an
 * offset. */
struct value_timestamp {
    int64_t us;       /* since 1970-01-01 00:00 as written, the offset not applied */
    int32_t offset_s; /* of Z, +HH:mm, +HHmm or +HH */
    bool has_offset;
    bool has_time; /* false: only a date was given */
    uint8_t fraction_digits;
    char separator; /* between date and time, 0 when there is no time */
};
bool value_parse_timestamp(const char *text, size_t size, struct value_timestamp *ret_timestamp);
/* Drops digits below the precision, towards the past. */
int64_t value_truncate_timestamp(int64_t us, uint8_t precision);
