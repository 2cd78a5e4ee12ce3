#include "jobmanager/planner/logical/row_number.h"

#include "jobmanager/planner/logical/order.h"

#include <string.h>

static const struct sql_expression *find_over(const struct sql_select_item *item)
{
    bool over = item->kind == SQL_ITEM_EXPRESSION && item->expression->kind == SQL_CALL &&
                item->expression->over != NULL;
    return over ? item->expression : NULL;
}

static enum status check(const struct scope *scope, const struct sql_expression *syntax)
{
    if (strcmp(syntax->text, "ROW_NUMBER") != 0)
        return planner_error_at(
            scope->error, &syntax->span, STATUS_UNSUPPORTED,
            "%s with OVER is not supported yet; ROW_NUMBER() is, for deduplication and Top-N", syntax->text);
    if (syntax->argument_count > 0 || syntax->is_star || syntax->is_distinct || syntax->filter != NULL)
        return planner_error_at(
            scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
            "Invalid number of arguments to function 'ROW_NUMBER'. Was expecting 0 arguments");
    if (syntax->over->order_count == 0)
        return planner_error_at(scope->error, &syntax->over->span, STATUS_INVALID_ARGUMENT,
                                "ROW_NUMBER() needs an ORDER BY in its OVER clause");
    if (syntax->over->frame != NULL)
        return planner_error_at(scope->error, &syntax->over->frame->span, STATUS_INVALID_ARGUMENT,
                                "ROW/RANGE not allowed with RANK, DENSE_RANK or ROW_NUMBER functions");
    return STATUS_OK;
}

static enum status resolve_over(struct row_number *row_number, const struct scope *scope)
{
    const struct sql_over *over = row_number->syntax->over;
    row_number->keys = arena_calloc(scope->arena, over->partition_count + 1, sizeof *row_number->keys);
    row_number->order = arena_calloc(scope->arena, over->order_count + 1, sizeof *row_number->order);
    for (size_t i = 0; i < over->partition_count; i++) {
        TRY(resolve_expression(scope, over->partition_by[i], &row_number->keys[i]));
        TRY(check_expression_size(row_number->keys[i], scope->error));
    }
    for (size_t i = 0; i < over->order_count; i++) {
        TRY(resolve_expression(scope, over->order_by[i].expression, &row_number->order[i]));
        TRY(check_expression_size(row_number->order[i], scope->error));
    }
    row_number->key_count = (uint32_t)over->partition_count;
    row_number->order_count = (uint32_t)over->order_count;
    return STATUS_OK;
}

enum status row_number_resolve(struct row_number *row_number, const struct scope *scope,
                               const struct sql_query *query)
{
    for (size_t i = 0; i < query->item_count; i++) {
        const struct sql_expression *syntax = find_over(&query->items[i]);
        if (syntax == NULL)
            continue;
        TRY(check(scope, syntax));
        if (row_number->syntax != NULL && !syntax_equal(row_number->syntax, syntax))
            return planner_error_at(scope->error, &syntax->over->span, STATUS_UNSUPPORTED,
                                    "Several OVER clauses that differ are not supported in one SELECT yet");
        row_number->syntax = syntax;
    }
    return row_number->syntax == NULL ? STATUS_OK : resolve_over(row_number, scope);
}

enum status row_number_rewrite(struct row_number *row_number, struct grouping *grouping)
{
    const struct sql_over *over = row_number->syntax == NULL ? NULL : row_number->syntax->over;
    for (uint32_t i = 0; i < row_number->key_count; i++)
        TRY(grouping_rewrite(grouping, row_number->keys[i], over->partition_by[i],
                             &over->partition_by[i]->span, &row_number->keys[i]));
    for (uint32_t i = 0; i < row_number->order_count; i++)
        TRY(grouping_rewrite(grouping, row_number->order[i], over->order_by[i].expression,
                             &over->order_by[i].span, &row_number->order[i]));
    return STATUS_OK;
}

enum status row_number_finish(const struct row_number *row_number, struct planning *planning,
                              const struct relation **input, const struct expression **ret_number)
{
    struct arena *arena = planning->arena;
    const struct schema *schema = (*input)->schema;
    struct column_list list = {.count = 0};
    uint32_t *keys = arena_calloc(arena, row_number->key_count + 1, sizeof *keys);
    struct plan_sort_column *order = arena_calloc(arena, row_number->order_count + 1, sizeof *order);
    for (uint32_t i = 0; i < schema->num_fields; i++)
        column_list_append(arena, &list, schema->fields[i].name,
                           expression_column(arena, i, schema->fields[i].type));
    for (uint32_t i = 0; i < row_number->key_count; i++)
        keys[i] = column_list_place(arena, &list, NULL, row_number->keys[i]);
    for (uint32_t i = 0; i < row_number->order_count; i++)
        order[i] = sort_column(&row_number->syntax->over->order_by[i],
                               column_list_place(arena, &list, NULL, row_number->order[i]));
    if (list.count > schema->num_fields)
        TRY(relation_project(planning, *input, &list, input));
    struct relation_row_number relation = {
        .keys = keys,
        .key_count = row_number->key_count,
        .order = order,
        .order_count = row_number->order_count,
        .span = row_number->syntax->span,
    };
    TRY(relation_row_number(planning, *input, &relation, input));
    uint32_t column = (*input)->schema->num_fields - 1;
    *ret_number = expression_column(arena, column, (*input)->schema->fields[column].type);
    return STATUS_OK;
}
