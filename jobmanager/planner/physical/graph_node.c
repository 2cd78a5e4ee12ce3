#include "jobmanager/planner/physical/graph_internal.h"

#include "common/base/check.h"

static void fill_source(struct graph_builder *builder, const struct physical *physical,
                        struct plan_node *node)
{
    const char *table = physical->kind == PHYSICAL_SCAN ? physical->scan->table->name : "Values";
    node->kind = PLAN_SOURCE;
    node->source = physical->source;
    node->name = arena_printf(builder->arena, "Source: %s[%u]", table, node->id);
}

static void fill_sink(struct graph_builder *builder, const struct relation_sink *sink, struct plan_node *node)
{
    node->kind = PLAN_SINK;
    node->sink = sink->sink;
    node->name = sink->sink->kind == PLAN_SINK_COLLECT
                     ? "Sink: Collect table sink"
                     : arena_printf(builder->arena, "%s[%u]: Writer", sink->name, node->id);
}

struct plan_node *graph_make_node(struct graph_builder *builder, const struct physical *physical)
{
    struct plan_node *node = arena_calloc(builder->arena, 1, sizeof *node);
    node->id = ++builder->next_id;
    node->schema = physical->schema;
    switch (physical->kind) {
    case PHYSICAL_SCAN:
    case PHYSICAL_VALUES: fill_source(builder, physical, node); break;
    case PHYSICAL_CALC:
        node->kind = PLAN_CALC;
        node->calc = physical->calc;
        node->name = arena_printf(builder->arena, "Calc[%u]", node->id);
        break;
    case PHYSICAL_SINK: fill_sink(builder, physical->sink->sink, node); break;
    case PHYSICAL_UNION:
    case PHYSICAL_EXCHANGE: CHECK(false);
    }
    return node;
}
