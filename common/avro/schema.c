#include "common/avro/avro_internal.h"

#include <jansson.h>
#include <string.h>

enum { MAX_DEPTH = 64 };

/* Named types seen so far: a later mention by name means the same node. */
struct parser {
    struct arena *arena;
    struct error *error;
    struct avro_schema **named;
    uint32_t num_named;
    uint32_t capacity;
};

static const struct {
    const char *name;
    enum avro_type type;
} TYPE_NAMES[] = {
    {"null", AVRO_NULL},     {"boolean", AVRO_BOOLEAN}, {"int", AVRO_INT},     {"long", AVRO_LONG},
    {"float", AVRO_FLOAT},   {"double", AVRO_DOUBLE},   {"bytes", AVRO_BYTES}, {"string", AVRO_STRING},
    {"fixed", AVRO_FIXED},   {"enum", AVRO_ENUM},       {"array", AVRO_ARRAY}, {"map", AVRO_MAP},
    {"record", AVRO_RECORD},
};

static enum status parse_node(struct parser *parser, const json_t *json, unsigned depth,
                              const struct avro_schema **ret_schema);

static enum status refuse(struct parser *parser, const char *what)
{
    return error_set(parser->error, STATUS_INVALID_ARGUMENT, "not an Avro schema: %s", what);
}

static struct avro_schema *new_node(struct parser *parser, enum avro_type type)
{
    struct avro_schema *node = arena_calloc(parser->arena, 1, sizeof *node);
    node->type = type;
    node->element_id = AVRO_NO_ID;
    return node;
}

static void remember(struct parser *parser, struct avro_schema *node)
{
    if (parser->num_named == parser->capacity) {
        uint32_t capacity = parser->capacity == 0 ? 8 : parser->capacity * 2;
        parser->named = arena_grow(parser->arena, parser->named, parser->num_named * sizeof *parser->named,
                                   capacity * sizeof *parser->named);
        parser->capacity = capacity;
    }
    parser->named[parser->num_named++] = node;
}

static enum status parse_name(struct parser *parser, const char *name, const struct avro_schema **ret_schema)
{
    for (size_t i = 0; i < sizeof TYPE_NAMES / sizeof TYPE_NAMES[0]; i++)
        if (TYPE_NAMES[i].type < AVRO_FIXED && strcmp(TYPE_NAMES[i].name, name) == 0) {
            *ret_schema = new_node(parser, TYPE_NAMES[i].type);
            return STATUS_OK;
        }
    for (uint32_t i = 0; i < parser->num_named; i++)
        if (strcmp(parser->named[i]->name, name) == 0) {
            *ret_schema = parser->named[i];
            return STATUS_OK;
        }
    return error_set(parser->error, STATUS_INVALID_ARGUMENT, "not an Avro schema: unknown type '%.100s'",
                     name);
}

static enum status parse_union(struct parser *parser, const json_t *json, unsigned depth,
                               const struct avro_schema **ret_schema)
{
    struct avro_schema *node = new_node(parser, AVRO_UNION);
    node->count = (uint32_t)json_array_size(json);
    if (node->count == 0)
        return refuse(parser, "a union without branches");
    node->branches = arena_calloc(parser->arena, node->count, sizeof *node->branches);
    for (uint32_t i = 0; i < node->count; i++) {
        enum status status = parse_node(parser, json_array_get(json, i), depth + 1, &node->branches[i]);
        if (status != STATUS_OK)
            return status;
        if (node->branches[i]->type == AVRO_UNION)
            return refuse(parser, "a union within a union");
    }
    *ret_schema = node;
    return STATUS_OK;
}

static int32_t id_attribute(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > INT32_MAX)
        return AVRO_NO_ID;
    return (int32_t)json_integer_value(value);
}

static enum status parse_fields(struct parser *parser, const json_t *json, unsigned depth,
                                struct avro_schema *node)
{
    const json_t *fields = json_object_get(json, "fields");
    if (!json_is_array(fields))
        return refuse(parser, "a record without fields");
    uint32_t count = (uint32_t)json_array_size(fields);
    node->fields = arena_calloc(parser->arena, count, sizeof *node->fields);
    for (uint32_t i = 0; i < count; i++) {
        const json_t *field = json_array_get(fields, i);
        const char *name = json_string_value(json_object_get(field, "name"));
        if (name == NULL)
            return refuse(parser, "a field without name");
        node->fields[i].name = arena_strdup(parser->arena, name);
        node->fields[i].field_id = id_attribute(field, "field-id");
        enum status status =
            parse_node(parser, json_object_get(field, "type"), depth + 1, &node->fields[i].schema);
        if (status != STATUS_OK)
            return status;
        /* Directly within itself, without a union, array or map between: it would have no end. */
        if (node->fields[i].schema == node)
            return refuse(parser, "a record that contains itself");
    }
    node->count = count;
    return STATUS_OK;
}

static enum status parse_enum(struct parser *parser, const json_t *json, struct avro_schema *node)
{
    const json_t *symbols = json_object_get(json, "symbols");
    node->count = (uint32_t)json_array_size(symbols);
    if (node->count == 0)
        return refuse(parser, "an enum without symbols");
    node->symbols = arena_calloc(parser->arena, node->count, sizeof *node->symbols);
    for (uint32_t i = 0; i < node->count; i++) {
        const char *symbol = json_string_value(json_array_get(symbols, i));
        if (symbol == NULL)
            return refuse(parser, "a symbol that is no string");
        node->symbols[i] = arena_strdup(parser->arena, symbol);
    }
    return STATUS_OK;
}

static enum status parse_named(struct parser *parser, const json_t *json, unsigned depth,
                               struct avro_schema *node)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    if (name == NULL)
        return refuse(parser, "a record, enum or fixed without name");
    node->name = arena_strdup(parser->arena, name);
    remember(parser, node);
    if (node->type == AVRO_RECORD)
        return parse_fields(parser, json, depth, node);
    if (node->type == AVRO_ENUM)
        return parse_enum(parser, json, node);
    const json_t *size = json_object_get(json, "size");
    if (!json_is_integer(size) || json_integer_value(size) < 0 || json_integer_value(size) > INT32_MAX)
        return refuse(parser, "a fixed without size");
    node->fixed_size = (uint32_t)json_integer_value(size);
    return STATUS_OK;
}

static enum status parse_object(struct parser *parser, const json_t *json, unsigned depth,
                                const struct avro_schema **ret_schema)
{
    const json_t *type = json_object_get(json, "type");
    const char *name = json_string_value(type);
    if (name == NULL) /* {"type": {...}} or {"type": [...]} */
        return parse_node(parser, type, depth + 1, ret_schema);
    struct avro_schema *node = NULL;
    for (size_t i = 0; i < sizeof TYPE_NAMES / sizeof TYPE_NAMES[0]; i++)
        if (strcmp(TYPE_NAMES[i].name, name) == 0)
            node = new_node(parser, TYPE_NAMES[i].type);
    if (node == NULL)
        return parse_name(parser, name, ret_schema);
    const char *logical = json_string_value(json_object_get(json, "logicalType"));
    node->logical_type = logical != NULL ? arena_strdup(parser->arena, logical) : NULL;
    enum status status = STATUS_OK;
    if (node->type == AVRO_ARRAY || node->type == AVRO_MAP) {
        node->element_id = id_attribute(json, "element-id");
        status = parse_node(parser, json_object_get(json, node->type == AVRO_ARRAY ? "items" : "values"),
                            depth + 1, &node->items);
    } else if (node->type >= AVRO_FIXED) {
        status = parse_named(parser, json, depth, node);
    }
    if (status == STATUS_OK)
        *ret_schema = node;
    return status;
}

static enum status parse_node(struct parser *parser, const json_t *json, unsigned depth,
                              const struct avro_schema **ret_schema)
{
    if (depth > MAX_DEPTH)
        return refuse(parser, "nested too deep");
    if (json_is_string(json))
        return parse_name(parser, json_string_value(json), ret_schema);
    if (json_is_array(json))
        return parse_union(parser, json, depth, ret_schema);
    if (json_is_object(json))
        return parse_object(parser, json, depth, ret_schema);
    return refuse(parser, "a type that is no string, array or object");
}

enum status avro_schema_parse(const char *text, size_t size, struct arena *arena,
                              const struct avro_schema **ret_schema, struct error *error)
{
    json_error_t reason;
    json_t *json = json_loadb(text, size, JSON_DECODE_ANY, &reason);
    if (json == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, "not an Avro schema: %s", reason.text);
    struct parser parser = {.arena = arena, .error = error};
    enum status status = parse_node(&parser, json, 0, ret_schema);
    json_decref(json);
    return status;
}

int32_t avro_schema_field_by_id(const struct avro_schema *record, int32_t field_id)
{
    for (uint32_t i = 0; i < record->count; i++)
        if (record->fields[i].field_id == field_id)
            return (int32_t)i;
    return AVRO_NO_ID;
}

int32_t avro_schema_field_by_name(const struct avro_schema *record, const char *name)
{
    for (uint32_t i = 0; i < record->count; i++)
        if (strcmp(record->fields[i].name, name) == 0)
            return (int32_t)i;
    return AVRO_NO_ID;
}

const struct avro_schema *avro_schema_not_null(const struct avro_schema *schema)
{
    if (schema->type != AVRO_UNION || schema->count != 2)
        return schema;
    if (schema->branches[0]->type == AVRO_NULL)
        return schema->branches[1];
    return schema->branches[1]->type == AVRO_NULL ? schema->branches[0] : schema;
}
