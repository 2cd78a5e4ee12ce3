#pragma once

#include "common/filesystem/file_io.h"

#include <stdatomic.h>

/* Whole files from one place to another, with bounded memory. */
struct file_transfer {
    struct file_io *from, *to;
    bool is_durable;           /* synced at the target; its folder is the caller's to sync */
    bool may_link;             /* where it can, the target is the same file */
    const atomic_bool *cancel; /* NULL: none */
};

/* What a file was on the way. */
struct file_digest {
    uint64_t size_bytes;
    uint64_t checksum; /* XXH3-64 */
};

/* The target is not there after a failure. CANCELLED once cancel is set. */
STATUS_MUST_CHECK enum status file_transfer_copy(const struct file_transfer *transfer, const char *source,
                                                 const char *target, struct file_digest *ret_digest,
                                                 struct error *error);
/* Only reads. */
STATUS_MUST_CHECK enum status file_transfer_digest(const struct file_transfer *transfer, const char *source,
                                                   struct file_digest *ret_digest, struct error *error);

/* A file that is written by parts, its digest taken on the way. */
struct digested_output;
STATUS_MUST_CHECK enum status digested_output_open(struct file_io *io, const char *path,
                                                   struct digested_output **ret_output, struct error *error);
STATUS_MUST_CHECK enum status digested_output_write(struct digested_output *output, const void *data,
                                                    size_t size, struct error *error);
/* Synced if is_durable. Frees output, whatever the result; the file is not there after a failure. */
STATUS_MUST_CHECK enum status digested_output_close(struct digested_output *output, bool is_durable,
                                                    struct file_digest *ret_digest, struct error *error);
void digested_output_abort(struct digested_output *output); /* may be NULL */

/* For what is of no use any more: what cannot be removed is left. */
void file_remove_if_possible(struct file_io *io, const char *path);
void folder_remove_if_possible(struct file_io *io, const char *path);
