#pragma once

#include "common/base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SQL types. The comment gives the physical value in a vector. */
enum type_kind {
    TYPE_NULL,          /* the literal NULL: no values, all rows null */
    TYPE_BOOLEAN,       /* uint8_t, 0 or 1 */
    TYPE_INT,           /* int32_t */
    TYPE_BIGINT,        /* int64_t */
    TYPE_FLOAT,         /* float */
    TYPE_DOUBLE,        /* double */
    TYPE_DECIMAL,       /* int128_t, unscaled; precision 1 to 38, scale 0 to precision */
    TYPE_STRING,        /* struct string_value, UTF-8; VARCHAR(n) and CHAR(n) keep their length for display */
    TYPE_BYTES,         /* struct string_value */
    TYPE_DATE,          /* int32_t days since 1970-01-01 */
    TYPE_TIMESTAMP,     /* int64_t microseconds since 1970-01-01 00:00 without zone; precision 0 to 6 */
    TYPE_TIMESTAMP_LTZ, /* int64_t microseconds since 1970-01-01 00:00 UTC; precision 0 to 6 */
};
enum { TYPE_KIND_COUNT = TYPE_TIMESTAMP_LTZ + 1 };

__extension__ typedef __int128 int128_t;

enum { STRING_MAX_LENGTH = 2147483647 };

/* A value: copied freely. */
struct data_type {
    enum type_kind kind;
    bool nullable;
    uint8_t precision; /* DECIMAL, TIMESTAMP, TIMESTAMP_LTZ */
    uint8_t scale;     /* DECIMAL */
    bool fixed_length; /* CHAR(n) */
    uint32_t length;   /* STRING and BYTES: STRING_MAX_LENGTH unless declared shorter */
};

struct data_type data_type_of(
    enum type_kind kind); /* nullable, default precision (DECIMAL(10,0), TIMESTAMP(6)) */
struct data_type data_type_decimal(uint8_t precision, uint8_t scale);
struct data_type data_type_timestamp(enum type_kind kind, uint8_t precision);
struct data_type data_type_not_null(struct data_type type);

/* Bytes of one physical value; 0 for TYPE_NULL. */
size_t data_type_width(enum type_kind kind);
/* Same kind, precision, scale; nullability and declared length do not count. */
bool data_type_equal(struct data_type a, struct data_type b);
bool data_type_is_numeric(enum type_kind kind);
bool data_type_is_string(enum type_kind kind); /* STRING or BYTES: a vector of struct string_value */

/* As Flink writes it: BIGINT NOT NULL, DECIMAL(10, 2), TIMESTAMP(3), TIMESTAMP_LTZ(3), STRING, VARCHAR(20).
 */
void data_type_format(struct data_type type, struct buffer *buffer);
