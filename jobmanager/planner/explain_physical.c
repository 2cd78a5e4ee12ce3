#include "jobmanager/planner/explain_internal.h"

#include <string.h>

static void print_calc(const struct physical *node, const struct explain_line *line, struct buffer *out)
{
    const struct schema *input = node->inputs[0]->schema;
    explain_begin_line(out, line);
    buffer_append_text(out, "Calc(select=[");
    for (size_t i = 0; i < node->calc->projection_count; i++) {
        const struct expression *projection = node->calc->projections[i];
        const char *name = node->schema->fields[i].name;
        buffer_append_text(out, i > 0 ? ", " : "");
        expression_format(projection, input, out);
        if (projection->kind != EXPRESSION_COLUMN ||
            strcmp(input->fields[projection->column].name, name) != 0)
            buffer_printf(out, " AS %s", name);
    }
    buffer_append_byte(out, ']');
    if (node->calc->filter != NULL) {
        buffer_append_text(out, ", where=[");
        expression_format(node->calc->filter, input, out);
        buffer_append_byte(out, ']');
    }
    buffer_append_text(out, ")\n");
}

/* What was pushed into the source is shown where a column was left out, or where there is metadata. */
static void print_scan(const struct physical *source, const struct explain_line *line, struct buffer *out)
{
    const struct scan *scan = source->scan;
    bool metadata = false;
    for (uint32_t i = 0; i < source->schema->num_fields; i++)
        metadata |= source->source->fields[i].origin == PLAN_FIELD_METADATA;
    explain_begin_line(out, line);
    buffer_append_text(out, "TableSourceScan(table=");
    explain_table(scan->table, out);
    if (metadata || source->schema->num_fields < scan->columns.schema->num_fields) {
        const char *separator = "";
        buffer_append_text(out, ", project=[");
        for (uint32_t i = 0; i < source->schema->num_fields; i++) {
            if (source->source->fields[i].origin != PLAN_FIELD_VALUE)
                continue;
            buffer_printf(out, "%s%s", separator, source->schema->fields[i].name);
            separator = ", ";
        }
        separator = "";
        buffer_append_text(out, "], metadata=[");
        for (uint32_t i = 0; i < source->schema->num_fields; i++) {
            if (source->source->fields[i].origin != PLAN_FIELD_METADATA)
                continue;
            buffer_printf(out, "%s%s", separator, source->source->fields[i].metadata_key);
            separator = ", ";
        }
        buffer_append_byte(out, ']');
    }
    buffer_append_text(out, "]], fields=");
    explain_names(source->schema, out);
    buffer_append_text(out, ")\n");
}

static void print_watermark(const struct scan *scan, const struct explain_line *line, struct buffer *out)
{
    explain_begin_line(out, line);
    buffer_printf(out, "WatermarkAssigner(rowtime=[%s], watermark=[",
                  scan->table->definition->watermark->column);
    expression_format(scan->watermark->expression, scan->columns.schema, out);
    buffer_append_text(out, "])\n");
}

static void print_sink(const struct relation *sink, const struct explain_line *line, struct buffer *out)
{
    explain_begin_line(out, line);
    buffer_printf(out, "Sink(table=[%s], fields=", sink->sink->sink->table);
    explain_names(sink->schema, out);
    buffer_append_text(out, ")\n");
}

static void print_union(const struct physical *node, const struct explain_line *line, struct buffer *out)
{
    explain_begin_line(out, line);
    buffer_append_text(out, "Union(all=[true], union=");
    explain_names(node->schema, out);
    buffer_append_text(out, ")\n");
}

static void print_exchange(const struct physical *node, const struct explain_line *line, struct buffer *out)
{
    explain_begin_line(out, line);
    buffer_append_text(out, "Exchange(distribution=[");
    if (node->exchange->partitioning == PLAN_HASH) {
        buffer_append_text(out, "hash");
        explain_columns(node->schema, node->exchange->keys, node->exchange->key_count, out);
    } else {
        buffer_append_text(out, "single");
    }
    buffer_append_text(out, "])\n");
}

void explain_physical(const struct physical *node, const struct explain_line *line, struct buffer *out)
{
    struct explain_line below_watermark = {.above = line, .is_last = true};
    switch (node->kind) {
    case PHYSICAL_SCAN:
        if (node->scan->watermark != NULL)
            print_watermark(node->scan, line, out);
        print_scan(node, node->scan->watermark != NULL ? &below_watermark : line, out);
        break;
    case PHYSICAL_VALUES:
        explain_values("Values", node->source->values, node->source->value_row_count, node->schema, line,
                       out);
        break;
    case PHYSICAL_CALC: print_calc(node, line, out); break;
    case PHYSICAL_UNION: print_union(node, line, out); break;
    case PHYSICAL_EXCHANGE: print_exchange(node, line, out); break;
    case PHYSICAL_SINK: print_sink(node->sink, line, out); break;
    }
    for (size_t i = 0; i < node->input_count; i++) {
        struct explain_line below = {.above = line, .is_last = i + 1 == node->input_count};
        explain_physical(node->inputs[i], &below, out);
    }
}
