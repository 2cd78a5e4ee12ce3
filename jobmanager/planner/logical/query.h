#pragma once

#include "jobmanager/planner/logical/relation.h"

/* Statements to logical plans: names and types resolved, everything validated. */

/* The rows of a query. */
STATUS_MUST_CHECK enum status query_relation(struct planning *planning, const struct sql_query *query,
                                             const struct relation **ret_relation);
/* An INSERT, a RELATION_SINK. */
STATUS_MUST_CHECK enum status insert_relation(struct planning *planning, const struct sql_insert *insert,
                                              const struct relation **ret_relation);
/* A SELECT whose rows go to the client, a RELATION_SINK. */
STATUS_MUST_CHECK enum status collect_relation(struct planning *planning, const struct sql_query *query,
                                               const struct relation **ret_relation);
