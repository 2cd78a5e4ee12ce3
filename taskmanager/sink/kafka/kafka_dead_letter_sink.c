#include "taskmanager/sink/kafka/kafka_dead_letter_sink.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/sink/kafka/kafka_side_output.h"

#include <inttypes.h>
#include <stdlib.h>

/* The columns of kafka_dead_letter_schema(); the source's header is not this module's to see. */
enum { VALUE, KEY, REASON, TOPIC, PARTITION, OFFSET, TIMESTAMP, FIELD_COUNT };

struct dead_letter_sink {
    struct kafka_side_output output;
    const struct kafka_source_config *config;
};

static struct dead_letter_sink *sink_of(struct operator* operator)
{
    return (struct dead_letter_sink *)operator;
}

static enum status sink_open(struct operator* operator, const struct operator_context * context,
                             struct error *error)
{
    struct dead_letter_sink *sink = sink_of(operator);
    return kafka_side_output_open(&sink->output, &sink->config->properties, sink->config->dead_letter_topic,
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

static enum operator_result send_letter(struct kafka_side_output *output, uint32_t row, struct error *error)
{
    const struct string_value *value = text_at(output->batch, VALUE, row);
    const struct string_value *key = text_at(output->batch, KEY, row);
    return kafka_producer_send(
        &output->producer, (struct bytes_view){(const uint8_t *)value->data, value->size},
        (struct bytes_view){(const uint8_t *)key->data, key->size}, headers_of(output->batch, row), error);
}

static enum operator_result sink_process_batch(struct operator* operator, uint32_t input,
                                               struct record_batch *batch, struct error *error)
{
    struct dead_letter_sink *sink = sink_of(operator);
    CHECK(batch->schema->num_fields == FIELD_COUNT);
    atomic_fetch_add_explicit(&sink->output.context->metrics->records_in, batch->num_rows,
                              memory_order_relaxed);
    return kafka_side_output_process_batch(operator, input, batch, error);
}

static void sink_close(struct operator* operator)
{
    struct dead_letter_sink *sink = sink_of(operator);
    kafka_side_output_close(&sink->output);
    free(sink);
}

static const struct operator_ops dead_letter_sink_ops = {
    .open = sink_open,
    .process_batch = sink_process_batch,
    .close = sink_close,
    .prepare_barrier = kafka_side_output_prepare_barrier,
    .end_input = kafka_side_output_end_input,
    .resume = kafka_side_output_resume,
};

struct operator* kafka_dead_letter_sink_create(const struct plan_node *source_node)
{
    CHECK(source_node->source->kafka->dead_letter_topic != NULL);
    struct dead_letter_sink *sink = mem_calloc(1, sizeof *sink);
    sink->config = source_node->source->kafka;
    kafka_side_output_init(&sink->output, &dead_letter_sink_ops, send_letter, "dead letter",
                           "dead-letter.topic");
    return &sink->output.base;
}
