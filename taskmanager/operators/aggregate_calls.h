#pragma once

#include "common/plan/plan_node.h"

/* The calls of a plan as a set of accumulators. */
struct aggregate_set *aggregate_calls_create_set(const struct plan_aggregate_call *calls, uint32_t num_calls,
                                                 bool retractable);

/* What keyed state is said to hold: "SUM(BIGINT), COUNT(DISTINCT STRING)", and of keys
 * "ROW<STRING, BIGINT NOT NULL>". Appends. */
void aggregate_calls_describe(const struct plan_aggregate_call *calls, uint32_t num_calls,
                              struct buffer *text);
void aggregate_keys_describe(const struct data_type *types, uint32_t num_types, struct buffer *text);
