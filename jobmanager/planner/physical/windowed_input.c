#include "jobmanager/planner/physical/windows.h"

struct plan_window make_window(const struct lowering *lowering, const struct relation_window *window)
{
    bool is_processing = window->time == TIME_ATTRIBUTE_PROCTIME;
    return (struct plan_window){
        .kind = window->kind,
        .time = is_processing ? PLAN_TIME_PROCESSING : PLAN_TIME_EVENT,
        .size_us = window->size_us,
        .slide_us = window->slide_us,
        .offset_us = window->offset_us,
        .is_zoned = is_processing || window->time_type.kind == TYPE_TIMESTAMP_LTZ,
        .time_zone = lowering->settings.time_zone,
    };
}

void need_watermarks(struct physical *node)
{
    if (node->kind == PHYSICAL_SCAN)
        node->needs_watermark = node->scan->watermark != NULL;
    for (size_t i = 0; i < node->input_count; i++)
        need_watermarks(node->inputs[i]);
}

/* That of the table whose rows are aggregated, NULL when none. */
static const char *late_topic(const struct relation *relation)
{
    if (relation->kind == RELATION_AGGREGATE)
        return NULL;
    const char *topic = relation->kind == RELATION_SCAN ? relation->scan->late_records_topic : NULL;
    for (size_t i = 0; topic == NULL && i < relation->input_count; i++)
        topic = late_topic(relation->inputs[i]);
    return topic;
}

static bool is_bare(const struct expression *expression)
{
    return expression->kind == EXPRESSION_COLUMN;
}

static bool is_partition_column(const struct relation_window *window, uint32_t column)
{
    for (uint32_t i = 0; i < window->partition_column_count; i++) {
        if (window->partition_columns[i] == column)
            return true;
    }
    return false;
}

/* A row that a condition leaves out is part of its session all the same, but for whole sessions left out. */
static bool keeps_sessions(struct lowering *lowering, const struct relation_window *window,
                           const struct expression *filter, uint32_t width)
{
    bool *used = arena_calloc(lowering->arena, width + 1, sizeof *used);
    if (filter != NULL)
        expression_mark_columns(filter, used);
    for (uint32_t i = 0; i < width; i++) {
        if (used[i] && !is_partition_column(window, i))
            return false;
    }
    return true;
}

/* A session's rows are divided as the table function says; the aggregation divides them by its keys. */
static bool divides_as(const struct relation_window *window, const struct aggregation *aggregation,
                       const struct wanted *wanted)
{
    if (window->partition_column_count != aggregation->key_count)
        return false;
    for (uint32_t i = 0; i < aggregation->key_count; i++) {
        const struct expression *key = wanted->projections[i];
        if (!is_bare(key) || !is_partition_column(window, key->column))
            return false;
    }
    return true;
}

/* Only the rows themselves are asked for, not the window's columns. */
static bool is_free_of_window(struct lowering *lowering, const struct relation *function,
                              const struct wanted *wanted)
{
    uint32_t width = function->inputs[0]->schema->num_fields;
    const bool *used = wanted_columns(lowering, wanted, function->schema->num_fields);
    for (uint32_t i = width; i < function->schema->num_fields; i++) {
        if (used[i])
            return false;
    }
    return true;
}

/* Late rows leave whole, as they can be read again. */
static void add_all_columns(struct lowering *lowering, const struct relation *base, struct column_list *list)
{
    for (uint32_t i = 0; i < base->schema->num_fields; i++)
        (void)column_list_place(lowering->arena, list, base->schema->fields[i].name,
                                expression_column(lowering->arena, i, base->schema->fields[i].type));
}

/* The rows of base, filtered, by what wanted asks for and, of event time, the time. */
static enum status lower_timed(struct lowering *lowering, const struct relation *base,
                               const struct expression *time, struct wanted wanted,
                               struct windowed_input *input)
{
    struct column_list list = {.count = 0};
    for (uint32_t i = 0; i < wanted.output->num_fields; i++)
        column_list_append(lowering->arena, &list, wanted.output->fields[i].name, wanted.projections[i]);
    if (input->window.time == PLAN_TIME_EVENT) {
        const char *name = is_bare(time) ? base->schema->fields[time->column].name : NULL;
        input->window.time_column = column_list_place(lowering->arena, &list, name, time);
        input->late_records_topic = late_topic(base);
    }
    if (input->late_records_topic != NULL)
        add_all_columns(lowering, base, &list);
    if (list.count == 0)
        column_list_append(lowering->arena, &list, "$f0", expression_literal_int(lowering->arena, 0));
    struct wanted timed = wanted_list(lowering, &list);
    timed.filter = wanted.filter;
    return lower(lowering, base, timed, &input->node);
}

/* GROUP BY TUMBLE(ts, ...) */
static enum status lower_group_window(struct lowering *lowering, const struct aggregation *aggregation,
                                      struct windowed_input *input)
{
    const struct relation_window *window = aggregation->relation->aggregate->window;
    const struct relation *base = aggregation->relation->inputs[0];
    struct column_list list = aggregation->input;
    uint32_t time = 0;
    if (window->time == TIME_ATTRIBUTE_ROWTIME)
        time = column_list_place(lowering->arena, &list, base->schema->fields[window->time_column].name,
                                 expression_column(lowering->arena, window->time_column, window->time_type));
    struct wanted wanted = aggregation_input(lowering, aggregation, &list);
    TRY(lower_to_base(lowering, &base, &wanted));
    input->window = make_window(lowering, window);
    return lower_timed(lowering, base, wanted.projections[time], wanted, input);
}

/* The end of a window says which it is, but of a session: of that the start does, as one more key. */
static enum status lower_attached(struct lowering *lowering, struct aggregation *aggregation,
                                  struct windowed_input *input)
{
    const struct relation *relation = aggregation->relation->inputs[0];
    input->window = make_window(lowering, aggregation->window);
    if (input->window.kind == PLAN_WINDOW_SESSION) {
        aggregation_keep_start(aggregation, lowering);
        input->window.kind = PLAN_WINDOW_TUMBLE;
    }
    struct column_list list = aggregation->input;
    if (input->window.time == PLAN_TIME_PROCESSING)
        return error_set(lowering->planning->error, STATUS_UNSUPPORTED,
                         "A window of processing time can only be aggregated right over its table function, "
                         "once, without conditions on its columns.");
    input->window.time = PLAN_TIME_ATTACHED;
    for (uint32_t i = 0; i < aggregation->relation->aggregate->key_count; i++) {
        const struct column_trait *trait = &relation->traits[i];
        const struct schema_field *field = &relation->schema->fields[i];
        if (trait->window != aggregation->window || trait->part == WINDOW_PART_TIME)
            continue;
        uint32_t at = column_list_place(lowering->arena, &list, field->name,
                                        expression_column(lowering->arena, i, field->type));
        if (trait->part == WINDOW_PART_START)
            input->window.window_start_column = at;
        else
            input->window.window_end_column = at;
    }
    return lower(lowering, relation, aggregation_input(lowering, aggregation, &list), &input->node);
}

/* Whether an aggregation of what is wanted of the function's rows can do its work as well. */
static bool can_replace(struct lowering *lowering, const struct relation *function,
                        const struct aggregation *aggregation, const struct wanted *wanted)
{
    const struct relation_window *window = function->window;
    if (!is_free_of_window(lowering, function, wanted))
        return false;
    return window->kind != PLAN_WINDOW_SESSION ||
           (divides_as(window, aggregation, wanted) &&
            keeps_sessions(lowering, window, wanted->filter, function->schema->num_fields));
}

static enum status lower_by_kind(struct lowering *lowering, struct aggregation *aggregation,
                                 struct windowed_input *input)
{
    if (aggregation->window == NULL)
        return lower_group_window(lowering, aggregation, input);
    const struct relation *base = aggregation->relation->inputs[0];
    struct wanted wanted = aggregation_input(lowering, aggregation, &aggregation->input);
    TRY(lower_to_base(lowering, &base, &wanted));
    const struct relation_window *window = aggregation->window;
    if (base->kind != RELATION_WINDOW || base->window != window ||
        !can_replace(lowering, base, aggregation, &wanted))
        return lower_attached(lowering, aggregation, input);
    const struct expression *time =
        expression_column(lowering->arena, window->time_column, window->time_type);
    input->window = make_window(lowering, window);
    return lower_timed(lowering, base->inputs[0], time, wanted, input);
}

enum status lower_windowed_input(struct lowering *lowering, struct aggregation *aggregation,
                                 struct windowed_input *ret_input)
{
    struct windowed_input input = {.node = NULL};
    TRY(lower_by_kind(lowering, aggregation, &input));
    if (input.window.time != PLAN_TIME_PROCESSING)
        need_watermarks(input.node);
    *ret_input = input;
    return STATUS_OK;
}
