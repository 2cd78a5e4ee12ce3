#include "common/plan/codec_internal.h"

static const char *copy(const struct decoder *decoder, const char *text)
{
    return arena_strdup(decoder->graph->arena, text);
}

/* An empty text stands for none. */
static const char *copy_optional(const struct decoder *decoder, const char *text)
{
    return text[0] == '\0' ? NULL : copy(decoder, text);
}

static const char *const *copy_list(const struct decoder *decoder, char **items, size_t count)
{
    const char **list = arena_calloc(decoder->graph->arena, count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = copy(decoder, items[i]);
    return list;
}

static const struct kafka_partition_offset *decode_offsets(const struct decoder *decoder,
                                                           MESSAGE(PartitionOffset) * *items, size_t count)
{
    struct kafka_partition_offset *offsets = arena_calloc(decoder->graph->arena, count + 1, sizeof *offsets);
    for (size_t i = 0; i < count; i++) {
        offsets[i].partition = items[i]->partition;
        offsets[i].offset = items[i]->offset;
    }
    return offsets;
}

static enum status decode_kafka(const struct decoder *decoder, const MESSAGE(KafkaSource) * message,
                                struct plan_source *source)
{
    if (message == NULL || message->startup_mode > KAFKA_STARTUP_SPECIFIC_OFFSETS ||
        message->bounded_mode > KAFKA_BOUNDED_SPECIFIC_OFFSETS || message->n_topics == 0)
        return decode_corrupt(decoder, "a kafka source is incomplete");
    struct kafka_source_config *config = arena_calloc(decoder->graph->arena, 1, sizeof *config);
    config->topics = copy_list(decoder, message->topics, message->n_topics);
    config->topic_count = message->n_topics;
    config->properties = decode_properties(decoder, message->properties, message->n_properties);
    config->startup_mode = (enum kafka_startup_mode)message->startup_mode;
    config->startup_timestamp_ms = message->startup_timestamp_ms;
    config->startup_offsets = decode_offsets(decoder, message->startup_offsets, message->n_startup_offsets);
    config->startup_offset_count = message->n_startup_offsets;
    config->bounded_mode = (enum kafka_bounded_mode)message->bounded_mode;
    config->bounded_timestamp_ms = message->bounded_timestamp_ms;
    config->bounded_offsets = decode_offsets(decoder, message->bounded_offsets, message->n_bounded_offsets);
    config->bounded_offset_count = message->n_bounded_offsets;
    config->discovery_interval_ms = message->discovery_interval_ms;
    config->dead_letter_topic = copy_optional(decoder, message->dead_letter_topic);
    source->kafka = config;
    return STATUS_OK;
}

static enum status decode_json(const struct decoder *decoder, const MESSAGE(JsonFormat) * message,
                               struct plan_source *source)
{
    if (message == NULL || message->timestamp_form > JSON_TIMESTAMP_ISO8601)
        return decode_corrupt(decoder, "a JSON format is incomplete");
    struct json_format_config config = {
        .ignore_parse_errors = message->ignore_parse_errors,
        .fail_on_missing_field = message->fail_on_missing_field,
        .timestamp_form = (enum json_timestamp_form)message->timestamp_form,
    };
    source->json = arena_dup(decoder->graph->arena, &config, sizeof config);
    return STATUS_OK;
}

static enum status decode_datagen(const struct decoder *decoder, const MESSAGE(Datagen) * message,
                                  const struct schema *schema, struct plan_source *source)
{
    if (message == NULL || message->n_fields != schema->num_fields)
        return decode_corrupt(decoder, "a datagen source is incomplete");
    struct arena *arena = decoder->graph->arena;
    struct datagen_config *config = arena_calloc(arena, 1, sizeof *config);
    struct datagen_field *fields = arena_calloc(arena, message->n_fields + 1, sizeof *fields);
    for (size_t i = 0; i < message->n_fields; i++) {
        const MESSAGE(DatagenField) *field = message->fields[i];
        if (field->kind > DATAGEN_SEQUENCE)
            return decode_corrupt(decoder, "a datagen column is of an unknown kind");
        fields[i] = (struct datagen_field){
            .kind = (enum datagen_kind)field->kind,
            .min_integer = field->min_integer,
            .max_integer = field->max_integer,
            .min_double = field->min_double,
            .max_double = field->max_double,
            .start = field->start,
            .end = field->end,
            .length = field->length,
            .max_past_ms = field->max_past_ms,
            .null_rate = field->null_rate,
        };
    }
    config->rows_per_second = message->rows_per_second;
    config->number_of_rows = message->number_of_rows;
    config->fields = fields;
    config->field_count = message->n_fields;
    source->datagen = config;
    return STATUS_OK;
}

static enum status decode_values(const struct decoder *decoder, const MESSAGE(Source) * message,
                                 const struct schema *schema, struct plan_source *source)
{
    uint64_t rows = message->value_row_count;
    if (rows > message->n_values + 1 || rows * schema->num_fields != message->n_values)
        return decode_corrupt(decoder, "the values do not fill their rows");
    const struct expression **values =
        arena_calloc(decoder->graph->arena, message->n_values + 1, sizeof *values);
    for (size_t i = 0; i < message->n_values; i++) {
        enum status status = decode_literal(decoder, message->values[i], &values[i]);
        if (status != STATUS_OK)
            return status;
        enum type_kind kind = values[i]->type.kind;
        if (kind != schema->fields[i % schema->num_fields].type.kind && values[i]->value != NULL)
            return decode_corrupt(decoder, "a value is not of its column's type");
    }
    source->values = values;
    source->value_row_count = rows;
    return STATUS_OK;
}

static enum status decode_watermark(const struct decoder *decoder, const MESSAGE(Watermark) * message,
                                    const struct schema *schema, struct plan_source *source)
{
    if (message == NULL)
        return STATUS_OK;
    if (message->emit_interval_ms < 0 || message->idle_timeout_ms < 0)
        return decode_corrupt(decoder, "a watermark has a negative interval");
    struct plan_watermark *watermark = arena_calloc(decoder->graph->arena, 1, sizeof *watermark);
    watermark->emit_interval_ms = message->emit_interval_ms;
    watermark->idle_timeout_ms = message->idle_timeout_ms;
    watermark->time_zone = arena_strdup(decoder->graph->arena, message->time_zone);
    source->watermark = watermark;
    return decode_expression(decoder, message->expression, schema, &watermark->expression);
}

enum status decode_source(const struct decoder *decoder, const MESSAGE(Source) * message,
                          const struct schema *schema, const struct plan_source **ret_source)
{
    if (message->kind > PLAN_SOURCE_VALUES || message->n_fields != schema->num_fields)
        return decode_corrupt(decoder, "a source is of an unknown kind or lacks fields");
    struct plan_source *source = arena_calloc(decoder->graph->arena, 1, sizeof *source);
    struct plan_source_field *fields =
        arena_calloc(decoder->graph->arena, schema->num_fields + 1, sizeof *fields);
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        if (message->fields[i]->origin > PLAN_FIELD_METADATA)
            return decode_corrupt(decoder, "a field's origin is unknown");
        fields[i].origin = (enum plan_field_origin)message->fields[i]->origin;
        fields[i].metadata_key = copy_optional(decoder, message->fields[i]->metadata_key);
    }
    source->kind = (enum plan_source_kind)message->kind;
    source->table = copy(decoder, message->table);
    source->fields = fields;
    enum status status = decode_watermark(decoder, message->watermark, schema, source);
    if (status == STATUS_OK && source->kind == PLAN_SOURCE_KAFKA)
        status = decode_kafka(decoder, message->kafka, source);
    if (status == STATUS_OK && source->kind == PLAN_SOURCE_KAFKA)
        status = decode_json(decoder, message->json, source);
    if (status == STATUS_OK && source->kind == PLAN_SOURCE_DATAGEN)
        status = decode_datagen(decoder, message->datagen, schema, source);
    if (status == STATUS_OK && source->kind == PLAN_SOURCE_VALUES)
        status = decode_values(decoder, message, schema, source);
    if (status == STATUS_OK)
        *ret_source = source;
    return status;
}

enum status decode_calc(const struct decoder *decoder, const MESSAGE(Calc) * message,
                        const struct schema *input, const struct schema *schema,
                        const struct plan_calc **ret_calc)
{
    struct plan_calc *calc = arena_calloc(decoder->graph->arena, 1, sizeof *calc);
    const struct expression **projections =
        arena_calloc(decoder->graph->arena, message->n_projections + 1, sizeof *projections);
    if (message->n_projections != schema->num_fields)
        return decode_corrupt(decoder, "a calc's projections are not its schema's");
    enum status status = STATUS_OK;
    if (message->filter != NULL)
        status = decode_expression(decoder, message->filter, input, &calc->filter);
    if (status == STATUS_OK && calc->filter != NULL && calc->filter->type.kind != TYPE_BOOLEAN)
        return decode_corrupt(decoder, "a filter is no condition");
    for (size_t i = 0; status == STATUS_OK && i < message->n_projections; i++) {
        status = decode_expression(decoder, message->projections[i], input, &projections[i]);
        if (status == STATUS_OK && projections[i]->type.kind != schema->fields[i].type.kind)
            return decode_corrupt(decoder, "a projection is not of its column's type");
    }
    if (status != STATUS_OK)
        return status;
    calc->projections = projections;
    calc->projection_count = message->n_projections;
    calc->time_zone = copy(decoder, message->time_zone);
    *ret_calc = calc;
    return STATUS_OK;
}

static enum status decode_partition(const struct decoder *decoder, const MESSAGE(IcebergSink) * message,
                                    struct plan_iceberg_sink *sink)
{
    struct iceberg_sink_partition *fields =
        arena_calloc(decoder->graph->arena, message->n_partition + 1, sizeof *fields);
    for (size_t i = 0; i < message->n_partition; i++) {
        if (message->partition[i]->transform > ICEBERG_SINK_TRUNCATE)
            return decode_corrupt(decoder, "a partition transform is unknown");
        fields[i].transform = (enum iceberg_sink_transform)message->partition[i]->transform;
        fields[i].parameter = message->partition[i]->parameter;
        if (fields[i].transform >= ICEBERG_SINK_BUCKET && fields[i].parameter < 1)
            return decode_corrupt(decoder, "a partition transform lacks its number");
        fields[i].column = copy(decoder, message->partition[i]->column);
        fields[i].name = copy(decoder, message->partition[i]->name);
        fields[i].field_id = message->partition[i]->field_id;
    }
    sink->partition = fields;
    sink->partition_count = message->n_partition;
    return STATUS_OK;
}

static enum status decode_iceberg(const struct decoder *decoder, const MESSAGE(IcebergSink) * message,
                                  const struct schema *schema, const struct plan_iceberg_sink **ret_sink)
{
    if (message == NULL || message->n_table_columns != schema->num_fields)
        return decode_corrupt(decoder, "an iceberg sink is incomplete");
    struct arena *arena = decoder->graph->arena;
    struct plan_iceberg_sink *sink = arena_calloc(arena, 1, sizeof *sink);
    struct iceberg_config *config = arena_calloc(arena, 1, sizeof *config);
    enum status status = decode_schema(decoder, message->table_schema, &sink->table_schema);
    if (status == STATUS_OK)
        status = decode_partition(decoder, message, sink);
    if (status != STATUS_OK)
        return status;
    uint32_t *columns = arena_calloc(arena, message->n_table_columns + 1, sizeof *columns);
    for (size_t i = 0; i < message->n_table_columns; i++) {
        columns[i] = message->table_columns[i];
        if (columns[i] >= sink->table_schema->num_fields)
            return decode_corrupt(decoder, "an iceberg sink writes a column that its table has not");
    }
    config->catalog_name = copy(decoder, message->catalog_name);
    config->warehouse = copy(decoder, message->warehouse);
    config->database = copy(decoder, message->database);
    config->table = copy(decoder, message->table);
    config->table_properties =
        decode_properties(decoder, message->declared_properties, message->n_declared_properties);
    sink->config = config;
    sink->table_columns = columns;
    sink->primary_key = copy_list(decoder, message->primary_key, message->n_primary_key);
    sink->primary_key_count = message->n_primary_key;
    sink->table_properties =
        decode_properties(decoder, message->table_properties, message->n_table_properties);
    sink->table_uuid = copy_optional(decoder, message->table_uuid);
    sink->table_location = copy_optional(decoder, message->table_location);
    sink->schema_id = message->schema_id;
    sink->partition_spec_id = message->partition_spec_id;
    *ret_sink = sink;
    return STATUS_OK;
}

enum status decode_sink(const struct decoder *decoder, const MESSAGE(Sink) * message,
                        const struct schema *schema, const struct plan_sink **ret_sink)
{
    struct arena *arena = decoder->graph->arena;
    if (message->kind > PLAN_SINK_COLLECT)
        return decode_corrupt(decoder, "a sink is of an unknown kind");
    struct plan_sink *sink = arena_calloc(arena, 1, sizeof *sink);
    sink->kind = (enum plan_sink_kind)message->kind;
    sink->table = copy(decoder, message->table);
    sink->sink_id = message->sink_id;
    if (sink->kind == PLAN_SINK_ICEBERG) {
        enum status status = decode_iceberg(decoder, message->iceberg, schema, &sink->iceberg);
        if (status != STATUS_OK)
            return status;
    }
    if (sink->kind == PLAN_SINK_PRINT) {
        if (message->print == NULL)
            return decode_corrupt(decoder, "a print sink is incomplete");
        struct print_config config = {
            .identifier = copy(decoder, message->print->identifier),
            .standard_error = message->print->standard_error,
        };
        sink->print = arena_dup(arena, &config, sizeof config);
    }
    *ret_sink = sink;
    return STATUS_OK;
}
