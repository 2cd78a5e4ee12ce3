#pragma once

#include "common/plan/job_graph.h"
#include "common/rpc/messages.h"

/* Sums over a subtask: what enters the first operator of its chain and what leaves the last ones. */
struct task_totals {
    int64_t busy_ms, idle_ms, backpressured_ms;
    uint64_t records_in, records_out, bytes_in, bytes_out;
};

/* The same by the second. */
struct task_rates {
    double busy_ms, idle_ms, backpressured_ms;
    double records_in, records_out, bytes_in, bytes_out;
};

/* What a subtask's taskmanager last reported of the present attempt. A zeroed struct has no report yet. Owns
 * operators. */
struct task_metrics {
    struct task_totals totals;
    struct task_rates rates;  /* between the last two reports that were far enough apart */
    struct task_totals rated; /* the report that the next rates are taken from, and when it came */
    int64_t rated_ms;
    bool is_rated;
    uint32_t queued_inputs, queued_outputs;
    struct rpc_operator_metrics *operators;
    size_t num_operators;
};

/* vertex is the subtask's, of graph. */
void task_metrics_take(struct task_metrics *metrics, const struct plan_job_graph *graph,
                       const struct plan_vertex *vertex, const struct rpc_task_report *report,
                       int64_t now_ms);
void task_metrics_clear(struct task_metrics *metrics); /* the content; zeroed after */
