/* What a job's master tells its tasks. */
#include "common/base/memory.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer that is awaited: which call of which task it was. */
struct call_event {
    struct event event;
    struct dispatcher *dispatcher;
    uint16_t method;
    char job_id[JOB_ID_BYTES];
    char taskmanager_id[TASKMANAGER_ID_BYTES];
    uint32_t vertex, subtask, attempt;
    uint64_t checkpoint_id;
    struct error error;
};

static void take_failed_call(struct job *job, const struct call_event *call)
{
    struct task_identity identity = {
        .leader_epoch = call->dispatcher->epoch,
        .attempt = call->attempt,
        .vertex = call->vertex,
        .subtask = call->subtask,
        .taskmanager_id = call->taskmanager_id,
    };
    int64_t now_ms = dispatcher_now_ms(call->dispatcher);
    struct error ignored; /* a late answer of an earlier attempt */
    enum status status = STATUS_OK;
    struct error failure = call->error;
    /* Refused as another taskmanager's, when one was started anew at the same address, or by one that knows a
     * later leader: neither is the end of the job. */
    if (failure.code == STATUS_FENCED)
        failure.fatal = false;
    if (call->method == RPC_DEPLOY)
        status = job_master_task_state(job->master, &identity, EXECUTION_FAILED, &failure, now_ms, &ignored);
    else if (call->method == RPC_CANCEL_TASK && call->error.code == STATUS_NOT_FOUND)
        status = job_master_task_state(job->master, &identity, EXECUTION_CANCELED, NULL, now_ms, &ignored);
    else if (call->method == RPC_TRIGGER_CHECKPOINT)
        status = job_master_decline(job->master, &identity, call->checkpoint_id, &failure, now_ms, &ignored);
    if (status != STATUS_OK)
        dispatcher_log(call->dispatcher, LOG_DEBUG, "late answer job=%s: %s", job->id, ignored.message);
    job->is_dirty = true;
}

static void run_answer(struct dispatcher *dispatcher, struct event *event)
{
    struct call_event *call = (struct call_event *)event;
    struct job *job = dispatcher_find_job(dispatcher, call->job_id);
    if (job != NULL && job->master != NULL)
        take_failed_call(job, call);
    free(call);
}

/* On the transport's threads. */
static void on_reply(void *context, enum status status, struct bytes_view payload, const struct error *error)
{
    (void)payload;
    struct call_event *call = context;
    if (status == STATUS_OK || status == STATUS_CANCELLED) {
        free(call);
        return;
    }
    call->error = *error;
    dispatcher_post(call->dispatcher, &call->event);
}

static struct rpc_task_id task_id(const struct job *job, const struct execution *execution, uint32_t attempt)
{
    return (struct rpc_task_id){
        .leader_epoch = job->dispatcher->epoch,
        .job_id = job->id,
        .attempt = attempt,
        .vertex_id = job->graph->vertices[execution->vertex].id,
        .subtask = execution->subtask,
        .taskmanager_id = execution->slot.taskmanager_id,
    };
}

static void call_task(struct job *job, const struct execution *execution, uint32_t attempt, uint16_t method,
                      uint64_t checkpoint_id, const struct buffer *payload)
{
    struct dispatcher *dispatcher = job->dispatcher;
    struct call_event *call = mem_calloc(1, sizeof *call);
    call->event.run = run_answer;
    call->dispatcher = dispatcher;
    call->method = method;
    memcpy(call->job_id, job->id, sizeof call->job_id);
    memcpy(call->taskmanager_id, execution->slot.taskmanager_id, sizeof call->taskmanager_id);
    call->vertex = execution->vertex;
    call->subtask = execution->subtask;
    call->attempt = attempt;
    call->checkpoint_id = checkpoint_id;
    struct transport_peer *peer = dispatcher_peer(dispatcher, execution->slot.taskmanager_id);
    if (peer != NULL) {
        transport_call(peer, method, buffer_view(payload), CALL_DEADLINE_MS, on_reply, call);
        return;
    }
    /* Its loss has been seen; the event of it is on its way or was worked on. */
    error_set(&call->error, STATUS_UNAVAILABLE, "the taskmanager %s is not connected",
              execution->slot.taskmanager_id);
    dispatcher_post(dispatcher, &call->event);
}

static void on_request_slots(void *context, uint32_t count)
{
    ((struct job *)context)->slots_wanted = count;
}

static void on_release_slots(void *context)
{
    struct job *job = context;
    resourcemanager_release(job->dispatcher->resources, job->id);
    job->dispatcher->resources_changed = true;
    job->dispatcher->is_dirty = true;
}

struct fail_event {
    struct event event;
    char job_id[JOB_ID_BYTES];
};

static void run_fail(struct dispatcher *dispatcher, struct event *event)
{
    struct fail_event *fail = (struct fail_event *)event;
    struct job *job = dispatcher_find_job(dispatcher, fail->job_id);
    free(fail);
    if (job == NULL || job->master == NULL)
        return;
    struct error error = *scheduler_last_failure(job_master_scheduler(job->master));
    if (error.code == STATUS_OK)
        error_set(&error, STATUS_UNAVAILABLE, "the job was restarted");
    error_prefix(&error, "rows of the result were taken already and would come twice");
    error.fatal = true;
    job_master_fail(job->master, &error, dispatcher_now_ms(dispatcher));
}

static void fail_collected(struct job *job)
{
    struct fail_event *event = mem_calloc(1, sizeof *event);
    event->event.run = run_fail;
    memcpy(event->job_id, job->id, sizeof event->job_id);
    dispatcher_post(job->dispatcher, &event->event);
}

static void start_attempt(struct job *job, const struct execution *execution, uint32_t attempt,
                          const struct checkpoint_metadata *restored)
{
    if (execution->index != 0)
        return;
    dispatcher_log(job->dispatcher, LOG_INFO, "deploy job=%s attempt=%u checkpoint=%llu", job->id, attempt,
                   restored == NULL ? 0ULL : (unsigned long long)restored->checkpoint_id);
    if (job->collect != NULL && !collect_result_start_attempt(job->collect, attempt))
        fail_collected(job);
    for (size_t i = 0; i < job->num_executions; i++)
        task_metrics_clear(&job->metrics[i]);
}

static void on_deploy(void *context, const struct execution *execution, uint32_t attempt,
                      struct checkpoint_metadata *restored)
{
    struct job *job = context;
    start_attempt(job, execution, attempt, restored);
    struct rpc_task_id task = task_id(job, execution, attempt);
    struct buffer payload = {0};
    task_deployment_encode(job, execution, &task, restored, &payload);
    call_task(job, execution, attempt, RPC_DEPLOY, 0, &payload);
    buffer_free(&payload);
}

static void on_cancel_task(void *context, const struct execution *execution, uint32_t attempt)
{
    struct job *job = context;
    struct rpc_cancel_task message = {.task = task_id(job, execution, attempt)};
    struct buffer payload = {0};
    rpc_cancel_task_encode(&message, &payload);
    call_task(job, execution, attempt, RPC_CANCEL_TASK, 0, &payload);
    buffer_free(&payload);
}

static void on_trigger(void *context, const struct execution *execution, uint32_t attempt,
                       const struct coordinator_trigger *trigger)
{
    static const enum rpc_checkpoint_kind kinds[] = {
        [CHECKPOINT_PERIODIC] = RPC_CHECKPOINT_PERIODIC,
        [CHECKPOINT_FINAL] = RPC_CHECKPOINT_FINAL,
        [CHECKPOINT_SAVEPOINT] = RPC_SAVEPOINT,
        [CHECKPOINT_STOP] = RPC_SAVEPOINT_STOP,
    };
    struct job *job = context;
    struct rpc_trigger_checkpoint message = {
        .task = task_id(job, execution, attempt),
        .checkpoint_id = trigger->checkpoint_id,
        .kind = kinds[trigger->kind],
        .is_drain = trigger->is_drain,
        .durable_id = trigger->durable_id,
        .timestamp_ms = dispatcher_wall_ms(job->dispatcher, trigger->now_ms),
    };
    struct buffer payload = {0};
    rpc_trigger_checkpoint_encode(&message, &payload);
    call_task(job, execution, attempt, RPC_TRIGGER_CHECKPOINT, trigger->checkpoint_id, &payload);
    buffer_free(&payload);
}

static void on_notify(void *context, const struct execution *execution, uint32_t attempt,
                      uint64_t checkpoint_id, bool is_aborted, bool is_final)
{
    struct job *job = context;
    struct rpc_notify_checkpoint message = {
        .task = task_id(job, execution, attempt),
        .checkpoint_id = checkpoint_id,
        .is_aborted = is_aborted,
        .is_final = is_final,
    };
    struct buffer payload = {0};
    rpc_notify_checkpoint_encode(&message, &payload);
    call_task(job, execution, attempt, RPC_NOTIFY_CHECKPOINT, checkpoint_id, &payload);
    buffer_free(&payload);
}

struct quarantine_event {
    struct event event;
    char id[TASKMANAGER_ID_BYTES];
};

static void run_quarantine(struct dispatcher *dispatcher, struct event *event)
{
    struct quarantine_event *quarantine = (struct quarantine_event *)event;
    struct error reason;
    error_set(&reason, STATUS_TIMEOUT,
              "the taskmanager %s did not end its cancelled tasks in time (task.cancellation.timeout)",
              quarantine->id);
    resourcemanager_drop(dispatcher->resources, quarantine->id, &reason);
    free(quarantine);
}

static void on_quarantine(void *context, const char *taskmanager_id)
{
    struct job *job = context;
    struct quarantine_event *event = mem_calloc(1, sizeof *event);
    event->event.run = run_quarantine;
    snprintf(event->id, sizeof event->id, "%s", taskmanager_id);
    dispatcher_post(job->dispatcher, &event->event);
}

static void on_state_changed(void *context, enum job_state from, enum job_state to)
{
    struct job *job = context;
    dispatcher_log(job->dispatcher, LOG_INFO, "job state job=%s from=%s to=%s", job->id, job_state_name(from),
                   job_state_name(to));
    if (to == JOB_CANCELLING || job_state_is_terminal(to))
        job_put_state(job, to);
    else
        job_set_state(job, to);
}

static void on_failed(void *context, const struct execution *execution, const struct error *error)
{
    job_add_exception(context, execution, error);
}

void job_rpc_operations(struct job_operations *operations)
{
    operations->request_slots = on_request_slots;
    operations->release_slots = on_release_slots;
    operations->deploy = on_deploy;
    operations->cancel_task = on_cancel_task;
    operations->trigger = on_trigger;
    operations->notify = on_notify;
    operations->quarantine = on_quarantine;
    operations->state_changed = on_state_changed;
    operations->failed = on_failed;
}
