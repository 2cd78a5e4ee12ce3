#include "taskmanager/exchange/exchange_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/timed_condition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status check_options(const struct exchange_hub_options *options, struct error *error)
{
    if (strlen(options->taskmanager_id) >= EXCHANGE_ID_BYTES || options->taskmanager_id[0] == '\0')
        return error_set(error, STATUS_INVALID_ARGUMENT, "\"%s\" is no id of a taskmanager",
                         options->taskmanager_id);
    if (options->heartbeat_interval_ms <= 0 ||
        options->heartbeat_timeout_ms <= options->heartbeat_interval_ms)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "heartbeats every %lld ms cannot tell within %lld ms that a taskmanager is lost",
                         (long long)options->heartbeat_interval_ms, (long long)options->heartbeat_timeout_ms);
    return STATUS_OK;
}

/* The listener's address with the host by which others find this machine. */
static void set_address(struct exchange_hub *hub, const char *host)
{
    const char *bound = stream_listener_address(hub->listener);
    const char *colon = strrchr(bound, ':');
    if (strncmp(bound, "tcp://", 6) == 0 && colon != NULL)
        snprintf(hub->address, sizeof hub->address, "tcp://%s%s", host, colon);
    else
        snprintf(hub->address, sizeof hub->address, "%s", bound);
}

enum status exchange_hub_create(const struct exchange_hub_options *options, struct exchange_hub **ret_hub,
                                struct error *error)
{
    enum status status = check_options(options, error);
    if (status != STATUS_OK)
        return status;
    struct exchange_hub *hub = mem_calloc(1, sizeof *hub);
    hub->options = *options;
    snprintf(hub->taskmanager_id, sizeof hub->taskmanager_id, "%s", options->taskmanager_id);
    CHECK(pthread_mutex_init(&hub->mutex, NULL) == 0);
    timed_condition_init(&hub->changed);
    struct stream_receiver receiver = hub_receiver;
    receiver.context = hub;
    /* Frames wait until the address is there to be told. */
    pthread_mutex_lock(&hub->mutex);
    status = stream_listen(options->transport, options->listen_address, &receiver, &hub->listener, error);
    if (status == STATUS_OK)
        set_address(hub, options->host);
    pthread_mutex_unlock(&hub->mutex);
    if (status != STATUS_OK) {
        pthread_cond_destroy(&hub->changed);
        pthread_mutex_destroy(&hub->mutex);
        free(hub);
        return status;
    }
    CHECK(pthread_create(&hub->timer, NULL, hub_timer_main, hub) == 0);
    *ret_hub = hub;
    return STATUS_OK;
}

void exchange_hub_free(struct exchange_hub *hub)
{
    if (hub == NULL)
        return;
    pthread_mutex_lock(&hub->mutex);
    CHECK(hub->producers.size == 0 && hub->consumers.size == 0);
    hub->is_closing = true;
    pthread_cond_broadcast(&hub->changed);
    pthread_mutex_unlock(&hub->mutex);
    stream_listener_free(hub->listener);
    CHECK(pthread_join(hub->timer, NULL) == 0);
    while (hub->peers != NULL) {
        struct exchange_peer *peer = hub->peers;
        hub->peers = peer->next;
        stream_peer_free(peer->stream);
        free(peer);
    }
    channel_map_free(&hub->producers);
    channel_map_free(&hub->consumers);
    pthread_cond_destroy(&hub->changed);
    pthread_mutex_destroy(&hub->mutex);
    free(hub);
}

const char *exchange_hub_address(const struct exchange_hub *hub)
{
    return hub->address;
}

enum status hub_locate(struct exchange_hub *hub, const struct exchange_end *end, uint32_t vertex,
                       uint32_t subtask, struct exchange_peer **ret_peer, struct error *error)
{
    for (size_t i = 0; i < end->num_locations; i++) {
        const struct exchange_location *location = &end->locations[i];
        if (location->vertex != vertex || location->subtask != subtask)
            continue;
        if (strcmp(location->taskmanager_id, hub->taskmanager_id) != 0)
            return hub_acquire_peer(hub, location->taskmanager_id, location->address, ret_peer, error);
        *ret_peer = NULL;
        return STATUS_OK;
    }
    return error_set(error, STATUS_INTERNAL, "where subtask %u of vertex %u runs was not said", subtask,
                     vertex);
}

struct channel_key exchange_end_key(const struct exchange_end *end, uint32_t edge, uint32_t from, uint32_t to)
{
    struct channel_key key = {
        .leader_epoch = end->leader_epoch, .attempt = end->attempt, .edge = edge, .from = from, .to = to};
    CHECK(strlen(end->job_id) < sizeof key.job_id);
    snprintf(key.job_id, sizeof key.job_id, "%s", end->job_id);
    return key;
}

void exchange_edge_range(const struct plan_job_graph *graph, const struct plan_edge *edge, uint32_t vertex,
                         uint32_t subtask, uint32_t *ret_first, uint32_t *ret_count)
{
    if (edge->partitioning == PLAN_FORWARD) {
        *ret_first = subtask;
        *ret_count = 1;
        return;
    }
    *ret_first = 0;
    *ret_count = graph->vertices[vertex == edge->from ? edge->to : edge->from].parallelism;
}
