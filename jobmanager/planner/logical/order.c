#include "jobmanager/planner/logical/order.h"

#include <string.h>

struct plan_sort_column sort_column(const struct sql_sort_item *item, uint32_t column)
{
    bool nulls_last = item->nulls == SQL_NULLS_DEFAULT ? item->is_descending : item->nulls == SQL_NULLS_LAST;
    return (struct plan_sort_column){
        .column = column, .is_descending = item->is_descending, .nulls_last = nulls_last};
}

/* ORDER BY 2 is the second column. */
static enum status find_ordinal(struct planning *planning, const struct sql_expression *syntax,
                                uint32_t count, int32_t *ret_column)
{
    struct scope scope = scope_of(planning);
    const struct expression *literal = NULL;
    TRY(resolve_literal(&scope, syntax, false, &literal));
    int64_t ordinal = literal->type.kind == TYPE_INT ? *(const int32_t *)literal->value : 0;
    if (ordinal < 1 || ordinal > count)
        return planner_error_at(planning->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "Ordinal out of range");
    *ret_column = (int32_t)ordinal - 1;
    return STATUS_OK;
}

enum status order_find(struct planning *planning, const struct sql_expression *syntax,
                       const struct column_list *list, uint32_t count, int32_t *ret_column)
{
    *ret_column = -1;
    if (syntax->kind == SQL_LITERAL && syntax->literal == SQL_LITERAL_INTEGER)
        return find_ordinal(planning, syntax, count, ret_column);
    for (uint32_t i = 0; syntax->kind == SQL_COLUMN && syntax->column.count == 1 && i < count; i++) {
        if (strcmp(list->names[i], syntax->column.parts[0]) != 0)
            continue;
        *ret_column = (int32_t)i;
        return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status refuse_order(struct planning *planning, const struct sql_query *query,
                                const struct relation *relation, const struct plan_sort_column *first)
{
    bool by_time = !first->is_descending && relation->traits[first->column].time != TIME_ATTRIBUTE_NONE;
    return planner_error_at(planning->error, &query->order_span, STATUS_UNSUPPORTED, "%s",
                            by_time ? "ORDER BY a time attribute is not supported yet; with a LIMIT it is"
                                    : "Sort on a non-time-attribute field is not supported: rows of a stream "
                                      "never end. Give a LIMIT");
}

static void list_columns(struct planning *planning, const struct schema *schema, uint32_t count,
                         struct column_list *list)
{
    for (uint32_t i = 0; i < count; i++)
        column_list_append(planning->arena, list, schema->fields[i].name,
                           expression_column(planning->arena, i, schema->fields[i].type));
}

/* Takes the columns off again that only the order needed. */
static enum status drop_columns(struct planning *planning, uint32_t count, const struct relation **relation)
{
    struct column_list list = {.count = 0};
    if ((*relation)->schema->num_fields == count)
        return STATUS_OK;
    list_columns(planning, (*relation)->schema, count, &list);
    return relation_project(planning, *relation, &list, relation);
}

enum status order_finish(struct planning *planning, const struct sql_query *query,
                         const struct plan_sort_column *order, uint32_t count,
                         const struct relation **relation)
{
    struct relation_limit limit = {
        .order = order,
        .order_count = (uint32_t)query->order_count,
        .offset = query->offset,
        .limit = query->limit,
    };
    if (query->limit_span.line == 0 && query->order_count > 0 && planning->query_depth == 1)
        return refuse_order(planning, query, *relation, order);
    if (query->limit_span.line != 0 && !query->has_limit)
        return planner_error_at(planning->error, &query->limit_span, STATUS_UNSUPPORTED,
                                "OFFSET is supported with a LIMIT only");
    if (query->has_limit && query->limit == 0)
        TRY(relation_values(planning, (*relation)->schema, NULL, 0, relation));
    else if (query->has_limit)
        TRY(relation_limit(planning, *relation, &limit, relation));
    return drop_columns(planning, count, relation);
}

enum status order_result(struct planning *planning, const struct sql_query *query,
                         const struct relation **relation)
{
    struct scope scope = scope_of(planning);
    struct column_list list = {.count = 0};
    uint32_t count = (*relation)->schema->num_fields;
    struct plan_sort_column *order = arena_calloc(planning->arena, query->order_count + 1, sizeof *order);
    list_columns(planning, (*relation)->schema, count, &list);
    scope.schema = (*relation)->schema;
    for (size_t i = 0; i < query->order_count; i++) {
        const struct sql_expression *syntax = query->order_by[i].expression;
        const struct expression *expression = NULL;
        int32_t column = -1;
        TRY(order_find(planning, syntax, &list, count, &column));
        if (column < 0) {
            TRY(resolve_expression(&scope, syntax, &expression));
            column = (int32_t)column_list_place(planning->arena, &list, NULL, expression);
        }
        order[i] = sort_column(&query->order_by[i], (uint32_t)column);
    }
    if (list.count > count)
        TRY(relation_project(planning, *relation, &list, relation));
    return order_finish(planning, query, order, count, relation);
}
