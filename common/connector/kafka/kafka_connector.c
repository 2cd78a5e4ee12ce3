#include "common/connector/kafka/kafka_connector.h"

#include "common/base/nearest_word.h"

#include <stdlib.h>
#include <string.h>

static const struct connector_option options[] = {
    {"topic", OPTION_LIST, true, NULL, "the topic, or several separated by ';'", NULL},
    {"properties.bootstrap.servers", OPTION_STRING, true, NULL, "host:port of the brokers, separated by ','",
     NULL},
    {"properties.group.id", OPTION_STRING, false, NULL, "the consumer group", NULL},
    {"properties.", OPTION_PREFIX, false, NULL, "any property of the Kafka client", NULL},
    {"scan.startup.mode", OPTION_STRING, false, "group-offsets",
     "earliest-offset, latest-offset, group-offsets, timestamp or specific-offsets", NULL},
    {"scan.startup.specific-offsets", OPTION_STRING, false, NULL,
     "partition:0,offset:42;partition:1,offset:300", NULL},
    {"scan.startup.timestamp-millis", OPTION_INTEGER, false, NULL, "milliseconds since 1970-01-01 UTC", NULL},
    {"scan.bounded.mode", OPTION_STRING, false, "unbounded",
     "unbounded, latest-offset, group-offsets, timestamp or specific-offsets", NULL},
    {"scan.bounded.specific-offsets", OPTION_STRING, false, NULL,
     "partition:0,offset:42;partition:1,offset:300", NULL},
    {"scan.bounded.timestamp-millis", OPTION_INTEGER, false, NULL, "milliseconds since 1970-01-01 UTC", NULL},
    {"scan.topic-partition-discovery.interval", OPTION_DURATION, false, "5 min",
     "how often to look for new partitions; 0 never", NULL},
    {"scan.watermark.idle-timeout", OPTION_DURATION, false, NULL,
     "a partition that is silent for so long holds no watermark back", NULL},
    {"late-records.topic", OPTION_STRING, false, NULL, "where rows go that come too late for their window",
     NULL},
    {"dead-letter.topic", OPTION_STRING, false, NULL, "where records go that do not parse", NULL},
};

const struct connector_definition kafka_connector = {
    .identifier = "kafka",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

static const char *const startup_modes[] = {
    [KAFKA_STARTUP_GROUP_OFFSETS] = "group-offsets",
    [KAFKA_STARTUP_EARLIEST] = "earliest-offset",
    [KAFKA_STARTUP_LATEST] = "latest-offset",
    [KAFKA_STARTUP_TIMESTAMP] = "timestamp",
    [KAFKA_STARTUP_SPECIFIC_OFFSETS] = "specific-offsets",
};

static const char *const bounded_modes[] = {
    [KAFKA_UNBOUNDED] = "unbounded",
    [KAFKA_BOUNDED_LATEST] = "latest-offset",
    [KAFKA_BOUNDED_GROUP_OFFSETS] = "group-offsets",
    [KAFKA_BOUNDED_TIMESTAMP] = "timestamp",
    [KAFKA_BOUNDED_SPECIFIC_OFFSETS] = "specific-offsets",
};

enum { MODE_COUNT = 5 };

static enum status parse_mode(const struct connector_properties *properties, const char *name,
                              const char *const modes[MODE_COUNT], size_t *ret_mode, struct error *error)
{
    const char *value = connector_option_value(&kafka_connector, properties, name);
    for (size_t i = 0; i < MODE_COUNT; i++) {
        if (strcmp(modes[i], value) == 0) {
            *ret_mode = i;
            return STATUS_OK;
        }
    }
    const char *nearest = nearest_word(value, modes, MODE_COUNT);
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "Invalid value '%s' for option '%s': expected one of %s, %s, %s, %s, %s.%s%s%s", value,
                     name, modes[0], modes[1], modes[2], modes[3], modes[4],
                     nearest != NULL ? " Did you mean '" : "", nearest != NULL ? nearest : "",
                     nearest != NULL ? "'?" : "");
}

static bool read_number(const char **text, const char *label, int64_t *ret_value)
{
    size_t size = strlen(label);
    if (strncmp(*text, label, size) != 0)
        return false;
    char *end = NULL;
    const char *digits = *text + size;
    *ret_value = strtoll(digits, &end, 10);
    *text = end;
    return end != digits && *ret_value >= 0;
}

/* partition:0,offset:42;partition:1,offset:300 */
static enum status parse_offsets(const struct connector_properties *properties, const char *name,
                                 struct arena *arena, const struct kafka_partition_offset **ret_offsets,
                                 size_t *ret_count, struct error *error)
{
    const char *text = connector_option_value(&kafka_connector, properties, name);
    if (text == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The mode 'specific-offsets' needs the option '%s' = 'partition:0,offset:42;...'.",
                         name);
    struct kafka_partition_offset *offsets = arena_calloc(arena, strlen(text) / 8 + 1, sizeof *offsets);
    size_t count = 0;
    const char *at = text;
    do {
        int64_t partition = 0;
        int64_t offset = 0;
        bool good = read_number(&at, "partition:", &partition) && *at++ == ',' &&
                    read_number(&at, "offset:", &offset);
        if (!good || partition > INT32_MAX || (*at != ';' && *at != '\0'))
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "Invalid value '%s' for option '%s': expected 'partition:0,offset:42;...'.",
                             text, name);
        offsets[count++] = (struct kafka_partition_offset){.partition = (int32_t)partition, .offset = offset};
    } while (*at++ == ';' && *at != '\0');
    *ret_offsets = offsets;
    *ret_count = count;
    return STATUS_OK;
}

static enum status parse_timestamp(const struct connector_properties *properties, const char *name,
                                   int64_t *ret_timestamp_ms, struct error *error)
{
    if (connector_option_value(&kafka_connector, properties, name) == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, "The mode 'timestamp' needs the option '%s'.", name);
    *ret_timestamp_ms = connector_option_integer(&kafka_connector, properties, name);
    return STATUS_OK;
}

static enum status parse_startup(const struct connector_properties *properties, struct arena *arena,
                                 struct kafka_source_config *config, struct error *error)
{
    size_t mode = 0;
    enum status status = parse_mode(properties, "scan.startup.mode", startup_modes, &mode, error);
    if (status != STATUS_OK)
        return status;
    config->startup_mode = (enum kafka_startup_mode)mode;
    if (config->startup_mode == KAFKA_STARTUP_TIMESTAMP)
        return parse_timestamp(properties, "scan.startup.timestamp-millis", &config->startup_timestamp_ms,
                               error);
    if (config->startup_mode == KAFKA_STARTUP_SPECIFIC_OFFSETS)
        return parse_offsets(properties, "scan.startup.specific-offsets", arena, &config->startup_offsets,
                             &config->startup_offset_count, error);
    if (config->startup_mode == KAFKA_STARTUP_GROUP_OFFSETS &&
        connector_property(properties, "properties.group.id") == NULL)
        return error_set(
            error, STATUS_INVALID_ARGUMENT,
            "'properties.group.id' is required when 'scan.startup.mode' is 'group-offsets', its default. "
            "Give it, or another startup mode.");
    return STATUS_OK;
}

static enum status parse_bounded(const struct connector_properties *properties, struct arena *arena,
                                 struct kafka_source_config *config, struct error *error)
{
    size_t mode = 0;
    enum status status = parse_mode(properties, "scan.bounded.mode", bounded_modes, &mode, error);
    if (status != STATUS_OK)
        return status;
    config->bounded_mode = (enum kafka_bounded_mode)mode;
    if (config->bounded_mode == KAFKA_BOUNDED_TIMESTAMP)
        return parse_timestamp(properties, "scan.bounded.timestamp-millis", &config->bounded_timestamp_ms,
                               error);
    if (config->bounded_mode == KAFKA_BOUNDED_SPECIFIC_OFFSETS)
        return parse_offsets(properties, "scan.bounded.specific-offsets", arena, &config->bounded_offsets,
                             &config->bounded_offset_count, error);
    if (config->bounded_mode == KAFKA_BOUNDED_GROUP_OFFSETS &&
        connector_property(properties, "properties.group.id") == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "'properties.group.id' is required when 'scan.bounded.mode' is 'group-offsets'.");
    return STATUS_OK;
}

enum status kafka_source_config_parse(const struct connector_properties *properties, struct arena *arena,
                                      const struct kafka_source_config **ret_config, struct error *error)
{
    struct kafka_source_config *config = arena_calloc(arena, 1, sizeof *config);
    config->topics =
        connector_option_list(&kafka_connector, properties, "topic", arena, &config->topic_count);
    if (config->topic_count == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "The option 'topic' names no topic.");
    config->properties = connector_properties_with_prefix(properties, "properties.", arena);
    config->discovery_interval_ms =
        connector_option_duration_ms(&kafka_connector, properties, "scan.topic-partition-discovery.interval");
    const char *dead_letter = connector_option_value(&kafka_connector, properties, "dead-letter.topic");
    config->dead_letter_topic = dead_letter == NULL ? NULL : arena_strdup(arena, dead_letter);
    enum status status = parse_startup(properties, arena, config, error);
    if (status == STATUS_OK)
        status = parse_bounded(properties, arena, config, error);
    if (status == STATUS_OK)
        *ret_config = config;
    return status;
}

enum status kafka_sink_config_parse(const struct connector_properties *properties, struct arena *arena,
                                    const struct kafka_sink_config **ret_config, struct error *error)
{
    size_t topic_count = 0;
    const char *const *topics =
        connector_option_list(&kafka_connector, properties, "topic", arena, &topic_count);
    if (topic_count != 1)
        return error_set(error, STATUS_INVALID_ARGUMENT, "A kafka sink needs exactly one 'topic', not %zu.",
                         topic_count);
    struct kafka_sink_config *config = arena_calloc(arena, 1, sizeof *config);
    config->topic = topics[0];
    config->properties = connector_properties_with_prefix(properties, "properties.", arena);
    *ret_config = config;
    return STATUS_OK;
}
