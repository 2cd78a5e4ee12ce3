#include "jobmanager/planner/physical/aggregation.h"
#include "jobmanager/planner/physical/graph_internal.h"

static void append_edge(struct graph_builder *builder, const struct plan_edge *edge)
{
    struct plan_job_graph *graph = builder->planning->graph;
    size_t size = graph->edge_count * sizeof *graph->edges;
    struct plan_edge *edges = arena_grow(builder->arena, graph->edges, size, size + sizeof *edges);
    edges[graph->edge_count++] = *edge;
    graph->edges = edges;
}

/* Changes of a row must not overtake each other: like rows go one way. */
static void rebalance(struct graph_builder *builder, const struct physical *input, struct plan_edge *edge)
{
    edge->partitioning = PLAN_REBALANCE;
    if (input->changelog == PLAN_INSERTS)
        return;
    edge->partitioning = PLAN_HASH;
    edge->key_column_count = input->schema->num_fields;
    edge->key_columns = column_numbers(builder->arena, input->schema->num_fields);
}

/* The operators whose rows arrive by input, through unions and an exchange. */
static void connect(struct graph_builder *builder, const struct physical *input, struct plan_edge edge)
{
    if (input->kind == PHYSICAL_EXCHANGE) {
        edge.partitioning = input->exchange->partitioning;
        edge.key_columns = input->exchange->keys;
        edge.key_column_count = input->exchange->key_count;
    }
    if (input->kind == PHYSICAL_EXCHANGE || input->kind == PHYSICAL_UNION) {
        for (size_t i = 0; i < input->input_count; i++)
            connect(builder, input->inputs[i], edge);
        return;
    }
    const struct plan_vertex *from = &builder->vertices[input->vertex];
    if (edge.partitioning == PLAN_FORWARD && from->parallelism != builder->vertices[edge.to].parallelism)
        rebalance(builder, input, &edge);
    edge.from = input->vertex;
    edge.from_node_id = input->node->id;
    edge.schema = input->schema;
    append_edge(builder, &edge);
}

void graph_connect(struct graph_builder *builder, const struct physical *head)
{
    struct plan_edge edge = {.to = head->vertex, .partitioning = PLAN_FORWARD};
    connect(builder, head->inputs[0], edge);
}

uint32_t graph_parallelism(const struct graph_builder *builder, const struct physical *input)
{
    uint32_t parallelism = 1;
    if (input->kind == PHYSICAL_EXCHANGE)
        return input->exchange->partitioning == PLAN_SINGLETON ? 1 : builder->planning->graph->parallelism;
    if (input->kind != PHYSICAL_UNION)
        return builder->vertices[input->vertex].parallelism;
    for (size_t i = 0; i < input->input_count; i++) {
        uint32_t other = graph_parallelism(builder, input->inputs[i]);
        parallelism = other > parallelism ? other : parallelism;
    }
    return parallelism;
}
