#pragma once

#include "common/base/arena.h"
#include "common/base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

struct json_t;

enum { ICEBERG_NO_SNAPSHOT = -1 };

struct iceberg_property {
    const char *key;
    const char *value;
};

/* One version of a table's content. Lives in the table metadata. */
struct iceberg_snapshot {
    int64_t snapshot_id;
    int64_t parent_id; /* ICEBERG_NO_SNAPSHOT when none */
    int64_t sequence_number;
    int64_t timestamp_ms;
    const char *manifest_list; /* NULL in old v1 tables that list manifests inline */
    int32_t schema_id;         /* -1 when absent */
    uint32_t num_summary;
    struct iceberg_property *summary; /* with "operation" */
};

/* NULL when absent. */
const char *iceberg_snapshot_summary(const struct iceberg_snapshot *snapshot, const char *key);

STATUS_MUST_CHECK enum status iceberg_snapshot_parse(const struct json_t *json, int32_t format_version,
                                                     struct arena *arena,
                                                     struct iceberg_snapshot *ret_snapshot,
                                                     struct error *error);
struct json_t *iceberg_snapshot_to_json(const struct iceberg_snapshot *snapshot); /* a new reference */
