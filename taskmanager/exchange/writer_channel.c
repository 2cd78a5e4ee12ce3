#include "taskmanager/exchange/writer_internal.h"

#include "common/base/check.h"
#include "common/columnar/batch_codec.h"

struct writer_channel *writer_channel_of(struct channel_end *end)
{
    return (struct writer_channel *)end;
}

static void wake(struct writer_channel *channel)
{
    channel->writer->waker.wake(channel->writer->waker.context);
}

void writer_channel_connect(struct writer_channel *channel, struct gate_channel *consumer)
{
    CHECK(atomic_load(&channel->consumer) == NULL);
    gate_channel_join(consumer);
    atomic_store(&channel->consumer, consumer);
    wake(channel);
}

void writer_channel_grant(struct writer_channel *channel, uint64_t limit)
{
    pthread_mutex_lock(&channel->writer->mutex);
    bool has_again = channel_producer_grant(&channel->credits, limit);
    pthread_mutex_unlock(&channel->writer->mutex);
    if (has_again)
        wake(channel);
}

bool writer_channel_announce(struct writer_channel *channel, stream_sent_callback *sent, void *context)
{
    struct exchange_peer *peer = channel->end.peer;
    pthread_mutex_lock(&channel->writer->mutex);
    bool is_due = channel_producer_announces(&channel->credits);
    if (is_due) {
        struct frame_head head = hub_frame_head(peer->hub, peer, &channel->end.key);
        head.kind = FRAME_ANNOUNCEMENT;
        head.number = channel->credits.sent;
        /* Under the mutex: it must not overtake, nor be overtaken by, an element. */
        stream_send(peer->stream, hub_frame_of_text(&head, ""), sent, context);
    }
    pthread_mutex_unlock(&channel->writer->mutex);
    return is_due;
}

void writer_fail(struct exchange_writer *writer, const struct error *error)
{
    pthread_mutex_lock(&writer->mutex);
    bool is_first = !atomic_load(&writer->has_failed);
    if (is_first) {
        writer->failure = *error;
        atomic_store(&writer->has_failed, true);
    }
    pthread_mutex_unlock(&writer->mutex);
    if (is_first)
        writer->waker.wake(writer->waker.context);
}

void writer_channel_fail(struct writer_channel *channel, const struct error *error)
{
    struct error failure = *error;
    /* Whatever happened to a channel, another attempt may do better. */
    failure.retriable = true;
    failure.fatal = false;
    writer_fail(channel->writer, &failure);
}

bool writer_channel_is_used(struct writer_channel *channel)
{
    pthread_mutex_lock(&channel->writer->mutex);
    bool is_used = channel->credits.sent > 0 || channel->credits.limit > 0;
    pthread_mutex_unlock(&channel->writer->mutex);
    return is_used;
}

bool writer_channel_has_credit(struct writer_channel *channel)
{
    if (channel->end.peer == NULL) {
        struct gate_channel *consumer = atomic_load(&channel->consumer);
        return consumer != NULL && gate_channel_has_room(consumer);
    }
    pthread_mutex_lock(&channel->writer->mutex);
    bool has_credit = channel_producer_may_send(&channel->credits);
    pthread_mutex_unlock(&channel->writer->mutex);
    return has_credit;
}

static void count_bytes(struct exchange_writer *writer, size_t bytes)
{
    atomic_fetch_add_explicit(&writer->metrics->bytes_out, bytes, memory_order_relaxed);
}

/* Takes the element, if the consumer in this process has room for it. */
static bool send_here(struct writer_channel *channel, struct exchange_element *element)
{
    struct gate_channel *consumer = atomic_load(&channel->consumer);
    if (consumer == NULL)
        return false;
    if (element->batch != NULL && element->bytes == 0)
        element->bytes = record_batch_bytes(element->batch);
    if (!gate_channel_offer(consumer, element, &channel->writer->waker))
        return false;
    count_bytes(channel->writer, element->bytes);
    return true;
}

/* The head of the next element. Only this thread numbers the channel's elements. */
static struct frame_head next_head(const struct writer_channel *channel)
{
    struct frame_head head = hub_frame_head(channel->writer->hub, channel->end.peer, &channel->end.key);
    head.number = channel->credits.sent + 1;
    return head;
}

static void send_frame(struct writer_channel *channel, struct stream_message *message)
{
    count_bytes(channel->writer, stream_message_size(message));
    pthread_mutex_lock(&channel->writer->mutex);
    channel_producer_send(&channel->credits);
    stream_send(channel->end.peer->stream, message, NULL, NULL);
    pthread_mutex_unlock(&channel->writer->mutex);
}

/* Sends a batch from sent_rows on; true when all of it went. */
static bool send_batch(struct writer_channel *channel, const struct record_batch *batch)
{
    while (channel->sent_rows < batch->num_rows) {
        if (!writer_channel_has_credit(channel))
            return false;
        size_t bytes;
        uint32_t rows =
            batch_encodable_rows(batch, channel->sent_rows, EXCHANGE_FRAME_BYTES - FRAME_HEAD_BYTES, &bytes);
        if (bytes > TRANSPORT_MAX_MESSAGE_BYTES - FRAME_HEAD_BYTES) {
            struct error error;
            (void)error_set(&error, STATUS_EXHAUSTED,
                            "a row of %zu bytes is too large to be sent: at most %d MiB", bytes,
                            TRANSPORT_MAX_MESSAGE_BYTES >> 20);
            error.fatal = true; /* it would come again */
            writer_fail(channel->writer, &error);
            return false;
        }
        struct frame_head head = next_head(channel);
        send_frame(channel,
                   writer_create_frame(channel->writer, batch, channel->sent_rows, rows, bytes, &head));
        channel->sent_rows += rows;
    }
    channel->sent_rows = 0;
    return true;
}

static bool send_away(struct writer_channel *channel, struct exchange_element *element)
{
    if (element->kind == ELEMENT_BATCH) {
        if (!send_batch(channel, element->batch))
            return false;
        exchange_element_free(element);
        return true;
    }
    if (!writer_channel_has_credit(channel))
        return false;
    struct frame_head head = next_head(channel);
    send_frame(channel, exchange_frame_create_element(element, &head));
    return true;
}

static bool send_element(struct writer_channel *channel, struct exchange_element *element)
{
    if (atomic_load_explicit(&channel->writer->has_failed, memory_order_relaxed))
        return false;
    return channel->end.peer == NULL ? send_here(channel, element) : send_away(channel, element);
}

static void put(struct writer_channel *channel, struct exchange_element element)
{
    if (channel->num_pending == 0 && send_element(channel, &element))
        return;
    CHECK(channel->num_pending < WRITER_MAX_PENDING);
    channel->pending[channel->num_pending++] = element;
    if (channel->num_pending == 1)
        channel->writer->num_blocked++;
}

bool writer_channel_has_gathered(const struct writer_channel *channel)
{
    return channel->builder != NULL && batch_builder_num_rows(channel->builder) > 0;
}

void writer_channel_flush(struct writer_channel *channel)
{
    if (writer_channel_has_gathered(channel))
        put(channel,
            (struct exchange_element){.kind = ELEMENT_BATCH, .batch = batch_builder_take(channel->builder)});
}

void writer_channel_put(struct writer_channel *channel, struct exchange_element element)
{
    writer_channel_flush(channel);
    put(channel, element);
}

void writer_channel_put_batch(struct writer_channel *channel, struct record_batch *batch)
{
    writer_channel_put(channel, (struct exchange_element){.kind = ELEMENT_BATCH, .batch = batch});
}

void writer_channel_gather(struct writer_channel *channel, const struct record_batch *batch,
                           const uint32_t *rows, uint32_t count)
{
    if (channel->builder == NULL)
        channel->builder = batch_builder_create(batch->schema);
    if (batch_builder_num_rows(channel->builder) + count > BATCH_MAX_ROWS)
        writer_channel_flush(channel);
    batch_builder_append(channel->builder, batch, rows, count);
    /* A consumer that is slow just now gets larger batches before it stops the producer. */
    bool is_large = batch_builder_bytes(channel->builder) >= EXCHANGE_FRAME_BYTES;
    bool is_enough = batch_builder_num_rows(channel->builder) >= WRITER_FLUSH_ROWS;
    if (is_large || (is_enough && writer_channel_has_credit(channel)))
        writer_channel_flush(channel);
}

void writer_channel_resume(struct writer_channel *channel)
{
    uint32_t sent = 0;
    while (sent < channel->num_pending && send_element(channel, &channel->pending[sent]))
        sent++;
    if (sent == 0)
        return;
    channel->num_pending -= sent;
    for (uint32_t i = 0; i < channel->num_pending; i++)
        channel->pending[i] = channel->pending[i + sent];
    if (channel->num_pending == 0)
        channel->writer->num_blocked--;
}
