#include "jobmanager/planner/logical/query.h"

#include "jobmanager/planner/logical/logical_internal.h"
#include "jobmanager/planner/logical/order.h"

/* Names of WITH lead deeper than the parser could see. */
enum { QUERY_DEPTH_MAX = 200 };

static enum status plan_query(struct planning *planning, const struct sql_query *query,
                              const struct relation **ret_relation)
{
    switch (query->kind) {
    case SQL_QUERY_SELECT: return query_select(planning, query, ret_relation);
    case SQL_QUERY_VALUES: return query_values(planning, query, ret_relation);
    case SQL_QUERY_UNION: return query_union(planning, query, ret_relation);
    }
    return error_set(planning->error, STATUS_INTERNAL, "A query of an unknown kind.");
}

enum status query_relation(struct planning *planning, const struct sql_query *query,
                           const struct relation **ret_relation)
{
    const struct with_scope *outer = planning->with;
    struct with_scope inner = {.query = query, .visible = query->with_count, .outer = outer};
    if (++planning->query_depth > QUERY_DEPTH_MAX)
        return planner_error_at(planning->error, &query->span, STATUS_EXHAUSTED,
                                "Queries are nested more than %d deep", QUERY_DEPTH_MAX);
    if (query->with_count > 0)
        planning->with = &inner;
    enum status status = plan_query(planning, query, ret_relation);
    if (status == STATUS_OK && query->kind != SQL_QUERY_SELECT)
        status = order_result(planning, query, ret_relation);
    planning->with = outer;
    planning->query_depth--;
    return status;
}
