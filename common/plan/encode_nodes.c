#include "common/plan/codec_internal.h"

static char *or_empty(const char *text)
{
    return (char *)(text == NULL ? "" : text);
}

static MESSAGE(PartitionOffset) *
    *encode_offsets(struct arena *arena, const struct kafka_partition_offset *offsets, size_t count)
{
    MESSAGE(PartitionOffset) **messages = arena_calloc(arena, count + 1, sizeof *messages);
    for (size_t i = 0; i < count; i++) {
        messages[i] = arena_alloc(arena, sizeof *messages[i]);
        frazil__job_graph__partition_offset__init(messages[i]);
        messages[i]->partition = offsets[i].partition;
        messages[i]->offset = offsets[i].offset;
    }
    return messages;
}

static MESSAGE(KafkaSource) * encode_kafka(struct arena *arena, const struct kafka_source_config *config)
{
    MESSAGE(KafkaSource) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__kafka_source__init(message);
    message->n_topics = config->topic_count;
    message->topics = (char **)config->topics;
    message->n_properties = config->properties.count;
    message->properties = encode_properties(arena, &config->properties);
    message->startup_mode = config->startup_mode;
    message->startup_timestamp_ms = config->startup_timestamp_ms;
    message->n_startup_offsets = config->startup_offset_count;
    message->startup_offsets = encode_offsets(arena, config->startup_offsets, config->startup_offset_count);
    message->bounded_mode = config->bounded_mode;
    message->bounded_timestamp_ms = config->bounded_timestamp_ms;
    message->n_bounded_offsets = config->bounded_offset_count;
    message->bounded_offsets = encode_offsets(arena, config->bounded_offsets, config->bounded_offset_count);
    message->discovery_interval_ms = config->discovery_interval_ms;
    message->dead_letter_topic = or_empty(config->dead_letter_topic);
    return message;
}

static MESSAGE(JsonFormat) * encode_json(struct arena *arena, const struct json_format_config *config)
{
    MESSAGE(JsonFormat) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__json_format__init(message);
    message->ignore_parse_errors = config->ignore_parse_errors;
    message->fail_on_missing_field = config->fail_on_missing_field;
    message->timestamp_form = config->timestamp_form;
    return message;
}

static MESSAGE(DatagenField) * encode_datagen_field(struct arena *arena, const struct datagen_field *field)
{
    MESSAGE(DatagenField) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__datagen_field__init(message);
    message->kind = field->kind;
    message->min_integer = field->min_integer;
    message->max_integer = field->max_integer;
    message->min_double = field->min_double;
    message->max_double = field->max_double;
    message->start = field->start;
    message->end = field->end;
    message->length = field->length;
    message->max_past_ms = field->max_past_ms;
    message->null_rate = field->null_rate;
    return message;
}

static MESSAGE(Datagen) * encode_datagen(struct arena *arena, const struct datagen_config *config)
{
    MESSAGE(Datagen) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__datagen__init(message);
    message->rows_per_second = config->rows_per_second;
    message->number_of_rows = config->number_of_rows;
    message->n_fields = config->field_count;
    message->fields = arena_calloc(arena, config->field_count + 1, sizeof *message->fields);
    for (size_t i = 0; i < config->field_count; i++)
        message->fields[i] = encode_datagen_field(arena, &config->fields[i]);
    return message;
}

MESSAGE(Source) *
    encode_source(struct arena *arena, const struct plan_source *source, const struct schema *schema)
{
    MESSAGE(Source) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__source__init(message);
    message->kind = source->kind;
    message->table = or_empty(source->table);
    message->n_fields = schema->num_fields;
    message->fields = arena_calloc(arena, schema->num_fields + 1, sizeof *message->fields);
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        message->fields[i] = arena_alloc(arena, sizeof *message->fields[i]);
        frazil__job_graph__source_field__init(message->fields[i]);
        message->fields[i]->origin = source->fields[i].origin;
        message->fields[i]->metadata_key = or_empty(source->fields[i].metadata_key);
    }
    if (source->watermark != NULL) {
        message->watermark = arena_alloc(arena, sizeof *message->watermark);
        frazil__job_graph__watermark__init(message->watermark);
        message->watermark->emit_interval_ms = source->watermark->emit_interval_ms;
        message->watermark->idle_timeout_ms = source->watermark->idle_timeout_ms;
        message->watermark->time_zone = or_empty(source->watermark->time_zone);
        message->watermark->expression = encode_expression(arena, source->watermark->expression);
    }
    if (source->kind == PLAN_SOURCE_KAFKA) {
        message->kafka = encode_kafka(arena, source->kafka);
        message->json = encode_json(arena, source->json);
    }
    if (source->kind == PLAN_SOURCE_DATAGEN)
        message->datagen = encode_datagen(arena, source->datagen);
    message->value_row_count = source->value_row_count;
    message->n_values = source->value_row_count * schema->num_fields;
    message->values = arena_calloc(arena, message->n_values + 1, sizeof *message->values);
    for (size_t i = 0; i < message->n_values; i++)
        message->values[i] = encode_expression_node(arena, source->values[i]);
    return message;
}

MESSAGE(Calc) * encode_calc(struct arena *arena, const struct plan_calc *calc)
{
    MESSAGE(Calc) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__calc__init(message);
    if (calc->filter != NULL)
        message->filter = encode_expression(arena, calc->filter);
    message->n_projections = calc->projection_count;
    message->projections = arena_calloc(arena, calc->projection_count + 1, sizeof *message->projections);
    for (size_t i = 0; i < calc->projection_count; i++)
        message->projections[i] = encode_expression(arena, calc->projections[i]);
    message->time_zone = or_empty(calc->time_zone);
    return message;
}

static MESSAGE(PartitionField) *
    *encode_partition(struct arena *arena, const struct iceberg_sink_partition *fields, size_t count)
{
    MESSAGE(PartitionField) **messages = arena_calloc(arena, count + 1, sizeof *messages);
    for (size_t i = 0; i < count; i++) {
        messages[i] = arena_alloc(arena, sizeof *messages[i]);
        frazil__job_graph__partition_field__init(messages[i]);
        messages[i]->transform = fields[i].transform;
        messages[i]->parameter = fields[i].parameter;
        messages[i]->column = or_empty(fields[i].column);
        messages[i]->name = or_empty(fields[i].name);
        messages[i]->field_id = fields[i].field_id;
    }
    return messages;
}

static MESSAGE(IcebergSink) *
    encode_iceberg(struct arena *arena, const struct plan_iceberg_sink *sink, const struct schema *schema)
{
    MESSAGE(IcebergSink) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__iceberg_sink__init(message);
    message->catalog_name = or_empty(sink->config->catalog_name);
    message->warehouse = or_empty(sink->config->warehouse);
    message->database = or_empty(sink->config->database);
    message->table = or_empty(sink->config->table);
    message->n_declared_properties = sink->config->table_properties.count;
    message->declared_properties = encode_properties(arena, &sink->config->table_properties);
    message->table_schema = encode_schema(arena, sink->table_schema);
    message->n_table_columns = schema->num_fields;
    message->table_columns = (uint32_t *)sink->table_columns;
    message->n_partition = sink->partition_count;
    message->partition = encode_partition(arena, sink->partition, sink->partition_count);
    message->n_primary_key = sink->primary_key_count;
    message->primary_key = (char **)sink->primary_key;
    message->n_table_properties = sink->table_properties.count;
    message->table_properties = encode_properties(arena, &sink->table_properties);
    message->table_uuid = or_empty(sink->table_uuid);
    message->table_location = or_empty(sink->table_location);
    message->schema_id = sink->schema_id;
    message->partition_spec_id = sink->partition_spec_id;
    return message;
}

MESSAGE(Sink) * encode_sink(struct arena *arena, const struct plan_sink *sink, const struct schema *schema)
{
    MESSAGE(Sink) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__sink__init(message);
    message->kind = sink->kind;
    message->table = or_empty(sink->table);
    message->sink_id = sink->sink_id;
    if (sink->kind == PLAN_SINK_ICEBERG)
        message->iceberg = encode_iceberg(arena, sink->iceberg, schema);
    if (sink->kind == PLAN_SINK_PRINT) {
        message->print = arena_alloc(arena, sizeof *message->print);
        frazil__job_graph__print_sink__init(message->print);
        message->print->identifier = or_empty(sink->print->identifier);
        message->print->standard_error = sink->print->standard_error;
    }
    return message;
}
