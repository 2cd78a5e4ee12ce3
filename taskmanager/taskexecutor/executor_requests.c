#include "taskmanager/taskexecutor/task_executor_internal.h"

#include "common/base/check.h"

#include <string.h>

/* The fence that every request passes: incarnation, leader epoch, attempt. */
static enum status check_identity(struct task_executor *executor, const struct rpc_task_id *id,
                                  struct error *error)
{
    if (strcmp(id->taskmanager_id, executor->id) != 0)
        return error_set(error, STATUS_FENCED, "taskmanager %s is gone, this is %s", id->taskmanager_id,
                         executor->id);
    if (strlen(id->job_id) >= HEX_ID_BYTES || strlen(id->vertex_id) >= HEX_ID_BYTES)
        return error_set(error, STATUS_CORRUPT, "a request names a job or vertex by more than 32 digits");
    if (!jobmanager_session_admit(&executor->session, id->leader_epoch, executor_now_ms(executor)))
        return error_set(error, STATUS_FENCED, "leader epoch %llu is over, the newest known is %llu",
                         (unsigned long long)id->leader_epoch, (unsigned long long)executor->session.epoch);
    struct task_key key = task_key_of(id);
    if (executor_is_old_attempt(executor, &key))
        return error_set(error, STATUS_FENCED, "attempt %u of job %s is over", id->attempt, id->job_id);
    return STATUS_OK;
}

static enum status no_such_task(const struct rpc_task_id *id, struct error *error)
{
    return error_set(error, STATUS_NOT_FOUND, "no task %s (%u) of job %s, attempt %u, runs here",
                     id->vertex_id, id->subtask, id->job_id, id->attempt);
}

static struct task *find_task(struct task_executor *executor, const struct rpc_task_id *id)
{
    struct task_key key = task_key_of(id);
    struct task_entry *entry = executor_find(executor, &key);
    return entry == NULL ? NULL : entry->task;
}

static enum status answer_deploy(struct task_executor *executor, struct bytes_view payload,
                                 struct error *error)
{
    struct arena *arena = arena_create(8192);
    struct rpc_deploy deploy;
    enum status status = rpc_deploy_decode(payload, arena, &deploy, error);
    if (status == STATUS_OK)
        status = check_identity(executor, &deploy.task, error);
    struct task_key key = {0};
    if (status == STATUS_OK)
        key = task_key_of(&deploy.task);
    bool is_known = status == STATUS_OK &&
                    (executor_find(executor, &key) != NULL || executor_has_tombstone(executor, &key));
    if (status != STATUS_OK || is_known) {
        arena_free(arena);
        return status;
    }
    return executor_deploy(executor, arena, &deploy, error);
}

static enum status answer_cancel(struct task_executor *executor, struct arena *arena,
                                 struct bytes_view payload, struct error *error)
{
    struct rpc_cancel_task message;
    enum status status = rpc_cancel_task_decode(payload, arena, &message, error);
    if (status == STATUS_OK)
        status = check_identity(executor, &message.task, error);
    if (status != STATUS_OK)
        return status;
    struct task_key key = task_key_of(&message.task);
    struct task_entry *entry = executor_find(executor, &key);
    if (entry != NULL && entry->task != NULL)
        task_cancel(entry->task, NULL);
    if (entry != NULL || executor_has_tombstone(executor, &key))
        return STATUS_OK;
    /* It never came, and if it comes later it is not to start: the jobmanager waits to hear of its end. */
    executor_add_tombstone(executor, &key);
    executor_add_state(executor, executor_add_entry(executor, &key), RPC_TASK_CANCELED, NULL);
    return STATUS_OK;
}

static enum status answer_trigger(struct task_executor *executor, struct arena *arena,
                                  struct bytes_view payload, struct error *error)
{
    struct rpc_trigger_checkpoint message;
    enum status status = rpc_trigger_checkpoint_decode(payload, arena, &message, error);
    if (status == STATUS_OK)
        status = check_identity(executor, &message.task, error);
    if (status != STATUS_OK)
        return status;
    struct task *task = find_task(executor, &message.task);
    if (task == NULL)
        return no_such_task(&message.task, error);
    if (message.checkpoint_id == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "checkpoints count from 1");
    if (task_has_gate(task))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "only sources are triggered: the barriers of vertex %s come from its channels",
                         message.task.vertex_id);
    task_trigger_checkpoint(task, &message);
    return STATUS_OK;
}

static enum status answer_notify(struct task_executor *executor, struct arena *arena,
                                 struct bytes_view payload, struct error *error)
{
    struct rpc_notify_checkpoint message;
    enum status status = rpc_notify_checkpoint_decode(payload, arena, &message, error);
    if (status == STATUS_OK)
        status = check_identity(executor, &message.task, error);
    if (status != STATUS_OK)
        return status;
    struct task *task = find_task(executor, &message.task);
    if (task == NULL)
        return no_such_task(&message.task, error);
    task_notify_checkpoint(task, &message);
    return STATUS_OK;
}

static enum status answer(struct task_executor *executor, uint16_t method, struct bytes_view payload,
                          struct error *error)
{
    if (executor->is_stopping)
        return error_set(error, STATUS_UNAVAILABLE, "taskmanager %s is stopping", executor->id);
    if (method == RPC_DEPLOY)
        return answer_deploy(executor, payload, error);
    struct arena *arena = arena_create(1024);
    enum status status;
    switch (method) {
    case RPC_CANCEL_TASK: status = answer_cancel(executor, arena, payload, error); break;
    case RPC_TRIGGER_CHECKPOINT: status = answer_trigger(executor, arena, payload, error); break;
    case RPC_NOTIFY_CHECKPOINT: status = answer_notify(executor, arena, payload, error); break;
    default: status = error_set(error, STATUS_UNSUPPORTED, "a taskmanager does not answer method %u", method);
    }
    arena_free(arena);
    return status;
}

void executor_answer(struct task_executor *executor, struct executor_event *event)
{
    struct error error;
    error_clear(&error);
    enum status status = answer(executor, event->method, buffer_view(&event->payload), &error);
    if (status != STATUS_OK)
        log_line(executor->options.process->log, LOG_WARN, "taskexecutor", "request refused: %s",
                 error.message);
    transport_request_reply(event->request, status, (struct bytes_view){0}, &error);
    event->request = NULL;
}
