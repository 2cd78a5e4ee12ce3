#include "taskmanager/taskexecutor/late_records.h"

#include "taskmanager/sink/kafka/kafka_late_records_sink.h"

/* A kafka source upstream of the vertex, or NULL. The graph has no cycles. */
static const struct plan_source *find_source(const struct plan_job_graph *graph, size_t vertex)
{
    const struct plan_node *root = graph->vertices[vertex].root;
    if (root->kind == PLAN_SOURCE)
        return root->source->kind == PLAN_SOURCE_KAFKA ? root->source : NULL;
    const struct plan_source *source = NULL;
    for (size_t i = 0; i < graph->edge_count && source == NULL; i++)
        if (graph->edges[i].to == vertex)
            source = find_source(graph, graph->edges[i].from);
    return source;
}

struct operator* late_records_sink_create(const struct plan_node *node, const struct plan_job_graph *graph)
{
    for (size_t i = 0; i < graph->vertex_count; i++) {
        if (!plan_node_holds(graph->vertices[i].root, node->id))
            continue;
        const struct plan_source *source = find_source(graph, i);
        if (source != NULL)
            return kafka_late_records_sink_create(source, node->window_aggregate->late_records_topic);
    }
    return NULL;
}
