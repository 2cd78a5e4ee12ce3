#include "tests/simulation/exchange/exchange_simulation.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdio.h>
#include <string.h>

enum { TICK_MS = 3, ANNOUNCE_MS = 100 };

static struct channel_key key_of(const struct sim_task *task, uint32_t other)
{
    struct channel_key key = {.leader_epoch = 1,
                              .job_id = "00000000000000000000000000000000",
                              .attempt = task->attempt,
                              .from = task->is_producer ? task->index : other,
                              .to = task->is_producer ? other : task->index};
    return key;
}

static struct sim_event *report(struct exchange_world *world, const struct sim_task *task,
                                enum sim_event_kind kind)
{
    struct sim_event *event = sim_post(world, kind, 1 + (int64_t)sim_below(world, 20));
    event->is_producer = task->is_producer;
    event->index = task->index;
    event->attempt = task->attempt;
    return event;
}

static void fail_task(struct exchange_world *world, struct sim_task *task, const char *why)
{
    if (task->has_failed)
        return;
    sim_tell(world, "attempt %u: %s %u fails: %s", task->attempt, task->is_producer ? "producer" : "consumer",
             task->index, why);
    task->has_failed = true;
    report(world, task, EVENT_FAILED);
}

void sim_task_start(struct exchange_world *world, const struct sim_event *deploy)
{
    uint32_t slot = 0;
    while (slot < MAX_TASKS && world->tasks[slot].is_used)
        slot++;
    CHECK(slot < MAX_TASKS);
    struct sim_task *task = &world->tasks[slot];
    *task = (struct sim_task){
        .is_used = true,
        .is_producer = deploy->is_producer,
        .index = deploy->index,
        .attempt = deploy->attempt,
        .host = sim_host(world, deploy->attempt, deploy->is_producer, deploy->index),
        .offset = deploy->offset,
    };
    for (uint32_t i = 0; task->is_producer && i < world->num_consumers; i++)
        task->outputs[i].credits.window = WINDOW;
    if (!task->is_producer) {
        task->rows = *deploy->rows;
        task->rows.num_ended = 0;
        barrier_aligner_init(&task->aligner, world->num_producers);
        for (uint32_t i = 0; i < world->num_producers; i++)
            task->inputs[i].credits.window = WINDOW;
    }
    sim_tell(world, "attempt %u: %s %u starts on host %u", task->attempt,
             task->is_producer ? "producer" : "consumer", task->index, task->host);
    struct sim_event *tick = sim_post(world, EVENT_TASK_TICK, TICK_MS);
    tick->task = slot;
    tick->attempt = task->attempt;
    tick->is_producer = task->is_producer;
    tick->index = task->index;
}

void sim_task_end(struct sim_task *task)
{
    if (task->is_used && !task->is_producer)
        barrier_aligner_free(&task->aligner);
    task->is_used = false;
}

static void send_pending(struct exchange_world *world, struct sim_task *task, uint32_t consumer)
{
    struct sim_producer_channel *channel = &task->outputs[consumer];
    struct channel_key key = key_of(task, consumer);
    while (channel->num_pending > 0 && channel_producer_may_send(&channel->credits)) {
        uint64_t number = channel_producer_send(&channel->credits);
        sim_send(world, task, &key, EVENT_ELEMENT, number, &channel->pending[0]);
        channel->num_pending--;
        memmove(channel->pending, channel->pending + 1, channel->num_pending * sizeof channel->pending[0]);
    }
}

static void put(struct exchange_world *world, struct sim_task *task, uint32_t consumer,
                enum sim_element_kind kind, uint64_t value)
{
    struct sim_producer_channel *channel = &task->outputs[consumer];
    CHECK(channel->num_pending < MAX_PENDING);
    channel->pending[channel->num_pending++] = (struct sim_element){kind, value};
    send_pending(world, task, consumer);
}

static bool is_blocked(const struct exchange_world *world, const struct sim_task *task)
{
    for (uint32_t i = 0; i < world->num_consumers; i++)
        if (task->outputs[i].num_pending > 0)
            return true;
    return false;
}

static void take_barrier(struct exchange_world *world, struct sim_task *task)
{
    uint64_t id = task->trigger_id;
    task->trigger_id = 0;
    if (sim_chance(world, 150)) { /* its barrier is never sent */
        report(world, task, EVENT_DECLINE)->checkpoint_id = id;
        return;
    }
    struct sim_event *acknowledge = report(world, task, EVENT_ACKNOWLEDGE);
    acknowledge->checkpoint_id = id;
    acknowledge->offset = task->offset;
    for (uint32_t i = 0; i < world->num_consumers; i++)
        put(world, task, i, SIM_BARRIER, id);
}

static void run_producer(struct exchange_world *world, struct sim_task *task)
{
    for (uint32_t i = 0; i < world->num_consumers; i++)
        send_pending(world, task, i);
    for (uint64_t steps = sim_below(world, 4); steps > 0 && !is_blocked(world, task); steps--) {
        if (task->trigger_id != 0) {
            take_barrier(world, task);
        } else if (task->offset < world->num_rows) {
            uint64_t row = task->offset++;
            put(world, task, sim_target(world, task->index, row), SIM_ROW, row);
        } else if (!task->has_ended) {
            task->has_ended = true;
            for (uint32_t i = 0; i < world->num_consumers; i++)
                put(world, task, i, SIM_END, 0);
        }
    }
    if (world->now_ms - task->last_announcement_ms < ANNOUNCE_MS)
        return;
    task->last_announcement_ms = world->now_ms;
    for (uint32_t i = 0; i < world->num_consumers; i++) {
        struct channel_key key = key_of(task, i);
        if (channel_producer_announces(&task->outputs[i].credits))
            sim_send(world, task, &key, EVENT_ANNOUNCEMENT, task->outputs[i].credits.sent, NULL);
    }
}

static void take_element(struct exchange_world *world, struct sim_task *task, uint32_t producer)
{
    struct sim_consumer_channel *channel = &task->inputs[producer];
    struct sim_element element = channel->queue[0];
    channel->num_queued--;
    memmove(channel->queue, channel->queue + 1, channel->num_queued * sizeof channel->queue[0]);
    if (channel_consumer_consume(&channel->credits)) {
        struct channel_key key = key_of(task, producer);
        sim_send(world, task, &key, EVENT_CREDIT, channel_consumer_grant(&channel->credits), NULL);
    }
    if (element.kind == SIM_ROW) {
        task->rows.counts[producer][element.value]++;
        return;
    }
    if (element.kind == SIM_END) {
        task->rows.num_ended++;
        return;
    }
    int64_t alignment_us;
    if (barrier_aligner_take(&task->aligner, producer, element.value, world->now_ms * 1000, &alignment_us) !=
        ALIGNER_COMPLETE)
        return;
    struct sim_event *acknowledge = report(world, task, EVENT_ACKNOWLEDGE);
    acknowledge->checkpoint_id = element.value;
    acknowledge->rows = mem_dup(&task->rows, sizeof task->rows);
}

static void run_consumer(struct exchange_world *world, struct sim_task *task)
{
    for (uint64_t steps = sim_below(world, 6); steps > 0; steps--) {
        uint32_t producer = (uint32_t)sim_below(world, world->num_producers);
        if (task->inputs[producer].num_queued > 0 && barrier_aligner_may_read(&task->aligner, producer))
            take_element(world, task, producer);
    }
}

static void receive(struct exchange_world *world, struct sim_task *task, const struct sim_event *event)
{
    struct sim_consumer_channel *channel = &task->inputs[event->key.from];
    switch (channel_consumer_take(&channel->credits, event->number)) {
    case CHANNEL_DOUBLED: return;
    case CHANNEL_GAP: fail_task(world, task, "a gap"); return;
    case CHANNEL_EXCEEDED:
        sim_violate(world, "consumer %u got element %llu of producer %u without credit", task->index,
                    (unsigned long long)event->number, event->key.from);
        return;
    case CHANNEL_TAKEN: break;
    }
    CHECK(channel->num_queued < WINDOW);
    channel->queue[channel->num_queued++] = event->element;
}

static void hear(struct exchange_world *world, struct sim_task *task, const struct sim_event *event)
{
    struct channel_consumer *credits = &task->inputs[event->key.from].credits;
    if (channel_consumer_hear(credits, event->number) != CHANNEL_TAKEN) {
        fail_task(world, task, "a loss");
        return;
    }
    sim_send(world, task, &event->key, EVENT_CREDIT, channel_consumer_grant(credits), NULL);
}

bool sim_task_take_frame(struct exchange_world *world, struct sim_task *task, const struct sim_event *event)
{
    bool to_producer = event->kind == EVENT_CREDIT;
    if (!task->is_used || task->has_failed || task->is_producer != to_producer ||
        task->host != event->to_host)
        return false;
    struct channel_key own = key_of(task, to_producer ? event->key.to : event->key.from);
    if (!channel_key_equal(&own, &event->key))
        return false;
    if (event->kind == EVENT_ELEMENT)
        receive(world, task, event);
    else if (event->kind == EVENT_ANNOUNCEMENT)
        hear(world, task, event);
    else if (channel_producer_grant(&task->outputs[event->key.to].credits, event->number))
        send_pending(world, task, event->key.to);
    return true;
}

void sim_task_lose_connection(struct exchange_world *world, struct sim_task *task, uint32_t host)
{
    uint32_t others = task->is_producer ? world->num_consumers : world->num_producers;
    for (uint32_t i = 0; i < others; i++) {
        if (sim_host(world, task->attempt, !task->is_producer, i) != host)
            continue;
        bool is_used = task->is_producer
                           ? task->outputs[i].credits.sent > 0 || task->outputs[i].credits.limit > 0
                           : task->inputs[i].credits.received > 0;
        /* Not everybody is told: then numbers and announcements must tell. */
        if (is_used && !sim_chance(world, 500))
            fail_task(world, task, "a lost connection");
    }
}

void sim_task_take(struct exchange_world *world, struct sim_task *task, const struct sim_event *event)
{
    bool is_meant = task->is_used && task->attempt == event->attempt && task->index == event->index &&
                    task->is_producer == event->is_producer;
    if (!is_meant)
        return;
    if (event->kind == EVENT_CANCEL) {
        sim_task_end(task);
        return;
    }
    if (event->kind == EVENT_TASK_TICK) {
        sim_post(world, EVENT_TASK_TICK, TICK_MS)->task = event->task;
        struct sim_event *tick = world->events[world->num_events - 1];
        tick->attempt = event->attempt;
        tick->is_producer = event->is_producer;
        tick->index = event->index;
    }
    if (task->has_failed)
        return;
    if (event->kind == EVENT_TRIGGER && event->checkpoint_id > task->trigger_id)
        task->trigger_id = event->checkpoint_id;
    else if (event->kind == EVENT_ABORTED && !task->is_producer)
        barrier_aligner_abort(&task->aligner, event->checkpoint_id);
    else if (event->kind == EVENT_TASK_TICK && task->is_producer)
        run_producer(world, task);
    else if (event->kind == EVENT_TASK_TICK)
        run_consumer(world, task);
}
