#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/formats/json/json_decoder.h"
#include "taskmanager/source/kafka/kafka_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Flink's metadata keys. */
enum metadata_key {
    KEY_TOPIC,
    KEY_PARTITION,
    KEY_OFFSET,
    KEY_TIMESTAMP,
    KEY_TIMESTAMP_TYPE,
    KEY_LEADER_EPOCH
};

static const struct {
    const char *name;
    enum type_kind kinds[2]; /* what the column may be */
} metadata_keys[] = {
    [KEY_TOPIC] = {"topic", {TYPE_STRING, TYPE_STRING}},
    [KEY_PARTITION] = {"partition", {TYPE_INT, TYPE_BIGINT}},
    [KEY_OFFSET] = {"offset", {TYPE_BIGINT, TYPE_BIGINT}},
    [KEY_TIMESTAMP] = {"timestamp", {TYPE_TIMESTAMP_LTZ, TYPE_TIMESTAMP}},
    [KEY_TIMESTAMP_TYPE] = {"timestamp-type", {TYPE_STRING, TYPE_STRING}},
    [KEY_LEADER_EPOCH] = {"leader-epoch", {TYPE_INT, TYPE_BIGINT}},
};
enum { KEY_COUNT = sizeof metadata_keys / sizeof *metadata_keys };

static int find_key(const char *name)
{
    for (int i = 0; i < KEY_COUNT; i++)
        if (strcmp(metadata_keys[i].name, name) == 0)
            return i;
    return -1;
}

enum status kafka_batch_check_schema(const struct plan_node *node, struct error *error)
{
    for (uint32_t i = 0; i < node->schema->num_fields; i++) {
        const struct plan_source_field *field = &node->source->fields[i];
        const struct schema_field *column = &node->schema->fields[i];
        if (field->origin != PLAN_FIELD_METADATA)
            continue;
        int key = find_key(field->metadata_key);
        if (key < 0)
            return error_set(
                error, STATUS_INVALID_ARGUMENT,
                "Invalid metadata key '%s' in column '%s' of table '%s'. The kafka connector has: "
                "topic, partition, offset, timestamp, timestamp-type, leader-epoch.",
                field->metadata_key, column->name, node->source->table);
        if (column->type.kind != metadata_keys[key].kinds[0] &&
            column->type.kind != metadata_keys[key].kinds[1])
            return error_set(
                error, STATUS_INVALID_ARGUMENT,
                "The metadata column '%s' of table '%s' has a type that '%s' cannot have. "
                "Declare topic and timestamp-type STRING, partition and leader-epoch INT, offset "
                "BIGINT, timestamp TIMESTAMP_LTZ(3).",
                column->name, node->source->table, field->metadata_key);
    }
    return STATUS_OK;
}

void kafka_batch_open(struct kafka_source *source)
{
    const struct schema *schema = source->node->schema;
    const struct plan_source_field *fields = source->node->source->fields;
    uint32_t num_values = 0;
    for (uint32_t i = 0; i < schema->num_fields; i++)
        num_values += fields[i].origin == PLAN_FIELD_VALUE;
    source->value_schema = schema_create(num_values);
    for (uint32_t i = 0, value = 0; i < schema->num_fields; i++)
        if (fields[i].origin == PLAN_FIELD_VALUE)
            schema_set_field(source->value_schema, value++, schema->fields[i].name, schema->fields[i].type);
    source->decoder = json_decoder_create(source->value_schema, source->node->source->json);
    source->value_columns = mem_calloc(num_values + 1, sizeof(struct vector *));
    source->values = mem_calloc(BATCH_MAX_ROWS, sizeof *source->values);
    source->messages = mem_calloc(BATCH_MAX_ROWS, sizeof(rd_kafka_message_t *));
    source->rows = mem_calloc(BATCH_MAX_ROWS, sizeof(rd_kafka_message_t *));
    if (source->node->source->watermark != NULL)
        source->runs = mem_calloc(BATCH_MAX_ROWS, sizeof *source->runs);
}

void kafka_batch_close(struct kafka_source *source)
{
    format_decoder_free(source->decoder);
    schema_unref(source->value_schema);
    free(source->value_columns);
    free(source->values);
    free(source->messages);
    free(source->rows);
    free(source->runs);
    format_failures_free(&source->failures);
}

static struct vector *topic_column(struct data_type type, rd_kafka_message_t *const *messages, uint32_t count)
{
    bool is_one = true;
    for (uint32_t i = 1; i < count && is_one; i++)
        is_one = messages[i]->rkt == messages[0]->rkt;
    if (is_one) {
        const char *name = rd_kafka_topic_name(messages[0]->rkt);
        struct string_value value = string_value_of(name, strlen(name));
        return vector_create_constant(type, &value, count);
    }
    struct vector *column = vector_create(type, count);
    struct string_value *values = column->values;
    column->length = count;
    for (uint32_t i = 0; i < count; i++) {
        const char *name = rd_kafka_topic_name(messages[i]->rkt);
        values[i] = i > 0 && messages[i]->rkt == messages[i - 1]->rkt
                        ? values[i - 1]
                        : string_heap_add(vector_ensure_heap(column), name, strlen(name));
    }
    return column;
}

static void put_integer(struct vector *column, uint32_t row, int64_t value)
{
    if (column->type.kind == TYPE_INT)
        ((int32_t *)column->values)[row] = (int32_t)value;
    else
        ((int64_t *)column->values)[row] = value;
}

static void put_timestamp(struct vector *column, uint32_t row, const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(message, &type);
    bool is_there = type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    int64_t unit_ms = column->type.precision >= 3 ? 1 : column->type.precision == 2 ? 10 : 1000;
    unit_ms = column->type.precision == 1 ? 100 : unit_ms;
    ((int64_t *)column->values)[row] = is_there ? ms / unit_ms * unit_ms * 1000 : 0;
    if (!is_there && column->type.nullable)
        vector_set_null(column, row);
}

static void put_timestamp_type(struct vector *column, uint32_t row, const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    rd_kafka_message_timestamp(message, &type);
    const char *name = type == RD_KAFKA_TIMESTAMP_CREATE_TIME       ? "CreateTime"
                       : type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? "LogAppendTime"
                                                                    : "NoTimestampType";
    ((struct string_value *)column->values)[row] =
        string_heap_add(vector_ensure_heap(column), name, strlen(name));
}

static struct vector *metadata_column(struct data_type type, enum metadata_key key,
                                      rd_kafka_message_t *const *messages, uint32_t count)
{
    if (key == KEY_TOPIC)
        return topic_column(type, messages, count);
    if (key == KEY_LEADER_EPOCH)
        return vector_create_constant(type, NULL, count);
    struct vector *column = vector_create(type, count);
    column->length = count;
    for (uint32_t i = 0; i < count; i++) {
        switch (key) {
        case KEY_PARTITION: put_integer(column, i, messages[i]->partition); break;
        case KEY_OFFSET: put_integer(column, i, messages[i]->offset); break;
        case KEY_TIMESTAMP: put_timestamp(column, i, messages[i]); break;
        case KEY_TIMESTAMP_TYPE: put_timestamp_type(column, i, messages[i]); break;
        case KEY_TOPIC:
        case KEY_LEADER_EPOCH: break;
        }
    }
    return column;
}

/* The messages that became rows. */
static rd_kafka_message_t *const *rows_of(struct kafka_source *source, uint32_t count)
{
    const struct format_failures *failures = &source->failures;
    if (failures->count == 0)
        return source->messages;
    uint32_t kept = 0;
    for (uint32_t i = 0, failure = 0; i < count; i++) {
        if (failure < failures->count && failures->items[failure].message == i)
            failure++;
        else
            source->rows[kept++] = source->messages[i];
    }
    return source->rows;
}

static enum source_result fail_record(struct kafka_source *source, struct error *error)
{
    const struct format_failure *failure = &source->failures.items[0];
    const rd_kafka_message_t *message = source->messages[failure->message];
    error_set(error, STATUS_CORRUPT,
              "Failed to deserialize the record at topic '%s', partition %d, offset %" PRId64
              ": %s (byte %zu of %zu). To go on, set 'dead-letter.topic', or 'json.ignore-parse-errors' = "
              "'true' to skip such records.",
              rd_kafka_topic_name(message->rkt), message->partition, message->offset, failure->reason,
              failure->offset, message->len);
    error->domain = ERROR_USER;
    error->fatal = true; /* it would be there again after each restart */
    return SOURCE_FAILED;
}

static enum source_result handle_failures(struct kafka_source *source, struct error *error)
{
    const struct operator_context *context = source->context;
    bool has_dead_letters = source->config->dead_letter_topic != NULL && context->num_outputs > 1;
    if (!has_dead_letters && !source->node->source->json->ignore_parse_errors)
        return fail_record(source, error);
    atomic_fetch_add_explicit(&context->metrics->failed_records, source->failures.count,
                              memory_order_relaxed);
    if (!has_dead_letters)
        return SOURCE_BATCH;
    struct record_batch *letters = kafka_dead_letter_batch(source->messages, &source->failures);
    switch (operator_output_emit(context->outputs[1], letters, error)) {
    case OPERATOR_DONE: return SOURCE_BATCH;
    case OPERATOR_OUTPUT_FULL:
    case OPERATOR_WAITING: return SOURCE_BLOCKED;
    case OPERATOR_FAILED: break;
    }
    return SOURCE_FAILED;
}

static void list_runs(struct kafka_source *source, rd_kafka_message_t *const *rows, uint32_t count)
{
    source->num_runs = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && rows[i]->partition == rows[i - 1]->partition && rows[i]->rkt == rows[i - 1]->rkt) {
            source->runs[source->num_runs - 1].num_rows++;
            continue;
        }
        const struct kafka_split *split = kafka_splits_find(source, rows[i]->rkt, rows[i]->partition);
        CHECK(split != NULL);
        source->runs[source->num_runs++] =
            (struct source_run){.split = (uint32_t)(split - source->splits), .num_rows = 1};
    }
}

enum source_result kafka_batch_decode(struct kafka_source *source, uint32_t count,
                                      struct record_batch **ret_batch, struct error *error)
{
    CHECK(count > 0 && count <= BATCH_MAX_ROWS);
    const struct schema *schema = source->node->schema;
    const struct plan_source_field *fields = source->node->source->fields;
    struct record_batch *batch = record_batch_create(schema, 0);
    for (uint32_t i = 0, value = 0; i < schema->num_fields; i++) {
        if (fields[i].origin != PLAN_FIELD_VALUE)
            continue;
        batch->columns[i] = vector_create(schema->fields[i].type, count);
        source->value_columns[value++] = batch->columns[i];
    }
    for (uint32_t i = 0; i < count; i++)
        source->values[i] = (struct format_message){source->messages[i]->payload, source->messages[i]->len};
    batch->num_rows =
        format_decode(source->decoder, source->values, count, source->value_columns, &source->failures);

    CHECK(batch->num_rows + source->failures.count == count);
    enum source_result result = source->failures.count > 0 ? handle_failures(source, error) : SOURCE_BATCH;
    if (result == SOURCE_FAILED || batch->num_rows == 0) {
        record_batch_free(batch);
        *ret_batch = NULL;
        return result;
    }
    rd_kafka_message_t *const *rows = rows_of(source, count);
    if (source->runs != NULL)
        list_runs(source, rows, batch->num_rows);
    for (uint32_t i = 0; i < schema->num_fields; i++)
        if (fields[i].origin == PLAN_FIELD_METADATA)
            batch->columns[i] =
                metadata_column(schema->fields[i].type, (enum metadata_key)find_key(fields[i].metadata_key),
                                rows, batch->num_rows);
    *ret_batch = batch;
    return result;
}
