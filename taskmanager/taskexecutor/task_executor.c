#include "taskmanager/taskexecutor/task_executor_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/base/thread_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t executor_now_ms(const struct task_executor *executor)
{
    return clock_monotonic_ms(&executor->options.process->clock);
}

void executor_event_free(void *pointer)
{
    struct executor_event *event = pointer;
    if (event == NULL)
        return;
    if (event->request != NULL) {
        struct error error;
        error_set(&error, STATUS_UNAVAILABLE, "the taskmanager has stopped");
        transport_request_reply(event->request, STATUS_UNAVAILABLE, (struct bytes_view){0}, &error);
    }
    buffer_free(&event->payload);
    free(event->error);
    free(event);
}

static char *dup_or_null(const char *text)
{
    return text == NULL ? NULL : mem_strdup(text);
}

struct task_executor *task_executor_create(const struct task_executor_options *options)
{
    CHECK(options->num_slots > 0 && options->factory != NULL);
    CHECK(options->folder != NULL || options->jobmanager_address != NULL);
    CHECK(options->temporary_folder != NULL);
    struct task_executor *executor = mem_calloc(1, sizeof *executor);
    executor->options = *options;
    executor->listen_address = mem_strdup(options->listen_address);
    executor->data_address = mem_strdup(options->data_address);
    executor->host = mem_strdup(options->host);
    executor->jobmanager_address = dup_or_null(options->jobmanager_address);
    executor->folder = dup_or_null(options->folder);
    executor->events = event_queue_create(executor_event_free);
    struct uuid uuid = uuid_generate();
    uuid_format_hex(&uuid, executor->id);
    executor->environment = (struct task_environment){
        .process = options->process,
        .factory = options->factory,
        .working_folder =
            working_folder_create(options->temporary_folder, executor->id, options->process->log),
        .state_backend = options->state_backend,
        .slot_memory_bytes = options->managed_memory_bytes / options->num_slots,
        .recovers_locally = options->recovers_locally,
    };
    return executor;
}

void task_executor_on_stuck(struct task_executor *executor, task_executor_stuck_callback *callback,
                            void *context)
{
    CHECK(!executor->is_started);
    executor->on_stuck = callback;
    executor->stuck_context = context;
}

const char *task_executor_id(const struct task_executor *executor)
{
    return executor->id;
}

/* A thread of the transport. */
static void on_request(void *context, struct transport_request *request, uint16_t method,
                       struct bytes_view payload)
{
    struct task_executor *executor = context;
    struct executor_event *event = mem_calloc(1, sizeof *event);
    event->kind = EXECUTOR_REQUEST;
    event->method = method;
    event->request = request;
    buffer_append(&event->payload, payload.data, payload.size);
    event_queue_push(executor->events, event);
}

static void begin_stop(struct task_executor *executor)
{
    executor->is_stopping = true;
    for (struct task_entry *entry = executor->entries; entry != NULL; entry = entry->next)
        executor_void_entry(entry);
}

static void handle(struct task_executor *executor, struct executor_event *event)
{
    switch (event->kind) {
    case EXECUTOR_REQUEST: executor_answer(executor, event); break;
    case EXECUTOR_REPLY: executor_on_reply(executor, event); break;
    case EXECUTOR_CONNECTION:
        jobmanager_session_on_connection(&executor->session, event->is_lost, executor_now_ms(executor));
        break;
    case EXECUTOR_TASK_MESSAGE: executor_on_task_message(executor, event); break;
    case EXECUTOR_TASK_EXIT: executor_on_task_exit(executor, event->task); break;
    case EXECUTOR_COLLECT: break; /* rows are there: they are sent with the other messages */
    case EXECUTOR_STOP: begin_stop(executor); break;
    }
}

/* The executor's thread. */
static void *run(void *context)
{
    struct task_executor *executor = context;
    thread_set_name("taskexecutor");
    while (!executor->is_stopping || executor->entries != NULL) {
        if (!executor->is_stopping)
            executor_run_session(executor);
        executor_send_messages(executor);
        if (executor->is_stopping && executor->entries == NULL)
            break;
        int64_t forget_ms = executor_forget_jobs(executor);
        int64_t deadline_ms = executor->is_stopping ? INT64_MAX : executor_deadline_ms(executor);
        int64_t watch_ms = executor->is_stopping ? INT64_MAX : executor_watch_cancelled(executor);
        deadline_ms = forget_ms < deadline_ms ? forget_ms : deadline_ms;
        deadline_ms = watch_ms < deadline_ms ? watch_ms : deadline_ms;
        int64_t now_ms = executor_now_ms(executor);
        int64_t wait_ms = deadline_ms == INT64_MAX ? -1 : deadline_ms > now_ms ? deadline_ms - now_ms : 0;
        struct executor_event *event = event_queue_pop(executor->events, wait_ms);
        if (event != NULL)
            handle(executor, event);
        executor_event_free(event);
    }
    return NULL;
}

/* What others dial: the port that was bound, at the name they know us by. */
static void find_address(struct task_executor *executor)
{
    const char *bound = transport_server_address(executor->server);
    const char *port = strrchr(bound, ':');
    if (strncmp(bound, "tcp://", 6) == 0 && port != NULL)
        snprintf(executor->address, sizeof executor->address, "tcp://%s%s", executor->host, port);
    else
        snprintf(executor->address, sizeof executor->address, "%s", bound);
}

static enum status start_exchange(struct task_executor *executor, struct error *error)
{
    const struct task_executor_options *options = &executor->options;
    struct exchange_hub_options hub_options = {
        .process = options->process,
        .transport = options->transport,
        .listen_address = executor->data_address,
        .host = executor->host,
        .taskmanager_id = executor->id,
        .compresses = options->compresses_data,
        .heartbeat_interval_ms = options->heartbeat_interval_ms,
        .heartbeat_timeout_ms = options->heartbeat_timeout_ms,
    };
    if (exchange_hub_create(&hub_options, &executor->environment.hub, error) == STATUS_OK)
        return STATUS_OK;
    return error_prefix(error, "the taskmanager cannot listen for rows (taskmanager.data.port)");
}

static void stop_serving(struct task_executor *executor)
{
    transport_server_free(executor->server);
    executor->server = NULL;
    exchange_hub_free(executor->environment.hub);
    executor->environment.hub = NULL;
}

enum status task_executor_start(struct task_executor *executor, struct error *error)
{
    CHECK(!executor->is_started);
    jobmanager_session_init(&executor->session, executor->folder != NULL,
                            executor->options.heartbeat_interval_ms, executor->options.heartbeat_timeout_ms,
                            executor_now_ms(executor));
    enum status status = start_exchange(executor, error);
    if (status != STATUS_OK)
        return status;
    status = transport_listen(executor->options.transport, executor->listen_address, on_request, executor,
                              &executor->server, error);
    if (status != STATUS_OK) {
        stop_serving(executor);
        return error_prefix(error, "the taskmanager cannot listen (taskmanager.rpc.port)");
    }
    find_address(executor);
    int failure = pthread_create(&executor->thread, NULL, run, executor);
    if (failure != 0) {
        stop_serving(executor);
        return error_set_errno(error, failure, "cannot start the taskmanager's thread");
    }
    executor->is_started = true;
    return STATUS_OK;
}

void task_executor_stop(struct task_executor *executor)
{
    if (!executor->is_started)
        return;
    struct executor_event *event = mem_calloc(1, sizeof *event);
    event->kind = EXECUTOR_STOP;
    event_queue_push(executor->events, event);
    pthread_join(executor->thread, NULL);
    executor->is_started = false;
    stop_serving(executor);
    transport_peer_free(executor->peer);
    executor->peer = NULL;
}

void task_executor_free(struct task_executor *executor)
{
    if (executor == NULL)
        return;
    task_executor_stop(executor);
    event_queue_free(executor->events);
    working_folder_free(executor->environment.working_folder);
    free(executor->listen_address);
    free(executor->data_address);
    free(executor->host);
    free(executor->jobmanager_address);
    free(executor->folder);
    free(executor);
}
