#pragma once

#include "common/base/process_context.h"
#include "common/filesystem/file_io.h"
#include "common/iceberg/committable.h"

/*
 * The blocking half of the committer: claims, reads and commits one table for one job attempt. Runs on one
 * I/O worker at a time. Each snapshot it makes carries in its summary frazil.lineage, frazil.branch,
 * frazil.job-id, frazil.epoch and either frazil.checkpoint-id (a commit) or frazil.claim=true with
 * frazil.last-checkpoint-id (a claim); the table property frazil.lineage.<lineage>.<branch> holds the same of
 * the newest one as JSON.
 */
struct table_committer;

enum { NO_CHECKPOINT = -1 };

struct table_committer_options {
    const char *catalog_type; /* "hadoop" */
    const char *warehouse;
    const char *database;
    const char *table;
    const char *table_uuid; /* expected; another one is an error */
    const char *lineage;    /* UUID text */
    const char *branch;     /* "main" */
    const char *job_id;     /* 32 hexadecimal digits */
    uint64_t epoch;         /* of the leader; compares only within a job id */
    struct file_io *io;     /* borrowed; NULL: by the scheme of warehouse */
    struct random *random;  /* borrowed; NULL: operating system entropy */
    /* Waits between attempts; NULL: the thread sleeps. False ends the retries (cancelled). */
    bool (*wait_ms)(void *context, int64_t wait_ms);
    void *wait_context;
};

/* Copies the options' strings; process, io and random must outlive it. Reads nothing yet. */
STATUS_MUST_CHECK enum status table_committer_open(const struct process_context *process,
                                                   const struct table_committer_options *options,
                                                   struct table_committer **ret_committer,
                                                   struct error *error);
void table_committer_free(struct table_committer *committer);

/* From whom a restored job may take the lineage over. */
struct lineage_predecessors {
    const char *restored_job_id; /* whose checkpoint it restores */
    /*
     * Whether a job that holds the lineage restored a checkpoint of the same job, is over, and left nothing:
     * it took no checkpoint, so that what is in the tables is of that history still, and nobody can go on
     * from it. Blocks. NULL: there is none.
     */
    enum status (*left_nothing)(void *context, const char *job_id, bool *ret_left_nothing,
                                struct error *error);
    void *context;
};

/*
 * Claims the table for this job and epoch with an empty snapshot; done before published checkpoints are
 * listed. Idempotent. FENCED: a later epoch of the same job holds the lineage. CONFLICT, marked fatal:
 * another job holds it, and it is none of the predecessors (NULL: there are none).
 */
STATUS_MUST_CHECK enum status table_committer_claim(struct table_committer *committer,
                                                    const struct lineage_predecessors *predecessors,
                                                    struct error *error);

/*
 * The newest checkpoint of this lineage that is in the history of the head; NO_CHECKPOINT when none. CORRUPT:
 * the history is ambiguous (rolled back, or replaced beneath the marker). INVALID_ARGUMENT: the table is
 * ahead of restored_checkpoint_id (NO_CHECKPOINT: started without one; INT64_MAX: do not check).
 */
STATUS_MUST_CHECK enum status table_committer_last_committed(struct table_committer *committer,
                                                             int64_t restored_checkpoint_id,
                                                             int64_t *ret_checkpoint_id, struct error *error);

struct table_commit_result {
    int64_t snapshot_id; /* -1 when nothing was to be committed */
    bool was_already_committed;
    uint64_t num_files;
    uint64_t num_records;
    uint32_t attempts;
    int64_t duration_us;
};

/*
 * Commits checkpoint_id: the files of all its committables (encoded, one a subtask) in one snapshot, none
 * when there are no files. Idempotent: a checkpoint that is in the table already is done. Must be called in
 * checkpoint order, after a claim. FENCED: somebody else holds the lineage. An error that is retriable leaves
 * it open whether the commit happened: call again. Files are never deleted on doubt.
 */
STATUS_MUST_CHECK enum status table_committer_commit(struct table_committer *committer, int64_t checkpoint_id,
                                                     const struct bytes_view *committables,
                                                     uint32_t num_committables,
                                                     struct table_commit_result *ret_result,
                                                     struct error *error);

/* Removes the data files of one committable, which will never be committed: its checkpoint was given up
 * before it was published. Idempotent. */
STATUS_MUST_CHECK enum status table_committer_remove_files(struct table_committer *committer,
                                                           struct bytes_view committable,
                                                           struct error *error);
