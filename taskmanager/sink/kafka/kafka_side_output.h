#pragma once

#include "taskmanager/sink/kafka/kafka_sink_internal.h"

/*
 * A sink that makes each row a message of one topic. It waits while the producer is full, and at a barrier
 * and at the end until the brokers have everything. The operators below fit into its operator_ops as they
 * are; they take a struct kafka_side_output as the first member of what is around it.
 */
struct kafka_side_output {
    struct operator base;
    const struct operator_context *context;
    struct kafka_producer producer;
    struct record_batch *batch; /* what the producer did not take yet */
    uint32_t next_row;
    bool waits_for_delivery; /* of everything, before a barrier or the end */
    /* Sends that row of batch. */
    enum operator_result (*send_row)(struct kafka_side_output *output, uint32_t row, struct error *error);
};

/* what, option: as of kafka_producer_init. */
void kafka_side_output_init(struct kafka_side_output *output, const struct operator_ops *ops,
                            enum operator_result (*send_row)(struct kafka_side_output *output, uint32_t row,
                                                             struct error *error),
                            const char *what, const char *option);
/* properties are the source table's. */
STATUS_MUST_CHECK enum status kafka_side_output_open(struct kafka_side_output *output,
                                                     const struct connector_properties *properties,
                                                     const char *topic,
                                                     const struct operator_context *context,
                                                     struct error *error);
void kafka_side_output_close(struct kafka_side_output *output); /* the content */

enum operator_result kafka_side_output_process_batch(struct operator* operator, uint32_t input,
                                                     struct record_batch *batch, struct error *error);
enum operator_result kafka_side_output_prepare_barrier(struct operator* operator, uint64_t checkpoint_id,
                                                       struct error *error);
enum operator_result kafka_side_output_end_input(struct operator* operator, uint32_t input,
                                                 enum end_of_input how, struct error *error);
enum operator_result kafka_side_output_resume(struct operator* operator, struct error * error);
