#pragma once

#include "common/checkpoint_format/checkpoint_directory.h"
#include "jobmanager/checkpoint/state_files.h"

/*
 * Removes from the folder of a job's checkpoints what no kept one refers to: files that tasks wrote before
 * they were killed, checkpoints that were never published, or are void. Run while no task of this leader
 * writes.
 */
struct checkpoint_sweep {
    struct file_io *io;
    const char *job_folder;
    uint64_t epoch; /* of this leader: what a later one made is not touched */
    const struct checkpoint_reference *references;
    size_t num_references;
    const struct path_list *files; /* as the handles have them */
    /* Asked once everything is listed: what a later leader's tasks write from then on is not in the list.
     * FENCED ends the sweep before anything is removed. */
    enum status (*check_lead)(void *context, struct error *error);
    void *context;
};

/* Blocks. *ret_num_removed counts files and folders. */
STATUS_MUST_CHECK enum status checkpoint_sweep(const struct checkpoint_sweep *sweep, size_t *ret_num_removed,
                                               struct error *error);
