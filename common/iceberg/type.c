#include "common/iceberg/schema.h"

#include "common/iceberg/iceberg_internal.h"

#include <stdio.h>
#include <string.h>

static const char *const TYPE_NAMES[] = {
    [ICEBERG_BOOLEAN] = "boolean",
    [ICEBERG_INT] = "int",
    [ICEBERG_LONG] = "long",
    [ICEBERG_FLOAT] = "float",
    [ICEBERG_DOUBLE] = "double",
    [ICEBERG_DATE] = "date",
    [ICEBERG_TIME] = "time",
    [ICEBERG_STRING] = "string",
    [ICEBERG_TIMESTAMP] = "timestamp",
    [ICEBERG_TIMESTAMPTZ] = "timestamptz",
    [ICEBERG_UUID] = "uuid",
    [ICEBERG_BINARY] = "binary",
    [ICEBERG_STRUCT] = "struct",
    [ICEBERG_LIST] = "list",
    [ICEBERG_MAP] = "map",
    [ICEBERG_DECIMAL] = NULL,
    [ICEBERG_FIXED] = NULL,
};

void iceberg_type_format(struct iceberg_type type, struct buffer *buffer)
{
    if (type.kind == ICEBERG_DECIMAL)
        buffer_printf(buffer, "decimal(%u, %u)", type.precision, type.scale);
    else if (type.kind == ICEBERG_FIXED)
        buffer_printf(buffer, "fixed[%u]", type.length);
    else
        buffer_append_text(buffer, TYPE_NAMES[type.kind]);
}

bool iceberg_type_parse(const char *text, struct iceberg_type *ret_type)
{
    unsigned a;
    unsigned b;
    int used = 0;
    struct iceberg_type type = {0};
    if (sscanf(text, "decimal( %u , %u )%n", &a, &b, &used) == 2 && used > 0 && text[used] == '\0') {
        if (a < 1 || a > 38 || b > a)
            return false;
        type.kind = ICEBERG_DECIMAL;
        type.precision = (uint8_t)a;
        type.scale = (uint8_t)b;
        *ret_type = type;
        return true;
    }
    if (sscanf(text, "fixed[ %u ]%n", &a, &used) == 1 && used > 0 && text[used] == '\0') {
        type.kind = ICEBERG_FIXED;
        type.length = a;
        *ret_type = type;
        return true;
    }
    for (unsigned kind = 0; kind < ICEBERG_STRUCT; kind++)
        if (TYPE_NAMES[kind] != NULL && strcmp(TYPE_NAMES[kind], text) == 0) {
            type.kind = (enum iceberg_type_kind)kind;
            *ret_type = type;
            return true;
        }
    return false;
}

bool iceberg_type_equal(struct iceberg_type a, struct iceberg_type b)
{
    return a.kind == b.kind && a.precision == b.precision && a.scale == b.scale && a.length == b.length;
}

bool iceberg_type_promotes(struct iceberg_type from, struct iceberg_type to)
{
    if (iceberg_type_equal(from, to))
        return true;
    if (from.kind == ICEBERG_INT)
        return to.kind == ICEBERG_LONG;
    if (from.kind == ICEBERG_FLOAT)
        return to.kind == ICEBERG_DOUBLE;
    return from.kind == ICEBERG_DECIMAL && to.kind == ICEBERG_DECIMAL && from.scale == to.scale &&
           from.precision <= to.precision;
}

enum status iceberg_type_from_sql(struct data_type type, struct iceberg_type *ret_type, struct error *error)
{
    static const struct {
        enum type_kind sql;
        enum iceberg_type_kind iceberg;
    } KINDS[] = {
        {TYPE_BOOLEAN, ICEBERG_BOOLEAN},
        {TYPE_INT, ICEBERG_INT},
        {TYPE_BIGINT, ICEBERG_LONG},
        {TYPE_FLOAT, ICEBERG_FLOAT},
        {TYPE_DOUBLE, ICEBERG_DOUBLE},
        {TYPE_DECIMAL, ICEBERG_DECIMAL},
        {TYPE_STRING, ICEBERG_STRING},
        {TYPE_BYTES, ICEBERG_BINARY},
        {TYPE_DATE, ICEBERG_DATE},
        {TYPE_TIMESTAMP, ICEBERG_TIMESTAMP},
        {TYPE_TIMESTAMP_LTZ, ICEBERG_TIMESTAMPTZ},
    };
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++)
        if (KINDS[i].sql == type.kind) {
            struct iceberg_type result = {.kind = KINDS[i].iceberg};
            if (type.kind == TYPE_DECIMAL) {
                result.precision = type.precision;
                result.scale = type.scale;
            }
            *ret_type = result;
            return STATUS_OK;
        }
    struct buffer name = {0};
    data_type_format(type, &name);
    error_set(error, STATUS_UNSUPPORTED, "Iceberg has no type for %s: use CAST", buffer_text(&name));
    buffer_free(&name);
    return STATUS_UNSUPPORTED;
}

enum status iceberg_type_to_sql(struct iceberg_type type, struct data_type *ret_type, struct error *error)
{
    static const enum type_kind KINDS[] = {
        [ICEBERG_BOOLEAN] = TYPE_BOOLEAN,
        [ICEBERG_INT] = TYPE_INT,
        [ICEBERG_LONG] = TYPE_BIGINT,
        [ICEBERG_FLOAT] = TYPE_FLOAT,
        [ICEBERG_DOUBLE] = TYPE_DOUBLE,
        [ICEBERG_DECIMAL] = TYPE_DECIMAL,
        [ICEBERG_DATE] = TYPE_DATE,
        [ICEBERG_TIME] = TYPE_NULL,
        [ICEBERG_TIMESTAMP] = TYPE_TIMESTAMP,
        [ICEBERG_TIMESTAMPTZ] = TYPE_TIMESTAMP_LTZ,
        [ICEBERG_STRING] = TYPE_STRING,
        [ICEBERG_UUID] = TYPE_NULL,
        [ICEBERG_FIXED] = TYPE_NULL,
        [ICEBERG_BINARY] = TYPE_BYTES,
        [ICEBERG_STRUCT] = TYPE_NULL,
        [ICEBERG_LIST] = TYPE_NULL,
        [ICEBERG_MAP] = TYPE_NULL,
    };
    if (KINDS[type.kind] == TYPE_NULL) {
        struct buffer name = {0};
        iceberg_type_format(type, &name);
        error_set(error, STATUS_UNSUPPORTED, "columns of the Iceberg type %s are not supported yet",
                  buffer_text(&name));
        buffer_free(&name);
        return STATUS_UNSUPPORTED;
    }
    *ret_type = type.kind == ICEBERG_DECIMAL ? data_type_decimal(type.precision, type.scale)
                                             : data_type_of(KINDS[type.kind]);
    return STATUS_OK;
}
