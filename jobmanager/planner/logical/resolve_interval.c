#include "jobmanager/planner/logical/logical_internal.h"

#include <string.h>

/* An interval as a number: of months, or of microseconds. It may depend on the row. */
struct interval {
    bool is_months;
    const struct expression *amount; /* BIGINT */
};

static bool is_call(const struct sql_expression *syntax, const char *name, size_t count)
{
    return syntax->kind == SQL_CALL && syntax->argument_count == count && strcmp(syntax->text, name) == 0;
}

/* Intervals are literals, and what is counted with them. */
static bool is_interval(const struct sql_expression *syntax)
{
    if (syntax->kind == SQL_LITERAL)
        return syntax->literal == SQL_LITERAL_INTERVAL;
    const struct sql_expression *const *arguments = syntax->arguments;
    if (is_call(syntax, "-", 1) || is_call(syntax, "/", 2))
        return is_interval(arguments[0]);
    if (is_call(syntax, "*", 2))
        return is_interval(arguments[0]) != is_interval(arguments[1]);
    if (is_call(syntax, "+", 2) || is_call(syntax, "-", 2))
        return is_interval(arguments[0]) && is_interval(arguments[1]);
    return false;
}

static enum status resolve_interval(const struct scope *scope, const struct sql_expression *syntax,
                                    struct interval *ret_interval);

static enum status literal_interval(const struct scope *scope, const struct sql_expression *syntax,
                                    struct interval *ret_interval)
{
    int64_t amount = syntax->interval_months;
    if (!syntax->interval_is_months && __builtin_mul_overflow(syntax->interval_ms, 1000, &amount))
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "The INTERVAL is too long");
    *ret_interval =
        (struct interval){syntax->interval_is_months, expression_literal_bigint(scope->arena, amount)};
    return STATUS_OK;
}

/* INTERVAL * n, n * INTERVAL, INTERVAL / n: parts of a microsecond or month are cut off. */
static enum status scaled_interval(const struct scope *scope, const struct sql_expression *syntax,
                                   struct interval *ret_interval)
{
    size_t at = is_interval(syntax->arguments[0]) ? 0 : 1;
    struct interval interval;
    const struct expression *arguments[2];
    const struct expression *scaled = NULL;
    TRY(resolve_interval(scope, syntax->arguments[at], &interval));
    TRY(resolve_expression(scope, syntax->arguments[1 - at], &arguments[1 - at]));
    if (!data_type_is_numeric(arguments[1 - at]->type.kind))
        return planner_error_at(scope->error, &syntax->arguments[1 - at]->span, STATUS_INVALID_ARGUMENT,
                                "An INTERVAL is multiplied with or divided by a number");
    arguments[at] = interval.amount;
    TRY(resolve_named_call(scope, syntax, syntax->text, arguments, 2, &scaled));
    TRY(expression_cast(scope->arena, scaled, data_type_of(TYPE_BIGINT), false, &scaled, scope->error));
    *ret_interval = (struct interval){interval.is_months, resolve_fold(scope, scaled)};
    return STATUS_OK;
}

static enum status summed_interval(const struct scope *scope, const struct sql_expression *syntax,
                                   struct interval *ret_interval)
{
    struct interval sides[2];
    for (size_t i = 0; i < 2; i++)
        TRY(resolve_interval(scope, syntax->arguments[i], &sides[i]));
    if (sides[0].is_months != sides[1].is_months)
        return planner_error_at(
            scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
            "Months and days differ in length: add such INTERVALs to the time one by one");
    const struct expression *arguments[] = {sides[0].amount, sides[1].amount};
    ret_interval->is_months = sides[0].is_months;
    return resolve_named_call(scope, syntax, syntax->text, arguments, 2, &ret_interval->amount);
}

static enum status negated(const struct scope *scope, const struct sql_expression *syntax,
                           struct interval *interval)
{
    return resolve_named_call(scope, syntax, "NEGATE", &interval->amount, 1, &interval->amount);
}

static enum status resolve_interval(const struct scope *scope, const struct sql_expression *syntax,
                                    struct interval *ret_interval)
{
    if (syntax->kind == SQL_LITERAL)
        return literal_interval(scope, syntax, ret_interval);
    if (is_call(syntax, "*", 2) || is_call(syntax, "/", 2))
        return scaled_interval(scope, syntax, ret_interval);
    if (syntax->argument_count == 2)
        return summed_interval(scope, syntax, ret_interval);
    TRY(resolve_interval(scope, syntax->arguments[0], ret_interval));
    return negated(scope, syntax, ret_interval);
}

static enum status shift(const struct scope *scope, const struct sql_expression *syntax,
                         const struct sql_expression *time, const struct interval *interval,
                         const struct expression **ret_expression)
{
    const struct expression *arguments[2] = {NULL, interval->amount};
    TRY(resolve_expression(scope, time, &arguments[0]));
    enum type_kind kind = arguments[0]->type.kind;
    if (kind != TYPE_DATE && kind != TYPE_TIMESTAMP && kind != TYPE_TIMESTAMP_LTZ)
        return planner_error_at(
            scope->error, &time->span, STATUS_INVALID_ARGUMENT,
            "An INTERVAL is added to or subtracted from a DATE, TIMESTAMP or TIMESTAMP_LTZ");
    return resolve_named_call(scope, syntax,
                              interval->is_months ? "PLUS_INTERVAL_MONTH" : "PLUS_INTERVAL_DAY", arguments, 2,
                              ret_expression);
}

/* TIMESTAMPADD(unit, n, time) is time + n units. */
static enum status resolve_timestampadd(const struct scope *scope, const struct sql_expression *syntax,
                                        const struct expression **ret_expression)
{
    static const struct {
        const char *name;
        bool is_months;
        int64_t amount;
    } units[] = {
        {"SECOND", false, 1000000},
        {"MINUTE", false, 60000000},
        {"HOUR", false, 3600000000},
        {"DAY", false, INT64_C(86400000000)},
        {"WEEK", false, INT64_C(604800000000)},
        {"MONTH", true, 1},
        {"QUARTER", true, 3},
        {"YEAR", true, 12},
    };
    size_t at = 0;
    while (at < sizeof units / sizeof *units && strcmp(units[at].name, syntax->arguments[0]->text) != 0)
        at++;
    if (at == sizeof units / sizeof *units)
        return planner_error_at(
            scope->error, &syntax->arguments[0]->span, STATUS_INVALID_ARGUMENT,
            "'%.40s' is no unit of TIMESTAMPADD: it takes SECOND, MINUTE, HOUR, DAY, WEEK, "
            "MONTH, QUARTER and YEAR",
            syntax->arguments[0]->text);
    const struct expression *arguments[2] = {expression_literal_bigint(scope->arena, units[at].amount), NULL};
    struct interval interval = {.is_months = units[at].is_months};
    TRY(resolve_expression(scope, syntax->arguments[1], &arguments[1]));
    if (arguments[1]->type.kind != TYPE_INT && arguments[1]->type.kind != TYPE_BIGINT)
        return planner_error_at(scope->error, &syntax->arguments[1]->span, STATUS_INVALID_ARGUMENT,
                                "TIMESTAMPADD adds a whole number of units");
    TRY(resolve_named_call(scope, syntax, "*", arguments, 2, &interval.amount));
    return shift(scope, syntax, syntax->arguments[2], &interval, ret_expression);
}

enum status resolve_interval_call(const struct scope *scope, const struct sql_expression *syntax,
                                  const struct expression **ret_expression, bool *ret_found)
{
    struct interval interval;
    bool minus = is_call(syntax, "-", 2);
    *ret_found = true;
    if (is_call(syntax, "TIMESTAMPADD", 3))
        return resolve_timestampadd(scope, syntax, ret_expression);
    *ret_found = false;
    if (is_interval(syntax) || (!minus && !is_call(syntax, "+", 2)))
        return STATUS_OK;
    bool left = is_interval(syntax->arguments[0]);
    if (!left && !is_interval(syntax->arguments[1]))
        return STATUS_OK;
    if (left && minus)
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "A time cannot be subtracted from an INTERVAL");
    *ret_found = true;
    TRY(resolve_interval(scope, syntax->arguments[left ? 0 : 1], &interval));
    if (minus)
        TRY(negated(scope, syntax, &interval));
    return shift(scope, syntax, syntax->arguments[left ? 1 : 0], &interval, ret_expression);
}
