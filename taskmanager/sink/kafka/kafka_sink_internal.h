#pragma once

#include "common/base/arena.h"
#include "common/connector/connector.h"
#include "common/connector/json/json_format.h"
#include "taskmanager/operators/operator.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

/*
 * A librdkafka producer of one topic, and the thread on which its delivery reports arrive. send and
 * wait_delivered come from the subtask's thread; the reports wake it when it waits.
 */
struct kafka_producer {
    const char *what;   /* "dead letter": for messages */
    const char *option; /* that names the topic */
    rd_kafka_t *handle;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *reports; /* where delivery reports arrive */
    struct arena *arena;
    const struct operator_context *context;
    pthread_t thread;
    bool has_thread;
    _Atomic bool is_stopping;
    _Atomic bool is_waited_for; /* the subtask wants to be woken */
    _Atomic uint64_t undelivered;
    pthread_mutex_t mutex; /* guards what follows */
    bool has_failed;
    struct error failure; /* of the first delivery that failed */
};

void kafka_producer_init(struct kafka_producer *producer, const char *what, const char *option);
/* properties are the source table's, Java names. The topic must be there. */
STATUS_MUST_CHECK enum status kafka_producer_open(struct kafka_producer *producer,
                                                  const struct connector_properties *properties,
                                                  const char *topic, const struct operator_context *context,
                                                  struct error *error);
/* Takes headers (NULL: none), whatever it returns. WAITING: not taken; try again once woken. data NULL: none.
 */
enum operator_result kafka_producer_send(struct kafka_producer *producer, struct bytes_view value,
                                         struct bytes_view key, rd_kafka_headers_t *headers,
                                         struct error *error);
/* DONE once everything sent is acknowledged by all replicas. */
enum operator_result kafka_producer_wait_delivered(struct kafka_producer *producer, struct error *error);
void kafka_producer_close(struct kafka_producer *producer);

/* Appends the row as a JSON object, names and values. */
void kafka_json_row(const struct record_batch *batch, uint32_t row, enum json_timestamp_form form,
                    struct buffer *out);
