#include "common/plan/codec_internal.h"

#include <string.h>

enum { CODEC_VERSION = 2 };

static void encode_payload(struct arena *arena, const struct plan_node *node, MESSAGE(Node) * message)
{
    switch (node->kind) {
    case PLAN_SOURCE: message->source = encode_source(arena, node->source, node->schema); break;
    case PLAN_CALC: message->calc = encode_calc(arena, node->calc); break;
    case PLAN_SINK: message->sink = encode_sink(arena, node->sink, node->schema); break;
    case PLAN_WINDOW_TABLE_FUNCTION:
        message->window_table_function = encode_window_table_function(arena, node->window_table_function);
        break;
    case PLAN_WINDOW_AGGREGATE:
        message->window_aggregate = encode_window_aggregate(arena, node->window_aggregate);
        break;
    case PLAN_GROUP_AGGREGATE:
        message->group_aggregate = encode_group_aggregate(arena, node->group_aggregate);
        break;
    case PLAN_DEDUPLICATE: message->deduplicate = encode_deduplicate(arena, node->deduplicate); break;
    case PLAN_TOP_N: message->top_n = encode_top_n(arena, node->top_n); break;
    }
}

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
    message->uid = (char *)node->uid;
    message->changelog = node->changelog;
    encode_payload(arena, node, message);
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
    encoded->ignores_unclaimed_state = configuration->ignores_unclaimed_state;
    message->configuration = encoded;
}

static MESSAGE(Edge) * encode_edge(struct arena *arena, const struct plan_edge *edge)
{
    MESSAGE(Edge) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__edge__init(message);
    message->from = edge->from;
    message->to = edge->to;
    message->from_node_id = edge->from_node_id;
    message->input = edge->input;
    message->partitioning = edge->partitioning;
    message->key_columns = (uint32_t *)edge->key_columns;
    message->n_key_columns = edge->key_column_count;
    message->schema = encode_schema(arena, edge->schema);
    return message;
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
    for (size_t i = 0; i < graph->edge_count; i++)
        message.edges[i] = encode_edge(arena, &graph->edges[i]);
    size_t size = frazil__job_graph__job_graph__get_packed_size(&message);
    buffer_reserve(out, size);
    out->size += frazil__job_graph__job_graph__pack(&message, out->data + out->size);
    arena_free(arena);
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
        .ignores_unclaimed_state = message->ignores_unclaimed_state,
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

static enum status decode_vertices(const struct decoder *decoder, const MESSAGE(JobGraph) * message)
{
    struct plan_job_graph *graph = decoder->graph;
    struct plan_vertex *vertices = arena_calloc(graph->arena, message->n_vertices + 1, sizeof *vertices);
    for (size_t i = 0; i < message->n_vertices; i++) {
        const struct schema *input = NULL;
        enum status status = decode_edge_schema(decoder, (uint32_t)i, &input);
        if (status == STATUS_OK)
            status = decode_vertex(decoder, message->vertices[i], input, &vertices[i]);
        if (status != STATUS_OK)
            return status;
    }
    graph->vertices = vertices;
    graph->vertex_count = message->n_vertices;
    return STATUS_OK;
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
    if (status == STATUS_OK)
        status = decode_edges(decoder, message);
    if (status == STATUS_OK)
        status = decode_vertices(decoder, message);
    for (size_t i = 0; status == STATUS_OK && i < graph->edge_count; i++)
        status = decode_check_edge(decoder, &graph->edges[i]);
    if (status == STATUS_OK)
        plan_job_graph_visit(graph, count_sink, graph);
    return status;
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
