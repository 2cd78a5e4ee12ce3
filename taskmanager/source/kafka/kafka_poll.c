#include "common/base/check.h"
#include "taskmanager/source/kafka/kafka_internal.h"

#include <inttypes.h>

enum {
    LINGER_MS = 5, /* how long a batch waits for more once it has a record */
    KICK_INTERVAL_MS = 4,
    KICK_BELOW_MESSAGES = 10000,
    LAG_INTERVAL_MS = 1000,
};

/* Errors that the client recovers from by itself. */
static bool is_passing(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT: return true;
    default: return false;
    }
}

static enum status fail_consumer(const rd_kafka_message_t *message, struct error *error)
{
    const char *topic = message->rkt != NULL ? rd_kafka_topic_name(message->rkt) : "?";
    const char *text = message->payload != NULL ? rd_kafka_message_errstr(message) : "";
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        error_set(error, STATUS_NOT_FOUND,
                  "Offset %" PRId64 " of topic '%s', partition %d is out of range: %s. Records were deleted "
                  "before they were read, or the topic was made anew. Start the job without this checkpoint "
                  "to go on with what is there.",
                  message->offset, topic, message->partition, text);
        error->fatal = true;
        break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        error_set(error, STATUS_NOT_FOUND,
                  "Kafka topic '%s', partition %d does not exist any more: %s. The job had yet to read it.",
                  topic, message->partition, text);
        error->retriable = true; /* a broker that comes up may not know it yet; a restart looks again */
        break;
    default:
        error_set(error, STATUS_UNAVAILABLE, "Kafka topic '%s', partition %d cannot be read: %s. %s", topic,
                  message->partition, rd_kafka_err2str(message->err), text);
    }
    return error->code;
}

static bool is_behind_stop(const struct kafka_split *split, int64_t offset)
{
    return split->state.stop_offset != KAFKA_UNKNOWN_OFFSET && offset >= split->state.stop_offset;
}

/* The end of a partition as it is now: also where its last offsets are control records, which nobody sees. */
static void reach_end(struct kafka_source *source, const rd_kafka_message_t *message)
{
    struct kafka_split *split = kafka_splits_find(source, message->rkt, message->partition);
    if (split == NULL || split->is_finished)
        return;
    if (message->offset > split->read_offset)
        split->read_offset = message->offset;
    if (is_behind_stop(split, split->read_offset))
        kafka_split_finish(source, split);
}

/* True when the message becomes a row, or a dead letter. */
static bool take(struct kafka_source *source, const rd_kafka_message_t *message)
{
    struct kafka_split *split = kafka_splits_find(source, message->rkt, message->partition);
    if (split == NULL || split->is_finished || message->offset < split->read_offset)
        return false;
    if (is_behind_stop(split, message->offset)) {
        split->read_offset = split->state.stop_offset;
        kafka_split_finish(source, split);
        return false;
    }
    split->read_offset = message->offset + 1;
    if (is_behind_stop(split, split->read_offset))
        kafka_split_finish(source, split);
    return message->payload != NULL; /* a tombstone says nothing in plain JSON */
}

/* Messages that count move to the front of all; their number is returned. */
static enum status sort_out(struct kafka_source *source, rd_kafka_message_t **all, uint32_t count,
                            uint32_t *ret_taken, struct error *error)
{
    uint32_t taken = 0;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        rd_kafka_message_t *message = all[i];
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            bytes += message->len;
            if (!take(source, message))
                continue;
            all[i] = all[taken];
            all[taken++] = message;
        } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            reach_end(source, message);
        } else if (!is_passing(message->err)) {
            return fail_consumer(message, error);
        }
    }
    atomic_fetch_add_explicit(&source->context->metrics->bytes_in, bytes, memory_order_relaxed);
    *ret_taken = taken;
    return STATUS_OK;
}

static void advance(struct kafka_source *source)
{
    for (size_t i = 0; i < source->num_splits; i++)
        source->splits[i].state.next_offset = source->splits[i].read_offset;
}

static void measure_lag(struct kafka_source *source, int64_t now_ms)
{
    if (now_ms < source->next_lag_ms)
        return;
    source->next_lag_ms = now_ms + LAG_INTERVAL_MS;
    int64_t lag = 0;
    for (size_t i = 0; i < source->num_splits; i++) {
        struct kafka_split *split = &source->splits[i];
        int64_t low = 0;
        int64_t high = 0;
        if (split->is_finished)
            continue;
        bool is_told =
            rd_kafka_get_watermark_offsets(source->client->handle, split->state.topic, split->state.partition,
                                           &low, &high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
            high >= 0;
        /* Nothing was fetched yet. Behind an open transaction, though, there may be nothing to read for long.
         */
        split->has_backlog = !is_told;
        if (!is_told)
            continue;
        if (split->state.stop_offset != KAFKA_UNKNOWN_OFFSET && high > split->state.stop_offset)
            high = split->state.stop_offset;
        lag += high > split->read_offset ? high - split->read_offset : 0;
        split->has_backlog = high > split->read_offset && !source->client->is_read_committed;
    }
    atomic_store_explicit(&source->context->metrics->pending_records, lag, memory_order_relaxed);
}

static uint32_t consume(struct kafka_source *source, rd_kafka_message_t **messages, int64_t max_wait_ms)
{
    rd_kafka_queue_t *queue = source->client->queue;
    ssize_t count = rd_kafka_consume_batch_queue(queue, (int)max_wait_ms, messages, 1);
    if (count <= 0)
        return 0;
    ssize_t more = rd_kafka_consume_batch_queue(queue, LINGER_MS, messages + 1, BATCH_MAX_ROWS - 1);
    return more > 0 ? 1 + (uint32_t)more : 1;
}

static enum source_result decode(struct kafka_source *source, uint32_t count, struct record_batch **ret_batch,
                                 struct error *error)
{
    struct record_batch *batch = NULL;
    enum source_result result = kafka_batch_decode(source, count, &batch, error);
    if (result == SOURCE_BLOCKED) {
        source->pending = batch;
        if (batch == NULL)
            advance(source); /* all of them were dead letters, and those are on their way */
        return SOURCE_BLOCKED;
    }
    if (result == SOURCE_FAILED)
        return SOURCE_FAILED;
    advance(source);
    if (batch == NULL)
        return SOURCE_EMPTY;
    *ret_batch = batch;
    return SOURCE_BATCH;
}

static enum source_result poll_consumer(struct kafka_source *source, int64_t max_wait_ms,
                                        struct record_batch **ret_batch, struct error *error)
{
    rd_kafka_message_t **messages = source->messages;
    uint32_t count = consume(source, messages, max_wait_ms);
    if (count == 0 && !source->client->has_failed)
        return SOURCE_EMPTY;
    uint32_t taken = 0;
    enum source_result result = SOURCE_FAILED;
    if (source->client->has_failed) {
        *error = source->client->failure;
    } else if (sort_out(source, messages, count, &taken, error) == STATUS_OK) {
        for (uint32_t i = taken; i < count; i++)
            rd_kafka_message_destroy(messages[i]);
        count = taken;
        if (taken > 0) {
            result = decode(source, taken, ret_batch, error);
        } else {
            advance(source);
            result = SOURCE_EMPTY;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        rd_kafka_message_destroy(messages[i]);
    return result;
}

enum source_result kafka_poll(struct kafka_source *source, int64_t max_wait_ms,
                              struct record_batch **ret_batch, struct error *error)
{
    if (source->pending != NULL) {
        *ret_batch = source->pending;
        source->pending = NULL;
        advance(source);
        return SOURCE_BATCH;
    }
    if (kafka_discovery_adopt(source, error) != STATUS_OK)
        return SOURCE_FAILED;
    if (source->num_unfinished == 0 && source->config->bounded_mode != KAFKA_UNBOUNDED)
        return SOURCE_ENDED;
    int64_t now_ms = clock_monotonic_ms(&source->client->process->clock);
    if (now_ms >= source->next_kick_ms &&
        rd_kafka_queue_length(source->client->queue) < KICK_BELOW_MESSAGES) {
        source->next_kick_ms = now_ms + KICK_INTERVAL_MS;
        kafka_client_kick(source->client);
    }
    measure_lag(source, now_ms);
    return poll_consumer(source, max_wait_ms, ret_batch, error);
}
