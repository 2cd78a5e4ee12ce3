#pragma once

#include "common/base/buffer.h"
#include "common/base/process_context.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Durable jobs and leader epochs in one folder (high-availability.storageDir), type `file`:
 *   epochs/epoch-<n>.json   who leads, published by link(); the highest n leads
 *   epochs/epoch-<n>.lock   locked by that leader with flock(); its content is a counter advanced each second
 *   jobs/<namespace>/<job id>/job, state-e<epoch>.json, continued-e<epoch>.json, ids-e<epoch>.json
 * What an epoch writes of a job stands in a file of its own: a fenced leader overwrites nothing of its
 * successor. All calls block. Thread safe but for the election.
 */
struct job_store;

struct job_store_options {
    const struct process_context *process; /* borrowed */
    const char *folder;                    /* path or file: URI; made when missing */
    const char *name_space;                /* "default" */
    int64_t takeover_ms;                   /* how long a counter must stand still; 0: 5 s */
};
STATUS_MUST_CHECK enum status job_store_open(const struct job_store_options *options,
                                             struct job_store **ret_store, struct error *error);
/* Gives up the lead when it is held. */
void job_store_free(struct job_store *store);

/*
 * Election, called by one thread. try_lead takes the next epoch when the lock of the newest one is free, or
 * its counter stood still for takeover_ms of this clock over several calls; *ret_is_leader is false while
 * another one leads: call again in a while. keep_lead, once a second, advances the counter: FENCED when a
 * newer epoch exists.
 */
STATUS_MUST_CHECK enum status job_store_try_lead(struct job_store *store, const char *rpc_address,
                                                 bool *ret_is_leader, struct error *error);
STATUS_MUST_CHECK enum status job_store_keep_lead(struct job_store *store, struct error *error);
/* FENCED when a newer epoch exists. Any thread. */
STATUS_MUST_CHECK enum status job_store_check_lead(const struct job_store *store, struct error *error);
uint64_t job_store_epoch(const struct job_store *store); /* 0: not leading */
const char *job_store_name_space(const struct job_store *store);

enum { STORED_JOB_ID_BYTES = 33, STORED_STATE_BYTES = 16, STORED_LINEAGE_BYTES = 37 };

struct stored_job {
    char job_id[STORED_JOB_ID_BYTES];
    char lineage[STORED_LINEAGE_BYTES];
    char *name;
    /* The job whose checkpoint it was restored from; "" when none. */
    char restored_job_id[STORED_JOB_ID_BYTES];
    int64_t submitted_ms;
    struct buffer graph; /* plan_job_graph_encode */
    /* The newest state that was recorded: "" when none; failure "" unless it FAILED, or
     * was CANCELED and left a checkpoint that is not in all tables. */
    char state[STORED_STATE_BYTES];
    int64_t state_ms;
    char *failure;
};
void stored_job_free(struct stored_job *job); /* the content */

/* Durable when it returns. ALREADY_EXISTS: a job of that id is there. FENCED, as with put_state: another
 * leads; whether it has seen what was written is open. */
STATUS_MUST_CHECK enum status job_store_put_job(struct job_store *store, const struct stored_job *job,
                                                struct error *error);
STATUS_MUST_CHECK enum status job_store_put_state(struct job_store *store, const char *job_id,
                                                  const char *state, int64_t state_ms, const char *failure,
                                                  struct error *error);
/* NOT_FOUND: there is no such job. */
STATUS_MUST_CHECK enum status job_store_get_job(struct job_store *store, const char *job_id,
                                                struct stored_job *ret_job, struct error *error);
/* All jobs, oldest first. One that cannot be read is an error that names its file. The caller frees each and
 * the array. */
STATUS_MUST_CHECK enum status job_store_list_jobs(struct job_store *store, struct stored_job **ret_jobs,
                                                  size_t *ret_count, struct error *error);
STATUS_MUST_CHECK enum status job_store_remove_job(struct job_store *store, const char *job_id,
                                                   struct error *error);

/* Which checkpoint this epoch continues from (0: none), written once. Idempotent for the same id. */
STATUS_MUST_CHECK enum status job_store_put_continued(struct job_store *store, const char *job_id,
                                                      uint64_t checkpoint_id, struct error *error);
struct stored_continued {
    uint64_t epoch;
    uint64_t checkpoint_id;
};
/* Those of all epochs; the caller frees the array. */
STATUS_MUST_CHECK enum status job_store_list_continued(struct job_store *store, const char *job_id,
                                                       struct stored_continued **ret_records,
                                                       size_t *ret_count, struct error *error);
/* Checkpoint ids below `until` may be used by this epoch. */
STATUS_MUST_CHECK enum status job_store_put_ids(struct job_store *store, const char *job_id, uint64_t until,
                                                struct error *error);
/* The highest `until` of all epochs; 1 when none. */
STATUS_MUST_CHECK enum status job_store_max_ids(struct job_store *store, const char *job_id,
                                                uint64_t *ret_until, struct error *error);
