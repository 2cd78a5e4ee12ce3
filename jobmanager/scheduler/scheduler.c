#include "jobmanager/scheduler/scheduler_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/mutant.h"

#include <stdio.h>
#include <stdlib.h>

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
    for (size_t v = 0; v < options->num_vertices; v++)
        if (options->vertices[v].parallelism > scheduler->slots_needed)
            scheduler->slots_needed = options->vertices[v].parallelism;
    executions_create(scheduler);
    executions_reset(scheduler, now_ms);
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
    executions_reset(scheduler, now_ms);
    scheduler->callbacks.attempt_started(scheduler->callbacks.context, scheduler->attempt);
    scheduler_enter(scheduler, JOB_RUNNING);
    executions_deploy(scheduler, slots, now_ms);
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

/* Gives the present attempt up; tasks that live are cancelled. */
static void stop_attempt(struct scheduler *scheduler, int64_t now_ms)
{
    if (scheduler->phase == PHASE_DEPLOYED) {
        scheduler->phase = PHASE_STOPPING;
        scheduler->is_restart_blocked = true;
        scheduler->callbacks.attempt_ended(scheduler->callbacks.context);
        executions_cancel(scheduler, now_ms);
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

void scheduler_fail_task(struct scheduler *scheduler, const struct execution *execution,
                         const struct error *error, int64_t now_ms)
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
    scheduler_fail_task(scheduler, NULL, error, now_ms);
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

void scheduler_tick(struct scheduler *scheduler, int64_t now_ms)
{
    if (scheduler->phase == PHASE_STOPPING)
        executions_resend_cancels(scheduler, now_ms);
    scheduler_advance(scheduler, now_ms);
}

int64_t scheduler_next_timer_ms(const struct scheduler *scheduler)
{
    if (scheduler->phase == PHASE_BACKOFF &&
        GUARD(MUTANT_RESTART_DURING_STORE, !scheduler->is_restart_blocked))
        return scheduler->backoff_until_ms;
    if (scheduler->phase != PHASE_STOPPING)
        return INT64_MAX;
    return executions_next_cancel_ms(scheduler);
}

const struct scheduler_slot *scheduler_last_slots(const struct scheduler *scheduler, uint32_t *ret_count)
{
    *ret_count = scheduler->num_last_slots;
    return scheduler->last_slots;
}

enum job_state scheduler_state(const struct scheduler *scheduler)
{
    return scheduler->state;
}

uint32_t scheduler_attempt(const struct scheduler *scheduler)
{
    return scheduler->attempt;
}

uint32_t scheduler_num_restarts(const struct scheduler *scheduler)
{
    return scheduler->num_restarts;
}

bool scheduler_has_tasks(const struct scheduler *scheduler)
{
    return scheduler->phase == PHASE_DEPLOYED || scheduler->phase == PHASE_STOPPING;
}

bool scheduler_is_attempt_live(const struct scheduler *scheduler)
{
    return scheduler->phase == PHASE_DEPLOYED;
}

const char *scheduler_waiting_for(const struct scheduler *scheduler)
{
    return scheduler->waiting_for;
}

const struct error *scheduler_last_failure(const struct scheduler *scheduler)
{
    return &scheduler->last_failure;
}
