#pragma once

#include "common/columnar/data_type.h"
#include "common/columnar/vector.h"
#include "common/expression/time_zone.h"

/* How a value is written. Numbers, strings and decimals are the same in all. */
enum value_style {
    VALUE_SQL,  /* as CAST(x AS STRING): 2024-01-01 00:00:00.000, TRUE; LTZ in the given zone */
    VALUE_JAVA, /* as Flink's print sink writes a row's objects: 2024-01-01T00:00, true; LTZ as an instant
                   with Z */
    VALUE_JSON, /* as in result pages and the JSON format (ISO-8601): 2024-01-01T00:00:00.5, true; LTZ with Z
                 */
};

/* Text of a value that is not NULL; value points to one physical value. zone may be NULL: UTC. Not escaped or
 * quoted. BYTES are the bytes themselves (SQL), [1, -2] (JAVA), base64 (JSON). */
void value_format(enum value_style style, struct data_type type, const void *value,
                  const struct time_zone *zone, struct buffer *buffer);
/* The row of a vector of any encoding, NULL_text for NULL. */
void value_format_row(enum value_style style, const struct vector *vector, uint32_t row,
                      const struct time_zone *zone, const char *null_text, struct buffer *buffer);

enum { VALUE_TEXT_BYTES = 64 };
/* Each writes at most VALUE_TEXT_BYTES, no NUL, and returns the length. */
size_t value_format_int64(int64_t value, char *text);
size_t value_format_double(double value, char *text); /* Java's Double.toString: 1.0, 1.0E10, NaN, Infinity */
size_t value_format_float(float value, char *text);
size_t value_format_decimal(int128_t unscaled, uint8_t scale, char *text);
size_t value_format_date(int32_t days, char *text);
/* separator ' ' or 'T'; exactly digits (0 to 6) digits of the second's fraction. */
size_t value_format_timestamp(int64_t us, char separator, uint8_t digits, char *text);
