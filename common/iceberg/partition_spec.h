#pragma once

#include "common/iceberg/schema.h"

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
    int32_t parameter; /* BUCKET: count, TRUNCATE: width */
};

struct iceberg_partition_field {
    int32_t source_id; /* field id of the column */
    int32_t field_id;  /* 1000 and up */
    const char *name;
    struct iceberg_transform transform;
};

struct iceberg_partition_spec {
    int32_t spec_id;
    uint32_t num_fields;
    struct iceberg_partition_field *fields;
};

enum { ICEBERG_FIRST_PARTITION_FIELD_ID = 1000 };

/* "identity", "day", "bucket[16]", ... */
void iceberg_transform_format(struct iceberg_transform transform, struct buffer *buffer);
struct iceberg_transform iceberg_transform_parse(const char *text);

/* The type of partition values: identity keeps the source's, year, month, hour, bucket are int, day is date.
 * UNSUPPORTED for an unknown transform, INVALID_ARGUMENT where it does not fit the source. */
STATUS_MUST_CHECK enum status iceberg_transform_result(struct iceberg_transform transform,
                                                       struct iceberg_type source,
                                                       struct iceberg_type *ret_type, struct error *error);

/* Days since 1970-01-01 of microseconds since then: rounds down, also before 1970. */
int32_t iceberg_day_of_micros(int64_t micros);

/*
 * Applies a transform to a value in single-value serialization (value.h); data NULL (null) gives null. The
 * result lives in arena. Written: identity, day (of date and timestamps), void; others are UNSUPPORTED.
 */
STATUS_MUST_CHECK enum status iceberg_transform_apply(struct iceberg_transform transform,
                                                      struct iceberg_type source, struct bytes_view value,
                                                      struct arena *arena, struct bytes_view *ret_value,
                                                      struct error *error);

/* One PARTITIONED BY element: a column, and how it is transformed (IDENTITY or DAY). */
struct iceberg_partition_request {
    const char *column;
    struct iceberg_transform transform;
};

/* A new table's spec: spec id 0, field ids from 1000, names as the column, or column_day. */
STATUS_MUST_CHECK enum status iceberg_partition_spec_create(const struct iceberg_schema *schema,
                                                            const struct iceberg_partition_request *requests,
                                                            uint32_t num_requests, struct arena *arena,
                                                            struct iceberg_partition_spec **ret_spec,
                                                            struct error *error);

/* "event_type=login/event_time_day=2024-05-01", escaped as Iceberg does; values in the order of the spec, in
 * single-value serialization, data NULL for null. Appends nothing for an unpartitioned spec. */
STATUS_MUST_CHECK enum status iceberg_partition_path(const struct iceberg_partition_spec *spec,
                                                     const struct iceberg_schema *schema,
                                                     const struct bytes_view *values, struct buffer *buffer,
                                                     struct error *error);

STATUS_MUST_CHECK enum status iceberg_partition_spec_parse(const struct json_t *json, struct arena *arena,
                                                           struct iceberg_partition_spec **ret_spec,
                                                           struct error *error);
/* {"spec-id": ..., "fields": [...]}, a new reference. */
struct json_t *iceberg_partition_spec_to_json(const struct iceberg_partition_spec *spec);
