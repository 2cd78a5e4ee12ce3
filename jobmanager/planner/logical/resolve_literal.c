#include "jobmanager/planner/logical/resolve.h"

#include "common/expression/value_parse.h"

#include <string.h>

static enum status bad_literal(const struct scope *scope, const struct sql_expression *syntax,
                               const char *what)
{
    return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT, "'%.60s' is no %s",
                            syntax->text, what);
}

static enum status resolve_decimal(const struct scope *scope, const struct sql_expression *syntax,
                                   const char *text, const struct expression **ret_expression)
{
    enum { DIGITS_MAX = 38 };
    size_t whole = 0;
    size_t fraction = 0;
    bool after_point = false;
    for (const char *c = text[0] == '-' ? text + 1 : text; *c != '\0'; c++) {
        if (*c == '.')
            after_point = true;
        else if (after_point)
            fraction++;
        else if (whole > 0 || *c != '0')
            whole++;
    }
    size_t precision = whole + fraction == 0 ? 1 : whole + fraction;
    int128_t value;
    if (precision > DIGITS_MAX ||
        !value_parse_decimal(text, strlen(text), (uint8_t)precision, (uint8_t)fraction, &value))
        return bad_literal(scope, syntax, "number of at most 38 digits");
    *ret_expression =
        expression_literal(scope->arena, data_type_decimal((uint8_t)precision, (uint8_t)fraction), &value);
    return STATUS_OK;
}

static enum status resolve_integer(const struct scope *scope, const struct sql_expression *syntax,
                                   const char *text, const struct expression **ret_expression)
{
    int64_t value;
    if (!value_parse_int64(text, strlen(text), &value))
        return resolve_decimal(scope, syntax, text, ret_expression);
    if (value >= INT32_MIN && value <= INT32_MAX)
        *ret_expression = expression_literal_int(scope->arena, (int32_t)value);
    else
        *ret_expression = expression_literal_bigint(scope->arena, value);
    return STATUS_OK;
}

static enum status resolve_double(const struct scope *scope, const struct sql_expression *syntax,
                                  const char *text, const struct expression **ret_expression)
{
    double value;
    if (!value_parse_double(text, strlen(text), &value))
        return bad_literal(scope, syntax, "number");
    *ret_expression = expression_literal(scope->arena, data_type_of(TYPE_DOUBLE), &value);
    return STATUS_OK;
}

static enum status resolve_timestamp(const struct scope *scope, const struct sql_expression *syntax,
                                     const struct expression **ret_expression)
{
    struct value_timestamp timestamp;
    if (!value_parse_timestamp(syntax->text, strlen(syntax->text), &timestamp) || !timestamp.has_time ||
        timestamp.has_offset)
        return bad_literal(scope, syntax, "TIMESTAMP of the form 'yyyy-MM-dd HH:mm:ss[.ffffff]'");
    uint8_t precision = timestamp.fraction_digits > 6 ? 6 : timestamp.fraction_digits;
    *ret_expression =
        expression_literal(scope->arena, data_type_timestamp(TYPE_TIMESTAMP, precision), &timestamp.us);
    return STATUS_OK;
}

enum status resolve_literal(const struct scope *scope, const struct sql_expression *syntax, bool negative,
                            const struct expression **ret_expression)
{
    const char *text = negative ? arena_printf(scope->arena, "-%s", syntax->text) : syntax->text;
    int32_t days;
    switch (syntax->literal) {
    case SQL_LITERAL_NULL: *ret_expression = expression_literal_null(scope->arena); return STATUS_OK;
    case SQL_LITERAL_BOOLEAN:
        *ret_expression = expression_literal_boolean(scope->arena, text[0] == 'T');
        return STATUS_OK;
    case SQL_LITERAL_INTEGER: return resolve_integer(scope, syntax, text, ret_expression);
    case SQL_LITERAL_DECIMAL: return resolve_decimal(scope, syntax, text, ret_expression);
    case SQL_LITERAL_DOUBLE: return resolve_double(scope, syntax, text, ret_expression);
    case SQL_LITERAL_STRING:
        *ret_expression = expression_literal_string(scope->arena, text, strlen(text));
        return STATUS_OK;
    case SQL_LITERAL_DATE:
        if (!value_parse_date(text, strlen(text), &days))
            return bad_literal(scope, syntax, "DATE of the form 'yyyy-MM-dd'");
        *ret_expression = expression_literal(scope->arena, data_type_of(TYPE_DATE), &days);
        return STATUS_OK;
    case SQL_LITERAL_TIMESTAMP: return resolve_timestamp(scope, syntax, ret_expression);
    case SQL_LITERAL_INTERVAL: break;
    }
    return planner_error_at(scope->error, &syntax->span, STATUS_UNSUPPORTED,
                            "An INTERVAL can only be added to or subtracted from a date or timestamp");
}

const struct expression *type_null(struct arena *arena, const struct expression *expression)
{
    if (expression->type.kind != TYPE_NULL)
        return expression;
    return expression_literal(arena, data_type_of(TYPE_STRING), NULL);
}
