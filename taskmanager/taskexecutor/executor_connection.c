#include "taskmanager/taskexecutor/task_executor_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/leader_record/leader_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { REGISTER_DEADLINE_MS = 500, MESSAGE_DEADLINE_MS = 5000 };
#define BUILD_VERSION "0.1.0"

/* Waits for a reply with the transport. */
struct executor_call {
    struct task_executor *executor;
    enum executor_call_kind kind;
    uint64_t number;
};

/* A thread of the transport. */
static void on_reply(void *context, enum status status, struct bytes_view payload, const struct error *error)
{
    struct executor_call *call = context;
    struct executor_event *event = mem_calloc(1, sizeof *event);
    event->kind = EXECUTOR_REPLY;
    event->call = call->kind;
    event->number = call->number;
    event->status = status;
    if (status == STATUS_OK)
        buffer_append(&event->payload, payload.data, payload.size);
    else
        event->error = mem_dup(error, sizeof *error);
    event_queue_push(call->executor->events, event);
    free(call);
}

static void on_connection(void *context, bool is_lost)
{
    struct task_executor *executor = context;
    struct executor_event *event = mem_calloc(1, sizeof *event);
    event->kind = EXECUTOR_CONNECTION;
    event->is_lost = is_lost;
    event_queue_push(executor->events, event);
}

static void call_jobmanager(struct task_executor *executor, enum executor_call_kind kind, uint64_t number,
                            uint16_t method, struct bytes_view payload, int64_t deadline_ms)
{
    CHECK(executor->peer != NULL);
    struct executor_call *call = mem_alloc(sizeof *call);
    *call = (struct executor_call){executor, kind, number};
    transport_call(executor->peer, method, payload, deadline_ms, on_reply, call);
}

/* Reads the record of the folder: a short read of a small file, on the executor's thread, and only while
 * there is no leader or it did not answer. */
static void resolve(struct task_executor *executor)
{
    int64_t now_ms = executor_now_ms(executor);
    if (executor->folder == NULL) {
        jobmanager_session_on_resolved(&executor->session, executor->jobmanager_address, 0, now_ms);
        return;
    }
    struct leader_record record;
    struct error error;
    enum status status = leader_record_read_uri(executor->folder, &record, &error);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        log_line(executor->options.process->log, LOG_WARN, "taskexecutor", "cannot find the leader: %s",
                 error.message);
    jobmanager_session_on_resolved(&executor->session, status == STATUS_OK ? record.rpc_address : NULL,
                                   status == STATUS_OK ? record.epoch : 0, now_ms);
}

static void connect_to(struct task_executor *executor, const char *address)
{
    transport_peer_free(executor->peer);
    executor->peer = NULL;
    struct error error;
    if (transport_dial(executor->options.transport, address, on_connection, executor, &executor->peer,
                       &error) != STATUS_OK)
        log_line(executor->options.process->log, LOG_ERROR, "taskexecutor",
                 "cannot dial the jobmanager at %s: %s", address, error.message);
}

static void send_register(struct task_executor *executor, uint64_t round)
{
    struct rpc_register message = {
        .taskmanager_id = executor->id,
        .address = executor->address,
        .data_address = exchange_hub_address(executor->environment.hub),
        .host = executor->host,
        .protocol_version = RPC_VERSION,
        .build_version = BUILD_VERSION,
        .num_slots = executor->options.num_slots,
        .cpu_cores = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
        .memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE),
        .pid = getpid(),
    };
    struct buffer payload = {0};
    rpc_register_encode(&message, &payload);
    call_jobmanager(executor, CALL_REGISTER, round, RPC_REGISTER, buffer_view(&payload),
                    REGISTER_DEADLINE_MS);
    buffer_free(&payload);
}

static uint64_t resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%*s %lu", &pages) != 1)
        pages = 0;
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A task at its end is told by its last state, which says why. */
static bool is_reported(const struct task_entry *entry)
{
    return entry->task != NULL && !entry->is_void && task_status(entry->task) < RPC_TASK_FINISHED;
}

static void send_heartbeat(struct task_executor *executor, uint64_t round)
{
    size_t count = 0;
    for (struct task_entry *entry = executor->entries; entry != NULL; entry = entry->next)
        count++;
    struct arena *arena = arena_create(4096);
    struct rpc_task_report *reports = arena_calloc(arena, count + 1, sizeof *reports);
    count = 0;
    for (struct task_entry *entry = executor->entries; entry != NULL; entry = entry->next)
        if (is_reported(entry))
            task_report(entry->task, arena, &reports[count++]);
    struct timespec cpu = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    struct rpc_heartbeat message = {
        .leader_epoch = executor->session.epoch,
        .taskmanager_id = executor->id,
        .num_free_slots = executor_count_free_slots(executor),
        .resident_bytes = resident_bytes(),
        .cpu_ms = cpu.tv_sec * 1000 + cpu.tv_nsec / 1000000,
        .reports = reports,
        .num_reports = count,
    };
    struct buffer payload = {0};
    rpc_heartbeat_encode(&message, &payload);
    /* Given up at half the timeout, so that there is time to look for another leader. */
    call_jobmanager(executor, CALL_HEARTBEAT, round, RPC_HEARTBEAT, buffer_view(&payload),
                    executor->session.heartbeat_timeout_ms / 2);
    buffer_free(&payload);
    arena_free(arena);
}

void executor_run_session(struct task_executor *executor)
{
    for (;;) {
        struct session_command command =
            jobmanager_session_next(&executor->session, executor_now_ms(executor));
        switch (command.kind) {
        case SESSION_COMMAND_NONE: return;
        case SESSION_COMMAND_RESOLVE: resolve(executor); break;
        case SESSION_COMMAND_CONNECT: connect_to(executor, command.address); break;
        case SESSION_COMMAND_CANCEL: executor_cancel_epochs(executor, &command); break;
        case SESSION_COMMAND_REGISTER:
            if (executor->peer == NULL)
                connect_to(executor, executor->session.address);
            if (executor->peer != NULL)
                send_register(executor, command.round);
            else
                jobmanager_session_on_register_reply(&executor->session, command.round, STATUS_UNAVAILABLE,
                                                     NULL, executor_now_ms(executor));
            break;
        case SESSION_COMMAND_HEARTBEAT: send_heartbeat(executor, command.round); break;
        }
    }
}

static void send_collected(struct task_executor *executor, struct task_entry *entry, int64_t now_ms)
{
    struct collect_rows_message rows;
    if (entry->task == NULL || entry->is_void || entry->is_collect_under_way ||
        now_ms < entry->collect_retry_ms || !collect_channel_peek(task_collect_channel(entry->task), &rows))
        return;
    struct rpc_collect message = {
        .task = task_key_id(&entry->key, executor->id),
        .sink_id = rows.sink_id,
        .sequence = rows.sequence,
        .rows = rows.rows,
        .num_rows = rows.num_rows,
    };
    struct buffer payload = {0};
    rpc_collect_encode(&message, &payload);
    entry->is_collect_under_way = true;
    call_jobmanager(executor, CALL_COLLECT, entry->number, RPC_COLLECT, buffer_view(&payload),
                    MESSAGE_DEADLINE_MS);
    buffer_free(&payload);
}

void executor_send_messages(struct task_executor *executor)
{
    int64_t now_ms = executor_now_ms(executor);
    struct task_entry *next;
    for (struct task_entry *entry = executor->entries; entry != NULL; entry = next) {
        next = entry->next;
        bool is_told = entry->is_void || entry->outbox.first == NULL;
        if (entry->task == NULL && is_told) {
            executor_remove_entry(executor, entry);
            continue;
        }
        if (!jobmanager_session_is_connected(&executor->session, entry->key.epoch))
            continue;
        send_collected(executor, entry, now_ms);
        const struct outbox_message *message = outbox_next(&entry->outbox, now_ms);
        if (message != NULL)
            call_jobmanager(executor, CALL_OUTBOX, entry->number, message->method,
                            buffer_view(&message->payload), MESSAGE_DEADLINE_MS);
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t executor_deadline_ms(const struct task_executor *executor)
{
    int64_t deadline_ms = jobmanager_session_deadline_ms(&executor->session);
    for (const struct task_entry *entry = executor->entries; entry != NULL; entry = entry->next) {
        if (!jobmanager_session_is_connected(&executor->session, entry->key.epoch))
            continue;
        deadline_ms = earlier(deadline_ms, outbox_deadline_ms(&entry->outbox));
        if (entry->collect_retry_ms > 0 && !entry->is_collect_under_way)
            deadline_ms = earlier(deadline_ms, entry->collect_retry_ms);
    }
    return deadline_ms;
}
