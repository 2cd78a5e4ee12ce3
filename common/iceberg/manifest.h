#pragma once

#include "common/filesystem/file_io.h"
#include "common/iceberg/data_file.h"
#include "common/iceberg/partition_spec.h"

enum iceberg_entry_status { ICEBERG_ENTRY_EXISTING = 0, ICEBERG_ENTRY_ADDED = 1, ICEBERG_ENTRY_DELETED = 2 };

enum { ICEBERG_INHERIT = -1 }; /* written as null: taken from the manifest list when read */

struct iceberg_manifest_entry {
    enum iceberg_entry_status status;
    int64_t snapshot_id;
    int64_t sequence_number;      /* or ICEBERG_INHERIT */
    int64_t file_sequence_number; /* or ICEBERG_INHERIT */
    struct iceberg_data_file file;
};

struct iceberg_partition_summary {
    bool contains_null;
    int8_t contains_nan; /* -1: not known */
    struct bytes_view lower_bound;
    struct bytes_view upper_bound;
};

/* One line of a manifest list. Counts are -1 where an old writer left them out. */
struct iceberg_manifest_file {
    const char *path;
    int64_t length_bytes;
    int32_t spec_id;
    int32_t content;         /* 0 data, 1 deletes */
    int64_t sequence_number; /* ICEBERG_INHERIT until the snapshot has one */
    int64_t min_sequence_number;
    int64_t added_snapshot_id;
    int32_t added_files_count, existing_files_count, deleted_files_count;
    int64_t added_rows_count, existing_rows_count, deleted_rows_count;
    uint32_t num_partitions;
    const struct iceberg_partition_summary *partitions;
    struct bytes_view key_metadata;
};

/* Collects entries of one spec into the bytes of one data manifest, format version 2. */
struct iceberg_manifest_writer;

STATUS_MUST_CHECK enum status iceberg_manifest_writer_create(const struct iceberg_schema *schema,
                                                             const struct iceberg_partition_spec *spec,
                                                             int64_t snapshot_id,
                                                             struct iceberg_manifest_writer **ret_writer,
                                                             struct error *error);
void iceberg_manifest_writer_free(struct iceberg_manifest_writer *writer);
STATUS_MUST_CHECK enum status iceberg_manifest_writer_add(struct iceberg_manifest_writer *writer,
                                                          const struct iceberg_manifest_entry *entry,
                                                          struct error *error);
/* Appends the file's bytes to buffer and fills the manifest list's line but for the path; it points into
 * arena. */
STATUS_MUST_CHECK enum status iceberg_manifest_writer_finish(struct iceberg_manifest_writer *writer,
                                                             struct buffer *buffer, struct arena *arena,
                                                             struct iceberg_manifest_file *ret_manifest,
                                                             struct error *error);

/* Entries of a manifest, with what they inherit from its line filled in; in arena. Partition values are in
 * the order of spec. */
STATUS_MUST_CHECK enum status iceberg_manifest_read(
    struct bytes_view bytes, const struct iceberg_manifest_file *manifest,
    const struct iceberg_schema *schema, const struct iceberg_partition_spec *spec, struct arena *arena,
    struct iceberg_manifest_entry **ret_entries, uint32_t *ret_count, struct error *error);

/* sequence_number takes the place of ICEBERG_INHERIT. */
STATUS_MUST_CHECK enum status iceberg_manifest_list_write(const struct iceberg_manifest_file *manifests,
                                                          uint32_t count, int64_t snapshot_id,
                                                          int64_t parent_id, int64_t sequence_number,
                                                          struct buffer *buffer, struct error *error);
STATUS_MUST_CHECK enum status iceberg_manifest_list_read(struct bytes_view bytes, struct arena *arena,
                                                         struct iceberg_manifest_file **ret_manifests,
                                                         uint32_t *ret_count, struct error *error);
