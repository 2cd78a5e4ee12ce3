#include "jobmanager/planner/logical/window.h"

#include <string.h>

/* Windows of old, by the number of their lengths. */
static const struct group_window {
    const char *name;
    enum plan_window_kind kind;
    size_t length_count;
} windows[] = {
    {"TUMBLE", PLAN_WINDOW_TUMBLE, 1},
    {"HOP", PLAN_WINDOW_HOP, 2},
    {"SESSION", PLAN_WINDOW_SESSION, 1},
};

static const struct group_window *find_window(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        if (strlen(windows[i].name) == size && strncmp(windows[i].name, name, size) == 0)
            return &windows[i];
    }
    return NULL;
}

bool is_group_window(const struct sql_expression *syntax)
{
    return syntax->kind == SQL_CALL && syntax->over == NULL &&
           find_window(syntax->text, strlen(syntax->text)) != NULL;
}

static enum status find_time(const struct scope *scope, const struct relation *input,
                             const struct sql_expression *syntax, struct relation_window *window)
{
    const struct expression *time = NULL;
    struct buffer type = {0};
    TRY(resolve_expression(scope, syntax, &time));
    if (time->kind == EXPRESSION_COLUMN && input->traits[time->column].time != TIME_ATTRIBUTE_NONE) {
        window->time_column = time->column;
        window->time = input->traits[time->column].time;
        window->time_type = time->type;
        return STATUS_OK;
    }
    data_type_format(time->type, &type);
    enum status status = planner_error_at(
        scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
        "Window aggregate can only be defined over a time attribute column, but %s encountered. Declare a "
        "WATERMARK for it, or use a column AS PROCTIME()",
        buffer_text(&type));
    buffer_free(&type);
    return status;
}

enum status group_window_resolve(const struct scope *scope, const struct relation *input,
                                 const struct sql_expression *syntax, struct relation_window *ret_window)
{
    const struct group_window *found = find_window(syntax->text, strlen(syntax->text));
    struct relation_window window = {.kind = found->kind};
    if (syntax->argument_count != found->length_count + 1)
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "Invalid number of arguments to function '%s'. Was expecting %zu arguments",
                                syntax->text, found->length_count + 1);
    TRY(find_time(scope, input, syntax->arguments[0], &window));
    const struct sql_expression *slide = window.kind == PLAN_WINDOW_HOP ? syntax->arguments[1] : NULL;
    TRY(window_set_lengths(scope, syntax->text, syntax->arguments[found->length_count], slide, NULL,
                           &window));
    *ret_window = window;
    return STATUS_OK;
}

bool group_window_property(const char *name, const char **ret_function,
                           enum plan_window_property *ret_property)
{
    static const struct {
        const char *suffix;
        enum plan_window_property property;
    } properties[] = {
        {"_START", PLAN_WINDOW_START},
        {"_END", PLAN_WINDOW_END},
        {"_ROWTIME", PLAN_WINDOW_TIME},
        {"_PROCTIME", PLAN_WINDOW_PROCTIME},
    };
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        size_t size = strlen(name);
        size_t suffix = strlen(properties[i].suffix);
        if (size <= suffix || strcmp(name + size - suffix, properties[i].suffix) != 0)
            continue;
        const struct group_window *found = find_window(name, size - suffix);
        if (found == NULL)
            continue;
        *ret_function = found->name;
        *ret_property = properties[i].property;
        return true;
    }
    return false;
}
