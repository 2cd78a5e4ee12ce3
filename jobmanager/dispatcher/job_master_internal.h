#pragma once

#include "jobmanager/dispatcher/job_master.h"

enum { MAX_PENDING_METADATA = 64, RECOVERY_RETRY_MS = 1000, FINAL_NOTIFY_MS = 1000, NO_TIME = -1 };

enum recovery_step {
    RECOVERY_CLAIM,
    RECOVERY_FIND,
    RECOVERY_RECORD,
    RECOVERY_READ,
    RECOVERY_COMMIT,
    RECOVERY_DONE,
    RECOVERY_FAILED
};

/* Events of one machine for another wait here until the first has returned. */
struct job_master {
    struct job_operations operations;
    uint64_t epoch;
    bool is_recovered; /* from an earlier leader */
    struct scheduler *scheduler;
    struct coordinator *coordinator;
    struct committer *committer;
    int32_t *table_of_sink;
    uint32_t num_sinks;
    int64_t cancel_deadline_ms;
    int64_t cancelled_at_ms; /* NO_TIME: it is not being cancelled */

    enum recovery_step step;
    struct found_checkpoints found;
    uint32_t num_requests;     /* I/O of find, record, store, reserve; the committer counts its own */
    int64_t recovery_retry_ms; /* NO_TIME: none */

    /* Durable, not committed everywhere, oldest first. */
    struct checkpoint_metadata *pending[MAX_PENDING_METADATA];
    size_t num_pending;
    size_t num_announced;                     /* of pending: known to the committer */
    uint64_t committed[MAX_PENDING_METADATA]; /* reported by the committer, not yet passed on */
    size_t num_committed;
    bool has_failure;
    struct error failure;
    bool all_claimed, all_read;
    uint64_t finish_id; /* the job ends with that checkpoint; 0: not passed on, or none */

    bool knows_kept;  /* the coordinator has heard of all checkpoints that are kept */
    bool needs_sweep; /* tasks may have left files that nobody knows; before the next attempt they go */
    bool is_sweeping;

    uint64_t final_id; /* committed as the end of the present attempt; 0 */
    int64_t final_notified_ms;
    int64_t now_ms; /* of the event being worked on */
};

/* job_settle.c */
/* Ends each event. */
void job_master_settle(struct job_master *job);
/* What holds a restart or the end back, before the scheduler may think of either. */
void job_master_update_blocks(struct job_master *job);
/* To each task that runs. */
void job_master_notify(struct job_master *job, uint64_t checkpoint_id, bool is_aborted, bool is_final);

/* job_recovery.c */
void job_master_recover(struct job_master *job);
void job_master_fail_for_good(struct job_master *job, const struct error *error);

/* job_wiring.c */
void job_master_wire(struct job_master *job, const struct job_master_options *options);
void job_master_add_pending(struct job_master *job, struct checkpoint_metadata *metadata);
