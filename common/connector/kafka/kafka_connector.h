#pragma once

#include "common/connector/connector.h"

/* 'connector' = 'kafka', as source and as sink. */

enum kafka_startup_mode {
    KAFKA_STARTUP_GROUP_OFFSETS,
    KAFKA_STARTUP_EARLIEST,
    KAFKA_STARTUP_LATEST,
    KAFKA_STARTUP_TIMESTAMP,
    KAFKA_STARTUP_SPECIFIC_OFFSETS,
};

enum kafka_bounded_mode {
    KAFKA_UNBOUNDED,
    KAFKA_BOUNDED_LATEST,
    KAFKA_BOUNDED_GROUP_OFFSETS,
    KAFKA_BOUNDED_TIMESTAMP,
    KAFKA_BOUNDED_SPECIFIC_OFFSETS,
};

struct kafka_partition_offset {
    int32_t partition;
    int64_t offset;
};

struct kafka_source_config {
    const char *const *topics; /* at least one */
    size_t topic_count;
    struct connector_properties properties; /* properties.*, the prefix taken off: Java client names */
    enum kafka_startup_mode startup_mode;
    int64_t startup_timestamp_ms;
    const struct kafka_partition_offset *startup_offsets; /* partitions not listed start at group offsets */
    size_t startup_offset_count;
    enum kafka_bounded_mode bounded_mode;
    int64_t bounded_timestamp_ms;
    const struct kafka_partition_offset *bounded_offsets;
    size_t bounded_offset_count;
    int64_t discovery_interval_ms; /* 0: partitions are not looked for again */
    const char *dead_letter_topic; /* NULL: none */
};

struct kafka_sink_config {
    const char *topic;
    struct connector_properties properties;
};

extern const struct connector_definition kafka_connector;

/* The properties are validated. Results live in arena. */
STATUS_MUST_CHECK enum status kafka_source_config_parse(const struct connector_properties *properties,
                                                        struct arena *arena,
                                                        const struct kafka_source_config **ret_config,
                                                        struct error *error);
STATUS_MUST_CHECK enum status kafka_sink_config_parse(const struct connector_properties *properties,
                                                      struct arena *arena,
                                                      const struct kafka_sink_config **ret_config,
                                                      struct error *error);
