#include "jobmanager/planner/logical/logical_internal.h"

enum status sink_schema_of(struct planning *planning, const struct sql_table *table,
                           const struct schema **ret_schema)
{
    const struct sql_create_table *definition = table->definition;
    uint32_t count = 0;
    for (size_t i = 0; i < definition->column_count; i++) {
        const struct sql_column *column = &definition->columns[i];
        if (column->kind == SQL_COLUMN_METADATA && !column->is_virtual)
            return error_set(
                planning->error, STATUS_INVALID_ARGUMENT,
                "Table '%s' declares the persisted metadata column '%s', which its connector cannot "
                "write. Declare it VIRTUAL.",
                planner_table_path(planning->arena, table), column->name);
        count += column->kind == SQL_COLUMN_PHYSICAL;
    }
    struct schema *schema = schema_create(count);
    uint32_t at = 0;
    for (size_t i = 0; i < definition->column_count; i++) {
        if (definition->columns[i].kind == SQL_COLUMN_PHYSICAL)
            schema_set_field(schema, at++, definition->columns[i].name, table->schema->fields[i].type);
    }
    *ret_schema = plan_job_graph_hold(planning->graph, schema);
    return STATUS_OK;
}

static void fill_partition(struct arena *arena, const struct sql_create_table *definition,
                           struct plan_iceberg_sink *sink)
{
    static const enum iceberg_sink_transform transforms[] = {
        [SQL_TRANSFORM_IDENTITY] = ICEBERG_SINK_IDENTITY, [SQL_TRANSFORM_YEAR] = ICEBERG_SINK_YEAR,
        [SQL_TRANSFORM_MONTH] = ICEBERG_SINK_MONTH,       [SQL_TRANSFORM_DAY] = ICEBERG_SINK_DAY,
        [SQL_TRANSFORM_HOUR] = ICEBERG_SINK_HOUR,         [SQL_TRANSFORM_BUCKET] = ICEBERG_SINK_BUCKET,
        [SQL_TRANSFORM_TRUNCATE] = ICEBERG_SINK_TRUNCATE,
    };
    struct iceberg_sink_partition *fields =
        arena_calloc(arena, definition->partition_count + 1, sizeof *fields);
    for (size_t i = 0; i < definition->partition_count; i++) {
        const struct sql_partition_field *field = &definition->partition[i];
        fields[i].transform = transforms[field->transform];
        fields[i].parameter = (int32_t)field->parameter;
        fields[i].column = arena_strdup(arena, field->column);
        fields[i].name = "";
    }
    sink->partition = fields;
    sink->partition_count = definition->partition_count;
}

static enum status configure_iceberg(struct planning *planning, const struct sql_table *table,
                                     const struct connector_properties *options,
                                     const struct schema *sink_schema, struct plan_sink *sink)
{
    struct arena *arena = planning->arena;
    const struct sql_create_table *definition = table->definition;
    struct plan_iceberg_sink *iceberg = arena_calloc(arena, 1, sizeof *iceberg);
    TRY(connector_validate(&iceberg_connector, NULL, options, planning->error));
    TRY(iceberg_config_parse(options, table->database, table->name, arena, &iceberg->config,
                             planning->error));
    iceberg->table_schema = sink_schema;
    uint32_t *columns = arena_calloc(arena, sink_schema->num_fields + 1, sizeof *columns);
    for (uint32_t i = 0; i < sink_schema->num_fields; i++)
        columns[i] = i;
    iceberg->table_columns = columns;
    fill_partition(arena, definition, iceberg);
    const char **key = arena_calloc(arena, definition->primary_key_count + 1, sizeof *key);
    for (size_t i = 0; i < definition->primary_key_count; i++)
        key[i] = arena_strdup(arena, definition->primary_key[i]);
    iceberg->primary_key = key;
    iceberg->primary_key_count = definition->primary_key_count;
    iceberg->table_properties = iceberg->config->table_properties;
    sink->kind = PLAN_SINK_ICEBERG;
    sink->iceberg = iceberg;
    return STATUS_OK;
}

static enum status configure(struct planning *planning, const struct sql_table *table,
                             const struct connector_properties *options, const struct schema *sink_schema,
                             struct plan_sink *sink)
{
    const struct connector_definition *connector = planner_connector(options, sink->table, planning->error);
    if (connector == NULL)
        return planning->error->code;
    if (connector == &iceberg_connector)
        return configure_iceberg(planning, table, options, sink_schema, sink);
    if (connector == &kafka_connector)
        return error_set(planning->error, STATUS_UNSUPPORTED,
                         "Writing to a kafka table is not supported yet.");
    if (connector == &datagen_connector)
        return error_set(planning->error, STATUS_INVALID_ARGUMENT,
                         "Connector 'datagen' can only be used as a source. It cannot be used as a sink.");
    TRY(connector_validate(connector, NULL, options, planning->error));
    sink->kind = connector == &print_connector ? PLAN_SINK_PRINT : PLAN_SINK_BLACKHOLE;
    if (sink->kind == PLAN_SINK_PRINT)
        sink->print = print_config_parse(options, planning->arena);
    return STATUS_OK;
}

enum status sink_open(struct planning *planning, const struct sql_table *table,
                      const struct connector_properties *options, const struct schema *sink_schema,
                      struct plan_sink **ret_sink)
{
    struct plan_sink *sink = arena_calloc(planning->arena, 1, sizeof *sink);
    sink->table = planner_table_path(planning->arena, table);
    if (configure(planning, table, options, sink_schema, sink) != STATUS_OK)
        return error_prefix(planning->error, "Unable to create a sink for writing table '%s'", sink->table);
    *ret_sink = sink;
    return STATUS_OK;
}
