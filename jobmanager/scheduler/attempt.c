/* The steps of an attempt that follow from where all of its tasks stand. */
#include "common/base/mutant.h"
#include "jobmanager/scheduler/scheduler_internal.h"

static bool all_at_least(const struct scheduler *scheduler, enum execution_state state)
{
    for (size_t i = 0; i < scheduler->num_executions; i++) {
        enum execution_state now = scheduler->executions[i].state;
        bool is_there = now >= state && now != EXECUTION_CANCELING && now != EXECUTION_CANCELED &&
                        now != EXECUTION_FAILED;
        if (!is_there)
            return false;
    }
    return true;
}

static bool all_terminal(const struct scheduler *scheduler)
{
    for (size_t i = 0; i < scheduler->num_executions; i++)
        if (!execution_state_is_terminal(scheduler->executions[i].state))
            return false;
    return true;
}

static void advance_deployed(struct scheduler *scheduler)
{
    const struct scheduler_callbacks *callbacks = &scheduler->callbacks;
    if (!scheduler->was_all_running && all_at_least(scheduler, EXECUTION_RUNNING)) {
        scheduler->was_all_running = true;
        callbacks->all_running(callbacks->context);
    }
    if (!scheduler->was_all_ended && all_at_least(scheduler, EXECUTION_END_OF_INPUT)) {
        scheduler->was_all_ended = true;
        callbacks->all_ended(callbacks->context);
    }
    if (scheduler->is_final_committed && all_at_least(scheduler, EXECUTION_FINISHED)) {
        scheduler->phase = PHASE_IDLE;
        callbacks->release_slots(callbacks->context);
        scheduler_enter(scheduler, JOB_FINISHED);
    }
}

/* All tasks are gone: the slots are free, and what was decided comes next. */
static void leave_stopping(struct scheduler *scheduler, int64_t now_ms)
{
    scheduler->callbacks.release_slots(scheduler->callbacks.context);
    if (scheduler->goal != GOAL_RUN) {
        scheduler->phase = PHASE_IDLE;
        return;
    }
    scheduler->num_restarts++;
    scheduler->restarts_in_row++;
    scheduler->phase = PHASE_BACKOFF;
    scheduler->backoff_until_ms = now_ms + scheduler->backoff_ms;
    if (scheduler->options.strategy == RESTART_EXPONENTIAL)
        scheduler->backoff_ms *= 2;
    if (scheduler->backoff_ms > scheduler->options.max_backoff_ms)
        scheduler->backoff_ms = scheduler->options.max_backoff_ms;
}

void scheduler_advance(struct scheduler *scheduler, int64_t now_ms)
{
    if (scheduler->phase == PHASE_DEPLOYED)
        advance_deployed(scheduler);
    if (scheduler->phase == PHASE_STOPPING && all_terminal(scheduler))
        leave_stopping(scheduler, now_ms);
    if (scheduler->phase == PHASE_BACKOFF && now_ms >= scheduler->backoff_until_ms &&
        GUARD(MUTANT_RESTART_DURING_STORE, !scheduler->is_restart_blocked)) {
        scheduler->phase = PHASE_SLOTS;
        scheduler->lacks_slots = false;
        scheduler->callbacks.request_slots(scheduler->callbacks.context, scheduler->slots_needed);
    }
    if (scheduler->goal == GOAL_FINISH && scheduler->phase == PHASE_IDLE)
        scheduler_enter(scheduler, JOB_FINISHED);
    bool is_ending = scheduler->state == JOB_CANCELLING || scheduler->state == JOB_FAILING;
    if (is_ending && scheduler->phase == PHASE_IDLE && !scheduler->is_end_blocked)
        scheduler_enter(scheduler, scheduler->goal == GOAL_FAIL ? JOB_FAILED : JOB_CANCELED);
}
