#include "taskmanager/exchange/exchange_internal.h"

#include "common/base/check.h"

#include <stdio.h>
#include <string.h>

struct frame_head hub_frame_head(const struct exchange_hub *hub, const struct exchange_peer *peer,
                                 const struct channel_key *channel)
{
    struct frame_head head = {0};
    if (channel != NULL)
        head.channel = *channel;
    memcpy(head.sender, hub->taskmanager_id, sizeof head.sender);
    memcpy(head.receiver, peer->taskmanager_id, sizeof head.receiver);
    return head;
}

struct stream_message *hub_frame_of_text(struct frame_head *head, const char *text)
{
    size_t size = strlen(text);
    struct stream_message *message = exchange_frame_create(size);
    memcpy(stream_message_bytes(message) + FRAME_HEAD_BYTES, text, size);
    exchange_frame_seal(message, head);
    return message;
}

static void take_heartbeat(struct exchange_hub *hub, struct exchange_peer *peer,
                           const struct frame_head *head, struct bytes_view payload)
{
    if (head->number == 0)
        return;
    char address[TRANSPORT_ADDRESS_BYTES];
    if (peer == NULL && payload.size < sizeof address) {
        snprintf(address, sizeof address, "%.*s", (int)payload.size, (const char *)payload.data);
        peer = hub_meet_peer(hub, head->sender, address);
    }
    if (peer != NULL)
        peer->needed_us = clock_monotonic_us(&hub->options.process->clock);
}

/* The other end says that it failed, and why. */
static struct error error_of(const struct exchange_peer *peer, struct bytes_view payload)
{
    struct error error;
    (void)error_set(&error, STATUS_UNAVAILABLE, "taskmanager %s says: %.*s", peer->taskmanager_id,
                    (int)(payload.size < 512 ? payload.size : 512), (const char *)payload.data);
    return error;
}

static void take_for_producer(struct exchange_hub *hub, struct exchange_peer *peer,
                              const struct frame_head *head, struct bytes_view payload)
{
    struct channel_end *end = channel_map_find(&hub->producers, &head->channel);
    if (end == NULL || end->peer != peer)
        return;
    if (head->kind == FRAME_CREDIT) {
        writer_channel_grant(writer_channel_of(end), head->number);
        return;
    }
    struct error error = error_of(peer, payload);
    hub_fail_producer(hub, end, &error, false);
}

static void take_for_consumer(struct exchange_hub *hub, struct exchange_peer *peer,
                              const struct frame_head *head, struct bytes_view payload,
                              struct stream_message **message)
{
    struct channel_end *end = channel_map_find(&hub->consumers, &head->channel);
    if (end == NULL || end->peer != peer)
        return;
    struct gate_channel *channel = gate_channel_of(end);
    struct error error;
    enum status status = STATUS_OK;
    if (head->kind == FRAME_PRODUCER_FAILED) {
        error = error_of(peer, payload);
        hub_fail_consumer(hub, end, &error, false);
    } else if (head->kind == FRAME_ANNOUNCEMENT) {
        status = gate_channel_announced(channel, head->number, &error);
    } else {
        status = gate_channel_receive(channel, head, payload, message, &error);
    }
    if (status != STATUS_OK)
        hub_fail_consumer(hub, end, &error, true);
}

static void take_frame(struct exchange_hub *hub, uint32_t connection, const struct frame_head *head,
                       struct bytes_view payload, struct stream_message **message)
{
    if (strcmp(head->receiver, hub->taskmanager_id) != 0)
        return; /* meant for another that had this address before */
    struct exchange_peer *peer = hub_find_peer(hub, head->sender);
    if (peer != NULL) {
        peer->heard_us = clock_monotonic_us(&hub->options.process->clock);
        peer->connection = connection;
    }
    if (head->kind == FRAME_HEARTBEAT)
        take_heartbeat(hub, peer, head, payload);
    else if (peer == NULL)
        return; /* no end here has its other end there */
    else if (head->kind == FRAME_CREDIT || head->kind == FRAME_CONSUMER_FAILED)
        take_for_producer(hub, peer, head, payload);
    else
        take_for_consumer(hub, peer, head, payload, message);
}

static void fail_connection(struct exchange_hub *hub, uint32_t connection, enum failure_scope scope,
                            const char *what)
{
    for (struct exchange_peer *peer = hub->peers; peer != NULL; peer = peer->next) {
        if (peer->connection != connection)
            continue;
        struct error error;
        (void)error_set(&error, STATUS_UNAVAILABLE, "from taskmanager %s at %s: %s", peer->taskmanager_id,
                        peer->address, what);
        hub_fail_peer(hub, peer, scope, &error);
    }
}

static void on_message(void *context, uint32_t connection, struct stream_message *message)
{
    struct exchange_hub *hub = context;
    struct frame_head head;
    struct bytes_view payload;
    struct error error;
    enum status status = exchange_frame_open(message, &head, &payload, &error);
    pthread_mutex_lock(&hub->mutex);
    if (status == STATUS_OK)
        take_frame(hub, connection, &head, payload, &message);
    else /* whose element it was is not known */
        fail_connection(hub, connection, FAILURE_OF_ALL, error.message);
    pthread_mutex_unlock(&hub->mutex);
    stream_message_free(message);
}

static void on_lost(void *context, uint32_t connection)
{
    struct exchange_hub *hub = context;
    pthread_mutex_lock(&hub->mutex);
    fail_connection(hub, connection, FAILURE_OF_USED, "its connection is lost");
    pthread_mutex_unlock(&hub->mutex);
}

const struct stream_receiver hub_receiver = {on_message, on_lost, NULL};

void hub_peer_changed(void *context, bool is_connected)
{
    struct exchange_peer *peer = context;
    if (is_connected)
        return;
    struct error error;
    (void)error_set(&error, STATUS_UNAVAILABLE, "the connection to taskmanager %s at %s is lost",
                    peer->taskmanager_id, peer->address);
    pthread_mutex_lock(&peer->hub->mutex);
    hub_fail_peer(peer->hub, peer, FAILURE_OF_USED, &error);
    pthread_mutex_unlock(&peer->hub->mutex);
}
