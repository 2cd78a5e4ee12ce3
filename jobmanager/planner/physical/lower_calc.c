#include "jobmanager/planner/physical/physical_internal.h"

bool calc_is_identity(const struct plan_calc *calc, const struct schema *input, const struct schema *output)
{
    if (calc->filter != NULL || output->num_fields != input->num_fields)
        return false;
    for (uint32_t i = 0; i < input->num_fields; i++) {
        const struct expression *projection = calc->projections[i];
        if (projection->kind != EXPRESSION_COLUMN || projection->column != i ||
            !data_type_equal(input->fields[i].type, output->fields[i].type))
            return false;
    }
    return true;
}

enum status lower_calc(struct lowering *lowering, struct physical *input, struct wanted wanted,
                       struct physical **ret_node)
{
    struct plan_calc *calc = arena_calloc(lowering->arena, 1, sizeof *calc);
    calc->filter = wanted.filter;
    calc->projections = wanted.projections;
    calc->projection_count = wanted.output->num_fields;
    calc->time_zone =
        arena_strdup(lowering->arena, planner_time_zone_name(&lowering->planning->context->configuration));
    /* What stands over a scan is judged when the scan's columns are known. */
    if (input->kind != PHYSICAL_SCAN && calc_is_identity(calc, input->schema, wanted.output)) {
        *ret_node = input;
        return STATUS_OK;
    }
    TRY(physical_create(lowering, PHYSICAL_CALC, wanted.output, &input, 1, ret_node));
    (*ret_node)->calc = calc;
    inherit_partitions(lowering, *ret_node);
    return STATUS_OK;
}

enum status lower_whole(struct lowering *lowering, const struct relation *relation,
                        const struct schema *output, struct physical **ret_node)
{
    const struct expression **columns =
        arena_calloc(lowering->arena, output->num_fields + 1, sizeof *columns);
    for (uint32_t i = 0; i < output->num_fields; i++)
        columns[i] = expression_column(lowering->arena, i, output->fields[i].type);
    struct wanted wanted = {.projections = columns, .output = output};
    return lower(lowering, relation, wanted, ret_node);
}
