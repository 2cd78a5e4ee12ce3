#include "jobmanager/planner/planner_internal.h"

#include "common/base/hash.h"

#include <stdio.h>

/* Numbers nodes over the whole job. */
struct numbering {
    uint32_t next;
};

static struct plan_node *make_node(struct plan_builder *builder, struct numbering *numbering,
                                   enum plan_node_kind kind, const struct schema *schema)
{
    struct plan_node *node = arena_calloc(builder->graph->arena, 1, sizeof *node);
    node->kind = kind;
    node->id = ++numbering->next;
    node->schema = schema;
    return node;
}

static void add_child(struct arena *arena, struct plan_node *parent, const struct plan_node *child)
{
    size_t size = parent->child_count * sizeof *parent->children;
    parent->children =
        arena_grow(arena, (const void *)parent->children, size, size + sizeof *parent->children);
    ((const struct plan_node **)parent->children)[parent->child_count++] = child;
}

static void mark_pipeline(const struct pipeline *pipeline, bool *used)
{
    if (pipeline->filter != NULL)
        expression_mark_columns(pipeline->filter, used);
    for (uint32_t i = 0; i < pipeline->output->num_fields; i++)
        expression_mark_columns(pipeline->projections[i], used);
}

/* The columns that somebody reads; one at least, so that there are rows to count. */
static uint32_t keep_columns(struct plan_builder *builder, struct scan *scan, uint32_t *kept, uint32_t *map)
{
    const struct schema *schema = scan->columns.schema;
    for (size_t i = 0; i < builder->pipeline_count; i++) {
        if (builder->pipelines[i]->scan == scan)
            mark_pipeline(builder->pipelines[i], scan->used);
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        if (!scan->used[i] && !scan->columns.required[i])
            continue;
        map[i] = count;
        kept[count++] = i;
    }
    if (count == 0 && schema->num_fields > 0)
        kept[count++] = 0;
    return count;
}

static bool is_identity(const struct pipeline *pipeline, const struct expression *const *projections,
                        const struct schema *input)
{
    if (pipeline->filter != NULL || pipeline->output->num_fields != input->num_fields)
        return false;
    for (uint32_t i = 0; i < input->num_fields; i++) {
        if (projections[i]->kind != EXPRESSION_COLUMN || projections[i]->column != i ||
            !data_type_equal(input->fields[i].type, pipeline->output->fields[i].type))
            return false;
    }
    return true;
}

static struct plan_node *make_sink(struct plan_builder *builder, struct numbering *numbering,
                                   const struct pipeline *pipeline)
{
    struct plan_node *node = make_node(builder, numbering, PLAN_SINK, pipeline->output);
    node->sink = pipeline->sink;
    node->name = pipeline->sink->kind == PLAN_SINK_COLLECT
                     ? "Sink: Collect table sink"
                     : arena_printf(builder->graph->arena, "%s[%u]: Writer", pipeline->sink_name, node->id);
    return node;
}

/* The calc, unless it would do nothing, and the sink, behind source. map: source column to the kept one. */
static void attach_pipeline(struct plan_builder *builder, struct numbering *numbering,
                            struct plan_node *source, const struct pipeline *pipeline, const uint32_t *map)
{
    struct arena *arena = builder->graph->arena;
    struct plan_node *above = source;
    uint32_t width = pipeline->output->num_fields;
    const struct expression **projections = arena_calloc(arena, width + 1, sizeof *projections);
    for (uint32_t i = 0; i < width; i++)
        projections[i] = expression_map_columns(arena, pipeline->projections[i], map);
    if (!is_identity(pipeline, projections, source->schema)) {
        struct plan_calc *calc = arena_calloc(arena, 1, sizeof *calc);
        calc->filter = pipeline->filter == NULL ? NULL : expression_map_columns(arena, pipeline->filter, map);
        calc->projections = projections;
        calc->projection_count = width;
        calc->time_zone = builder->graph->configuration.local_time_zone;
        above = make_node(builder, numbering, PLAN_CALC, pipeline->output);
        above->calc = calc;
        above->name = arena_printf(arena, "Calc[%u]", above->id);
        add_child(arena, source, above);
    }
    if (pipeline->sink != NULL)
        add_child(arena, above, make_sink(builder, numbering, pipeline));
}

static struct plan_node *build_scan(struct plan_builder *builder, struct numbering *numbering,
                                    struct scan *scan)
{
    struct arena *arena = builder->graph->arena;
    uint32_t columns = scan->columns.schema->num_fields;
    uint32_t *kept = arena_calloc(arena, columns + 1, sizeof *kept);
    uint32_t *map = arena_calloc(arena, columns + 1, sizeof *map);
    uint32_t count = keep_columns(builder, scan, kept, map);
    struct schema *schema = schema_create(count);
    for (uint32_t i = 0; i < count; i++)
        schema_set_field(schema, i, scan->columns.schema->fields[kept[i]].name,
                         scan->columns.schema->fields[kept[i]].type);
    struct plan_node *source =
        make_node(builder, numbering, PLAN_SOURCE, plan_job_graph_hold(builder->graph, schema));
    source->source = plan_source_restrict(arena, scan, kept, count);
    source->name = arena_printf(arena, "Source: %s[%u]", scan->table->name, source->id);
    for (size_t i = 0; i < builder->pipeline_count; i++) {
        if (builder->pipelines[i]->scan == scan)
            attach_pipeline(builder, numbering, source, builder->pipelines[i], map);
    }
    return source;
}

static struct plan_node *build_values(struct plan_builder *builder, struct numbering *numbering,
                                      const struct pipeline *pipeline)
{
    struct arena *arena = builder->graph->arena;
    struct plan_node *source = make_node(builder, numbering, PLAN_SOURCE, pipeline->output);
    struct plan_source *values = arena_calloc(arena, 1, sizeof *values);
    values->kind = PLAN_SOURCE_VALUES;
    values->table = "";
    values->fields = arena_calloc(arena, pipeline->output->num_fields + 1, sizeof *values->fields);
    values->values = pipeline->values;
    values->value_row_count = pipeline->value_row_count;
    source->source = values;
    source->name = arena_printf(arena, "Source: Values[%u]", source->id);
    if (pipeline->sink != NULL)
        add_child(arena, source, make_sink(builder, numbering, pipeline));
    return source;
}

/* a -> b -> c, and a -> (b -> c, d -> e) where a node has several children. */
static void print_chain(const struct plan_node *node, struct buffer *out)
{
    buffer_append_text(out, node->name);
    if (node->child_count == 0)
        return;
    buffer_append_text(out, node->child_count > 1 ? " -> (" : " -> ");
    for (size_t i = 0; i < node->child_count; i++) {
        buffer_append_text(out, i > 0 ? ", " : "");
        print_chain(node->children[i], out);
    }
    buffer_append_text(out, node->child_count > 1 ? ")" : "");
}

/* The same plan gives the same ids, so that a job's state can be found again. */
static void name_vertex(struct plan_builder *builder, struct plan_vertex *vertex, size_t index)
{
    struct buffer text = {0};
    print_chain(vertex->root, &text);
    vertex->name = arena_strdup(builder->graph->arena, buffer_text(&text));
    buffer_printf(&text, "#%zu %s", index, vertex->root->source->table);
    for (uint32_t i = 0; i < 4; i++)
        snprintf(vertex->id + i * 8, 9, "%08x", hash_murmur3_32(text.data, text.size, i + 1));
    buffer_free(&text);
}

static void name_job(struct plan_builder *builder)
{
    struct plan_job_graph *graph = builder->graph;
    const char *name = planner_setting(&builder->context->configuration, "pipeline.name", NULL);
    if (name != NULL) {
        graph->name = arena_strdup(graph->arena, name);
        return;
    }
    struct buffer text = {0};
    for (size_t i = 0; i < builder->pipeline_count; i++) {
        const struct pipeline *pipeline = builder->pipelines[i];
        if (pipeline->job_name != NULL)
            buffer_append_text(&text, pipeline->job_name);
        else if (pipeline->sink != NULL)
            buffer_printf(&text, "%s%s", i == 0 ? "insert-into_" : ",", pipeline->sink->table);
    }
    graph->name = arena_strdup(graph->arena, buffer_text(&text));
    buffer_free(&text);
}

enum status plan_builder_build(struct plan_builder *builder)
{
    struct plan_job_graph *graph = builder->graph;
    TRY(planner_configure(&builder->context->configuration, graph, builder->error));
    struct plan_vertex *vertices =
        arena_calloc(graph->arena, builder->scan_count + builder->pipeline_count + 1, sizeof *vertices);
    struct numbering numbering = {0};
    size_t count = 0;
    for (size_t i = 0; i < builder->scan_count; i++) {
        vertices[count].root = build_scan(builder, &numbering, builder->scans[i]);
        vertices[count++].parallelism = graph->parallelism;
    }
    for (size_t i = 0; i < builder->pipeline_count; i++) {
        if (builder->pipelines[i]->scan != NULL)
            continue;
        vertices[count].root = build_values(builder, &numbering, builder->pipelines[i]);
        vertices[count++].parallelism = 1;
    }
    for (size_t i = 0; i < count; i++)
        name_vertex(builder, &vertices[i], i);
    name_job(builder);
    graph->vertices = vertices;
    graph->vertex_count = count;
    return STATUS_OK;
}
