/* The tasks of the present attempt: deployed, cancelled, and what is heard of them. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "jobmanager/scheduler/scheduler_internal.h"

#include <string.h>

enum { CANCEL_RESEND_MS = 1000 };

bool execution_state_is_terminal(enum execution_state state)
{
    return state >= EXECUTION_FINISHED;
}

static void execution_set(struct execution *execution, enum execution_state state, int64_t now_ms)
{
    execution->state = state;
    execution->state_ms[state] = now_ms;
}

void executions_create(struct scheduler *scheduler)
{
    const struct scheduler_options *options = &scheduler->options;
    for (uint32_t v = 0; v < options->num_vertices; v++)
        scheduler->num_executions += options->vertices[v].parallelism;
    scheduler->executions = mem_calloc(scheduler->num_executions, sizeof *scheduler->executions);
    struct execution *execution = scheduler->executions;
    for (uint32_t v = 0; v < options->num_vertices; v++)
        for (uint32_t s = 0; s < options->vertices[v].parallelism; s++, execution++) {
            execution->index = (uint32_t)(execution - scheduler->executions);
            execution->vertex = v;
            execution->subtask = s;
            execution->is_source = options->vertices[v].is_source;
        }
}

const struct execution *scheduler_executions(const struct scheduler *scheduler, size_t *ret_count)
{
    *ret_count = scheduler->num_executions;
    return scheduler->executions;
}

const struct execution *scheduler_execution(const struct scheduler *scheduler, uint32_t vertex,
                                            uint32_t subtask)
{
    if (vertex >= scheduler->options.num_vertices || subtask >= scheduler->vertices[vertex].parallelism)
        return NULL;
    size_t index = subtask;
    for (uint32_t v = 0; v < vertex; v++)
        index += scheduler->vertices[v].parallelism;
    CHECK(index < scheduler->num_executions);
    return &scheduler->executions[index];
}

void executions_reset(struct scheduler *scheduler, int64_t now_ms)
{
    for (size_t i = 0; i < scheduler->num_executions; i++) {
        struct execution *execution = &scheduler->executions[i];
        for (int state = 0; state < NUM_EXECUTION_STATES; state++)
            execution->state_ms[state] = -1;
        execution->slot = (struct scheduler_slot){0};
        execution->cancel_sent_ms = -1;
        execution_set(execution, EXECUTION_CREATED, now_ms);
    }
}

void executions_deploy(struct scheduler *scheduler, const struct scheduler_slot *slots, int64_t now_ms)
{
    for (size_t i = 0; i < scheduler->num_executions; i++)
        scheduler->executions[i].slot = slots[scheduler->executions[i].subtask];
    for (size_t i = 0; i < scheduler->num_executions; i++) {
        struct execution *execution = &scheduler->executions[i];
        execution_set(execution, EXECUTION_SCHEDULED, now_ms);
        execution_set(execution, EXECUTION_DEPLOYING, now_ms);
        scheduler->callbacks.deploy(scheduler->callbacks.context, execution);
    }
}

static void send_cancel(struct scheduler *scheduler, struct execution *execution, int64_t now_ms)
{
    execution->cancel_sent_ms = now_ms;
    scheduler->callbacks.cancel(scheduler->callbacks.context, execution);
}

void executions_cancel(struct scheduler *scheduler, int64_t now_ms)
{
    for (size_t i = 0; i < scheduler->num_executions; i++) {
        struct execution *execution = &scheduler->executions[i];
        if (execution_state_is_terminal(execution->state))
            continue;
        execution_set(execution, EXECUTION_CANCELING, now_ms);
        send_cancel(scheduler, execution, now_ms);
    }
}

void executions_resend_cancels(struct scheduler *scheduler, int64_t now_ms)
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

int64_t executions_next_cancel_ms(const struct scheduler *scheduler)
{
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < scheduler->num_executions; i++) {
        const struct execution *execution = &scheduler->executions[i];
        if (execution->state == EXECUTION_CANCELING && execution->cancel_sent_ms + CANCEL_RESEND_MS < next_ms)
            next_ms = execution->cancel_sent_ms + CANCEL_RESEND_MS;
    }
    return next_ms;
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
    execution_set(execution, state, now_ms);
    if (state == EXECUTION_FAILED)
        scheduler_fail_task(scheduler, execution, failure, now_ms);
    else if (state == EXECUTION_CANCELED && scheduler->phase == PHASE_DEPLOYED) {
        struct error cancelled;
        error_set(&cancelled, STATUS_UNAVAILABLE, "the taskmanager cancelled the task by itself");
        scheduler_fail_task(scheduler, execution, &cancelled, now_ms);
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
        execution_set(execution, scheduler->is_final_committed ? EXECUTION_FINISHED : EXECUTION_FAILED,
                      now_ms);
        lost = execution;
    }
    if (lost == NULL)
        return;
    if (!scheduler->is_final_committed)
        scheduler_fail_task(scheduler, lost, reason, now_ms);
    scheduler_advance(scheduler, now_ms);
}
