#include "jobmanager/sql/parser.h"

static void print_quoted(const char *text, char quote, struct buffer *out)
{
    buffer_append_byte(out, (uint8_t)quote);
    for (; *text != '\0'; text++) {
        if (*text == quote)
            buffer_append_byte(out, (uint8_t)quote);
        buffer_append_byte(out, (uint8_t)*text);
    }
    buffer_append_byte(out, (uint8_t)quote);
}

void sql_identifier_print(const char *name, struct buffer *out)
{
    print_quoted(name, '`', out);
}

void sql_string_print(const char *text, struct buffer *out)
{
    print_quoted(text, '\'', out);
}

void sql_type_print(const struct sql_type *type, struct buffer *out)
{
    static const struct {
        const char *name;
        int32_t precision; /* what is printed when none was given; -1: never any */
    } forms[] = {
        [SQL_TYPE_BOOLEAN] = {"BOOLEAN", -1},
        [SQL_TYPE_TINYINT] = {"TINYINT", -1},
        [SQL_TYPE_SMALLINT] = {"SMALLINT", -1},
        [SQL_TYPE_INT] = {"INT", -1},
        [SQL_TYPE_BIGINT] = {"BIGINT", -1},
        [SQL_TYPE_FLOAT] = {"FLOAT", -1},
        [SQL_TYPE_DOUBLE] = {"DOUBLE", -1},
        [SQL_TYPE_DECIMAL] = {"DECIMAL", 10},
        [SQL_TYPE_CHAR] = {"CHAR", 1},
        [SQL_TYPE_VARCHAR] = {"VARCHAR", INT32_MAX},
        [SQL_TYPE_BINARY] = {"BINARY", 1},
        [SQL_TYPE_VARBINARY] = {"VARBINARY", INT32_MAX},
        [SQL_TYPE_DATE] = {"DATE", -1},
        [SQL_TYPE_TIME] = {"TIME", 0},
        [SQL_TYPE_TIMESTAMP] = {"TIMESTAMP", 6},
        [SQL_TYPE_TIMESTAMP_LTZ] = {"TIMESTAMP_LTZ", 6},
        [SQL_TYPE_ARRAY] = {"ARRAY", -1},
        [SQL_TYPE_MAP] = {"MAP", -1},
        [SQL_TYPE_ROW] = {"ROW", -1},
    };
    buffer_append_text(out, forms[type->kind].name);
    int32_t precision = type->precision >= 0 ? type->precision : forms[type->kind].precision;
    if (type->kind == SQL_TYPE_DECIMAL)
        buffer_printf(out, "(%d, %d)", precision, type->scale >= 0 ? type->scale : 0);
    else if (precision >= 0)
        buffer_printf(out, "(%d)", precision);
    if (type->not_null)
        buffer_append_text(out, " NOT NULL");
}

void sql_partition_field_print(const struct sql_partition_field *field, struct buffer *out)
{
    static const char *const openings[] = {
        [SQL_TRANSFORM_IDENTITY] = "",          [SQL_TRANSFORM_YEAR] = "years(",
        [SQL_TRANSFORM_MONTH] = "months(",      [SQL_TRANSFORM_DAY] = "days(",
        [SQL_TRANSFORM_HOUR] = "hours(",        [SQL_TRANSFORM_BUCKET] = "bucket(",
        [SQL_TRANSFORM_TRUNCATE] = "truncate(",
    };
    buffer_append_text(out, openings[field->transform]);
    if (field->parameter > 0)
        buffer_printf(out, "%u, ", field->parameter);
    sql_identifier_print(field->column, out);
    buffer_append_text(out, field->transform == SQL_TRANSFORM_IDENTITY ? "" : ")");
}
