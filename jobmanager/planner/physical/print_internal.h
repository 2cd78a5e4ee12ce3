#pragma once

#include "jobmanager/planner/physical/print.h"

/* What stands between the parentheses. */
void print_group_aggregate(const struct physical *node, struct buffer *out);
void print_window_aggregate(const struct physical *node, struct buffer *out);
/* "TUMBLE(time_col=[ts], size=[1 h])"; time is how its time is named: "time_col=[ts]". */
void print_window(const struct plan_window *window, const char *time, struct buffer *out);
/* "k, COUNT(*) AS c": the keys and calls of an aggregation; input is what its first phase reads. */
void print_aggregation(const struct physical *node, enum plan_aggregate_phase phase, uint32_t key_count,
                       const struct plan_aggregate_call *calls, uint32_t call_count,
                       const struct schema *input, struct buffer *out);
/* What the first phase of a global phase reads, or the node itself. */
const struct schema *first_phase_input(const struct physical *node, enum plan_aggregate_phase phase);
