#include "jobmanager/planner/explain_internal.h"

/* Columns as the logical plan writes them: $0, $1, ... */
static struct schema *number_columns(const struct schema *schema)
{
    struct schema *numbered = schema_create(schema->num_fields);
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        struct buffer name = {0};
        buffer_printf(&name, "$%u", i);
        schema_set_field(numbered, i, buffer_text(&name), schema->fields[i].type);
        buffer_free(&name);
    }
    return numbered;
}

static void print_projections(const struct expression *const *projections, const struct schema *output,
                              const struct schema *input, struct buffer *out)
{
    for (uint32_t i = 0; i < output->num_fields; i++) {
        buffer_printf(out, "%s%s=[", i > 0 ? ", " : "", output->fields[i].name);
        expression_format(projections[i], input, out);
        buffer_append_byte(out, ']');
    }
}

static bool has_computed(const struct sql_create_table *definition)
{
    for (size_t i = 0; i < definition->column_count; i++) {
        if (definition->columns[i].kind != SQL_COLUMN_PHYSICAL)
            return true;
    }
    return false;
}

static void print_watermark(const struct scan *scan, const struct schema *source,
                            const struct explain_line *line, struct buffer *out)
{
    explain_begin_line(out, line);
    buffer_printf(out, "LogicalWatermarkAssigner(rowtime=[%s], watermark=[",
                  scan->table->definition->watermark->column);
    expression_format(scan->watermark->expression, source, out);
    buffer_append_text(out, "])\n");
}

static void print_scan(const struct scan *scan, const struct explain_line *line, struct buffer *out)
{
    struct schema *source = number_columns(scan->columns.schema);
    struct explain_line below_watermark = {.above = line, .is_last = true};
    if (scan->watermark != NULL) {
        print_watermark(scan, source, line, out);
        line = &below_watermark;
    }
    struct explain_line below_project = {.above = line, .is_last = true};
    if (has_computed(scan->table->definition)) {
        explain_begin_line(out, line);
        buffer_append_text(out, "LogicalProject(");
        print_projections(scan->columns.table_columns, scan->table->schema, source, out);
        buffer_append_text(out, ")\n");
        line = &below_project;
    }
    explain_begin_line(out, line);
    buffer_append_text(out, "LogicalTableScan(table=");
    explain_table(scan->table, out);
    buffer_append_text(out, "]])\n");
    schema_unref(source);
}

static void print_project(const struct relation *relation, const struct explain_line *line,
                          struct buffer *out)
{
    struct schema *input = number_columns(relation->inputs[0]->schema);
    explain_begin_line(out, line);
    buffer_append_text(out, "LogicalProject(");
    print_projections(relation->expressions, relation->schema, input, out);
    buffer_append_text(out, ")\n");
    schema_unref(input);
}

static void print_filter(const struct relation *relation, const struct explain_line *line, struct buffer *out)
{
    struct schema *input = number_columns(relation->inputs[0]->schema);
    explain_begin_line(out, line);
    buffer_append_text(out, "LogicalFilter(condition=[");
    expression_format(relation->condition, input, out);
    buffer_append_text(out, "])\n");
    schema_unref(input);
}

static void print_sink(const struct relation *relation, const struct explain_line *line, struct buffer *out)
{
    explain_begin_line(out, line);
    buffer_printf(out, "LogicalSink(table=[%s], fields=", relation->sink->sink->table);
    explain_names(relation->schema, out);
    buffer_append_text(out, ")\n");
}

void explain_logical(const struct relation *relation, const struct explain_line *line, struct buffer *out)
{
    switch (relation->kind) {
    case RELATION_SCAN: print_scan(relation->scan, line, out); break;
    case RELATION_VALUES:
        explain_values("LogicalValues", relation->expressions, relation->row_count, relation->schema, line,
                       out);
        break;
    case RELATION_PROJECT: print_project(relation, line, out); break;
    case RELATION_FILTER: print_filter(relation, line, out); break;
    case RELATION_UNION:
        explain_begin_line(out, line);
        buffer_append_text(out, "LogicalUnion(all=[true])\n");
        break;
    case RELATION_SINK: print_sink(relation, line, out); break;
    }
    for (size_t i = 0; i < relation->input_count; i++) {
        struct explain_line below = {.above = line, .is_last = i + 1 == relation->input_count};
        explain_logical(relation->inputs[i], &below, out);
    }
}
