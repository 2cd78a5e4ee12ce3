/* Triggers checkpoints, checks what comes of them, and starts the tasks anew. Right by construction: what it
 * is told is of the present attempt, and nothing that it tells is lost but aborts. */
#include "tests/simulation/exchange/exchange_simulation.h"

#include "common/base/memory.h"

#include <string.h>

enum { TICK_MS = 20, RESTART_MS = 100 };

static uint32_t num_tasks(const struct exchange_world *world)
{
    return world->num_producers + world->num_consumers;
}

/* The tasks come up one after the other, in any order. */
static void deploy(struct exchange_world *world)
{
    struct sim_coordinator *coordinator = &world->coordinator;
    coordinator->is_restarting = false;
    world->num_attempts++;
    for (uint32_t i = 0; i < num_tasks(world); i++) {
        bool is_producer = i < world->num_producers;
        uint32_t index = is_producer ? i : i - world->num_producers;
        struct sim_event *event = sim_post(world, EVENT_DEPLOY, 1 + (int64_t)sim_below(world, 300));
        event->is_producer = is_producer;
        event->index = index;
        event->attempt = coordinator->attempt;
        if (is_producer)
            event->offset = coordinator->complete.offsets[index];
        else
            event->rows = mem_dup(&coordinator->complete.rows[index], sizeof *event->rows);
    }
}

/* To the tasks of the present attempt, producers or consumers. */
static void tell_tasks(struct exchange_world *world, enum sim_event_kind kind, bool producers, uint64_t id,
                       uint32_t loss_permille)
{
    for (uint32_t i = 0; i < MAX_TASKS; i++) {
        const struct sim_task *task = &world->tasks[i];
        if (!task->is_used || task->attempt != world->coordinator.attempt || task->is_producer != producers ||
            sim_chance(world, loss_permille))
            continue;
        struct sim_event *event = sim_post(world, kind, 1 + (int64_t)sim_below(world, 100));
        event->task = i;
        event->is_producer = producers;
        event->index = task->index;
        event->attempt = task->attempt;
        event->checkpoint_id = id;
    }
}

static void abort_pending(struct exchange_world *world)
{
    struct sim_coordinator *coordinator = &world->coordinator;
    if (coordinator->pending.id == 0)
        return;
    sim_tell(world, "checkpoint %llu is given up", (unsigned long long)coordinator->pending.id);
    world->num_aborted++;
    tell_tasks(world, EVENT_ABORTED, false, coordinator->pending.id, 400);
    coordinator->pending.id = 0;
}

static void restart(struct exchange_world *world)
{
    struct sim_coordinator *coordinator = &world->coordinator;
    coordinator->pending.id = 0;
    /* Old tasks go some time later, and send as long as they are there. */
    for (int is_producer = 0; is_producer < 2; is_producer++)
        tell_tasks(world, EVENT_CANCEL, is_producer == 1, 0, 0);
    coordinator->attempt++;
    coordinator->is_restarting = true;
}

void sim_coordinator_start(struct exchange_world *world)
{
    world->coordinator.attempt = 1;
    world->coordinator.interval_ms = 30 + (int64_t)sim_below(world, 1000);
    deploy(world);
    sim_post(world, EVENT_COORDINATOR_TICK, TICK_MS);
}

static bool all_are_running(const struct exchange_world *world)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < MAX_TASKS; i++)
        count += world->tasks[i].is_used && world->tasks[i].attempt == world->coordinator.attempt;
    return count == num_tasks(world);
}

static void tick(struct exchange_world *world)
{
    struct sim_coordinator *coordinator = &world->coordinator;
    sim_post(world, EVENT_COORDINATOR_TICK, TICK_MS);
    if (coordinator->is_restarting) {
        if (sim_below(world, 1000) < 1000 * TICK_MS / RESTART_MS)
            deploy(world);
        return;
    }
    bool is_due = world->now_ms - coordinator->last_trigger_ms >= coordinator->interval_ms;
    if (coordinator->pending.id != 0 || !is_due || !all_are_running(world))
        return;
    coordinator->last_trigger_ms = world->now_ms;
    memset(&coordinator->pending, 0, sizeof coordinator->pending);
    coordinator->pending.id = ++coordinator->next_id;
    tell_tasks(world, EVENT_TRIGGER, true, coordinator->pending.id, 0);
}

/* Each consumer has each row before the producer's barrier once, and none behind it. */
static void check_cut(struct exchange_world *world, const struct sim_checkpoint *checkpoint)
{
    for (uint32_t p = 0; p < world->num_producers; p++) {
        for (uint64_t row = 0; row < world->num_rows; row++) {
            uint32_t target = sim_target(world, p, row);
            for (uint32_t c = 0; c < world->num_consumers; c++) {
                uint32_t expected = c == target && row < checkpoint->offsets[p];
                if (checkpoint->rows[c].counts[p][row] != expected)
                    sim_violate(world,
                                "checkpoint %llu: consumer %u has row %llu of producer %u %u times, whose "
                                "barrier came at %llu",
                                (unsigned long long)checkpoint->id, c, (unsigned long long)row, p,
                                checkpoint->rows[c].counts[p][row],
                                (unsigned long long)checkpoint->offsets[p]);
            }
        }
    }
}

static void complete_pending(struct exchange_world *world)
{
    struct sim_coordinator *coordinator = &world->coordinator;
    check_cut(world, &coordinator->pending);
    coordinator->complete = coordinator->pending;
    coordinator->pending.id = 0;
    world->num_checkpoints++;
    bool is_last = true;
    for (uint32_t c = 0; c < world->num_consumers; c++)
        is_last &= coordinator->complete.rows[c].num_ended == world->num_producers;
    sim_tell(world, "checkpoint %llu is complete%s", (unsigned long long)coordinator->complete.id,
             is_last ? ", the last one" : "");
    world->has_finished = is_last;
}

static void take_acknowledgement(struct exchange_world *world, const struct sim_event *event)
{
    struct sim_checkpoint *pending = &world->coordinator.pending;
    if (event->checkpoint_id != pending->id)
        return;
    if (event->is_producer)
        pending->offsets[event->index] = event->offset;
    else
        pending->rows[event->index] = *event->rows;
    pending->has_acknowledged[event->is_producer ? event->index : world->num_producers + event->index] = true;
    for (uint32_t i = 0; i < num_tasks(world); i++)
        if (!pending->has_acknowledged[i])
            return;
    complete_pending(world);
}

void sim_coordinator_take(struct exchange_world *world, const struct sim_event *event)
{
    if (event->kind == EVENT_COORDINATOR_TICK) {
        tick(world);
        return;
    }
    if (event->attempt != world->coordinator.attempt || world->coordinator.is_restarting)
        return;
    if (event->kind == EVENT_FAILED)
        restart(world);
    else if (event->kind == EVENT_DECLINE && event->checkpoint_id == world->coordinator.pending.id)
        abort_pending(world);
    else if (event->kind == EVENT_ACKNOWLEDGE)
        take_acknowledgement(world, event);
}
