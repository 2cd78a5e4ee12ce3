#include "jobmanager/planner/logical/logical_internal.h"

static enum status refuse(struct planning *planning, const struct sql_span *span, const char *what)
{
    return planner_error_at(planning->error, span, STATUS_UNSUPPORTED, "%s is not supported yet", what);
}

enum status refuse_unplanned(struct planning *planning, const struct sql_query *query)
{
    if (query->with_count > 0)
        return refuse(planning, &query->with[0].span, "WITH (a common table expression)");
    if (query->kind == SQL_QUERY_UNION)
        return refuse(planning, &query->span, "UNION");
    if (query->is_distinct)
        return refuse(planning, &query->span, "SELECT DISTINCT");
    if (query->has_from && query->from.kind == SQL_RELATION_SUBQUERY)
        return refuse(planning, &query->from.span, "A subquery");
    if (query->has_from && query->from.kind == SQL_RELATION_WINDOW)
        return refuse(planning, &query->from.span, "A window table function");
    if (query->from.column_alias_count > 0)
        return refuse(planning, &query->from.column_alias_spans[0], "A list of column aliases");
    if (query->group_count > 0)
        return refuse(planning, &query->group_by[0]->span, "GROUP BY");
    if (query->having != NULL)
        return refuse(planning, &query->having->span, "HAVING");
    if (query->order_count > 0)
        return refuse(planning, &query->order_span, "ORDER BY");
    if (query->limit_span.line != 0)
        return refuse(planning, &query->limit_span, "LIMIT, OFFSET and FETCH");
    return STATUS_OK;
}
