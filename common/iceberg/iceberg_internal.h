#pragma once

#include "common/iceberg/partition_spec.h"
#include "common/iceberg/snapshot.h"

/* False for what is no primitive type. */
bool iceberg_type_parse(const char *text, struct iceberg_type *ret_type);
bool iceberg_type_equal(struct iceberg_type a, struct iceberg_type b);
/* True when a reader may take values of one type as the other (specification, "Schema Evolution"). */
bool iceberg_type_promotes(struct iceberg_type from, struct iceberg_type to);

/* The type of values of one partition field of a table; a dropped source column counts as a string. */
STATUS_MUST_CHECK enum status iceberg_partition_field_type(const struct iceberg_schema *schema,
                                                           const struct iceberg_partition_field *field,
                                                           struct iceberg_type *ret_type,
                                                           struct error *error);

/* The proleptic Gregorian calendar: days since 1970-01-01 as a date. */
struct iceberg_civil_date {
    int64_t year;
    int32_t month; /* from 1 */
    int32_t day;   /* from 1 */
};
struct iceberg_civil_date iceberg_civil_date_of(int64_t days);

/* The shortest big-endian two's complement: how many bytes it is. */
enum { ICEBERG_DECIMAL_BYTES = 16 };
size_t iceberg_decimal_bytes(int128_t unscaled, uint8_t bytes[ICEBERG_DECIMAL_BYTES]);
