#include "taskmanager/taskexecutor/task_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/thread_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Wakes end a wait at once; the bound covers a wake that comes just before a source begins to wait. */
enum { POLL_MAX_WAIT_MS = 100, MEASURE_INTERVAL_MS = 500 };

static int64_t now_us(const struct task *task)
{
    return clock_monotonic_us(&task->options.environment->process->clock);
}

static void add_time(_Atomic int64_t *total_us, int64_t us)
{
    atomic_fetch_add_explicit(total_us, us, memory_order_relaxed);
}

void task_set_status(struct task *task, enum rpc_task_status status)
{
    CHECK(task_status(task) < status);
    atomic_store(&task->status, (int)status);
    if (status >= RPC_TASK_FINISHED)
        return; /* on_exit tells the last one, when everything is closed */
    struct rpc_task_state message = {.task = *task_id(task), .status = status};
    error_clear(&message.error);
    struct buffer payload = {0};
    rpc_task_state_encode(&message, &payload);
    task->options.listener.on_message(task->options.listener.context, task, RPC_TASK_STATE, &payload);
    buffer_free(&payload);
}

static bool drained(struct task *task)
{
    task->is_drained = true;
    operator_chain_measure(task->chain);
    task_set_status(task, RPC_TASK_END_OF_INPUT);
    if (task->drain == NULL)
        return true;
    struct chain_barrier barrier = task->drain->barrier;
    free(task->drain);
    task->drain = NULL;
    return task_begin_barrier(task, &barrier);
}

/* After a call that may have blocked the chain, or freed it: finishes what was begun. */
bool task_take_result(struct task *task, enum operator_result result)
{
    task->is_blocked = result == OPERATOR_OUTPUT_FULL || result == OPERATOR_WAITING;
    if (result == OPERATOR_FAILED)
        return task->barrier.origin.checkpoint_id != 0 && task_fail_barrier(task);
    if (task->is_blocked)
        return true;
    if (task->barrier.origin.checkpoint_id != 0)
        return task_complete_barrier(task);
    return task->is_ended && !task->is_drained ? drained(task) : true;
}

static bool end_input(struct task *task, enum end_of_input how)
{
    task->is_ended = true;
    return task_take_result(task, operator_chain_end_input(task->chain, how, &task->error));
}

/* Waits on the mailbox, for a letter or a wake. Letters come out in their order. */
static struct task_letter *next_letter(struct task *task, int64_t timeout_ms)
{
    struct task_letter *letter = event_queue_pop(task->deferred, 0);
    return letter != NULL ? letter : event_queue_pop(task->mailbox, timeout_ms);
}

/* How long may be waited for input: until the next timer, rounded up. */
static int64_t bound_wait(const struct task *task, int64_t wait_ms)
{
    int64_t timer_us = operator_chain_next_timer_us(task->chain);
    if (timer_us == INT64_MAX)
        return wait_ms;
    int64_t left_us = timer_us - clock_wall_us(&task->options.environment->process->clock);
    int64_t left_ms = left_us <= 0 ? 0 : left_us / 1000 + 1;
    return left_ms < wait_ms ? left_ms : wait_ms;
}

static bool take_polled(struct task *task, enum chain_poll polled, const struct chain_polled *what)
{
    switch (polled) {
    case CHAIN_PROGRESS:
    case CHAIN_EMPTY: return true;
    case CHAIN_BLOCKED: return task_take_result(task, OPERATOR_WAITING);
    case CHAIN_BARRIER:
        task->last_triggered = what->barrier.checkpoint_id;
        return task_begin_barrier(task, &what->barrier);
    case CHAIN_ENDED: return end_input(task, what->how);
    case CHAIN_FAILED: break;
    }
    return false;
}

static bool poll_source(struct task *task)
{
    struct timespec before, after;
    struct chain_polled what = {0};
    int64_t start_us = now_us(task);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    enum chain_poll polled =
        operator_chain_poll(task->chain, bound_wait(task, POLL_MAX_WAIT_MS), &what, &task->error);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    /* A source waits for data within poll: what it did not compute there is idle time. */
    int64_t cpu_us = (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
    int64_t wall_us = now_us(task) - start_us;
    int64_t idle_us = wall_us - cpu_us < what.source_us ? wall_us - cpu_us : what.source_us;
    idle_us = idle_us < 0 ? 0 : idle_us;
    add_time(&task->idle_us, idle_us);
    add_time(&task->busy_us, wall_us - idle_us);
    return take_polled(task, polled, &what);
}

static bool poll_gate(struct task *task)
{
    struct chain_polled what = {0};
    int64_t start_us = now_us(task);
    enum chain_poll polled = operator_chain_poll(task->chain, 0, &what, &task->error);
    int64_t end_us = now_us(task);
    add_time(&task->busy_us, end_us - start_us);
    if (polled != CHAIN_EMPTY)
        return take_polled(task, polled, &what);
    int64_t wait_ms = task->is_ended ? MEASURE_INTERVAL_MS : bound_wait(task, MEASURE_INTERVAL_MS);
    struct task_letter *letter = event_queue_pop(task->mailbox, wait_ms);
    add_time(&task->idle_us, now_us(task) - end_us);
    if (letter != NULL)
        event_queue_push(task->deferred, letter);
    return true;
}

static bool take_trigger(struct task *task, const struct task_letter *letter)
{
    if (letter->barrier.checkpoint_id <= task->last_triggered)
        return true; /* doubled */
    task->last_triggered = letter->barrier.checkpoint_id;
    if (!letter->is_drain || task->is_ended)
        return task_begin_barrier(task, &letter->barrier);
    task->drain = mem_dup(letter, sizeof *letter);
    return end_input(task, INPUT_FINISHED);
}

static void take_notification(struct task *task, const struct task_letter *letter)
{
    uint64_t id = letter->barrier.checkpoint_id;
    if (letter->is_aborted)
        task_uploads_cancel(task->uploads, id);
    if (letter->is_aborted ? id > task->last_aborted : id > task->last_completed) {
        *(letter->is_aborted ? &task->last_aborted : &task->last_completed) = id;
        operator_chain_notify(task->chain, id, letter->is_aborted);
    }
    if (letter->is_aborted && id == task->stop_id)
        task->stop_id = 0; /* it goes on */
    if (letter->is_final && !letter->is_aborted && (task->is_drained || id == task->stop_id))
        task->is_finished = true;
}

/* The chain is free. */
static bool take_letter(struct task *task, const struct task_letter *letter)
{
    switch (letter->kind) {
    case LETTER_NOTIFY: take_notification(task, letter); return true;
    case LETTER_TRIGGER: return take_trigger(task, letter);
    case LETTER_UPLOADED: return task_finish_upload(task, letter->upload);
    }
    return false;
}

/* Waits for what the blocked operators wait for; for a while, so that the time counts while it lasts. */
static bool wait_for_wake(struct task *task)
{
    int64_t start_us = now_us(task);
    struct task_letter *letter = NULL;
    bool is_woken = atomic_exchange(&task->is_woken, false);
    if (!is_woken) {
        letter = event_queue_pop(task->mailbox, MEASURE_INTERVAL_MS);
        is_woken = atomic_exchange(&task->is_woken, false);
        add_time(&task->backpressured_us, now_us(task) - start_us);
    }
    bool goes_on = true;
    if (letter != NULL && letter->kind == LETTER_UPLOADED) {
        goes_on = task_finish_upload(task, letter->upload);
        free(letter);
    } else if (letter != NULL) {
        event_queue_push(task->deferred, letter);
    }
    if (!goes_on || !is_woken || atomic_load(&task->is_cancelled))
        return goes_on;
    return task_take_result(task, operator_chain_resume(task->chain, &task->error));
}

static void measure(struct task *task)
{
    int64_t time_us = now_us(task);
    if (time_us - task->measured_us < MEASURE_INTERVAL_MS * 1000)
        return;
    task->measured_us = time_us;
    operator_chain_measure(task->chain);
}

/* Of the timers and the input. Timers run while rows may follow: behind the end of input none may. */
static bool read_input(struct task *task)
{
    int64_t timer_us = task->is_ended ? INT64_MAX : operator_chain_next_timer_us(task->chain);
    int64_t time_us = timer_us == INT64_MAX ? 0 : clock_wall_us(&task->options.environment->process->clock);
    if (timer_us > time_us)
        return operator_chain_has_gate(task->chain) ? poll_gate(task) : poll_source(task);
    int64_t start_us = now_us(task);
    enum operator_result result = operator_chain_on_timers(task->chain, time_us, &task->error);
    add_time(&task->busy_us, now_us(task) - start_us);
    return task_take_result(task, result);
}

/* One turn of the mailbox loop. */
static bool turn(struct task *task)
{
    measure(task);
    if (task->is_blocked)
        return wait_for_wake(task);
    bool only_waits = task->stop_id != 0 || (task->is_drained && !operator_chain_has_gate(task->chain));
    int64_t start_us = now_us(task);
    struct task_letter *letter = next_letter(task, only_waits ? MEASURE_INTERVAL_MS : 0);
    if (only_waits)
        add_time(&task->idle_us, now_us(task) - start_us);
    if (letter == NULL)
        return only_waits || read_input(task);
    bool goes_on = take_letter(task, letter);
    free(letter);
    return goes_on;
}

static bool run(struct task *task)
{
    task_set_status(task, RPC_TASK_INITIALIZING);
    if (operator_chain_open(task->chain, &task->error) != STATUS_OK)
        return false;
    if (!atomic_load(&task->is_cancelled))
        task_set_status(task, RPC_TASK_RUNNING);
    while (!atomic_load(&task->is_cancelled) && !task->is_finished)
        if (!turn(task))
            return false;
    return true;
}

/* An error that no operator is to blame for is the task's as a whole. */
static void name_error(struct task *task)
{
    struct error *error = &task->error;
    if (error->operator_name[0] == '\0')
        snprintf(error->operator_name, sizeof error->operator_name, "%s", task->options.vertex->name);
    error->subtask = (int32_t)task_id(task)->subtask;
}

/* By the first operator of the vertex, "Calc[3]", and the subtask. */
static void name_thread(const struct task *task)
{
    const char *name = task->options.vertex->name;
    size_t size = strcspn(name, "[");
    char operator_name[32], suffix[32];
    unsigned node_id = task->options.vertex->root->id;
    snprintf(operator_name, sizeof operator_name, "%.*s", (int)size, name);
    snprintf(suffix, sizeof suffix, "[%u]#%u", node_id, task_id(task)->subtask);
    thread_set_name_of(operator_name, suffix);
}

void *task_main(void *context)
{
    struct task *task = context;
    name_thread(task);
    bool went_well = run(task);
    task_give_back_all(task);
    task_uploads_free(task->uploads);
    task->uploads = NULL;
    chain_snapshot_free(&task->barrier.snapshot);
    operator_chain_close(task->chain);
    enum rpc_task_status status = RPC_TASK_FAILED;
    if (task->is_finished) {
        status = RPC_TASK_FINISHED;
    } else if (atomic_load(&task->is_cancelled)) {
        /* A failure on the way out is the cancellation's. */
        pthread_mutex_lock(&task->cancel_mutex);
        if (task->has_reason)
            task->error = task->reason;
        else
            status = RPC_TASK_CANCELED;
        pthread_mutex_unlock(&task->cancel_mutex);
    } else {
        CHECK(!went_well && task->error.code != STATUS_OK);
        name_error(task);
    }
    task_set_status(task, status);
    task->options.listener.on_exit(task->options.listener.context, task);
    return NULL;
}
