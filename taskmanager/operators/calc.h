#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

/*
 * Filter and projections of one input: output 0 gets, dense, the rows for which the filter is TRUE, as the
 * projections of plan. A projection that only picks or renames columns shares them. plan outlives the
 * operator; a reference of output is taken.
 */
struct operator* calc_create(const struct plan_calc *plan, const struct schema *output);
