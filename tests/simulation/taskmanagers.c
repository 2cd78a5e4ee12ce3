/* Taskmanagers and their tasks: each counts offsets, and says what it has at each barrier. */
#include "tests/simulation/simulation.h"

#include "common/base/check.h"

#include <stdio.h>
#include <string.h>

enum { TICK_MS = 40, RESTART_MS = 2500 };

void taskmanager_start_new(struct world *world)
{
    CHECK(world->num_taskmanagers < MAX_TASKMANAGERS);
    uint32_t index = world->num_taskmanagers++;
    struct simulated_taskmanager *taskmanager = &world->taskmanagers[index];
    *taskmanager = (struct simulated_taskmanager){.is_alive = true};
    snprintf(taskmanager->id, sizeof taskmanager->id, "%032x", index + 1);
    struct world_event *tick = world_post(world, EVENT_TASKMANAGER_TICK, TICK_MS);
    tick->taskmanager = index;
    world_tell(world, "taskmanager %u started", index);
}

void taskmanager_kill(struct world *world, uint32_t index)
{
    world->taskmanagers[index].is_alive = false;
    world->num_kills++;
    world_tell(world, "taskmanager %u killed", index);
    for (uint32_t j = 0; j < world->num_jobmanagers; j++) {
        struct world_event *lost = world_post(world, EVENT_TASKMANAGER_LOST, 500);
        lost->jobmanager = j;
        lost->taskmanager = index;
    }
    if (world->num_taskmanagers < MAX_TASKMANAGERS - 4)
        world_post(world, EVENT_NEW_TASKMANAGER, (int64_t)random_below(&world->random, RESTART_MS));
}

static struct simulated_task *find_task(struct simulated_taskmanager *taskmanager, const struct task_key *key)
{
    for (size_t i = 0; i < MAX_TASKS; i++) {
        struct simulated_task *task = &taskmanager->tasks[i];
        if (task->is_used && task->key.generation == key->generation && task->key.epoch == key->epoch &&
            task->key.attempt == key->attempt && task->key.subtask == key->subtask)
            return task;
    }
    return NULL;
}

/* Mostly to the jobmanager that deployed it, now and then to whoever leads: a stale task must be refused. */
static struct world_event *send(struct world *world, const struct simulated_task *task, enum event_kind kind)
{
    struct world_event *event = world_post(world, kind, world_delay(world));
    event->task = task->key;
    event->taskmanager = task->key.taskmanager;
    event->state = task->state;
    event->jobmanager = task->jobmanager;
    if (world_chance(world, 25))
        event->jobmanager = world->num_jobmanagers - 1;
    return event;
}

static void send_state(struct world *world, const struct simulated_task *task)
{
    if (!world_chance(world, 5))
        send(world, task, EVENT_STATE);
    if (world_chance(world, 5))
        send(world, task, EVENT_STATE);
}

static void take_deploy(struct world *world, struct simulated_taskmanager *taskmanager,
                        const struct world_event *event)
{
    if (find_task(taskmanager, &event->task) != NULL)
        return;
    size_t slot = MAX_TASKS;
    for (size_t i = 0; i < MAX_TASKS; i++) {
        struct simulated_task *task = &taskmanager->tasks[i];
        /* Tasks of older leaders go, but not always at once. */
        if (task->is_used && task->key.epoch < event->task.epoch && !world_chance(world, 50))
            task->is_used = false;
        if (!task->is_used)
            slot = i;
    }
    if (slot == MAX_TASKS)
        slot = (size_t)random_below(&world->random, MAX_TASKS);
    taskmanager->tasks[slot] = (struct simulated_task){
        .is_used = true,
        .key = event->task,
        .jobmanager = event->jobmanager,
        .state = EXECUTION_INITIALIZING,
        .ready_ms = world->now_ms + world_delay(world),
    };
    memcpy(taskmanager->tasks[slot].offsets, event->offsets, sizeof event->offsets);
    memcpy(taskmanager->tasks[slot].barrier_offsets, event->offsets, sizeof event->offsets);
    state_restore(world, &taskmanager->tasks[slot], event);
    send_state(world, &taskmanager->tasks[slot]);
}

static void take_cancel(struct world *world, struct simulated_taskmanager *taskmanager,
                        const struct world_event *event)
{
    struct simulated_task *task = find_task(taskmanager, &event->task);
    struct simulated_task gone = {.key = event->task, .jobmanager = event->jobmanager};
    if (task == NULL)
        task = &gone;
    task->state = EXECUTION_CANCELED;
    send_state(world, task);
    task->is_used = false;
}

/* What is handed over is written first; the message may be lost, or come twice. */
static void acknowledge(struct world *world, struct simulated_task *task, const struct world_event *trigger)
{
    struct path_list files = {0};
    state_snapshot(world, task, trigger->checkpoint_id, trigger->durable_id, &files);
    struct world_event content = {
        .task = task->key,
        .checkpoint_id = trigger->checkpoint_id,
    };
    memcpy(content.previous, task->barrier_offsets, sizeof content.previous);
    memcpy(content.offsets, task->offsets, sizeof content.offsets);
    tables_write_files(world, &content);
    uint32_t copies = world_chance(world, 2) ? 0 : world_chance(world, 5) ? 2 : 1;
    for (uint32_t i = 0; i < copies; i++) {
        struct world_event *event = send(world, task, EVENT_ACKNOWLEDGE);
        event->checkpoint_id = content.checkpoint_id;
        memcpy(event->previous, content.previous, sizeof content.previous);
        memcpy(event->offsets, content.offsets, sizeof content.offsets);
        event->is_end_of_input = task->state == EXECUTION_END_OF_INPUT;
        event->is_drain = trigger->is_drain;
        event->files = path_list_copy(&files);
    }
    path_list_free(&files);
}

static void take_trigger(struct world *world, struct simulated_taskmanager *taskmanager,
                         const struct world_event *event)
{
    struct simulated_task *task = find_task(taskmanager, &event->task);
    bool is_live = task != NULL && task->state >= EXECUTION_RUNNING && task->state <= EXECUTION_END_OF_INPUT;
    if (!is_live || event->checkpoint_id <= task->last_checkpoint_id)
        return;
    task->last_checkpoint_id = event->checkpoint_id;
    if (event->is_stop)
        task->stop_id = event->checkpoint_id;
    if (event->is_drain)
        task->state = EXECUTION_END_OF_INPUT;
    if (world_chance(world, 4)) {
        send(world, task, EVENT_DECLINE)->checkpoint_id = event->checkpoint_id;
        return;
    }
    acknowledge(world, task, event);
    memcpy(task->barrier_offsets, task->offsets, sizeof task->offsets);
}

static void take_notify(struct world *world, struct simulated_taskmanager *taskmanager,
                        const struct world_event *event)
{
    struct simulated_task *task = find_task(taskmanager, &event->task);
    if (task == NULL)
        return;
    /* What was for an aborted checkpoint is gone for good: the attempt must not go on as if it were there. */
    if (event->is_aborted && event->checkpoint_id == task->last_checkpoint_id)
        task->last_checkpoint_id = event->checkpoint_id;
    bool is_at_its_end = task->state == EXECUTION_END_OF_INPUT ||
                         (task->state == EXECUTION_RUNNING && task->stop_id == event->checkpoint_id);
    if (event->is_final && is_at_its_end) {
        task->state = EXECUTION_FINISHED;
        send_state(world, task);
    }
}

static void read_on(struct world *world, struct simulated_task *task)
{
    bool has_more = false;
    for (uint32_t split = 0; split < NUM_SPLITS; split++) {
        if (!world_reads(world, &task->key, split))
            continue;
        task->offsets[split] += 1 + (int64_t)random_below(&world->random, 8);
        if (task->offsets[split] > world->rows_per_split)
            task->offsets[split] = world->rows_per_split;
        has_more = has_more || task->offsets[split] < world->rows_per_split;
    }
    if (random_below(&world->random, 4) == 0)
        state_change(world, task);
    if (!has_more)
        task->state = EXECUTION_END_OF_INPUT;
}

static void run_task(struct world *world, struct simulated_task *task, uint32_t index)
{
    task->key.taskmanager = index;
    if (task->state == EXECUTION_INITIALIZING && world->now_ms >= task->ready_ms)
        task->state = EXECUTION_RUNNING;
    if (task->state == EXECUTION_RUNNING && task->stop_id == 0)
        read_on(world, task);
    if (task->state == EXECUTION_RUNNING && world_has_faults(world) && random_below(&world->random, 400) == 0)
        task->state = EXECUTION_FAILED;
    send_state(world, task);
}

static void tick(struct world *world, uint32_t index)
{
    struct simulated_taskmanager *taskmanager = &world->taskmanagers[index];
    for (size_t i = 0; i < MAX_TASKS; i++)
        if (taskmanager->tasks[i].is_used)
            run_task(world, &taskmanager->tasks[i], index);
    struct simulated_jobmanager *leader = world_leader(world);
    if (leader != NULL && !world_chance(world, 10)) {
        struct world_event *hello = world_post(world, EVENT_REGISTER, world_delay(world));
        hello->jobmanager = leader->index;
        hello->taskmanager = index;
    }
    world_post(world, EVENT_TASKMANAGER_TICK, TICK_MS)->taskmanager = index;
}

void taskmanager_take(struct world *world, struct world_event *event)
{
    struct simulated_taskmanager *taskmanager = &world->taskmanagers[event->taskmanager];
    if (!taskmanager->is_alive)
        return;
    switch (event->kind) {
    case EVENT_DEPLOY: take_deploy(world, taskmanager, event); break;
    case EVENT_CANCEL: take_cancel(world, taskmanager, event); break;
    case EVENT_TRIGGER: take_trigger(world, taskmanager, event); break;
    case EVENT_NOTIFY: take_notify(world, taskmanager, event); break;
    default: tick(world, event->taskmanager);
    }
}
