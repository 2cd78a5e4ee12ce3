#include "jobmanager/planner/physical/physical_internal.h"

#include "common/expression/functions/functions.h"
#include "jobmanager/planner/logical/resolve.h"

enum { PHYSICAL_MAX = 10000 };

enum status physical_create(struct lowering *lowering, enum physical_kind kind, const struct schema *schema,
                            struct physical *const *inputs, size_t input_count, struct physical **ret_node)
{
    struct physical_plan *plan = lowering->plan;
    if (plan->node_count == PHYSICAL_MAX)
        return error_set(lowering->planning->error, STATUS_EXHAUSTED,
                         "The statement has more than %d operators once written out.", PHYSICAL_MAX);
    struct physical *node = arena_calloc(lowering->arena, 1, sizeof *node);
    size_t size = plan->node_count * sizeof *plan->nodes;
    node->kind = kind;
    node->schema = schema;
    node->inputs = arena_dup(lowering->arena, (const void *)inputs, input_count * sizeof *inputs);
    node->input_count = input_count;
    node->changelog = input_count == 0 ? PLAN_INSERTS : 0;
    for (size_t i = 0; i < input_count; i++)
        node->changelog |= inputs[i]->changelog;
    plan->nodes = arena_grow(lowering->arena, (const void *)plan->nodes, size, size + sizeof *plan->nodes);
    plan->nodes[plan->node_count++] = node;
    *ret_node = node;
    return STATUS_OK;
}

/* What is wanted of a relation, over the columns of that below it: expressions[i] is column i. */
static enum status pull_down(struct lowering *lowering, const struct expression *const *expressions,
                             struct wanted *wanted)
{
    struct planning *planning = lowering->planning;
    struct scope scope = scope_of(planning);
    uint32_t count = wanted->output->num_fields;
    const struct expression **projections = arena_calloc(lowering->arena, count + 1, sizeof *projections);
    for (uint32_t i = 0; i < count; i++) {
        projections[i] = expression_substitute(lowering->arena, wanted->projections[i], expressions);
        TRY(check_expression_size(projections[i], planning->error));
        projections[i] = resolve_fold_all(&scope, projections[i]);
    }
    wanted->projections = projections;
    if (wanted->filter == NULL)
        return STATUS_OK;
    wanted->filter = expression_substitute(lowering->arena, wanted->filter, expressions);
    TRY(check_expression_size(wanted->filter, planning->error));
    wanted->filter = resolve_fold_all(&scope, wanted->filter);
    return STATUS_OK;
}

static enum status add_filter(struct lowering *lowering, const struct expression *condition,
                              struct wanted *wanted)
{
    const struct expression *both[] = {condition, wanted->filter};
    if (wanted->filter == NULL) {
        wanted->filter = condition;
        return STATUS_OK;
    }
    if (function_call(lowering->arena, "AND", both, 2, &wanted->filter, lowering->planning->error) !=
        STATUS_OK)
        return lowering->planning->error->code;
    return check_expression_size(wanted->filter, lowering->planning->error);
}

enum status lower_to_base(struct lowering *lowering, const struct relation **relation, struct wanted *wanted)
{
    for (;; *relation = (*relation)->inputs[0]) {
        if ((*relation)->kind == RELATION_PROJECT)
            TRY(pull_down(lowering, (*relation)->expressions, wanted));
        else if ((*relation)->kind == RELATION_FILTER)
            TRY(add_filter(lowering, (*relation)->condition, wanted));
        else
            return STATUS_OK;
    }
}

bool *wanted_columns(struct lowering *lowering, const struct wanted *wanted, uint32_t width)
{
    bool *used = arena_calloc(lowering->arena, width + 1, sizeof *used);
    for (uint32_t i = 0; i < wanted->output->num_fields; i++)
        expression_mark_columns(wanted->projections[i], used);
    if (wanted->filter != NULL)
        expression_mark_columns(wanted->filter, used);
    return used;
}

struct wanted wanted_list(struct lowering *lowering, const struct column_list *list)
{
    return (struct wanted){.projections = list->expressions,
                           .output = column_list_schema(lowering->planning, list)};
}

enum status lower_mapped(struct lowering *lowering, struct physical *input, const uint32_t *map,
                         struct wanted wanted, struct physical **ret_node)
{
    uint32_t count = wanted.output->num_fields;
    const struct expression **projections = arena_calloc(lowering->arena, count + 1, sizeof *projections);
    for (uint32_t i = 0; i < count; i++)
        projections[i] = expression_map_columns(lowering->arena, wanted.projections[i], map);
    wanted.projections = projections;
    if (wanted.filter != NULL)
        wanted.filter = expression_map_columns(lowering->arena, wanted.filter, map);
    return lower_calc(lowering, input, wanted, ret_node);
}

enum status lower(struct lowering *lowering, const struct relation *relation, struct wanted wanted,
                  struct physical **ret_node)
{
    TRY(lower_to_base(lowering, &relation, &wanted));
    switch (relation->kind) {
    case RELATION_SCAN:
        TRY(pull_down(lowering, relation->scan->columns.table_columns, &wanted));
        return lower_scan(lowering, relation->scan, wanted, ret_node);
    case RELATION_UNION: return lower_union(lowering, relation, wanted, ret_node);
    case RELATION_VALUES: return lower_values(lowering, relation, wanted, ret_node);
    case RELATION_AGGREGATE: return lower_aggregate(lowering, relation, wanted, ret_node);
    case RELATION_WINDOW: return lower_window(lowering, relation, wanted, ret_node);
    case RELATION_LIMIT: return lower_limit(lowering, relation, wanted, ret_node);
    case RELATION_ROW_NUMBER: return lower_row_number(lowering, relation, wanted, ret_node);
    case RELATION_PROJECT:
    case RELATION_FILTER:
    case RELATION_SINK: break;
    }
    return error_set(lowering->planning->error, STATUS_INTERNAL, "A relation of kind %d cannot be planned.",
                     (int)relation->kind);
}
