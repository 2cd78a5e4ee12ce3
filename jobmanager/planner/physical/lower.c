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

enum status lower(struct lowering *lowering, const struct relation *relation, struct wanted wanted,
                  struct physical **ret_node)
{
    for (;; relation = relation->inputs[0]) {
        if (relation->kind == RELATION_PROJECT)
            TRY(pull_down(lowering, relation->expressions, &wanted));
        else if (relation->kind == RELATION_FILTER)
            TRY(add_filter(lowering, relation->condition, &wanted));
        else
            break;
    }
    switch (relation->kind) {
    case RELATION_SCAN:
        TRY(pull_down(lowering, relation->scan->columns.table_columns, &wanted));
        return lower_scan(lowering, relation->scan, wanted, ret_node);
    case RELATION_UNION: return lower_union(lowering, relation, wanted, ret_node);
    case RELATION_VALUES: return lower_values(lowering, relation, wanted, ret_node);
    default: break;
    }
    return error_set(lowering->planning->error, STATUS_INTERNAL, "A relation of kind %d cannot be planned.",
                     (int)relation->kind);
}
