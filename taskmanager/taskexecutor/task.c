#include "taskmanager/taskexecutor/task_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

/* Any thread; also called by operators and by the collect channel. */
static void wake_task(void *context)
{
    struct task *task = context;
    atomic_store(&task->is_woken, true);
    event_queue_wake(task->mailbox);
}

/* Any thread. */
static void wake_input(void *context)
{
    event_queue_wake(((struct task *)context)->mailbox);
}

static void post(struct task *task, struct task_letter letter)
{
    event_queue_push(task->mailbox, mem_dup(&letter, sizeof letter));
    operator_chain_wake_source(task->chain);
}

/* The thread of uploads. */
static void on_uploaded(void *context, struct task_upload *upload)
{
    post(context, (struct task_letter){.kind = LETTER_UPLOADED, .upload = upload});
}

struct task *task_create(const struct task_options *options)
{
    struct task *task = mem_calloc(1, sizeof *task);
    task->options = *options;
    task->mailbox = event_queue_create(free);
    task->deferred = event_queue_create(free);
    task->channel = collect_channel_create();
    CHECK(pthread_mutex_init(&task->cancel_mutex, NULL) == 0);
    atomic_init(&task->status, RPC_TASK_DEPLOYING);
    atomic_init(&task->cancelled_ms, -1);
    error_clear(&task->error);
    struct operator_chain_options chain_options = {
        .environment = options->environment,
        .graph = options->graph,
        .vertex = options->vertex,
        .deploy = options->deploy,
        .channel = task->channel,
        .wake = wake_task,
        .wake_input = wake_input,
        .wake_context = task,
    };
    task->chain = operator_chain_create(&chain_options);
    task->uploads = task_uploads_create(options->environment->process, on_uploaded, task);
    return task;
}

enum status task_start(struct task *task, struct error *error)
{
    int failure = pthread_create(&task->thread, NULL, task_main, task);
    if (failure != 0)
        return error_set_errno(error, failure, "cannot start a thread for %s", task->options.vertex->name);
    task->is_started = true;
    return STATUS_OK;
}

void task_free(struct task *task)
{
    if (task == NULL)
        return;
    if (task->is_started)
        pthread_join(task->thread, NULL);
    task_uploads_free(task->uploads);
    operator_chain_free(task->chain);
    collect_channel_unref(task->channel);
    event_queue_free(task->mailbox);
    event_queue_free(task->deferred);
    chain_snapshot_free(&task->barrier.snapshot);
    free(task->drain);
    pthread_mutex_destroy(&task->cancel_mutex);
    plan_job_graph_free(task->options.graph);
    arena_free(task->options.arena);
    free(task);
}

void task_trigger_checkpoint(struct task *task, const struct rpc_trigger_checkpoint *trigger)
{
    CHECK(trigger->checkpoint_id != 0 && !task_has_gate(task));
    post(task, (struct task_letter){.kind = LETTER_TRIGGER,
                                    .barrier = {.checkpoint_id = trigger->checkpoint_id,
                                                .kind = trigger->kind,
                                                .durable_id = trigger->durable_id,
                                                .trigger_ms = trigger->timestamp_ms},
                                    .is_drain = trigger->kind == RPC_SAVEPOINT_STOP && trigger->is_drain});
}

void task_notify_checkpoint(struct task *task, const struct rpc_notify_checkpoint *notification)
{
    post(task, (struct task_letter){.kind = LETTER_NOTIFY,
                                    .barrier = {.checkpoint_id = notification->checkpoint_id},
                                    .is_aborted = notification->is_aborted,
                                    .is_final = notification->is_final});
}

void task_cancel(struct task *task, const struct error *reason)
{
    pthread_mutex_lock(&task->cancel_mutex);
    if (!atomic_load(&task->is_cancelled)) {
        task->has_reason = reason != NULL;
        if (reason != NULL)
            task->reason = *reason;
        atomic_store(&task->cancelled_ms, clock_monotonic_ms(&task->options.environment->process->clock));
        atomic_store(&task->is_cancelled, true);
    }
    pthread_mutex_unlock(&task->cancel_mutex);
    event_queue_wake(task->mailbox);
    operator_chain_wake_source(task->chain);
}

int64_t task_cancelled_ms(const struct task *task)
{
    return atomic_load(&task->cancelled_ms);
}

enum rpc_task_status task_status(const struct task *task)
{
    return (enum rpc_task_status)atomic_load(&task->status);
}

const struct rpc_task_id *task_id(const struct task *task)
{
    return &task->options.deploy->task;
}

uint32_t task_slot(const struct task *task)
{
    return task->options.deploy->slot;
}

bool task_has_gate(const struct task *task)
{
    return operator_chain_has_gate(task->chain);
}

struct collect_channel *task_collect_channel(struct task *task)
{
    return task->channel;
}

void task_report(const struct task *task, struct arena *arena, struct rpc_task_report *ret_report)
{
    *ret_report = (struct rpc_task_report){
        .task = *task_id(task),
        .status = task_status(task),
        .busy_ms = atomic_load_explicit(&task->busy_us, memory_order_relaxed) / 1000,
        .idle_ms = atomic_load_explicit(&task->idle_us, memory_order_relaxed) / 1000,
        .backpressured_ms = atomic_load_explicit(&task->backpressured_us, memory_order_relaxed) / 1000,
    };
    operator_chain_report(task->chain, arena, ret_report);
}

void task_end(const struct task *task, enum rpc_task_status *ret_status, struct error *ret_error)
{
    *ret_status = task_status(task);
    CHECK(*ret_status >= RPC_TASK_FINISHED);
    error_clear(ret_error);
    if (*ret_status == RPC_TASK_FAILED)
        *ret_error = task->error;
}
