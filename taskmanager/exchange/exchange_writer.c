#include "taskmanager/exchange/writer_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

static struct exchange_writer *writer_of(struct operator* operator)
{
    return (struct exchange_writer *)operator;
}

static int64_t now_us(const struct exchange_writer *writer)
{
    return clock_monotonic_us(&writer->hub->options.process->clock);
}

/* After each call: what the channels made of it. */
static enum operator_result result_of(struct exchange_writer *writer, struct error *error)
{
    if (atomic_load(&writer->has_failed)) {
        pthread_mutex_lock(&writer->mutex);
        *error = writer->failure;
        pthread_mutex_unlock(&writer->mutex);
        return OPERATOR_FAILED;
    }
    return writer->num_blocked > 0 ? OPERATOR_OUTPUT_FULL : OPERATOR_DONE;
}

/* Under the hub's mutex: the channel can be found, and its consumer, if it is there, hears of it. */
static enum status open_channel(struct writer_channel *channel, struct error *error)
{
    struct exchange_writer *writer = channel->writer;
    struct exchange_hub *hub = writer->hub;
    enum status status =
        hub_locate(hub, &writer->identity, writer->edge->to, channel->end.key.to, &channel->end.peer, error);
    if (status != STATUS_OK)
        return status;
    if (!channel_map_add(&hub->producers, &channel->end)) {
        hub_release_peer(channel->end.peer);
        return error_set(error, STATUS_ALREADY_EXISTS, "subtask %u feeds edge %u already",
                         writer->identity.subtask, writer->edge_index);
    }
    channel->is_open = true;
    if (channel->end.peer != NULL) {
        writer_channel_announce(channel, NULL, NULL);
        return STATUS_OK;
    }
    struct channel_end *consumer = channel_map_find(&hub->consumers, &channel->end.key);
    if (consumer != NULL)
        writer_channel_connect(channel, gate_channel_of(consumer));
    return STATUS_OK;
}

static enum status writer_open(struct operator* operator, const struct operator_context * context,
                               struct error *error)
{
    struct exchange_writer *writer = writer_of(operator);
    writer->waker = (struct exchange_waker){context->wake, context->wake_context};
    writer->metrics = context->metrics;
    enum status status = STATUS_OK;
    pthread_mutex_lock(&writer->hub->mutex);
    for (uint32_t i = 0; status == STATUS_OK && i < writer->num_channels; i++)
        status = open_channel(&writer->channels[i], error);
    pthread_mutex_unlock(&writer->hub->mutex);
    return status;
}

static void close_channel(struct writer_channel *channel)
{
    struct gate_channel *consumer = atomic_load(&channel->consumer);
    if (consumer != NULL)
        gate_channel_leave(consumer);
    for (uint32_t i = 0; i < channel->num_pending; i++)
        exchange_element_free(&channel->pending[i]);
    batch_builder_free(channel->builder);
}

static void writer_close(struct operator* operator)
{
    struct exchange_writer *writer = writer_of(operator);
    pthread_mutex_lock(&writer->hub->mutex);
    for (uint32_t i = 0; i < writer->num_channels; i++) {
        if (!writer->channels[i].is_open)
            continue;
        channel_map_remove(&writer->hub->producers, &writer->channels[i].end);
        hub_release_peer(writer->channels[i].end.peer);
    }
    pthread_mutex_unlock(&writer->hub->mutex);
    for (uint32_t i = 0; i < writer->num_channels; i++)
        close_channel(&writer->channels[i]);
    exchange_partitioner_free(writer->partitioner);
    buffer_free(&writer->encoded);
    pthread_mutex_destroy(&writer->mutex);
    free(writer->channels);
    arena_free(writer->arena);
    free(writer);
}

static void put_by_hash(struct exchange_writer *writer, struct record_batch *batch)
{
    struct partitioner *partitioner = writer->partitioner;
    exchange_partitioner_split(partitioner, batch);
    for (uint32_t t = 0; t < writer->num_channels; t++) {
        const uint32_t *rows = partitioner->rows + partitioner->starts[t];
        uint32_t count = partitioner->starts[t + 1] - partitioner->starts[t];
        if (count == batch->num_rows) {
            writer_channel_put_batch(&writer->channels[t], batch);
            return;
        }
        if (count >= WRITER_DIRECT_ROWS) {
            writer_channel_put_batch(&writer->channels[t], record_batch_gather(batch, rows, count));
        } else if (count > 0) {
            writer_channel_gather(&writer->channels[t], batch, rows, count);
            if (writer->flush_us == 0)
                writer->flush_us = now_us(writer) + EXCHANGE_FLUSH_MS * 1000;
        }
    }
    record_batch_free(batch);
}

static void put_to_all(struct exchange_writer *writer, struct record_batch *batch)
{
    for (uint32_t i = 1; i < writer->num_channels; i++)
        writer_channel_put_batch(&writer->channels[i], record_batch_share(batch));
    writer_channel_put_batch(&writer->channels[0], batch);
}

/* The next in turn that has credit: a slow consumer gets less while others are idle. */
static void put_in_turn(struct exchange_writer *writer, struct record_batch *batch)
{
    uint32_t chosen = writer->next_channel;
    for (uint32_t i = 0; i < writer->num_channels; i++) {
        uint32_t candidate = (writer->next_channel + i) % writer->num_channels;
        if (!writer_channel_has_credit(&writer->channels[candidate]))
            continue;
        chosen = candidate;
        break;
    }
    writer->next_channel = (chosen + 1) % writer->num_channels;
    writer_channel_put_batch(&writer->channels[chosen], batch);
}

static enum operator_result writer_process_batch(struct operator* operator, uint32_t input,
                                                 struct record_batch *batch, struct error *error)
{
    (void)input;
    struct exchange_writer *writer = writer_of(operator);
    CHECK(writer->num_blocked == 0);
    atomic_fetch_add_explicit(&writer->metrics->records_out, batch->num_rows, memory_order_relaxed);
    if (batch->num_rows == 0) {
        record_batch_free(batch);
        return OPERATOR_DONE;
    }
    if (writer->num_channels == 1) {
        writer_channel_put_batch(&writer->channels[0], batch);
        return result_of(writer, error);
    }
    switch (writer->edge->partitioning) {
    case PLAN_HASH: put_by_hash(writer, batch); break;
    case PLAN_REBALANCE: put_in_turn(writer, batch); break;
    case PLAN_BROADCAST: put_to_all(writer, batch); break;
    case PLAN_SINGLETON:
    case PLAN_FORWARD: writer_channel_put_batch(&writer->channels[0], batch); break;
    }
    return result_of(writer, error);
}

/* To all channels, behind all rows. */
static enum operator_result put_everywhere(struct exchange_writer *writer, struct exchange_element element,
                                           struct error *error)
{
    CHECK(writer->num_blocked == 0);
    for (uint32_t i = 0; i < writer->num_channels; i++)
        writer_channel_put(&writer->channels[i], element);
    writer->flush_us = 0;
    return result_of(writer, error);
}

static enum operator_result writer_process_watermark(struct operator* operator, uint32_t input,
                                                     int64_t watermark_us, struct error *error)
{
    (void)input;
    struct exchange_element element = {.kind = ELEMENT_WATERMARK, .watermark_us = watermark_us};
    return put_everywhere(writer_of(operator), element, error);
}

static enum operator_result writer_process_status(struct operator* operator, uint32_t input, bool idle,
                                                  struct error *error)
{
    (void)input;
    struct exchange_element element = {.kind = ELEMENT_STATUS, .is_idle = idle};
    return put_everywhere(writer_of(operator), element, error);
}

static enum operator_result writer_prepare_barrier(struct operator* operator, uint64_t checkpoint_id,
                                                   struct error *error)
{
    struct exchange_writer *writer = writer_of(operator);
    CHECK(writer->barrier.checkpoint_id == checkpoint_id);
    struct exchange_element element = {.kind = ELEMENT_BARRIER, .barrier = writer->barrier};
    return put_everywhere(writer, element, error);
}

static enum operator_result writer_end_input(struct operator* operator, uint32_t input, enum end_of_input how,
                                             struct error *error)
{
    (void)input;
    struct exchange_element element = {.kind = ELEMENT_END, .how = how};
    return put_everywhere(writer_of(operator), element, error);
}

static enum operator_result writer_resume(struct operator* operator, struct error * error)
{
    struct exchange_writer *writer = writer_of(operator);
    for (uint32_t i = 0; i < writer->num_channels && writer->num_blocked > 0; i++)
        writer_channel_resume(&writer->channels[i]);
    return result_of(writer, error);
}

static int64_t writer_next_timer_us(const struct operator* operator)
{
    const struct exchange_writer *writer = (const struct exchange_writer *)operator;
    if (atomic_load_explicit(&writer->has_failed, memory_order_relaxed))
        return 0; /* it is told without another element */
    if (writer->flush_us == 0)
        return INT64_MAX;
    return operator_deadline_us(&writer->hub->options.process->clock, writer->flush_us);
}

static enum operator_result writer_on_timer(struct operator* operator, int64_t time_us, struct error *error)
{
    (void)time_us;
    struct exchange_writer *writer = writer_of(operator);
    writer->flush_us = 0;
    for (uint32_t i = 0; i < writer->num_channels; i++) {
        struct writer_channel *channel = &writer->channels[i];
        if (!writer_channel_has_gathered(channel))
            continue;
        if (writer_channel_has_credit(channel))
            writer_channel_flush(channel);
        else /* its consumer has enough to do */
            writer->flush_us = now_us(writer) + EXCHANGE_FLUSH_MS * 1000;
    }
    return result_of(writer, error);
}

static const struct operator_ops writer_ops = {
    .open = writer_open,
    .process_batch = writer_process_batch,
    .close = writer_close,
    .process_watermark = writer_process_watermark,
    .process_watermark_status = writer_process_status,
    .prepare_barrier = writer_prepare_barrier,
    .end_input = writer_end_input,
    .resume = writer_resume,
    .next_timer_us = writer_next_timer_us,
    .on_timer = writer_on_timer,
};

static void copy_identity(struct exchange_writer *writer, const struct exchange_end *end)
{
    struct arena *arena = writer->arena;
    struct exchange_location *locations = arena_calloc(arena, end->num_locations, sizeof *locations);
    for (size_t i = 0; i < end->num_locations; i++) {
        locations[i] = end->locations[i];
        locations[i].taskmanager_id = arena_strdup(arena, end->locations[i].taskmanager_id);
        locations[i].address = arena_strdup(arena, end->locations[i].address);
    }
    writer->identity = *end;
    writer->identity.job_id = arena_strdup(arena, end->job_id);
    writer->identity.locations = locations;
}

struct operator*
    exchange_writer_create(struct exchange_hub *hub, const struct exchange_end *end, uint32_t edge)
{
    CHECK(edge < end->graph->edge_count && end->graph->edges[edge].from == end->vertex);
    struct exchange_writer *writer = mem_calloc(1, sizeof *writer);
    writer->base.ops = &writer_ops;
    writer->hub = hub;
    writer->arena = arena_create(4096);
    copy_identity(writer, end);
    writer->edge = &end->graph->edges[edge];
    writer->edge_index = edge;
    CHECK(pthread_mutex_init(&writer->mutex, NULL) == 0);
    uint32_t first;
    exchange_edge_range(end->graph, writer->edge, end->vertex, end->subtask, &first, &writer->num_channels);
    writer->channels = mem_calloc(writer->num_channels, sizeof *writer->channels);
    for (uint32_t i = 0; i < writer->num_channels; i++) {
        writer->channels[i].writer = writer;
        writer->channels[i].credits.window = EXCHANGE_CHANNEL_CREDITS;
        writer->channels[i].end.key = exchange_end_key(end, edge, end->subtask, first + i);
    }
    if (writer->edge->partitioning == PLAN_HASH && writer->num_channels > 1)
        writer->partitioner =
            exchange_partitioner_create(writer->edge, writer->num_channels, end->graph->max_parallelism);
    return &writer->base;
}

void exchange_writer_set_barrier(struct operator* operator, const struct exchange_barrier * barrier)
{
    writer_of(operator)->barrier = *barrier;
}
