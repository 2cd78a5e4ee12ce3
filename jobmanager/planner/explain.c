#include "jobmanager/planner/explain_internal.h"
#include "jobmanager/planner/planner_internal.h"

static void print_above(const struct explain_line *line, struct buffer *out)
{
    if (line->above == NULL)
        return;
    print_above(line->above, out);
    buffer_append_text(out, line->is_last ? "   " : ":  ");
}

void explain_begin_line(struct buffer *out, const struct explain_line *line)
{
    if (line->above == NULL)
        return;
    print_above(line->above, out);
    buffer_append_text(out, line->is_last ? "+- " : ":- ");
}

static void print_watermark(const struct scan *scan, const struct explain_line *line, struct buffer *out)
{
    explain_begin_line(out, line);
    buffer_printf(out, "WatermarkAssigner(rowtime=[%s], watermark=[",
                  scan->table->definition->watermark->column);
    expression_format(scan->watermark->expression, scan->columns.schema, out);
    buffer_append_text(out, "])\n");
}

static void explain_physical(const struct physical *node, bool with_changelog,
                             const struct explain_line *line, struct buffer *out)
{
    struct explain_line below_watermark = {.above = line, .is_last = true};
    if (node->kind == PHYSICAL_SCAN && node->scan->watermark != NULL) {
        print_watermark(node->scan, line, out);
        line = &below_watermark;
    }
    explain_begin_line(out, line);
    physical_print(node, with_changelog, out);
    buffer_append_byte(out, '\n');
    for (size_t i = 0; i < node->input_count; i++) {
        struct explain_line below = {.above = line, .is_last = i + 1 == node->input_count};
        explain_physical(node->inputs[i], with_changelog, &below, out);
    }
}

/* The client is no table: of a query, what stands below its sink is shown. */
static bool is_collect(const struct relation *sink)
{
    return sink->sink->sink->kind == PLAN_SINK_COLLECT;
}

static void print_logical_plans(const struct plan *plan, struct buffer *out)
{
    static const struct explain_line first = {.above = NULL};
    for (size_t i = 0; i < plan->sink_count; i++) {
        const struct relation *sink = plan->sinks[i];
        buffer_append_text(out, i > 0 ? "\n" : "");
        explain_logical(is_collect(sink) ? sink->inputs[0] : sink, &first, out);
    }
}

static void print_physical_plans(const struct plan *plan, bool with_changelog, struct buffer *out)
{
    static const struct explain_line first = {.above = NULL};
    for (size_t i = 0; i < plan->sink_count; i++) {
        const struct physical *sink = plan->physical.sinks[i];
        buffer_append_text(out, i > 0 ? "\n" : "");
        explain_physical(is_collect(sink->sink) ? sink->inputs[0] : sink, with_changelog, &first, out);
    }
}

void explain_plan(const struct plan *plan, unsigned details, struct buffer *out)
{
    bool with_advice = (details & SQL_EXPLAIN_PLAN_ADVICE) != 0;
    buffer_append_text(out, "== Abstract Syntax Tree ==\n");
    print_logical_plans(plan, out);
    buffer_printf(out, "\n== Optimized Physical Plan%s ==\n", with_advice ? " With Advice" : "");
    print_physical_plans(plan, (details & SQL_EXPLAIN_CHANGELOG_MODE) != 0, out);
    if (with_advice) {
        buffer_append_byte(out, '\n');
        explain_advice(plan, out);
    }
    buffer_append_text(out, "\n== Optimized Execution Plan ==\n");
    print_physical_plans(plan, false, out);
    if ((details & SQL_EXPLAIN_JSON_EXECUTION_PLAN) != 0) {
        buffer_append_text(out, "\n== Physical Execution Plan ==\n");
        explain_json(plan, out);
    }
}
