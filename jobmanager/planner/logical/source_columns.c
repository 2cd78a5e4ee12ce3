#include "jobmanager/planner/logical/logical_internal.h"
#include "jobmanager/planner/logical/resolve.h"

#include <string.h>

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
enum status source_columns_fill(struct planning *planning, struct scan *scan, bool kafka,
                                const struct expression **table_columns)
{
    const struct sql_create_table *definition = scan->table->definition;
    struct arena *arena = planning->arena;
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
            TRY(find_metadata(scan, column, kafka, &type, planning->error));
            fields[count].origin = PLAN_FIELD_METADATA;
            fields[count].metadata_key = arena_strdup(arena, column->metadata_key);
        }
        names[count] = column->name;
        types[count] = type;
        table_columns[i] = expression_column(arena, count, type);
        if (!data_type_equal(type, declared))
            TRY(expression_cast(arena, table_columns[i], declared, false, &table_columns[i],
                                planning->error));
        count++;
    }
    struct schema *schema = schema_create(count);
    for (uint32_t i = 0; i < count; i++)
        schema_set_field(schema, i, names[i], types[i]);
    scan->columns.schema = plan_job_graph_hold(planning->graph, schema);
    scan->columns.fields = fields;
    scan->columns.table_columns = table_columns;
    scan->columns.required = arena_calloc(arena, count + 1, sizeof(bool));
    return STATUS_OK;
}

/* How often a watermark is sent, and how long a split may be silent before it holds nothing back. The table's
 * own option goes before the session's. */
static enum status fill_watermark_times(struct planning *planning, const struct scan *scan,
                                        struct plan_watermark *watermark)
{
    const struct planner_configuration *configuration = &planning->context->configuration;
    watermark->emit_interval_ms = 200;
    TRY(planner_setting_duration_ms(configuration, "pipeline.auto-watermark-interval",
                                    &watermark->emit_interval_ms, planning->error));
    TRY(planner_setting_duration_ms(configuration, "table.exec.source.idle-timeout",
                                    &watermark->idle_timeout_ms, planning->error));
    const char *own = connector_property(&scan->options, "scan.watermark.idle-timeout");
    if (own != NULL && !connector_parse_duration_ms(own, &watermark->idle_timeout_ms))
        return error_set(
            planning->error, STATUS_INVALID_ARGUMENT,
            "Invalid value '%s' for option 'scan.watermark.idle-timeout': expected a duration like '10 s'.",
            own);
    watermark->time_zone = arena_strdup(planning->arena, planner_time_zone_name(configuration));
    return STATUS_OK;
}

static enum status fill_watermark(struct planning *planning, struct scan *scan, const struct scope *scope,
                                  const struct expression *const *table_columns)
{
    const struct sql_watermark *definition = scan->table->definition->watermark;
    scan->rowtime_column = -1;
    if (definition == NULL)
        return STATUS_OK;
    struct plan_watermark *watermark = arena_calloc(planning->arena, 1, sizeof *watermark);
    const struct expression *expression = NULL;
    TRY(resolve_expression(scope, definition->expression, &expression));
    watermark->expression = expression_substitute(planning->arena, expression, table_columns);
    TRY(check_expression_size(watermark->expression, planning->error));
    TRY(fill_watermark_times(planning, scan, watermark));
    scan->watermark = watermark;
    scan->rowtime_column = schema_find(scope->schema, definition->column);
    return STATUS_OK;
}

/* Computed columns and the watermark, over the source's own columns. */
enum status source_columns_compute(struct planning *planning, struct scan *scan,
                                   const struct expression **table_columns)
{
    const struct sql_create_table *definition = scan->table->definition;
    struct arena *arena = planning->arena;
    struct scope scope = scope_of(planning);
    scope.schema = scan->table->schema;
    scope.name = scan->table->name;
    for (size_t i = 0; i < definition->column_count; i++) {
        const struct expression *expression = NULL;
        if (definition->columns[i].kind != SQL_COLUMN_COMPUTED)
            continue;
        TRY(resolve_expression(&scope, definition->columns[i].expression, &expression));
        table_columns[i] = expression_substitute(arena, expression, table_columns);
        TRY(check_expression_size(table_columns[i], planning->error));
    }
    return fill_watermark(planning, scan, &scope, table_columns);
}
