#pragma once

#include "jobmanager/planner/logical/grouping.h"

/* ROW_NUMBER() OVER (PARTITION BY ... ORDER BY ...) among the items of a SELECT. */
struct row_number {
    const struct sql_expression *syntax; /* NULL: there is none */
    const struct expression **keys;      /* PARTITION BY */
    uint32_t key_count;
    const struct expression **order;
    uint32_t order_count;
};

/* Finds it, and resolves its expressions. Several that differ, and other window functions, are refused. */
STATUS_MUST_CHECK enum status row_number_resolve(struct row_number *row_number, const struct scope *scope,
                                                 const struct sql_query *query);
/* Its expressions over the output of the aggregation. */
STATUS_MUST_CHECK enum status row_number_rewrite(struct row_number *row_number, struct grouping *grouping);
/* Puts the relation that counts above input; its column is ret_number. */
STATUS_MUST_CHECK enum status row_number_finish(const struct row_number *row_number,
                                                struct planning *planning, const struct relation **input,
                                                const struct expression **ret_number);
