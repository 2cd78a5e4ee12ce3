#include "jobmanager/planner/physical/aggregation.h"

#include "jobmanager/planner/physical/conjuncts.h"

static uint32_t place_column(struct lowering *lowering, struct aggregation *aggregation, uint32_t column)
{
    const struct schema_field *field = &aggregation->relation->inputs[0]->schema->fields[column];
    return column_list_place(lowering->arena, &aggregation->input, field->name,
                             expression_column(lowering->arena, column, field->type));
}

static void add_call(struct lowering *lowering, struct aggregation *aggregation, uint32_t index)
{
    const struct relation_aggregate *aggregate = aggregation->relation->aggregate;
    struct plan_aggregate_call call = aggregate->calls[index].call;
    uint32_t *arguments = arena_calloc(lowering->arena, call.argument_count + 1, sizeof *arguments);
    for (uint32_t i = 0; i < call.argument_count; i++)
        arguments[i] = place_column(lowering, aggregation, call.arguments[i]);
    call.arguments = arguments;
    if (call.filter >= 0)
        call.filter = (int32_t)place_column(lowering, aggregation, (uint32_t)call.filter);
    aggregation->is_mergeable &= aggregate_function_is_mergeable(call.function);
    aggregation->call_columns[aggregation->call_count] = aggregate->key_count + index;
    aggregation->calls[aggregation->call_count++] = call;
}

bool is_window_key(const struct aggregation *aggregation, uint32_t key)
{
    const struct column_trait *trait = &aggregation->relation->inputs[0]->traits[key];
    if (aggregation->window == NULL || trait->window != aggregation->window)
        return false;
    return trait->part != WINDOW_PART_NONE && !(trait->part == WINDOW_PART_START && aggregation->keeps_start);
}

static void place_all(struct aggregation *aggregation, struct lowering *lowering)
{
    const struct relation_aggregate *aggregate = aggregation->relation->aggregate;
    aggregation->input = (struct column_list){.count = 0};
    aggregation->key_count = 0;
    aggregation->call_count = 0;
    for (uint32_t i = 0; i < aggregate->key_count; i++) {
        if (is_window_key(aggregation, i))
            continue;
        aggregation->key_columns[aggregation->key_count++] = i;
        (void)place_column(lowering, aggregation, i);
    }
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        if (aggregation->used[aggregate->key_count + i])
            add_call(lowering, aggregation, i);
    }
}

void aggregation_init(struct aggregation *aggregation, struct lowering *lowering,
                      const struct relation *relation, const bool *used, const struct relation_window *window)
{
    struct arena *arena = lowering->arena;
    const struct relation_aggregate *aggregate = relation->aggregate;
    *aggregation = (struct aggregation){
        .relation = relation,
        .used = used,
        .window = window,
        .key_columns = arena_calloc(arena, aggregate->key_count + 1, sizeof *aggregation->key_columns),
        .calls = arena_calloc(arena, aggregate->call_count + 1, sizeof *aggregation->calls),
        .call_columns = arena_calloc(arena, aggregate->call_count + 1, sizeof *aggregation->call_columns),
        .is_mergeable = true,
    };
    place_all(aggregation, lowering);
}

void aggregation_keep_start(struct aggregation *aggregation, struct lowering *lowering)
{
    aggregation->keeps_start = true;
    place_all(aggregation, lowering);
}

uint32_t *column_numbers(struct arena *arena, uint32_t count)
{
    uint32_t *numbers = arena_calloc(arena, count + 1, sizeof *numbers);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = i;
    return numbers;
}

static void set_keys(struct schema *schema, const struct aggregation *aggregation)
{
    const struct schema *all = aggregation->relation->schema;
    for (uint32_t i = 0; i < aggregation->key_count; i++)
        schema_set_field(schema, i, all->fields[aggregation->key_columns[i]].name,
                         all->fields[aggregation->key_columns[i]].type);
}

const struct schema *aggregation_local_schema(struct lowering *lowering,
                                              const struct aggregation *aggregation, bool is_windowed)
{
    uint32_t at = aggregation->key_count;
    struct schema *schema = schema_create(at + (is_windowed ? 2 : 1));
    set_keys(schema, aggregation);
    if (is_windowed)
        schema_set_field(schema, at++, "slice_end",
                         data_type_not_null(data_type_timestamp(TYPE_TIMESTAMP, 3)));
    schema_set_field(schema, at, "accumulators", data_type_not_null(data_type_of(TYPE_BYTES)));
    return plan_job_graph_hold(lowering->planning->graph, schema);
}

const struct schema *aggregation_schema(struct lowering *lowering, const struct aggregation *aggregation,
                                        const uint32_t *property_columns, uint32_t property_count,
                                        uint32_t *map)
{
    const struct schema *all = aggregation->relation->schema;
    struct schema *schema = schema_create(aggregation->key_count + aggregation->call_count + property_count);
    set_keys(schema, aggregation);
    uint32_t at = 0;
    for (; at < aggregation->key_count; at++)
        map[aggregation->key_columns[at]] = at;
    for (uint32_t i = 0; i < aggregation->call_count; i++, at++) {
        uint32_t column = aggregation->call_columns[i];
        schema_set_field(schema, at, all->fields[column].name, all->fields[column].type);
        map[column] = at;
    }
    for (uint32_t i = 0; i < property_count; i++, at++) {
        uint32_t column = property_columns[i];
        schema_set_field(schema, at, all->fields[column].name, all->fields[column].type);
        map[column] = at;
    }
    return plan_job_graph_hold(lowering->planning->graph, schema);
}

struct wanted aggregation_input(struct lowering *lowering, const struct aggregation *aggregation,
                                const struct column_list *input)
{
    struct wanted wanted = wanted_list(lowering, input);
    wanted.filter = aggregation->filter;
    return wanted;
}

/* Conditions on the keys alone leave whole groups out: they are asked before the aggregation. A key has the
 * same number in the input as in the relation. */
static const struct expression *take_key_conditions(struct lowering *lowering,
                                                    const struct relation *relation,
                                                    const struct relation_window *window,
                                                    struct wanted *wanted)
{
    uint32_t width = relation->schema->num_fields;
    bool *keys = arena_calloc(lowering->arena, width + 1, sizeof *keys);
    for (uint32_t i = 0; i < relation->aggregate->key_count; i++)
        keys[i] = window == NULL || relation->inputs[0]->traits[i].window != window;
    return conjuncts_take(lowering->arena, &wanted->filter, keys, width);
}

enum status lower_aggregate(struct lowering *lowering, const struct relation *relation, struct wanted wanted,
                            struct physical **ret_node)
{
    const struct relation_aggregate *aggregate = relation->aggregate;
    const struct relation_window *attached = relation_window_of(relation->inputs[0], aggregate->key_count);
    const struct expression *filter = take_key_conditions(lowering, relation, attached, &wanted);
    const bool *used = wanted_columns(lowering, &wanted, relation->schema->num_fields);
    struct aggregation aggregation;
    aggregation_init(&aggregation, lowering, relation, used, attached);
    aggregation.filter = filter;
    if (attached != NULL || aggregate->window != NULL)
        return lower_window_aggregate(lowering, &aggregation, wanted, ret_node);
    return lower_group_aggregate(lowering, &aggregation, wanted, ret_node);
}
