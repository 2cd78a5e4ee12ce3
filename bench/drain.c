/*
 * The bare drain of a topic: what any reader of Kafka pays at least. One librdkafka consumer reads all
 * partitions from their start to the end that they have now, looks at each value's length and nothing else.
 *
 *   drain BROKERS TOPIC [FILE]     FILE: writes the values as lines, for other tools to read
 *
 * Prints one line of JSON: records, bytes, wall and CPU seconds, peak resident KiB.
 */
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { MAX_PARTITIONS = 64, BATCH = 4096, REQUEST_TIMEOUT_MS = 10000, POLL_TIMEOUT_MS = 10 };

struct drain {
    rd_kafka_t *consumer;
    rd_kafka_queue_t *queue;
    int num_partitions;
    int64_t end[MAX_PARTITIONS];
    int64_t next[MAX_PARTITIONS];
    FILE *output;
    uint64_t records;
    uint64_t bytes;
};

static void fail(const char *what, const char *reason)
{
    fprintf(stderr, "drain: %s: %s\n", what, reason);
    exit(1);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char reason[256];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) != RD_KAFKA_CONF_OK) {
        fail(name, reason);
    }
}

static void open_consumer(struct drain *drain, const char *brokers)
{
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "group.id", "bench-drain");
    set(conf, "enable.auto.commit", "false");
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "isolation.level", "read_uncommitted");
    drain->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof(reason));
    if (!drain->consumer) {
        fail("consumer", reason);
    }
    rd_kafka_poll_set_consumer(drain->consumer);
    drain->queue = rd_kafka_queue_get_consumer(drain->consumer);
}

static int count_partitions(struct drain *drain, const char *topic)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(drain->consumer, topic, NULL);
    rd_kafka_resp_err_t status = rd_kafka_metadata(drain->consumer, 0, handle, &metadata, REQUEST_TIMEOUT_MS);
    if (status) {
        fail(topic, rd_kafka_err2str(status));
    }
    if (metadata->topic_cnt != 1 || metadata->topics[0].err) {
        fail(topic, rd_kafka_err2str(metadata->topics[0].err));
    }
    int count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    return count;
}

static void assign_all(struct drain *drain, const char *topic)
{
    drain->num_partitions = count_partitions(drain, topic);
    if (drain->num_partitions > MAX_PARTITIONS) {
        fail(topic, "too many partitions");
    }
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(drain->num_partitions);
    for (int partition = 0; partition < drain->num_partitions; partition++) {
        int64_t *next = &drain->next[partition];
        rd_kafka_resp_err_t status = rd_kafka_query_watermark_offsets(
            drain->consumer, topic, partition, next, &drain->end[partition], REQUEST_TIMEOUT_MS);
        if (status) {
            fail(topic, rd_kafka_err2str(status));
        }
        rd_kafka_topic_partition_list_add(list, topic, partition)->offset = *next;
    }
    if (rd_kafka_assign(drain->consumer, list)) {
        fail(topic, "cannot assign");
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static bool at_end(const struct drain *drain)
{
    for (int partition = 0; partition < drain->num_partitions; partition++) {
        if (drain->next[partition] < drain->end[partition]) {
            return false;
        }
    }
    return true;
}

static void take(struct drain *drain, const rd_kafka_message_t *message)
{
    if (message->err) {
        fail("consume", rd_kafka_message_errstr(message));
    }
    drain->records++;
    drain->bytes += message->len;
    drain->next[message->partition] = message->offset + 1;
    if (drain->output) {
        fwrite(message->payload, 1, message->len, drain->output);
        putc_unlocked('\n', drain->output);
    }
}

static void read_all(struct drain *drain)
{
    static rd_kafka_message_t *messages[BATCH];
    while (!at_end(drain)) {
        ssize_t count = rd_kafka_consume_batch_queue(drain->queue, POLL_TIMEOUT_MS, messages, BATCH);
        for (ssize_t i = 0; i < count; i++) {
            take(drain, messages[i]);
            rd_kafka_message_destroy(messages[i]);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4) {
        fail("usage", "drain BROKERS TOPIC [FILE]");
    }
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    struct drain drain = {.output = argc == 4 ? fopen(argv[3], "w") : NULL};
    if (argc == 4 && !drain.output) {
        fail(argv[3], "cannot be written");
    }
    open_consumer(&drain, argv[1]);
    assign_all(&drain, argv[2]);
    read_all(&drain);
    double wall_s = seconds_since(&start);
    if (drain.output && fclose(drain.output)) {
        fail(argv[3], "cannot be written");
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("{\"records\": %llu, \"bytes\": %llu, \"wall_s\": %.3f, \"cpu_s\": %.3f, \"peak_kib\": %ld}\n",
           (unsigned long long)drain.records, (unsigned long long)drain.bytes, wall_s, cpu_s,
           usage.ru_maxrss);
    rd_kafka_queue_destroy(drain.queue);
    rd_kafka_consumer_close(drain.consumer);
    rd_kafka_destroy(drain.consumer);
    return 0;
}
