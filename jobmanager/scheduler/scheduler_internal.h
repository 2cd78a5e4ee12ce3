#pragma once

#include "jobmanager/scheduler/scheduler.h"

/* Where the present attempt stands. */
enum scheduler_phase {
    PHASE_IDLE,     /* not started, or ended for good */
    PHASE_BACKOFF,  /* waits until backoff_until_ms and for an unblocked restart */
    PHASE_SLOTS,    /* has asked for slots */
    PHASE_DEPLOYED, /* tasks live */
    PHASE_STOPPING, /* tasks are being cancelled; goal says what comes after */
};

enum scheduler_goal { GOAL_RUN, GOAL_FINISH, GOAL_CANCEL, GOAL_FAIL };

/* Invariant: executions hold slots exactly in DEPLOYED and STOPPING. */
struct scheduler {
    struct scheduler_callbacks callbacks;
    struct scheduler_options options;
    struct scheduler_vertex *vertices;
    struct execution *executions;
    size_t num_executions;
    uint32_t slots_needed;
    struct scheduler_slot *last_slots; /* num_last_slots of them */
    uint32_t num_last_slots;
    enum job_state state;
    enum scheduler_phase phase;
    enum scheduler_goal goal;
    uint32_t attempt;
    uint32_t num_restarts;
    uint32_t restarts_in_row;
    int64_t backoff_ms; /* of the next restart */
    int64_t backoff_until_ms;
    bool is_restart_blocked;
    bool is_end_blocked;
    bool was_all_running;
    bool was_all_ended;
    bool is_final_committed;
    bool lacks_slots;
    struct error last_failure;
    char waiting_for[160];
};

void scheduler_advance(struct scheduler *scheduler, int64_t now_ms);
void scheduler_enter(struct scheduler *scheduler, enum job_state state);
/* execution NULL: it is no task's failure. */
void scheduler_fail_task(struct scheduler *scheduler, const struct execution *execution,
                         const struct error *error, int64_t now_ms);

/* executions.c */
bool execution_state_is_terminal(enum execution_state state);
void executions_create(struct scheduler *scheduler);
/* All are CREATED, without a slot. */
void executions_reset(struct scheduler *scheduler, int64_t now_ms);
/* slots: by subtask */
void executions_deploy(struct scheduler *scheduler, const struct scheduler_slot *slots, int64_t now_ms);
/* Those that live. */
void executions_cancel(struct scheduler *scheduler, int64_t now_ms);
/* Once more where nothing was heard; who takes too long is put into quarantine. */
void executions_resend_cancels(struct scheduler *scheduler, int64_t now_ms);
int64_t executions_next_cancel_ms(const struct scheduler *scheduler); /* INT64_MAX: none */
