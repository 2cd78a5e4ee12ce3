#include "common/base/memory.h"
#include "common/base/thread_name.h"
#include "common/base/timed_condition.h"
#include "taskmanager/source/kafka/kafka_internal.h"

#include <stdlib.h>
#include <time.h>

enum { ASK_TIMEOUT_MS = 3000 };

static void add_found(struct kafka_discovery *discovery, const struct kafka_split_state *split)
{
    pthread_mutex_lock(&discovery->mutex);
    discovery->found = mem_realloc(discovery->found, (discovery->num_found + 1) * sizeof *discovery->found);
    discovery->found[discovery->num_found++] = *split;
    atomic_store_explicit(&discovery->has_found, true, memory_order_release);
    pthread_mutex_unlock(&discovery->mutex);
}

/* What the broker cannot tell now is asked again after the next interval. */
static void look(struct kafka_source *source, size_t topic_index)
{
    const struct operator_context *context = source->context;
    const char *topic = source->config->topics[topic_index];
    const char *servers = connector_property(&source->config->properties, "bootstrap.servers");
    int32_t *known = &source->discovery.known_counts[topic_index];
    struct error error;
    int32_t count;
    if (kafka_client_partition_count(source->client, topic, servers, ASK_TIMEOUT_MS, &count, &error) !=
        STATUS_OK)
        return;
    for (; *known < count; ++*known) {
        int64_t high;
        struct kafka_split_state split = {
            .topic = topic, .partition = *known, .leader_epoch = -1, .stop_offset = KAFKA_UNKNOWN_OFFSET};
        if (kafka_split_subtask(topic, *known, context->parallelism) != context->subtask)
            continue;
        if (kafka_offsets_watermarks(source->client, topic, *known, &split.start_offset, &high, &error) !=
            STATUS_OK)
            return;
        split.next_offset = split.start_offset;
        add_found(&source->discovery, &split);
    }
}

/* False when it is time to stop. */
static bool wait_interval(struct kafka_discovery *discovery, int64_t interval_ms)
{
    struct timespec until = timed_condition_deadline(interval_ms);
    pthread_mutex_lock(&discovery->mutex);
    int result = 0;
    while (!discovery->is_stopping && result == 0)
        result = pthread_cond_timedwait(&discovery->changed, &discovery->mutex, &until);
    bool goes_on = !discovery->is_stopping;
    pthread_mutex_unlock(&discovery->mutex);
    return goes_on;
}

static void *run(void *argument)
{
    struct kafka_source *source = argument;
    thread_set_name("kafka-discovery");
    while (wait_interval(&source->discovery, source->config->discovery_interval_ms))
        for (size_t t = 0; t < source->config->topic_count; t++)
            look(source, t);
    return NULL;
}

void kafka_discovery_start(struct kafka_source *source, const int32_t *partition_counts)
{
    struct kafka_discovery *discovery = &source->discovery;
    size_t topics = source->config->topic_count;
    discovery->known_counts = arena_dup(source->arena, partition_counts, topics * sizeof *partition_counts);
    pthread_mutex_init(&discovery->mutex, NULL);
    timed_condition_init(&discovery->changed);
    discovery->is_running = pthread_create(&discovery->thread, NULL, run, source) == 0;
    if (!discovery->is_running)
        log_line(source->client->process->log, LOG_WARN, "kafka",
                 "operator=%s no thread to be had: new partitions are not looked for",
                 source->context->operator_name);
}

void kafka_discovery_stop(struct kafka_discovery *discovery)
{
    if (discovery->known_counts == NULL)
        return;
    if (discovery->is_running) {
        pthread_mutex_lock(&discovery->mutex);
        discovery->is_stopping = true;
        pthread_cond_signal(&discovery->changed);
        pthread_mutex_unlock(&discovery->mutex);
        pthread_join(discovery->thread, NULL);
    }
    pthread_cond_destroy(&discovery->changed);
    pthread_mutex_destroy(&discovery->mutex);
    free(discovery->found);
}

enum status kafka_discovery_adopt(struct kafka_source *source, struct error *error)
{
    struct kafka_discovery *discovery = &source->discovery;
    if (!atomic_load_explicit(&discovery->has_found, memory_order_acquire))
        return STATUS_OK;
    pthread_mutex_lock(&discovery->mutex);
    enum status status = kafka_splits_add(source, discovery->found, discovery->num_found, error);
    discovery->num_found = 0;
    atomic_store_explicit(&discovery->has_found, false, memory_order_release);
    pthread_mutex_unlock(&discovery->mutex);
    return status;
}
