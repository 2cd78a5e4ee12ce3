#include "taskmanager/sink/kafka/kafka_late_records_sink.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/sink/kafka/kafka_sink_internal.h"

#include <stdlib.h>

struct late_records_sink {
    struct operator base;
    const struct plan_source *source;
    const char *topic;
    struct kafka_producer producer;
    struct record_batch *batch; /* what the producer did not take yet */
    uint32_t next_row;
    struct buffer text;
    bool waits_for_delivery; /* of everything, before a barrier or the end */
};

static struct late_records_sink *sink_of(struct operator* operator)
{
    return (struct late_records_sink *)operator;
}

static enum status sink_open(struct operator* operator, const struct operator_context * context,
                             struct error *error)
{
    struct late_records_sink *sink = sink_of(operator);
    return kafka_producer_open(&sink->producer, &sink->source->kafka->properties, sink->topic, context,
                               error);
}

/* Hands rows to the producer until it is full. */
static enum operator_result send_rows(struct late_records_sink *sink, struct error *error)
{
    enum json_timestamp_form form =
        sink->source->json != NULL ? sink->source->json->timestamp_form : JSON_TIMESTAMP_ANY;
    while (sink->batch != NULL && sink->next_row < sink->batch->num_rows) {
        buffer_clear(&sink->text);
        kafka_json_row(sink->batch, sink->next_row, form, &sink->text);
        enum operator_result result = kafka_producer_send(&sink->producer, buffer_view(&sink->text),
                                                          (struct bytes_view){0}, NULL, error);
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
    struct late_records_sink *sink = sink_of(operator);
    CHECK(input == 0 && sink->batch == NULL);
    sink->batch = batch;
    sink->next_row = 0;
    return send_rows(sink, error);
}

static enum operator_result wait_delivered(struct late_records_sink *sink, struct error *error)
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
    struct late_records_sink *sink = sink_of(operator);
    enum operator_result result = send_rows(sink, error);
    if (result == OPERATOR_DONE && sink->waits_for_delivery)
        result = wait_delivered(sink, error);
    return result;
}

static void sink_close(struct operator* operator)
{
    struct late_records_sink *sink = sink_of(operator);
    kafka_producer_close(&sink->producer);
    record_batch_free(sink->batch);
    buffer_free(&sink->text);
    free(sink);
}

static const struct operator_ops late_records_sink_ops = {
    .open = sink_open,
    .process_batch = sink_process_batch,
    .close = sink_close,
    .prepare_barrier = sink_prepare_barrier,
    .end_input = sink_end_input,
    .resume = sink_resume,
};

struct operator* kafka_late_records_sink_create(const struct plan_source *source, const char *topic)
{
    CHECK(source->kind == PLAN_SOURCE_KAFKA && topic != NULL);
    struct late_records_sink *sink = mem_calloc(1, sizeof *sink);
    sink->base.ops = &late_records_sink_ops;
    sink->source = source;
    sink->topic = topic;
    kafka_producer_init(&sink->producer, "late record", "late-records.topic");
    return &sink->base;
}
