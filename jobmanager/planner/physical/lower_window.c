#include "jobmanager/planner/physical/conjuncts.h"
#include "jobmanager/planner/physical/windows.h"

#include <string.h>

/* A window table function whose rows are wanted one by one. */
enum status lower_window(struct lowering *lowering, const struct relation *relation, struct wanted wanted,
                         struct physical **ret_node)
{
    const struct relation_window *window = relation->window;
    const struct relation *input = relation->inputs[0];
    uint32_t width = input->schema->num_fields;
    bool *own = arena_calloc(lowering->arena, relation->schema->num_fields + 1, sizeof *own);
    memset(own, true, width);
    /* What does not concern the window is asked before rows are doubled. */
    const struct expression *filter =
        conjuncts_take(lowering->arena, &wanted.filter, own, relation->schema->num_fields);
    const bool *used = wanted_columns(lowering, &wanted, relation->schema->num_fields);
    uint32_t *map = arena_calloc(lowering->arena, width + 4, sizeof *map);
    struct column_list list = {.count = 0};
    struct physical *node = NULL;
    if (window->kind == PLAN_WINDOW_SESSION)
        return error_set(lowering->planning->error, STATUS_UNSUPPORTED,
                         "SESSION is supported where its rows are aggregated right over it: GROUP BY "
                         "window_start, window_end and its PARTITION BY columns.");
    for (uint32_t i = 0; i < width; i++) {
        const struct schema_field *field = &input->schema->fields[i];
        if (used[i] || (i == window->time_column && window->time == TIME_ATTRIBUTE_ROWTIME))
            map[i] = column_list_place(lowering->arena, &list, field->name,
                                       expression_column(lowering->arena, i, field->type));
    }
    struct wanted below = wanted_list(lowering, &list);
    below.filter = filter;
    TRY(lower(lowering, input, below, &node));
    if ((node->changelog & ~PLAN_INSERTS) != 0)
        return refuse_changes(lowering, node, "WindowTableFunction");
    struct plan_window_table_function *function = arena_calloc(lowering->arena, 1, sizeof *function);
    function->window = make_window(lowering, window);
    function->window.time_column = map[window->time_column];
    if (function->window.time == PLAN_TIME_EVENT)
        need_watermarks(node);
    struct schema *schema = schema_create(list.count + 3);
    for (uint32_t i = 0; i < list.count; i++)
        schema_set_field(schema, i, list.names[i], list.expressions[i]->type);
    for (uint32_t i = 0; i < 3; i++) {
        const struct schema_field *field = &relation->schema->fields[width + i];
        schema_set_field(schema, list.count + i, field->name, field->type);
        map[width + i] = list.count + i;
    }
    plan_job_graph_hold(lowering->planning->graph, schema);
    TRY(physical_create(lowering, PHYSICAL_WINDOW_TABLE_FUNCTION, schema, &node, 1, &node));
    node->window_table_function = function;
    return lower_mapped(lowering, node, map, wanted, ret_node);
}
