#include "jobmanager/planner/logical/query.h"

#include "jobmanager/planner/logical/logical_internal.h"

enum status query_relation(struct planning *planning, const struct sql_query *query,
                           const struct relation **ret_relation)
{
    TRY(refuse_unplanned(planning, query));
    if (query->kind == SQL_QUERY_VALUES)
        return query_values(planning, query, ret_relation);
    return query_select(planning, query, ret_relation);
}
