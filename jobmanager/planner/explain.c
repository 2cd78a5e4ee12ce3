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

void explain_names(const struct schema *schema, struct buffer *out)
{
    buffer_append_byte(out, '[');
    for (uint32_t i = 0; i < schema->num_fields; i++)
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", schema->fields[i].name);
    buffer_append_byte(out, ']');
}

void explain_columns(const struct schema *schema, const uint32_t *columns, uint32_t count, struct buffer *out)
{
    buffer_append_byte(out, '[');
    for (uint32_t i = 0; i < count; i++)
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", schema->fields[columns[i]].name);
    buffer_append_byte(out, ']');
}

void explain_table(const struct sql_table *table, struct buffer *out)
{
    buffer_printf(out, "[[%s, %s, %s", table->catalog, table->database, table->name);
}

void explain_values(const char *name, const struct expression *const *values, size_t row_count,
                    const struct schema *schema, const struct explain_line *line, struct buffer *out)
{
    uint32_t width = schema->num_fields;
    explain_begin_line(out, line);
    buffer_printf(out, "%s(tuples=[[", name);
    for (size_t row = 0; row < row_count; row++) {
        buffer_append_text(out, row > 0 ? ", { " : "{ ");
        for (uint32_t i = 0; i < width; i++) {
            buffer_append_text(out, i > 0 ? ", " : "");
            expression_format(values[row * width + i], schema, out);
        }
        buffer_append_text(out, " }");
    }
    buffer_append_text(out, "]])\n");
}

/* The client is no table: of a query, what stands below its sink is shown. */
static bool is_collect(const struct relation *sink)
{
    return sink->sink->sink->kind == PLAN_SINK_COLLECT;
}

void explain_plan(const struct plan *plan, struct buffer *out)
{
    static const char *const headings[] = {"== Optimized Physical Plan ==", "== Optimized Execution Plan =="};
    static const struct explain_line first = {.above = NULL};
    buffer_append_text(out, "== Abstract Syntax Tree ==\n");
    for (size_t i = 0; i < plan->sink_count; i++) {
        const struct relation *sink = plan->sinks[i];
        buffer_append_text(out, i > 0 ? "\n" : "");
        explain_logical(is_collect(sink) ? sink->inputs[0] : sink, &first, out);
    }
    for (size_t heading = 0; heading < 2; heading++) {
        buffer_printf(out, "\n%s\n", headings[heading]);
        for (size_t i = 0; i < plan->sink_count; i++) {
            const struct physical *sink = plan->physical.sinks[i];
            buffer_append_text(out, i > 0 ? "\n" : "");
            explain_physical(is_collect(sink->sink) ? sink->inputs[0] : sink, &first, out);
        }
    }
}
