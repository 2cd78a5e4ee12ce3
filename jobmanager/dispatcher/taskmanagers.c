/* Connections to taskmanagers, and who gets their slots. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <stdlib.h>
#include <string.h>

static void on_added(void *context, const struct taskmanager *taskmanager)
{
    struct dispatcher *dispatcher = context;
    dispatcher_log(dispatcher, LOG_INFO, "taskmanager registered id=%s address=%s slots=%u", taskmanager->id,
                   taskmanager->address, taskmanager->num_slots);
    dispatcher_connect(dispatcher, taskmanager);
    dispatcher->resources_changed = true;
    dispatcher->is_dirty = true;
}

static void free_peer(struct dispatcher *dispatcher, const char *taskmanager_id)
{
    for (size_t i = 0; i < dispatcher->num_peers; i++) {
        struct taskmanager_peer *peer = dispatcher->peers[i];
        if (strcmp(peer->id, taskmanager_id) != 0)
            continue;
        dispatcher->peers[i] = dispatcher->peers[--dispatcher->num_peers];
        transport_peer_free(peer->peer);
        free(peer);
        return;
    }
}

static void on_lost(void *context, const struct taskmanager *taskmanager, const struct error *reason)
{
    struct dispatcher *dispatcher = context;
    dispatcher_log(dispatcher, LOG_WARN, "taskmanager lost id=%s address=%s reason=\"%s\"", taskmanager->id,
                   taskmanager->address, reason->message);
    free_peer(dispatcher, taskmanager->id);
    for (size_t i = 0; i < dispatcher->num_jobs; i++) {
        struct job *job = dispatcher->jobs[i];
        if (job->master == NULL)
            continue;
        job_master_taskmanager_lost(job->master, taskmanager->id, reason, dispatcher_now_ms(dispatcher));
        job->is_dirty = true;
    }
    dispatcher->is_dirty = true;
}

void dispatcher_create_resources(struct dispatcher *dispatcher)
{
    struct resourcemanager_callbacks callbacks = {.context = dispatcher, .added = on_added, .lost = on_lost};
    dispatcher->resources = resourcemanager_create(RPC_VERSION, dispatcher->heartbeat_timeout_ms, &callbacks);
}

struct peer_event {
    struct event event;
    char id[TASKMANAGER_ID_BYTES];
};

static void run_peer_lost(struct dispatcher *dispatcher, struct event *event)
{
    struct peer_event *lost = (struct peer_event *)event;
    struct error reason;
    error_set(&reason, STATUS_UNAVAILABLE, "the connection to the taskmanager %s is lost", lost->id);
    resourcemanager_drop(dispatcher->resources, lost->id, &reason);
    free(lost);
}

/* On the transport's threads. */
static void on_peer_change(void *context, bool is_lost)
{
    struct taskmanager_peer *peer = context;
    if (!is_lost)
        return;
    struct peer_event *event = mem_calloc(1, sizeof *event);
    event->event.run = run_peer_lost;
    memcpy(event->id, peer->id, sizeof event->id);
    dispatcher_post(peer->dispatcher, &event->event);
}

void dispatcher_connect(struct dispatcher *dispatcher, const struct taskmanager *taskmanager)
{
    struct taskmanager_peer *peer = mem_calloc(1, sizeof *peer);
    peer->dispatcher = dispatcher;
    memcpy(peer->id, taskmanager->id, sizeof peer->id);
    struct error error;
    if (transport_dial(dispatcher->options.transport, taskmanager->address, on_peer_change, peer, &peer->peer,
                       &error) != STATUS_OK) {
        dispatcher_log(dispatcher, LOG_ERROR, "cannot dial the taskmanager id=%s: %s", taskmanager->id,
                       error.message);
        struct peer_event *event = mem_calloc(1, sizeof *event);
        event->event.run = run_peer_lost;
        memcpy(event->id, peer->id, sizeof event->id);
        dispatcher_post(dispatcher, &event->event);
        free(peer);
        return;
    }
    dispatcher->peers = mem_realloc(dispatcher->peers, (dispatcher->num_peers + 1) * sizeof(void *));
    dispatcher->peers[dispatcher->num_peers++] = peer;
}

struct transport_peer *dispatcher_peer(struct dispatcher *dispatcher, const char *taskmanager_id)
{
    for (size_t i = 0; i < dispatcher->num_peers; i++)
        if (strcmp(dispatcher->peers[i]->id, taskmanager_id) == 0)
            return dispatcher->peers[i]->peer;
    return NULL;
}

void dispatcher_free_peers(struct dispatcher *dispatcher)
{
    for (size_t i = 0; i < dispatcher->num_peers; i++) {
        transport_peer_free(dispatcher->peers[i]->peer);
        free(dispatcher->peers[i]);
    }
    free(dispatcher->peers);
}

/* Where its subtasks ran before; copies of their state may be there. The caller frees it. */
static struct slot_grant *preferred_slots(const struct job *job, uint32_t count)
{
    uint32_t num_last;
    const struct scheduler_slot *last = scheduler_last_slots(job_master_scheduler(job->master), &num_last);
    struct slot_grant *preferred = mem_calloc(count, sizeof *preferred);
    for (uint32_t i = 0; i < count && i < num_last; i++) {
        memcpy(preferred[i].taskmanager_id, last[i].taskmanager_id, sizeof preferred[i].taskmanager_id);
        preferred[i].slot = last[i].slot;
    }
    return preferred;
}

static void allocate_for(struct dispatcher *dispatcher, struct job *job)
{
    uint32_t count = job->slots_wanted;
    job->slots_wanted = 0;
    struct slot_grant *grants = mem_calloc(count, sizeof *grants);
    job->is_dirty = true;
    struct slot_grant *preferred = preferred_slots(job, count);
    bool is_granted = resourcemanager_allocate(dispatcher->resources, job->id, count, preferred, grants);
    free(preferred);
    if (!is_granted) {
        job_master_lacks_slots(job->master, resourcemanager_num_free_slots(dispatcher->resources),
                               resourcemanager_num_slots(dispatcher->resources));
        free(grants);
        return;
    }
    struct scheduler_slot *slots = mem_calloc(count, sizeof *slots);
    for (uint32_t i = 0; i < count; i++) {
        memcpy(slots[i].taskmanager_id, grants[i].taskmanager_id, sizeof slots[i].taskmanager_id);
        slots[i].slot = grants[i].slot;
    }
    free(grants);
    dispatcher->is_dirty = true;
    job_master_slots(job->master, slots, count, dispatcher_now_ms(dispatcher));
    free(slots);
}

void dispatcher_allocate_slots(struct dispatcher *dispatcher)
{
    if (dispatcher->resources_changed) {
        dispatcher->resources_changed = false;
        for (size_t i = 0; i < dispatcher->num_jobs; i++)
            if (dispatcher->jobs[i]->master != NULL)
                job_master_resources_changed(dispatcher->jobs[i]->master, dispatcher_now_ms(dispatcher));
    }
    for (size_t i = 0; i < dispatcher->num_jobs; i++)
        if (dispatcher->jobs[i]->master != NULL && dispatcher->jobs[i]->slots_wanted > 0)
            allocate_for(dispatcher, dispatcher->jobs[i]);
}
