#include "jobmanager/planner/physical/graph_internal.h"

static bool is_edge(const struct physical *physical)
{
    return physical->kind == PHYSICAL_EXCHANGE || physical->kind == PHYSICAL_UNION;
}

static void add_child(struct arena *arena, struct plan_node *parent, const struct plan_node *child)
{
    size_t size = parent->child_count * sizeof *parent->children;
    parent->children =
        arena_grow(arena, (const void *)parent->children, size, size + sizeof *parent->children);
    ((const struct plan_node **)parent->children)[parent->child_count++] = child;
}

/* The chain of operators that begins with this one: what reads its rows, unless an edge lies between. */
static const struct plan_node *make_chain(struct graph_builder *builder, struct physical *physical)
{
    struct plan_node *node = graph_make_node(builder, physical);
    physical->node = node;
    physical->vertex = builder->vertex_count;
    for (size_t i = 0; i < builder->plan->node_count; i++) {
        struct physical *consumer = builder->plan->nodes[i];
        if (!is_edge(consumer) && consumer->input_count > 0 && consumer->inputs[0] == physical)
            add_child(builder->arena, node, make_chain(builder, consumer));
    }
    return node;
}

static void add_vertex(struct graph_builder *builder, struct physical *head, uint32_t parallelism)
{
    struct plan_vertex *vertex = &builder->vertices[builder->vertex_count];
    vertex->root = make_chain(builder, head);
    vertex->parallelism = parallelism;
    builder->vertex_count++;
}

static void add_sources(struct graph_builder *builder, enum physical_kind kind, uint32_t parallelism)
{
    for (size_t i = 0; i < builder->plan->node_count; i++) {
        if (builder->plan->nodes[i]->kind == kind)
            add_vertex(builder, builder->plan->nodes[i], parallelism);
    }
}

/* What edges lead to. Inputs stand before their consumers, so their vertices are there already. */
static void add_receivers(struct graph_builder *builder)
{
    for (size_t i = 0; i < builder->plan->node_count; i++) {
        struct physical *head = builder->plan->nodes[i];
        if (is_edge(head) || head->input_count == 0 || !is_edge(head->inputs[0]))
            continue;
        add_vertex(builder, head, graph_parallelism(builder, head->inputs[0]));
        graph_connect(builder, head);
    }
}

/* Vertices: tables in the order in which they are named, constant rows, then what follows an exchange. */
enum status physical_plan_build_graph(struct planning *planning, const struct physical_plan *plan)
{
    struct plan_job_graph *graph = planning->graph;
    struct graph_builder builder = {.planning = planning, .arena = planning->arena, .plan = plan};
    builder.vertices = arena_calloc(planning->arena, plan->node_count + 1, sizeof *builder.vertices);
    add_sources(&builder, PHYSICAL_SCAN, graph->parallelism);
    add_sources(&builder, PHYSICAL_VALUES, 1);
    add_receivers(&builder);
    for (uint32_t i = 0; i < builder.vertex_count; i++)
        name_vertex(planning->arena, &builder.vertices[i]);
    graph->vertices = builder.vertices;
    graph->vertex_count = builder.vertex_count;
    return STATUS_OK;
}
