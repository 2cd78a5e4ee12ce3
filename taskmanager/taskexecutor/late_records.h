#pragma once

#include "common/plan/job_graph.h"
#include "taskmanager/operators/operator.h"

/* What stands behind side output 1 of a window aggregation with a topic for late rows: a sink at the brokers
 * of the kafka source that they come from. NULL: none feeds the node. */
struct operator* late_records_sink_create(const struct plan_node *node, const struct plan_job_graph *graph);
