#include "common/base/memory.h"
#include "common/connector/kafka/kafka_client_properties.h"
#include "taskmanager/source/kafka/kafka_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DESTROY_TIMEOUT_S = 3 };

/* Ours, before the user's. A subtask keeps at most some 16 MiB of fetched records, and one fetch beyond. */
static const struct connector_property defaults[] = {
    {"queued.min.messages", "20000"},
    {"queued.max.messages.kbytes", "8192"},
    {"fetch.message.max.bytes", "1048576"},
    {"fetch.max.bytes", "8388608"},
    {"fetch.wait.max.ms", "500"},
    {"fetch.error.backoff.ms", "100"},
    {"isolation.level", "read_uncommitted"},
    {"check.crcs", "true"},
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"reconnect.backoff.max.ms", "1000"},
};

/* Ours, after the user's: positions are the job's alone. */
static const struct connector_property fixed[] = {
    {"enable.auto.commit", "false"}, {"enable.auto.offset.store", "false"}, {"enable.partition.eof", "true"},
    {"auto.offset.reset", "error"},  {"log.connection.close", "false"},     {"api.version.request", "true"},
};

/* Threads of librdkafka. */
static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    struct kafka_client *client = rd_kafka_opaque(handle);
    enum { SYSLOG_ERROR = 3, SYSLOG_WARNING = 4 };
    enum log_level to = level <= SYSLOG_ERROR ? LOG_WARN : level <= SYSLOG_WARNING ? LOG_INFO : LOG_DEBUG;
    log_line(client->process->log, to, "kafka", "%s: %s", facility, text);
    if (level > SYSLOG_ERROR)
        return;
    const char *thread_end = strstr(text, "]: ");
    pthread_mutex_lock(&client->mutex);
    snprintf(client->last_error, sizeof client->last_error, "%s", thread_end != NULL ? thread_end + 3 : text);
    pthread_mutex_unlock(&client->mutex);
}

/* The subtask's thread, within a poll: what is reported so is not an error of one message. */
static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    (void)handle;
    struct kafka_client *client = opaque;
    switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        error_set(&client->failure, STATUS_NOT_FOUND,
                  "Kafka says: %s. The job still reads that partition; was the topic deleted?", reason);
        break;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__FATAL:
        error_set(&client->failure, STATUS_UNAVAILABLE, "The Kafka client has failed: %s.", reason);
        break;
    default: return; /* it tries again by itself */
    }
    client->has_failed = true;
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

static enum status configure(rd_kafka_conf_t *conf, const struct kafka_client_settings *settings,
                             const char *group, struct error *error)
{
    enum status status = set_all(conf, defaults, sizeof defaults / sizeof *defaults, error);
    const struct connector_property group_setting = {"group.id", group};
    if (status == STATUS_OK)
        status = set_all(conf, &group_setting, 1, error);
    if (status == STATUS_OK)
        status = set_all(conf, settings->settings.items, settings->settings.count, error);
    if (status == STATUS_OK)
        status = set_all(conf, fixed, sizeof fixed / sizeof *fixed, error);
    return status;
}

enum status kafka_client_open(struct kafka_client *client, const struct kafka_source_config *config,
                              const struct operator_context *context, struct arena *arena,
                              struct error *error)
{
    struct kafka_client_settings settings;
    enum status status =
        kafka_client_settings_make(&config->properties, KAFKA_CONSUMER, arena, &settings, error);
    if (status != STATUS_OK)
        return status;
    client->process = context->process;
    if (context->subtask == 0)
        for (size_t i = 0; i < settings.notices.count; i++)
            log_line(client->process->log, LOG_WARN, "kafka", "operator=%s property=%s notice=\"%s\"",
                     context->operator_name, settings.notices.items[i].key, settings.notices.items[i].value);
    const char *commits = connector_property(&config->properties, "commit.offsets.on.checkpoint");
    const char *isolation = connector_property(&config->properties, "isolation.level");
    client->is_read_committed = isolation != NULL && strcmp(isolation, "read_committed") == 0;
    client->has_group = connector_property(&config->properties, "group.id") != NULL;
    client->commits_offsets = client->has_group && (commits == NULL || strcmp(commits, "false") != 0);

    const char *user = connector_property(&settings.settings, "sasl.username");
    const char *password = connector_property(&settings.settings, "sasl.password");
    client->user = user == NULL ? "-" : user;
    client->password = password == NULL ? "-" : password;

    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, client);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    status = configure(conf, &settings, arena_printf(arena, "frazil-%s", context->job_id), error);
    if (status != STATUS_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    char reason[256];
    client->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (client->handle == NULL) {
        rd_kafka_conf_destroy(conf);
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The Kafka client cannot be created: %s. Correct 'properties.*' of the table.",
                         reason);
    }
    rd_kafka_poll_set_consumer(client->handle);
    pthread_mutex_lock(&client->mutex);
    client->queue = rd_kafka_queue_get_consumer(client->handle);
    pthread_mutex_unlock(&client->mutex);
    return STATUS_OK;
}

void kafka_client_wake(struct kafka_client *client)
{
    pthread_mutex_lock(&client->mutex);
    if (client->queue != NULL)
        rd_kafka_queue_yield(client->queue);
    pthread_mutex_unlock(&client->mutex);
}

struct kafka_client *kafka_client_create(void)
{
    struct kafka_client *client = mem_calloc(1, sizeof *client);
    pthread_mutex_init(&client->mutex, NULL);
    return client;
}

static void *destroy(void *argument)
{
    rd_kafka_destroy_flags(argument, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return NULL;
}

/* False when the client does not end in time. librdkafka 2.0 waits for ever for a broker's thread once a
 * topic that it reads was deleted; a task must not. */
static bool destroy_handle(struct kafka_client *client)
{
    pthread_t thread;
    struct timespec until;
    if (client->handle == NULL)
        return true;
    if (pthread_create(&thread, NULL, destroy, client->handle) != 0)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += DESTROY_TIMEOUT_S;
    if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) == 0)
        return true;
    pthread_detach(thread);
    log_line(client->process->log, LOG_WARN, "kafka", "the client does not end; its threads are left behind");
    return false;
}

void kafka_client_close(struct kafka_client *client)
{
    pthread_mutex_lock(&client->mutex);
    if (client->queue != NULL)
        rd_kafka_queue_destroy(client->queue);
    client->queue = NULL;
    pthread_mutex_unlock(&client->mutex);
    if (!destroy_handle(client))
        return; /* its threads still log by way of it */
    pthread_mutex_destroy(&client->mutex);
    free(client);
}

static enum status unreachable(struct kafka_client *client, const char *servers, struct error *error)
{
    pthread_mutex_lock(&client->mutex);
    enum status status = error_set(
        error, STATUS_UNAVAILABLE,
        "Connection to node -1 (%s) could not be established. Node may not be available.%s%s Check that the "
        "broker runs and that 'properties.bootstrap.servers' = '%s' names it.",
        servers, client->last_error[0] != '\0' ? " Last error: " : "",
        client->last_error[0] != '\0' ? client->last_error : "", servers);
    pthread_mutex_unlock(&client->mutex);
    return status;
}

enum status kafka_client_partition_count(struct kafka_client *client, const char *topic, const char *servers,
                                         int64_t timeout_ms, int32_t *ret_count, struct error *error)
{
    const struct clock *clock = &client->process->clock;
    int64_t deadline_ms = clock_monotonic_ms(clock) + timeout_ms;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client->handle, topic, NULL);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    int32_t count = 0;
    for (int64_t left_ms = timeout_ms; left_ms > 0; left_ms = deadline_ms - clock_monotonic_ms(clock)) {
        const struct rd_kafka_metadata *metadata = NULL;
        code = rd_kafka_metadata(client->handle, 0, handle, &metadata, (int)left_ms);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            break;
        code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
        rd_kafka_metadata_destroy(metadata);
        if (code !=
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) /* a topic just created; the next answer is better */
            break;
    }
    rd_kafka_topic_destroy(handle);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
        return error_set(error, STATUS_NOT_FOUND,
                         "Kafka topic '%s' does not exist at %s. Create it, or correct the option 'topic'.",
                         topic, servers);
    if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT)
        return unreachable(client, servers, error);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(error, STATUS_UNAVAILABLE, "Kafka at %s does not describe topic '%s': %s.", servers,
                         topic, rd_kafka_err2str(code));
    *ret_count = count;
    return STATUS_OK;
}

/*
 * librdkafka 2.0 stops fetching a partition when enough is queued, and its broker thread then sleeps up to a
 * second: nothing tells it that the queue was drained (fetch.queue.backoff.ms came with 2.2). A queue small
 * enough for our memory is drained in some 20 ms. Setting credentials, also unused ones, wakes all broker
 * threads, without a request to a broker.
 */
void kafka_client_kick(struct kafka_client *client)
{
    rd_kafka_error_t *failure = rd_kafka_sasl_set_credentials(client->handle, client->user, client->password);
    if (failure != NULL)
        rd_kafka_error_destroy(failure);
}
