#include "jobmanager/planner/physical/physical_internal.h"

/* The sink over its query, the columns assigned to those of its table. */
static enum status lower_sink(struct lowering *lowering, const struct relation *relation,
                              struct physical **ret_node)
{
    const struct relation_sink *sink = relation->sink;
    struct physical *input = NULL;
    if (sink->assigned != NULL) {
        struct wanted wanted = {.projections = sink->assigned, .output = sink->schema};
        TRY(lower(lowering, relation->inputs[0], wanted, &input));
    } else {
        TRY(lower_whole(lowering, relation->inputs[0], sink->schema, &input));
    }
    if (sink->sink->kind == PLAN_SINK_ICEBERG && (input->changelog & ~PLAN_INSERTS) != 0)
        return refuse_changes(lowering, input,
                              arena_printf(lowering->arena, "Table sink '%s'", sink->sink->table));
    TRY(physical_create(lowering, PHYSICAL_SINK, sink->schema, &input, 1, ret_node));
    (*ret_node)->sink = relation;
    return STATUS_OK;
}

enum status physical_plan_create(struct planning *planning, const struct relation *const *sinks,
                                 size_t sink_count, struct physical_plan *ret_plan)
{
    struct physical_plan plan = {.sink_count = sink_count};
    struct lowering lowering = {.planning = planning, .arena = planning->arena, .plan = &plan};
    plan.sinks = arena_calloc(planning->arena, sink_count + 1, sizeof *plan.sinks);
    TRY(physical_settings_read(planning, &lowering.settings));
    for (size_t i = 0; i < sink_count; i++)
        TRY(lower_sink(&lowering, sinks[i], &plan.sinks[i]));
    prune_scans(&lowering);
    share_operators(&plan);
    infer_update_before(&plan, planning->is_explained);
    identify_operators(&lowering);
    *ret_plan = plan;
    return STATUS_OK;
}
