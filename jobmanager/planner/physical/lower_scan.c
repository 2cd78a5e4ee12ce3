#include "jobmanager/planner/physical/physical_internal.h"

/* All that read a table stand above one scan. */
static struct physical *find_scan(const struct lowering *lowering, const struct scan *scan)
{
    for (size_t i = 0; i < lowering->plan->node_count; i++) {
        if (lowering->plan->nodes[i]->scan == scan)
            return lowering->plan->nodes[i];
    }
    return NULL;
}

enum status lower_scan(struct lowering *lowering, struct scan *scan, struct wanted wanted,
                       struct physical **ret_node)
{
    struct physical *node = find_scan(lowering, scan);
    if (node == NULL) {
        TRY(physical_create(lowering, PHYSICAL_SCAN, scan->columns.schema, NULL, 0, &node));
        node->scan = scan;
    }
    return lower_calc(lowering, node, wanted, ret_node);
}

static bool reads(const struct physical *node, const struct physical *scan)
{
    return node->kind == PHYSICAL_CALC && node->inputs[0] == scan;
}

static void mark_calc(const struct plan_calc *calc, bool *used)
{
    if (calc->filter != NULL)
        expression_mark_columns(calc->filter, used);
    for (size_t i = 0; i < calc->projection_count; i++)
        expression_mark_columns(calc->projections[i], used);
}

/* The columns that somebody reads; one at least, so that there are rows to count. */
static uint32_t keep_columns(const struct lowering *lowering, const struct physical *node, uint32_t *kept)
{
    const struct scan *scan = node->scan;
    uint32_t width = scan->columns.schema->num_fields;
    bool *used = arena_calloc(lowering->arena, width + 1, sizeof *used);
    uint32_t count = 0;
    for (size_t i = 0; i < lowering->plan->node_count; i++) {
        if (reads(lowering->plan->nodes[i], node))
            mark_calc(lowering->plan->nodes[i]->calc, used);
    }
    if (node->needs_watermark)
        expression_mark_columns(scan->watermark->expression, used);
    for (uint32_t i = 0; i < width; i++) {
        if (used[i] || scan->columns.required[i])
            kept[count++] = i;
    }
    if (count == 0 && width > 0)
        kept[count++] = 0;
    return count;
}

static void map_calc(struct arena *arena, struct plan_calc *calc, const uint32_t *map)
{
    const struct expression **projections =
        arena_calloc(arena, calc->projection_count + 1, sizeof *projections);
    for (size_t i = 0; i < calc->projection_count; i++)
        projections[i] = expression_map_columns(arena, calc->projections[i], map);
    calc->projections = projections;
    calc->filter = calc->filter == NULL ? NULL : expression_map_columns(arena, calc->filter, map);
}

static void prune_scan(struct lowering *lowering, struct physical *node)
{
    const struct schema *all = node->scan->columns.schema;
    uint32_t *kept = arena_calloc(lowering->arena, all->num_fields + 1, sizeof *kept);
    uint32_t *map = arena_calloc(lowering->arena, all->num_fields + 1, sizeof *map);
    uint32_t count = keep_columns(lowering, node, kept);
    struct schema *schema = schema_create(count);
    for (uint32_t i = 0; i < count; i++) {
        schema_set_field(schema, i, all->fields[kept[i]].name, all->fields[kept[i]].type);
        map[kept[i]] = i;
    }
    node->schema = plan_job_graph_hold(lowering->planning->graph, schema);
    node->source = plan_source_restrict(lowering->planning, node->scan, kept, count, node->needs_watermark);
    for (size_t i = 0; i < lowering->plan->node_count; i++) {
        if (reads(lowering->plan->nodes[i], node))
            map_calc(lowering->arena, lowering->plan->nodes[i]->calc, map);
    }
}

static bool does_nothing(const struct physical *node)
{
    return node->kind == PHYSICAL_CALC && calc_is_identity(node->calc, node->inputs[0]->schema, node->schema);
}

void prune_scans(struct lowering *lowering)
{
    struct physical_plan *plan = lowering->plan;
    for (size_t i = 0; i < plan->node_count; i++) {
        if (plan->nodes[i]->kind == PHYSICAL_SCAN)
            prune_scan(lowering, plan->nodes[i]);
    }
    size_t count = 0;
    for (size_t i = 0; i < plan->node_count; i++) {
        struct physical *node = plan->nodes[i];
        for (size_t input = 0; input < node->input_count; input++) {
            if (does_nothing(node->inputs[input]))
                node->inputs[input] = node->inputs[input]->inputs[0];
        }
        if (!does_nothing(node))
            plan->nodes[count++] = node;
    }
    plan->node_count = count;
}
