#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/source/source_reader.h"

/* The source of a PLAN_SOURCE node of kind PLAN_SOURCE_KAFKA. node outlives the reader. */
struct source_reader *kafka_source_create(const struct plan_node *node);

/*
 * The rows of a source's side output 1, records that could not be read: value BYTES (NULL only for a message
 * without one), key BYTES, reason STRING, topic STRING, partition INT, offset BIGINT, timestamp
 * TIMESTAMP_LTZ(3). A new reference.
 */
struct schema *kafka_dead_letter_schema(void);
enum kafka_dead_letter_field {
    KAFKA_DEAD_LETTER_VALUE,
    KAFKA_DEAD_LETTER_KEY,
    KAFKA_DEAD_LETTER_REASON,
    KAFKA_DEAD_LETTER_TOPIC,
    KAFKA_DEAD_LETTER_PARTITION,
    KAFKA_DEAD_LETTER_OFFSET,
    KAFKA_DEAD_LETTER_TIMESTAMP,
    KAFKA_DEAD_LETTER_FIELD_COUNT,
};
