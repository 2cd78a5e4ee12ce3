#include "jobmanager/planner/physical/conjuncts.h"
#include "jobmanager/planner/physical/windows.h"

#include <string.h>

/* A window table function whose rows are wanted one by one, on its way. */
struct window_function {
    const struct relation *relation;
    struct column_list input;
    uint32_t *map; /* column i of the relation, of the operator */
    uint32_t key_count;
};

static void place(struct lowering *lowering, struct window_function *function, uint32_t column)
{
    const struct schema_field *field = &function->relation->schema->fields[column];
    function->map[column] = column_list_place(lowering->arena, &function->input, field->name,
                                              expression_column(lowering->arena, column, field->type));
}

/* The keys by which sessions are told apart, then the time and what is wanted. */
static void place_columns(struct lowering *lowering, struct window_function *function, const bool *used)
{
    const struct relation_window *window = function->relation->window;
    uint32_t width = function->relation->inputs[0]->schema->num_fields;
    function->map = arena_calloc(lowering->arena, width + 4, sizeof *function->map);
    for (uint32_t i = 0; i < window->partition_column_count; i++)
        place(lowering, function, window->partition_columns[i]);
    function->key_count = function->input.count;
    for (uint32_t i = 0; i < width; i++) {
        if (used[i] || (i == window->time_column && window->time == TIME_ATTRIBUTE_ROWTIME))
            place(lowering, function, i);
    }
    if (function->input.count == 0)
        column_list_append(lowering->arena, &function->input, "$f0",
                           expression_literal_int(lowering->arena, 0));
}

/* The columns of the input, then the window's. */
static const struct schema *output_schema(struct lowering *lowering, struct window_function *function)
{
    const struct relation *relation = function->relation;
    const struct column_list *input = &function->input;
    uint32_t width = relation->inputs[0]->schema->num_fields;
    struct schema *schema = schema_create(input->count + 3);
    for (uint32_t i = 0; i < input->count; i++)
        schema_set_field(schema, i, input->names[i], input->expressions[i]->type);
    for (uint32_t i = 0; i < 3; i++) {
        const struct schema_field *field = &relation->schema->fields[width + i];
        schema_set_field(schema, input->count + i, field->name, field->type);
        function->map[width + i] = input->count + i;
    }
    return plan_job_graph_hold(lowering->planning->graph, schema);
}

static enum status lower_session(struct lowering *lowering, const struct window_function *function,
                                 struct physical **node)
{
    if (((*node)->changelog & ~PLAN_INSERTS) != 0)
        return refuse_changes(lowering, *node, "WindowTableFunction");
    return is_partitioned(*node, function->key_count)
               ? STATUS_OK
               : lower_exchange(lowering, *node, function->key_count, node);
}

/* Conditions that do not concern the window are asked before rows are doubled; of sessions only those on
 * their keys are, since another row less may end a session. */
static const struct expression *take_conditions(struct lowering *lowering, const struct relation *relation,
                                                struct wanted *wanted)
{
    const struct relation_window *window = relation->window;
    bool *own = arena_calloc(lowering->arena, relation->schema->num_fields + 1, sizeof *own);
    if (window->kind != PLAN_WINDOW_SESSION)
        memset(own, true, relation->inputs[0]->schema->num_fields);
    for (uint32_t i = 0; i < window->partition_column_count; i++)
        own[window->partition_columns[i]] = true;
    return conjuncts_take(lowering->arena, &wanted->filter, own, relation->schema->num_fields);
}

enum status lower_window(struct lowering *lowering, const struct relation *relation, struct wanted wanted,
                         struct physical **ret_node)
{
    struct window_function function = {.relation = relation};
    const struct relation_window *window = relation->window;
    const struct expression *filter = take_conditions(lowering, relation, &wanted);
    struct physical *node = NULL;
    place_columns(lowering, &function, wanted_columns(lowering, &wanted, relation->schema->num_fields));
    struct wanted below = wanted_list(lowering, &function.input);
    below.filter = filter;
    TRY(lower(lowering, relation->inputs[0], below, &node));
    struct plan_window_table_function *plan = arena_calloc(lowering->arena, 1, sizeof *plan);
    plan->window = make_window(lowering, window);
    plan->window.time_column = function.map[window->time_column];
    plan->window.partition_columns = column_numbers(lowering->arena, function.key_count);
    plan->window.partition_column_count = function.key_count;
    if (plan->window.time == PLAN_TIME_EVENT)
        need_watermarks(node);
    if (window->kind == PLAN_WINDOW_SESSION)
        TRY(lower_session(lowering, &function, &node));
    const struct schema *schema = output_schema(lowering, &function);
    TRY(physical_create(lowering, PHYSICAL_WINDOW_TABLE_FUNCTION, schema, &node, 1, &node));
    node->window_table_function = plan;
    if (window->kind == PLAN_WINDOW_SESSION)
        set_partitioned(lowering, node, function.key_count);
    return lower_mapped(lowering, node, function.map, wanted, ret_node);
}
