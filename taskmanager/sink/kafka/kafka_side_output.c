#include "taskmanager/sink/kafka/kafka_side_output.h"

#include "common/base/check.h"

static struct kafka_side_output *output_of(struct operator* operator)
{
    return (struct kafka_side_output *)operator;
}

void kafka_side_output_init(struct kafka_side_output *output, const struct operator_ops *ops,
                            enum operator_result (*send_row)(struct kafka_side_output *output, uint32_t row,
                                                             struct error *error),
                            const char *what, const char *option)
{
    output->base.ops = ops;
    output->send_row = send_row;
    kafka_producer_init(&output->producer, what, option);
}

enum status kafka_side_output_open(struct kafka_side_output *output,
                                   const struct connector_properties *properties, const char *topic,
                                   const struct operator_context *context, struct error *error)
{
    output->context = context;
    return kafka_producer_open(&output->producer, properties, topic, context, error);
}

void kafka_side_output_close(struct kafka_side_output *output)
{
    kafka_producer_close(&output->producer);
    record_batch_free(output->batch);
}

/* Hands rows to the producer until it is full. */
static enum operator_result send_rows(struct kafka_side_output *output, struct error *error)
{
    while (output->batch != NULL && output->next_row < output->batch->num_rows) {
        enum operator_result result = output->send_row(output, output->next_row, error);
        if (result != OPERATOR_DONE)
            return result;
        output->next_row++;
    }
    record_batch_free(output->batch);
    output->batch = NULL;
    return OPERATOR_DONE;
}

enum operator_result kafka_side_output_process_batch(struct operator* operator, uint32_t input,
                                                     struct record_batch *batch, struct error *error)
{
    struct kafka_side_output *output = output_of(operator);
    CHECK(input == 0 && output->batch == NULL);
    output->batch = batch;
    output->next_row = 0;
    return send_rows(output, error);
}

static enum operator_result wait_delivered(struct kafka_side_output *output, struct error *error)
{
    enum operator_result result = kafka_producer_wait_delivered(&output->producer, error);
    output->waits_for_delivery = result == OPERATOR_WAITING;
    return result;
}

enum operator_result kafka_side_output_prepare_barrier(struct operator* operator, uint64_t checkpoint_id,
                                                       struct error *error)
{
    (void)checkpoint_id;
    return wait_delivered(output_of(operator), error);
}

enum operator_result kafka_side_output_end_input(struct operator* operator, uint32_t input,
                                                 enum end_of_input how, struct error *error)
{
    (void)input;
    (void)how;
    return wait_delivered(output_of(operator), error);
}

enum operator_result kafka_side_output_resume(struct operator* operator, struct error * error)
{
    struct kafka_side_output *output = output_of(operator);
    enum operator_result result = send_rows(output, error);
    if (result == OPERATOR_DONE && output->waits_for_delivery)
        result = wait_delivered(output, error);
    return result;
}
