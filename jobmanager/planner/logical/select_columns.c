#include "jobmanager/planner/logical/logical_internal.h"
#include "jobmanager/planner/logical/order.h"
#include "jobmanager/planner/logical/select.h"

#include <string.h>

static void append_column(struct select *select, struct select_origin origin, const char *name,
                          const struct expression *expression)
{
    struct arena *arena = select->planning->arena;
    size_t size = select->list.count * sizeof *select->origins;
    select->origins = arena_grow(arena, select->origins, size, size + sizeof *select->origins);
    select->origins[select->list.count] = origin;
    column_list_append(arena, &select->list, name, expression);
}

static enum status expand_star(struct select *select, const struct sql_select_item *item)
{
    const struct scope *scope = &select->scope;
    if (scope->schema == NULL)
        return planner_error_at(scope->error, &item->span, STATUS_INVALID_ARGUMENT,
                                "'*' needs a table in FROM");
    if (item->qualifier != NULL && strcmp(item->qualifier, scope->name) != 0)
        return planner_error_at(scope->error, &item->span, STATUS_INVALID_ARGUMENT, "Table '%s' not found",
                                item->qualifier);
    struct select_origin origin = {.span = item->span};
    for (uint32_t i = 0; i < scope->schema->num_fields; i++)
        append_column(select, origin, scope->schema->fields[i].name,
                      expression_column(scope->arena, i, scope->schema->fields[i].type));
    return STATUS_OK;
}

static bool is_row_number(const struct sql_select_item *item)
{
    return item->kind == SQL_ITEM_EXPRESSION && item->expression->kind == SQL_CALL &&
           item->expression->over != NULL;
}

static enum status resolve_item(struct select *select, const struct sql_select_item *item)
{
    const struct scope *scope = &select->scope;
    const struct expression *expression = NULL;
    const char *name = item->alias;
    if (item->kind == SQL_ITEM_STAR)
        return expand_star(select, item);
    if (!is_row_number(item)) {
        TRY(resolve_expression(scope, item->expression, &expression));
        TRY(check_expression_size(expression, scope->error));
    }
    if (name == NULL && item->expression->kind == SQL_COLUMN)
        name = item->expression->column.parts[item->expression->column.count - 1];
    if (name == NULL)
        name = arena_printf(scope->arena, "EXPR$%u", select->list.count);
    if (select->is_aggregate && expression != NULL)
        grouping_name(&select->grouping, expression, name);
    struct select_origin origin = {.syntax = item->expression, .span = item->span};
    append_column(select, origin, name, expression);
    return STATUS_OK;
}

enum status select_items(struct select *select)
{
    for (size_t i = 0; i < select->query->item_count; i++)
        TRY(resolve_item(select, &select->query->items[i]));
    select->visible_count = select->list.count;
    return STATUS_OK;
}

/* The item that is written as the expression, -1 when none. */
static int32_t find_item(const struct select *select, const struct sql_expression *syntax)
{
    for (uint32_t i = 0; i < select->visible_count; i++) {
        if (select->origins[i].syntax != NULL && syntax_equal(select->origins[i].syntax, syntax))
            return (int32_t)i;
    }
    return -1;
}

static enum status append_order(struct select *select, const struct sql_expression *syntax)
{
    const struct expression *expression = NULL;
    struct select_origin origin = {.syntax = syntax, .span = syntax->span};
    TRY(resolve_expression(&select->scope, syntax, &expression));
    TRY(check_expression_size(expression, select->scope.error));
    if (select->query->is_distinct)
        return planner_error_at(select->scope.error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "ORDER BY of a SELECT DISTINCT can only name its columns");
    append_column(select, origin, arena_printf(select->planning->arena, "$f%u", select->list.count),
                  expression);
    return STATUS_OK;
}

/* An item of ORDER BY is a name, an ordinal or an expression of the result, else one over FROM. */
enum status select_order(struct select *select)
{
    const struct sql_query *query = select->query;
    select->order = arena_calloc(select->planning->arena, query->order_count + 1, sizeof *select->order);
    for (size_t i = 0; i < query->order_count; i++) {
        const struct sql_expression *syntax = query->order_by[i].expression;
        int32_t column = -1;
        TRY(order_find(select->planning, syntax, &select->list, select->visible_count, &column));
        if (column < 0)
            column = find_item(select, syntax);
        if (column < 0) {
            TRY(append_order(select, syntax));
            column = (int32_t)select->list.count - 1;
        }
        select->order[i] = sort_column(&query->order_by[i], (uint32_t)column);
    }
    return STATUS_OK;
}
