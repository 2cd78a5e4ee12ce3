#include "common/base/check.h"
#include "jobmanager/planner/logical/grouping.h"
#include "jobmanager/planner/logical/logical_internal.h"

#include <string.h>

static uint32_t column_of(struct grouping *grouping, struct column_list *list,
                          const struct expression *expression)
{
    const char *name = expression->kind == EXPRESSION_COLUMN
                           ? grouping->input->schema->fields[expression->column].name
                           : NULL;
    return column_list_place(grouping->planning->arena, list, name, expression);
}

static struct relation_call make_call(struct grouping *grouping, const struct grouping_call *call,
                                      struct column_list *list)
{
    struct arena *arena = grouping->planning->arena;
    uint32_t *arguments = arena_calloc(arena, call->argument_count + 1, sizeof *arguments);
    struct data_type *types = arena_calloc(arena, call->argument_count + 1, sizeof *types);
    for (uint32_t i = 0; i < call->argument_count; i++) {
        arguments[i] = column_of(grouping, list, call->arguments[i]);
        types[i] = call->arguments[i]->type;
    }
    struct plan_aggregate_call made = {
        .function = call->function,
        .arguments = arguments,
        .argument_count = call->argument_count,
        .filter = call->filter == NULL ? -1 : (int32_t)column_of(grouping, list, call->filter),
        .is_distinct = call->is_distinct,
        .argument_types = types,
        .result = call->result,
    };
    return (struct relation_call){.call = made, .name = call->name};
}

static bool is_input(const struct column_list *list, const struct schema *input)
{
    if (list->count != input->num_fields)
        return false;
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->expressions[i]->kind != EXPRESSION_COLUMN || list->expressions[i]->column != i)
            return false;
    }
    return true;
}

/* What is grouped: the keys, then what the calls read. There is one column at least, so that there are rows.
 */
static enum status project_input(struct grouping *grouping, struct column_list *list,
                                 const struct relation **ret_input)
{
    struct arena *arena = grouping->planning->arena;
    if (list->count == 0)
        column_list_append(arena, list, "$f0", expression_literal_int(arena, 0));
    if (!is_input(list, grouping->input->schema))
        return relation_project(grouping->planning, grouping->input, list, ret_input);
    *ret_input = grouping->input;
    return STATUS_OK;
}

enum status grouping_finish(struct grouping *grouping, const struct relation **ret_relation)
{
    struct arena *arena = grouping->planning->arena;
    struct column_list list = {.count = 0};
    const struct relation *input = NULL;
    struct relation_call *calls = arena_calloc(arena, grouping->call_count + 1, sizeof *calls);
    for (uint32_t i = 0; i < grouping->key_count; i++)
        (void)column_of(grouping, &list, grouping->keys[i]);
    CHECK(list.count == grouping->key_count);
    struct relation_aggregate aggregate = {
        .key_count = grouping->key_count,
        .calls = calls,
        .call_count = grouping->call_count,
        .properties = grouping->properties,
        .property_names = grouping->property_names,
        .property_count = grouping->property_count,
    };
    for (uint32_t i = 0; i < grouping->call_count; i++)
        calls[i] = make_call(grouping, &grouping->calls[i], &list);
    if (grouping->window != NULL) {
        struct relation_window *window = arena_dup(arena, grouping->window, sizeof *window);
        const struct expression *time = expression_column(arena, window->time_column, window->time_type);
        window->time_column = column_of(grouping, &list, time);
        aggregate.window = window;
    }
    TRY(project_input(grouping, &list, &input));
    return relation_aggregate(grouping->planning, input, &aggregate, ret_relation);
}

/* The first place in syntax, outside of aggregate calls, that names the column. */
static const struct sql_expression *find_column(const struct sql_expression *syntax, const char *column)
{
    if (syntax->kind == SQL_COLUMN && strcmp(syntax->column.parts[syntax->column.count - 1], column) == 0)
        return syntax;
    if (syntax->kind == SQL_CALL && aggregate_function_find(syntax->text) != NULL)
        return NULL;
    for (size_t i = 0; i < syntax->argument_count; i++) {
        const struct sql_expression *found = find_column(syntax->arguments[i], column);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* What is rewritten, and where it stands in the text. */
struct rewrite {
    struct grouping *grouping;
    const struct sql_expression *syntax;
    const struct sql_span *span;
};

static enum status not_grouped(const struct rewrite *rewrite, uint32_t column)
{
    const char *name = rewrite->grouping->input->schema->fields[column].name;
    const struct sql_expression *place = rewrite->syntax == NULL ? NULL : find_column(rewrite->syntax, name);
    const struct sql_span *span = place != NULL ? &place->span : rewrite->span;
    if (place != NULL && place->column.count > 1)
        name = arena_printf(rewrite->grouping->planning->arena, "%s.%s",
                            place->column.parts[place->column.count - 2], name);
    return planner_error_at(rewrite->grouping->planning->error, span, STATUS_INVALID_ARGUMENT,
                            "Expression '%s' is not being grouped", name);
}

static uint32_t slot_column(const struct grouping *grouping, uint32_t slot)
{
    const struct grouping_slot *found = &grouping->slots[slot];
    uint32_t base = found->kind == GROUPING_CALL ? 0 : grouping->call_count;
    return grouping->key_count + base + found->index;
}

static enum status rewrite_column(const struct rewrite *rewrite, const struct expression *expression,
                                  const struct expression **ret_expression)
{
    struct grouping *grouping = rewrite->grouping;
    uint32_t width = grouping->input->schema->num_fields;
    if (expression->column < width)
        return not_grouped(rewrite, expression->column);
    *ret_expression = expression_column(grouping->planning->arena,
                                        slot_column(grouping, expression->column - width), expression->type);
    return STATUS_OK;
}

static enum status rewrite_expression(const struct rewrite *rewrite, const struct expression *expression,
                                      const struct expression **ret_expression)
{
    struct grouping *grouping = rewrite->grouping;
    struct arena *arena = grouping->planning->arena;
    if (expression->kind == EXPRESSION_LITERAL) {
        *ret_expression = expression;
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < grouping->key_count; i++) {
        if (!expression_equal(grouping->keys[i], expression))
            continue;
        *ret_expression = expression_column(arena, i, expression->type);
        return STATUS_OK;
    }
    if (expression->kind == EXPRESSION_COLUMN)
        return rewrite_column(rewrite, expression, ret_expression);
    const struct expression **arguments =
        arena_calloc(arena, expression->num_arguments + 1, sizeof *arguments);
    for (uint32_t i = 0; i < expression->num_arguments; i++)
        TRY(rewrite_expression(rewrite, expression->arguments[i], &arguments[i]));
    *ret_expression = expression_node(arena, expression->kind, expression->type, expression->function,
                                      arguments, expression->num_arguments);
    return STATUS_OK;
}

enum status grouping_rewrite(struct grouping *grouping, const struct expression *expression,
                             const struct sql_expression *syntax, const struct sql_span *span,
                             const struct expression **ret_expression)
{
    struct rewrite rewrite = {.grouping = grouping, .syntax = syntax, .span = span};
    return rewrite_expression(&rewrite, expression, ret_expression);
}
