#include "common/plan/codec_internal.h"

bool decode_same_kinds(const struct schema *a, const struct schema *b)
{
    bool same = a->num_fields == b->num_fields;
    for (uint32_t i = 0; same && i < a->num_fields; i++)
        same = a->fields[i].type.kind == b->fields[i].type.kind;
    return same;
}

/* Edges lead from vertices that stand before the one they lead to. */
static enum status decode_edge(const struct decoder *decoder, const MESSAGE(Edge) * message,
                               size_t vertex_count, struct plan_edge *ret_edge)
{
    if (message->from >= message->to || message->to >= vertex_count)
        return decode_corrupt(decoder, "an edge leads nowhere or backwards");
    if (message->partitioning > PLAN_SINGLETON || message->input > 1)
        return decode_corrupt(decoder, "an edge is of an unknown kind");
    struct plan_edge edge = {
        .from = message->from,
        .to = message->to,
        .from_node_id = message->from_node_id,
        .input = message->input,
        .partitioning = (enum plan_partitioning)message->partitioning,
        .key_column_count = (uint32_t)message->n_key_columns,
    };
    enum status status = decode_schema(decoder, message->schema, &edge.schema);
    if (status != STATUS_OK)
        return status;
    status = decode_columns(decoder, message->key_columns, message->n_key_columns, edge.schema,
                            "an edge is by a column that is not there", &edge.key_columns);
    if (status == STATUS_OK)
        *ret_edge = edge;
    return status;
}

/* The schema of the edges into a vertex, which is the same for all of them that feed one input. */
enum status decode_edge_schema(const struct decoder *decoder, uint32_t vertex,
                               const struct schema **ret_schema)
{
    const struct plan_job_graph *graph = decoder->graph;
    const struct schema *schema = NULL;
    for (size_t i = 0; i < graph->edge_count; i++) {
        const struct plan_edge *edge = &graph->edges[i];
        if (edge->to != vertex || edge->input != 0)
            continue;
        if (schema != NULL && !decode_same_kinds(schema, edge->schema))
            return decode_corrupt(decoder, "edges into one input bring different rows");
        schema = edge->schema;
    }
    *ret_schema = schema;
    return STATUS_OK;
}

struct node_search {
    uint32_t id;
    const struct plan_vertex *vertex;
    const struct plan_node *found;
};

static void match_node(const struct plan_vertex *vertex, const struct plan_node *node, void *context)
{
    struct node_search *search = context;
    if (vertex == search->vertex && node->id == search->id)
        search->found = node;
}

enum status decode_check_edge(const struct decoder *decoder, const struct plan_edge *edge)
{
    const struct plan_job_graph *graph = decoder->graph;
    struct node_search search = {.id = edge->from_node_id, .vertex = &graph->vertices[edge->from]};
    plan_job_graph_visit(graph, match_node, &search);
    if (search.found == NULL || search.found->kind == PLAN_SINK ||
        !decode_same_kinds(search.found->schema, edge->schema))
        return decode_corrupt(decoder, "an edge begins at no node that gives its rows");
    bool is_parallel = graph->vertices[edge->from].parallelism != graph->vertices[edge->to].parallelism;
    if (edge->partitioning == PLAN_FORWARD && is_parallel)
        return decode_corrupt(decoder, "a forward edge joins vertices of different parallelism");
    return STATUS_OK;
}

enum status decode_edges(const struct decoder *decoder, const MESSAGE(JobGraph) * message)
{
    struct plan_job_graph *graph = decoder->graph;
    struct plan_edge *edges = arena_calloc(graph->arena, message->n_edges + 1, sizeof *edges);
    for (size_t i = 0; i < message->n_edges; i++) {
        enum status status = decode_edge(decoder, message->edges[i], message->n_vertices, &edges[i]);
        if (status != STATUS_OK)
            return status;
    }
    graph->edges = edges;
    graph->edge_count = message->n_edges;
    return STATUS_OK;
}
