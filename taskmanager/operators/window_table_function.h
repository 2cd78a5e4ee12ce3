#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

/*
 * TUMBLE, HOP and CUMULATE as table functions, see plan_window_table_function: rows leave with their row
 * kind, once for each of their windows, and keep nothing. A row whose time attribute is NULL has no window:
 * it is dropped and counted in dropped_records. SESSION is STATUS_UNSUPPORTED when it is opened. plan
 * outlives the operator; a reference of output is taken.
 */
struct operator* window_table_function_create(const struct plan_window_table_function *plan,
                                              const struct schema *input, const struct schema *output);
