#include "common/base/memory.h"
#include "common/base/thread_name.h"
#include "common/connector/kafka/kafka_client_properties.h"
#include "taskmanager/sink/kafka/kafka_sink_internal.h"

#include <string.h>
#include <time.h>

enum {
    OPEN_TIMEOUT_MS = 10000,
    POLL_TIMEOUT_MS = 1000,
    ASK_AGAIN_MS = 100,
    ASK_AGAIN_TIMES = 20,
    ARENA_BLOCK_BYTES = 2048
};

static const struct connector_property defaults[] = {
    {"linger.ms", "5"},
    {"queue.buffering.max.kbytes", "16384"},
    {"queue.buffering.max.messages", "50000"},
    {"message.max.bytes", "16000000"},
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"reconnect.backoff.max.ms", "1000"},
};

static const struct connector_property fixed[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {"log.connection.close", "false"},
};

void kafka_producer_init(struct kafka_producer *producer, const char *what, const char *option)
{
    producer->what = what;
    producer->option = option;
    pthread_mutex_init(&producer->mutex, NULL);
    producer->arena = arena_create(ARENA_BLOCK_BYTES);
}

/* Threads of librdkafka. */
static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    const struct kafka_producer *producer = rd_kafka_opaque(handle);
    enum { SYSLOG_WARNING = 4 };
    log_line(producer->context->process->log, level <= SYSLOG_WARNING ? LOG_WARN : LOG_DEBUG, "kafka",
             "%s: %s", facility, text);
}

static void wake(struct kafka_producer *producer)
{
    if (atomic_exchange(&producer->is_waited_for, false))
        producer->context->wake(producer->context->wake_context);
}

/* The producer's own thread. */
static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    (void)handle;
    struct kafka_producer *producer = opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        pthread_mutex_lock(&producer->mutex);
        if (!producer->has_failed)
            error_set(&producer->failure, STATUS_UNAVAILABLE,
                      "A %s was not delivered to topic '%s': %s. Check that the brokers run and take "
                      "records of this size.",
                      producer->what, rd_kafka_topic_name(producer->topic), rd_kafka_err2str(message->err));
        producer->has_failed = true;
        pthread_mutex_unlock(&producer->mutex);
    }
    atomic_fetch_sub(&producer->undelivered, 1);
    wake(producer);
}

static void *run(void *argument)
{
    struct kafka_producer *producer = argument;
    thread_set_name("kafka-producer");
    while (!atomic_load(&producer->is_stopping))
        rd_kafka_poll(producer->handle, POLL_TIMEOUT_MS);
    return NULL;
}

static enum status set_all(rd_kafka_conf_t *conf, const struct connector_property *items, size_t count,
                           struct error *error)
{
    char reason[256];
    for (size_t i = 0; i < count; i++) {
        if (rd_kafka_conf_set(conf, items[i].key, items[i].value, reason, sizeof reason) != RD_KAFKA_CONF_OK)
            return error_set(
                error, STATUS_INVALID_ARGUMENT,
                "The Kafka client refuses the property '%s': %s. Correct 'properties.*' of the table.",
                items[i].key, reason);
    }
    return STATUS_OK;
}

static enum status create_handle(struct kafka_producer *producer,
                                 const struct connector_properties *properties, struct error *error)
{
    struct kafka_client_settings settings;
    enum status status =
        kafka_client_settings_make(properties, KAFKA_PRODUCER, producer->arena, &settings, error);
    if (status != STATUS_OK)
        return status;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, producer);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    status = set_all(conf, defaults, sizeof defaults / sizeof *defaults, error);
    if (status == STATUS_OK)
        status = set_all(conf, settings.settings.items, settings.settings.count, error);
    if (status == STATUS_OK)
        status = set_all(conf, fixed, sizeof fixed / sizeof *fixed, error);
    char reason[256];
    if (status == STATUS_OK) {
        producer->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
        if (producer->handle == NULL)
            status = error_set(error, STATUS_INVALID_ARGUMENT,
                               "The Kafka client cannot be created: %s. Correct 'properties.*' of the table.",
                               reason);
    }
    if (producer->handle == NULL)
        rd_kafka_conf_destroy(conf);
    return status;
}

static rd_kafka_resp_err_t ask_for_topic(struct kafka_producer *producer)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(producer->handle, 0, producer->topic, &metadata, OPEN_TIMEOUT_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return code;
    code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    rd_kafka_metadata_destroy(metadata);
    return code;
}

static enum status check_topic(struct kafka_producer *producer, const char *servers, struct error *error)
{
    const char *topic = rd_kafka_topic_name(producer->topic);
    rd_kafka_resp_err_t code = ask_for_topic(producer);
    /* Brokers hear of a topic just created one after the other. */
    for (int i = 0; i < ASK_AGAIN_TIMES && code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART; i++) {
        const struct timespec pause = {.tv_nsec = ASK_AGAIN_MS * 1000000};
        nanosleep(&pause, NULL);
        code = ask_for_topic(producer);
    }
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return error_set(error, STATUS_NOT_FOUND,
                         "Kafka topic '%s' does not exist at %s. Create it, or correct the option '%s'.",
                         topic, servers, producer->option);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
        return error_set(error, STATUS_UNAVAILABLE,
                         "Connection to node -1 (%s) could not be established for the topic '%s' of '%s': "
                         "%s. Check that the broker runs and that 'properties.bootstrap.servers' names it.",
                         servers, topic, producer->option, rd_kafka_err2str(code));
    return STATUS_OK;
}

enum status kafka_producer_open(struct kafka_producer *producer,
                                const struct connector_properties *properties, const char *topic,
                                const struct operator_context *context, struct error *error)
{
    producer->context = context;
    enum status status = create_handle(producer, properties, error);
    if (status != STATUS_OK)
        return status;
    producer->topic = rd_kafka_topic_new(producer->handle, topic, NULL);
    status = check_topic(producer, connector_property(properties, "bootstrap.servers"), error);
    if (status != STATUS_OK)
        return status;
    producer->reports = rd_kafka_queue_get_main(producer->handle);
    producer->has_thread = pthread_create(&producer->thread, NULL, run, producer) == 0;
    if (!producer->has_thread)
        return error_set(error, STATUS_EXHAUSTED, "No thread to be had for the producer of '%s'.", topic);
    return STATUS_OK;
}

static bool take_failure(struct kafka_producer *producer, struct error *error)
{
    pthread_mutex_lock(&producer->mutex);
    bool has_failed = producer->has_failed;
    if (has_failed)
        *error = producer->failure;
    pthread_mutex_unlock(&producer->mutex);
    return has_failed;
}

static rd_kafka_resp_err_t produce(struct kafka_producer *producer, struct bytes_view value,
                                   struct bytes_view key, rd_kafka_headers_t *headers)
{
    rd_kafka_vu_t arguments[5] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = producer->topic},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)value.data, value.size}},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)key.data, key.size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    rd_kafka_error_t *failure = rd_kafka_produceva(producer->handle, arguments, headers == NULL ? 4 : 5);
    if (failure == NULL)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(failure);
    rd_kafka_error_destroy(failure);
    return code;
}

static void destroy_headers(rd_kafka_headers_t *headers)
{
    if (headers != NULL)
        rd_kafka_headers_destroy(headers);
}

enum operator_result kafka_producer_send(struct kafka_producer *producer, struct bytes_view value,
                                         struct bytes_view key, rd_kafka_headers_t *headers,
                                         struct error *error)
{
    if (take_failure(producer, error)) {
        destroy_headers(headers);
        return OPERATOR_FAILED;
    }
    for (;;) {
        atomic_fetch_add(&producer->undelivered, 1); /* before the attempt: a report may come at once */
        rd_kafka_resp_err_t code = produce(producer, value, key, headers);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return OPERATOR_DONE;
        uint64_t others = atomic_fetch_sub(&producer->undelivered, 1) - 1;
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL || others == 0) {
            destroy_headers(headers);
            error_set(error, STATUS_UNAVAILABLE, "A %s of %zu bytes cannot be written to topic '%s': %s.",
                      producer->what, value.size, rd_kafka_topic_name(producer->topic),
                      rd_kafka_err2str(code));
            return OPERATOR_FAILED;
        }
        atomic_store(&producer->is_waited_for, true);
        if (atomic_load(&producer->undelivered) == 0)
            continue; /* the last report came before it could see that it is waited for */
        destroy_headers(headers);
        return OPERATOR_WAITING;
    }
}

enum operator_result kafka_producer_wait_delivered(struct kafka_producer *producer, struct error *error)
{
    atomic_store(&producer->is_waited_for, true);
    bool is_delivered = atomic_load(&producer->undelivered) == 0;
    if (take_failure(producer, error))
        return OPERATOR_FAILED;
    return is_delivered ? OPERATOR_DONE : OPERATOR_WAITING;
}

void kafka_producer_close(struct kafka_producer *producer)
{
    if (producer->has_thread) {
        atomic_store(&producer->is_stopping, true);
        rd_kafka_queue_yield(producer->reports);
        pthread_join(producer->thread, NULL);
    }
    if (producer->reports != NULL)
        rd_kafka_queue_destroy(producer->reports);
    if (producer->topic != NULL)
        rd_kafka_topic_destroy(producer->topic);
    if (producer->handle != NULL) {
        /* What is not delivered belongs to no acknowledged barrier: it is read again. */
        rd_kafka_purge(producer->handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(producer->handle, 0);
        rd_kafka_destroy(producer->handle);
    }
    pthread_mutex_destroy(&producer->mutex);
    arena_free(producer->arena);
}
