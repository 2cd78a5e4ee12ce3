#include "jobmanager/planner/physical/physical_internal.h"

#include "common/base/check.h"

/* A job graph under construction. */
struct graph_builder {
    struct planning *planning;
    struct arena *arena;
    const struct physical_plan *plan;
    struct plan_vertex *vertices;
    size_t vertex_count;
    uint32_t next_id; /* numbers nodes over the whole job */
};

static struct plan_node *make_node(struct graph_builder *builder, enum plan_node_kind kind,
                                   const struct physical *physical)
{
    struct plan_node *node = arena_calloc(builder->arena, 1, sizeof *node);
    node->kind = kind;
    node->id = ++builder->next_id;
    node->schema = physical->schema;
    return node;
}

static struct plan_node *make_source(struct graph_builder *builder, const struct physical *physical)
{
    struct plan_node *node = make_node(builder, PLAN_SOURCE, physical);
    const char *table = physical->kind == PHYSICAL_SCAN ? physical->scan->table->name : "Values";
    node->source = physical->source;
    node->name = arena_printf(builder->arena, "Source: %s[%u]", table, node->id);
    return node;
}

static struct plan_node *make_calc(struct graph_builder *builder, const struct physical *physical)
{
    struct plan_node *node = make_node(builder, PLAN_CALC, physical);
    node->calc = physical->calc;
    node->name = arena_printf(builder->arena, "Calc[%u]", node->id);
    return node;
}

static struct plan_node *make_sink(struct graph_builder *builder, const struct physical *physical)
{
    struct plan_node *node = make_node(builder, PLAN_SINK, physical);
    const struct relation_sink *sink = physical->sink->sink;
    node->sink = sink->sink;
    node->name = sink->sink->kind == PLAN_SINK_COLLECT
                     ? "Sink: Collect table sink"
                     : arena_printf(builder->arena, "%s[%u]: Writer", sink->name, node->id);
    return node;
}

static struct plan_node *make_one(struct graph_builder *builder, const struct physical *physical)
{
    switch (physical->kind) {
    case PHYSICAL_SCAN:
    case PHYSICAL_VALUES: return make_source(builder, physical);
    case PHYSICAL_CALC: return make_calc(builder, physical);
    case PHYSICAL_SINK: return make_sink(builder, physical);
    }
    return NULL;
}

static void add_child(struct arena *arena, struct plan_node *parent, const struct plan_node *child)
{
    size_t size = parent->child_count * sizeof *parent->children;
    parent->children =
        arena_grow(arena, (const void *)parent->children, size, size + sizeof *parent->children);
    ((const struct plan_node **)parent->children)[parent->child_count++] = child;
}

/* The chain of operators that begins with this one. */
static struct plan_node *make_chain(struct graph_builder *builder, const struct physical *physical)
{
    struct plan_node *node = make_one(builder, physical);
    CHECK(node != NULL);
    for (size_t i = 0; i < builder->plan->node_count; i++) {
        const struct physical *consumer = builder->plan->nodes[i];
        if (consumer->input_count == 1 && consumer->inputs[0] == physical)
            add_child(builder->arena, node, make_chain(builder, consumer));
    }
    return node;
}

/* Vertices begin at sources: tables in the order in which they are named, then constant rows. */
static void add_vertices(struct graph_builder *builder, enum physical_kind kind, uint32_t parallelism)
{
    for (size_t i = 0; i < builder->plan->node_count; i++) {
        const struct physical *physical = builder->plan->nodes[i];
        if (physical->kind != kind)
            continue;
        struct plan_vertex *vertex = &builder->vertices[builder->vertex_count++];
        vertex->root = make_chain(builder, physical);
        vertex->parallelism = parallelism;
    }
}

enum status physical_plan_build_graph(struct planning *planning, const struct physical_plan *plan)
{
    struct plan_job_graph *graph = planning->graph;
    struct graph_builder builder = {.planning = planning, .arena = planning->arena, .plan = plan};
    builder.vertices = arena_calloc(planning->arena, plan->node_count + 1, sizeof *builder.vertices);
    add_vertices(&builder, PHYSICAL_SCAN, graph->parallelism);
    add_vertices(&builder, PHYSICAL_VALUES, 1);
    for (size_t i = 0; i < builder.vertex_count; i++)
        name_vertex(planning->arena, &builder.vertices[i], i);
    graph->vertices = builder.vertices;
    graph->vertex_count = builder.vertex_count;
    return STATUS_OK;
}
