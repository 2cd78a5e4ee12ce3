#include "taskmanager/exchange/gate_internal.h"

#include "common/base/check.h"

struct gate_channel *gate_channel_of(struct channel_end *end)
{
    return (struct gate_channel *)end;
}

bool gate_list_channel(struct gate_channel *channel)
{
    struct input_gate *gate = channel->gate;
    if (channel->is_listed || channel->num_elements == 0 ||
        !barrier_aligner_may_read(&gate->aligner, channel->index))
        return false;
    channel->is_listed = true;
    channel->next_listed = NULL;
    if (gate->last_listed == NULL)
        gate->first_listed = channel;
    else
        gate->last_listed->next_listed = channel;
    gate->last_listed = channel;
    return true;
}

void gate_wake(struct input_gate *gate)
{
    if (!gate->is_waiting)
        return;
    gate->is_waiting = false;
    gate->wake(gate->wake_context);
}

void gate_fail(struct input_gate *gate, const struct error *error)
{
    CHECK(!gate->has_failed);
    gate->has_failed = true;
    gate->failure = *error;
    /* Whatever happened to a channel, another attempt may do better. */
    gate->failure.retriable = true;
    gate->failure.fatal = false;
    gate_wake(gate);
}

static void put_element(struct gate_channel *channel, const struct exchange_element *element)
{
    struct input_gate *gate = channel->gate;
    CHECK(channel->num_elements < EXCHANGE_CHANNEL_CREDITS);
    uint32_t at = (channel->first_element + channel->num_elements++) % EXCHANGE_CHANNEL_CREDITS;
    channel->elements[at] = *element;
    channel->is_ended |= element->kind == ELEMENT_END;
    atomic_fetch_add_explicit(&gate->queued, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&gate->bytes, element->bytes, memory_order_relaxed);
    if (gate_list_channel(channel))
        gate_wake(gate);
}

/* After the end nothing comes but barriers. */
static bool may_follow(const struct gate_channel *channel, const struct exchange_element *element)
{
    return !channel->is_ended || element->kind == ELEMENT_BARRIER;
}

void gate_channel_join(struct gate_channel *channel)
{
    refcount_take(&channel->gate->refs);
}

void gate_channel_leave(struct gate_channel *channel)
{
    pthread_mutex_lock(&channel->gate->mutex);
    channel->waker = (struct exchange_waker){0};
    pthread_mutex_unlock(&channel->gate->mutex);
    gate_unref(channel->gate);
}

static bool has_room(const struct gate_channel *channel)
{
    return !channel->gate->is_closed && !channel->gate->has_failed &&
           channel->num_elements < EXCHANGE_CHANNEL_CREDITS;
}

bool gate_channel_has_room(struct gate_channel *channel)
{
    pthread_mutex_lock(&channel->gate->mutex);
    bool result = has_room(channel);
    pthread_mutex_unlock(&channel->gate->mutex);
    return result;
}

bool gate_channel_offer(struct gate_channel *channel, struct exchange_element *element,
                        const struct exchange_waker *waker)
{
    struct input_gate *gate = channel->gate;
    pthread_mutex_lock(&gate->mutex);
    bool is_taken = has_room(channel);
    if (is_taken) {
        CHECK(may_follow(channel, element));
        put_element(channel, element);
    } else {
        channel->waker = *waker;
    }
    pthread_mutex_unlock(&gate->mutex);
    return is_taken;
}

static enum status receive(struct gate_channel *channel, const struct frame_head *head,
                           struct exchange_element *element, struct stream_message **message,
                           struct error *error)
{
    switch (channel_consumer_take(&channel->credits, head->number)) {
    case CHANNEL_DOUBLED: return STATUS_OK;
    case CHANNEL_GAP:
        return error_set(error, STATUS_UNAVAILABLE,
                         "element %llu came after element %llu: what was between is lost",
                         (unsigned long long)head->number, (unsigned long long)channel->credits.received);
    case CHANNEL_EXCEEDED:
        return error_set(error, STATUS_CORRUPT, "element %llu came without credit",
                         (unsigned long long)head->number);
    case CHANNEL_TAKEN: break;
    }
    if (!may_follow(channel, element))
        return error_set(error, STATUS_CORRUPT, "element %llu came after the end of its channel",
                         (unsigned long long)head->number);
    if (element->kind == ELEMENT_BATCH) {
        element->frame = *message;
        *message = NULL;
    }
    put_element(channel, element);
    return STATUS_OK;
}

enum status gate_channel_receive(struct gate_channel *channel, const struct frame_head *head,
                                 struct bytes_view payload, struct stream_message **message,
                                 struct error *error)
{
    struct exchange_element element;
    enum status status = exchange_frame_read_element(head, payload, &element, error);
    if (status != STATUS_OK)
        return status;
    struct input_gate *gate = channel->gate;
    pthread_mutex_lock(&gate->mutex);
    if (!gate->is_closed && !gate->has_failed)
        status = receive(channel, head, &element, message, error);
    pthread_mutex_unlock(&gate->mutex);
    return status;
}

void gate_channel_tell_credits(struct gate_channel *channel, uint64_t limit)
{
    struct exchange_peer *peer = channel->end.peer;
    struct frame_head head = hub_frame_head(channel->gate->hub, peer, &channel->end.key);
    head.kind = FRAME_CREDIT;
    head.number = limit;
    stream_send(peer->stream, hub_frame_of_text(&head, ""), NULL, NULL);
}

enum status gate_channel_announced(struct gate_channel *channel, uint64_t sent, struct error *error)
{
    struct input_gate *gate = channel->gate;
    pthread_mutex_lock(&gate->mutex);
    uint64_t received = channel->credits.received;
    bool holds = channel_consumer_hear(&channel->credits, sent) == CHANNEL_TAKEN;
    uint64_t limit = channel_consumer_grant(&channel->credits);
    pthread_mutex_unlock(&gate->mutex);
    if (!holds)
        return error_set(error, STATUS_UNAVAILABLE, "of %llu elements sent only %llu came",
                         (unsigned long long)sent, (unsigned long long)received);
    gate_channel_tell_credits(channel, limit);
    return STATUS_OK;
}

void gate_channel_fail(struct gate_channel *channel, const struct error *error)
{
    struct input_gate *gate = channel->gate;
    pthread_mutex_lock(&gate->mutex);
    if (!gate->is_closed && !gate->has_failed)
        gate_fail(gate, error);
    pthread_mutex_unlock(&gate->mutex);
}

bool gate_channel_is_used(struct gate_channel *channel)
{
    pthread_mutex_lock(&channel->gate->mutex);
    bool is_used = channel->credits.received > 0;
    pthread_mutex_unlock(&channel->gate->mutex);
    return is_used;
}
