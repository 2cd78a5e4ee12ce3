#include "jobmanager/planner/planner_internal.h"

void plan_builder_init(struct plan_builder *builder, const struct planner_context *context,
                       struct error *error)
{
    *builder = (struct plan_builder){.context = context, .graph = plan_job_graph_create(), .error = error};
}

void plan_builder_finish(struct plan_builder *builder, bool keep_graph)
{
    for (size_t i = 0; i < builder->scan_count; i++)
        sql_table_unref(builder->scans[i]->table);
    time_zone_free(builder->zone);
    if (!keep_graph)
        plan_job_graph_free(builder->graph);
}

static enum status open_zone(struct plan_builder *builder)
{
    if (builder->zone != NULL)
        return STATUS_OK;
    return planner_time_zone(&builder->context->configuration, &builder->zone, builder->error);
}

static struct pipeline *append_pipeline(struct plan_builder *builder)
{
    struct arena *arena = builder->graph->arena;
    size_t size = builder->pipeline_count * sizeof *builder->pipelines;
    struct pipeline *pipeline = arena_calloc(arena, 1, sizeof *pipeline);
    builder->pipelines = arena_grow(arena, builder->pipelines, size, size + sizeof *builder->pipelines);
    builder->pipelines[builder->pipeline_count++] = pipeline;
    return pipeline;
}

static enum status plan_insert(struct plan_builder *builder, const struct sql_insert *insert,
                               const struct sql_table *table)
{
    struct arena *arena = builder->graph->arena;
    struct pipeline *pipeline = append_pipeline(builder);
    struct plan_sink *sink = NULL;
    struct connector_properties options = planner_table_options(arena, table, &insert->hints);
    TRY(plan_sink_schema(builder, table, &pipeline->sink_schema));
    if (plan_sink_of(builder, table, &options, pipeline->sink_schema, &sink) != STATUS_OK)
        return planner_locate(builder->error, &insert->table.span);
    sink->sink_id = builder->graph->sink_count++;
    pipeline->sink = sink;
    pipeline->sink_name = arena_strdup(arena, table->name);
    TRY(plan_query(builder, insert->query, pipeline));
    return plan_assign(builder, insert, sink->table, pipeline->sink_schema, pipeline);
}

enum status plan_builder_add_insert(struct plan_builder *builder, const struct sql_insert *insert)
{
    struct sql_table *table = NULL;
    TRY(open_zone(builder));
    TRY(sql_catalog_find_table(builder->context->catalog, &insert->table, &table, builder->error));
    enum status status = plan_insert(builder, insert, table);
    sql_table_unref(table);
    return status;
}

/* NULL has no type of its own in a result: Flink shows such a column as STRING there. */
static enum status type_nulls(struct plan_builder *builder, struct pipeline *pipeline)
{
    struct arena *arena = builder->graph->arena;
    const struct schema *output = pipeline->output;
    struct schema *typed = schema_create(output->num_fields);
    plan_job_graph_hold(builder->graph, typed);
    for (uint32_t i = 0; i < output->num_fields; i++) {
        bool null = output->fields[i].type.kind == TYPE_NULL;
        schema_set_field(typed, i, output->fields[i].name,
                         null ? data_type_of(TYPE_STRING) : output->fields[i].type);
    }
    const struct expression **projections = arena_calloc(arena, output->num_fields + 1, sizeof *projections);
    for (uint32_t i = 0; pipeline->scan != NULL && i < output->num_fields; i++) {
        projections[i] = pipeline->projections[i];
        if (projections[i]->type.kind == TYPE_NULL)
            projections[i] = expression_literal(arena, data_type_of(TYPE_STRING), NULL);
    }
    if (pipeline->scan != NULL)
        pipeline->projections = projections;
    pipeline->output = typed;
    return STATUS_OK;
}

enum status plan_builder_add_query(struct plan_builder *builder, const struct sql_query *query,
                                   bool with_sink)
{
    TRY(open_zone(builder));
    struct pipeline *pipeline = append_pipeline(builder);
    TRY(plan_query(builder, query, pipeline));
    TRY(type_nulls(builder, pipeline));
    if (!with_sink)
        return STATUS_OK;
    struct plan_sink *sink = arena_calloc(builder->graph->arena, 1, sizeof *sink);
    sink->kind = PLAN_SINK_COLLECT;
    sink->table = "";
    sink->sink_id = builder->graph->sink_count++;
    pipeline->sink = sink;
    pipeline->sink_name = "collect";
    pipeline->job_name = planner_query_name(builder->context, query, builder->graph->arena);
    return STATUS_OK;
}

enum status planner_plan_inserts(const struct planner_context *context, const struct sql_insert *inserts,
                                 size_t insert_count, struct plan_job_graph **ret_graph, struct error *error)
{
    struct plan_builder builder;
    error_clear(error);
    plan_builder_init(&builder, context, error);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < insert_count; i++)
        status = plan_builder_add_insert(&builder, &inserts[i]);
    if (status == STATUS_OK)
        status = plan_builder_build(&builder);
    plan_builder_finish(&builder, status == STATUS_OK);
    if (status == STATUS_OK)
        *ret_graph = builder.graph;
    return status;
}

enum status planner_plan_query(const struct planner_context *context, const struct sql_query *query,
                               struct plan_job_graph **ret_graph, struct error *error)
{
    struct plan_builder builder;
    error_clear(error);
    plan_builder_init(&builder, context, error);
    enum status status = plan_builder_add_query(&builder, query, true);
    if (status == STATUS_OK)
        status = plan_builder_build(&builder);
    plan_builder_finish(&builder, status == STATUS_OK);
    if (status == STATUS_OK)
        *ret_graph = builder.graph;
    return status;
}
