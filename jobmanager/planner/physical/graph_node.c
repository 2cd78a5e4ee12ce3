#include "jobmanager/planner/physical/graph_internal.h"
#include "jobmanager/planner/physical/print.h"

#include "common/base/check.h"

#include <string.h>

static const char *phase_name(enum plan_aggregate_phase phase)
{
    if (phase == PLAN_AGGREGATE_SINGLE)
        return "";
    return phase == PLAN_AGGREGATE_LOCAL ? "Local" : "Global";
}

/* Flink's names: "GlobalWindowAggregate[4]". */
static void name_node(struct arena *arena, const struct physical *physical, struct plan_node *node)
{
    const char *name = "";
    const char *phase = "";
    switch (physical->kind) {
    case PHYSICAL_SCAN:
    case PHYSICAL_VALUES:
        node->kind = PLAN_SOURCE;
        name = physical->kind == PHYSICAL_SCAN ? physical->scan->table->name : "Values";
        node->name = arena_printf(arena, "Source: %s[%u]", name, node->id);
        return;
    case PHYSICAL_SINK:
        node->kind = PLAN_SINK;
        node->sink = physical->sink->sink->sink;
        node->name = node->sink->kind == PLAN_SINK_COLLECT
                         ? "Sink: Collect table sink"
                         : arena_printf(arena, "%s[%u]: Writer", physical->sink->sink->name, node->id);
        return;
    case PHYSICAL_CALC: node->kind = PLAN_CALC, name = "Calc"; break;
    case PHYSICAL_WINDOW_TABLE_FUNCTION:
        node->kind = PLAN_WINDOW_TABLE_FUNCTION, name = "WindowTableFunction";
        break;
    case PHYSICAL_WINDOW_AGGREGATE:
        node->kind = PLAN_WINDOW_AGGREGATE, name = "WindowAggregate";
        phase = phase_name(physical->window_aggregate->phase);
        break;
    case PHYSICAL_GROUP_AGGREGATE:
        node->kind = PLAN_GROUP_AGGREGATE, name = "GroupAggregate";
        phase = phase_name(physical->group_aggregate->phase);
        break;
    case PHYSICAL_DEDUPLICATE: node->kind = PLAN_DEDUPLICATE, name = "Deduplicate"; break;
    case PHYSICAL_TOP_N: node->kind = PLAN_TOP_N, name = physical_top_n_name(physical); break;
    case PHYSICAL_UNION:
    case PHYSICAL_EXCHANGE: CHECK(false);
    }
    node->name = arena_printf(arena, "%s%s[%u]", phase, name, node->id);
}

struct plan_node *graph_make_node(struct graph_builder *builder, const struct physical *physical)
{
    struct plan_node *node = arena_calloc(builder->arena, 1, sizeof *node);
    node->id = ++builder->next_id;
    node->schema = physical->schema;
    memcpy(node->uid, physical->uid, sizeof node->uid);
    node->changelog = physical->changelog;
    node->source = physical->source;
    node->calc = physical->calc;
    node->window_table_function = physical->window_table_function;
    node->window_aggregate = physical->window_aggregate;
    node->group_aggregate = physical->group_aggregate;
    node->deduplicate = physical->deduplicate;
    node->top_n = physical->top_n;
    name_node(builder->arena, physical, node);
    return node;
}
