#include "jobmanager/gateway/iceberg_table_syntax.h"

static struct sql_type type_to_syntax(struct data_type type)
{
    static const enum sql_type_kind kinds[TYPE_KIND_COUNT] = {
        [TYPE_BOOLEAN] = SQL_TYPE_BOOLEAN,
        [TYPE_INT] = SQL_TYPE_INT,
        [TYPE_BIGINT] = SQL_TYPE_BIGINT,
        [TYPE_FLOAT] = SQL_TYPE_FLOAT,
        [TYPE_DOUBLE] = SQL_TYPE_DOUBLE,
        [TYPE_DECIMAL] = SQL_TYPE_DECIMAL,
        [TYPE_STRING] = SQL_TYPE_VARCHAR,
        [TYPE_BYTES] = SQL_TYPE_VARBINARY,
        [TYPE_DATE] = SQL_TYPE_DATE,
        [TYPE_TIMESTAMP] = SQL_TYPE_TIMESTAMP,
        [TYPE_TIMESTAMP_LTZ] = SQL_TYPE_TIMESTAMP_LTZ,
    };
    struct sql_type syntax = {
        .kind = kinds[type.kind], .precision = -1, .scale = -1, .not_null = !type.nullable};
    if (type.kind == TYPE_DECIMAL || type.kind == TYPE_TIMESTAMP || type.kind == TYPE_TIMESTAMP_LTZ)
        syntax.precision = type.precision;
    if (type.kind == TYPE_DECIMAL)
        syntax.scale = type.scale;
    return syntax;
}

static void fill_columns(const struct iceberg_schema *schema, struct arena *arena,
                         struct sql_create_table *definition)
{
    struct schema *columns = iceberg_schema_to_sql(schema);
    struct sql_column *syntax = arena_calloc(arena, columns->num_fields, sizeof *syntax);
    for (uint32_t i = 0; i < columns->num_fields; i++) {
        const struct iceberg_field *field = iceberg_schema_find(schema, columns->fields[i].name);
        struct sql_type *type = arena_alloc(arena, sizeof *type);
        *type = type_to_syntax(columns->fields[i].type);
        type->not_null = field != NULL && field->required;
        syntax[i].kind = SQL_COLUMN_PHYSICAL;
        syntax[i].name = arena_strdup(arena, columns->fields[i].name);
        syntax[i].type = type;
    }
    definition->columns = syntax;
    definition->column_count = columns->num_fields;
    schema_unref(columns);
}

enum iceberg_transform_kind iceberg_transform_of(enum sql_transform transform)
{
    static const enum iceberg_transform_kind kinds[] = {
        [SQL_TRANSFORM_IDENTITY] = ICEBERG_TRANSFORM_IDENTITY,
        [SQL_TRANSFORM_YEAR] = ICEBERG_TRANSFORM_YEAR,
        [SQL_TRANSFORM_MONTH] = ICEBERG_TRANSFORM_MONTH,
        [SQL_TRANSFORM_DAY] = ICEBERG_TRANSFORM_DAY,
        [SQL_TRANSFORM_HOUR] = ICEBERG_TRANSFORM_HOUR,
        [SQL_TRANSFORM_BUCKET] = ICEBERG_TRANSFORM_BUCKET,
        [SQL_TRANSFORM_TRUNCATE] = ICEBERG_TRANSFORM_TRUNCATE,
    };
    return kinds[transform];
}

/* False for a transform that SQL cannot say. */
static bool syntax_transform(enum iceberg_transform_kind kind, enum sql_transform *ret_transform)
{
    for (int i = SQL_TRANSFORM_IDENTITY; i <= SQL_TRANSFORM_TRUNCATE; i++) {
        if (iceberg_transform_of((enum sql_transform)i) != kind)
            continue;
        *ret_transform = (enum sql_transform)i;
        return true;
    }
    return false;
}

static void fill_partition(const struct iceberg_table_metadata *metadata, struct arena *arena,
                           struct sql_create_table *definition)
{
    const struct iceberg_partition_spec *spec = iceberg_table_spec(metadata);
    const struct iceberg_schema *schema = iceberg_table_schema(metadata);
    struct sql_partition_field *fields = arena_calloc(arena, spec->num_fields, sizeof *fields);
    for (uint32_t i = 0; i < spec->num_fields; i++) {
        const struct iceberg_field *column = iceberg_schema_field_by_id(schema, spec->fields[i].source_id);
        enum iceberg_transform_kind kind = spec->fields[i].transform.kind;
        if (column == NULL || !syntax_transform(kind, &fields[i].transform))
            return; /* shown without its partitioning; writing to it is refused when the sink is bound */
        fields[i].parameter = (uint32_t)spec->fields[i].transform.parameter;
        fields[i].column = arena_strdup(arena, column->name);
    }
    definition->partition = fields;
    definition->partition_count = spec->num_fields;
}

static void fill_primary_key(const struct iceberg_schema *schema, struct arena *arena,
                             struct sql_create_table *definition)
{
    const char **names = arena_alloc(arena, schema->num_identifier_fields * sizeof *names);
    for (uint32_t i = 0; i < schema->num_identifier_fields; i++)
        names[i] =
            arena_strdup(arena, iceberg_schema_field_by_id(schema, schema->identifier_field_ids[i])->name);
    definition->primary_key = names;
    definition->primary_key_count = schema->num_identifier_fields;
}

void iceberg_table_describe(const struct iceberg_table_metadata *metadata, struct arena *arena,
                            struct sql_create_table *definition)
{
    fill_columns(iceberg_table_schema(metadata), arena, definition);
    fill_partition(metadata, arena, definition);
    fill_primary_key(iceberg_table_schema(metadata), arena, definition);
}
