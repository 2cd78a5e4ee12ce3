#include "jobmanager/dispatcher/task_metrics.h"

#include "common/base/memory.h"

#include <stdlib.h>

/* Reports come each heartbeat, and more often when there is something to tell. */
enum { RATE_MIN_MS = 900 };

struct leaf_search {
    const struct plan_vertex *vertex;
    const struct plan_job_graph *graph;
    uint32_t node_id;
    bool is_leaf;
};

static bool feeds_edge(const struct plan_job_graph *graph, uint32_t node_id)
{
    for (size_t i = 0; i < graph->edge_count; i++)
        if (graph->edges[i].from_node_id == node_id)
            return true;
    return false;
}

static void look_at(const struct plan_vertex *vertex, const struct plan_node *node, void *context)
{
    struct leaf_search *search = context;
    if (vertex == search->vertex && node->id == search->node_id)
        search->is_leaf = node->child_count == 0 || feeds_edge(search->graph, node->id);
}

/* Its rows leave the subtask. */
static bool is_leaf(const struct plan_job_graph *graph, const struct plan_vertex *vertex, uint32_t node_id)
{
    struct leaf_search search = {.vertex = vertex, .graph = graph, .node_id = node_id};
    plan_job_graph_visit(graph, look_at, &search);
    return search.is_leaf;
}

static struct task_totals sum(const struct plan_job_graph *graph, const struct plan_vertex *vertex,
                              const struct rpc_task_report *report)
{
    struct task_totals totals = {
        .busy_ms = report->busy_ms,
        .idle_ms = report->idle_ms,
        .backpressured_ms = report->backpressured_ms,
        .bytes_in = report->bytes_received,
        .bytes_out = report->bytes_sent,
    };
    for (size_t i = 0; i < report->num_operators; i++) {
        const struct rpc_operator_metrics *metrics = &report->operators[i];
        if (metrics->node_id == vertex->root->id) {
            totals.records_in += metrics->records_in;
            totals.bytes_in += metrics->bytes_in;
        }
        if (is_leaf(graph, vertex, metrics->node_id)) {
            totals.records_out += metrics->records_out;
            totals.bytes_out += metrics->bytes_out;
        }
    }
    return totals;
}

static double per_second(double before, double after, int64_t passed_ms)
{
    return after < before ? 0 : (after - before) * 1000 / (double)passed_ms;
}

static struct task_rates rates_between(const struct task_totals *a, const struct task_totals *b, int64_t ms)
{
    return (struct task_rates){
        .busy_ms = per_second((double)a->busy_ms, (double)b->busy_ms, ms),
        .idle_ms = per_second((double)a->idle_ms, (double)b->idle_ms, ms),
        .backpressured_ms = per_second((double)a->backpressured_ms, (double)b->backpressured_ms, ms),
        .records_in = per_second((double)a->records_in, (double)b->records_in, ms),
        .records_out = per_second((double)a->records_out, (double)b->records_out, ms),
        .bytes_in = per_second((double)a->bytes_in, (double)b->bytes_in, ms),
        .bytes_out = per_second((double)a->bytes_out, (double)b->bytes_out, ms),
    };
}

void task_metrics_take(struct task_metrics *metrics, const struct plan_job_graph *graph,
                       const struct plan_vertex *vertex, const struct rpc_task_report *report, int64_t now_ms)
{
    metrics->totals = sum(graph, vertex, report);
    if (!metrics->is_rated || now_ms - metrics->rated_ms >= RATE_MIN_MS) {
        if (metrics->is_rated)
            metrics->rates = rates_between(&metrics->rated, &metrics->totals, now_ms - metrics->rated_ms);
        metrics->rated = metrics->totals;
        metrics->rated_ms = now_ms;
        metrics->is_rated = true;
    }
    metrics->queued_inputs = report->queued_inputs;
    metrics->queued_outputs = report->queued_outputs;
    free(metrics->operators);
    metrics->operators = NULL;
    metrics->num_operators = report->num_operators;
    if (report->num_operators > 0)
        metrics->operators = mem_dup(report->operators, report->num_operators * sizeof *report->operators);
}

void task_metrics_clear(struct task_metrics *metrics)
{
    free(metrics->operators);
    *metrics = (struct task_metrics){0};
}
