#include "jobmanager/planner/physical/physical_internal.h"

enum status lower_values(struct lowering *lowering, const struct relation *values, struct wanted wanted,
                         struct physical **ret_node)
{
    struct physical *node = NULL;
    struct plan_source *source = arena_calloc(lowering->arena, 1, sizeof *source);
    source->kind = PLAN_SOURCE_VALUES;
    source->table = "";
    source->fields = arena_calloc(lowering->arena, values->schema->num_fields + 1, sizeof *source->fields);
    source->values = values->expressions;
    source->value_row_count = values->row_count;
    TRY(physical_create(lowering, PHYSICAL_VALUES, values->schema, NULL, 0, &node));
    node->source = source;
    return lower_calc(lowering, node, wanted, ret_node);
}
