#pragma once

#include "jobmanager/planner/physical/physical_internal.h"

/* A job graph under construction. */
struct graph_builder {
    struct planning *planning;
    struct arena *arena;
    const struct physical_plan *plan;
    struct plan_vertex *vertices;
    uint32_t vertex_count;
    uint32_t next_id; /* numbers nodes over the whole job */
};

/* The node of an operator, without children. */
struct plan_node *graph_make_node(struct graph_builder *builder, const struct physical *physical);
/* The edges into the vertex that begins with head. */
void graph_connect(struct graph_builder *builder, const struct physical *head);
/* Of a vertex that input feeds. */
uint32_t graph_parallelism(const struct graph_builder *builder, const struct physical *input);
void name_vertex(struct arena *arena, struct plan_vertex *vertex);
