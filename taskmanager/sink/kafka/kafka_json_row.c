#include "common/expression/value_format.h"
#include "taskmanager/sink/kafka/kafka_sink_internal.h"

#include <math.h>
#include <string.h>

static void append_quoted(struct buffer *out, const uint8_t *data, size_t size)
{
    buffer_append_byte(out, '"');
    size_t plain = 0; /* start of the bytes that need no escape */
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = data[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        buffer_append(out, data + plain, i - plain);
        plain = i + 1;
        switch (byte) {
        case '\n': buffer_append_text(out, "\\n"); break;
        case '\r': buffer_append_text(out, "\\r"); break;
        case '\t': buffer_append_text(out, "\\t"); break;
        case '"': buffer_append_text(out, "\\\""); break;
        case '\\': buffer_append_text(out, "\\\\"); break;
        default: buffer_printf(out, "\\u%04x", byte);
        }
    }
    buffer_append(out, data + plain, size - plain);
    buffer_append_byte(out, '"');
}

/* JSON has no word for what is no number. */
static bool is_plain(const struct vector *column, uint32_t row)
{
    switch (column->type.kind) {
    case TYPE_BOOLEAN:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_DECIMAL: return true;
    case TYPE_FLOAT: return isfinite(*(const float *)vector_value(column, row));
    case TYPE_DOUBLE: return isfinite(*(const double *)vector_value(column, row));
    case TYPE_NULL:
    case TYPE_STRING:
    case TYPE_BYTES:
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: break;
    }
    return false;
}

static void append_value(const struct vector *column, uint32_t row, enum json_timestamp_form form,
                         struct buffer *out)
{
    bool is_time = column->type.kind == TYPE_TIMESTAMP || column->type.kind == TYPE_TIMESTAMP_LTZ;
    bool is_sql = is_time && form != JSON_TIMESTAMP_ISO8601;
    if (is_plain(column, row)) {
        value_format_row(VALUE_JSON, column, row, NULL, "", out);
        return;
    }
    struct buffer text = {0};
    value_format_row(is_sql ? VALUE_SQL : VALUE_JSON, column, row, NULL, "", &text);
    if (is_sql && column->type.kind == TYPE_TIMESTAMP_LTZ)
        buffer_append_byte(&text, 'Z');
    append_quoted(out, text.data, text.size);
    buffer_free(&text);
}

void kafka_json_row(const struct record_batch *batch, uint32_t row, enum json_timestamp_form form,
                    struct buffer *out)
{
    for (uint32_t i = 0; i < batch->schema->num_fields; i++) {
        const char *name = batch->schema->fields[i].name;
        buffer_append_byte(out, i == 0 ? '{' : ',');
        append_quoted(out, (const uint8_t *)name, strlen(name));
        buffer_append_byte(out, ':');
        if (vector_is_null(batch->columns[i], row))
            buffer_append_text(out, "null");
        else
            append_value(batch->columns[i], row, form, out);
    }
    buffer_append_byte(out, '}');
}
