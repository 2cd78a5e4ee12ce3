#include "jobmanager/planner/physical/physical_internal.h"

#include <string.h>

static bool equal_numbers(const uint32_t *a, const uint32_t *b, uint32_t count)
{
    return memcmp(a, b, count * sizeof *a) == 0;
}

static bool equal_calcs(const struct plan_calc *a, const struct plan_calc *b)
{
    if (a->projection_count != b->projection_count || (a->filter == NULL) != (b->filter == NULL))
        return false;
    for (size_t i = 0; i < a->projection_count; i++) {
        if (!expression_equal(a->projections[i], b->projections[i]))
            return false;
    }
    return a->filter == NULL || expression_equal(a->filter, b->filter);
}

static bool equal_calls(const struct plan_aggregate_call *a, const struct plan_aggregate_call *b,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (a[i].function != b[i].function || a[i].argument_count != b[i].argument_count ||
            a[i].filter != b[i].filter || a[i].is_distinct != b[i].is_distinct ||
            !equal_numbers(a[i].arguments, b[i].arguments, a[i].argument_count))
            return false;
    }
    return true;
}

static bool equal_windows(const struct plan_window *a, const struct plan_window *b)
{
    return a->kind == b->kind && a->time == b->time && a->time_column == b->time_column &&
           a->window_start_column == b->window_start_column && a->window_end_column == b->window_end_column &&
           a->size_us == b->size_us && a->slide_us == b->slide_us && a->offset_us == b->offset_us &&
           a->is_zoned == b->is_zoned && a->partition_column_count == b->partition_column_count;
}

static bool equal_window_aggregates(const struct plan_window_aggregate *a,
                                    const struct plan_window_aggregate *b)
{
    return a->phase == b->phase && equal_windows(&a->window, &b->window) && a->key_count == b->key_count &&
           a->call_count == b->call_count && equal_calls(a->calls, b->calls, a->call_count) &&
           a->property_count == b->property_count &&
           memcmp(a->properties, b->properties, a->property_count * sizeof *a->properties) == 0;
}

static bool equal_group_aggregates(const struct plan_group_aggregate *a, const struct plan_group_aggregate *b)
{
    return a->phase == b->phase && a->key_count == b->key_count && a->call_count == b->call_count &&
           equal_calls(a->calls, b->calls, a->call_count);
}

static bool equal_deduplications(const struct plan_deduplicate *a, const struct plan_deduplicate *b)
{
    return a->key_count == b->key_count && a->time_column == b->time_column &&
           a->is_event_time == b->is_event_time && a->keeps_last == b->keeps_last &&
           a->waits_for_watermark == b->waits_for_watermark;
}

static bool equal_rankings(const struct plan_top_n *a, const struct plan_top_n *b)
{
    if (a->key_count != b->key_count || a->order_count != b->order_count || a->first != b->first ||
        a->last != b->last || a->emits_rank != b->emits_rank)
        return false;
    for (uint32_t i = 0; i < a->order_count; i++) {
        if (a->order[i].column != b->order[i].column ||
            a->order[i].is_descending != b->order[i].is_descending ||
            a->order[i].nulls_last != b->order[i].nulls_last)
            return false;
    }
    return true;
}

static bool equal_types(const struct schema *a, const struct schema *b)
{
    if (a->num_fields != b->num_fields)
        return false;
    for (uint32_t i = 0; i < a->num_fields; i++) {
        if (!data_type_equal(a->fields[i].type, b->fields[i].type))
            return false;
    }
    return true;
}

/* Keys need no comparison: they are the first columns. */
static bool equal_operators(const struct physical *a, const struct physical *b)
{
    if (a->kind != b->kind || a->input_count != b->input_count || !equal_types(a->schema, b->schema))
        return false;
    for (size_t i = 0; i < a->input_count; i++) {
        if (a->inputs[i] != b->inputs[i])
            return false;
    }
    switch (a->kind) {
    case PHYSICAL_CALC: return equal_calcs(a->calc, b->calc);
    case PHYSICAL_WINDOW_TABLE_FUNCTION:
        return equal_windows(&a->window_table_function->window, &b->window_table_function->window);
    case PHYSICAL_WINDOW_AGGREGATE: return equal_window_aggregates(a->window_aggregate, b->window_aggregate);
    case PHYSICAL_GROUP_AGGREGATE: return equal_group_aggregates(a->group_aggregate, b->group_aggregate);
    case PHYSICAL_DEDUPLICATE: return equal_deduplications(a->deduplicate, b->deduplicate);
    case PHYSICAL_TOP_N: return a->is_limit == b->is_limit && equal_rankings(a->top_n, b->top_n);
    case PHYSICAL_EXCHANGE:
        return a->exchange->partitioning == b->exchange->partitioning &&
               a->exchange->key_count == b->exchange->key_count;
    case PHYSICAL_UNION: return true;
    case PHYSICAL_SCAN:
    case PHYSICAL_VALUES:
    case PHYSICAL_SINK: break;
    }
    return false;
}

static struct physical *find_equal(const struct physical_plan *plan, size_t count, struct physical *node)
{
    for (size_t i = 0; i < count; i++) {
        if (equal_operators(plan->nodes[i], node))
            return plan->nodes[i];
    }
    return node;
}

void share_operators(struct physical_plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->node_count; i++) {
        struct physical *node = plan->nodes[i];
        for (size_t input = 0; input < node->input_count; input++)
            node->inputs[input] = node->inputs[input]->same;
        node->same = find_equal(plan, count, node);
        if (node->same == node)
            plan->nodes[count++] = node;
    }
    plan->node_count = count;
}
