#include "jobmanager/planner/logical/relation.h"

#include <string.h>

bool relation_window_equal(const struct relation_window *a, const struct relation_window *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->kind == b->kind && a->time == b->time && data_type_equal(a->time_type, b->time_type) &&
           a->size_us == b->size_us && a->slide_us == b->slide_us && a->offset_us == b->offset_us;
}

enum status relation_windowed(struct planning *planning, const struct relation *input,
                              const struct relation_window *window, const struct relation **ret_relation)
{
    struct relation *relation = NULL;
    uint32_t width = input->schema->num_fields;
    struct schema *schema = schema_create(width + 3);
    struct data_type boundary = data_type_not_null(data_type_timestamp(TYPE_TIMESTAMP, 3));
    for (uint32_t i = 0; i < width; i++)
        schema_set_field(schema, i, input->schema->fields[i].name, input->schema->fields[i].type);
    schema_set_field(schema, width, "window_start", boundary);
    schema_set_field(schema, width + 1, "window_end", boundary);
    schema_set_field(schema, width + 2, "window_time", window_property_type(PLAN_WINDOW_TIME, window));
    plan_job_graph_hold(planning->graph, schema);
    TRY(relation_create(planning, RELATION_WINDOW, schema, &input, 1, &relation));
    relation->window = arena_dup(planning->arena, window, sizeof *window);
    struct column_trait *traits = (struct column_trait *)relation->traits;
    memcpy(traits, input->traits, width * sizeof *traits);
    traits[width] = (struct column_trait){.part = WINDOW_PART_START, .window = relation->window};
    traits[width + 1] = (struct column_trait){.part = WINDOW_PART_END, .window = relation->window};
    traits[width + 2] =
        (struct column_trait){.time = window->time, .part = WINDOW_PART_TIME, .window = relation->window};
    *ret_relation = relation;
    return STATUS_OK;
}

static bool has_end(const struct relation *input, uint32_t key_count, const struct relation_window *window)
{
    for (uint32_t i = 0; i < key_count; i++) {
        if (input->traits[i].part == WINDOW_PART_END && input->traits[i].window == window)
            return true;
    }
    return false;
}

const struct relation_window *relation_window_of(const struct relation *input, uint32_t key_count)
{
    for (uint32_t i = 0; i < key_count; i++) {
        const struct relation_window *window = input->traits[i].window;
        if (input->traits[i].part == WINDOW_PART_START && has_end(input, key_count, window))
            return window;
    }
    return NULL;
}

struct data_type window_property_type(enum plan_window_property property,
                                      const struct relation_window *window)
{
    switch (property) {
    case PLAN_WINDOW_START:
    case PLAN_WINDOW_END: return data_type_not_null(data_type_timestamp(TYPE_TIMESTAMP, 3));
    case PLAN_WINDOW_TIME: /* ends with a millisecond, whatever the precision of the time is */
        return data_type_not_null(data_type_timestamp(window->time_type.kind, 3));
    case PLAN_WINDOW_PROCTIME: break;
    }
    return data_type_not_null(data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3));
}

/* "$f2" where the statement gives no name. */
static const char *name_of(struct arena *arena, const char *name, uint32_t index)
{
    return name != NULL ? name : arena_printf(arena, "$f%u", index);
}

static const struct schema *output_schema(struct planning *planning, const struct schema *input,
                                          const struct relation_aggregate *aggregate)
{
    uint32_t at = 0;
    struct schema *schema =
        schema_create(aggregate->key_count + aggregate->call_count + aggregate->property_count);
    for (; at < aggregate->key_count; at++)
        schema_set_field(schema, at, input->fields[at].name, input->fields[at].type);
    for (uint32_t i = 0; i < aggregate->call_count; i++, at++)
        schema_set_field(schema, at, name_of(planning->arena, aggregate->calls[i].name, at),
                         aggregate->calls[i].call.result);
    for (uint32_t i = 0; i < aggregate->property_count; i++, at++)
        schema_set_field(schema, at, name_of(planning->arena, aggregate->property_names[i], at),
                         window_property_type(aggregate->properties[i], aggregate->window));
    return plan_job_graph_hold(planning->graph, schema);
}

/* Groups have no order in time, but those of a window have that of the window. */
static struct column_trait key_trait(struct column_trait trait, const struct relation_window *window)
{
    if (window == NULL || trait.window != window)
        return (struct column_trait){.time = TIME_ATTRIBUTE_NONE};
    return trait;
}

static enum time_attribute property_time(enum plan_window_property property)
{
    if (property == PLAN_WINDOW_TIME)
        return TIME_ATTRIBUTE_ROWTIME;
    return property == PLAN_WINDOW_PROCTIME ? TIME_ATTRIBUTE_PROCTIME : TIME_ATTRIBUTE_NONE;
}

enum status relation_aggregate(struct planning *planning, const struct relation *input,
                               const struct relation_aggregate *aggregate,
                               const struct relation **ret_relation)
{
    struct relation *relation = NULL;
    const struct schema *schema = output_schema(planning, input->schema, aggregate);
    const struct relation_window *window = relation_window_of(input, aggregate->key_count);
    TRY(relation_create(planning, RELATION_AGGREGATE, schema, &input, 1, &relation));
    struct column_trait *traits = (struct column_trait *)relation->traits;
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        traits[i] = key_trait(input->traits[i], window);
    for (uint32_t i = 0; i < aggregate->property_count; i++)
        traits[aggregate->key_count + aggregate->call_count + i].time =
            property_time(aggregate->properties[i]);
    relation->aggregate = arena_dup(planning->arena, aggregate, sizeof *aggregate);
    *ret_relation = relation;
    return STATUS_OK;
}

enum status relation_distinct(struct planning *planning, const struct relation *input,
                              const struct relation **ret_relation)
{
    struct relation_aggregate aggregate = {.key_count = input->schema->num_fields};
    return relation_aggregate(planning, input, &aggregate, ret_relation);
}
