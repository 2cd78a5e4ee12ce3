#include "common/iceberg/partition_spec.h"

#include "common/iceberg/iceberg_internal.h"
#include "common/iceberg/json_internal.h"

#include <ctype.h>
#include <string.h>

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

const char *iceberg_partition_field_name(struct arena *arena, const char *column,
                                         enum iceberg_transform_kind transform)
{
    static const char *const suffixes[] = {
        [ICEBERG_TRANSFORM_IDENTITY] = "",        [ICEBERG_TRANSFORM_YEAR] = "_year",
        [ICEBERG_TRANSFORM_MONTH] = "_month",     [ICEBERG_TRANSFORM_DAY] = "_day",
        [ICEBERG_TRANSFORM_HOUR] = "_hour",       [ICEBERG_TRANSFORM_BUCKET] = "_bucket",
        [ICEBERG_TRANSFORM_TRUNCATE] = "_trunc",  [ICEBERG_TRANSFORM_VOID] = "_null",
        [ICEBERG_TRANSFORM_UNKNOWN] = "_unknown",
    };
    return arena_printf(arena, "%s%s", column, suffixes[transform]);
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
        field->name = iceberg_partition_field_name(arena, source->name, field->transform.kind);
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
        iceberg_transform_value_format(spec->fields[i].transform, type, values[i], &text);
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
