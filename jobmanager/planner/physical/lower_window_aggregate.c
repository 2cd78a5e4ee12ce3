#include "jobmanager/planner/physical/aggregation.h"
#include "jobmanager/planner/physical/windows.h"

/* The columns of the window that are wanted of an aggregation, and those of the relation that they are. */
struct property_list {
    enum plan_window_property *properties;
    uint32_t *columns;
    uint32_t count;
};

static void append_property(struct property_list *list, enum plan_window_property property, uint32_t column)
{
    list->properties[list->count] = property;
    list->columns[list->count++] = column;
}

static enum plan_window_property part_property(enum window_part part)
{
    if (part == WINDOW_PART_START)
        return PLAN_WINDOW_START;
    return part == WINDOW_PART_END ? PLAN_WINDOW_END : PLAN_WINDOW_TIME;
}

static struct property_list list_properties(struct lowering *lowering, const struct aggregation *aggregation)
{
    const struct relation *relation = aggregation->relation;
    const struct relation_aggregate *aggregate = relation->aggregate;
    uint32_t width = relation->schema->num_fields;
    struct property_list list = {
        .properties = arena_calloc(lowering->arena, width + 1, sizeof *list.properties),
        .columns = arena_calloc(lowering->arena, width + 1, sizeof *list.columns),
    };
    for (uint32_t i = 0; aggregation->window != NULL && i < aggregate->key_count; i++) {
        if (aggregation->used[i] && is_window_key(aggregation, i))
            append_property(&list, part_property(relation->inputs[0]->traits[i].part), i);
    }
    for (uint32_t i = 0; i < aggregate->property_count; i++) {
        uint32_t column = aggregate->key_count + aggregate->call_count + i;
        if (aggregation->used[column])
            append_property(&list, aggregate->properties[i], column);
    }
    return list;
}

/* Two phases where the partial results of a slice can be merged. The local phase goes by event time. Whether
 * a row is late is seen by all inputs' watermark: rows that are to be kept then must come there as they are.
 */
static bool has_two_phases(const struct lowering *lowering, const struct aggregation *aggregation,
                           const struct windowed_input *input)
{
    const struct plan_window *window = &input->window;
    bool by_slices = window->kind != PLAN_WINDOW_SESSION || window->time == PLAN_TIME_ATTACHED;
    return by_slices && window->time != PLAN_TIME_PROCESSING && aggregation->is_mergeable &&
           input->late_records_topic == NULL && !lowering->settings.one_phase &&
           !is_partitioned(input->node, aggregation->key_count);
}

static struct plan_window_aggregate *make_aggregate(struct lowering *lowering,
                                                    const struct aggregation *aggregation,
                                                    enum plan_aggregate_phase phase,
                                                    const struct windowed_input *input)
{
    struct plan_window_aggregate *aggregate = arena_calloc(lowering->arena, 1, sizeof *aggregate);
    aggregate->phase = phase;
    aggregate->window = input->window;
    aggregate->keys = column_numbers(lowering->arena, aggregation->key_count);
    aggregate->key_count = aggregation->key_count;
    aggregate->calls = aggregation->calls;
    aggregate->call_count = aggregation->call_count;
    aggregate->late_records_topic = input->late_records_topic;
    return aggregate;
}

static enum status lower_local(struct lowering *lowering, const struct aggregation *aggregation,
                               const struct windowed_input *input, struct physical **node)
{
    const struct schema *schema = aggregation_local_schema(lowering, aggregation, true);
    TRY(physical_create(lowering, PHYSICAL_WINDOW_AGGREGATE, schema, node, 1, node));
    (*node)->window_aggregate = make_aggregate(lowering, aggregation, PLAN_AGGREGATE_LOCAL, input);
    (*node)->attaches_session = aggregation->keeps_start;
    return STATUS_OK;
}

enum status lower_window_aggregate(struct lowering *lowering, struct aggregation *aggregation,
                                   struct wanted wanted, struct physical **ret_node)
{
    struct windowed_input input = {.node = NULL};
    TRY(lower_windowed_input(lowering, aggregation, &input));
    if ((input.node->changelog & ~PLAN_INSERTS) != 0)
        return refuse_changes(lowering, input.node, "WindowAggregate");
    uint32_t *map = arena_calloc(lowering->arena, aggregation->relation->schema->num_fields + 1, sizeof *map);
    struct property_list properties = list_properties(lowering, aggregation);
    const struct schema *schema =
        aggregation_schema(lowering, aggregation, properties.columns, properties.count, map);
    enum plan_aggregate_phase phase = PLAN_AGGREGATE_SINGLE;
    struct physical *node = input.node;
    if (has_two_phases(lowering, aggregation, &input)) {
        phase = PLAN_AGGREGATE_GLOBAL;
        TRY(lower_local(lowering, aggregation, &input, &node));
    }
    if (!is_partitioned(node, aggregation->key_count))
        TRY(lower_exchange(lowering, node, aggregation->key_count, &node));
    TRY(physical_create(lowering, PHYSICAL_WINDOW_AGGREGATE, schema, &node, 1, &node));
    node->window_aggregate = make_aggregate(lowering, aggregation, phase, &input);
    node->window_aggregate->properties = properties.properties;
    node->window_aggregate->property_count = properties.count;
    node->attaches_session = aggregation->keeps_start;
    set_partitioned(lowering, node, aggregation->key_count);
    return lower_mapped(lowering, node, map, wanted, ret_node);
}
