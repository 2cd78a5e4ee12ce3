#pragma once

#include "common/base/clock.h"
#include "common/filesystem/file_io.h"
#include "common/iceberg/manifest.h"
#include "common/iceberg/table_metadata.h"

/*
 * One append to a table: data files become manifests, a manifest list and a snapshot. It may be applied to
 * one head after another: the manifests of the new files are written once, what depends on the head at each
 * attempt. It never publishes anything: that is the catalog's commit. Without files it makes an empty
 * snapshot. Not thread safe.
 */
struct iceberg_append;

/* io and random (NULL: operating system entropy) must outlive it. */
struct iceberg_append *iceberg_append_create(struct file_io *io, struct clock clock, struct random *random);
void iceberg_append_free(struct iceberg_append *append);
/* The snapshot id that every attempt has. */
int64_t iceberg_append_snapshot_id(const struct iceberg_append *append);

/* Copies file. schema_id is the one the file was written with. */
void iceberg_append_add_file(struct iceberg_append *append, int32_t schema_id, int32_t spec_id,
                             const struct iceberg_data_file *file);
void iceberg_append_set_summary(struct iceberg_append *append, const char *key, const char *value);
/* Table properties to change with the snapshot; value NULL removes. The last call for a key counts. */
void iceberg_append_set_property(struct iceberg_append *append, const char *key, const char *value);

/* Writes the manifests of the new files, synced, unless that is done. */
STATUS_MUST_CHECK enum status iceberg_append_write_manifests(struct iceberg_append *append,
                                                             const struct iceberg_table_metadata *base,
                                                             struct error *error);
/* Merges manifests (commit.manifest.*), writes the manifest list, synced, and makes the metadata that follows
 * base. UNSUPPORTED for a format version other than 2. */
STATUS_MUST_CHECK enum status iceberg_append_apply(struct iceberg_append *append,
                                                   const struct iceberg_table_metadata *base,
                                                   struct iceberg_table_metadata **ret_updated,
                                                   struct error *error);
/* Deletes what the last iceberg_append_apply wrote. Only when its metadata is certainly not published. */
void iceberg_append_discard_attempt(struct iceberg_append *append);
