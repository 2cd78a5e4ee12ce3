#include "jobmanager/planner/logical/grouping.h"

#include "jobmanager/planner/logical/window.h"

#include <string.h>

static const struct expression *append_slot(struct grouping *grouping, enum grouping_slot_kind kind,
                                            uint32_t index, struct data_type type)
{
    struct arena *arena = grouping->planning->arena;
    size_t size = grouping->slot_count * sizeof *grouping->slots;
    grouping->slots = arena_grow(arena, grouping->slots, size, size + sizeof *grouping->slots);
    grouping->slots[grouping->slot_count] = (struct grouping_slot){kind, index};
    return expression_column(arena, grouping->input->schema->num_fields + grouping->slot_count++, type);
}

static bool same_call(const struct grouping_call *a, const struct grouping_call *b)
{
    if (a->function != b->function || a->is_distinct != b->is_distinct ||
        a->argument_count != b->argument_count || (a->filter == NULL) != (b->filter == NULL))
        return false;
    for (uint32_t i = 0; i < a->argument_count; i++) {
        if (!expression_equal(a->arguments[i], b->arguments[i]))
            return false;
    }
    return a->filter == NULL || expression_equal(a->filter, b->filter);
}

/* A call that is written twice is made once. */
static const struct expression *add_call(struct grouping *grouping, const struct grouping_call *call)
{
    uint32_t at = 0;
    while (at < grouping->call_count && !same_call(&grouping->calls[at], call))
        at++;
    if (at == grouping->call_count) {
        size_t size = grouping->call_count * sizeof *grouping->calls;
        grouping->calls =
            arena_grow(grouping->planning->arena, grouping->calls, size, size + sizeof *grouping->calls);
        grouping->calls[grouping->call_count++] = *call;
    }
    return append_slot(grouping, GROUPING_CALL, at, call->result);
}

/* The arguments as the function wants them, and the type of its result. */
static enum status infer_call(const struct scope *scope, struct grouping_call *call,
                              const struct expression **arguments)
{
    struct data_type *types = arena_calloc(scope->arena, call->argument_count + 1, sizeof *types);
    for (uint32_t i = 0; i < call->argument_count; i++)
        types[i] = arguments[i]->type;
    TRY(aggregate_infer(call->function, types, call->argument_count, scope->grouping->is_grouped,
                        call->filter != NULL, &call->result, scope->error));
    for (uint32_t i = 0; i < call->argument_count; i++) {
        if (types[i].kind == TYPE_NULL) {
            arguments[i] = type_null(scope->arena, arguments[i]);
            continue;
        }
        TRY(expression_cast(scope->arena, arguments[i], types[i], false, &arguments[i], scope->error));
        arguments[i] = resolve_fold(scope, arguments[i]);
    }
    return STATUS_OK;
}

static enum status check_call(const struct scope *scope, const struct sql_expression *syntax)
{
    bool is_count = strcmp(syntax->text, "COUNT") == 0;
    if (scope->grouping == NULL)
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT, "%s",
                                scope->no_aggregates != NULL ? scope->no_aggregates
                                                             : "Aggregate expression is illegal here");
    if (syntax->is_star ? !is_count : (is_count && syntax->argument_count == 0))
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "Invalid number of arguments to function '%s'", syntax->text);
    return STATUS_OK;
}

enum status grouping_call(const struct scope *scope, const struct sql_expression *syntax,
                          const struct aggregate_function *function, const struct expression **ret_expression)
{
    struct scope inner = *scope;
    inner.grouping = NULL;
    inner.no_aggregates = "Aggregate expressions cannot be nested";
    TRY(check_call(scope, syntax));
    const struct expression **arguments =
        arena_calloc(scope->arena, syntax->argument_count + 1, sizeof *arguments);
    for (size_t i = 0; i < syntax->argument_count; i++)
        TRY(resolve_expression(&inner, syntax->arguments[i], &arguments[i]));
    struct grouping_call call = {
        .function = function,
        .arguments = arguments,
        .argument_count = (uint32_t)syntax->argument_count,
        .is_distinct = syntax->is_distinct,
    };
    inner.no_aggregates = "FILTER must not contain aggregate expression";
    if (syntax->filter != NULL)
        TRY(resolve_condition(&inner, syntax->filter, "FILTER", &call.filter));
    if (infer_call(scope, &call, arguments) != STATUS_OK)
        return planner_locate(scope->error, &syntax->span);
    *ret_expression = add_call(scope->grouping, &call);
    return STATUS_OK;
}

static bool same_arguments(const struct sql_expression *a, const struct sql_expression *b)
{
    if (a->argument_count != b->argument_count)
        return false;
    for (size_t i = 0; i < a->argument_count; i++) {
        if (!syntax_equal(a->arguments[i], b->arguments[i]))
            return false;
    }
    return true;
}

static void append_property(struct grouping *grouping, enum plan_window_property property)
{
    struct arena *arena = grouping->planning->arena;
    size_t size = grouping->property_count * sizeof *grouping->properties;
    size_t names_size = grouping->property_count * sizeof *grouping->property_names;
    grouping->properties = arena_grow(arena, grouping->properties, size, size + sizeof *grouping->properties);
    grouping->property_names = arena_grow(arena, (const void *)grouping->property_names, names_size,
                                          names_size + sizeof *grouping->property_names);
    grouping->property_names[grouping->property_count] = NULL;
    grouping->properties[grouping->property_count++] = property;
}

enum status grouping_property(const struct scope *scope, const struct sql_expression *syntax,
                              const char *function, enum plan_window_property property,
                              const struct expression **ret_expression)
{
    struct grouping *grouping = scope->grouping;
    const struct sql_expression *window = grouping == NULL ? NULL : grouping->window_syntax;
    if (window == NULL || strcmp(window->text, function) != 0 || !same_arguments(window, syntax))
        return planner_error_at(
            scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
            "Call to auxiliary group function '%s' must have matching call to group function "
            "'$%s' in GROUP BY clause",
            syntax->text, function);
    if (property == PLAN_WINDOW_TIME && grouping->window->time == TIME_ATTRIBUTE_PROCTIME)
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "A proctime window cannot provide a rowtime attribute");
    uint32_t at = 0;
    while (at < grouping->property_count && grouping->properties[at] != property)
        at++;
    if (at == grouping->property_count) {
        append_property(grouping, property);
    }
    *ret_expression =
        append_slot(grouping, GROUPING_PROPERTY, at, window_property_type(property, grouping->window));
    return STATUS_OK;
}

void grouping_name(struct grouping *grouping, const struct expression *expression, const char *name)
{
    uint32_t width = grouping->input->schema->num_fields;
    if (expression->kind != EXPRESSION_COLUMN || expression->column < width)
        return;
    const struct grouping_slot *slot = &grouping->slots[expression->column - width];
    const char **known = slot->kind == GROUPING_CALL ? &grouping->calls[slot->index].name
                                                     : &grouping->property_names[slot->index];
    if (*known == NULL)
        *known = name;
}
