#include "tests/simulation/simulation.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t wall_us(void *context)
{
    return 1700000000000000 + ((struct world *)context)->now_ms * 1000;
}

static int64_t monotonic_us(void *context)
{
    return ((struct world *)context)->now_ms * 1000;
}

struct world *world_create(uint64_t seed, bool is_verbose)
{
    struct world *world = mem_calloc(1, sizeof *world);
    world->seed = seed;
    world->is_verbose = is_verbose;
    random_init(&world->random, seed);
    world->process.clock = (struct clock){wall_us, monotonic_us, world};
    world->io = memory_file_io_create();
    for (uint32_t g = 0; g < MAX_GENERATIONS; g++) {
        struct generation *generation = &world->generations[g];
        generation->parallelism = 1 + (uint32_t)random_below(&world->random, MAX_SUBTASKS);
        generation->reserved_until = 1;
        snprintf(generation->job_id, sizeof generation->job_id, "%032x", 0xaa0 + g);
    }
    world->num_retained = 1 + (uint32_t)random_below(&world->random, 2);
    world->has_tables = random_below(&world->random, 4) != 0;
    world->rows_per_split = 200 + (int64_t)random_below(&world->random, 1200);
    tables_create(world);
    return world;
}

void world_free_event(struct world_event *event)
{
    checkpoint_metadata_unref(event->metadata);
    found_checkpoints_free(&event->found);
    path_list_free(&event->files);
    free(event->references);
    free(event);
}

void world_free(struct world *world)
{
    for (uint32_t i = 0; i < world->num_jobmanagers; i++)
        jobmanager_kill(&world->jobmanagers[i]);
    for (size_t i = 0; i < world->num_events; i++)
        world_free_event(world->events[i]);
    free(world->events);
    tables_free(world);
    file_io_free(world->io);
    free(world);
}

struct world_event *world_post(struct world *world, enum event_kind kind, int64_t delay_ms)
{
    if (world->num_events == world->max_events) {
        world->max_events = world->max_events == 0 ? 64 : 2 * world->max_events;
        world->events = mem_realloc(world->events, world->max_events * sizeof *world->events);
    }
    struct world_event *event = mem_calloc(1, sizeof *event);
    event->kind = kind;
    event->time_ms = world->now_ms + delay_ms;
    event->order = world->next_order++;
    world->events[world->num_events++] = event;
    return event;
}

void world_violate(struct world *world, const char *format, ...)
{
    if (world->violation[0] != '\0')
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(world->violation, sizeof world->violation, format, arguments);
    va_end(arguments);
}

void world_tell(struct world *world, const char *format, ...)
{
    if (!world->is_verbose)
        return;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    printf("%7lld ms  %s\n", (long long)world->now_ms, text);
}

bool world_reads(const struct world *world, const struct task_key *task, uint32_t split)
{
    return split % world->generations[task->generation].parallelism == task->subtask;
}

bool world_has_faults(const struct world *world)
{
    return world->now_ms < FAULTS_END_MS;
}

bool world_chance(struct world *world, uint32_t percent)
{
    return world_has_faults(world) && random_below(&world->random, 100) < percent;
}

int64_t world_delay(struct world *world)
{
    if (world_chance(world, 4))
        return (int64_t)random_below(&world->random, 1500);
    return 1 + (int64_t)random_below(&world->random, 8);
}

struct simulated_jobmanager *world_leader(struct world *world)
{
    if (world->num_jobmanagers == 0)
        return NULL;
    struct simulated_jobmanager *newest = &world->jobmanagers[world->num_jobmanagers - 1];
    return newest->is_alive ? newest : NULL;
}

static void stop_leader(struct world *world, struct simulated_jobmanager *leader)
{
    /* Its successor takes over while it stands; then it goes on. */
    leader->stopped_until_ms = world->now_ms + 500 + (int64_t)random_below(&world->random, 6000);
    world_tell(world, "jobmanager %u stopped until %lld", leader->index, (long long)leader->stopped_until_ms);
    world_post(world, EVENT_NEW_LEADER, 200 + (int64_t)random_below(&world->random, 5000));
}

static void inject_fault(struct world *world)
{
    struct simulated_jobmanager *leader = world_leader(world);
    if (world->num_taskmanagers == 0)
        return;
    uint32_t victim = (uint32_t)random_below(&world->random, world->num_taskmanagers);
    struct simulated_taskmanager *taskmanager = &world->taskmanagers[victim];
    switch (random_below(&world->random, 6)) {
    case 0:
        if (leader != NULL)
            jobmanager_kill(leader);
        break;
    case 1: /* in the middle of what it writes next */
        if (leader != NULL)
            leader->crash_after_operations = (int64_t)random_below(&world->random, 40);
        break;
    case 2:
        if (leader != NULL && leader->stopped_until_ms <= world->now_ms)
            stop_leader(world, leader);
        break;
    case 3:
        if (taskmanager->is_alive)
            taskmanager_kill(world, victim);
        break;
    case 4:
        taskmanager->stopped_until_ms = world->now_ms + 200 + (int64_t)random_below(&world->random, 9000);
        world_tell(world, "taskmanager %u stopped until %lld", victim,
                   (long long)taskmanager->stopped_until_ms);
        break;
    default: tables_foreign_commit(world);
    }
}

static void take_event(struct world *world, struct world_event *event)
{
    switch (event->kind) {
    case EVENT_DEPLOY:
    case EVENT_CANCEL:
    case EVENT_TRIGGER:
    case EVENT_NOTIFY:
    case EVENT_TASKMANAGER_TICK: taskmanager_take(world, event); break;
    case EVENT_NEW_LEADER: {
        struct simulated_jobmanager *leader = world_leader(world);
        if (leader == NULL || leader->stopped_until_ms > world->now_ms)
            jobmanager_start_new(world);
        break;
    }
    case EVENT_NEW_TASKMANAGER: taskmanager_start_new(world); break;
    case EVENT_USER: user_act(world); break;
    case EVENT_FAULT:
        if (!world_has_faults(world))
            break;
        inject_fault(world);
        world_post(world, EVENT_FAULT, 300 + (int64_t)random_below(&world->random, 3000));
        break;
    default: jobmanager_take(&world->jobmanagers[event->jobmanager], event);
    }
}

/* Who is stopped gets his events when he goes on. */
static int64_t stopped_until(const struct world *world, const struct world_event *event)
{
    switch (event->kind) {
    case EVENT_NEW_LEADER:
    case EVENT_NEW_TASKMANAGER:
    case EVENT_USER:
    case EVENT_FAULT: return 0;
    case EVENT_DEPLOY:
    case EVENT_CANCEL:
    case EVENT_TRIGGER:
    case EVENT_NOTIFY:
    case EVENT_TASKMANAGER_TICK: return world->taskmanagers[event->taskmanager].stopped_until_ms;
    default: return world->jobmanagers[event->jobmanager].stopped_until_ms;
    }
}

static struct world_event *next_event(struct world *world)
{
    size_t first = 0;
    for (size_t i = 1; i < world->num_events; i++) {
        const struct world_event *a = world->events[i], *b = world->events[first];
        if (a->time_ms < b->time_ms || (a->time_ms == b->time_ms && a->order < b->order))
            first = i;
    }
    struct world_event *event = world->events[first];
    world->events[first] = world->events[--world->num_events];
    return event;
}

bool world_run(struct world *world)
{
    world_post(world, EVENT_NEW_LEADER, 0);
    for (uint32_t i = 0; i < 1 + MAX_SUBTASKS / SLOTS; i++)
        world_post(world, EVENT_NEW_TASKMANAGER, world_delay(world));
    world_post(world, EVENT_FAULT, 1000);
    world_post(world, EVENT_USER, 1000);
    while (world->violation[0] == '\0' && !world->has_finished) {
        CHECK(world->num_events > 0);
        struct world_event *event = next_event(world);
        if (event->time_ms > world->now_ms)
            world->now_ms = event->time_ms;
        int64_t until_ms = stopped_until(world, event);
        if (until_ms > world->now_ms) {
            event->time_ms = until_ms;
            world->events[world->num_events++] = event;
            continue;
        }
        take_event(world, event);
        world_free_event(event);
        if (world->has_ended)
            jobmanager_end_generation(world);
        if (world->now_ms > GIVE_UP_MS)
            world_violate(world, "the job did not finish in %d s of peace",
                          (GIVE_UP_MS - FAULTS_END_MS) / 1000);
    }
    if (world->violation[0] == '\0')
        tables_check(world);
    if (world->violation[0] == '\0')
        user_check(world);
    return world->violation[0] == '\0';
}
