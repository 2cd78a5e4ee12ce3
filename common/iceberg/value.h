#pragma once

#include "common/iceberg/schema.h"

/*
 * Iceberg's single-value serialization (specification, appendix D): boolean one byte, int, date 4 bytes and
 * long, time, timestamps (microseconds) 8 bytes little endian, float and double IEEE little endian, decimal
 * the shortest big-endian two's complement of the unscaled value, string UTF-8, binary and fixed as they are.
 * A null value is a view whose data is NULL; an empty string has data that is not NULL.
 */
struct bytes_view iceberg_value_from_int(int32_t value, struct arena *arena);
struct bytes_view iceberg_value_from_long(int64_t value, struct arena *arena);
struct bytes_view iceberg_value_from_boolean(bool value, struct arena *arena);
struct bytes_view iceberg_value_from_float(float value, struct arena *arena);
struct bytes_view iceberg_value_from_double(double value, struct arena *arena);
struct bytes_view iceberg_value_from_decimal(int128_t unscaled, struct arena *arena);
struct bytes_view iceberg_value_from_bytes(const void *data, size_t size, struct arena *arena);
/* From a physical value of a vector (data_type.h); NULL gives null. */
struct bytes_view iceberg_value_from_sql(struct data_type type, const void *physical, struct arena *arena);

/* The integer in a boolean, int, date, long, time or timestamp; 4 bytes are taken for a long too. False when
 * the size does not fit the type. */
bool iceberg_value_to_long(struct iceberg_type type, struct bytes_view value, int64_t *ret_value);

/* <0, 0, >0, both not null; values of a wrong size compare as bytes. */
int iceberg_value_compare(struct iceberg_type type, struct bytes_view a, struct bytes_view b);
/* True for a float or double that is NaN. */
bool iceberg_value_is_nan(struct iceberg_type type, struct bytes_view value);

/* For people and for partition paths: 2024-05-01, 2024-05-01T10:00:00.123+00:00, 12.50, true. */
void iceberg_value_format(struct iceberg_type type, struct bytes_view value, struct buffer *buffer);
