#include "jobmanager/planner/explain_internal.h"

static void print_call(const struct relation_call *named, uint32_t index, struct buffer *out)
{
    const struct plan_aggregate_call *call = &named->call;
    if (named->name != NULL)
        buffer_append_text(out, named->name);
    else
        buffer_printf(out, "agg#%u", index);
    buffer_printf(out, "=[%s(%s", aggregate_function_name(call->function),
                  call->is_distinct ? "DISTINCT " : "");
    for (uint32_t i = 0; i < call->argument_count; i++)
        buffer_printf(out, "%s$%u", i > 0 ? ", " : "", call->arguments[i]);
    buffer_append_byte(out, ')');
    if (call->filter >= 0)
        buffer_printf(out, " FILTER $%d", call->filter);
    buffer_append_byte(out, ']');
}

/* "1000:INTERVAL SECOND": milliseconds, and the largest unit that divides them. */
static void print_interval(int64_t us, struct buffer *out)
{
    static const struct {
        const char *name;
        int64_t us;
    } units[] = {
        {"DAY", INT64_C(86400000000)}, {"HOUR", INT64_C(3600000000)}, {"MINUTE", 60000000}, {"SECOND", 1}};
    size_t unit = 0;
    while (us % units[unit].us != 0)
        unit++;
    buffer_printf(out, ", %lld:INTERVAL %s", (long long)(us / 1000), units[unit].name);
}

static void print_lengths(const struct relation_window *window, struct buffer *out)
{
    if (window->kind == PLAN_WINDOW_HOP || window->kind == PLAN_WINDOW_CUMULATE)
        print_interval(window->slide_us, out);
    print_interval(window->size_us, out);
    if (window->offset_us != 0)
        print_interval(window->offset_us, out);
}

static const char *window_name(enum plan_window_kind kind)
{
    static const char *const names[] = {
        [PLAN_WINDOW_TUMBLE] = "TUMBLE",
        [PLAN_WINDOW_HOP] = "HOP",
        [PLAN_WINDOW_CUMULATE] = "CUMULATE",
        [PLAN_WINDOW_SESSION] = "SESSION",
    };
    return names[kind];
}

void explain_window_function(const struct relation *relation, struct buffer *out)
{
    const struct relation_window *window = relation->window;
    buffer_printf(out, "LogicalTableFunctionScan(invocation=[%s(", window_name(window->kind));
    for (uint32_t i = 0; i < window->partition_column_count; i++)
        buffer_printf(out, "%s$%u", i > 0 ? ", " : "PARTITION BY(", window->partition_columns[i]);
    buffer_printf(out, "%sDESCRIPTOR($%u)", window->partition_column_count > 0 ? "), " : "",
                  window->time_column);
    print_lengths(window, out);
    buffer_append_text(out, ")])");
}

static void print_group_window(const struct relation *relation, struct buffer *out)
{
    static const char *const properties[] = {
        [PLAN_WINDOW_START] = "start",
        [PLAN_WINDOW_END] = "end",
        [PLAN_WINDOW_TIME] = "rowtime",
        [PLAN_WINDOW_PROCTIME] = "proctime",
    };
    const struct relation_aggregate *aggregate = relation->aggregate;
    buffer_printf(out, ", window=[%s($%u", window_name(aggregate->window->kind),
                  aggregate->window->time_column);
    print_lengths(aggregate->window, out);
    buffer_append_text(out, ")], properties=[");
    for (uint32_t i = 0; i < aggregate->property_count; i++)
        buffer_printf(out, "%sw$%s", i > 0 ? ", " : "", properties[aggregate->properties[i]]);
    buffer_append_byte(out, ']');
}

void explain_aggregate(const struct relation *relation, struct buffer *out)
{
    const struct relation_aggregate *aggregate = relation->aggregate;
    buffer_printf(out, "Logical%s(group=[{", aggregate->window != NULL ? "WindowAggregate" : "Aggregate");
    for (uint32_t i = 0; i < aggregate->key_count; i++)
        buffer_printf(out, "%s%u", i > 0 ? ", " : "", i);
    buffer_append_text(out, "}]");
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        buffer_append_text(out, ", ");
        print_call(&aggregate->calls[i], i, out);
    }
    if (aggregate->window != NULL)
        print_group_window(relation, out);
    buffer_append_byte(out, ')');
}
