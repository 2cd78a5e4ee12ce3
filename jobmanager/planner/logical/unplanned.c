#include "jobmanager/planner/logical/logical_internal.h"

static enum status refuse(struct planning *planning, const struct sql_span *span, const char *what)
{
    return planner_error_at(planning->error, span, STATUS_UNSUPPORTED, "%s is not supported yet", what);
}

enum status refuse_unplanned(struct planning *planning, const struct sql_query *query)
{
    if (query->kind == SQL_QUERY_UNION && !query->is_all)
        return refuse(planning, &query->span, "UNION without ALL");
    if (query->is_distinct)
        return refuse(planning, &query->span, "SELECT DISTINCT");
    if (query->has_from && query->from.kind == SQL_RELATION_WINDOW)
        return refuse(planning, &query->from.span, "A window table function");
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
