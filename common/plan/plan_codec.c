#include "common/plan/codec_internal.h"

#include <string.h>

enum { CODEC_VERSION = 1 };

/* Preorder, each node with the index of its parent. */
static void append_node(struct arena *arena, const struct plan_node *node, uint32_t parent,
                        MESSAGE(Vertex) * vertex)
{
    MESSAGE(Node) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__node__init(message);
    message->id = node->id;
    message->name = (char *)node->name;
    message->schema = encode_schema(arena, node->schema);
    message->parent = parent;
    if (node->kind == PLAN_SOURCE)
        message->source = encode_source(arena, node->source, node->schema);
    else if (node->kind == PLAN_CALC)
        message->calc = encode_calc(arena, node->calc);
    else
        message->sink = encode_sink(arena, node->sink, node->schema);
    vertex->nodes = arena_grow(arena, vertex->nodes, vertex->n_nodes * sizeof *vertex->nodes,
                               (vertex->n_nodes + 1) * sizeof *vertex->nodes);
    uint32_t index = (uint32_t)vertex->n_nodes;
    vertex->nodes[vertex->n_nodes++] = message;
    for (size_t i = 0; i < node->child_count; i++)
        append_node(arena, node->children[i], index, vertex);
}

static void encode_configuration(struct arena *arena, const struct plan_job_configuration *configuration,
                                 MESSAGE(JobGraph) * message)
{
    MESSAGE(JobConfiguration) *encoded = arena_alloc(arena, sizeof *encoded);
    frazil__job_graph__job_configuration__init(encoded);
    encoded->checkpoint_interval_ms = configuration->checkpoint_interval_ms;
    encoded->checkpoint_timeout_ms = configuration->checkpoint_timeout_ms;
    encoded->min_pause_ms = configuration->min_pause_ms;
    encoded->tolerable_failed_checkpoints = configuration->tolerable_failed_checkpoints;
    encoded->local_time_zone = (char *)configuration->local_time_zone;
    if (configuration->restart_strategy != NULL)
        encoded->restart_strategy = (char *)configuration->restart_strategy;
    if (configuration->restore_path != NULL)
        encoded->restore_path = (char *)configuration->restore_path;
    encoded->new_lineage = configuration->new_lineage;
    struct connector_property *entries = arena_calloc(arena, configuration->entry_count + 1, sizeof *entries);
    for (size_t i = 0; i < configuration->entry_count; i++)
        entries[i] =
            (struct connector_property){configuration->entries[i].key, configuration->entries[i].value};
    struct connector_properties properties = {.items = entries, .count = configuration->entry_count};
    encoded->n_entries = properties.count;
    encoded->entries = encode_properties(arena, &properties);
    message->configuration = encoded;
}

void plan_job_graph_encode(const struct plan_job_graph *graph, struct buffer *out)
{
    struct arena *arena = arena_create(16384);
    MESSAGE(JobGraph) message;
    frazil__job_graph__job_graph__init(&message);
    message.version = CODEC_VERSION;
    message.name = (char *)graph->name;
    message.parallelism = graph->parallelism;
    message.max_parallelism = graph->max_parallelism;
    encode_configuration(arena, &graph->configuration, &message);
    message.n_vertices = graph->vertex_count;
    message.vertices = arena_calloc(arena, graph->vertex_count + 1, sizeof *message.vertices);
    for (size_t i = 0; i < graph->vertex_count; i++) {
        MESSAGE(Vertex) *vertex = arena_alloc(arena, sizeof *vertex);
        frazil__job_graph__vertex__init(vertex);
        vertex->id = (char *)graph->vertices[i].id;
        vertex->name = (char *)graph->vertices[i].name;
        vertex->parallelism = graph->vertices[i].parallelism;
        append_node(arena, graph->vertices[i].root, 0, vertex);
        message.vertices[i] = vertex;
    }
    message.n_edges = graph->edge_count;
    message.edges = arena_calloc(arena, graph->edge_count + 1, sizeof *message.edges);
    for (size_t i = 0; i < graph->edge_count; i++) {
        message.edges[i] = arena_alloc(arena, sizeof *message.edges[i]);
        frazil__job_graph__edge__init(message.edges[i]);
        message.edges[i]->from = graph->edges[i].from;
        message.edges[i]->to = graph->edges[i].to;
    }
    size_t size = frazil__job_graph__job_graph__get_packed_size(&message);
    buffer_reserve(out, size);
    out->size += frazil__job_graph__job_graph__pack(&message, out->data + out->size);
    arena_free(arena);
}

static enum status decode_payload(const struct decoder *decoder, const MESSAGE(Node) * message,
                                  const struct plan_node *parent, struct plan_node *node)
{
    int payloads = (message->source != NULL) + (message->calc != NULL) + (message->sink != NULL);
    if (payloads != 1 || (message->source != NULL) != (parent == NULL))
        return decode_corrupt(decoder, "a node is nothing, several things, or in the wrong place");
    if (parent != NULL && parent->kind == PLAN_SINK)
        return decode_corrupt(decoder, "a node stands behind a sink");
    if (message->source != NULL) {
        node->kind = PLAN_SOURCE;
        return decode_source(decoder, message->source, node->schema, &node->source);
    }
    if (message->calc != NULL) {
        node->kind = PLAN_CALC;
        return decode_calc(decoder, message->calc, parent->schema, node->schema, &node->calc);
    }
    node->kind = PLAN_SINK;
    bool same = node->schema->num_fields == parent->schema->num_fields;
    for (uint32_t i = 0; same && i < node->schema->num_fields; i++)
        same = node->schema->fields[i].type.kind == parent->schema->fields[i].type.kind;
    if (!same)
        return decode_corrupt(decoder, "a sink takes other rows than it is given");
    return decode_sink(decoder, message->sink, node->schema, &node->sink);
}

static void link_children(struct arena *arena, const MESSAGE(Vertex) * message, struct plan_node *nodes)
{
    for (size_t i = 1; i < message->n_nodes; i++)
        nodes[message->nodes[i]->parent].child_count++;
    for (size_t i = 0; i < message->n_nodes; i++) {
        const struct plan_node **children = arena_calloc(arena, nodes[i].child_count + 1, sizeof *children);
        size_t count = 0;
        for (size_t j = i + 1; j < message->n_nodes && count < nodes[i].child_count; j++) {
            if (message->nodes[j]->parent == i)
                children[count++] = &nodes[j];
        }
        nodes[i].children = children;
    }
}

static enum status decode_vertex(const struct decoder *decoder, const MESSAGE(Vertex) * message,
                                 struct plan_vertex *vertex)
{
    enum { NODES_MAX = 100000 };
    struct arena *arena = decoder->graph->arena;
    if (strlen(message->id) != VERTEX_ID_BYTES - 1 || message->n_nodes == 0 || message->n_nodes > NODES_MAX ||
        message->parallelism == 0)
        return decode_corrupt(decoder, "a vertex lacks its id, nodes or parallelism");
    struct plan_node *nodes = arena_calloc(arena, message->n_nodes, sizeof *nodes);
    for (size_t i = 0; i < message->n_nodes; i++) {
        const MESSAGE(Node) *node = message->nodes[i];
        if (i > 0 && node->parent >= i)
            return decode_corrupt(decoder, "a node stands before its parent");
        nodes[i].id = node->id;
        nodes[i].name = arena_strdup(arena, node->name);
        enum status status = decode_schema(decoder, node->schema, &nodes[i].schema);
        if (status == STATUS_OK)
            status = decode_payload(decoder, node, i == 0 ? NULL : &nodes[node->parent], &nodes[i]);
        if (status != STATUS_OK)
            return status;
    }
    link_children(arena, message, nodes);
    memcpy(vertex->id, message->id, VERTEX_ID_BYTES);
    vertex->name = arena_strdup(arena, message->name);
    vertex->parallelism = message->parallelism;
    vertex->root = &nodes[0];
    return STATUS_OK;
}

static enum status decode_configuration(const struct decoder *decoder,
                                        const MESSAGE(JobConfiguration) * message)
{
    if (message == NULL)
        return decode_corrupt(decoder, "the configuration is missing");
    struct arena *arena = decoder->graph->arena;
    struct plan_job_configuration *configuration = &decoder->graph->configuration;
    struct plan_configuration_entry *entries = arena_calloc(arena, message->n_entries + 1, sizeof *entries);
    for (size_t i = 0; i < message->n_entries; i++) {
        entries[i].key = arena_strdup(arena, message->entries[i]->key);
        entries[i].value = arena_strdup(arena, message->entries[i]->value);
    }
    *configuration = (struct plan_job_configuration){
        .checkpoint_interval_ms = message->checkpoint_interval_ms,
        .checkpoint_timeout_ms = message->checkpoint_timeout_ms,
        .min_pause_ms = message->min_pause_ms,
        .tolerable_failed_checkpoints = message->tolerable_failed_checkpoints,
        .local_time_zone = arena_strdup(arena, message->local_time_zone),
        .new_lineage = message->new_lineage,
        .entries = entries,
        .entry_count = message->n_entries,
    };
    if (message->restart_strategy[0] != '\0')
        configuration->restart_strategy = arena_strdup(arena, message->restart_strategy);
    if (message->restore_path[0] != '\0')
        configuration->restore_path = arena_strdup(arena, message->restore_path);
    return STATUS_OK;
}

static void count_sink(const struct plan_vertex *vertex, const struct plan_node *node, void *context)
{
    (void)vertex;
    struct plan_job_graph *graph = context;
    graph->sink_count += node->kind == PLAN_SINK;
}

static enum status decode_graph(const struct decoder *decoder, const MESSAGE(JobGraph) * message)
{
    struct plan_job_graph *graph = decoder->graph;
    if (message->version != CODEC_VERSION)
        return decode_corrupt(decoder, "it is of another version");
    graph->name = arena_strdup(graph->arena, message->name);
    graph->parallelism = message->parallelism;
    graph->max_parallelism = message->max_parallelism;
    enum status status = decode_configuration(decoder, message->configuration);
    struct plan_vertex *vertices = arena_calloc(graph->arena, message->n_vertices + 1, sizeof *vertices);
    for (size_t i = 0; status == STATUS_OK && i < message->n_vertices; i++)
        status = decode_vertex(decoder, message->vertices[i], &vertices[i]);
    if (status != STATUS_OK)
        return status;
    struct plan_edge *edges = arena_calloc(graph->arena, message->n_edges + 1, sizeof *edges);
    for (size_t i = 0; i < message->n_edges; i++) {
        edges[i] = (struct plan_edge){.from = message->edges[i]->from, .to = message->edges[i]->to};
        if (edges[i].from >= message->n_vertices || edges[i].to >= message->n_vertices)
            return decode_corrupt(decoder, "an edge leads nowhere");
    }
    graph->vertices = vertices;
    graph->vertex_count = message->n_vertices;
    graph->edges = edges;
    graph->edge_count = message->n_edges;
    plan_job_graph_visit(graph, count_sink, graph);
    return STATUS_OK;
}

enum status plan_job_graph_decode(const void *data, size_t size, struct plan_job_graph **ret_graph,
                                  struct error *error)
{
    MESSAGE(JobGraph) *message = frazil__job_graph__job_graph__unpack(NULL, size, data);
    if (message == NULL)
        return error_set(error, STATUS_CORRUPT, "The job graph's %zu bytes cannot be read.", size);
    struct decoder decoder = {.graph = plan_job_graph_create(), .error = error};
    enum status status = decode_graph(&decoder, message);
    frazil__job_graph__job_graph__free_unpacked(message, NULL);
    if (status != STATUS_OK) {
        plan_job_graph_free(decoder.graph);
        return status;
    }
    *ret_graph = decoder.graph;
    return STATUS_OK;
}
