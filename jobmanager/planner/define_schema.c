#include "jobmanager/planner/logical/resolve.h"
#include "jobmanager/planner/planner_internal.h"

#include <string.h>

static bool is_key(const struct sql_create_table *definition, const char *column)
{
    for (size_t i = 0; i < definition->primary_key_count; i++) {
        if (strcmp(definition->primary_key[i], column) == 0)
            return true;
    }
    return false;
}

static const struct sql_column *find_column(const struct sql_create_table *definition, const char *name)
{
    for (size_t i = 0; i < definition->column_count; i++) {
        if (strcmp(definition->columns[i].name, name) == 0)
            return &definition->columns[i];
    }
    return NULL;
}

static enum status check_keys(const struct sql_create_table *definition, struct error *error)
{
    for (size_t i = 0; i < definition->primary_key_count; i++) {
        const char *name = definition->primary_key[i];
        const struct sql_column *column = find_column(definition, name);
        if (column == NULL)
            return planner_error_at(error, &definition->primary_key_span, STATUS_INVALID_ARGUMENT,
                                    "Primary key column '%s' is not defined in the schema", name);
        if (column->kind != SQL_COLUMN_PHYSICAL)
            return planner_error_at(error, &definition->primary_key_span, STATUS_INVALID_ARGUMENT,
                                    "Primary key column '%s' is not a physical column", name);
    }
    return STATUS_OK;
}

/* What the transform takes, when it does not take this; NULL when it does. */
static const char *needed_types(enum sql_transform transform, enum type_kind kind)
{
    bool timestamp = kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ;
    bool truncatable = kind == TYPE_INT || kind == TYPE_BIGINT || kind == TYPE_DECIMAL ||
                       kind == TYPE_STRING || kind == TYPE_BYTES;
    switch (transform) {
    case SQL_TRANSFORM_IDENTITY: return NULL;
    case SQL_TRANSFORM_YEAR:
    case SQL_TRANSFORM_MONTH:
    case SQL_TRANSFORM_DAY: return timestamp || kind == TYPE_DATE ? NULL : "DATE or TIMESTAMP";
    case SQL_TRANSFORM_HOUR: return timestamp ? NULL : "TIMESTAMP";
    case SQL_TRANSFORM_BUCKET:
        return truncatable || timestamp || kind == TYPE_DATE
                   ? NULL
                   : "INT, BIGINT, DECIMAL, STRING, BYTES, DATE or TIMESTAMP";
    case SQL_TRANSFORM_TRUNCATE: return truncatable ? NULL : "INT, BIGINT, DECIMAL, STRING or BYTES";
    }
    return NULL;
}

static enum status check_partition(const struct sql_create_table *definition, const struct schema *schema,
                                   struct error *error)
{
    for (size_t i = 0; i < definition->partition_count; i++) {
        const struct sql_partition_field *field = &definition->partition[i];
        const struct sql_column *column = find_column(definition, field->column);
        if (column == NULL)
            return planner_error_at(error, &field->span, STATUS_INVALID_ARGUMENT,
                                    "Partition column '%s' not defined in the table schema", field->column);
        if (column->kind != SQL_COLUMN_PHYSICAL)
            return planner_error_at(error, &field->span, STATUS_INVALID_ARGUMENT,
                                    "Partition column '%s' is not a physical column", field->column);
        enum type_kind kind = schema->fields[schema_find(schema, field->column)].type.kind;
        const char *needed = needed_types(field->transform, kind);
        if (needed != NULL)
            return planner_error_at(error, &field->span, STATUS_INVALID_ARGUMENT,
                                    "This partition transform needs a column of type %s: '%s' is none",
                                    needed, field->column);
    }
    return STATUS_OK;
}

static enum status check_watermark(const struct scope *scope, const struct sql_create_table *definition)
{
    const struct sql_watermark *watermark = definition->watermark;
    if (watermark == NULL)
        return STATUS_OK;
    int32_t index = schema_find(scope->schema, watermark->column);
    if (index < 0)
        return planner_error_at(scope->error, &watermark->span, STATUS_INVALID_ARGUMENT,
                                "The rowtime attribute field '%s' is not defined in the table schema",
                                watermark->column);
    enum type_kind kind = scope->schema->fields[index].type.kind;
    if (kind != TYPE_TIMESTAMP && kind != TYPE_TIMESTAMP_LTZ)
        return planner_error_at(
            scope->error, &watermark->span, STATUS_INVALID_ARGUMENT,
            "The time field '%s' of a watermark must be of type TIMESTAMP(p) or TIMESTAMP_LTZ(p)",
            watermark->column);
    if (scope->schema->fields[index].type.precision > 3)
        return planner_error_at(
            scope->error, &watermark->span, STATUS_INVALID_ARGUMENT,
            "Invalid data type of time field for watermark definition. The field must be of "
            "type TIMESTAMP(p) or TIMESTAMP_LTZ(p), the supported precision 'p' is from 0 to 3, "
            "but the precision of '%s' is %u",
            watermark->column, scope->schema->fields[index].type.precision);
    const struct expression *expression = NULL;
    TRY(resolve_expression(scope, watermark->expression, &expression));
    if (expression->type.kind != kind)
        return planner_error_at(scope->error, &watermark->expression->span, STATUS_INVALID_ARGUMENT,
                                "The watermark is not of the type of its time field '%s'", watermark->column);
    return STATUS_OK;
}

/* Declared types first: a computed column may refer to any of them, also to those behind it. */
static enum status set_declared(const struct sql_create_table *definition, struct schema *schema,
                                struct error *error)
{
    for (size_t i = 0; i < definition->column_count; i++) {
        const struct sql_column *column = &definition->columns[i];
        struct data_type type = data_type_of(TYPE_NULL);
        enum status status =
            column->kind == SQL_COLUMN_COMPUTED ? STATUS_OK : sql_type_resolve(column->type, &type, error);
        if (is_key(definition, column->name))
            type = data_type_not_null(type);
        schema_set_field(schema, (uint32_t)i, column->name, type);
        for (size_t rest = i + 1; status != STATUS_OK && rest < definition->column_count; rest++)
            schema_set_field(schema, (uint32_t)rest, definition->columns[rest].name, data_type_of(TYPE_NULL));
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status set_computed(struct scope *scope, const struct sql_create_table *definition,
                                struct schema *schema)
{
    bool *hidden = arena_calloc(scope->arena, definition->column_count, sizeof *hidden);
    for (size_t i = 0; i < definition->column_count; i++)
        hidden[i] = definition->columns[i].kind == SQL_COLUMN_COMPUTED;
    scope->hidden = hidden;
    for (size_t i = 0; i < definition->column_count; i++) {
        const struct expression *expression = NULL;
        if (!hidden[i])
            continue;
        TRY(resolve_expression(scope, definition->columns[i].expression, &expression));
        schema->fields[i].type = expression->type;
    }
    scope->hidden = NULL;
    return STATUS_OK;
}

static enum status fill_schema(struct scope *scope, const struct sql_create_table *definition,
                               struct schema *schema)
{
    TRY(set_declared(definition, schema, scope->error));
    TRY(set_computed(scope, definition, schema));
    TRY(check_keys(definition, scope->error));
    TRY(check_partition(definition, schema, scope->error));
    return check_watermark(scope, definition);
}

enum status define_schema(const struct planner_context *context, const struct sql_create_table *definition,
                          struct arena *arena, struct schema **ret_schema, struct error *error)
{
    struct time_zone *zone = NULL;
    TRY(planner_time_zone(&context->configuration, &zone, error));
    struct schema *schema = schema_create((uint32_t)definition->column_count);
    struct scope scope = {
        .arena = arena,
        .schema = schema,
        .name = definition->name.count == 0 ? "" : definition->name.parts[definition->name.count - 1],
        .clock = context->clock,
        .zone = zone,
        .error = error,
    };
    enum status status = fill_schema(&scope, definition, schema);
    time_zone_free(zone);
    if (status != STATUS_OK) {
        schema_unref(schema);
        return status;
    }
    *ret_schema = schema;
    return STATUS_OK;
}
