#include "jobmanager/planner/physical/print_internal.h"

#include <ctype.h>
#include <string.h>

/* Flink's names of what a local phase hands on for a call: "count1$0", "(sum$1, count$2)". */
static void print_accumulator(const struct plan_aggregate_call *call, uint32_t *number, struct buffer *out)
{
    const char *name = aggregate_function_name(call->function);
    if (strcmp(name, "AVG") == 0) {
        buffer_printf(out, "(sum$%u, count$%u)", *number, *number + 1);
        *number += 2;
        return;
    }
    for (const char *c = name; *c != '\0'; c++)
        buffer_append_byte(out, (uint8_t)tolower((unsigned char)*c));
    buffer_printf(out, "%s$%u", call->argument_count == 0 ? "1" : "", *number);
    *number += 1;
}

static void print_arguments(const struct plan_aggregate_call *call, const struct schema *input,
                            struct buffer *out)
{
    if (call->argument_count == 0)
        buffer_append_byte(out, '*');
    buffer_append_text(out, call->is_distinct ? "DISTINCT " : "");
    for (uint32_t i = 0; i < call->argument_count; i++)
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", input->fields[call->arguments[i]].name);
}

static void print_call(const struct plan_aggregate_call *call, enum plan_aggregate_phase phase,
                       const struct schema *input, const char *result, uint32_t *number, struct buffer *out)
{
    uint32_t first = *number;
    buffer_printf(out, "%s(", aggregate_function_name(call->function));
    if (phase == PLAN_AGGREGATE_GLOBAL)
        print_accumulator(call, number, out);
    else
        print_arguments(call, input, out);
    buffer_append_byte(out, ')');
    if (call->filter >= 0 && phase != PLAN_AGGREGATE_GLOBAL)
        buffer_printf(out, " FILTER %s", input->fields[call->filter].name);
    buffer_append_text(out, " AS ");
    if (phase == PLAN_AGGREGATE_LOCAL)
        print_accumulator(call, &first, out);
    else
        buffer_append_text(out, result);
    *number = phase == PLAN_AGGREGATE_LOCAL ? first : *number;
}

void print_aggregation(const struct physical *node, enum plan_aggregate_phase phase, uint32_t key_count,
                       const struct plan_aggregate_call *calls, uint32_t call_count,
                       const struct schema *input, struct buffer *out)
{
    uint32_t number = 0;
    const char *separator = "";
    for (uint32_t i = 0; i < key_count; i++) {
        buffer_printf(out, "%s%s", separator, node->schema->fields[i].name);
        separator = ", ";
    }
    for (uint32_t i = 0; i < call_count; i++) {
        const char *result = phase == PLAN_AGGREGATE_LOCAL ? "" : node->schema->fields[key_count + i].name;
        buffer_append_text(out, separator);
        print_call(&calls[i], phase, input, result, &number, out);
        separator = ", ";
    }
}

const struct schema *first_phase_input(const struct physical *node, enum plan_aggregate_phase phase)
{
    const struct physical *local = node;
    if (phase == PLAN_AGGREGATE_GLOBAL) {
        local = node->inputs[0];
        while (local->kind == PHYSICAL_EXCHANGE)
            local = local->inputs[0];
    }
    return local->inputs[0]->schema;
}

static void print_head(const char *name, enum plan_aggregate_phase phase, const struct schema *schema,
                       uint32_t key_count, struct buffer *out)
{
    static const char *const phases[] = {
        [PLAN_AGGREGATE_SINGLE] = "", [PLAN_AGGREGATE_LOCAL] = "Local", [PLAN_AGGREGATE_GLOBAL] = "Global"};
    buffer_printf(out, "%s%s(", phases[phase], name);
    for (uint32_t i = 0; i < key_count; i++)
        buffer_printf(out, "%s%s", i > 0 ? ", " : "groupBy=[", schema->fields[i].name);
    buffer_append_text(out, key_count > 0 ? "], " : "");
}

void print_group_aggregate(const struct physical *node, struct buffer *out)
{
    const struct plan_group_aggregate *aggregate = node->group_aggregate;
    print_head("GroupAggregate", aggregate->phase, node->schema, aggregate->key_count, out);
    buffer_append_text(out, "select=[");
    print_aggregation(node, aggregate->phase, aggregate->key_count, aggregate->calls, aggregate->call_count,
                      first_phase_input(node, aggregate->phase), out);
    buffer_append_byte(out, ']');
}

static void print_time(const struct plan_window_aggregate *aggregate, const struct schema *input,
                       struct buffer *out)
{
    const struct plan_window *window = &aggregate->window;
    bool attached = window->time == PLAN_TIME_ATTACHED;
    if (aggregate->phase == PLAN_AGGREGATE_GLOBAL)
        buffer_append_text(out, attached ? "win_end=[$window_end]" : "slice_end=[$slice_end]");
    else if (attached)
        buffer_printf(out, "win_start=[%s], win_end=[%s]", input->fields[window->window_start_column].name,
                      input->fields[window->window_end_column].name);
    else
        buffer_printf(out, "time_col=[%s]",
                      window->time == PLAN_TIME_PROCESSING ? "PROCTIME"
                                                           : input->fields[window->time_column].name);
}

static void print_properties(const struct physical *node, const struct plan_window_aggregate *aggregate,
                             struct buffer *out)
{
    static const char *const functions[] = {
        [PLAN_WINDOW_START] = "start",
        [PLAN_WINDOW_END] = "end",
        [PLAN_WINDOW_TIME] = "rowtime",
        [PLAN_WINDOW_PROCTIME] = "proctime",
    };
    uint32_t at = aggregate->key_count + aggregate->call_count;
    const char *separator = at > 0 ? ", " : "";
    if (aggregate->phase == PLAN_AGGREGATE_LOCAL)
        buffer_printf(out, "%sslice_end('w$) AS $%s", separator,
                      aggregate->window.time == PLAN_TIME_ATTACHED ? "window_end" : "slice_end");
    for (uint32_t i = 0; i < aggregate->property_count; i++) {
        buffer_printf(out, "%s%s('w$) AS %s", separator, functions[aggregate->properties[i]],
                      node->schema->fields[at + i].name);
        separator = ", ";
    }
}

void print_window_aggregate(const struct physical *node, struct buffer *out)
{
    const struct plan_window_aggregate *aggregate = node->window_aggregate;
    const struct schema *input = first_phase_input(node, aggregate->phase);
    struct buffer time = {0};
    print_time(aggregate, input, &time);
    print_head("WindowAggregate", aggregate->phase, node->schema, aggregate->key_count, out);
    buffer_append_text(out, "window=[");
    struct plan_window window = aggregate->window;
    if (node->attaches_session)
        window.kind = PLAN_WINDOW_SESSION;
    print_window(&window, buffer_text(&time), out);
    buffer_append_text(out, "], select=[");
    print_aggregation(node, aggregate->phase, aggregate->key_count, aggregate->calls, aggregate->call_count,
                      input, out);
    print_properties(node, aggregate, out);
    buffer_append_byte(out, ']');
    buffer_free(&time);
}
