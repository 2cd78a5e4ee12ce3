#include "taskmanager/taskexecutor/task_executor_internal.h"

#include <inttypes.h>

enum { COLLECT_RETRY_MS = 20, REPLY_ARENA_BYTES = 1024 };

static void on_register_reply(struct task_executor *executor, const struct executor_event *event)
{
    struct rpc_register_reply reply = {0};
    struct error error;
    struct arena *arena = arena_create(REPLY_ARENA_BYTES);
    enum status status = event->status;
    const char *reason = status == STATUS_OK ? NULL : event->error->message;
    if (status == STATUS_OK) {
        status = rpc_register_reply_decode(buffer_view(&event->payload), arena, &reply, &error);
        reason = error.message;
    }
    bool was_registered = executor->session.phase == SESSION_REGISTERED;
    jobmanager_session_on_register_reply(&executor->session, event->number, status, &reply,
                                         executor_now_ms(executor));
    if (executor->session.phase == SESSION_REGISTERED && !was_registered)
        log_line(executor->options.process->log, LOG_INFO, "taskexecutor",
                 "registered at %s, leader epoch %" PRIu64, executor->session.address, reply.leader_epoch);
    else if (status != STATUS_OK && status != STATUS_TIMEOUT && status != STATUS_UNAVAILABLE &&
             status != STATUS_CANCELLED)
        log_line(executor->options.process->log, LOG_WARN, "taskexecutor",
                 "the jobmanager at %s refused the registration: %s", executor->session.address, reason);
    arena_free(arena);
}

static void on_heartbeat_reply(struct task_executor *executor, const struct executor_event *event)
{
    struct rpc_heartbeat_reply reply = {0};
    struct error error;
    struct arena *arena = arena_create(REPLY_ARENA_BYTES);
    enum status status = event->status;
    if (status == STATUS_OK)
        status = rpc_heartbeat_reply_decode(buffer_view(&event->payload), arena, &reply, &error);
    jobmanager_session_on_heartbeat_reply(&executor->session, event->number, status, &reply,
                                          executor_now_ms(executor));
    arena_free(arena);
}

static void on_collect_reply(struct task_executor *executor, struct task_entry *entry,
                             const struct executor_event *event)
{
    entry->is_collect_under_way = false;
    if (entry->task == NULL)
        return;
    switch (event->status) {
    case STATUS_OK:
        entry->collect_retry_ms = 0;
        collect_channel_take_off(task_collect_channel(entry->task));
        break;
    case STATUS_EXHAUSTED:
    case STATUS_UNAVAILABLE:
    case STATUS_TIMEOUT:
    case STATUS_CANCELLED: entry->collect_retry_ms = executor_now_ms(executor) + COLLECT_RETRY_MS; break;
    case STATUS_FENCED: executor_void_entry(entry); break;
    default: task_cancel(entry->task, event->error);
    }
}

static void on_outbox_reply(struct task_executor *executor, struct task_entry *entry,
                            const struct executor_event *event)
{
    enum outbox_outcome outcome = outbox_on_reply(&entry->outbox, event->status, executor_now_ms(executor));
    if (outcome == OUTBOX_FENCED)
        executor_void_entry(entry);
    if (event->status != STATUS_OK && outcome != OUTBOX_RETRY)
        log_line(executor->options.process->log, LOG_WARN, "taskexecutor",
                 "the jobmanager refused a message of task %s (%u), attempt %u: %s", entry->key.vertex_id,
                 entry->key.subtask, entry->key.attempt, event->error->message);
}

void executor_on_reply(struct task_executor *executor, const struct executor_event *event)
{
    if (event->call == CALL_REGISTER) {
        on_register_reply(executor, event);
        return;
    }
    if (event->call == CALL_HEARTBEAT) {
        on_heartbeat_reply(executor, event);
        return;
    }
    struct task_entry *entry = executor_find_number(executor, event->number);
    if (entry == NULL)
        return;
    if (event->call == CALL_COLLECT)
        on_collect_reply(executor, entry, event);
    else
        on_outbox_reply(executor, entry, event);
}
