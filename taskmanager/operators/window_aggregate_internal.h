#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

/* The operators behind window_aggregate_create. */
/* LOCAL; memory_bytes: what it may hold before it hands it on. */
struct operator* window_local_create(const struct plan_window_aggregate *plan, const struct schema *input,
                                     const struct schema *output, size_t memory_bytes);
/* SINGLE and GLOBAL, of windows that consist of slices. */
struct operator* window_slicing_create(const struct plan_window_aggregate *plan, const struct schema *input,
                                       const struct schema *output);
/* SINGLE, of sessions. */
struct operator* window_session_create(const struct plan_window_aggregate *plan, const struct schema *input,
                                       const struct schema *output);
/* SESSION as a table function: rows leave when their session fires. */
struct operator* window_session_rows_create(const struct plan_window_table_function *plan,
                                            const struct schema *input, const struct schema *output);
