#include "jobmanager/planner/logical/logical_internal.h"
#include "jobmanager/planner/logical/window.h"

static const char *function_name(enum sql_window_kind kind)
{
    static const char *const names[] = {
        [SQL_WINDOW_TUMBLE] = "TUMBLE",
        [SQL_WINDOW_HOP] = "HOP",
        [SQL_WINDOW_CUMULATE] = "CUMULATE",
        [SQL_WINDOW_SESSION] = "SESSION",
    };
    return names[kind];
}

static enum plan_window_kind window_kind(enum sql_window_kind kind)
{
    static const enum plan_window_kind kinds[] = {
        [SQL_WINDOW_TUMBLE] = PLAN_WINDOW_TUMBLE,
        [SQL_WINDOW_HOP] = PLAN_WINDOW_HOP,
        [SQL_WINDOW_CUMULATE] = PLAN_WINDOW_CUMULATE,
        [SQL_WINDOW_SESSION] = PLAN_WINDOW_SESSION,
    };
    return kinds[kind];
}

static enum status find_time(const struct scope *scope, const struct relation *input,
                             const struct sql_window_function *function, struct relation_window *window)
{
    const struct expression *time = NULL;
    struct buffer type = {0};
    TRY(resolve_expression(scope, function->time, &time));
    if (time->kind == EXPRESSION_COLUMN && input->traits[time->column].time != TIME_ATTRIBUTE_NONE) {
        window->time_column = time->column;
        window->time = input->traits[time->column].time;
        window->time_type = time->type;
        return STATUS_OK;
    }
    data_type_format(time->type, &type);
    enum status status = planner_error_at(scope->error, &function->time->span, STATUS_INVALID_ARGUMENT,
                                          "The window function %s requires the timecol is a time attribute "
                                          "type, but is %s. Declare a WATERMARK for "
                                          "it, or use a column AS PROCTIME()",
                                          function_name(function->kind), buffer_text(&type));
    buffer_free(&type);
    return status;
}

static enum status find_partition(const struct scope *scope, const struct sql_window_function *function,
                                  struct relation_window *window)
{
    uint32_t *columns = arena_calloc(scope->arena, function->partition_count + 1, sizeof *columns);
    for (size_t i = 0; i < function->partition_count; i++) {
        const struct expression *column = NULL;
        TRY(resolve_expression(scope, function->partition_by[i], &column));
        columns[i] = column->column;
    }
    window->partition_columns = columns;
    window->partition_column_count = (uint32_t)function->partition_count;
    return STATUS_OK;
}

enum status window_relation(struct planning *planning, const struct sql_window_function *function,
                            const struct relation **ret_relation)
{
    const struct relation *input = NULL;
    struct scope scope = scope_of(planning);
    struct relation_window window = {.kind = window_kind(function->kind)};
    TRY(from_relation(planning, function->input, &input, &scope));
    TRY(find_time(&scope, input, function, &window));
    TRY(find_partition(&scope, function, &window));
    TRY(window_set_lengths(&scope, function_name(function->kind), function->size, function->slide,
                           function->offset, &window));
    return relation_windowed(planning, input, &window, ret_relation);
}
