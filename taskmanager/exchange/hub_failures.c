#include "taskmanager/exchange/exchange_internal.h"

#include "common/base/check.h"

#include <stdio.h>
#include <string.h>

struct peer_failure {
    struct exchange_hub *hub;
    struct exchange_peer *peer;
    enum failure_scope scope;
    const struct error *error;
};

/* The other end's job is to fail as well, when it can be told. */
static void tell(struct exchange_hub *hub, const struct channel_end *end, enum frame_kind kind,
                 const struct error *error)
{
    struct frame_head head = hub_frame_head(hub, end->peer, &end->key);
    head.kind = kind;
    stream_send(end->peer->stream, hub_frame_of_text(&head, error->message), NULL, NULL);
}

void hub_fail_consumer(struct exchange_hub *hub, struct channel_end *end, const struct error *error,
                       bool tells)
{
    if (end->has_failed)
        return;
    end->has_failed = true;
    gate_channel_fail(gate_channel_of(end), error);
    if (tells)
        tell(hub, end, FRAME_CONSUMER_FAILED, error);
}

void hub_fail_producer(struct exchange_hub *hub, struct channel_end *end, const struct error *error,
                       bool tells)
{
    if (end->has_failed)
        return;
    end->has_failed = true;
    writer_channel_fail(writer_channel_of(end), error);
    if (tells)
        tell(hub, end, FRAME_PRODUCER_FAILED, error);
}

static void fail_consumer_of(struct channel_end *end, void *context)
{
    const struct peer_failure *failure = context;
    if (end->peer == failure->peer &&
        (failure->scope == FAILURE_OF_ALL || gate_channel_is_used(gate_channel_of(end))))
        hub_fail_consumer(failure->hub, end, failure->error, true);
}

static void fail_producer_of(struct channel_end *end, void *context)
{
    const struct peer_failure *failure = context;
    if (end->peer == failure->peer &&
        (failure->scope == FAILURE_OF_ALL || writer_channel_is_used(writer_channel_of(end))))
        hub_fail_producer(failure->hub, end, failure->error, true);
}

void hub_fail_peer(struct exchange_hub *hub, struct exchange_peer *peer, enum failure_scope scope,
                   const struct error *error)
{
    if (peer->num_channels == 0)
        return;
    struct peer_failure failure = {hub, peer, scope, error};
    channel_map_visit(&hub->consumers, fail_consumer_of, &failure);
    channel_map_visit(&hub->producers, fail_producer_of, &failure);
}
