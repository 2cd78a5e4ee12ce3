#pragma once

#include "common/checkpoint_format/checkpoint_metadata.h"
#include "jobmanager/checkpoint/state_files.h"

/*
 * The checkpoint coordinator of one job as a state machine. Events carry the time; commands go out by
 * callbacks, which must not call back before the function returned. At most one checkpoint is in progress.
 * Times are milliseconds of one clock; what is shown to users is converted by the caller.
 */
struct coordinator_options {
    int64_t interval_ms; /* 0: only the one behind the end of all input */
    int64_t min_pause_ms;
    int64_t timeout_ms;
    uint32_t tolerable_failures; /* in a row; one more that cannot be stored fails the job for good */
    /* A writer's files of a failed checkpoint are nobody's, and its sources stand behind them: only a restart
     * brings the rows back. Set for jobs that commit to tables. */
    bool rewinds;
    uint32_t num_retained;
    uint32_t max_uncommitted; /* durable ones that wait for their commit before triggers pause */
    uint32_t num_tasks;
    uint32_t max_parallelism;
    const char *name_space; /* copied, so the next two */
    const char *job_id;
    const char *lineage;
    uint64_t epoch;
};

enum checkpoint_kind {
    CHECKPOINT_PERIODIC,
    CHECKPOINT_FINAL, /* behind the end of all input */
    CHECKPOINT_SAVEPOINT,
    CHECKPOINT_STOP, /* a savepoint with which the job ends */
};

enum { COORDINATOR_REQUEST_ID_BYTES = 33, COORDINATOR_MAX_REQUESTS = 16 };

/* A checkpoint that somebody asked for. */
struct coordinator_request {
    const char *id;            /* 32 hexadecimal digits */
    enum checkpoint_kind kind; /* PERIODIC: now, SAVEPOINT or STOP */
    bool is_drain;             /* STOP: the sources end before the barrier */
    const char *folder;        /* of the savepoint; NULL: none */
};

struct coordinator_trigger {
    uint64_t checkpoint_id;
    uint64_t durable_id; /* the newest durable one, 0 when none: kept until this one is resolved */
    enum checkpoint_kind kind;
    bool is_drain;
    int64_t now_ms;
};

struct coordinator_discard {
    struct checkpoint_reference reference;
    const char *claimed_folder; /* of one that was another job's; NULL: it is in this job's folder */
    struct path_list files;
};

struct coordinator_callbacks {
    void *context;
    void (*trigger)(void *context, const struct coordinator_trigger *trigger);
    /* Answered by coordinator_stored or coordinator_store_failed. A reference is passed on. */
    void (*store)(void *context, struct checkpoint_metadata *metadata);
    void (*durable)(void *context, struct checkpoint_metadata *metadata);
    void (*aborted)(void *context, uint64_t checkpoint_id, const struct error *reason);
    void (*fail_job)(void *context, const struct error *error);
    /* Ids below `until` are to be reserved durably; answered by coordinator_ids_reserved. Not before the
     * first checkpoint is due: a job without reserved ids took none. */
    void (*reserve_ids)(void *context, uint64_t until);
    /* A published checkpoint is not kept any longer: it goes first, then the files that only it referred to.
     */
    void (*discard)(void *context, const struct coordinator_discard *discard);
    /* A checkpoint was given up: what its tasks wrote for it, files of keyed state and those of its
     * committables, is nobody's. A reference is passed on. */
    void (*scrap)(void *context, struct checkpoint_metadata *metadata, const struct path_list *files);
    /* A savepoint is durable and committed: it is to be written into metadata->savepoint_folder; answered by
     * coordinator_copied. A reference is passed on. */
    void (*copy)(void *context, struct checkpoint_metadata *metadata);
    /* What somebody asked for is there (failure NULL), or will not be. */
    void (*answered)(void *context, const char *request_id, uint64_t checkpoint_id,
                     const struct error *failure);
    /* The job has reached the end that it was asked for. */
    void (*finish)(void *context, uint64_t checkpoint_id);
};

struct coordinator_acknowledgement {
    uint32_t attempt;
    uint32_t task; /* below num_tasks */
    uint32_t subtask;
    uint64_t checkpoint_id;
    bool is_end_of_input;
    /* The subtask of each is this one's, whatever stands in it. */
    const struct checkpoint_operator_state *states;
    size_t num_states;
    const struct checkpoint_keyed_state *keyed_states;
    size_t num_keyed_states;
    const struct checkpoint_committable *committables;
    size_t num_committables;
    int64_t start_delay_ms, alignment_ms, sync_duration_ms, async_duration_ms;
    uint64_t aligned_bytes;
};

/* What one task said of its part. */
struct checkpoint_task_record {
    int64_t ack_ms; /* -1: not yet */
    uint64_t state_bytes, incremental_bytes, aligned_bytes;
    int64_t start_delay_ms, alignment_ms, sync_duration_ms, async_duration_ms;
};

enum checkpoint_status { CHECKPOINT_IN_PROGRESS, CHECKPOINT_COMPLETED, CHECKPOINT_FAILED };

/* What is remembered of one checkpoint for its observers. */
struct checkpoint_record {
    uint64_t checkpoint_id;
    uint64_t epoch;
    enum checkpoint_status status;
    enum checkpoint_kind kind;
    bool is_final;
    bool is_committed;
    bool is_discarded;
    int64_t trigger_ms;
    int64_t latest_ack_ms;
    int64_t durable_ms; /* -1 before; so committed_ms */
    int64_t committed_ms;
    int64_t ended_ms; /* when it completed or failed */
    int64_t alignment_ms;
    uint64_t size_bytes; /* of the metadata file */
    uint64_t state_bytes, incremental_bytes, aligned_bytes;
    uint32_t num_acknowledged;
    struct checkpoint_task_record *tasks; /* num_tasks of them, in their order */
    char *savepoint_folder;               /* NULL: none */
    char failure[256];
};

struct coordinator_counts {
    uint64_t triggered, completed, failed, restored;
};

enum { COORDINATOR_HISTORY = 10 };

struct coordinator;

struct coordinator *coordinator_create(const struct coordinator_options *options,
                                       const struct coordinator_callbacks *callbacks);
void coordinator_free(struct coordinator *coordinator);

/* What a leader found before it starts the sources: the next id, and the checkpoint that the first attempt
 * restores (NULL: none; a reference is taken). */
void coordinator_recovered(struct coordinator *coordinator, uint64_t next_id,
                           struct checkpoint_metadata *latest, int64_t now_ms);
/* A published checkpoint of before, oldest first, for retention. */
void coordinator_add_retained(struct coordinator *coordinator, const struct checkpoint_metadata *metadata,
                              bool is_committed);
/* The one that the job was restored from, when it becomes this job's; before the others. */
void coordinator_add_claimed(struct coordinator *coordinator, const struct checkpoint_metadata *metadata,
                             const char *folder, bool is_committed);
void coordinator_ids_reserved(struct coordinator *coordinator, uint64_t until, int64_t now_ms);
/* It is asked for again, by a tick. */
void coordinator_reserve_failed(struct coordinator *coordinator, int64_t now_ms);

void coordinator_attempt_started(struct coordinator *coordinator, uint32_t attempt);
void coordinator_running(struct coordinator *coordinator, int64_t now_ms);
void coordinator_all_ended(struct coordinator *coordinator, int64_t now_ms);
void coordinator_attempt_ended(struct coordinator *coordinator, int64_t now_ms);
/* Answered by a callback, sooner or later. Refused at once while not all tasks run. */
void coordinator_ask(struct coordinator *coordinator, const struct coordinator_request *request,
                     int64_t now_ms);
/* The savepoint of that checkpoint is written (failure NULL), or could not be. */
void coordinator_copied(struct coordinator *coordinator, uint64_t checkpoint_id, const struct error *failure,
                        int64_t now_ms);
/* No more triggers; what is in progress is aborted unless it is being published. */
void coordinator_stop(struct coordinator *coordinator, int64_t now_ms);

/* FENCED: of another attempt. What is not in progress is ignored. */
STATUS_MUST_CHECK enum status coordinator_acknowledge(
    struct coordinator *coordinator, const struct coordinator_acknowledgement *acknowledgement,
    int64_t now_ms, struct error *error);
STATUS_MUST_CHECK enum status coordinator_decline(struct coordinator *coordinator, uint32_t attempt,
                                                  uint64_t checkpoint_id, const struct error *reason,
                                                  int64_t now_ms, struct error *error);
/* What a task wrote for a checkpoint that was given up, and says too late, or in declining it: it is removed.
 * The content of any other checkpoint stays. */
void coordinator_give_back(struct coordinator *coordinator,
                           const struct coordinator_acknowledgement *acknowledgement);
void coordinator_stored(struct coordinator *coordinator, uint64_t checkpoint_id, uint64_t size_bytes,
                        int64_t now_ms);
void coordinator_store_failed(struct coordinator *coordinator, uint64_t checkpoint_id,
                              const struct error *reason, int64_t now_ms);
void coordinator_committed(struct coordinator *coordinator, uint64_t checkpoint_id, int64_t now_ms);
void coordinator_tick(struct coordinator *coordinator, int64_t now_ms);
int64_t coordinator_next_timer_ms(const struct coordinator *coordinator);

/* A checkpoint is being published: no attempt may be restored until that is resolved. */
bool coordinator_is_storing(const struct coordinator *coordinator);
/* The durable checkpoint with which the job is to end, 0 when none: until that is decided, by finish or by
 * fail_job, no attempt is started. */
uint64_t coordinator_stop_id(const struct coordinator *coordinator);
/* A savepoint is being written: the files of its checkpoint are needed. */
bool coordinator_is_copying(const struct coordinator *coordinator);
/* The newest durable checkpoint: what an attempt restores. NULL: none. Borrowed. */
struct checkpoint_metadata *coordinator_latest(const struct coordinator *coordinator);
/* What must be there in the job's folder for the checkpoints that are kept: the caller frees both. */
void coordinator_list_kept(const struct coordinator *coordinator,
                           struct checkpoint_reference **ret_references, size_t *ret_num_references,
                           struct path_list *ret_files);
/* The attempt restores the newest durable checkpoint. */
void coordinator_count_restore(struct coordinator *coordinator, int64_t now_ms);
/* What was restored last. */
struct restored_checkpoint {
    struct checkpoint_reference reference;
    bool is_own; /* of this job, not of the one that it was restored from */
    bool is_savepoint;
    int64_t restored_ms; /* -1: none was */
};
struct coordinator_counts coordinator_counts(const struct coordinator *coordinator);
/* Newest first: index 0 .. coordinator_history_size - 1. */
size_t coordinator_history_size(const struct coordinator *coordinator);
const struct checkpoint_record *coordinator_history_at(const struct coordinator *coordinator, size_t index);
struct restored_checkpoint coordinator_restored(const struct coordinator *coordinator);
const struct coordinator_options *coordinator_options(const struct coordinator *coordinator);
