#include "taskmanager/sink/iceberg/sink_settings.h"

#include "common/base/check.h"
#include "taskmanager/sink/iceberg/column_types.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SETTINGS_BLOCK_BYTES = 4096 };

static enum status wrong_type(const struct plan_node *node, uint32_t input, const struct schema_field *column,
                              struct error *error)
{
    struct buffer given = {0}, wanted = {0};
    data_type_format(node->schema->fields[input].type, &given);
    data_type_format(column->type, &wanted);
    enum status status =
        error_set(error, STATUS_INVALID_ARGUMENT, "%s: column %s is %s, the rows have %s there",
                  node->sink->table, column->name, buffer_text(&wanted), buffer_text(&given));
    buffer_free(&given);
    buffer_free(&wanted);
    return status;
}

static enum status map_columns(struct sink_settings *settings, struct error *error)
{
    const struct plan_node *node = settings->node;
    const struct schema *table = settings->table_schema;
    for (uint32_t i = 0; i < settings->num_columns; i++)
        settings->input_columns[i] = -1;
    for (uint32_t i = 0; i < node->schema->num_fields; i++) {
        uint32_t column = node->sink->iceberg->table_columns[i];
        CHECK(column < settings->num_columns && settings->input_columns[column] < 0);
        settings->input_columns[column] = (int32_t)i;
        if (!column_type_fits(node->schema->fields[i].type, table->fields[column].type))
            return wrong_type(node, i, &table->fields[column], error);
    }
    for (uint32_t i = 0; i < settings->num_columns; i++) {
        const struct schema_field *field = &table->fields[i];
        if (settings->input_columns[i] < 0 && !field->type.nullable)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "%s: column %s is NOT NULL, and the INSERT does not set it", node->sink->table,
                             field->name);
    }
    return STATUS_OK;
}

static enum status make_schema(struct sink_settings *settings, struct error *error)
{
    settings->schema.schema_id = settings->node->sink->iceberg->schema_id;
    settings->schema.num_fields = settings->num_columns;
    settings->schema.fields =
        arena_calloc(settings->arena, settings->num_columns, sizeof *settings->schema.fields);
    for (uint32_t i = 0; i < settings->num_columns; i++) {
        const struct schema_field *column = &settings->table_schema->fields[i];
        struct iceberg_field *field = &settings->schema.fields[i];
        enum status status = iceberg_type_from_sql(column->type, &field->type, error);
        if (status != STATUS_OK)
            return error_prefix(error, "%s: column %s", settings->node->sink->table, column->name);
        field->id = column->field_id;
        field->name = column->name;
        field->required = !column->type.nullable;
    }
    return STATUS_OK;
}

/* The declared column of that name, which the table may write in another case. */
static int32_t find_column(const struct schema *schema, const char *name)
{
    int32_t column = schema_find(schema, name);
    for (uint32_t i = 0; column < 0 && i < schema->num_fields; i++) {
        if (strcasecmp(schema->fields[i].name, name) == 0)
            column = (int32_t)i;
    }
    return column;
}

static struct iceberg_transform transform_of(const struct iceberg_sink_partition *partition)
{
    static const enum iceberg_transform_kind kinds[] = {
        [ICEBERG_SINK_IDENTITY] = ICEBERG_TRANSFORM_IDENTITY,
        [ICEBERG_SINK_DAY] = ICEBERG_TRANSFORM_DAY,
        [ICEBERG_SINK_YEAR] = ICEBERG_TRANSFORM_YEAR,
        [ICEBERG_SINK_MONTH] = ICEBERG_TRANSFORM_MONTH,
        [ICEBERG_SINK_HOUR] = ICEBERG_TRANSFORM_HOUR,
        [ICEBERG_SINK_BUCKET] = ICEBERG_TRANSFORM_BUCKET,
        [ICEBERG_SINK_TRUNCATE] = ICEBERG_TRANSFORM_TRUNCATE,
    };
    return (struct iceberg_transform){kinds[partition->transform], partition->parameter};
}

static enum status make_spec(struct sink_settings *settings, struct error *error)
{
    const struct plan_iceberg_sink *sink = settings->node->sink->iceberg;
    uint32_t count = (uint32_t)sink->partition_count;
    settings->spec.spec_id = sink->partition_spec_id;
    settings->spec.num_fields = count;
    settings->spec.fields = arena_calloc(settings->arena, count, sizeof *settings->spec.fields);
    settings->partition_columns = arena_calloc(settings->arena, count, sizeof *settings->partition_columns);
    for (uint32_t i = 0; i < count; i++) {
        const struct iceberg_sink_partition *partition = &sink->partition[i];
        int32_t column = find_column(settings->table_schema, partition->column);
        if (column < 0)
            return error_set(
                error, STATUS_INVALID_ARGUMENT,
                "%s is partitioned by column %s, which the SQL table does not declare: declare it",
                settings->node->sink->table, partition->column);
        settings->partition_columns[i] = (uint32_t)column;
        settings->spec.fields[i] = (struct iceberg_partition_field){
            .source_id = settings->table_schema->fields[column].field_id,
            .field_id = partition->field_id,
            .name = partition->name,
            .transform = transform_of(partition),
        };
        struct iceberg_type type;
        enum status status = iceberg_transform_result(settings->spec.fields[i].transform,
                                                      settings->schema.fields[column].type, &type, error);
        if (status != STATUS_OK)
            return error_prefix(error, "%s: partition field %s", settings->node->sink->table,
                                partition->name);
    }
    return STATUS_OK;
}

static void append_json_text(const char *text, struct buffer *buffer)
{
    buffer_append_byte(buffer, '"');
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            buffer_printf(buffer, "\\%c", *at);
        else if (*at < 0x20)
            buffer_printf(buffer, "\\u%04x", *at);
        else
            buffer_append_byte(buffer, *at);
    }
    buffer_append_byte(buffer, '"');
}

/* The schema as Iceberg's writers put it into data files. */
static const char *schema_json(const struct sink_settings *settings)
{
    struct buffer json = {0};
    buffer_printf(&json, "{\"type\":\"struct\",\"schema-id\":%d,\"fields\":[", settings->schema.schema_id);
    for (uint32_t i = 0; i < settings->num_columns; i++) {
        const struct iceberg_field *field = &settings->schema.fields[i];
        buffer_printf(&json, "%s{\"id\":%d,\"name\":", i > 0 ? "," : "", field->id);
        append_json_text(field->name, &json);
        buffer_printf(&json, ",\"required\":%s,\"type\":\"", field->required ? "true" : "false");
        iceberg_type_format(field->type, &json);
        buffer_append_text(&json, "\"}");
    }
    buffer_append_text(&json, "]}");
    const char *text = arena_strdup(settings->arena, buffer_text(&json));
    buffer_free(&json);
    return text;
}

static char *data_location(const struct plan_iceberg_sink *sink, struct arena *arena)
{
    const char *given = connector_property(&sink->table_properties, "write.data.path");
    char *location = given != NULL && *given != '\0' ? arena_strdup(arena, given)
                                                     : arena_printf(arena, "%s/data", sink->table_location);
    for (size_t size = strlen(location); size > 1 && location[size - 1] == '/'; size--)
        location[size - 1] = '\0';
    return location;
}

enum status sink_settings_create(const struct plan_node *node, struct sink_settings **ret_settings,
                                 struct error *error)
{
    const struct plan_iceberg_sink *sink = node->sink->iceberg;
    if (sink->table_uuid == NULL || sink->table_location == NULL)
        return error_set(error, STATUS_INTERNAL, "%s: the sink was deployed without its table",
                         node->sink->table);
    struct arena *arena = arena_create(SETTINGS_BLOCK_BYTES);
    struct sink_settings *settings = arena_calloc(arena, 1, sizeof *settings);
    settings->arena = arena;
    settings->node = node;
    settings->table_schema = sink->table_schema;
    settings->num_columns = sink->table_schema->num_fields;
    settings->input_columns = arena_calloc(arena, settings->num_columns, sizeof *settings->input_columns);
    settings->metrics = arena_calloc(arena, settings->num_columns, sizeof *settings->metrics);
    settings->data_location = data_location(sink, arena);
    enum status status = map_columns(settings, error);
    if (status == STATUS_OK)
        status = make_schema(settings, error);
    if (status == STATUS_OK)
        status = make_spec(settings, error);
    if (status == STATUS_OK)
        status = sink_properties_read(settings, &sink->table_properties, error);
    if (status != STATUS_OK) {
        sink_settings_free(settings);
        return status;
    }
    settings->metadata[0] = (struct parquet_key_value){"iceberg.schema", schema_json(settings)};
    settings->parquet.metadata = settings->metadata;
    settings->parquet.metadata_count = 1;
    *ret_settings = settings;
    return STATUS_OK;
}

void sink_settings_free(struct sink_settings *settings)
{
    if (settings == NULL)
        return;
    parquet_compressor_free(settings->compressor);
    arena_free(settings->arena);
}
