#pragma once

#include "common/iceberg/schema.h"

/* Partition transforms, as in the specification of the table format: "Partition Transforms" and appendix B.
 */

enum iceberg_transform_kind {
    ICEBERG_TRANSFORM_IDENTITY,
    ICEBERG_TRANSFORM_YEAR,
    ICEBERG_TRANSFORM_MONTH,
    ICEBERG_TRANSFORM_DAY,
    ICEBERG_TRANSFORM_HOUR,
    ICEBERG_TRANSFORM_BUCKET,
    ICEBERG_TRANSFORM_TRUNCATE,
    ICEBERG_TRANSFORM_VOID,
    ICEBERG_TRANSFORM_UNKNOWN,
};

struct iceberg_transform {
    enum iceberg_transform_kind kind;
    int32_t parameter; /* BUCKET: count, TRUNCATE: width; at least 1 */
};

/* "identity", "day", "bucket[16]", ... */
void iceberg_transform_format(struct iceberg_transform transform, struct buffer *buffer);
struct iceberg_transform iceberg_transform_parse(const char *text);

/* The type of partition values: identity and truncate keep the source's, year, month, hour, bucket are int,
 * day is date. UNSUPPORTED for an unknown transform, INVALID_ARGUMENT where it does not fit the source. */
STATUS_MUST_CHECK enum status iceberg_transform_result(struct iceberg_transform transform,
                                                       struct iceberg_type source,
                                                       struct iceberg_type *ret_type, struct error *error);
/* The same in SQL types, for a transform that fits. */
struct data_type iceberg_transform_sql_result(struct iceberg_transform transform, struct data_type source);

enum { ICEBERG_TRANSFORM_VALUE_BYTES = 16 };

/*
 * The partition value of a physical value that is not NULL (data_type.h), physical too: of a number its
 * bytes, in room; of STRING and BYTES their bytes, which are those of the value or the first of them. For
 * transforms that fit the type, but VOID.
 */
struct bytes_view iceberg_transform_apply(struct iceberg_transform transform, struct data_type type,
                                          const void *physical, void *room);

/* A partition value (value.h) for people and paths: year 2024, month 2024-05, hour 2024-05-01-13; others as
 * iceberg_value_format. type is that of the result. */
void iceberg_transform_value_format(struct iceberg_transform transform, struct iceberg_type type,
                                    struct bytes_view value, struct buffer *buffer);
