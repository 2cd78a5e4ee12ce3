#include "common/expression/type_rules.h"
#include "jobmanager/planner/logical/logical_internal.h"

static enum status common_types(struct planning *planning, const struct sql_query *query,
                                const struct relation *const *inputs, struct data_type *types)
{
    uint32_t width = inputs[0]->schema->num_fields;
    for (uint32_t i = 0; i < width; i++)
        types[i] = inputs[0]->schema->fields[i].type;
    for (size_t input = 1; input < query->input_count; input++) {
        const struct schema *schema = inputs[input]->schema;
        if (schema->num_fields != width)
            return planner_error_at(planning->error, &query->inputs[input]->span, STATUS_INVALID_ARGUMENT,
                                    "Column count mismatch in UNION%s: this query has %u, the first has %u",
                                    query->is_all ? " ALL" : "", schema->num_fields, width);
        for (uint32_t i = 0; i < width; i++) {
            if (!type_find_common(types[i], schema->fields[i].type, &types[i]))
                return planner_error_at(planning->error, &query->inputs[input]->span, STATUS_INVALID_ARGUMENT,
                                        "Type mismatch in column %u of UNION%s", i + 1,
                                        query->is_all ? " ALL" : "");
        }
    }
    return STATUS_OK;
}

/* The input with its columns cast to the types of the union. */
static enum status cast_input(struct planning *planning, const struct data_type *types,
                              const struct relation **input)
{
    const struct schema *schema = (*input)->schema;
    struct column_list list = {.count = 0};
    bool changed = false;
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        const struct expression *column = expression_column(planning->arena, i, schema->fields[i].type);
        if (!data_type_equal(types[i], schema->fields[i].type)) {
            TRY(expression_cast(planning->arena, column, types[i], false, &column, planning->error));
            changed = true;
        }
        column_list_append(planning->arena, &list, schema->fields[i].name, column);
    }
    return changed ? relation_project(planning, *input, &list, input) : STATUS_OK;
}

enum status query_union(struct planning *planning, const struct sql_query *query,
                        const struct relation **ret_relation)
{
    struct arena *arena = planning->arena;
    const struct relation **inputs = arena_calloc(arena, query->input_count, sizeof *inputs);
    for (size_t i = 0; i < query->input_count; i++)
        TRY(query_relation(planning, query->inputs[i], &inputs[i]));
    uint32_t width = inputs[0]->schema->num_fields;
    struct data_type *types = arena_calloc(arena, width + 1, sizeof *types);
    TRY(common_types(planning, query, inputs, types));
    for (uint32_t i = 0; i < width; i++) {
        if (types[i].kind == TYPE_NULL)
            types[i] = data_type_of(TYPE_STRING);
    }
    struct schema *schema = schema_create(width);
    for (uint32_t i = 0; i < width; i++)
        schema_set_field(schema, i, inputs[0]->schema->fields[i].name, types[i]);
    plan_job_graph_hold(planning->graph, schema);
    for (size_t i = 0; i < query->input_count; i++)
        TRY(cast_input(planning, types, &inputs[i]));
    TRY(relation_union(planning, schema, inputs, query->input_count, ret_relation));
    return query->is_all ? STATUS_OK : relation_distinct(planning, *ret_relation, ret_relation);
}
