#include "common/iceberg/schema.h"

#include "common/iceberg/iceberg_internal.h"
#include "common/iceberg/json_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct iceberg_field *iceberg_schema_find(const struct iceberg_schema *schema, const char *name)
{
    for (uint32_t i = 0; i < schema->num_fields; i++)
        if (strcmp(schema->fields[i].name, name) == 0)
            return &schema->fields[i];
    return NULL;
}

const struct iceberg_field *iceberg_schema_field_by_id(const struct iceberg_schema *schema, int32_t id)
{
    for (uint32_t i = 0; i < schema->num_fields; i++)
        if (schema->fields[i].id == id)
            return &schema->fields[i];
    return NULL;
}

static enum status add_keys(struct iceberg_schema *schema, const char *const *keys, uint32_t num_keys,
                            struct arena *arena, struct error *error)
{
    schema->identifier_field_ids = arena_calloc(arena, num_keys, sizeof(int32_t));
    schema->num_identifier_fields = num_keys;
    for (uint32_t i = 0; i < num_keys; i++) {
        const struct iceberg_field *field = iceberg_schema_find(schema, keys[i]);
        if (field == NULL)
            return error_set(error, STATUS_INVALID_ARGUMENT, "primary key column '%s' is not a column",
                             keys[i]);
        if (field->type.kind == ICEBERG_FLOAT || field->type.kind == ICEBERG_DOUBLE)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "column '%s' cannot be in the primary key: Iceberg takes no FLOAT or DOUBLE",
                             keys[i]);
        schema->fields[field - schema->fields].required = true;
        schema->identifier_field_ids[i] = field->id;
    }
    return STATUS_OK;
}

enum status iceberg_schema_from_sql(const struct schema *columns, const char *const *key_columns,
                                    uint32_t num_key_columns, struct arena *arena,
                                    struct iceberg_schema **ret_schema, struct error *error)
{
    struct iceberg_schema *schema = arena_calloc(arena, 1, sizeof *schema);
    schema->num_fields = columns->num_fields;
    schema->fields = arena_calloc(arena, columns->num_fields, sizeof *schema->fields);
    for (uint32_t i = 0; i < columns->num_fields; i++) {
        struct iceberg_field *field = &schema->fields[i];
        field->id = (int32_t)i + 1;
        field->name = arena_strdup(arena, columns->fields[i].name);
        field->required = !columns->fields[i].type.nullable;
        enum status status = iceberg_type_from_sql(columns->fields[i].type, &field->type, error);
        if (status != STATUS_OK)
            return error_prefix(error, "column '%s'", field->name);
    }
    enum status status = add_keys(schema, key_columns, num_key_columns, arena, error);
    if (status == STATUS_OK)
        *ret_schema = schema;
    return status;
}

struct schema *iceberg_schema_to_sql(const struct iceberg_schema *table)
{
    struct error ignored;
    struct data_type type;
    uint32_t count = 0;
    for (uint32_t i = 0; i < table->num_fields; i++)
        if (iceberg_type_to_sql(table->fields[i].type, &type, &ignored) == STATUS_OK)
            count++;
    struct schema *schema = schema_create(count);
    uint32_t at = 0;
    for (uint32_t i = 0; i < table->num_fields; i++) {
        if (iceberg_type_to_sql(table->fields[i].type, &type, &ignored) != STATUS_OK)
            continue;
        if (table->fields[i].required)
            type = data_type_not_null(type);
        schema_set_field(schema, at, table->fields[i].name, type);
        schema->fields[at++].field_id = table->fields[i].id;
    }
    return schema;
}

/* Exact, or without case where only one fits. */
static const struct iceberg_field *find_loosely(const struct iceberg_schema *schema, const char *name)
{
    const struct iceberg_field *found = iceberg_schema_find(schema, name);
    if (found != NULL)
        return found;
    for (uint32_t i = 0; i < schema->num_fields; i++)
        if (strcasecmp(schema->fields[i].name, name) == 0) {
            if (found != NULL)
                return NULL;
            found = &schema->fields[i];
        }
    return found;
}

static enum status refuse_missing(const struct iceberg_schema *table, const char *name, struct error *error)
{
    struct buffer names = {0};
    for (uint32_t i = 0; i < table->num_fields; i++)
        buffer_printf(&names, "%s%s", i == 0 ? "" : ", ", table->fields[i].name);
    error_set(error, STATUS_INVALID_ARGUMENT,
              "the table has no column '%s' (its columns: %s): rename it in the query or add it to the table",
              name, buffer_text(&names));
    buffer_free(&names);
    return STATUS_INVALID_ARGUMENT;
}

static enum status match_column(const struct iceberg_schema *table, const struct schema_field *column,
                                const struct iceberg_field **ret_field, struct error *error)
{
    const struct iceberg_field *field = find_loosely(table, column->name);
    if (field == NULL)
        return refuse_missing(table, column->name, error);
    struct iceberg_type type;
    enum status status = iceberg_type_from_sql(column->type, &type, error);
    if (status != STATUS_OK)
        return error_prefix(error, "column '%s'", column->name);
    if (!iceberg_type_promotes(type, field->type)) {
        struct buffer wanted = {0};
        struct buffer given = {0};
        iceberg_type_format(field->type, &wanted);
        data_type_format(column->type, &given);
        error_set(error, STATUS_INVALID_ARGUMENT, "column '%s' is %s, but the table has it as %s: use CAST",
                  column->name, buffer_text(&given), buffer_text(&wanted));
        buffer_free(&wanted);
        buffer_free(&given);
        return STATUS_INVALID_ARGUMENT;
    }
    if (field->required && column->type.nullable)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "column '%s' may be null, but the table requires a value: declare it NOT NULL",
                         column->name);
    *ret_field = field;
    return STATUS_OK;
}

static enum status check_complete(const struct iceberg_schema *table, const struct schema *matched,
                                  struct error *error)
{
    for (uint32_t i = 0; i < table->num_fields; i++) {
        uint32_t times = 0;
        for (uint32_t j = 0; j < matched->num_fields; j++)
            times += matched->fields[j].field_id == table->fields[i].id;
        if (times == 0 && table->fields[i].required)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "the table requires a value for column '%s', which is not written",
                             table->fields[i].name);
        if (times > 1)
            return error_set(error, STATUS_INVALID_ARGUMENT, "column '%s' of the table is written twice",
                             table->fields[i].name);
    }
    return STATUS_OK;
}

enum status iceberg_schema_match(const struct iceberg_schema *table, const struct schema *columns,
                                 struct schema **ret_columns, struct error *error)
{
    struct schema *result = schema_create(columns->num_fields);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < columns->num_fields; i++) {
        const struct iceberg_field *field = NULL;
        status = match_column(table, &columns->fields[i], &field, error);
        if (status == STATUS_OK) {
            schema_set_field(result, i, field->name, columns->fields[i].type);
            result->fields[i].field_id = field->id;
        }
    }
    if (status == STATUS_OK)
        status = check_complete(table, result, error);
    if (status == STATUS_OK)
        *ret_columns = result;
    else
        schema_unref(result);
    return status;
}

static enum status parse_type(const json_t *json, struct iceberg_type *ret_type, struct error *error)
{
    const char *text = json_string_value(json);
    if (text == NULL)
        text = json_string_value(json_object_get(json, "type"));
    if (text == NULL)
        return error_set(error, STATUS_CORRUPT, "missing type");
    struct iceberg_type type = {0};
    if (!json_is_string(json)) {
        if (strcmp(text, "struct") == 0)
            type.kind = ICEBERG_STRUCT;
        else if (strcmp(text, "list") == 0)
            type.kind = ICEBERG_LIST;
        else if (strcmp(text, "map") == 0)
            type.kind = ICEBERG_MAP;
        else
            return error_set(error, STATUS_CORRUPT, "unknown type '%s'", text);
        *ret_type = type;
        return STATUS_OK;
    }
    if (!iceberg_type_parse(text, ret_type))
        return error_set(error, STATUS_CORRUPT, "unknown type '%s'", text);
    return STATUS_OK;
}

static enum status parse_field(const json_t *json, struct arena *arena, struct iceberg_field *field,
                               struct error *error)
{
    enum status status = json_get_int(json, "id", &field->id, error);
    if (status == STATUS_OK)
        status = json_get_text(json, "name", arena, &field->name, error);
    if (status == STATUS_OK)
        status = json_get_boolean(json, "required", &field->required, error);
    if (status == STATUS_OK)
        status = parse_type(json_object_get(json, "type"), &field->type, error);
    return status == STATUS_OK || field->name == NULL ? status
                                                      : error_prefix(error, "field '%s'", field->name);
}

static enum status parse_identifiers(const json_t *json, struct arena *arena, struct iceberg_schema *schema,
                                     struct error *error)
{
    const json_t *ids = json_object_get(json, "identifier-field-ids");
    schema->num_identifier_fields = (uint32_t)json_array_size(ids);
    schema->identifier_field_ids = arena_calloc(arena, schema->num_identifier_fields, sizeof(int32_t));
    for (uint32_t i = 0; i < schema->num_identifier_fields; i++) {
        const json_t *id = json_array_get(ids, i);
        if (!json_is_integer(id))
            return error_set(error, STATUS_CORRUPT, "an identifier field id is no number");
        schema->identifier_field_ids[i] = (int32_t)json_integer_value(id);
    }
    return STATUS_OK;
}

enum status iceberg_schema_parse(const json_t *json, struct arena *arena, struct iceberg_schema **ret_schema,
                                 struct error *error)
{
    const char *type = json_string_value(json_object_get(json, "type"));
    if (type == NULL || strcmp(type, "struct") != 0)
        return error_set(error, STATUS_CORRUPT, "a schema whose type is not 'struct'");
    struct iceberg_schema *schema = arena_calloc(arena, 1, sizeof *schema);
    enum status status = STATUS_OK;
    if (json_has(json, "schema-id"))
        status = json_get_int(json, "schema-id", &schema->schema_id, error);
    const json_t *fields = NULL;
    if (status == STATUS_OK)
        status = json_get_array(json, "fields", &fields, error);
    if (status != STATUS_OK)
        return status;
    schema->num_fields = (uint32_t)json_array_size(fields);
    schema->fields = arena_calloc(arena, schema->num_fields, sizeof *schema->fields);
    for (uint32_t i = 0; status == STATUS_OK && i < schema->num_fields; i++)
        status = parse_field(json_array_get(fields, i), arena, &schema->fields[i], error);
    if (status == STATUS_OK)
        status = parse_identifiers(json, arena, schema, error);
    if (status == STATUS_OK) {
        char *text = json_dumps(json, JSON_COMPACT);
        schema->text = arena_strdup(arena, text != NULL ? text : "");
        free(text);
        *ret_schema = schema;
    }
    return status;
}

json_t *iceberg_schema_to_json(const struct iceberg_schema *schema)
{
    json_t *fields = json_array();
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        const struct iceberg_field *field = &schema->fields[i];
        struct buffer type = {0};
        iceberg_type_format(field->type, &type);
        json_array_append_new(fields,
                              json_pack("{s:i, s:s, s:b, s:s}", "id", field->id, "name", field->name,
                                        "required", (int)field->required, "type", buffer_text(&type)));
        buffer_free(&type);
    }
    json_t *json =
        json_pack("{s:s, s:i, s:o}", "type", "struct", "schema-id", schema->schema_id, "fields", fields);
    if (schema->num_identifier_fields > 0) {
        json_t *ids = json_array();
        for (uint32_t i = 0; i < schema->num_identifier_fields; i++)
            json_array_append_new(ids, json_integer(schema->identifier_field_ids[i]));
        json_object_set_new(json, "identifier-field-ids", ids);
    }
    return json;
}
