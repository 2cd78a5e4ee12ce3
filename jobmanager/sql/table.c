#include "jobmanager/sql/catalog.h"

struct sql_table *sql_table_ref(const struct sql_table *table)
{
    struct sql_table *counted = (struct sql_table *)table;
    refcount_take(&counted->refs);
    return counted;
}

/* The struct lives in its own arena. */
void sql_table_unref(const struct sql_table *table)
{
    struct sql_table *counted = (struct sql_table *)table;
    if (counted == NULL || !refcount_drop(&counted->refs))
        return;
    schema_unref(counted->schema);
    arena_free(counted->arena);
}

static enum status refuse(const struct sql_type *type, struct error *error, enum status status,
                          const char *what)
{
    error_set(error, status, "SQL validation failed. At line %u, column %u: %s", type->span.line,
              type->span.column, what);
    error->line = type->span.line;
    error->column = type->span.column;
    return status;
}

static enum status resolve_length(const struct sql_type *type, struct data_type *resolved,
                                  struct error *error)
{
    bool fixed = type->kind == SQL_TYPE_CHAR || type->kind == SQL_TYPE_BINARY;
    if (type->precision == 0)
        return refuse(type, error, STATUS_INVALID_ARGUMENT, "a length must be at least 1");
    resolved->fixed_length = fixed;
    if (type->precision > 0)
        resolved->length = (uint32_t)type->precision;
    else if (fixed)
        resolved->length = 1;
    return STATUS_OK;
}

static enum status resolve_decimal(const struct sql_type *type, struct data_type *resolved,
                                   struct error *error)
{
    int32_t precision = type->precision < 0 ? 10 : type->precision;
    int32_t scale = type->scale < 0 ? 0 : type->scale;
    if (precision < 1 || precision > 38)
        return refuse(type, error, STATUS_INVALID_ARGUMENT, "the precision of a DECIMAL is from 1 to 38");
    if (scale > precision)
        return refuse(type, error, STATUS_INVALID_ARGUMENT,
                      "the scale of a DECIMAL is at least 0 and at most its precision");
    *resolved = data_type_decimal((uint8_t)precision, (uint8_t)scale);
    return STATUS_OK;
}

static enum status resolve_timestamp(const struct sql_type *type, enum type_kind kind,
                                     struct data_type *resolved, struct error *error)
{
    if (type->precision > 9)
        return refuse(type, error, STATUS_INVALID_ARGUMENT, "the precision of a timestamp is from 0 to 9");
    if (type->precision > 6)
        return refuse(type, error, STATUS_UNSUPPORTED,
                      "timestamps of more than 6 fractional digits are not supported yet");
    *resolved = data_type_timestamp(kind, type->precision < 0 ? 6 : (uint8_t)type->precision);
    return STATUS_OK;
}

enum status sql_type_resolve(const struct sql_type *type, struct data_type *ret_type, struct error *error)
{
    static const enum type_kind kinds[] = {
        [SQL_TYPE_BOOLEAN] = TYPE_BOOLEAN,
        [SQL_TYPE_INT] = TYPE_INT,
        [SQL_TYPE_BIGINT] = TYPE_BIGINT,
        [SQL_TYPE_FLOAT] = TYPE_FLOAT,
        [SQL_TYPE_DOUBLE] = TYPE_DOUBLE,
        [SQL_TYPE_DECIMAL] = TYPE_DECIMAL,
        [SQL_TYPE_CHAR] = TYPE_STRING,
        [SQL_TYPE_VARCHAR] = TYPE_STRING,
        [SQL_TYPE_BINARY] = TYPE_BYTES,
        [SQL_TYPE_VARBINARY] = TYPE_BYTES,
        [SQL_TYPE_DATE] = TYPE_DATE,
        [SQL_TYPE_TIMESTAMP] = TYPE_TIMESTAMP,
        [SQL_TYPE_TIMESTAMP_LTZ] = TYPE_TIMESTAMP_LTZ,
        [SQL_TYPE_ROW] = TYPE_NULL,
    };
    enum type_kind kind = kinds[type->kind];
    if (kind == TYPE_NULL)
        return refuse(type, error, STATUS_UNSUPPORTED, "this type is not supported yet");
    struct data_type resolved = data_type_of(kind);
    enum status status = STATUS_OK;
    if (kind == TYPE_STRING || kind == TYPE_BYTES)
        status = resolve_length(type, &resolved, error);
    else if (kind == TYPE_DECIMAL)
        status = resolve_decimal(type, &resolved, error);
    else if (kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ)
        status = resolve_timestamp(type, kind, &resolved, error);
    if (status != STATUS_OK)
        return status;
    *ret_type = type->not_null ? data_type_not_null(resolved) : resolved;
    return STATUS_OK;
}
