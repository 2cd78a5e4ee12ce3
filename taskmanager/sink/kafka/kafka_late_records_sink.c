#include "taskmanager/sink/kafka/kafka_late_records_sink.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/sink/kafka/kafka_side_output.h"

#include <stdlib.h>

struct late_records_sink {
    struct kafka_side_output output;
    const struct plan_source *source;
    const char *topic;
    struct buffer text;
};

static struct late_records_sink *sink_of(struct operator* operator)
{
    return (struct late_records_sink *)operator;
}

static enum status sink_open(struct operator* operator, const struct operator_context * context,
                             struct error *error)
{
    struct late_records_sink *sink = sink_of(operator);
    return kafka_side_output_open(&sink->output, &sink->source->kafka->properties, sink->topic, context,
                                  error);
}

static enum operator_result send_record(struct kafka_side_output *output, uint32_t row, struct error *error)
{
    struct late_records_sink *sink = sink_of(&output->base);
    enum json_timestamp_form form =
        sink->source->json != NULL ? sink->source->json->timestamp_form : JSON_TIMESTAMP_ANY;
    buffer_clear(&sink->text);
    kafka_json_row(output->batch, row, form, &sink->text);
    return kafka_producer_send(&output->producer, buffer_view(&sink->text), (struct bytes_view){0}, NULL,
                               error);
}

static void sink_close(struct operator* operator)
{
    struct late_records_sink *sink = sink_of(operator);
    kafka_side_output_close(&sink->output);
    buffer_free(&sink->text);
    free(sink);
}

static const struct operator_ops late_records_sink_ops = {
    .open = sink_open,
    .process_batch = kafka_side_output_process_batch,
    .close = sink_close,
    .prepare_barrier = kafka_side_output_prepare_barrier,
    .end_input = kafka_side_output_end_input,
    .resume = kafka_side_output_resume,
};

struct operator* kafka_late_records_sink_create(const struct plan_source *source, const char *topic)
{
    CHECK(source->kind == PLAN_SOURCE_KAFKA && topic != NULL);
    struct late_records_sink *sink = mem_calloc(1, sizeof *sink);
    sink->source = source;
    sink->topic = topic;
    kafka_side_output_init(&sink->output, &late_records_sink_ops, send_record, "late record",
                           "late-records.topic");
    return &sink->output.base;
}
