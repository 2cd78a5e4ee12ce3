#include "common/plan/job_graph.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

struct plan_job_graph *plan_job_graph_create(void)
{
    struct plan_job_graph *graph = mem_calloc(1, sizeof *graph);
    graph->arena = arena_create(16384);
    graph->name = "";
    graph->parallelism = 1;
    graph->max_parallelism = 128;
    graph->configuration = (struct plan_job_configuration){
        .checkpoint_interval_ms = -1,
        .checkpoint_timeout_ms = -1,
        .min_pause_ms = -1,
        .tolerable_failed_checkpoints = -1,
        .local_time_zone = "UTC",
    };
    return graph;
}

void plan_job_graph_free(struct plan_job_graph *graph)
{
    if (graph == NULL)
        return;
    for (size_t i = 0; i < graph->schema_count; i++)
        schema_unref(graph->schemas[i]);
    free(graph->schemas);
    arena_free(graph->arena);
    free(graph);
}

const struct schema *plan_job_graph_hold(struct plan_job_graph *graph, struct schema *schema)
{
    CHECK(schema != NULL);
    graph->schemas = mem_realloc(graph->schemas, (graph->schema_count + 1) * sizeof *graph->schemas);
    graph->schemas[graph->schema_count++] = schema;
    return schema;
}

typedef void visitor(const struct plan_vertex *vertex, const struct plan_node *node, void *context);

static void visit_node(const struct plan_vertex *vertex, const struct plan_node *node, visitor *visit,
                       void *context)
{
    visit(vertex, node, context);
    for (size_t i = 0; i < node->child_count; i++)
        visit_node(vertex, node->children[i], visit, context);
}

void plan_job_graph_visit(const struct plan_job_graph *graph, visitor *visit, void *context)
{
    for (size_t i = 0; i < graph->vertex_count; i++)
        visit_node(&graph->vertices[i], graph->vertices[i].root, visit, context);
}

struct sink_search {
    uint32_t sink_id;
    const struct plan_node *found;
};

static void match_sink(const struct plan_vertex *vertex, const struct plan_node *node, void *context)
{
    (void)vertex;
    struct sink_search *search = context;
    if (node->kind == PLAN_SINK && node->sink->sink_id == search->sink_id)
        search->found = node;
}

bool plan_node_holds(const struct plan_node *node, uint32_t node_id)
{
    if (node->id == node_id)
        return true;
    for (size_t i = 0; i < node->child_count; i++)
        if (plan_node_holds(node->children[i], node_id))
            return true;
    return false;
}

const struct plan_node *plan_job_graph_sink(const struct plan_job_graph *graph, uint32_t sink_id)
{
    struct sink_search search = {.sink_id = sink_id};
    plan_job_graph_visit(graph, match_sink, &search);
    return search.found;
}

struct kind_search {
    enum plan_sink_kind kind;
    bool found;
};

static void match_kind(const struct plan_vertex *vertex, const struct plan_node *node, void *context)
{
    (void)vertex;
    struct kind_search *search = context;
    search->found |= node->kind == PLAN_SINK && node->sink->kind == search->kind;
}

bool plan_job_graph_has_sink(const struct plan_job_graph *graph, enum plan_sink_kind kind)
{
    struct kind_search search = {.kind = kind};
    plan_job_graph_visit(graph, match_kind, &search);
    return search.found;
}

static struct connector_properties copy_properties(struct arena *arena,
                                                   const struct connector_properties *properties)
{
    struct connector_property *items = arena_calloc(arena, properties->count + 1, sizeof *items);
    for (size_t i = 0; i < properties->count; i++) {
        items[i].key = arena_strdup(arena, properties->items[i].key);
        items[i].value = arena_strdup(arena, properties->items[i].value);
    }
    return (struct connector_properties){.items = items, .count = properties->count};
}

/* The one place where a plan changes after it was made: the nodes are this graph's own. */
void plan_job_graph_bind_iceberg(struct plan_job_graph *graph, uint32_t sink_id,
                                 const struct plan_iceberg_binding *binding)
{
    const struct plan_node *node = plan_job_graph_sink(graph, sink_id);
    CHECK(node != NULL && node->sink->kind == PLAN_SINK_ICEBERG);
    struct arena *arena = graph->arena;
    struct plan_iceberg_sink *sink = (struct plan_iceberg_sink *)node->sink->iceberg;
    const struct schema *declared = sink->table_schema;
    uint32_t *columns = arena_calloc(arena, node->schema->num_fields + 1, sizeof *columns);
    for (uint32_t i = 0; i < node->schema->num_fields; i++) {
        const char *name = declared->fields[sink->table_columns[i]].name;
        int32_t column = schema_find(binding->table_schema, name);
        CHECK(column >= 0);
        columns[i] = (uint32_t)column;
    }
    struct iceberg_sink_partition *fields = arena_calloc(arena, binding->partition_count + 1, sizeof *fields);
    for (size_t i = 0; i < binding->partition_count; i++) {
        fields[i] = binding->partition[i];
        fields[i].column = arena_strdup(arena, binding->partition[i].column);
        fields[i].name = arena_strdup(arena, binding->partition[i].name);
    }
    sink->table_schema = plan_job_graph_hold(graph, binding->table_schema);
    sink->table_columns = columns;
    sink->partition = fields;
    sink->partition_count = binding->partition_count;
    sink->table_properties = copy_properties(arena, &binding->table_properties);
    sink->table_uuid = arena_strdup(arena, binding->table_uuid);
    sink->table_location = arena_strdup(arena, binding->table_location);
    sink->schema_id = binding->schema_id;
    sink->partition_spec_id = binding->partition_spec_id;
}
