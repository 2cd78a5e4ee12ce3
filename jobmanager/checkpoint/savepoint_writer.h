#pragma once

#include "common/checkpoint_format/checkpoint_metadata.h"
#include "common/filesystem/file_io.h"

/*
 * Savepoints: a folder that holds a checkpoint with all files that it refers to, by names relative to the
 * folder, so that it can be moved or copied as a whole. Its metadata file is published last. All calls block.
 */
struct savepoint_write {
    struct file_io *from; /* where the checkpoint's files are */
    const char *job_folder;
    struct file_io *to;
    const struct checkpoint_metadata *metadata; /* savepoint_folder says where; committed */
    /* Asked for each megabyte: an error ends the work, e.g. when the process stops. */
    enum status (*may_go_on)(void *context, struct error *error);
    /* Asked once before the metadata is published: FENCED when another leads. */
    enum status (*check_lead)(void *context, struct error *error);
    void *context;
};

/* CORRUPT, naming it: a file is not what the checkpoint says. After an error nothing is left, as far as
 * possible. */
STATUS_MUST_CHECK enum status savepoint_write(const struct savepoint_write *write, struct error *error);
/* What a leader that died was writing there: removed unless it is whole. */
STATUS_MUST_CHECK enum status savepoint_remove_partial(struct file_io *io, const char *folder,
                                                       struct error *error);
/* path: the folder, or the metadata file in it. INVALID_ARGUMENT: it is no savepoint. */
STATUS_MUST_CHECK enum status savepoint_dispose(struct file_io *io, const char *path, struct error *error);
