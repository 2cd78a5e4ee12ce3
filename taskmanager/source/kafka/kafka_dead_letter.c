#include "taskmanager/source/kafka/kafka_internal.h"

#include <string.h>

struct schema *kafka_dead_letter_schema(void)
{
    struct schema *schema = schema_create(KAFKA_DEAD_LETTER_FIELD_COUNT);
    schema_set_field(schema, KAFKA_DEAD_LETTER_VALUE, "value", data_type_of(TYPE_BYTES));
    schema_set_field(schema, KAFKA_DEAD_LETTER_KEY, "key", data_type_of(TYPE_BYTES));
    schema_set_field(schema, KAFKA_DEAD_LETTER_REASON, "reason", data_type_of(TYPE_STRING));
    schema_set_field(schema, KAFKA_DEAD_LETTER_TOPIC, "topic", data_type_of(TYPE_STRING));
    schema_set_field(schema, KAFKA_DEAD_LETTER_PARTITION, "partition", data_type_of(TYPE_INT));
    schema_set_field(schema, KAFKA_DEAD_LETTER_OFFSET, "offset", data_type_of(TYPE_BIGINT));
    schema_set_field(schema, KAFKA_DEAD_LETTER_TIMESTAMP, "timestamp",
                     data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3));
    return schema;
}

static void put_bytes(struct vector *column, uint32_t row, const void *data, size_t size)
{
    struct string_value *values = column->values;
    if (data == NULL) {
        values[row] = (struct string_value){0};
        vector_set_null(column, row);
    } else {
        values[row] = string_heap_add(vector_ensure_heap(column), data, size);
    }
}

struct record_batch *kafka_dead_letter_batch(rd_kafka_message_t *const *messages,
                                             const struct format_failures *failures)
{
    uint32_t count = (uint32_t)failures->count;
    struct schema *schema = kafka_dead_letter_schema();
    struct record_batch *batch = record_batch_create(schema, count);
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        batch->columns[i] = vector_create(schema->fields[i].type, count);
        batch->columns[i]->length = count;
    }
    struct vector *const *columns = batch->columns;
    for (uint32_t row = 0; row < count; row++) {
        const struct format_failure *failure = &failures->items[row];
        const rd_kafka_message_t *message = messages[failure->message];
        const char *topic = rd_kafka_topic_name(message->rkt);
        rd_kafka_timestamp_type_t type;
        int64_t timestamp_ms = rd_kafka_message_timestamp(message, &type);
        put_bytes(columns[KAFKA_DEAD_LETTER_VALUE], row, message->payload, message->len);
        put_bytes(columns[KAFKA_DEAD_LETTER_KEY], row, message->key, message->key_len);
        put_bytes(columns[KAFKA_DEAD_LETTER_REASON], row, failure->reason, strlen(failure->reason));
        put_bytes(columns[KAFKA_DEAD_LETTER_TOPIC], row, topic, strlen(topic));
        ((int32_t *)columns[KAFKA_DEAD_LETTER_PARTITION]->values)[row] = message->partition;
        ((int64_t *)columns[KAFKA_DEAD_LETTER_OFFSET]->values)[row] = message->offset;
        ((int64_t *)columns[KAFKA_DEAD_LETTER_TIMESTAMP]->values)[row] = timestamp_ms * 1000;
        if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
            vector_set_null(columns[KAFKA_DEAD_LETTER_TIMESTAMP], row);
    }
    schema_unref(schema);
    return batch;
}
