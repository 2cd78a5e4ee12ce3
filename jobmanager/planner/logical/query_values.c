#include "common/expression/type_rules.h"
#include "jobmanager/planner/logical/logical_internal.h"

/* The type that holds the values of a column in every row. */
static enum status merge_types(struct planning *planning, const struct sql_query *query,
                               const struct expression *const *values, size_t width, struct data_type *types)
{
    for (size_t column = 0; column < width; column++) {
        types[column] = values[column]->type;
        for (size_t row = 1; row < query->row_count; row++) {
            struct data_type other = values[row * width + column]->type;
            if (!type_find_common(types[column], other, &types[column]))
                return planner_error_at(planning->error, &query->rows[row].values[column]->span,
                                        STATUS_INVALID_ARGUMENT,
                                        "The values of column %zu of VALUES have no common type", column + 1);
        }
    }
    return STATUS_OK;
}

static enum status resolve_rows(const struct scope *scope, const struct sql_query *query, size_t width,
                                const struct expression **values)
{
    for (size_t row = 0; row < query->row_count; row++) {
        if (query->rows[row].count != width)
            return planner_error_at(
                scope->error, &query->rows[row].span, STATUS_INVALID_ARGUMENT,
                "Values passed to VALUES operator must have compatible types: this row has %zu "
                "columns, the first has %zu",
                query->rows[row].count, width);
        for (size_t column = 0; column < width; column++)
            TRY(resolve_expression(scope, query->rows[row].values[column], &values[row * width + column]));
    }
    return STATUS_OK;
}

enum status query_values(struct planning *planning, const struct sql_query *query,
                         const struct relation **ret_relation)
{
    struct arena *arena = planning->arena;
    struct scope scope = scope_of(planning);
    size_t width = query->rows[0].count;
    const struct expression **values = arena_calloc(arena, query->row_count * width, sizeof *values);
    struct data_type *types = arena_calloc(arena, width, sizeof *types);
    struct column_list list = {.count = 0};
    TRY(resolve_rows(&scope, query, width, values));
    TRY(merge_types(planning, query, values, width, types));
    for (size_t i = 0; i < query->row_count * width; i++) {
        if (types[i % width].kind != TYPE_NULL)
            TRY(expression_cast(arena, values[i], types[i % width], false, &values[i], planning->error));
        if (resolve_constant(&scope, values[i], &values[i]) != STATUS_OK)
            return planner_locate(planning->error, &query->rows[i / width].values[i % width]->span);
    }
    for (size_t column = 0; column < width; column++) {
        struct expression *typed = arena_dup(arena, values[column], sizeof *typed);
        typed->type = types[column];
        column_list_append(arena, &list, arena_printf(arena, "EXPR$%zu", column), typed);
    }
    return relation_values(planning, column_list_schema(planning, &list), values, query->row_count,
                           ret_relation);
}
