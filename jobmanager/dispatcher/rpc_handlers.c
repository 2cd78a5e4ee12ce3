/* What taskmanagers ask: taken on the transport's threads, answered by the dispatcher's. */
#include "common/base/memory.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <stdlib.h>

enum { REQUEST_ARENA_BYTES = 4096 };

struct request_event {
    struct event event;
    struct transport_request *request;
    uint16_t method;
    struct buffer payload;
};

static void reply_error(struct transport_request *request, const struct error *error)
{
    transport_request_reply(request, error->code, (struct bytes_view){0}, error);
}

static void drop_request(struct event *event)
{
    struct request_event *request = (struct request_event *)event;
    struct error error;
    error_set(&error, STATUS_UNAVAILABLE, "this jobmanager is stopping");
    reply_error(request->request, &error);
    buffer_free(&request->payload);
    free(request);
}

static enum execution_state execution_state_of(enum rpc_task_status status)
{
    switch (status) {
    case RPC_TASK_DEPLOYING: return EXECUTION_DEPLOYING;
    case RPC_TASK_INITIALIZING: return EXECUTION_INITIALIZING;
    case RPC_TASK_RUNNING: return EXECUTION_RUNNING;
    case RPC_TASK_END_OF_INPUT: return EXECUTION_END_OF_INPUT;
    case RPC_TASK_FINISHED: return EXECUTION_FINISHED;
    case RPC_TASK_CANCELED: return EXECUTION_CANCELED;
    case RPC_TASK_FAILED: return EXECUTION_FAILED;
    }
    return EXECUTION_FAILED;
}

enum status dispatcher_identify_task(struct dispatcher *dispatcher, const struct rpc_task_id *task,
                                     struct job **ret_job, struct task_identity *ret_identity,
                                     struct error *error)
{
    struct job *job = dispatcher_find_job(dispatcher, task->job_id);
    if (job == NULL || job->master == NULL)
        return error_set(error, STATUS_FENCED, "the job %s does not run", task->job_id);
    int32_t vertex = job_vertex_index(job, task->vertex_id);
    if (vertex < 0)
        return error_set(error, STATUS_FENCED, "the job %s has no vertex %s", task->job_id, task->vertex_id);
    *ret_job = job;
    *ret_identity = (struct task_identity){
        .leader_epoch = task->leader_epoch,
        .attempt = task->attempt,
        .vertex = (uint32_t)vertex,
        .subtask = task->subtask,
        .taskmanager_id = task->taskmanager_id,
    };
    return STATUS_OK;
}

static enum status handle_register(struct dispatcher *dispatcher, struct bytes_view payload,
                                   struct arena *arena, struct buffer *reply, struct error *error)
{
    struct rpc_register message;
    enum status status = rpc_register_decode(payload, arena, &message, error);
    if (status != STATUS_OK)
        return status;
    struct taskmanager_registration registration = {
        .id = message.taskmanager_id,
        .address = message.address,
        .data_address = message.data_address,
        .host = message.host,
        .protocol_version = message.protocol_version,
        .build_version = message.build_version,
        .num_slots = message.num_slots,
        .cpu_cores = message.cpu_cores,
        .memory_bytes = message.memory_bytes,
        .pid = message.pid,
    };
    status =
        resourcemanager_register(dispatcher->resources, &registration, dispatcher_now_ms(dispatcher), error);
    if (status != STATUS_OK)
        return status;
    struct rpc_register_reply answer = {
        .leader_epoch = dispatcher->epoch,
        .heartbeat_interval_ms = dispatcher->heartbeat_interval_ms,
        .heartbeat_timeout_ms = dispatcher->heartbeat_timeout_ms,
    };
    rpc_register_reply_encode(&answer, reply);
    return STATUS_OK;
}

static void keep_metrics(struct job *job, const struct task_identity *identity,
                         const struct rpc_task_report *report)
{
    const struct execution *execution =
        scheduler_execution(job_master_scheduler(job->master), identity->vertex, identity->subtask);
    if (execution == NULL)
        return;
    task_metrics_take(&job->metrics[execution->index], job->graph, &job->graph->vertices[execution->vertex],
                      report, dispatcher_now_ms(job->dispatcher));
}

/* A task that does not belong here any more is told to go. */
static void cancel_stray(struct dispatcher *dispatcher, const struct rpc_task_report *report)
{
    struct transport_peer *peer = dispatcher_peer(dispatcher, report->task.taskmanager_id);
    if (peer == NULL || report->status >= RPC_TASK_FINISHED)
        return;
    struct rpc_cancel_task message = {.task = report->task};
    struct buffer payload = {0};
    rpc_cancel_task_encode(&message, &payload);
    transport_call(peer, RPC_CANCEL_TASK, buffer_view(&payload), CALL_DEADLINE_MS, NULL, NULL);
    buffer_free(&payload);
}

static void take_report(struct dispatcher *dispatcher, const struct rpc_task_report *report)
{
    struct job *job = NULL;
    struct task_identity identity;
    struct error error, failure;
    error_set(&failure, STATUS_UNAVAILABLE, "the task failed; its taskmanager could not say why");
    enum status status = dispatcher_identify_task(dispatcher, &report->task, &job, &identity, &error);
    if (status == STATUS_OK)
        status = job_master_task_state(job->master, &identity, execution_state_of(report->status), &failure,
                                       dispatcher_now_ms(dispatcher), &error);
    if (status == STATUS_FENCED) {
        cancel_stray(dispatcher, report);
    } else if (status == STATUS_OK && job->master != NULL) {
        keep_metrics(job, &identity, report);
        job->is_dirty = true;
    }
}

static enum status handle_heartbeat(struct dispatcher *dispatcher, struct bytes_view payload,
                                    struct arena *arena, struct buffer *reply, struct error *error)
{
    struct rpc_heartbeat message;
    enum status status = rpc_heartbeat_decode(payload, arena, &message, error);
    if (status != STATUS_OK)
        return status;
    struct rpc_heartbeat_reply answer = {.leader_epoch = dispatcher->epoch};
    answer.is_known =
        message.leader_epoch == dispatcher->epoch &&
        resourcemanager_heartbeat(dispatcher->resources, message.taskmanager_id, message.resident_bytes,
                                  message.cpu_ms, dispatcher_now_ms(dispatcher));
    for (size_t i = 0; i < message.num_reports && answer.is_known; i++)
        take_report(dispatcher, &message.reports[i]);
    dispatcher->is_dirty = true;
    rpc_heartbeat_reply_encode(&answer, reply);
    return STATUS_OK;
}

static enum status handle_task_state(struct dispatcher *dispatcher, struct bytes_view payload,
                                     struct arena *arena, struct error *error)
{
    struct rpc_task_state message;
    struct job *job;
    struct task_identity identity;
    enum status status = rpc_task_state_decode(payload, arena, &message, error);
    if (status == STATUS_OK)
        status = dispatcher_identify_task(dispatcher, &message.task, &job, &identity, error);
    if (status != STATUS_OK)
        return status;
    job->is_dirty = true;
    return job_master_task_state(job->master, &identity, execution_state_of(message.status), &message.error,
                                 dispatcher_now_ms(dispatcher), error);
}

static enum status handle_collect(struct dispatcher *dispatcher, struct bytes_view payload,
                                  struct arena *arena, struct error *error)
{
    struct rpc_collect message;
    struct job *job;
    struct task_identity identity;
    enum status status = rpc_collect_decode(payload, arena, &message, error);
    if (status == STATUS_OK)
        status = dispatcher_identify_task(dispatcher, &message.task, &job, &identity, error);
    if (status != STATUS_OK)
        return status;
    if (job->collect == NULL)
        return error_set(error, STATUS_NOT_FOUND, "the job %s collects no rows", job->id);
    if (identity.leader_epoch != dispatcher->epoch ||
        identity.attempt != scheduler_attempt(job_master_scheduler(job->master)))
        return error_set(error, STATUS_FENCED, "rows of an earlier attempt");
    return collect_result_put(job->collect, identity.vertex, &message, error);
}

static enum status handle(struct dispatcher *dispatcher, const struct request_event *request,
                          struct arena *arena, struct buffer *reply, struct error *error)
{
    struct bytes_view payload = buffer_view(&request->payload);
    switch (request->method) {
    case RPC_REGISTER: return handle_register(dispatcher, payload, arena, reply, error);
    case RPC_HEARTBEAT: return handle_heartbeat(dispatcher, payload, arena, reply, error);
    case RPC_TASK_STATE: return handle_task_state(dispatcher, payload, arena, error);
    case RPC_ACKNOWLEDGE: return dispatcher_handle_acknowledge(dispatcher, payload, arena, error);
    case RPC_DECLINE: return dispatcher_handle_decline(dispatcher, payload, arena, error);
    case RPC_COLLECT: return handle_collect(dispatcher, payload, arena, error);
    default:
        return error_set(error, STATUS_UNSUPPORTED, "a jobmanager does not answer method %u",
                         request->method);
    }
}

static void run_request(struct dispatcher *dispatcher, struct event *event)
{
    struct request_event *request = (struct request_event *)event;
    struct arena *arena = arena_create(REQUEST_ARENA_BYTES);
    struct buffer reply = {0};
    struct error error;
    error_clear(&error);
    enum status status = handle(dispatcher, request, arena, &reply, &error);
    transport_request_reply(request->request, status, buffer_view(&reply), &error);
    buffer_free(&reply);
    arena_free(arena);
    buffer_free(&request->payload);
    free(request);
}

void dispatcher_handle_request(void *context, struct transport_request *request, uint16_t method,
                               struct bytes_view payload)
{
    struct dispatcher *dispatcher = context;
    if (!atomic_load(&dispatcher->is_leading)) {
        struct error error;
        error_set(&error, STATUS_UNAVAILABLE, "this jobmanager does not lead");
        reply_error(request, &error);
        return;
    }
    struct request_event *event = mem_calloc(1, sizeof *event);
    event->event = (struct event){.run = run_request, .drop = drop_request};
    event->request = request;
    event->method = method;
    buffer_append(&event->payload, payload.data, payload.size);
    dispatcher_post(dispatcher, &event->event);
}
