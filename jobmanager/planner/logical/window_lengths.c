#include "jobmanager/planner/logical/window.h"

static enum status interval_us(const struct scope *scope, const char *function, const char *what,
                               const struct sql_expression *syntax, int64_t *ret_us)
{
    if (syntax->kind != SQL_LITERAL || syntax->literal != SQL_LITERAL_INTERVAL || syntax->interval_is_months)
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "The %s of %s must be an INTERVAL of days or less, like INTERVAL '1' HOUR",
                                what, function);
    if (__builtin_mul_overflow(syntax->interval_ms, INT64_C(1000), ret_us))
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "The %s of %s is too long", what, function);
    return STATUS_OK;
}

static enum status positive_us(const struct scope *scope, const char *function, const char *what,
                               const struct sql_expression *syntax, int64_t *ret_us)
{
    TRY(interval_us(scope, function, what, syntax, ret_us));
    if (*ret_us <= 0)
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "The %s of %s must be greater than 0", what, function);
    return STATUS_OK;
}

static const char *slide_name(enum plan_window_kind kind)
{
    return kind == PLAN_WINDOW_CUMULATE ? "step" : "slide";
}

/* Windows start at multiples of the period, moved by the offset: a longer one is most likely a mistake. */
static enum status offset_us(const struct scope *scope, const char *function,
                             const struct sql_expression *syntax, const char *period_name, int64_t period_us,
                             int64_t *ret_us)
{
    TRY(interval_us(scope, function, "offset", syntax, ret_us));
    if (*ret_us <= -period_us || *ret_us >= period_us)
        return planner_error_at(
            scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
            "%s table function parameters must satisfy abs(offset) < %s, but got %s %lld ms "
            "and offset %lld ms",
            function, period_name, period_name, (long long)(period_us / 1000), (long long)(*ret_us / 1000));
    return STATUS_OK;
}

enum status window_set_lengths(const struct scope *scope, const char *function,
                               const struct sql_expression *size, const struct sql_expression *slide,
                               const struct sql_expression *offset, struct relation_window *window)
{
    const char *size_name = window->kind == PLAN_WINDOW_SESSION ? "gap" : "size";
    TRY(positive_us(scope, function, size_name, size, &window->size_us));
    window->slide_us = window->size_us;
    if (slide != NULL)
        TRY(positive_us(scope, function, slide_name(window->kind), slide, &window->slide_us));
    if (offset != NULL)
        TRY(offset_us(scope, function, offset, slide != NULL ? slide_name(window->kind) : size_name,
                      window->slide_us, &window->offset_us));
    if (window->kind == PLAN_WINDOW_CUMULATE && window->size_us % window->slide_us != 0)
        return planner_error_at(
            scope->error, &size->span, STATUS_INVALID_ARGUMENT,
            "CUMULATE table function based aggregate requires maxSize must be an integral multiple of step, "
            "but got maxSize %lld ms and step %lld ms",
            (long long)(window->size_us / 1000), (long long)(window->slide_us / 1000));
    return STATUS_OK;
}
