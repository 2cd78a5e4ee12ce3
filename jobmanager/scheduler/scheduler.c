#include "jobmanager/scheduler/scheduler_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/mutant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANCEL_RESEND_MS = 1000 };

static void reset_executions(struct scheduler *scheduler, int64_t now_ms)
{
    for (size_t i = 0; i < scheduler->num_executions; i++) {
        struct execution *execution = &scheduler->executions[i];
        for (int state = 0; state < NUM_EXECUTION_STATES; state++)
            execution->state_ms[state] = -1;
        execution->slot = (struct scheduler_slot){0};
        execution->cancel_sent_ms = -1;
        scheduler_set_execution(execution, EXECUTION_CREATED, now_ms);
    }
}

struct scheduler *scheduler_create(const struct scheduler_options *options,
                                   const struct scheduler_callbacks *callbacks, int64_t now_ms)
{
    CHECK(options->num_vertices > 0);
    struct scheduler *scheduler = mem_calloc(1, sizeof *scheduler);
    scheduler->callbacks = *callbacks;
    scheduler->options = *options;
    scheduler->vertices = mem_dup(options->vertices, options->num_vertices * sizeof *options->vertices);
    scheduler->options.vertices = scheduler->vertices;
    error_clear(&scheduler->last_failure);
    scheduler->backoff_ms = options->min_backoff_ms;
    for (size_t v = 0; v < options->num_vertices; v++) {
        scheduler->num_executions += options->vertices[v].parallelism;
        if (options->vertices[v].parallelism > scheduler->slots_needed)
            scheduler->slots_needed = options->vertices[v].parallelism;
    }
    scheduler->executions = mem_calloc(scheduler->num_executions, sizeof *scheduler->executions);
    size_t index = 0;
    for (uint32_t v = 0; v < options->num_vertices; v++) {
        for (uint32_t s = 0; s < options->vertices[v].parallelism; s++, index++) {
            scheduler->executions[index].index = (uint32_t)index;
            scheduler->executions[index].vertex = v;
            scheduler->executions[index].subtask = s;
            scheduler->executions[index].is_source = options->vertices[v].is_source;
        }
    }
    reset_executions(scheduler, now_ms);
    return scheduler;
}

void scheduler_free(struct scheduler *scheduler)
{
    if (scheduler == NULL)
        return;
    free(scheduler->executions);
    free(scheduler->last_slots);
    free(scheduler->vertices);
    free(scheduler);
}

void scheduler_enter(struct scheduler *scheduler, enum job_state state)
{
    enum job_state from = scheduler->state;
    if (from == state)
        return;
    CHECK(job_state_may_follow(from, state));
    scheduler->state = state;
    scheduler->callbacks.state_changed(scheduler->callbacks.context, from, state);
}

void scheduler_set_execution(struct execution *execution, enum execution_state state, int64_t now_ms)
{
    execution->state = state;
    execution->state_ms[state] = now_ms;
}

bool execution_state_is_terminal(enum execution_state state)
{
    return state >= EXECUTION_FINISHED;
}

void scheduler_start(struct scheduler *scheduler, int64_t now_ms)
{
    CHECK(scheduler->phase == PHASE_IDLE);
    if (scheduler->goal != GOAL_RUN) {
        scheduler_advance(scheduler, now_ms);
        return;
    }
    scheduler_enter(scheduler, scheduler->options.is_recovered ? JOB_RESTARTING : JOB_CREATED);
    scheduler->phase = PHASE_BACKOFF;
    scheduler->backoff_until_ms = now_ms;
    scheduler_advance(scheduler, now_ms);
}

void scheduler_set_last_slots(struct scheduler *scheduler, const struct scheduler_slot *slots, uint32_t count)
{
    free(scheduler->last_slots);
    scheduler->last_slots = mem_dup(slots, count * sizeof *slots);
    scheduler->num_last_slots = count;
}

void scheduler_slots(struct scheduler *scheduler, const struct scheduler_slot *slots, uint32_t count,
                     int64_t now_ms)
{
    CHECK(count == scheduler->slots_needed);
    if (scheduler->phase != PHASE_SLOTS) {
        scheduler->callbacks.release_slots(scheduler->callbacks.context);
        return;
    }
    scheduler->phase = PHASE_DEPLOYED;
    scheduler->lacks_slots = false;
    scheduler->waiting_for[0] = '\0';
    scheduler->attempt++;
    scheduler->was_all_running = scheduler->was_all_ended = scheduler->is_final_committed = false;
    scheduler_set_last_slots(scheduler, slots, count);
    reset_executions(scheduler, now_ms);
    scheduler->callbacks.attempt_started(scheduler->callbacks.context, scheduler->attempt);
    scheduler_enter(scheduler, JOB_RUNNING);
    for (size_t i = 0; i < scheduler->num_executions; i++)
        scheduler->executions[i].slot = slots[scheduler->executions[i].subtask];
    for (size_t i = 0; i < scheduler->num_executions; i++) {
        struct execution *execution = &scheduler->executions[i];
        scheduler_set_execution(execution, EXECUTION_SCHEDULED, now_ms);
        scheduler_set_execution(execution, EXECUTION_DEPLOYING, now_ms);
        scheduler->callbacks.deploy(scheduler->callbacks.context, execution);
    }
}

void scheduler_lacks_slots(struct scheduler *scheduler, uint32_t free_slots, uint32_t total_slots)
{
    if (scheduler->phase != PHASE_SLOTS)
        return;
    scheduler->lacks_slots = true;
    snprintf(scheduler->waiting_for, sizeof scheduler->waiting_for,
             "%u slots; %u of %u are free: start more taskmanagers or lower the parallelism",
             scheduler->slots_needed, free_slots, total_slots);
}

void scheduler_resources_changed(struct scheduler *scheduler, int64_t now_ms)
{
    (void)now_ms;
    if (scheduler->phase == PHASE_SLOTS && scheduler->lacks_slots)
        scheduler->callbacks.request_slots(scheduler->callbacks.context, scheduler->slots_needed);
}

static void send_cancel(struct scheduler *scheduler, struct execution *execution, int64_t now_ms)
{
    execution->cancel_sent_ms = now_ms;
    scheduler->callbacks.cancel(scheduler->callbacks.context, execution);
}

/* Gives the present attempt up; tasks that live are cancelled. */
static void stop_attempt(struct scheduler *scheduler, int64_t now_ms)
{
    if (scheduler->phase == PHASE_DEPLOYED) {
        scheduler->phase = PHASE_STOPPING;
        scheduler->is_restart_blocked = true;
        scheduler->callbacks.attempt_ended(scheduler->callbacks.context);
        for (size_t i = 0; i < scheduler->num_executions; i++) {
            struct execution *execution = &scheduler->executions[i];
            if (execution_state_is_terminal(execution->state))
                continue;
            scheduler_set_execution(execution, EXECUTION_CANCELING, now_ms);
            send_cancel(scheduler, execution, now_ms);
        }
    } else if (scheduler->phase == PHASE_SLOTS || scheduler->phase == PHASE_BACKOFF) {
        if (scheduler->goal != GOAL_RUN) {
            scheduler->phase = PHASE_IDLE;
            scheduler->waiting_for[0] = '\0';
        }
    }
}

/* What a user's statement or data brought about comes again with every attempt: restarting would only hide
 * it. */
static bool is_deterministic(const struct error *error)
{
    return error->domain == ERROR_USER && !error->retriable;
}

static bool may_restart(struct scheduler *scheduler, const struct error *error)
{
    if (error->fatal || is_deterministic(error) || scheduler->options.strategy == RESTART_NONE)
        return false;
    return scheduler->options.strategy != RESTART_FIXED ||
           scheduler->restarts_in_row < scheduler->options.max_attempts;
}

static void fail(struct scheduler *scheduler, const struct execution *execution, const struct error *error,
                 int64_t now_ms)
{
    if (job_state_is_terminal(scheduler->state) || scheduler->goal == GOAL_FAIL)
        return;
    bool was_live = scheduler->phase == PHASE_DEPLOYED;
    if (!was_live && !error->fatal)
        return; /* the attempt is given up already: what else fails in it is a consequence */
    if (scheduler->goal == GOAL_CANCEL && !error->fatal)
        return;
    scheduler->last_failure = *error;
    scheduler->callbacks.failed(scheduler->callbacks.context, execution, error);
    if (scheduler->goal == GOAL_CANCEL || !may_restart(scheduler, error)) {
        scheduler->goal = GOAL_FAIL;
        scheduler_enter(scheduler, JOB_FAILING);
    } else {
        scheduler_enter(scheduler, JOB_RESTARTING);
    }
    stop_attempt(scheduler, now_ms);
    scheduler_advance(scheduler, now_ms);
}

void scheduler_fail(struct scheduler *scheduler, const struct error *error, int64_t now_ms)
{
    fail(scheduler, NULL, error, now_ms);
}

void scheduler_cancel(struct scheduler *scheduler, int64_t now_ms)
{
    if (job_state_is_terminal(scheduler->state) || scheduler->goal != GOAL_RUN)
        return;
    scheduler->goal = GOAL_CANCEL;
    scheduler_enter(scheduler, JOB_CANCELLING);
    stop_attempt(scheduler, now_ms);
    scheduler_advance(scheduler, now_ms);
}

void scheduler_finish(struct scheduler *scheduler, int64_t now_ms)
{
    if (scheduler->goal != GOAL_RUN || job_state_is_terminal(scheduler->state))
        return;
    if (scheduler->phase == PHASE_DEPLOYED) {
        scheduler->is_final_committed = true;
    } else {
        scheduler->goal = GOAL_FINISH;
        scheduler->waiting_for[0] = '\0';
        if (scheduler->phase != PHASE_STOPPING)
            scheduler->phase = PHASE_IDLE;
    }
    scheduler_advance(scheduler, now_ms);
}

void scheduler_checkpoint_completed(struct scheduler *scheduler)
{
    scheduler->backoff_ms = scheduler->options.min_backoff_ms;
    scheduler->restarts_in_row = 0;
}

void scheduler_block_restart(struct scheduler *scheduler, bool is_blocked, int64_t now_ms)
{
    scheduler->is_restart_blocked = is_blocked;
    if (!is_blocked)
        scheduler_advance(scheduler, now_ms);
}

void scheduler_block_end(struct scheduler *scheduler, bool is_blocked, int64_t now_ms)
{
    scheduler->is_end_blocked = is_blocked;
    if (!is_blocked)
        scheduler_advance(scheduler, now_ms);
}

static bool may_task_move(const struct scheduler *scheduler, const struct execution *execution,
                          enum execution_state state)
{
    if (execution_state_is_terminal(execution->state))
        return false;
    if (scheduler->phase == PHASE_STOPPING)
        return execution_state_is_terminal(state);
    return state > execution->state;
}

enum status scheduler_task_state(struct scheduler *scheduler, uint32_t attempt, uint32_t vertex,
                                 uint32_t subtask, const char *taskmanager_id, enum execution_state state,
                                 const struct error *failure, int64_t now_ms, struct error *error)
{
    struct execution *execution =
        (struct execution *)(uintptr_t)scheduler_execution(scheduler, vertex, subtask);
    if (execution == NULL)
        return error_set(error, STATUS_NOT_FOUND, "the job has no subtask %u of vertex %u", subtask, vertex);
    bool is_deployed = scheduler->phase == PHASE_DEPLOYED || scheduler->phase == PHASE_STOPPING;
    if (attempt != scheduler->attempt || !is_deployed ||
        strcmp(execution->slot.taskmanager_id, taskmanager_id) != 0)
        return error_set(error, STATUS_FENCED, "attempt %u of subtask %u is not the present one", attempt,
                         subtask);
    if (!may_task_move(scheduler, execution, state))
        return STATUS_OK;
    /* What was committed as the end of the job needs no task any more, however it goes. */
    if (scheduler->is_final_committed && execution_state_is_terminal(state))
        state = EXECUTION_FINISHED;
    scheduler_set_execution(execution, state, now_ms);
    if (state == EXECUTION_FAILED)
        fail(scheduler, execution, failure, now_ms);
    else if (state == EXECUTION_CANCELED && scheduler->phase == PHASE_DEPLOYED) {
        struct error cancelled;
        error_set(&cancelled, STATUS_UNAVAILABLE, "the taskmanager cancelled the task by itself");
        fail(scheduler, execution, &cancelled, now_ms);
    }
    scheduler_advance(scheduler, now_ms);
    return STATUS_OK;
}

void scheduler_taskmanager_lost(struct scheduler *scheduler, const char *taskmanager_id,
                                const struct error *reason, int64_t now_ms)
{
    if (scheduler->phase != PHASE_DEPLOYED && scheduler->phase != PHASE_STOPPING)
        return;
    const struct execution *lost = NULL;
    for (size_t i = 0; i < scheduler->num_executions; i++) {
        struct execution *execution = &scheduler->executions[i];
        if (strcmp(execution->slot.taskmanager_id, taskmanager_id) != 0 ||
            execution_state_is_terminal(execution->state))
            continue;
        /* What was committed as the end of the job needs no task any more. */
        scheduler_set_execution(
            execution, scheduler->is_final_committed ? EXECUTION_FINISHED : EXECUTION_FAILED, now_ms);
        lost = execution;
    }
    if (lost == NULL)
        return;
    if (!scheduler->is_final_committed)
        fail(scheduler, lost, reason, now_ms);
    scheduler_advance(scheduler, now_ms);
}

static void resend_cancels(struct scheduler *scheduler, int64_t now_ms)
{
    const char *slow = NULL;
    for (size_t i = 0; i < scheduler->num_executions; i++) {
        struct execution *execution = &scheduler->executions[i];
        if (execution->state != EXECUTION_CANCELING)
            continue;
        if (now_ms - execution->state_ms[EXECUTION_CANCELING] >= scheduler->options.cancel_timeout_ms)
            slow = execution->slot.taskmanager_id;
        else if (now_ms - execution->cancel_sent_ms >= CANCEL_RESEND_MS)
            send_cancel(scheduler, execution, now_ms);
    }
    if (slow != NULL)
        scheduler->callbacks.quarantine(scheduler->callbacks.context, slow);
}

void scheduler_tick(struct scheduler *scheduler, int64_t now_ms)
{
    if (scheduler->phase == PHASE_STOPPING)
        resend_cancels(scheduler, now_ms);
    scheduler_advance(scheduler, now_ms);
}

int64_t scheduler_next_timer_ms(const struct scheduler *scheduler)
{
    if (scheduler->phase == PHASE_BACKOFF &&
        GUARD(MUTANT_RESTART_DURING_STORE, !scheduler->is_restart_blocked))
        return scheduler->backoff_until_ms;
    if (scheduler->phase != PHASE_STOPPING)
        return INT64_MAX;
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < scheduler->num_executions; i++) {
        const struct execution *execution = &scheduler->executions[i];
        if (execution->state == EXECUTION_CANCELING && execution->cancel_sent_ms + CANCEL_RESEND_MS < next_ms)
            next_ms = execution->cancel_sent_ms + CANCEL_RESEND_MS;
    }
    return next_ms;
}
