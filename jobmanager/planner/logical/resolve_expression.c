#include "jobmanager/planner/logical/logical_internal.h"

#include "common/expression/functions/functions.h"

#include <string.h>

static enum status call(const struct scope *scope, const struct sql_expression *syntax, const char *name,
                        const struct expression *const *arguments, size_t count,
                        const struct expression **ret_expression)
{
    const struct expression *result = NULL;
    enum status status = function_call(scope->arena, name, arguments, (uint32_t)count, &result, scope->error);
    if (status != STATUS_OK)
        return planner_locate(scope->error, &syntax->span);
    *ret_expression = resolve_fold(scope, result);
    return STATUS_OK;
}

/* x + INTERVAL, INTERVAL + x, x - INTERVAL: at is the interval's place among the two. */
static enum status resolve_interval(const struct scope *scope, const struct sql_expression *syntax, size_t at,
                                    const struct expression **ret_expression)
{
    const struct sql_expression *interval = syntax->arguments[at];
    int64_t sign = syntax->text[0] == '-' ? -1 : 1;
    const struct expression *arguments[2] = {NULL, NULL};
    if (at == 0 && sign < 0)
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "Nothing can be subtracted from an INTERVAL yet");
    TRY(resolve_expression(scope, syntax->arguments[1 - at], &arguments[0]));
    if (!interval->interval_is_months) {
        int64_t us;
        if (__builtin_mul_overflow(interval->interval_ms, sign * 1000, &us))
            return planner_error_at(scope->error, &interval->span, STATUS_INVALID_ARGUMENT,
                                    "The INTERVAL is too long");
        arguments[1] = expression_literal_bigint(scope->arena, us);
        return call(scope, syntax, "PLUS_INTERVAL_DAY", arguments, 2, ret_expression);
    }
    int64_t months = sign * interval->interval_months;
    if (months < INT32_MIN || months > INT32_MAX)
        return planner_error_at(scope->error, &interval->span, STATUS_INVALID_ARGUMENT,
                                "The INTERVAL is too long");
    arguments[1] = expression_literal_int(scope->arena, (int32_t)months);
    return call(scope, syntax, "PLUS_INTERVAL_MONTH", arguments, 2, ret_expression);
}

static bool is_interval(const struct sql_expression *syntax)
{
    return syntax->kind == SQL_LITERAL && syntax->literal == SQL_LITERAL_INTERVAL;
}

static bool is_number(const struct sql_expression *syntax)
{
    return syntax->kind == SQL_LITERAL &&
           (syntax->literal == SQL_LITERAL_INTEGER || syntax->literal == SQL_LITERAL_DECIMAL ||
            syntax->literal == SQL_LITERAL_DOUBLE);
}

static enum status resolve_arguments(const struct scope *scope, const struct sql_expression *syntax,
                                     const struct expression ***ret_arguments)
{
    const struct expression **arguments =
        arena_calloc(scope->arena, syntax->argument_count + 1, sizeof *arguments);
    for (size_t i = 0; i < syntax->argument_count; i++)
        TRY(resolve_expression(scope, syntax->arguments[i], &arguments[i]));
    *ret_arguments = arguments;
    return STATUS_OK;
}

static enum status unknown_function(const struct scope *scope, const struct sql_expression *syntax)
{
    static const char *const aggregates[] = {"COUNT", "SUM",     "AVG",     "MIN",
                                             "MAX",   "LISTAGG", "COLLECT", "ROW_NUMBER"};
    for (size_t i = 0; i < sizeof aggregates / sizeof *aggregates; i++) {
        if (strcmp(syntax->text, aggregates[i]) == 0)
            return planner_error_at(scope->error, &syntax->span, STATUS_UNSUPPORTED,
                                    "The aggregate %s is not supported yet", syntax->text);
    }
    const char *nearest = function_suggest(syntax->text);
    return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                            "No match found for function signature %s%s%s%s", syntax->text,
                            nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                            nearest != NULL ? "'?" : "");
}

static enum status resolve_call(const struct scope *scope, const struct sql_expression *syntax,
                                const struct expression **ret_expression)
{
    const char *name = syntax->text;
    if (syntax->is_star || syntax->is_distinct || syntax->filter != NULL)
        return planner_error_at(scope->error, &syntax->span, STATUS_UNSUPPORTED,
                                "The aggregate %s is not supported yet", name);
    if (syntax->over != NULL)
        return planner_error_at(scope->error, &syntax->over->span, STATUS_UNSUPPORTED,
                                "OVER is not supported yet");
    bool minus = strcmp(name, "-") == 0;
    if (minus && syntax->argument_count == 1) {
        if (is_number(syntax->arguments[0]))
            return resolve_literal(scope, syntax->arguments[0], true, ret_expression);
        name = "NEGATE";
    }
    if ((minus || strcmp(name, "+") == 0) && syntax->argument_count == 2) {
        for (size_t at = 2; at-- > 0;) {
            if (is_interval(syntax->arguments[at]))
                return resolve_interval(scope, syntax, at, ret_expression);
        }
    }
    if (!function_exists(name))
        return unknown_function(scope, syntax);
    const struct expression **arguments = NULL;
    TRY(resolve_arguments(scope, syntax, &arguments));
    return call(scope, syntax, name, arguments, syntax->argument_count, ret_expression);
}

static enum status resolve_cast(const struct scope *scope, const struct sql_expression *syntax,
                                const struct expression **ret_expression)
{
    const struct expression *argument = NULL;
    const struct expression *result = NULL;
    struct data_type type;
    TRY(resolve_expression(scope, syntax->arguments[0], &argument));
    TRY(sql_type_resolve(syntax->type, &type, scope->error));
    if (expression_cast(scope->arena, argument, type, syntax->is_try, &result, scope->error) != STATUS_OK)
        return planner_locate(scope->error, &syntax->span);
    *ret_expression = resolve_fold(scope, result);
    return STATUS_OK;
}

enum status resolve_expression(const struct scope *scope, const struct sql_expression *syntax,
                               const struct expression **ret_expression)
{
    const struct expression **arguments = NULL;
    switch (syntax->kind) {
    case SQL_LITERAL: return resolve_literal(scope, syntax, false, ret_expression);
    case SQL_COLUMN: return resolve_column(scope, syntax, ret_expression);
    case SQL_CALL: return resolve_call(scope, syntax, ret_expression);
    case SQL_CAST: return resolve_cast(scope, syntax, ret_expression);
    case SQL_CASE:
        TRY(resolve_arguments(scope, syntax, &arguments));
        return call(scope, syntax, "CASE", arguments, syntax->argument_count, ret_expression);
    }
    return error_set(scope->error, STATUS_INTERNAL, "An expression of an unknown kind.");
}

enum status resolve_condition(const struct scope *scope, const struct sql_expression *syntax,
                              const char *clause, const struct expression **ret_expression)
{
    const struct expression *condition = NULL;
    TRY(resolve_expression(scope, syntax, &condition));
    if (condition->type.kind == TYPE_NULL)
        TRY(expression_cast(scope->arena, condition, data_type_of(TYPE_BOOLEAN), false, &condition,
                            scope->error));
    if (condition->type.kind != TYPE_BOOLEAN)
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "%s clause must be a condition", clause);
    *ret_expression = condition;
    return check_expression_size(condition, scope->error);
}
