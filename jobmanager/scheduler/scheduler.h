#pragma once

#include "common/base/status.h"
#include "jobmanager/scheduler/job_state.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The execution graph of one job as a state machine. Events come in by the functions below, each with the
 * time; commands go out by the callbacks, which must not call the scheduler back before the function
 * returned. All tasks of a job live and die together: an attempt. Subtask i of every vertex shares slot i.
 */
enum execution_state {
    EXECUTION_CREATED,
    EXECUTION_SCHEDULED,
    EXECUTION_DEPLOYING,
    EXECUTION_INITIALIZING,
    EXECUTION_RUNNING,
    EXECUTION_END_OF_INPUT,
    EXECUTION_CANCELING,
    EXECUTION_FINISHED,
    EXECUTION_CANCELED,
    EXECUTION_FAILED,
    NUM_EXECUTION_STATES
};

enum { SCHEDULER_ID_BYTES = 33 };

struct scheduler_slot {
    char taskmanager_id[SCHEDULER_ID_BYTES];
    uint32_t slot;
};

/* One subtask in the present attempt. */
struct execution {
    uint32_t index; /* in scheduler_executions */
    uint32_t vertex;
    uint32_t subtask;
    enum execution_state state;
    struct scheduler_slot slot; /* taskmanager_id "" before the attempt has slots */
    bool is_source;
    int64_t state_ms[NUM_EXECUTION_STATES]; /* when each state was entered; -1: never */
    int64_t cancel_sent_ms;
};

struct scheduler_vertex {
    uint32_t parallelism;
    bool is_source; /* has no input from another vertex */
};

enum restart_strategy { RESTART_EXPONENTIAL, RESTART_FIXED, RESTART_NONE };

struct scheduler_options {
    const struct scheduler_vertex *vertices; /* copied */
    size_t num_vertices;
    enum restart_strategy strategy;
    int64_t min_backoff_ms; /* FIXED: the delay */
    int64_t max_backoff_ms;
    uint32_t max_attempts;     /* FIXED: restarts before the job fails */
    bool is_recovered;         /* the job ran under an earlier leader */
    int64_t cancel_timeout_ms; /* a taskmanager that does not end its tasks in this time counts as lost */
};

struct scheduler_callbacks {
    void *context;
    /* Answered by scheduler_slots or scheduler_lacks_slots. */
    void (*request_slots)(void *context, uint32_t count);
    void (*release_slots)(void *context);
    /* Before the deployments of the attempt. */
    void (*attempt_started)(void *context, uint32_t attempt);
    /* All executions have their slots by then. */
    void (*deploy)(void *context, const struct execution *execution);
    void (*cancel)(void *context, const struct execution *execution);
    void (*all_running)(void *context);
    void (*all_ended)(void *context); /* every task reports the end of its input */
    /* The attempt is given up: nothing it says counts any more. The next one is blocked until
     * scheduler_block_restart says that it is not. */
    void (*attempt_ended)(void *context);
    void (*quarantine)(void *context, const char *taskmanager_id);
    void (*state_changed)(void *context, enum job_state from, enum job_state to);
    /* A failure was taken note of: execution NULL when it is the job's. */
    void (*failed)(void *context, const struct execution *execution, const struct error *error);
};

struct scheduler;

struct scheduler *scheduler_create(const struct scheduler_options *options,
                                   const struct scheduler_callbacks *callbacks, int64_t now_ms);
void scheduler_free(struct scheduler *scheduler);

/* Everything before the sources may start is done. */
void scheduler_start(struct scheduler *scheduler, int64_t now_ms);
/* count slots, the one of subtask i at i. */
void scheduler_slots(struct scheduler *scheduler, const struct scheduler_slot *slots, uint32_t count,
                     int64_t now_ms);
/* There are only so many; scheduler_resources_changed makes it ask again. */
void scheduler_lacks_slots(struct scheduler *scheduler, uint32_t free_slots, uint32_t total_slots);
void scheduler_resources_changed(struct scheduler *scheduler, int64_t now_ms);

/* FENCED: of another attempt, or of another taskmanager than the task was given to. */
STATUS_MUST_CHECK enum status scheduler_task_state(struct scheduler *scheduler, uint32_t attempt,
                                                   uint32_t vertex, uint32_t subtask,
                                                   const char *taskmanager_id, enum execution_state state,
                                                   const struct error *failure, int64_t now_ms,
                                                   struct error *error);
void scheduler_taskmanager_lost(struct scheduler *scheduler, const char *taskmanager_id,
                                const struct error *reason, int64_t now_ms);
/* The job as a whole failed: fatal means for good. */
void scheduler_fail(struct scheduler *scheduler, const struct error *error, int64_t now_ms);
void scheduler_cancel(struct scheduler *scheduler, int64_t now_ms);
/* The job has all it was to do: the checkpoint at its end is committed, and tasks that live are told. Without
 * live tasks it ends at once, or when those that are being cancelled are gone. */
void scheduler_finish(struct scheduler *scheduler, int64_t now_ms);
void scheduler_checkpoint_completed(struct scheduler *scheduler);
/* While blocked no new attempt starts: a checkpoint is being published, or files are swept. */
void scheduler_block_restart(struct scheduler *scheduler, bool is_blocked, int64_t now_ms);
/* While blocked FAILED and CANCELED wait: a durable checkpoint is being committed. */
void scheduler_block_end(struct scheduler *scheduler, bool is_blocked, int64_t now_ms);
void scheduler_tick(struct scheduler *scheduler, int64_t now_ms);
/* When scheduler_tick is next of use; INT64_MAX: never. */
int64_t scheduler_next_timer_ms(const struct scheduler *scheduler);

/* Where subtask i of each vertex ran in the last attempt that had slots, at i: what it left there makes its
 * next start short. The count is 0 before the first. */
const struct scheduler_slot *scheduler_last_slots(const struct scheduler *scheduler, uint32_t *ret_count);
/* The same, of a time before this leader's; before scheduler_start. */
void scheduler_set_last_slots(struct scheduler *scheduler, const struct scheduler_slot *slots,
                              uint32_t count);

enum job_state scheduler_state(const struct scheduler *scheduler);
uint32_t scheduler_attempt(const struct scheduler *scheduler);
uint32_t scheduler_num_restarts(const struct scheduler *scheduler);
const struct execution *scheduler_executions(const struct scheduler *scheduler, size_t *ret_count);
/* NULL when there is no such task. */
const struct execution *scheduler_execution(const struct scheduler *scheduler, uint32_t vertex,
                                            uint32_t subtask);
/* True while tasks of the present attempt live, given up or not. */
bool scheduler_has_tasks(const struct scheduler *scheduler);
/* True while tasks of the present attempt are deployed and not given up. */
bool scheduler_is_attempt_live(const struct scheduler *scheduler);
/* What the job waits for, "" when it does not. */
const char *scheduler_waiting_for(const struct scheduler *scheduler);
/* The last failure; code OK when there was none. */
const struct error *scheduler_last_failure(const struct scheduler *scheduler);
