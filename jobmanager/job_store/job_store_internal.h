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
