#include "taskmanager/taskexecutor/task_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

static enum status hit(struct task *task, const char *name)
{
    return failpoint(task->options.environment->process->failpoints, name, &task->error);
}

/* The one message that hands everything of this subtask over. */
static void send_acknowledgement(struct task *task)
{
    const struct chain_snapshot *snapshot = &task->barrier.snapshot;
    struct rpc_operator_bytes *states = mem_calloc(snapshot->num_states + 1, sizeof *states);
    struct rpc_committable *committables = mem_calloc(snapshot->num_committables + 1, sizeof *committables);
    for (size_t i = 0; i < snapshot->num_states; i++)
        states[i] =
            (struct rpc_operator_bytes){snapshot->states[i].node_id, buffer_view(&snapshot->states[i].bytes)};
    for (size_t i = 0; i < snapshot->num_committables; i++)
        committables[i] = (struct rpc_committable){snapshot->committables[i].sink_id,
                                                   buffer_view(&snapshot->committables[i].bytes)};
    const struct clock *clock = &task->options.environment->process->clock;
    int64_t duration_us = clock_monotonic_us(clock) - task->barrier.start_us;
    struct rpc_acknowledge message = {
        .task = *task_id(task),
        .checkpoint_id = task->barrier.origin.checkpoint_id,
        .is_end_of_input = task->is_drained,
        .states = states,
        .num_states = snapshot->num_states,
        .committables = committables,
        .num_committables = snapshot->num_committables,
        .start_delay_ms = task->barrier.start_delay_ms,
        .alignment_ms = task->barrier.origin.alignment_us / 1000,
        .sync_duration_ms = duration_us / 1000,
    };
    struct buffer payload = {0};
    rpc_acknowledge_encode(&message, &payload);
    task->options.listener.on_message(task->options.listener.context, task, RPC_ACKNOWLEDGE, &payload);
    buffer_free(&payload);
    free(states);
    free(committables);
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
    struct rpc_decline message = {
        .task = *task_id(task), .checkpoint_id = task->barrier.origin.checkpoint_id, .error = task->error};
    struct buffer payload = {0};
    rpc_decline_encode(&message, &payload);
    task->options.listener.on_message(task->options.listener.context, task, RPC_DECLINE, &payload);
    buffer_free(&payload);
    end_barrier(task);
    return operator_chain_may_go_on(task->chain);
}

/* The chain is through with the barrier. */
bool task_complete_barrier(struct task *task)
{
    if (hit(task, "task/after_snapshot") != STATUS_OK || hit(task, "task/before_acknowledge") != STATUS_OK) {
        task_fail_barrier(task);
        return false; /* the operators have let go of what they handed over */
    }
    send_acknowledgement(task);
    end_barrier(task);
    return true;
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
