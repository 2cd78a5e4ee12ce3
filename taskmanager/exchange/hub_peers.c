#include "taskmanager/exchange/exchange_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/thread_name.h"
#include "common/base/timed_condition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Peers that named themselves are taken up to this number: a cluster has fewer. */
enum { MAX_PEERS = 4096 };

static int64_t now_us(const struct exchange_hub *hub)
{
    return clock_monotonic_us(&hub->options.process->clock);
}

static void timer_frame_sent(void *context, enum status status)
{
    (void)status; /* what is lost fails by its silence */
    struct exchange_peer *peer = context;
    atomic_fetch_sub(&peer->under_way, 1);
}

static void send_heartbeat(struct exchange_peer *peer)
{
    struct frame_head head = hub_frame_head(peer->hub, peer, NULL);
    head.kind = FRAME_HEARTBEAT;
    head.number = peer->num_channels > 0;
    struct stream_message *message = hub_frame_of_text(&head, peer->hub->address);
    atomic_fetch_add(&peer->under_way, 1);
    stream_send(peer->stream, message, timer_frame_sent, peer);
}

static enum status create_peer(struct exchange_hub *hub, const char *taskmanager_id, const char *address,
                               struct exchange_peer **ret_peer, struct error *error)
{
    CHECK(strlen(taskmanager_id) < EXCHANGE_ID_BYTES);
    struct exchange_peer *peer = mem_calloc(1, sizeof *peer);
    peer->hub = hub;
    snprintf(peer->taskmanager_id, sizeof peer->taskmanager_id, "%s", taskmanager_id);
    snprintf(peer->address, sizeof peer->address, "%s", address);
    peer->needed_us = peer->heard_us = now_us(hub);
    enum status status =
        stream_dial(hub->options.transport, address, hub_peer_changed, peer, &peer->stream, error);
    if (status != STATUS_OK) {
        free(peer);
        return status;
    }
    peer->next = hub->peers;
    hub->peers = peer;
    *ret_peer = peer;
    return STATUS_OK;
}

struct exchange_peer *hub_find_peer(struct exchange_hub *hub, const char *taskmanager_id)
{
    struct exchange_peer *peer = hub->peers;
    while (peer != NULL && strcmp(peer->taskmanager_id, taskmanager_id) != 0)
        peer = peer->next;
    return peer;
}

enum status hub_acquire_peer(struct exchange_hub *hub, const char *taskmanager_id, const char *address,
                             struct exchange_peer **ret_peer, struct error *error)
{
    struct exchange_peer *peer = hub_find_peer(hub, taskmanager_id);
    if (peer == NULL) {
        enum status status = create_peer(hub, taskmanager_id, address, &peer, error);
        if (status != STATUS_OK)
            return status;
    }
    if (peer->num_channels++ == 0) {
        peer->heard_us = now_us(hub); /* its silence is of interest from now on */
        send_heartbeat(peer);
    }
    *ret_peer = peer;
    return STATUS_OK;
}

void hub_release_peer(struct exchange_peer *peer)
{
    if (peer == NULL)
        return;
    CHECK(peer->num_channels > 0);
    if (--peer->num_channels == 0)
        peer->needed_us = now_us(peer->hub);
}

struct exchange_peer *hub_meet_peer(struct exchange_hub *hub, const char *taskmanager_id, const char *address)
{
    size_t count = 0;
    for (struct exchange_peer *peer = hub->peers; peer != NULL; peer = peer->next)
        count++;
    struct exchange_peer *peer = NULL;
    struct error error;
    if (count >= MAX_PEERS || create_peer(hub, taskmanager_id, address, &peer, &error) != STATUS_OK)
        return NULL;
    send_heartbeat(peer);
    return peer;
}

static void announce(struct channel_end *end, void *context)
{
    (void)context;
    struct exchange_peer *peer = end->peer;
    if (peer == NULL || !peer->is_due)
        return;
    atomic_fetch_add(&peer->under_way, 1);
    if (!writer_channel_announce(writer_channel_of(end), timer_frame_sent, peer))
        atomic_fetch_sub(&peer->under_way, 1);
}

static void fail_silent(struct exchange_peer *peer, int64_t silent_us)
{
    struct error error;
    (void)error_set(&error, STATUS_TIMEOUT, "taskmanager %s at %s has been silent for %lld ms",
                    peer->taskmanager_id, peer->address, (long long)(silent_us / 1000));
    hub_fail_peer(peer->hub, peer, FAILURE_OF_ALL, &error);
    peer->heard_us += silent_us; /* once for each such time */
}

/* Heartbeats, announcements, silent peers. late_us: how much later than it should this comes. */
static void tick(struct exchange_hub *hub, int64_t late_us)
{
    int64_t timeout_us = hub->options.heartbeat_timeout_ms * 1000;
    int64_t time_us = now_us(hub);
    for (struct exchange_peer *peer = hub->peers; peer != NULL; peer = peer->next) {
        peer->heard_us += late_us; /* while this process stood still it heard nobody */
        if (peer->num_channels > 0 && time_us - peer->heard_us > timeout_us)
            fail_silent(peer, time_us - peer->heard_us);
        peer->is_due = atomic_load(&peer->under_way) == 0;
        if (peer->is_due)
            send_heartbeat(peer);
    }
    channel_map_visit(&hub->producers, announce, NULL);
}

/* Unlinks the peers that neither side needs. */
static struct exchange_peer *take_unneeded(struct exchange_hub *hub)
{
    int64_t since_us = now_us(hub) - 2 * hub->options.heartbeat_timeout_ms * 1000;
    struct exchange_peer *unneeded = NULL;
    for (struct exchange_peer **link = &hub->peers; *link != NULL;) {
        struct exchange_peer *peer = *link;
        if (peer->num_channels > 0 || peer->needed_us > since_us) {
            link = &peer->next;
            continue;
        }
        *link = peer->next;
        peer->next = unneeded;
        unneeded = peer;
    }
    return unneeded;
}

static void free_peers(struct exchange_peer *peers)
{
    while (peers != NULL) {
        struct exchange_peer *next = peers->next;
        stream_peer_free(peers->stream);
        free(peers);
        peers = next;
    }
}

void *hub_timer_main(void *context)
{
    struct exchange_hub *hub = context;
    thread_set_name("exchange-timer");
    int64_t interval_us = hub->options.heartbeat_interval_ms * 1000;
    pthread_mutex_lock(&hub->mutex);
    while (!hub->is_closing) {
        int64_t start_us = now_us(hub);
        struct timespec deadline = timed_condition_deadline(hub->options.heartbeat_interval_ms);
        while (!hub->is_closing && pthread_cond_timedwait(&hub->changed, &hub->mutex, &deadline) == 0)
            ;
        if (hub->is_closing)
            break;
        int64_t late_us = now_us(hub) - start_us - interval_us;
        tick(hub, late_us > interval_us ? late_us : 0);
        struct exchange_peer *unneeded = take_unneeded(hub);
        pthread_mutex_unlock(&hub->mutex);
        free_peers(unneeded); /* waits for callbacks that take the mutex */
        pthread_mutex_lock(&hub->mutex);
    }
    pthread_mutex_unlock(&hub->mutex);
    return NULL;
}
