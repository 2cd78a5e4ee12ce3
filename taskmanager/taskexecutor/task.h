#pragma once

#include "common/base/buffer.h"
#include "common/plan/job_graph.h"
#include "common/rpc/messages.h"
#include "taskmanager/taskexecutor/task_environment.h"

/*
 * One attempt of one subtask: a thread with a mailbox that runs one operator chain.
 *
 *   DEPLOYING -> INITIALIZING -> RUNNING -> END_OF_INPUT -> FINISHED
 *   from each of them also to CANCELED and FAILED
 *
 * A snapshot that fails declines its checkpoint. The task fails with it too, unless snapshot_state itself
 * refused with a retriable error: everything else (a flush that failed, files that were closed and lost)
 * leaves operators that cannot go on without losing rows, and a restart from the last checkpoint is what
 * brings them back.
 *
 * A task whose chain begins with a source takes barriers from triggers, one that a gate feeds from its
 * channels. After the barrier of a savepoint to stop with, nothing is read any more; the final notification
 * ends the task, and should the savepoint be given up, it goes on.
 */
struct task;

/* Called from the task's thread, which must not wait in them. */
struct task_listener {
    void *context;
    /* A request for the jobmanager, to be delivered in order: RPC_TASK_STATE (but for the last state),
     * RPC_ACKNOWLEDGE, RPC_DECLINE. Takes the content of payload. */
    void (*on_message)(void *context, struct task *task, uint16_t method, struct buffer *payload);
    /* The last thing that the thread does: everything is closed, task_end says how it went. */
    void (*on_exit)(void *context, struct task *task);
};

struct task_options {
    const struct task_environment *environment;
    struct task_listener listener;
    struct arena *arena;             /* the task's from now on: holds deploy */
    const struct rpc_deploy *deploy; /* in arena */
    struct plan_job_graph *graph;    /* the task's from now on */
    const struct plan_vertex *vertex;
};

struct task *task_create(const struct task_options *options);
STATUS_MUST_CHECK enum status task_start(struct task *task, struct error *error);
/* Waits for the thread, which must have been cancelled or be at its end. */
void task_free(struct task *task);

/* All of the following: any thread. Triggers and notifications that came before already have no effect. */
void task_trigger_checkpoint(struct task *task, const struct rpc_trigger_checkpoint *trigger);
void task_notify_checkpoint(struct task *task, const struct rpc_notify_checkpoint *notification);
/* Ends the task as soon as the call to an operator that runs returns. reason NULL: CANCELED, as ordered by
 * the jobmanager; otherwise FAILED for that reason. Only the first call counts. */
void task_cancel(struct task *task, const struct error *reason);

/* When it was told to end, by the monotonic clock; -1: it was not. */
int64_t task_cancelled_ms(const struct task *task);

enum rpc_task_status task_status(const struct task *task);
const struct rpc_task_id *task_id(const struct task *task);
uint32_t task_slot(const struct task *task);
/* Its barriers come from its channels: it is never triggered. */
bool task_has_gate(const struct task *task);
/* Rows for the client; the sender's side is the caller's. */
struct collect_channel *task_collect_channel(struct task *task);
/* The counters, in arena. */
void task_report(const struct task *task, struct arena *arena, struct rpc_task_report *ret_report);
/* After on_exit: FINISHED, CANCELED or FAILED, and for the last one why. */
void task_end(const struct task *task, enum rpc_task_status *ret_status, struct error *ret_error);
