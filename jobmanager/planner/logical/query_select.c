#include "jobmanager/planner/logical/logical_internal.h"

#include <string.h>

static enum status expand_star(const struct scope *scope, const struct sql_select_item *item,
                               struct column_list *list)
{
    if (scope->schema == NULL)
        return planner_error_at(scope->error, &item->span, STATUS_INVALID_ARGUMENT,
                                "'*' needs a table in FROM");
    if (item->qualifier != NULL && strcmp(item->qualifier, scope->name) != 0)
        return planner_error_at(scope->error, &item->span, STATUS_INVALID_ARGUMENT, "Table '%s' not found",
                                item->qualifier);
    for (uint32_t i = 0; i < scope->schema->num_fields; i++)
        column_list_append(scope->arena, list, scope->schema->fields[i].name,
                           expression_column(scope->arena, i, scope->schema->fields[i].type));
    return STATUS_OK;
}

static enum status resolve_items(const struct scope *scope, const struct sql_query *query,
                                 struct column_list *list)
{
    for (size_t i = 0; i < query->item_count; i++) {
        const struct sql_select_item *item = &query->items[i];
        const struct expression *expression = NULL;
        if (item->kind == SQL_ITEM_STAR) {
            TRY(expand_star(scope, item, list));
            continue;
        }
        TRY(resolve_expression(scope, item->expression, &expression));
        TRY(check_expression_size(expression, scope->error));
        const char *name = item->alias;
        if (name == NULL && item->expression->kind == SQL_COLUMN)
            name = item->expression->text;
        if (name == NULL)
            name = arena_printf(scope->arena, "EXPR$%u", list->count);
        column_list_append(scope->arena, list, name, expression);
    }
    return STATUS_OK;
}

/* SELECT without FROM: one row of constants, or none when WHERE says so. */
static enum status select_constants(struct planning *planning, const struct sql_query *query,
                                    const struct relation **ret_relation)
{
    struct scope scope = scope_of(planning);
    struct column_list list = {.count = 0};
    size_t row_count = 1;
    TRY(resolve_items(&scope, query, &list));
    for (uint32_t i = 0; i < list.count; i++) {
        if (resolve_constant(&scope, list.expressions[i], &list.expressions[i]) != STATUS_OK)
            return planner_locate(planning->error, &query->items[i].span);
    }
    if (query->where != NULL) {
        const struct expression *condition = NULL;
        TRY(resolve_condition(&scope, query->where, "WHERE", &condition));
        TRY(resolve_constant(&scope, condition, &condition));
        const uint8_t *holds = condition->value;
        row_count = holds != NULL && *holds != 0 ? 1 : 0;
    }
    return relation_values(planning, column_list_schema(planning, &list), list.expressions, row_count,
                           ret_relation);
}

enum status query_select(struct planning *planning, const struct sql_query *query,
                         const struct relation **ret_relation)
{
    const struct relation *input = NULL;
    struct scope scope = scope_of(planning);
    struct column_list list = {.count = 0};
    if (!query->has_from)
        return select_constants(planning, query, ret_relation);
    TRY(from_relation(planning, &query->from, &input, &scope));
    TRY(resolve_items(&scope, query, &list));
    if (query->where != NULL) {
        const struct expression *condition = NULL;
        TRY(resolve_condition(&scope, query->where, "WHERE", &condition));
        TRY(relation_filter(planning, input, condition, &input));
    }
    return relation_project(planning, input, &list, ret_relation);
}
