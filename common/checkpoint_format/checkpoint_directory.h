#pragma once

#include "common/checkpoint_format/checkpoint_metadata.h"
#include "common/filesystem/file_io.h"

/*
 * The published checkpoints of a job: <directory>/<namespace>/<job id>/chk-<N>-e<epoch>/_metadata, each
 * published by link(). All calls block.
 */
#define CHECKPOINT_METADATA_NAME "_metadata"

/* The folder of a job's checkpoints; the caller frees it. */
char *checkpoint_job_folder(const char *directory, const char *name_space, const char *job_id);
/* Whether a path below that folder is the folder of a checkpoint, or stands in one: "chk-7-e2/x". */
bool checkpoint_reference_parse(const char *path, struct checkpoint_reference *ret_reference);
/* The folder of one checkpoint, what a user restores from; the caller frees it. */
char *checkpoint_folder(const char *job_folder, struct checkpoint_reference reference);

/* Writes, syncs and publishes. ALREADY_EXISTS: (epoch, N) was published before. After any other error but
 * NOT_FOUND it may or may not be there: checkpoint_is_published. ret_size_bytes is the file's. */
STATUS_MUST_CHECK enum status checkpoint_publish(struct file_io *io, const char *job_folder,
                                                 const struct checkpoint_metadata *metadata,
                                                 uint64_t *ret_size_bytes, struct error *error);
STATUS_MUST_CHECK enum status checkpoint_is_published(struct file_io *io, const char *job_folder,
                                                      struct checkpoint_reference reference,
                                                      bool *ret_is_published, struct error *error);
/* All published ones, by id, then epoch; ret_references is the caller's to free. A folder that is not there
 * holds none. */
STATUS_MUST_CHECK enum status checkpoint_list(struct file_io *io, const char *job_folder,
                                              struct checkpoint_reference **ret_references, size_t *ret_count,
                                              struct error *error);
STATUS_MUST_CHECK enum status checkpoint_read(struct file_io *io, const char *job_folder,
                                              struct checkpoint_reference reference,
                                              struct checkpoint_metadata **ret_metadata, struct error *error);
/* path: the folder of a checkpoint, or its _metadata file. */
STATUS_MUST_CHECK enum status checkpoint_read_path(struct file_io *io, const char *path,
                                                   struct checkpoint_metadata **ret_metadata,
                                                   struct error *error);
/* That folder; the caller frees it. */
char *checkpoint_folder_of(const char *path);
STATUS_MUST_CHECK enum status checkpoint_delete(struct file_io *io, const char *job_folder,
                                                struct checkpoint_reference reference, struct error *error);
