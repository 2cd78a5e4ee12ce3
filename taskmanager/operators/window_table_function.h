#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

/*
 * Windows as table functions, see plan_window_table_function. TUMBLE, HOP and CUMULATE let rows pass with
 * their row kind, once for each of their windows, and keep nothing. SESSION keeps rows (inserts only) in
 * keyed state until their session fires; late ones are counted in late_records_dropped. A row whose time
 * attribute is NULL has no window: it is dropped and counted in dropped_records. plan outlives the operator;
 * references of the schemas are taken.
 */
struct operator* window_table_function_create(const struct plan_window_table_function *plan,
                                              const struct schema *input, const struct schema *output);
