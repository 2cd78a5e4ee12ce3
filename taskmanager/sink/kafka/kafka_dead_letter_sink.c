#include "taskmanager/sink/kafka/kafka_dead_letter_sink.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/sink/kafka/kafka_sink_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The columns of kafka_dead_letter_schema(); the source's header is not this module's to see. */
enum { VALUE, KEY, REASON, TOPIC, PARTITION, OFFSET, TIMESTAMP, FIELD_COUNT };

struct dead_letter_sink {
    struct operator base;
    const struct kafka_source_config *config;
    const struct operator_context *context;
    struct kafka_producer producer;
    struct record_batch *batch; /* what the producer did not take yet */
    uint32_t next_row;
    bool waits_for_delivery; /* of everything, before a barrier or the end */
};

static struct dead_letter_sink *sink_of(struct operator* operator)
{
    return (struct dead_letter_sink *)operator;
}

static enum status sink_open(struct operator* operator, const struct operator_context * context,
                             struct error *error)
{
    struct dead_letter_sink *sink = sink_of(operator);
    sink->context = context;
    return kafka_producer_open(&sink->producer, &sink->config->properties, sink->config->dead_letter_topic,
                               context, error);
}

static const struct string_value *text_at(const struct record_batch *batch, uint32_t column, uint32_t row)
{
    static const struct string_value none = {.size = 0, .data = NULL};
    return vector_is_null(batch->columns[column], row) ? &none : vector_value(batch->columns[column], row);
}

static void add_header(rd_kafka_headers_t *headers, const char *name, const void *data, size_t size)
{
    rd_kafka_header_add(headers, name, -1, data, (ssize_t)size);
}

static void add_number(rd_kafka_headers_t *headers, const char *name, int64_t value)
{
    char text[24];
    int size = snprintf(text, sizeof text, "%" PRId64, value);
    add_header(headers, name, text, (size_t)size);
}

static rd_kafka_headers_t *headers_of(const struct record_batch *batch, uint32_t row)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(5);
    const struct string_value *reason = text_at(batch, REASON, row);
    const struct string_value *topic = text_at(batch, TOPIC, row);
    add_header(headers, "dead-letter.reason", reason->data, reason->size);
    add_header(headers, "dead-letter.topic", topic->data, topic->size);
    add_number(headers, "dead-letter.partition",
               *(const int32_t *)vector_value(batch->columns[PARTITION], row));
    add_number(headers, "dead-letter.offset", *(const int64_t *)vector_value(batch->columns[OFFSET], row));
    if (!vector_is_null(batch->columns[TIMESTAMP], row))
        add_number(headers, "dead-letter.timestamp",
                   *(const int64_t *)vector_value(batch->columns[TIMESTAMP], row) / 1000);
    return headers;
}

/* Hands rows to the producer until it is full. */
static enum operator_result send_rows(struct dead_letter_sink *sink, struct error *error)
{
    while (sink->batch != NULL && sink->next_row < sink->batch->num_rows) {
        const struct string_value *value = text_at(sink->batch, VALUE, sink->next_row);
        const struct string_value *key = text_at(sink->batch, KEY, sink->next_row);
        enum operator_result result = kafka_producer_send(
            &sink->producer, (struct bytes_view){(const uint8_t *)value->data, value->size},
            (struct bytes_view){(const uint8_t *)key->data, key->size},
            headers_of(sink->batch, sink->next_row), error);
        if (result != OPERATOR_DONE)
            return result;
        sink->next_row++;
    }
    record_batch_free(sink->batch);
    sink->batch = NULL;
    return OPERATOR_DONE;
}

static enum operator_result sink_process_batch(struct operator* operator, uint32_t input,
                                               struct record_batch *batch, struct error *error)
{
    struct dead_letter_sink *sink = sink_of(operator);
    CHECK(input == 0 && sink->batch == NULL && batch->schema->num_fields == FIELD_COUNT);
    atomic_fetch_add_explicit(&sink->context->metrics->records_in, batch->num_rows, memory_order_relaxed);
    sink->batch = batch;
    sink->next_row = 0;
    return send_rows(sink, error);
}

static enum operator_result wait_delivered(struct dead_letter_sink *sink, struct error *error)
{
    enum operator_result result = kafka_producer_wait_delivered(&sink->producer, error);
    sink->waits_for_delivery = result == OPERATOR_WAITING;
    return result;
}

static enum operator_result sink_prepare_barrier(struct operator* operator, uint64_t checkpoint_id,
                                                 struct error *error)
{
    (void)checkpoint_id;
    return wait_delivered(sink_of(operator), error);
}

static enum operator_result sink_end_input(struct operator* operator, uint32_t input, enum end_of_input how,
                                           struct error *error)
{
    (void)input;
    (void)how;
    return wait_delivered(sink_of(operator), error);
}

static enum operator_result sink_resume(struct operator* operator, struct error * error)
{
    struct dead_letter_sink *sink = sink_of(operator);
    enum operator_result result = send_rows(sink, error);
    if (result == OPERATOR_DONE && sink->waits_for_delivery)
        result = wait_delivered(sink, error);
    return result;
}

static void sink_close(struct operator* operator)
{
    struct dead_letter_sink *sink = sink_of(operator);
    kafka_producer_close(&sink->producer);
    record_batch_free(sink->batch);
    free(sink);
}

static const struct operator_ops dead_letter_sink_ops = {
    .open = sink_open,
    .process_batch = sink_process_batch,
    .close = sink_close,
    .prepare_barrier = sink_prepare_barrier,
    .end_input = sink_end_input,
    .resume = sink_resume,
};

struct operator* kafka_dead_letter_sink_create(const struct plan_node *source_node)
{
    CHECK(source_node->source->kafka->dead_letter_topic != NULL);
    struct dead_letter_sink *sink = mem_calloc(1, sizeof *sink);
    sink->base.ops = &dead_letter_sink_ops;
    sink->config = source_node->source->kafka;
    kafka_producer_init(&sink->producer, "dead letter", "dead-letter.topic");
    return &sink->base;
}
