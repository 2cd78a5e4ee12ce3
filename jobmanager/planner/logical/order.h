#pragma once

#include "jobmanager/planner/logical/relation.h"
#include "jobmanager/planner/logical/resolve.h"

/* ORDER BY, LIMIT and OFFSET. */

/* NULL is less than all values, as in Flink, unless the item says something else. */
struct plan_sort_column sort_column(const struct sql_sort_item *item, uint32_t column);

/* The column among the first count of list that an item of ORDER BY means by its name or its ordinal, -1 when
 * none. */
STATUS_MUST_CHECK enum status order_find(struct planning *planning, const struct sql_expression *syntax,
                                         const struct column_list *list, uint32_t count, int32_t *ret_column);
/* The rows of relation in the order of its columns, limited; of the columns the first count stay. An order
 * without LIMIT is refused, but in a subquery, where it means nothing. */
STATUS_MUST_CHECK enum status order_finish(struct planning *planning, const struct sql_query *query,
                                           const struct plan_sort_column *order, uint32_t count,
                                           const struct relation **relation);
/* Both for a query whose result is all that ORDER BY can name. */
STATUS_MUST_CHECK enum status order_result(struct planning *planning, const struct sql_query *query,
                                           const struct relation **relation);
