#include "taskmanager/taskexecutor/task_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

static enum status hit(struct task *task, const char *name)
{
    return failpoint(task->options.environment->process->failpoints, name, &task->error);
}

static struct rpc_operator_bytes *list_bytes(const struct chain_state *states, size_t count)
{
    struct rpc_operator_bytes *listed = mem_calloc(count + 1, sizeof *listed);
    for (size_t i = 0; i < count; i++)
        listed[i] = (struct rpc_operator_bytes){states[i].node_id, buffer_view(&states[i].bytes)};
    return listed;
}

static struct rpc_committable *list_committables(const struct chain_snapshot *snapshot)
{
    struct rpc_committable *committables = mem_calloc(snapshot->num_committables + 1, sizeof *committables);
    for (size_t i = 0; i < snapshot->num_committables; i++)
        committables[i] = (struct rpc_committable){snapshot->committables[i].sink_id,
                                                   buffer_view(&snapshot->committables[i].bytes)};
    return committables;
}

/* The one message that hands everything of this subtask over. */
static void send_acknowledgement(struct task *task, const struct task_upload *what)
{
    const struct chain_snapshot *snapshot = &what->snapshot;
    struct rpc_operator_bytes *states = list_bytes(snapshot->states, snapshot->num_states);
    struct rpc_operator_bytes *keyed_states = list_bytes(what->handles, snapshot->num_frozen);
    struct rpc_committable *committables = list_committables(snapshot);
    struct rpc_acknowledge message = {
        .task = *task_id(task),
        .checkpoint_id = what->origin.checkpoint_id,
        .is_end_of_input = what->is_end_of_input,
        .states = states,
        .num_states = snapshot->num_states,
        .keyed_states = keyed_states,
        .num_keyed_states = snapshot->num_frozen,
        .committables = committables,
        .num_committables = snapshot->num_committables,
        .start_delay_ms = what->start_delay_ms,
        .alignment_ms = what->origin.alignment_us / 1000,
        .sync_duration_ms = what->sync_us / 1000,
        .async_duration_ms = what->duration_us / 1000,
    };
    struct buffer payload = {0};
    rpc_acknowledge_encode(&message, &payload);
    task->options.listener.on_message(task->options.listener.context, task, RPC_ACKNOWLEDGE, &payload);
    buffer_free(&payload);
    free(states);
    free(keyed_states);
    free(committables);
}

/* Files that sinks have let go of are handed over, to be removed. */
static void send_decline(struct task *task, uint64_t checkpoint_id, const struct error *reason,
                         const struct chain_snapshot *snapshot)
{
    struct rpc_committable *committables = list_committables(snapshot);
    struct rpc_decline message = {.task = *task_id(task),
                                  .checkpoint_id = checkpoint_id,
                                  .error = *reason,
                                  .committables = committables,
                                  .num_committables = snapshot->num_committables};
    struct buffer payload = {0};
    rpc_decline_encode(&message, &payload);
    task->options.listener.on_message(task->options.listener.context, task, RPC_DECLINE, &payload);
    buffer_free(&payload);
    free(committables);
}

/* It was given up before this subtask had acknowledged it. */
static void give_back(struct task *task, uint64_t checkpoint_id, const struct chain_snapshot *snapshot)
{
    struct error reason;
    error_set(&reason, STATUS_CANCELLED, "the checkpoint was given up");
    if (snapshot->num_committables > 0)
        send_decline(task, checkpoint_id, &reason, snapshot);
}

void task_give_back_all(struct task *task)
{
    give_back(task, task->barrier.origin.checkpoint_id, &task->barrier.snapshot);
    for (const struct task_upload *upload = task_uploads_first(task->uploads); upload != NULL;
         upload = upload->next)
        give_back(task, upload->origin.checkpoint_id, &upload->snapshot);
}

static void end_barrier(struct task *task)
{
    chain_snapshot_free(&task->barrier.snapshot);
    task->barrier = (struct task_barrier){0};
}

/* Declines with task->error. True when the task goes on. */
bool task_fail_barrier(struct task *task)
{
    CHECK(task->barrier.origin.checkpoint_id != 0);
    send_decline(task, task->barrier.origin.checkpoint_id, &task->error, &task->barrier.snapshot);
    end_barrier(task);
    return operator_chain_may_go_on(task->chain);
}

/* The chain is through with the barrier. */
bool task_complete_barrier(struct task *task)
{
    struct task_barrier *barrier = &task->barrier;
    struct task_upload what = {
        .origin = barrier->origin,
        .is_end_of_input = task->is_drained,
        .start_delay_ms = barrier->start_delay_ms,
        .sync_us = clock_monotonic_us(&task->options.environment->process->clock) - barrier->start_us,
        .snapshot = barrier->snapshot,
    };
    bool is_whole = what.snapshot.num_frozen == 0;
    if (hit(task, "task/after_snapshot") != STATUS_OK ||
        (is_whole && hit(task, "task/before_acknowledge") != STATUS_OK) ||
        (!is_whole && task_uploads_add(task->uploads, &what, &task->error) != STATUS_OK)) {
        task_fail_barrier(task);
        return false; /* the operators have let go of what they handed over */
    }
    if (is_whole)
        send_acknowledgement(task, &what);
    else
        barrier->snapshot = (struct chain_snapshot){0};
    end_barrier(task);
    return true;
}

bool task_finish_upload(struct task *task, struct task_upload *upload)
{
    bool goes_on = true;
    if (atomic_load(&upload->is_cancelled)) {
        give_back(task, upload->origin.checkpoint_id, &upload->snapshot);
        task_uploads_remove(task->uploads, upload);
        return true;
    }
    if (upload->status == STATUS_OK && hit(task, "task/before_acknowledge") == STATUS_OK) {
        send_acknowledgement(task, upload);
    } else {
        if (upload->status != STATUS_OK)
            task->error = upload->error;
        send_decline(task, upload->origin.checkpoint_id, &task->error, &upload->snapshot);
        goes_on = upload->snapshot.num_committables == 0; /* else sinks have let go of files */
    }
    task_uploads_remove(task->uploads, upload);
    return goes_on;
}

/* From the trigger to the first barrier that came: the clocks of two machines take part in it. */
static int64_t start_delay_ms(const struct task *task, const struct chain_barrier *barrier)
{
    int64_t now_ms = clock_wall_ms(&task->options.environment->process->clock);
    int64_t delay_ms = now_ms - barrier->alignment_us / 1000 - barrier->trigger_ms;
    return barrier->trigger_ms == 0 || delay_ms < 0 ? 0 : delay_ms;
}

bool task_begin_barrier(struct task *task, const struct chain_barrier *barrier)
{
    CHECK(task->barrier.origin.checkpoint_id == 0);
    task->barrier.origin = *barrier;
    task->barrier.start_us = clock_monotonic_us(&task->options.environment->process->clock);
    task->barrier.start_delay_ms = start_delay_ms(task, barrier);
    task->stop_id = barrier->kind == RPC_SAVEPOINT_STOP ? barrier->checkpoint_id : 0;
    if (hit(task, "task/before_snapshot") != STATUS_OK) {
        task_fail_barrier(task);
        return false;
    }
    return task_take_result(
        task, operator_chain_snapshot(task->chain, barrier, &task->barrier.snapshot, &task->error));
}
