#include "common/columnar/data_type.h"

#include "common/base/check.h"
#include "common/columnar/vector.h"

struct data_type data_type_of(enum type_kind kind)
{
    struct data_type type = {.kind = kind, .nullable = true};
    switch (kind) {
    case TYPE_DECIMAL: type.precision = 10; break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: type.precision = 6; break;
    case TYPE_STRING:
    case TYPE_BYTES: type.length = STRING_MAX_LENGTH; break;
    default: break;
    }
    return type;
}

struct data_type data_type_decimal(uint8_t precision, uint8_t scale)
{
    CHECK(precision >= 1 && precision <= 38 && scale <= precision);
    struct data_type type = data_type_of(TYPE_DECIMAL);
    type.precision = precision;
    type.scale = scale;
    return type;
}

struct data_type data_type_timestamp(enum type_kind kind, uint8_t precision)
{
    CHECK((kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ) && precision <= 6);
    struct data_type type = data_type_of(kind);
    type.precision = precision;
    return type;
}

struct data_type data_type_not_null(struct data_type type)
{
    type.nullable = false;
    return type;
}

size_t data_type_width(enum type_kind kind)
{
    switch (kind) {
    case TYPE_NULL: return 0;
    case TYPE_BOOLEAN: return 1;
    case TYPE_INT:
    case TYPE_FLOAT:
    case TYPE_DATE: return 4;
    case TYPE_BIGINT:
    case TYPE_DOUBLE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return 8;
    case TYPE_DECIMAL: return sizeof(int128_t);
    case TYPE_STRING:
    case TYPE_BYTES: return sizeof(struct string_value);
    }
    CHECK(false);
    return 0;
}

bool data_type_equal(struct data_type a, struct data_type b)
{
    return a.kind == b.kind && a.precision == b.precision && a.scale == b.scale;
}

bool data_type_is_numeric(enum type_kind kind)
{
    return kind == TYPE_INT || kind == TYPE_BIGINT || kind == TYPE_FLOAT || kind == TYPE_DOUBLE ||
           kind == TYPE_DECIMAL;
}

bool data_type_is_string(enum type_kind kind)
{
    return kind == TYPE_STRING || kind == TYPE_BYTES;
}

static void format_string_type(struct data_type type, struct buffer *buffer)
{
    bool bytes = type.kind == TYPE_BYTES;
    if (type.length == STRING_MAX_LENGTH)
        buffer_append_text(buffer, bytes ? "BYTES" : "STRING");
    else if (type.fixed_length)
        buffer_printf(buffer, "%s(%u)", bytes ? "BINARY" : "CHAR", type.length);
    else
        buffer_printf(buffer, "%s(%u)", bytes ? "VARBINARY" : "VARCHAR", type.length);
}

void data_type_format(struct data_type type, struct buffer *buffer)
{
    switch (type.kind) {
    case TYPE_NULL: buffer_append_text(buffer, "NULL"); break;
    case TYPE_BOOLEAN: buffer_append_text(buffer, "BOOLEAN"); break;
    case TYPE_INT: buffer_append_text(buffer, "INT"); break;
    case TYPE_BIGINT: buffer_append_text(buffer, "BIGINT"); break;
    case TYPE_FLOAT: buffer_append_text(buffer, "FLOAT"); break;
    case TYPE_DOUBLE: buffer_append_text(buffer, "DOUBLE"); break;
    case TYPE_DECIMAL: buffer_printf(buffer, "DECIMAL(%u, %u)", type.precision, type.scale); break;
    case TYPE_STRING:
    case TYPE_BYTES: format_string_type(type, buffer); break;
    case TYPE_DATE: buffer_append_text(buffer, "DATE"); break;
    case TYPE_TIMESTAMP: buffer_printf(buffer, "TIMESTAMP(%u)", type.precision); break;
    case TYPE_TIMESTAMP_LTZ: buffer_printf(buffer, "TIMESTAMP_LTZ(%u)", type.precision); break;
    }
    if (!type.nullable && type.kind != TYPE_NULL)
        buffer_append_text(buffer, " NOT NULL");
}
