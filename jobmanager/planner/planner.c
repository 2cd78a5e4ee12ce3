#include "jobmanager/planner/planner_internal.h"

static enum status plan_relations(struct plan *plan, const struct sql_insert *inserts, size_t insert_count,
                                  const struct sql_query *query)
{
    struct planning *planning = &plan->planning;
    plan->sinks = arena_calloc(planning->arena, insert_count + 1, sizeof *plan->sinks);
    if (query != NULL)
        TRY(collect_relation(planning, query, &plan->sinks[plan->sink_count++]));
    for (size_t i = 0; i < insert_count; i++)
        TRY(insert_relation(planning, &inserts[i], &plan->sinks[plan->sink_count++]));
    return STATUS_OK;
}

/* pipeline.name, else the query, else the tables that are written. */
static void name_job(struct plan *plan, const struct sql_query *query)
{
    const struct planner_context *context = plan->planning.context;
    struct plan_job_graph *graph = plan->planning.graph;
    const char *name = planner_setting(&context->configuration, "pipeline.name", NULL);
    if (name != NULL) {
        graph->name = arena_strdup(graph->arena, name);
        return;
    }
    if (query != NULL) {
        graph->name = planner_query_name(context, query, graph->arena);
        return;
    }
    struct buffer text = {0};
    for (size_t i = 0; i < plan->sink_count; i++)
        buffer_printf(&text, "%s%s", i == 0 ? "insert-into_" : ",", plan->sinks[i]->sink->sink->table);
    graph->name = arena_strdup(graph->arena, buffer_text(&text));
    buffer_free(&text);
}

enum status plan_statement(struct plan *plan, const struct planner_context *context,
                           const struct sql_insert *inserts, size_t insert_count,
                           const struct sql_query *query, bool is_explained, struct error *error)
{
    struct planning *planning = &plan->planning;
    *plan = (struct plan){.sink_count = 0};
    TRY(planning_start(planning, context, error));
    planning->is_explained = is_explained;
    TRY(plan_relations(plan, inserts, insert_count, query));
    TRY(planner_configure(&context->configuration, planning->graph, error));
    TRY(physical_plan_create(planning, plan->sinks, plan->sink_count, &plan->physical));
    name_job(plan, query);
    return physical_plan_build_graph(planning, &plan->physical);
}

void plan_finish(struct plan *plan, bool keep_graph)
{
    planning_finish(&plan->planning, keep_graph);
}

static enum status plan_job(const struct planner_context *context, const struct sql_insert *inserts,
                            size_t insert_count, const struct sql_query *query,
                            struct plan_job_graph **ret_graph, struct error *error)
{
    struct plan plan;
    enum status status = plan_statement(&plan, context, inserts, insert_count, query, false, error);
    plan_finish(&plan, status == STATUS_OK);
    if (status == STATUS_OK)
        *ret_graph = plan.planning.graph;
    return status;
}

enum status planner_plan_inserts(const struct planner_context *context, const struct sql_insert *inserts,
                                 size_t insert_count, struct plan_job_graph **ret_graph, struct error *error)
{
    return plan_job(context, inserts, insert_count, NULL, ret_graph, error);
}

enum status planner_plan_query(const struct planner_context *context, const struct sql_query *query,
                               struct plan_job_graph **ret_graph, struct error *error)
{
    return plan_job(context, NULL, 0, query, ret_graph, error);
}
