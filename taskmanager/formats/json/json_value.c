#include "taskmanager/formats/json/json_internal.h"

#include <string.h>

static const char *read_bigint(struct json_decoder *decoder, const char *at, int64_t *ret_value)
{
    enum { SAFE_DIGITS = 18 };
    const char *digits = at + (*at == '-');
    const char *end = digits;
    int64_t value = 0;
    for (; json_is_digit(*end); end++)
        value = (int64_t)((uint64_t)value * 10 + (uint64_t)(*end - '0'));
    ptrdiff_t count = end - digits;
    if (count == 0 || count > SAFE_DIGITS || (*digits == '0' && count > 1) || *end == '.' ||
        (*end | 0x20) == 'e')
        return json_read_integer(decoder, at, ret_value);
    *ret_value = *at == '-' ? -value : value;
    return end;
}

static const char *read_int(struct json_decoder *decoder, const char *at, int32_t *ret_value)
{
    int64_t value;
    const char *end = read_bigint(decoder, at, &value);
    if (end == NULL)
        return NULL;
    if (value < INT32_MIN || value > INT32_MAX)
        return json_fail(decoder, at, "%lld does not fit into INT", (long long)value);
    *ret_value = (int32_t)value;
    return end;
}

static const char *read_float(struct json_decoder *decoder, const char *at, float *ret_value)
{
    double value;
    const char *end = json_read_double(decoder, at, &value);
    if (end != NULL && value - value == 0 && ((float)value - (float)value) != 0)
        return json_fail(decoder, at, "the number does not fit into FLOAT");
    if (end != NULL)
        *ret_value = (float)value;
    return end;
}

static bool is_word(const char *text, const char *lower)
{
    for (; *lower != '\0'; text++, lower++)
        if ((*text | 0x20) != *lower)
            return false;
    return *text == '\0';
}

static const char *read_boolean(struct json_decoder *decoder, const char *at, uint8_t *ret_value)
{
    if (*at == 't' || *at == 'f') {
        *ret_value = *at == 't';
        return json_expect_literal(decoder, at, *at == 't' ? "true" : "false");
    }
    if (*at != '"')
        return json_fail(decoder, at, "true or false expected");
    const char *end = json_scratch_string(decoder, at);
    if (end == NULL)
        return NULL;
    const char *text = (const char *)decoder->scratch.data;
    if (!is_word(text, "true") && !is_word(text, "false"))
        return json_fail(decoder, at, "'%.40s' is neither true nor false", text);
    *ret_value = (*text | 0x20) == 't';
    return end;
}

/* A number, a boolean, an object or an array as text, without the spaces between its tokens. */
static const char *read_as_text(struct json_decoder *decoder, const char *at, struct string_value *ret_value)
{
    const char *end = json_skip_value(decoder, at);
    if (end == NULL)
        return NULL;
    char *out = decoder->out;
    for (bool in_string = false; at < end; at++) {
        if (!in_string && json_is_space(*at))
            continue;
        *out++ = *at;
        if (in_string && *at == '\\')
            *out++ = *++at;
        else if (*at == '"')
            in_string = !in_string;
    }
    *ret_value = string_value_of(decoder->out, (size_t)(out - decoder->out));
    decoder->out = out;
    return end;
}

static const char *read_string(struct json_decoder *decoder, const char *at, struct string_value *ret_value)
{
    if (*at != '"')
        return read_as_text(decoder, at, ret_value);
    char *end = NULL;
    at = json_copy_string(decoder, at + 1, decoder->out, &end);
    if (at == NULL)
        return NULL;
    ret_value->size = (uint32_t)(end - decoder->out);
    ret_value->data = decoder->out;
    memset(end, 0, sizeof ret_value->prefix); /* there is room behind every string */
    memcpy(ret_value->prefix, decoder->out, sizeof ret_value->prefix);
    decoder->out = end;
    return at;
}

const char *json_set_null(struct json_decoder *decoder, const char *at, uint32_t column, const char *why)
{
    struct vector *vector = decoder->columns[column];
    if (!vector->type.nullable)
        return json_fail(decoder, at, "field '%s' is NOT NULL but %s", decoder->schema->fields[column].name,
                         why);
    size_t width = data_type_width(vector->type.kind);
    memset((char *)vector->values + width * decoder->row, 0, width);
    vector_set_null(vector, decoder->row);
    return at;
}

static const char *read_typed(struct json_decoder *decoder, const char *at, struct vector *vector)
{
    uint32_t row = decoder->row;
    switch (vector->type.kind) {
    case TYPE_BOOLEAN: return read_boolean(decoder, at, (uint8_t *)vector->values + row);
    case TYPE_INT: return read_int(decoder, at, (int32_t *)vector->values + row);
    case TYPE_BIGINT: return read_bigint(decoder, at, (int64_t *)vector->values + row);
    case TYPE_FLOAT: return read_float(decoder, at, (float *)vector->values + row);
    case TYPE_DOUBLE: return json_read_double(decoder, at, (double *)vector->values + row);
    case TYPE_DECIMAL: return json_read_decimal(decoder, at, vector->type, (int128_t *)vector->values + row);
    case TYPE_STRING: return read_string(decoder, at, (struct string_value *)vector->values + row);
    case TYPE_BYTES: return json_read_base64(decoder, at, (struct string_value *)vector->values + row);
    case TYPE_DATE: return json_read_date(decoder, at, (int32_t *)vector->values + row);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        return json_read_timestamp(decoder, at, vector->type, (int64_t *)vector->values + row);
    case TYPE_NULL: break;
    }
    return json_skip_value(decoder, at);
}

const char *json_read_value(struct json_decoder *decoder, const char *at, uint32_t column)
{
    struct vector *vector = decoder->columns[column];
    if (*at == 'n') {
        at = json_expect_literal(decoder, at, "null");
        return at == NULL ? NULL : json_set_null(decoder, at, column, "null");
    }
    if (vector->validity != NULL)
        validity_set(vector->validity, decoder->row);
    return read_typed(decoder, at, vector);
}
