#pragma once

#include "jobmanager/checkpoint/checkpoint_coordinator.h"

enum { MAX_RETAINED = 256, RESERVED_IDS = 16 };

/* Invariant: id is "" exactly when there is none. */
struct requested_checkpoint {
    char id[COORDINATOR_REQUEST_ID_BYTES];
    enum checkpoint_kind kind;
    bool is_drain;
    char *folder; /* owned; NULL: none */
};

struct retained_checkpoint {
    struct checkpoint_reference reference;
    char *claimed_folder; /* owned; NULL: it is this job's from the start */
    bool is_committed;
    /* Not NULL while a savepoint of it is to be written: it is not discarded before. */
    struct checkpoint_metadata *savepoint;
    struct requested_checkpoint request; /* of the savepoint */
    bool is_copying;
    struct state_file **files; /* owned array; entries of coordinator->files */
    size_t num_files;
};

enum pending_progress {
    PENDING_NONE,
    PENDING_WAITS, /* for acknowledgements */
    PENDING_STORES /* all have acknowledged; it is being published */
};

/* Invariant: metadata is there exactly when progress is not NONE; num_acknowledged counts the true entries.
 */
struct pending_checkpoint {
    enum pending_progress progress;
    struct checkpoint_metadata *metadata;
    struct requested_checkpoint request; /* behind it */
    bool is_final;
    bool *acknowledged; /* of each task */
    uint32_t num_acknowledged;
    uint32_t num_end_of_input;
};

struct checkpoint_history {
    struct checkpoint_record records[COORDINATOR_HISTORY];
    size_t num_records; /* ever; the newest is at (num_records - 1) modulo COORDINATOR_HISTORY */
    struct coordinator_counts counts;
    struct restored_checkpoint restored;
};

struct coordinator {
    struct coordinator_options options;
    struct coordinator_callbacks callbacks;
    struct arena *arena;
    uint64_t next_id;
    uint64_t reserved_until;
    bool is_reserving;
    int64_t reserve_retry_ms; /* -1: none */

    uint32_t attempt;
    bool is_running; /* all tasks of the attempt run */
    bool is_ended;   /* ... and have no more input */
    bool is_final_durable;
    bool is_stopped;
    int64_t next_trigger_ms;

    struct requested_checkpoint queue[COORDINATOR_MAX_REQUESTS]; /* oldest first */
    size_t num_queued;
    uint64_t stop_id;
    struct pending_checkpoint pending;
    uint32_t failures_in_row;

    struct checkpoint_metadata *latest;
    struct retained_checkpoint retained[MAX_RETAINED]; /* oldest first */
    size_t num_retained;
    struct state_files files; /* that the retained ones refer to */
    struct checkpoint_history history;
};

/* Triggers the next checkpoint if it is time. */
void coordinator_advance(struct coordinator *coordinator, int64_t now_ms);
void coordinator_fail_job(struct coordinator *coordinator, const struct error *failure);

/* pending_checkpoint.c */
void pending_checkpoint_begin(struct coordinator *coordinator, uint64_t checkpoint_id, int64_t now_ms);
/* Gives it up. True: the job was to end with it, and its sources stand still. */
bool pending_checkpoint_abort(struct coordinator *coordinator, const struct error *reason, int64_t now_ms);
/* It fails if its time is over. */
void pending_checkpoint_expire(struct coordinator *coordinator, int64_t now_ms);

/* completed_checkpoints.c */
uint32_t coordinator_num_uncommitted(const struct coordinator *coordinator);
void coordinator_retain(struct coordinator *coordinator, const struct checkpoint_metadata *metadata,
                        bool is_committed);
/* Discards what is committed and older than what is to be kept. */
void coordinator_subsume(struct coordinator *coordinator);
/* The tasks' files of a checkpoint that was given up. */
void coordinator_scrap(struct coordinator *coordinator, struct checkpoint_metadata *metadata);

/* checkpoint_history.c */
void coordinator_add_record(struct coordinator *coordinator, int64_t now_ms);
/* NULL when it is forgotten. */
struct checkpoint_record *coordinator_record(struct coordinator *coordinator, uint64_t checkpoint_id);
void coordinator_note_task(struct coordinator *coordinator,
                           const struct coordinator_acknowledgement *acknowledgement, int64_t now_ms);
void coordinator_note_failure(struct coordinator *coordinator, uint64_t checkpoint_id,
                              const struct error *reason, int64_t now_ms);
void coordinator_note_completed(struct coordinator *coordinator, const struct checkpoint_metadata *metadata,
                                uint64_t size_bytes, int64_t now_ms);
void coordinator_note_committed(struct coordinator *coordinator, uint64_t checkpoint_id, int64_t now_ms);
void coordinator_free_records(struct coordinator *coordinator);

/* requested_checkpoints.c */
void requested_checkpoint_clear(struct requested_checkpoint *request);
/* The next request becomes the current one; true when there was one. */
bool coordinator_take_request(struct coordinator *coordinator);
/* The checkpoint in progress will not be there: so its request. True: the job was to end with it. */
bool coordinator_refuse_current(struct coordinator *coordinator, uint64_t checkpoint_id,
                                const struct error *reason);
void coordinator_refuse_queued(struct coordinator *coordinator, const struct error *reason);
/* The checkpoint in progress is durable: its request is answered, or waits for its savepoint. */
void coordinator_settle_current(struct coordinator *coordinator, struct retained_checkpoint *retained,
                                struct checkpoint_metadata *metadata);
/* Its commit is done: its savepoint is written. */
void coordinator_begin_copy(struct coordinator *coordinator, struct retained_checkpoint *retained);
