#include "common/iceberg/partition_spec.h"

#include "common/iceberg/iceberg_internal.h"
#include "common/iceberg/json_internal.h"
#include "common/iceberg/value.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const TRANSFORM_NAMES[] = {
    [ICEBERG_TRANSFORM_IDENTITY] = "identity", [ICEBERG_TRANSFORM_YEAR] = "year",
    [ICEBERG_TRANSFORM_MONTH] = "month",       [ICEBERG_TRANSFORM_DAY] = "day",
    [ICEBERG_TRANSFORM_HOUR] = "hour",         [ICEBERG_TRANSFORM_BUCKET] = "bucket",
    [ICEBERG_TRANSFORM_TRUNCATE] = "truncate", [ICEBERG_TRANSFORM_VOID] = "void",
    [ICEBERG_TRANSFORM_UNKNOWN] = "unknown",
};

void iceberg_transform_format(struct iceberg_transform transform, struct buffer *buffer)
{
    buffer_append_text(buffer, TRANSFORM_NAMES[transform.kind]);
    if (transform.kind == ICEBERG_TRANSFORM_BUCKET || transform.kind == ICEBERG_TRANSFORM_TRUNCATE)
        buffer_printf(buffer, "[%d]", transform.parameter);
}

struct iceberg_transform iceberg_transform_parse(const char *text)
{
    struct iceberg_transform transform = {.kind = ICEBERG_TRANSFORM_UNKNOWN};
    char tail;
    if (sscanf(text, "bucket[%d%c", &transform.parameter, &tail) == 2 && tail == ']')
        transform.kind = ICEBERG_TRANSFORM_BUCKET;
    else if (sscanf(text, "truncate[%d%c", &transform.parameter, &tail) == 2 && tail == ']')
        transform.kind = ICEBERG_TRANSFORM_TRUNCATE;
    for (unsigned kind = 0; kind < ICEBERG_TRANSFORM_UNKNOWN; kind++)
        if (kind != ICEBERG_TRANSFORM_BUCKET && kind != ICEBERG_TRANSFORM_TRUNCATE &&
            strcmp(text, TRANSFORM_NAMES[kind]) == 0)
            transform.kind = (enum iceberg_transform_kind)kind;
    return transform;
}

static bool fits(enum iceberg_transform_kind kind, struct iceberg_type source)
{
    bool is_timestamp = source.kind == ICEBERG_TIMESTAMP || source.kind == ICEBERG_TIMESTAMPTZ;
    switch (kind) {
    case ICEBERG_TRANSFORM_YEAR:
    case ICEBERG_TRANSFORM_MONTH:
    case ICEBERG_TRANSFORM_DAY: return is_timestamp || source.kind == ICEBERG_DATE;
    case ICEBERG_TRANSFORM_HOUR: return is_timestamp;
    default: return source.kind < ICEBERG_STRUCT;
    }
}

enum status iceberg_transform_result(struct iceberg_transform transform, struct iceberg_type source,
                                     struct iceberg_type *ret_type, struct error *error)
{
    if (transform.kind == ICEBERG_TRANSFORM_UNKNOWN)
        return error_set(error, STATUS_UNSUPPORTED, "unknown partition transform");
    if (!fits(transform.kind, source)) {
        struct buffer name = {0};
        iceberg_type_format(source, &name);
        error_set(error, STATUS_INVALID_ARGUMENT,
                  "partition transform '%s' does not take a column of type %s",
                  TRANSFORM_NAMES[transform.kind], buffer_text(&name));
        buffer_free(&name);
        return STATUS_INVALID_ARGUMENT;
    }
    switch (transform.kind) {
    case ICEBERG_TRANSFORM_IDENTITY:
    case ICEBERG_TRANSFORM_TRUNCATE:
    case ICEBERG_TRANSFORM_VOID: *ret_type = source; break;
    case ICEBERG_TRANSFORM_DAY: *ret_type = (struct iceberg_type){.kind = ICEBERG_DATE}; break;
    default: *ret_type = (struct iceberg_type){.kind = ICEBERG_INT}; break;
    }
    return STATUS_OK;
}

int32_t iceberg_day_of_micros(int64_t micros)
{
    const int64_t per_day = INT64_C(86400000000);
    return (int32_t)(micros / per_day - (micros % per_day < 0));
}

enum status iceberg_transform_apply(struct iceberg_transform transform, struct iceberg_type source,
                                    struct bytes_view value, struct arena *arena,
                                    struct bytes_view *ret_value, struct error *error)
{
    struct iceberg_type result;
    enum status status = iceberg_transform_result(transform, source, &result, error);
    if (status != STATUS_OK)
        return status;
    int64_t number;
    switch (transform.kind) {
    case ICEBERG_TRANSFORM_IDENTITY:
        *ret_value = value.data == NULL ? value : iceberg_value_from_bytes(value.data, value.size, arena);
        return STATUS_OK;
    case ICEBERG_TRANSFORM_VOID: *ret_value = (struct bytes_view){NULL, 0}; return STATUS_OK;
    case ICEBERG_TRANSFORM_DAY:
        if (value.data == NULL)
            *ret_value = value;
        else if (!iceberg_value_to_long(source, value, &number))
            return error_set(error, STATUS_INVALID_ARGUMENT, "a value of %zu bytes is no date", value.size);
        else if (source.kind == ICEBERG_DATE)
            *ret_value = iceberg_value_from_int((int32_t)number, arena);
        else
            *ret_value = iceberg_value_from_int(iceberg_day_of_micros(number), arena);
        return STATUS_OK;
    default:
        return error_set(error, STATUS_UNSUPPORTED,
                         "writing to tables partitioned by '%s' is not supported yet (identity and day are)",
                         TRANSFORM_NAMES[transform.kind]);
    }
}

enum status iceberg_partition_field_type(const struct iceberg_schema *schema,
                                         const struct iceberg_partition_field *field,
                                         struct iceberg_type *ret_type, struct error *error)
{
    const struct iceberg_field *source = iceberg_schema_field_by_id(schema, field->source_id);
    if (source == NULL && field->transform.kind == ICEBERG_TRANSFORM_VOID) {
        *ret_type = (struct iceberg_type){.kind = ICEBERG_STRING};
        return STATUS_OK;
    }
    if (source == NULL)
        return error_set(error, STATUS_CORRUPT,
                         "partition field '%s' refers to column id %d, which is not in the schema",
                         field->name, field->source_id);
    enum status status = iceberg_transform_result(field->transform, source->type, ret_type, error);
    return status == STATUS_OK ? status : error_prefix(error, "partition field '%s'", field->name);
}

enum status iceberg_partition_spec_create(const struct iceberg_schema *schema,
                                          const struct iceberg_partition_request *requests,
                                          uint32_t num_requests, struct arena *arena,
                                          struct iceberg_partition_spec **ret_spec, struct error *error)
{
    struct iceberg_partition_spec *spec = arena_calloc(arena, 1, sizeof *spec);
    spec->num_fields = num_requests;
    spec->fields = arena_calloc(arena, num_requests, sizeof *spec->fields);
    for (uint32_t i = 0; i < num_requests; i++) {
        struct iceberg_partition_field *field = &spec->fields[i];
        const struct iceberg_field *source = iceberg_schema_find(schema, requests[i].column);
        if (source == NULL)
            return error_set(error, STATUS_INVALID_ARGUMENT, "partition column '%s' is not a column",
                             requests[i].column);
        field->source_id = source->id;
        field->field_id = ICEBERG_FIRST_PARTITION_FIELD_ID + (int32_t)i;
        field->transform = requests[i].transform;
        field->name =
            field->transform.kind == ICEBERG_TRANSFORM_IDENTITY
                ? arena_strdup(arena, source->name)
                : arena_printf(arena, "%s_%s", source->name, TRANSFORM_NAMES[field->transform.kind]);
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(spec->fields[j].name, field->name) == 0)
                return error_set(error, STATUS_INVALID_ARGUMENT, "partition field '%s' is given twice",
                                 field->name);
        const struct iceberg_field *clash = iceberg_schema_find(schema, field->name);
        if (clash != NULL && clash != source)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "partition field '%s' has the name of another column: rename that column",
                             field->name);
        struct iceberg_type type;
        enum status status = iceberg_partition_field_type(schema, field, &type, error);
        if (status != STATUS_OK)
            return status;
    }
    *ret_spec = spec;
    return STATUS_OK;
}

/* As Java's URLEncoder: form encoding of the UTF-8 bytes. */
static void escape(const char *text, size_t size, struct buffer *buffer)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x80 && isalnum(c)) || c == '.' || c == '-' || c == '*' || c == '_')
            buffer_append_byte(buffer, c);
        else if (c == ' ')
            buffer_append_byte(buffer, '+');
        else
            buffer_printf(buffer, "%%%02X", c);
    }
}

enum status iceberg_partition_path(const struct iceberg_partition_spec *spec,
                                   const struct iceberg_schema *schema, const struct bytes_view *values,
                                   struct buffer *buffer, struct error *error)
{
    size_t before = buffer->size;
    for (uint32_t i = 0; i < spec->num_fields; i++) {
        struct iceberg_type type;
        enum status status = iceberg_partition_field_type(schema, &spec->fields[i], &type, error);
        if (status != STATUS_OK) {
            buffer->size = before;
            return status;
        }
        struct buffer text = {0};
        iceberg_value_format(type, values[i], &text);
        if (i > 0)
            buffer_append_byte(buffer, '/');
        escape(spec->fields[i].name, strlen(spec->fields[i].name), buffer);
        buffer_append_byte(buffer, '=');
        escape((const char *)text.data, text.size, buffer);
        buffer_free(&text);
    }
    return STATUS_OK;
}

static enum status parse_field(const json_t *json, int32_t default_id, struct arena *arena,
                               struct iceberg_partition_field *field, struct error *error)
{
    const char *transform;
    enum status status = json_get_int(json, "source-id", &field->source_id, error);
    field->field_id = default_id; /* version 1 may leave them out */
    if (status == STATUS_OK && json_has(json, "field-id"))
        status = json_get_int(json, "field-id", &field->field_id, error);
    if (status == STATUS_OK)
        status = json_get_text(json, "name", arena, &field->name, error);
    if (status == STATUS_OK)
        status = json_get_text(json, "transform", arena, &transform, error);
    if (status == STATUS_OK)
        field->transform = iceberg_transform_parse(transform);
    return status;
}

enum status iceberg_partition_spec_parse(const json_t *json, struct arena *arena,
                                         struct iceberg_partition_spec **ret_spec, struct error *error)
{
    struct iceberg_partition_spec *spec = arena_calloc(arena, 1, sizeof *spec);
    const json_t *fields = json;
    enum status status = STATUS_OK;
    if (!json_is_array(json)) { /* version 1's "partition-spec" is the bare list */
        status = json_get_int(json, "spec-id", &spec->spec_id, error);
        if (status == STATUS_OK)
            status = json_get_array(json, "fields", &fields, error);
    }
    if (status != STATUS_OK)
        return error_prefix(error, "partition spec");
    spec->num_fields = (uint32_t)json_array_size(fields);
    spec->fields = arena_calloc(arena, spec->num_fields, sizeof *spec->fields);
    for (uint32_t i = 0; status == STATUS_OK && i < spec->num_fields; i++)
        status = parse_field(json_array_get(fields, i), ICEBERG_FIRST_PARTITION_FIELD_ID + (int32_t)i, arena,
                             &spec->fields[i], error);
    if (status != STATUS_OK)
        return error_prefix(error, "partition spec");
    *ret_spec = spec;
    return STATUS_OK;
}

json_t *iceberg_partition_spec_to_json(const struct iceberg_partition_spec *spec)
{
    json_t *fields = json_array();
    for (uint32_t i = 0; i < spec->num_fields; i++) {
        const struct iceberg_partition_field *field = &spec->fields[i];
        struct buffer transform = {0};
        iceberg_transform_format(field->transform, &transform);
        json_array_append_new(fields, json_pack("{s:s, s:s, s:i, s:i}", "name", field->name, "transform",
                                                buffer_text(&transform), "source-id", field->source_id,
                                                "field-id", field->field_id));
        buffer_free(&transform);
    }
    return json_pack("{s:i, s:o}", "spec-id", spec->spec_id, "fields", fields);
}
