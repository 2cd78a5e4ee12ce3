#include "taskmanager/source/kafka/kafka_internal.h"

#include <inttypes.h>
#include <string.h>

enum status kafka_offsets_watermarks(struct kafka_client *client, const char *topic, int32_t partition,
                                     int64_t *ret_low, int64_t *ret_high, struct error *error)
{
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(client->handle, topic, partition, ret_low,
                                                                ret_high, KAFKA_CONNECT_TIMEOUT_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(error, STATUS_UNAVAILABLE,
                         "Kafka does not tell the offsets of topic '%s', partition %d: %s.", topic, partition,
                         rd_kafka_err2str(code));
    return STATUS_OK;
}

static rd_kafka_topic_partition_list_t *list_of(const struct kafka_split_state *splits, size_t count,
                                                int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count + 1);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, splits[i].topic, splits[i].partition)->offset = offset;
    return list;
}

/* Offsets of the list go into offsets[]; KAFKA_UNKNOWN_OFFSET where the broker has none. */
static enum status take_offsets(const rd_kafka_topic_partition_list_t *list, rd_kafka_resp_err_t code,
                                const char *what, int64_t *offsets, struct error *error)
{
    for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        code = list->elems[i].err;
        offsets[i] = list->elems[i].offset >= 0 ? list->elems[i].offset : KAFKA_UNKNOWN_OFFSET;
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return STATUS_OK;
    return error_set(error, STATUS_UNAVAILABLE, "Kafka does not tell %s of topic '%s': %s.", what,
                     list->elems[0].topic, rd_kafka_err2str(code));
}

static enum status committed_offsets(struct kafka_source *source, const struct kafka_split_state *splits,
                                     size_t count, int64_t *offsets, struct error *error)
{
    if (!source->client->has_group) {
        for (size_t i = 0; i < count; i++)
            offsets[i] = KAFKA_UNKNOWN_OFFSET;
        return STATUS_OK;
    }
    rd_kafka_topic_partition_list_t *list = list_of(splits, count, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_resp_err_t code = rd_kafka_committed(source->client->handle, list, KAFKA_CONNECT_TIMEOUT_MS);
    enum status status = take_offsets(list, code, "the group's offsets", offsets, error);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

static enum status offsets_at(struct kafka_source *source, const struct kafka_split_state *splits,
                              size_t count, int64_t timestamp_ms, int64_t *offsets, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = list_of(splits, count, timestamp_ms);
    rd_kafka_resp_err_t code =
        rd_kafka_offsets_for_times(source->client->handle, list, KAFKA_CONNECT_TIMEOUT_MS);
    enum status status = take_offsets(list, code, "the offsets at a time", offsets, error);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

static void specific_offsets(const struct kafka_partition_offset *given, size_t given_count,
                             const struct kafka_split_state *splits, size_t count, int64_t *offsets)
{
    for (size_t i = 0; i < count; i++)
        for (size_t g = 0; g < given_count; g++)
            if (given[g].partition == splits[i].partition)
                offsets[i] = given[g].offset;
}

enum reset { RESET_EARLIEST, RESET_LATEST, RESET_NONE };

static enum reset reset_of(const struct kafka_source *source)
{
    switch (source->config->startup_mode) {
    case KAFKA_STARTUP_LATEST:
    case KAFKA_STARTUP_TIMESTAMP: return RESET_LATEST; /* nothing is as young as the time given */
    case KAFKA_STARTUP_EARLIEST:
    case KAFKA_STARTUP_SPECIFIC_OFFSETS: return RESET_EARLIEST;
    case KAFKA_STARTUP_GROUP_OFFSETS: break;
    }
    const char *given = connector_property(&source->config->properties, "auto.offset.reset");
    if (given != NULL && strcmp(given, "earliest") == 0)
        return RESET_EARLIEST;
    return given != NULL && strcmp(given, "latest") == 0 ? RESET_LATEST : RESET_NONE;
}

static enum status fill_start(struct kafka_source *source, struct kafka_split_state *split, int64_t offset,
                              struct error *error)
{
    int64_t low = 0;
    int64_t high = 0;
    if (offset == KAFKA_UNKNOWN_OFFSET) {
        enum reset reset = reset_of(source);
        if (reset == RESET_NONE)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "Undefined offset with no reset policy for partition %s-%d: the group has none "
                             "committed. Set 'properties.auto.offset.reset' = 'earliest' or 'latest', or "
                             "another 'scan.startup.mode'.",
                             split->topic, split->partition);
        enum status status =
            kafka_offsets_watermarks(source->client, split->topic, split->partition, &low, &high, error);
        if (status != STATUS_OK)
            return status;
        offset = reset == RESET_EARLIEST ? low : high;
    }
    split->start_offset = offset;
    split->next_offset = offset;
    return STATUS_OK;
}

enum status kafka_offsets_start(struct kafka_source *source, struct kafka_split_state *splits, size_t count,
                                struct error *error)
{
    const struct kafka_source_config *config = source->config;
    int64_t *offsets = arena_calloc(source->arena, count + 1, sizeof *offsets);
    enum status status = STATUS_OK;
    if (count == 0)
        return STATUS_OK;
    for (size_t i = 0; i < count; i++)
        offsets[i] = KAFKA_UNKNOWN_OFFSET;
    if (config->startup_mode == KAFKA_STARTUP_GROUP_OFFSETS ||
        config->startup_mode == KAFKA_STARTUP_SPECIFIC_OFFSETS)
        status = committed_offsets(source, splits, count, offsets, error);
    if (status == STATUS_OK && config->startup_mode == KAFKA_STARTUP_TIMESTAMP)
        status = offsets_at(source, splits, count, config->startup_timestamp_ms, offsets, error);
    if (config->startup_mode == KAFKA_STARTUP_SPECIFIC_OFFSETS)
        specific_offsets(config->startup_offsets, config->startup_offset_count, splits, count, offsets);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = fill_start(source, &splits[i], offsets[i], error);
    return status;
}

static enum status fill_stop(struct kafka_source *source, struct kafka_split_state *split, int64_t offset,
                             struct error *error)
{
    enum kafka_bounded_mode mode = source->config->bounded_mode;
    if (offset == KAFKA_UNKNOWN_OFFSET && mode == KAFKA_BOUNDED_SPECIFIC_OFFSETS) {
        offset = split->next_offset; /* a partition that is not listed is not read */
    } else if (offset == KAFKA_UNKNOWN_OFFSET && mode == KAFKA_BOUNDED_GROUP_OFFSETS) {
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "'scan.bounded.mode' = 'group-offsets', but the group has no offset committed for "
                         "topic '%s', partition %d.",
                         split->topic, split->partition);
    } else if (offset == KAFKA_UNKNOWN_OFFSET) {
        int64_t low;
        enum status status =
            kafka_offsets_watermarks(source->client, split->topic, split->partition, &low, &offset, error);
        if (status != STATUS_OK)
            return status;
    }
    split->stop_offset = offset;
    return STATUS_OK;
}

enum status kafka_offsets_stop(struct kafka_source *source, struct kafka_split_state *splits, size_t count,
                               struct error *error)
{
    const struct kafka_source_config *config = source->config;
    int64_t *offsets = arena_calloc(source->arena, count + 1, sizeof *offsets);
    enum status status = STATUS_OK;
    if (count == 0)
        return STATUS_OK;
    for (size_t i = 0; i < count; i++)
        offsets[i] = KAFKA_UNKNOWN_OFFSET;
    if (config->bounded_mode == KAFKA_BOUNDED_GROUP_OFFSETS)
        status = committed_offsets(source, splits, count, offsets, error);
    if (config->bounded_mode == KAFKA_BOUNDED_TIMESTAMP)
        status = offsets_at(source, splits, count, config->bounded_timestamp_ms, offsets, error);
    if (config->bounded_mode == KAFKA_BOUNDED_SPECIFIC_OFFSETS)
        specific_offsets(config->bounded_offsets, config->bounded_offset_count, splits, count, offsets);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = fill_stop(source, &splits[i], offsets[i], error);
    return status;
}
