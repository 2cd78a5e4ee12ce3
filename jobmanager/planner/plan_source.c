#include "jobmanager/planner/planner_internal.h"

#include <string.h>

static const struct connector_definition *const connectors[] = {
    &blackhole_connector, &datagen_connector, &iceberg_connector, &kafka_connector, &print_connector,
};
enum { CONNECTOR_COUNT = sizeof connectors / sizeof *connectors };

const struct connector_definition *planner_connector(const struct connector_properties *options,
                                                     const char *table, struct error *error)
{
    const char *identifier = connector_property(options, "connector");
    if (identifier == NULL) {
        error_set(error, STATUS_INVALID_ARGUMENT,
                  "The table '%s' has no option 'connector'. Give it in WITH ('connector' = '...', ...).",
                  table);
        return NULL;
    }
    for (size_t i = 0; i < CONNECTOR_COUNT; i++) {
        if (strcmp(connectors[i]->identifier, identifier) == 0)
            return connectors[i];
    }
    connector_unknown_identifier(identifier, connectors, CONNECTOR_COUNT, error);
    return NULL;
}

const char *planner_table_path(struct arena *arena, const struct sql_table *table)
{
    return arena_printf(arena, "%s.%s.%s", table->catalog, table->database, table->name);
}

struct connector_properties planner_table_options(struct arena *arena, const struct sql_table *table,
                                                  const struct sql_properties *hints)
{
    const struct sql_properties *declared = &table->definition->options;
    struct connector_property *items = arena_calloc(arena, declared->count + hints->count + 1, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < declared->count; i++)
        items[count++] = (struct connector_property){arena_strdup(arena, declared->items[i].key),
                                                     arena_strdup(arena, declared->items[i].value)};
    for (size_t i = 0; i < hints->count; i++) {
        size_t at = 0;
        while (at < count && strcmp(items[at].key, hints->items[i].key) != 0)
            at++;
        if (at == count)
            items[count++].key = arena_strdup(arena, hints->items[i].key);
        items[at].value = arena_strdup(arena, hints->items[i].value);
    }
    return (struct connector_properties){.items = items, .count = count};
}

/* What a record of Kafka carries beside its value. */
struct metadata_field {
    const char *key;
    enum type_kind kind;
    bool nullable;
};
static const struct metadata_field kafka_metadata[] = {
    {"topic", TYPE_STRING, false},          {"partition", TYPE_INT, false},
    {"offset", TYPE_BIGINT, false},         {"timestamp", TYPE_TIMESTAMP_LTZ, false},
    {"timestamp-type", TYPE_STRING, false}, {"leader-epoch", TYPE_INT, true},
};
enum { METADATA_COUNT = sizeof kafka_metadata / sizeof *kafka_metadata, TIMESTAMP_DIGITS = 3 };

static enum status find_metadata(const struct scan *scan, const struct sql_column *column, bool kafka,
                                 struct data_type *ret_type, struct error *error)
{
    for (size_t i = 0; kafka && i < METADATA_COUNT; i++) {
        if (strcmp(kafka_metadata[i].key, column->metadata_key) != 0)
            continue;
        struct data_type type = data_type_of(kafka_metadata[i].kind);
        if (type.kind == TYPE_TIMESTAMP_LTZ)
            type = data_type_timestamp(type.kind, TIMESTAMP_DIGITS);
        *ret_type = kafka_metadata[i].nullable ? type : data_type_not_null(type);
        return STATUS_OK;
    }
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "Invalid metadata key '%s' in column '%s' of table '%s'. %s", column->metadata_key,
                     column->name, scan->table->name,
                     kafka ? "The kafka connector has these: topic, partition, offset, timestamp, "
                             "timestamp-type, leader-epoch."
                           : "This connector has no metadata.");
}

/* Physical columns by themselves, metadata columns cast from what the connector gives. */
static enum status fill_columns(struct plan_builder *builder, struct scan *scan, bool kafka,
                                const struct expression **table_columns)
{
    const struct sql_create_table *definition = scan->table->definition;
    struct arena *arena = builder->graph->arena;
    struct plan_source_field *fields = arena_calloc(arena, definition->column_count + 1, sizeof *fields);
    struct data_type *types = arena_calloc(arena, definition->column_count + 1, sizeof *types);
    const char **names = arena_calloc(arena, definition->column_count + 1, sizeof *names);
    uint32_t count = 0;
    for (size_t i = 0; i < definition->column_count; i++) {
        const struct sql_column *column = &definition->columns[i];
        struct data_type declared = scan->table->schema->fields[i].type;
        struct data_type type = declared;
        if (column->kind == SQL_COLUMN_COMPUTED)
            continue;
        if (column->kind == SQL_COLUMN_METADATA) {
            TRY(find_metadata(scan, column, kafka, &type, builder->error));
            fields[count].origin = PLAN_FIELD_METADATA;
            fields[count].metadata_key = arena_strdup(arena, column->metadata_key);
        }
        names[count] = column->name;
        types[count] = type;
        table_columns[i] = expression_column(arena, count, type);
        if (!data_type_equal(type, declared))
            TRY(expression_cast(arena, table_columns[i], declared, false, &table_columns[i], builder->error));
        count++;
    }
    struct schema *schema = schema_create(count);
    for (uint32_t i = 0; i < count; i++)
        schema_set_field(schema, i, names[i], types[i]);
    plan_job_graph_hold(builder->graph, schema);
    scan->columns.schema = schema;
    scan->columns.fields = fields;
    scan->columns.table_columns = table_columns;
    scan->columns.required = arena_calloc(arena, count + 1, sizeof(bool));
    scan->used = arena_calloc(arena, count + 1, sizeof *scan->used);
    return STATUS_OK;
}

/* Computed columns and the watermark, over the source's own columns. */
static enum status fill_computed(struct plan_builder *builder, struct scan *scan,
                                 const struct expression **table_columns)
{
    const struct sql_create_table *definition = scan->table->definition;
    struct arena *arena = builder->graph->arena;
    struct scope scope = {
        .arena = arena,
        .schema = scan->table->schema,
        .table_name = scan->table->name,
        .clock = builder->context->clock,
        .zone = builder->zone,
        .error = builder->error,
    };
    for (size_t i = 0; i < definition->column_count; i++) {
        const struct expression *expression = NULL;
        if (definition->columns[i].kind != SQL_COLUMN_COMPUTED)
            continue;
        TRY(resolve_expression(&scope, definition->columns[i].expression, &expression));
        table_columns[i] = expression_substitute(arena, expression, table_columns);
        TRY(check_expression_size(table_columns[i], builder->error));
    }
    scan->watermark_field = -1;
    if (definition->watermark == NULL)
        return STATUS_OK;
    const struct expression *watermark = NULL;
    const struct expression *rowtime =
        table_columns[schema_find(scope.schema, definition->watermark->column)];
    TRY(resolve_expression(&scope, definition->watermark->expression, &watermark));
    scan->watermark = expression_substitute(arena, watermark, table_columns);
    if (rowtime->kind == EXPRESSION_COLUMN)
        scan->watermark_field = (int32_t)rowtime->column;
    return check_expression_size(scan->watermark, builder->error);
}

static enum status configure_kafka(struct plan_builder *builder, struct scan *scan)
{
    static const struct connector_definition *const formats[] = {&json_format};
    struct arena *arena = builder->graph->arena;
    const char *format = connector_property(&scan->options, "format");
    if (format == NULL)
        format = connector_property(&scan->options, "value.format");
    if (format == NULL)
        return error_set(builder->error, STATUS_INVALID_ARGUMENT,
                         "The required option 'format' is missing: 'format' = 'json'.");
    if (strcmp(format, json_format.identifier) != 0)
        return connector_unknown_identifier(format, formats, 1, builder->error);
    TRY(connector_validate(&kafka_connector, &json_format, &scan->options, builder->error));
    TRY(json_format_config_parse(&scan->options, arena, &scan->source->json, builder->error));
    scan->source->kind = PLAN_SOURCE_KAFKA;
    return kafka_source_config_parse(&scan->options, arena, &scan->source->kafka, builder->error);
}

static enum status configure_datagen(struct plan_builder *builder, struct scan *scan)
{
    struct arena *arena = builder->graph->arena;
    const struct datagen_config *config = NULL;
    TRY(connector_validate(&datagen_connector, NULL, &scan->options, builder->error));
    TRY(datagen_config_parse(&scan->options, scan->columns.schema, arena, &config, builder->error));
    bool *required = arena_calloc(arena, config->field_count + 1, sizeof *required);
    for (size_t i = 0; i < config->field_count; i++)
        required[i] = config->fields[i].kind == DATAGEN_SEQUENCE;
    scan->columns.required = required;
    scan->source->kind = PLAN_SOURCE_DATAGEN;
    scan->source->datagen = config;
    return STATUS_OK;
}

static enum status configure(struct plan_builder *builder, struct scan *scan)
{
    struct arena *arena = builder->graph->arena;
    const char *path = planner_table_path(arena, scan->table);
    const struct connector_definition *connector = planner_connector(&scan->options, path, builder->error);
    if (connector == NULL)
        return builder->error->code;
    if (connector == &iceberg_connector)
        return error_set(builder->error, STATUS_UNSUPPORTED,
                         "Reading an iceberg table is not supported yet.");
    if (connector != &kafka_connector && connector != &datagen_connector)
        return error_set(builder->error, STATUS_INVALID_ARGUMENT,
                         "Connector '%s' can only be used as a sink. It cannot be used as a source.",
                         connector->identifier);
    const struct expression **table_columns =
        arena_calloc(arena, scan->table->definition->column_count + 1, sizeof *table_columns);
    scan->source = arena_calloc(arena, 1, sizeof *scan->source);
    scan->source->table = path;
    TRY(fill_columns(builder, scan, connector == &kafka_connector, table_columns));
    TRY(fill_computed(builder, scan, table_columns));
    return connector == &kafka_connector ? configure_kafka(builder, scan) : configure_datagen(builder, scan);
}

enum status plan_source_of(struct plan_builder *builder, struct scan *scan)
{
    enum status status = configure(builder, scan);
    if (status == STATUS_OK)
        return status;
    return error_prefix(builder->error, "Unable to create a source for reading table '%s'",
                        planner_table_path(builder->graph->arena, scan->table));
}

/* A sequence ends the source, also when nobody reads its column. */
static int64_t datagen_row_bound(const struct datagen_config *config)
{
    int64_t bound = config->number_of_rows;
    for (size_t i = 0; i < config->field_count; i++) {
        const struct datagen_field *field = &config->fields[i];
        uint64_t length = (uint64_t)field->end - (uint64_t)field->start + 1;
        if (field->kind == DATAGEN_SEQUENCE && length <= INT64_MAX && (bound < 0 || (int64_t)length < bound))
            bound = (int64_t)length;
    }
    return bound;
}

static const struct datagen_config *restrict_datagen(struct arena *arena, const struct datagen_config *config,
                                                     const uint32_t *kept, uint32_t kept_count)
{
    struct datagen_config *restricted = arena_dup(arena, config, sizeof *config);
    restricted->number_of_rows = datagen_row_bound(config);
    struct datagen_field *fields = arena_calloc(arena, kept_count + 1, sizeof *fields);
    for (uint32_t i = 0; i < kept_count; i++)
        fields[i] = config->fields[kept[i]];
    restricted->fields = fields;
    restricted->field_count = kept_count;
    return restricted;
}

const struct plan_source *plan_source_restrict(struct arena *arena, const struct scan *scan,
                                               const uint32_t *kept, uint32_t kept_count)
{
    struct plan_source *source = arena_dup(arena, scan->source, sizeof *scan->source);
    struct plan_source_field *fields = arena_calloc(arena, kept_count + 1, sizeof *fields);
    uint32_t columns = scan->columns.schema->num_fields;
    uint32_t *map = arena_calloc(arena, columns + 1, sizeof *map);
    bool *needed = arena_calloc(arena, columns + 1, sizeof *needed);
    for (uint32_t i = 0; i < kept_count; i++) {
        fields[i] = scan->columns.fields[kept[i]];
        map[kept[i]] = i;
    }
    source->fields = fields;
    if (source->datagen != NULL)
        source->datagen = restrict_datagen(arena, source->datagen, kept, kept_count);
    if (scan->watermark == NULL || scan->watermark_field < 0)
        return source;
    /* A watermark that nothing downstream asks for does not make columns be read. */
    expression_mark_columns(scan->watermark, needed);
    needed[scan->watermark_field] = true;
    for (uint32_t i = 0; i < kept_count; i++)
        needed[kept[i]] = false;
    for (uint32_t i = 0; i < columns; i++) {
        if (needed[i])
            return source;
    }
    struct plan_watermark *watermark = arena_calloc(arena, 1, sizeof *watermark);
    watermark->time_zone = "UTC";
    watermark->expression = expression_map_columns(arena, scan->watermark, map);
    source->watermark = watermark;
    return source;
}
