#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

/*
 * GROUP BY without windows, and SELECT DISTINCT. Output 0 gets the changelog of the groups, or of a local
 * phase the accumulators. The rows of one batch that concern one group give one update of it; with a
 * mini-batch those of several batches do. plan outlives the operator; references of the schemas are taken.
 */
struct operator* group_aggregate_create(const struct plan_group_aggregate *plan, const struct schema *input,
                                        const struct schema *output);
