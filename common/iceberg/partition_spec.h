#pragma once

#include "common/iceberg/transform.h"

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

/* One PARTITIONED BY element: a column, and how it is transformed. */
struct iceberg_partition_request {
    const char *column;
    struct iceberg_transform transform;
};

/* A new table's spec: spec id 0, field ids from 1000, names as the column, or as Iceberg names them:
 * column_day, column_bucket, column_trunc. */
STATUS_MUST_CHECK enum status iceberg_partition_spec_create(const struct iceberg_schema *schema,
                                                            const struct iceberg_partition_request *requests,
                                                            uint32_t num_requests, struct arena *arena,
                                                            struct iceberg_partition_spec **ret_spec,
                                                            struct error *error);

/* What iceberg_partition_spec_create calls such a field. */
const char *iceberg_partition_field_name(struct arena *arena, const char *column,
                                         enum iceberg_transform_kind transform);

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
