#include "taskmanager/taskexecutor/task_executor_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

/* What tasks say, on their threads: it only becomes events. */
static void on_message(void *context, struct task *task, uint16_t method, struct buffer *payload)
{
    struct task_executor *executor = context;
    struct executor_event *event = mem_calloc(1, sizeof *event);
    event->kind = EXECUTOR_TASK_MESSAGE;
    event->method = method;
    event->payload = *payload;
    event->task = task;
    *payload = (struct buffer){0};
    event_queue_push(executor->events, event);
}

static void on_exit_of_task(void *context, struct task *task)
{
    struct task_executor *executor = context;
    struct executor_event *event = mem_calloc(1, sizeof *event);
    event->kind = EXECUTOR_TASK_EXIT;
    event->task = task;
    event_queue_push(executor->events, event);
}

struct task_listener executor_task_listener(struct task_executor *executor)
{
    return (struct task_listener){.context = executor, .on_message = on_message, .on_exit = on_exit_of_task};
}

void executor_on_task_message(struct task_executor *executor, struct executor_event *event)
{
    struct task_entry *entry = executor_find_task(executor, event->task);
    CHECK(entry != NULL);
    if (entry->is_void)
        return;
    outbox_add(&entry->outbox, event->method, &event->payload);
    /* Its counters are final now, and it may be gone before the next interval: they go ahead of the message.
     */
    if (task_status(event->task) == RPC_TASK_END_OF_INPUT)
        jobmanager_session_beat_now(&executor->session, executor_now_ms(executor));
}

void executor_add_state(struct task_executor *executor, struct task_entry *entry, enum rpc_task_status status,
                        const struct error *error)
{
    struct rpc_task_state message = {.task = task_key_id(&entry->key, executor->id), .status = status};
    error_clear(&message.error);
    if (error != NULL)
        message.error = *error;
    struct buffer payload = {0};
    rpc_task_state_encode(&message, &payload);
    outbox_add(&entry->outbox, RPC_TASK_STATE, &payload);
    buffer_free(&payload);
}

static void log_end(struct task_executor *executor, const struct task_entry *entry,
                    enum rpc_task_status status, const struct error *error)
{
    static const char *const names[] = {
        [RPC_TASK_FINISHED] = "finished", [RPC_TASK_CANCELED] = "canceled", [RPC_TASK_FAILED] = "failed"};
    bool has_failed = status == RPC_TASK_FAILED;
    log_line(executor->options.process->log, has_failed ? LOG_WARN : LOG_INFO, "taskexecutor",
             "task %s (%u) of job %s, attempt %u, %s%s%s", entry->key.vertex_id, entry->key.subtask,
             entry->key.job_id, entry->key.attempt, names[status], has_failed ? ": " : "",
             has_failed ? error->message : "");
}

/* The slot is free before the jobmanager hears of the end, so that it can deploy there at once. */
void executor_on_task_exit(struct task_executor *executor, struct task *task)
{
    struct task_entry *entry = executor_find_task(executor, task);
    CHECK(entry != NULL);
    enum rpc_task_status status;
    struct error error;
    task_end(task, &status, &error);
    log_end(executor, entry, status, &error);
    collect_channel_on_offer(task_collect_channel(task), NULL, NULL);
    task_free(task);
    entry->task = NULL;
    executor_job_pauses(executor, entry->key.job_id, status == RPC_TASK_FINISHED);
    executor_add_tombstone(executor, &entry->key);
    if (!entry->is_void)
        executor_add_state(executor, entry, status, &error);
}

void executor_void_entry(struct task_entry *entry)
{
    entry->is_void = true;
    outbox_clear(&entry->outbox);
    if (entry->task != NULL)
        task_cancel(entry->task, NULL);
}

void executor_cancel_epochs(struct task_executor *executor, const struct session_command *command)
{
    struct error reason;
    error_set(&reason, STATUS_UNAVAILABLE, "the jobmanager was not heard for %lld ms",
              (long long)executor->session.heartbeat_timeout_ms);
    for (struct task_entry *entry = executor->entries; entry != NULL; entry = entry->next) {
        if (entry->key.epoch == command->epoch)
            continue;
        if (!command->is_leader_unheard)
            executor_void_entry(entry);
        else if (entry->task != NULL)
            task_cancel(entry->task, &reason);
    }
}

static void say_stuck(struct task_executor *executor, const struct task_entry *entry)
{
    executor->is_stuck = true;
    log_line(executor->options.process->log, LOG_ERROR, "taskexecutor",
             "task %s (%u) of job %s, attempt %u, was told to end %lld ms ago and does not "
             "(task.cancellation.timeout): is there a file system that gives no answer?",
             entry->key.vertex_id, entry->key.subtask, entry->key.job_id, entry->key.attempt,
             (long long)executor->options.cancellation_timeout_ms);
    if (executor->on_stuck != NULL)
        executor->on_stuck(executor->stuck_context);
}

int64_t executor_watch_cancelled(struct task_executor *executor)
{
    int64_t timeout_ms = executor->options.cancellation_timeout_ms, next_ms = INT64_MAX;
    int64_t now_ms = executor_now_ms(executor);
    for (const struct task_entry *entry = executor->entries;
         entry != NULL && timeout_ms > 0 && !executor->is_stuck; entry = entry->next) {
        int64_t cancelled_ms = entry->task == NULL ? -1 : task_cancelled_ms(entry->task);
        if (cancelled_ms < 0)
            continue;
        if (now_ms >= cancelled_ms + timeout_ms)
            say_stuck(executor, entry);
        else if (cancelled_ms + timeout_ms < next_ms)
            next_ms = cancelled_ms + timeout_ms;
    }
    return next_ms;
}
