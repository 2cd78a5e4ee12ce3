#pragma once

#include "common/base/random.h"
#include "common/iceberg/partition_spec.h"
#include "common/iceberg/snapshot.h"

/* An earlier metadata file. */
struct iceberg_metadata_log_entry {
    int64_t timestamp_ms;
    const char *file;
};

/*
 * The content of a metadata file: immutable once made, so it may be read by any thread; shared by reference
 * count. Keeps the JSON document it came from, so that what it does not know of is carried over unharmed.
 * Source: Iceberg specification, "Table Metadata". Version 1 is read, 2 read and written, others refused.
 */
struct iceberg_table_metadata {
    struct refcount refs;
    int32_t format_version;
    char table_uuid[UUID_TEXT_BYTES]; /* "" in a v1 table without one */
    const char *location;
    int64_t last_sequence_number;
    int64_t last_updated_ms;
    int32_t last_column_id;
    int32_t last_partition_id;
    uint32_t num_schemas;
    struct iceberg_schema **schemas;
    int32_t current_schema_id;
    uint32_t num_specs;
    struct iceberg_partition_spec **specs;
    int32_t default_spec_id;
    int32_t default_sort_order_id;
    uint32_t num_properties;
    struct iceberg_property *properties;
    int64_t current_snapshot_id; /* ICEBERG_NO_SNAPSHOT when empty */
    uint32_t num_snapshots;
    struct iceberg_snapshot *snapshots;
    uint32_t num_metadata_log;
    struct iceberg_metadata_log_entry *metadata_log; /* oldest first */
    uint32_t *snapshots_by_id;                       /* private: indices in order of id */
    struct json_t *document;                         /* private */
    struct arena *arena;                             /* private */
};

/* For a table that does not exist yet. */
struct iceberg_create_table {
    const char *location; /* without trailing '/' */
    const struct iceberg_schema *schema;
    const struct iceberg_partition_spec *spec;
    uint32_t num_properties;
    const struct iceberg_property *properties;
};

/* Format version 2. Properties get what Frazil sets on its own tables unless they are given: old metadata
 * files are deleted after a commit, at most 100 are kept, zstd Parquet. random NULL: operating system
 * entropy. */
STATUS_MUST_CHECK enum status iceberg_table_metadata_create(const struct iceberg_create_table *request,
                                                            int64_t now_ms, struct random *random,
                                                            struct iceberg_table_metadata **ret_metadata,
                                                            struct error *error);
/* Gzip is recognised by its magic. */
STATUS_MUST_CHECK enum status iceberg_table_metadata_parse(struct bytes_view bytes,
                                                           struct iceberg_table_metadata **ret_metadata,
                                                           struct error *error);
STATUS_MUST_CHECK enum status iceberg_table_metadata_from_json(struct json_t *document,
                                                               struct iceberg_table_metadata **ret_metadata,
                                                               struct error *error);
/* The bytes of a metadata file. */
STATUS_MUST_CHECK enum status iceberg_table_metadata_write(const struct iceberg_table_metadata *metadata,
                                                           bool gzip, struct buffer *buffer,
                                                           struct error *error);
struct iceberg_table_metadata *iceberg_table_metadata_ref(struct iceberg_table_metadata *metadata);
void iceberg_table_metadata_unref(struct iceberg_table_metadata *metadata);

const struct iceberg_schema *iceberg_table_schema(const struct iceberg_table_metadata *metadata);
const struct iceberg_schema *iceberg_table_schema_by_id(const struct iceberg_table_metadata *metadata,
                                                        int32_t schema_id);
const struct iceberg_partition_spec *iceberg_table_spec(const struct iceberg_table_metadata *metadata);
const struct iceberg_partition_spec *iceberg_table_spec_by_id(const struct iceberg_table_metadata *metadata,
                                                              int32_t spec_id);
/* NULL when absent. */
const char *iceberg_table_property(const struct iceberg_table_metadata *metadata, const char *key);
int64_t iceberg_table_property_long(const struct iceberg_table_metadata *metadata, const char *key,
                                    int64_t fallback);
bool iceberg_table_property_boolean(const struct iceberg_table_metadata *metadata, const char *key,
                                    bool fallback);
/* NULL when it is not listed (any more). */
const struct iceberg_snapshot *iceberg_table_snapshot(const struct iceberg_table_metadata *metadata,
                                                      int64_t snapshot_id);
/* The head of the branch "main", NULL when the table has no snapshot. */
const struct iceberg_snapshot *iceberg_table_head(const struct iceberg_table_metadata *metadata);
/* The parent, NULL at the root or where history was expired. */
const struct iceberg_snapshot *iceberg_table_parent(const struct iceberg_table_metadata *metadata,
                                                    const struct iceberg_snapshot *snapshot);
/* True when the snapshot is the head or an ancestor of it that is still listed. */
bool iceberg_table_is_ancestor(const struct iceberg_table_metadata *metadata, int64_t snapshot_id);
/* location/data, or the property write.data.path; the caller frees it. */
char *iceberg_table_data_location(const struct iceberg_table_metadata *metadata);
/* location/metadata, or write.metadata.path; the caller frees it. */
char *iceberg_table_metadata_location(const struct iceberg_table_metadata *metadata);

/* Changes to table metadata, collected and then built into a new one; the base stays as it is. */
struct iceberg_metadata_update;
struct iceberg_metadata_update *iceberg_metadata_update_create(const struct iceberg_table_metadata *base);
void iceberg_metadata_update_free(struct iceberg_metadata_update *update);
/* Adds the snapshot and makes it the head of main, with snapshot log and last sequence number. */
void iceberg_metadata_update_add_snapshot(struct iceberg_metadata_update *update,
                                          const struct iceberg_snapshot *snapshot);
void iceberg_metadata_update_set_property(struct iceberg_metadata_update *update, const char *key,
                                          const char *value);
void iceberg_metadata_update_remove_property(struct iceberg_metadata_update *update, const char *key);
/* Notes the metadata file that is replaced, and when it was written; cuts the log to
 * write.metadata.previous-versions-max. */
void iceberg_metadata_update_log_previous(struct iceberg_metadata_update *update, const char *file,
                                          int64_t updated_ms);
STATUS_MUST_CHECK enum status iceberg_metadata_update_build(struct iceberg_metadata_update *update,
                                                            int64_t now_ms,
                                                            struct iceberg_table_metadata **ret_metadata,
                                                            struct error *error);
