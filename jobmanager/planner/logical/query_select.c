#include "jobmanager/planner/logical/logical_internal.h"
#include "jobmanager/planner/logical/order.h"
#include "jobmanager/planner/logical/row_number.h"
#include "jobmanager/planner/logical/select.h"

#include <string.h>

/* SELECT without FROM: one row of constants, or none when WHERE says so. */
static enum status select_constants(struct select *select, const struct relation **ret_relation)
{
    struct planning *planning = select->planning;
    const struct sql_query *query = select->query;
    struct column_list *list = &select->list;
    size_t row_count = 1;
    TRY(select_items(select));
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->expressions[i] == NULL)
            return planner_error_at(planning->error, &query->items[i].span, STATUS_INVALID_ARGUMENT,
                                    "OVER needs a table in FROM");
        if (resolve_constant(&select->scope, list->expressions[i], &list->expressions[i]) != STATUS_OK)
            return planner_locate(planning->error, &query->items[i].span);
    }
    if (query->where != NULL) {
        const struct expression *condition = NULL;
        TRY(resolve_condition(&select->scope, query->where, "WHERE", &condition));
        TRY(resolve_constant(&select->scope, condition, &condition));
        const uint8_t *holds = condition->value;
        row_count = holds != NULL && *holds != 0 ? 1 : 0;
    }
    TRY(relation_values(planning, column_list_schema(planning, list), list->expressions, row_count,
                        ret_relation));
    return order_result(planning, query, ret_relation);
}

static bool has_aggregates(const struct sql_query *query)
{
    bool found = query->group_count > 0 || query->having != NULL;
    for (size_t i = 0; !found && i < query->order_count; i++)
        found = syntax_has_aggregate(query->order_by[i].expression);
    for (size_t i = 0; !found && i < query->item_count; i++)
        found =
            query->items[i].kind == SQL_ITEM_EXPRESSION && syntax_has_aggregate(query->items[i].expression);
    return found;
}

static enum status filter_input(struct select *select)
{
    const struct expression *condition = NULL;
    if (select->query->where == NULL)
        return STATUS_OK;
    select->scope.no_aggregates = "Aggregate expression is illegal in WHERE clause";
    TRY(resolve_condition(&select->scope, select->query->where, "WHERE", &condition));
    select->scope.no_aggregates = NULL;
    return relation_filter(select->planning, select->input, condition, &select->input);
}

/* From expressions over the input to ones over the groups. */
static enum status group_input(struct select *select, struct row_number *row_number)
{
    struct grouping *grouping = &select->grouping;
    const struct expression *having = NULL;
    if (select->query->having != NULL)
        TRY(resolve_condition(&select->scope, select->query->having, "HAVING", &having));
    TRY(grouping_finish(grouping, &select->input));
    for (uint32_t i = 0; i < select->list.count; i++) {
        const struct select_origin *origin = &select->origins[i];
        if (select->list.expressions[i] != NULL)
            TRY(grouping_rewrite(grouping, select->list.expressions[i], origin->syntax, &origin->span,
                                 &select->list.expressions[i]));
    }
    TRY(row_number_rewrite(row_number, grouping));
    if (having == NULL)
        return STATUS_OK;
    TRY(grouping_rewrite(grouping, having, select->query->having, &select->query->having->span, &having));
    return relation_filter(select->planning, select->input, having, &select->input);
}

static enum status number_rows(struct select *select, const struct row_number *row_number)
{
    const struct expression *number = NULL;
    if (row_number->syntax == NULL)
        return STATUS_OK;
    TRY(row_number_finish(row_number, select->planning, &select->input, &number));
    for (uint32_t i = 0; i < select->list.count; i++) {
        if (select->list.expressions[i] == NULL)
            select->list.expressions[i] = number;
    }
    return STATUS_OK;
}

static bool is_input(const struct select *select)
{
    const struct schema *schema = select->input->schema;
    if (select->input->kind != RELATION_AGGREGATE || schema->num_fields != select->list.count)
        return false;
    for (uint32_t i = 0; i < select->list.count; i++) {
        const struct expression *expression = select->list.expressions[i];
        if (expression->kind != EXPRESSION_COLUMN || expression->column != i ||
            strcmp(schema->fields[i].name, select->list.names[i]) != 0)
            return false;
    }
    return true;
}

enum status query_select(struct planning *planning, const struct sql_query *query,
                         const struct relation **ret_relation)
{
    struct select select = {.planning = planning, .query = query, .scope = scope_of(planning)};
    struct row_number row_number = {.syntax = NULL};
    if (!query->has_from)
        return select_constants(&select, ret_relation);
    TRY(from_relation(planning, &query->from, &select.input, &select.scope));
    TRY(filter_input(&select));
    select.is_aggregate = has_aggregates(query);
    if (select.is_aggregate) {
        TRY(grouping_start(&select.grouping, planning, select.input, &select.scope, query));
        select.scope.grouping = &select.grouping;
    }
    TRY(select_items(&select));
    TRY(row_number_resolve(&row_number, &select.scope, query));
    TRY(select_order(&select));
    if (select.is_aggregate)
        TRY(group_input(&select, &row_number));
    TRY(number_rows(&select, &row_number));
    for (uint32_t i = 0; query->is_distinct && i < select.list.count; i++)
        select.list.expressions[i] = type_null(planning->arena, select.list.expressions[i]);
    *ret_relation = select.input;
    if (!is_input(&select))
        TRY(relation_project(planning, select.input, &select.list, ret_relation));
    if (query->is_distinct)
        TRY(relation_distinct(planning, *ret_relation, ret_relation));
    return order_finish(planning, query, select.order, select.visible_count, ret_relation);
}
