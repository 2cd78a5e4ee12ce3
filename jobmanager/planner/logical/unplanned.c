#include "jobmanager/planner/logical/logical_internal.h"

static enum status refuse(struct planning *planning, const struct sql_span *span, const char *what)
{
    return planner_error_at(planning->error, span, STATUS_UNSUPPORTED, "%s is not supported yet", what);
}

enum status refuse_unplanned(struct planning *planning, const struct sql_query *query)
{
    if (query->order_count > 0)
        return refuse(planning, &query->order_span, "ORDER BY");
    if (query->limit_span.line != 0)
        return refuse(planning, &query->limit_span, "LIMIT, OFFSET and FETCH");
    return STATUS_OK;
}
