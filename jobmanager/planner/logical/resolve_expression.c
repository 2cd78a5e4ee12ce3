#include "jobmanager/planner/logical/grouping.h"
#include "jobmanager/planner/logical/logical_internal.h"
#include "jobmanager/planner/logical/window.h"

#include "common/expression/functions/functions.h"

#include <string.h>

enum status resolve_named_call(const struct scope *scope, const struct sql_expression *syntax,
                               const char *name, const struct expression *const *arguments, size_t count,
                               const struct expression **ret_expression)
{
    const struct expression *result = NULL;
    enum status status = function_call(scope->arena, name, arguments, (uint32_t)count, &result, scope->error);
    if (status != STATUS_OK)
        return planner_locate(scope->error, &syntax->span);
    *ret_expression = resolve_fold(scope, result);
    return STATUS_OK;
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
    if (strcmp(syntax->text, "CURRENT_WATERMARK") == 0)
        return planner_error_at(
            scope->error, &syntax->span, STATUS_UNSUPPORTED,
            "CURRENT_WATERMARK is not supported: rows that are late for a window are counted "
            "as numLateRecordsDropped, and go to the topic that 'late-records.topic' names");
    const char *nearest = function_suggest(syntax->text);
    return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                            "No match found for function signature %s%s%s%s", syntax->text,
                            nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                            nearest != NULL ? "'?" : "");
}

static enum status resolve_function(const struct scope *scope, const struct sql_expression *syntax,
                                    const struct expression **ret_expression)
{
    const char *name = syntax->text;
    bool minus = strcmp(name, "-") == 0;
    if (minus && syntax->argument_count == 1) {
        if (is_number(syntax->arguments[0]))
            return resolve_literal(scope, syntax->arguments[0], true, ret_expression);
        name = "NEGATE";
    }
    bool shifts = false;
    TRY(resolve_interval_call(scope, syntax, ret_expression, &shifts));
    if (shifts)
        return STATUS_OK;
    if (syntax->argument_count == 2 && strcmp(name, "FLOOR") == 0)
        name = "FLOOR_TIME";
    if (syntax->argument_count == 2 && strncmp(name, "CEIL", 4) == 0)
        name = "CEIL_TIME";
    if (!function_exists(name))
        return unknown_function(scope, syntax);
    const struct expression **arguments = NULL;
    TRY(resolve_arguments(scope, syntax, &arguments));
    return resolve_named_call(scope, syntax, name, arguments, syntax->argument_count, ret_expression);
}

/* Aggregates and what goes with them, then functions of a row. */
static enum status resolve_call(const struct scope *scope, const struct sql_expression *syntax,
                                const struct expression **ret_expression)
{
    const struct aggregate_function *aggregate = aggregate_function_find(syntax->text);
    enum plan_window_property property;
    const char *window = NULL;
    if (syntax->over != NULL)
        return planner_error_at(scope->error, &syntax->over->span, STATUS_UNSUPPORTED,
                                "OVER is not supported here; only ROW_NUMBER() as an item of a SELECT is");
    if (group_window_property(syntax->text, &window, &property))
        return grouping_property(scope, syntax, window, property, ret_expression);
    if (is_group_window(syntax))
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "Group function '$%s' can only appear in GROUP BY clause", syntax->text);
    if (aggregate != NULL)
        return grouping_call(scope, syntax, aggregate, ret_expression);
    if (syntax->is_star || syntax->is_distinct || syntax->filter != NULL)
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "'%s' is no aggregate function", syntax->text);
    return resolve_function(scope, syntax, ret_expression);
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
        return resolve_named_call(scope, syntax, "CASE", arguments, syntax->argument_count, ret_expression);
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
