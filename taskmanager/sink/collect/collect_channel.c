#include "taskmanager/sink/collect/collect_channel.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/refcount.h"

#include <pthread.h>
#include <stdlib.h>

struct queued_rows {
    uint32_t sink_id;
    uint32_t num_rows;
    uint64_t sequence;
    struct buffer rows;
};

struct listener {
    void (*call)(void *context);
    void *context;
};

/* Under mutex: queue[head .. head + count) modulo the capacity wait for their acknowledgement. Listeners are
 * called with the mutex held, so that taking one off is a barrier: they must not call the channel back. */
struct collect_channel {
    struct refcount refs;
    pthread_mutex_t mutex;
    struct queued_rows queue[COLLECT_CHANNEL_CAPACITY];
    size_t head;
    size_t count;
    struct listener on_offer;
    struct listener on_room;
};

struct collect_channel *collect_channel_create(void)
{
    struct collect_channel *channel = mem_calloc(1, sizeof *channel);
    refcount_init(&channel->refs);
    CHECK(pthread_mutex_init(&channel->mutex, NULL) == 0);
    return channel;
}

struct collect_channel *collect_channel_ref(struct collect_channel *channel)
{
    refcount_take(&channel->refs);
    return channel;
}

static struct queued_rows *queued_at(struct collect_channel *channel, size_t index)
{
    return &channel->queue[(channel->head + index) % COLLECT_CHANNEL_CAPACITY];
}

void collect_channel_unref(struct collect_channel *channel)
{
    if (channel == NULL || !refcount_drop(&channel->refs))
        return;
    for (size_t i = 0; i < channel->count; i++)
        buffer_free(&queued_at(channel, i)->rows);
    pthread_mutex_destroy(&channel->mutex);
    free(channel);
}

static void set_listener(struct collect_channel *channel, struct listener *listener, void (*call)(void *),
                         void *context)
{
    pthread_mutex_lock(&channel->mutex);
    *listener = (struct listener){call, context};
    pthread_mutex_unlock(&channel->mutex);
}

void collect_channel_on_offer(struct collect_channel *channel, void (*on_offer)(void *context), void *context)
{
    set_listener(channel, &channel->on_offer, on_offer, context);
}

void collect_channel_on_room(struct collect_channel *channel, void (*on_room)(void *context), void *context)
{
    set_listener(channel, &channel->on_room, on_room, context);
}

static void call_listener(const struct listener *listener)
{
    if (listener->call != NULL)
        listener->call(listener->context);
}

bool collect_channel_offer(struct collect_channel *channel, uint32_t sink_id, uint64_t sequence,
                           uint32_t num_rows, struct buffer *rows)
{
    pthread_mutex_lock(&channel->mutex);
    bool has_room = channel->count < COLLECT_CHANNEL_CAPACITY;
    if (has_room) {
        *queued_at(channel, channel->count++) = (struct queued_rows){sink_id, num_rows, sequence, *rows};
        *rows = (struct buffer){0};
        call_listener(&channel->on_offer);
    }
    pthread_mutex_unlock(&channel->mutex);
    return has_room;
}

bool collect_channel_is_empty(struct collect_channel *channel)
{
    pthread_mutex_lock(&channel->mutex);
    bool is_empty = channel->count == 0;
    pthread_mutex_unlock(&channel->mutex);
    return is_empty;
}

bool collect_channel_peek(struct collect_channel *channel, struct collect_rows_message *ret_message)
{
    pthread_mutex_lock(&channel->mutex);
    bool has_any = channel->count > 0;
    if (has_any) {
        const struct queued_rows *oldest = queued_at(channel, 0);
        *ret_message = (struct collect_rows_message){oldest->sink_id, oldest->num_rows, oldest->sequence,
                                                     buffer_view(&oldest->rows)};
    }
    pthread_mutex_unlock(&channel->mutex);
    return has_any;
}

void collect_channel_take_off(struct collect_channel *channel)
{
    pthread_mutex_lock(&channel->mutex);
    CHECK(channel->count > 0);
    buffer_free(&queued_at(channel, 0)->rows);
    channel->head = (channel->head + 1) % COLLECT_CHANNEL_CAPACITY;
    channel->count--;
    call_listener(&channel->on_room);
    pthread_mutex_unlock(&channel->mutex);
}
