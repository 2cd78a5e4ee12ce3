#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

/*
 * Keeps the first or the last row of each key, by event time or by the order of arrival. Output 0 gets the
 * changelog of the kept rows: inserts only where the first to arrive is kept, and where the first by event
 * time waits for the watermark (first_row.h). Rows of one batch that replace one another give one update.
 * plan outlives the operator; references of the schemas are taken.
 */
struct operator* deduplicate_create(const struct plan_deduplicate *plan, const struct schema *input,
                                    const struct schema *output);
