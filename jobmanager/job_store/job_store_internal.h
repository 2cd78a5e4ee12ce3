#pragma once

#include "common/filesystem/file_io.h"
#include "common/leader_record/leader_record.h"
#include "jobmanager/job_store/job_store.h"

struct job_store {
    const struct process_context *process;
    struct file_io *io;
    char *folder; /* as given: for messages and file_io */
    char *path;   /* without scheme: for flock */
    char *name_space;
    int64_t takeover_ms;
    char leader_id[LEADER_ID_BYTES];
    uint64_t epoch; /* 0: not leading */
    int lock_fd;    /* of the own epoch; -1 */
    uint64_t counter;
    /* What was seen of the present leader. */
    uint64_t seen_epoch;
    uint64_t seen_counter;
    int64_t seen_since_ms;
};

void job_store_drop_lead(struct job_store *store);

/* The folder of a job, or the file of that name in it (NULL: none). */
void job_store_path(const struct job_store *store, const char *job_id, const char *name, struct buffer *path);
/* Of the newest epoch that has one; what *job says stays when none has. */
STATUS_MUST_CHECK enum status job_store_read_state(struct job_store *store, struct stored_job *job,
                                                   struct error *error);
