#pragma once

#include "jobmanager/checkpoint/checkpoint_coordinator.h"
#include "jobmanager/checkpoint/checkpoint_finder.h"
#include "jobmanager/committer/committer.h"
#include "jobmanager/scheduler/scheduler.h"

/*
 * One job under one leader: joins scheduler, checkpoint coordinator and committer protocol. Events in, with
 * the time; commands out through job_operations, which must not call back before the function returned. No
 * I/O, clock or thread. The order in which a job is started or taken over is the design's (section 6.6):
 * claim each table, find the published checkpoints, record which one is continued, commit what is durable and
 * uncommitted, start the sources.
 */
struct job_operations {
    void *context;
    void (*request_slots)(void *context, uint32_t count); /* -> job_master_slots, _lacks_slots */
    void (*release_slots)(void *context);
    /* restored is borrowed; NULL: a fresh start. -> job_master_task_state */
    void (*deploy)(void *context, const struct execution *execution, uint32_t attempt,
                   struct checkpoint_metadata *restored);
    void (*cancel_task)(void *context, const struct execution *execution, uint32_t attempt);
    void (*trigger)(void *context, const struct execution *execution, uint32_t attempt,
                    const struct coordinator_trigger *trigger);
    void (*notify)(void *context, const struct execution *execution, uint32_t attempt, uint64_t checkpoint_id,
                   bool is_aborted, bool is_final);
    void (*quarantine)(void *context, const char *taskmanager_id);
    /* I/O: each is answered by the event of that name. */
    void (*claim)(void *context, uint32_t table);
    void (*find_checkpoints)(void *context);
    void (*record_continued)(void *context, uint64_t checkpoint_id); /* 0: none of this job's own */
    void (*read_last)(void *context, uint32_t table, int64_t restored_checkpoint_id);
    void (*commit)(void *context, uint32_t table, struct checkpoint_metadata *metadata); /* borrowed */
    void (*store)(void *context, struct checkpoint_metadata *metadata); /* a reference is passed on */
    void (*reserve_ids)(void *context, uint64_t until);
    /* The next two are not answered. */
    void (*discard)(void *context, const struct coordinator_discard *discard);
    void (*scrap)(void *context, struct checkpoint_metadata *metadata,
                  const struct path_list *files); /* a reference is passed on */
    /* Writes a savepoint of a committed checkpoint. A reference is passed on. -> job_master_copied */
    void (*copy)(void *context, struct checkpoint_metadata *metadata);
    /* What was asked for by job_master_ask; failure NULL: it is there. */
    void (*answered)(void *context, const char *request_id, uint64_t checkpoint_id,
                     const struct error *failure);
    /* Removes from the job's folder what no kept checkpoint refers to. */
    void (*sweep)(void *context, const struct checkpoint_reference *references, size_t num_references,
                  const struct path_list *files);
    void (*state_changed)(void *context, enum job_state from, enum job_state to);
    void (*failed)(void *context, const struct execution *execution, const struct error *error);
};

struct job_master_options {
    struct scheduler_options scheduler;
    struct coordinator_options coordinator;
    const char *const *tables; /* names */
    uint32_t num_tables;
    const int32_t *table_of_sink; /* for each sink: its table, -1 when it commits nothing */
    uint32_t num_sinks;
    bool is_cancelling;         /* a job that was being cancelled when its leader went */
    int64_t cancel_deadline_ms; /* how long a cancelled job waits for commits */
};

struct job_master;

/* options and what it points to are copied. */
struct job_master *job_master_create(const struct job_master_options *options,
                                     const struct job_operations *operations, int64_t now_ms);
void job_master_free(struct job_master *job);
void job_master_start(struct job_master *job, int64_t now_ms);
/* A checkpoint now, a savepoint, or a savepoint with which the job ends. */
void job_master_ask(struct job_master *job, const struct coordinator_request *request, int64_t now_ms);
void job_master_cancel(struct job_master *job, int64_t now_ms);
void job_master_fail(struct job_master *job, const struct error *error, int64_t now_ms);
/* The end of the job is stored: what no kept checkpoint refers to is swept. */
void job_master_clean_up(struct job_master *job, int64_t now_ms);
void job_master_tick(struct job_master *job, int64_t now_ms);
int64_t job_master_next_timer_ms(const struct job_master *job);

void job_master_slots(struct job_master *job, const struct scheduler_slot *slots, uint32_t count,
                      int64_t now_ms);
void job_master_lacks_slots(struct job_master *job, uint32_t free_slots, uint32_t total_slots);
void job_master_resources_changed(struct job_master *job, int64_t now_ms);
void job_master_taskmanager_lost(struct job_master *job, const char *taskmanager_id,
                                 const struct error *reason, int64_t now_ms);

/* Who says something of a task. */
struct task_identity {
    uint64_t leader_epoch;
    uint32_t attempt;
    uint32_t vertex;
    uint32_t subtask;
    const char *taskmanager_id;
};
/* FENCED: of another epoch, attempt or taskmanager; it had no effect. So below. */
STATUS_MUST_CHECK enum status job_master_task_state(struct job_master *job, const struct task_identity *task,
                                                    enum execution_state state, const struct error *failure,
                                                    int64_t now_ms, struct error *error);
/* attempt, task and subtask of *acknowledgement are filled in from task. */
STATUS_MUST_CHECK enum status job_master_acknowledge(struct job_master *job, const struct task_identity *task,
                                                     struct coordinator_acknowledgement *acknowledgement,
                                                     int64_t now_ms, struct error *error);
STATUS_MUST_CHECK enum status job_master_decline(struct job_master *job, const struct task_identity *task,
                                                 uint64_t checkpoint_id, const struct error *reason,
                                                 int64_t now_ms, struct error *error);

/* What a task that declined had written for the checkpoint. */
void job_master_give_back(struct job_master *job, const struct task_identity *task,
                          struct coordinator_acknowledgement *content, int64_t now_ms);

/* Answers of I/O; failure NULL: it succeeded. */
void job_master_claimed(struct job_master *job, uint32_t table, const struct error *failure, int64_t now_ms);
void job_master_found(struct job_master *job, struct found_checkpoints *found, const struct error *failure,
                      int64_t now_ms); /* takes the content of found */
void job_master_recorded(struct job_master *job, const struct error *failure, int64_t now_ms);
void job_master_read(struct job_master *job, uint32_t table, int64_t last_checkpoint_id,
                     const struct error *failure, int64_t now_ms);
void job_master_table_committed(struct job_master *job, uint32_t table, uint64_t checkpoint_id,
                                int64_t snapshot_id, const struct error *failure, int64_t now_ms);
void job_master_stored(struct job_master *job, uint64_t checkpoint_id, uint64_t size_bytes,
                       const struct error *failure, int64_t now_ms);
void job_master_copied(struct job_master *job, uint64_t checkpoint_id, const struct error *failure,
                       int64_t now_ms);
void job_master_swept(struct job_master *job, int64_t now_ms); /* whether it could or not */
void job_master_ids_reserved(struct job_master *job, uint64_t until, const struct error *failure,
                             int64_t now_ms);

const struct scheduler *job_master_scheduler(const struct job_master *job);
const struct coordinator *job_master_coordinator(const struct job_master *job);
const struct committer *job_master_committer(const struct job_master *job);
enum job_state job_master_state(const struct job_master *job);
/* True while an answer of I/O is awaited: the job must not be freed. */
bool job_master_has_requests(const struct job_master *job);
/* What a CANCELED job left durable and uncommitted: the oldest id; -1: nothing. */
int64_t job_master_pending_checkpoint(const struct job_master *job);
