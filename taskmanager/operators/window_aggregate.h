#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

/*
 * Aggregation over windows, see plan_window_aggregate. A window gives its rows, on output 0, when the
 * watermark or the wall clock has passed its end; a key without rows in a window gives none. Late rows, which
 * belong to no window that is still to fire, are counted in late_records_dropped, or, when there is an output
 * 1, go there as they came. LOCAL keeps nothing over a barrier; the others keep keyed state, and their
 * watermark as list state. plan outlives the operator; references of the schemas are taken.
 */
struct operator* window_aggregate_create(const struct plan_window_aggregate *plan, const struct schema *input,
                                         const struct schema *output);
