#pragma once

#include "common/iceberg/transaction.h"

/* A list of manifests in an arena. */
struct manifest_list {
    struct iceberg_manifest_file *items;
    uint32_t count;
    uint32_t capacity;
};

/* A file to append, and what it was written with. */
struct append_file {
    int32_t schema_id;
    int32_t spec_id;
    struct iceberg_data_file file;
};

struct append_property {
    char *key;
    char *value; /* NULL: remove */
};

struct append_properties {
    struct append_property *items;
    uint32_t count;
};

struct iceberg_append {
    struct file_io *io;
    struct clock clock;
    struct random *random;
    struct arena *arena; /* files, manifests of the files */
    int64_t snapshot_id;
    char uuid[UUID_TEXT_BYTES];
    struct append_file *files;
    uint32_t num_files;
    uint32_t file_capacity;
    struct append_properties summary;
    struct append_properties properties;
    bool manifests_are_written;
    struct manifest_list manifests; /* of the files */
    uint32_t num_written;           /* manifests named so far */
    uint32_t attempts;
    char **attempt_files; /* what the last attempt wrote, besides */
    uint32_t num_attempt_files;
};

void manifest_list_add(struct manifest_list *list, struct arena *arena,
                       const struct iceberg_manifest_file *manifest);
/* Writes a finished manifest under the next name, and puts that name into it. */
STATUS_MUST_CHECK enum status append_write_manifest(struct iceberg_append *append,
                                                    const struct iceberg_table_metadata *base,
                                                    struct iceberg_manifest_writer *writer,
                                                    struct arena *arena,
                                                    struct iceberg_manifest_file *ret_manifest,
                                                    struct error *error);
/* Remembers a file of this attempt; takes path over. */
void append_note_file(struct iceberg_append *append, char *path);

/* Merges small data manifests of `list` as commit.manifest.* say; the new ones stand first in it. */
STATUS_MUST_CHECK enum status append_merge_manifests(struct iceberg_append *append,
                                                     const struct iceberg_table_metadata *base,
                                                     uint32_t num_new, struct manifest_list *list,
                                                     struct arena *arena, struct error *error);
/* Fills the summary of the new snapshot: own entries, what was added, totals. */
void append_summarize(const struct iceberg_append *append, const struct iceberg_snapshot *parent,
                      struct arena *arena, struct iceberg_snapshot *snapshot);
