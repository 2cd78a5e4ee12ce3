#pragma once

#include "jobmanager/planner/logical/relation.h"

/* Statements to logical plans: names and types resolved, everything validated. */

/* The rows of a query. */
STATUS_MUST_CHECK enum status query_relation(struct planning *planning, const struct sql_query *query,
                                             const struct relation **ret_relation);
/* Gives the columns these names; names NULL: those that they have. */
STATUS_MUST_CHECK enum status rename_columns(struct planning *planning, const char *const *names,
                                             const struct sql_span *spans, size_t count,
                                             const struct relation **relation);
/* The rows of a view that FROM names. */
STATUS_MUST_CHECK enum status view_relation(struct planning *planning, const struct sql_table *view,
                                            const struct sql_relation *from,
                                            const struct relation **ret_relation);
/* An INSERT, a RELATION_SINK. */
STATUS_MUST_CHECK enum status insert_relation(struct planning *planning, const struct sql_insert *insert,
                                              const struct relation **ret_relation);
/* A SELECT whose rows go to the client, a RELATION_SINK. */
STATUS_MUST_CHECK enum status collect_relation(struct planning *planning, const struct sql_query *query,
                                               const struct relation **ret_relation);
