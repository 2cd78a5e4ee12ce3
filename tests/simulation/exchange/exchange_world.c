#include "tests/simulation/exchange/exchange_simulation.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>

struct exchange_world *exchange_world_create(uint64_t seed, bool is_verbose)
{
    static const uint32_t losses[] = {0, 1, 5, 20};
    struct exchange_world *world = mem_calloc(1, sizeof *world);
    world->seed = seed;
    world->is_verbose = is_verbose;
    random_init(&world->random, seed);
    world->num_producers = 1 + (uint32_t)sim_below(world, MAX_PRODUCERS);
    world->num_consumers = 1 + (uint32_t)sim_below(world, MAX_CONSUMERS);
    world->num_rows = 20 + sim_below(world, MAX_ROWS - 20);
    world->loss_permille = losses[sim_below(world, 4)];
    return world;
}

void exchange_world_free(struct exchange_world *world)
{
    for (size_t i = 0; i < world->num_events; i++) {
        free(world->events[i]->rows);
        free(world->events[i]);
    }
    free(world->events);
    for (uint32_t i = 0; i < MAX_TASKS; i++)
        sim_task_end(&world->tasks[i]);
    free(world);
}

uint64_t sim_below(struct exchange_world *world, uint64_t bound)
{
    return random_below(&world->random, bound);
}

bool sim_has_faults(const struct exchange_world *world)
{
    return world->now_ms < FAULTS_END_MS;
}

bool sim_chance(struct exchange_world *world, uint32_t permille)
{
    return sim_has_faults(world) && sim_below(world, 1000) < permille;
}

void sim_violate(struct exchange_world *world, const char *format, ...)
{
    if (world->violation[0] != '\0')
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(world->violation, sizeof world->violation, format, arguments);
    va_end(arguments);
}

void sim_tell(struct exchange_world *world, const char *format, ...)
{
    if (!world->is_verbose)
        return;
    va_list arguments;
    va_start(arguments, format);
    printf("%7lld ms  ", (long long)world->now_ms);
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
}

uint32_t sim_host(const struct exchange_world *world, uint32_t attempt, bool is_producer, uint32_t index)
{
    return (uint32_t)((world->seed + attempt * 5 + is_producer * 7 + index * 2) % NUM_HOSTS);
}

uint32_t sim_target(const struct exchange_world *world, uint32_t producer, uint64_t row)
{
    return (uint32_t)((row * 7 / 3 + producer) % world->num_consumers);
}

struct sim_event *sim_post(struct exchange_world *world, enum sim_event_kind kind, int64_t delay_ms)
{
    if (world->num_events == world->max_events) {
        world->max_events = world->max_events == 0 ? 64 : 2 * world->max_events;
        world->events = mem_realloc(world->events, world->max_events * sizeof *world->events);
    }
    struct sim_event *event = mem_calloc(1, sizeof *event);
    event->kind = kind;
    event->time_ms = world->now_ms + delay_ms;
    event->order = world->next_order++;
    world->events[world->num_events++] = event;
    return event;
}

/* One copy of a frame; most keep the order of their connection. */
static void post_frame(struct exchange_world *world, const struct sim_event *frame)
{
    struct sim_event *copy = sim_post(world, frame->kind, 1 + (int64_t)sim_below(world, 4));
    int64_t time_ms = copy->time_ms;
    uint64_t order = copy->order;
    int64_t *last_ms = &world->last_arrival_ms[frame->from_host][frame->to_host];
    if (sim_chance(world, world->loss_permille))
        time_ms += (int64_t)sim_below(world, 30);
    else
        *last_ms = time_ms = time_ms > *last_ms ? time_ms : *last_ms;
    *copy = *frame;
    copy->time_ms = time_ms;
    copy->order = order;
}

void sim_send(struct exchange_world *world, const struct sim_task *task, const struct channel_key *key,
              enum sim_event_kind kind, uint64_t number, const struct sim_element *element)
{
    bool to_producer = kind == EVENT_CREDIT;
    struct sim_event frame = {
        .kind = kind,
        .key = *key,
        .number = number,
        .from_host = task->host,
        .to_host = sim_host(world, key->attempt, to_producer, to_producer ? key->from : key->to),
    };
    if (element != NULL)
        frame.element = *element;
    if (sim_chance(world, world->loss_permille)) {
        sim_tell(world, "frame of kind %d number %llu is lost", (int)kind, (unsigned long long)number);
        return;
    }
    post_frame(world, &frame);
    if (sim_chance(world, world->loss_permille))
        post_frame(world, &frame);
}

static void lose_connection(struct exchange_world *world, uint32_t a, uint32_t b)
{
    sim_tell(world, "the connection of hosts %u and %u is lost", a, b);
    size_t kept = 0;
    for (size_t i = 0; i < world->num_events; i++) {
        struct sim_event *event = world->events[i];
        bool is_frame = event->kind <= EVENT_CREDIT;
        bool is_lost = is_frame && ((event->from_host == a && event->to_host == b) ||
                                    (event->from_host == b && event->to_host == a));
        if (is_lost)
            free(event);
        else
            world->events[kept++] = event;
    }
    world->num_events = kept;
    for (uint32_t i = 0; i < MAX_TASKS; i++) {
        struct sim_task *task = &world->tasks[i];
        if (task->is_used && (task->host == a || task->host == b))
            sim_task_lose_connection(world, task, task->host == a ? b : a);
    }
}

static void kill_host(struct exchange_world *world, uint32_t host)
{
    sim_tell(world, "host %u is killed", host);
    for (uint32_t other = 0; other < NUM_HOSTS; other++)
        lose_connection(world, host, other);
    for (uint32_t i = 0; i < MAX_TASKS; i++) {
        struct sim_task *task = &world->tasks[i];
        if (!task->is_used || task->host != host)
            continue;
        if (!task->has_failed)
            sim_post(world, EVENT_FAILED, 500)->attempt = task->attempt;
        sim_task_end(task);
    }
}

static void inject_fault(struct exchange_world *world)
{
    uint32_t host = (uint32_t)sim_below(world, NUM_HOSTS);
    switch (sim_below(world, 3)) {
    case 0: kill_host(world, host); break;
    case 1: lose_connection(world, host, (uint32_t)sim_below(world, NUM_HOSTS)); break;
    default:
        world->stopped_until_ms[host] = world->now_ms + 100 + (int64_t)sim_below(world, 4000);
        sim_tell(world, "host %u stands still", host);
    }
}

static void take_event(struct exchange_world *world, const struct sim_event *event)
{
    switch (event->kind) {
    case EVENT_ELEMENT:
    case EVENT_ANNOUNCEMENT:
    case EVENT_CREDIT:
        /* The newest task first, which matters only when a frame is taken that should not be. */
        for (uint32_t i = MAX_TASKS; i-- > 0;)
            if (sim_task_take_frame(world, &world->tasks[i], event))
                break;
        break;
    case EVENT_DEPLOY: sim_task_start(world, event); break;
    case EVENT_TRIGGER:
    case EVENT_ABORTED:
    case EVENT_CANCEL:
    case EVENT_TASK_TICK: sim_task_take(world, &world->tasks[event->task], event); break;
    case EVENT_FAULT:
        if (!sim_has_faults(world))
            break;
        inject_fault(world);
        sim_post(world, EVENT_FAULT, 500 + (int64_t)sim_below(world, 5000));
        break;
    default: sim_coordinator_take(world, event);
    }
}

/* A host that stands still gets its events when it goes on. */
static int64_t stopped_until(const struct exchange_world *world, const struct sim_event *event)
{
    switch (event->kind) {
    case EVENT_ELEMENT:
    case EVENT_ANNOUNCEMENT:
    case EVENT_CREDIT: return world->stopped_until_ms[event->to_host];
    case EVENT_DEPLOY:
    case EVENT_TRIGGER:
    case EVENT_ABORTED:
    case EVENT_CANCEL:
    case EVENT_TASK_TICK:
        return world->stopped_until_ms[sim_host(world, event->attempt, event->is_producer, event->index)];
    default: return 0;
    }
}

static struct sim_event *next_event(struct exchange_world *world)
{
    size_t first = 0;
    for (size_t i = 1; i < world->num_events; i++) {
        const struct sim_event *a = world->events[i], *b = world->events[first];
        if (a->time_ms < b->time_ms || (a->time_ms == b->time_ms && a->order < b->order))
            first = i;
    }
    struct sim_event *event = world->events[first];
    world->events[first] = world->events[--world->num_events];
    return event;
}

bool exchange_world_run(struct exchange_world *world)
{
    sim_coordinator_start(world);
    sim_post(world, EVENT_FAULT, 500 + (int64_t)sim_below(world, 4000));
    while (world->violation[0] == '\0' && !world->has_finished) {
        CHECK(world->num_events > 0);
        struct sim_event *event = next_event(world);
        if (event->time_ms > world->now_ms)
            world->now_ms = event->time_ms;
        int64_t until_ms = stopped_until(world, event);
        if (until_ms > world->now_ms) {
            event->time_ms = until_ms;
            world->events[world->num_events++] = event;
            continue;
        }
        take_event(world, event);
        free(event->rows);
        free(event);
        if (world->now_ms > GIVE_UP_MS)
            sim_violate(world, "the rows did not arrive in %d s of peace",
                        (GIVE_UP_MS - FAULTS_END_MS) / 1000);
    }
    return world->violation[0] == '\0';
}
