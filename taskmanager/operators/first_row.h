#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

/*
 * Keeps the first row of each key by event time, and gives it once the watermark has reached its time:
 * inserts only. Rows behind the watermark are late: they are dropped and counted, as are, without being
 * counted, those of a key whose row was given. plan outlives the operator; references of the schemas are
 * taken.
 */
struct operator* first_row_create(const struct plan_deduplicate *plan, const struct schema *input,
                                  const struct schema *output);
