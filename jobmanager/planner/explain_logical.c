#include "jobmanager/planner/explain_internal.h"

/* ROW_NUMBER() OVER (PARTITION BY $0 ORDER BY $1 NULLS FIRST) */
static void print_over(const struct relation_row_number *row_number, struct buffer *out)
{
    buffer_append_text(out, "ROW_NUMBER() OVER (");
    for (uint32_t i = 0; i < row_number->key_count; i++)
        buffer_printf(out, "%s$%u", i > 0 ? ", " : "PARTITION BY ", row_number->keys[i]);
    for (uint32_t i = 0; i < row_number->order_count; i++) {
        const struct plan_sort_column *order = &row_number->order[i];
        buffer_printf(out, "%s$%u%s NULLS %s",
                      i > 0                       ? ", "
                      : row_number->key_count > 0 ? " ORDER BY "
                                                  : "ORDER BY ",
                      order->column, order->is_descending ? " DESC" : "",
                      order->nulls_last ? "LAST" : "FIRST");
    }
    buffer_append_byte(out, ')');
}

/* Columns as the logical plan writes them: $0, $1, ... A row number is written where it is used. */
static struct schema *number_columns(const struct schema *schema, const struct relation *relation)
{
    struct schema *numbered = schema_create(schema->num_fields);
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        struct buffer name = {0};
        if (relation != NULL && relation->kind == RELATION_ROW_NUMBER && i + 1 == schema->num_fields)
            print_over(relation->row_number, &name);
        else
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
    struct schema *source = number_columns(scan->columns.schema, NULL);
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
    print_table(scan->table, out);
    buffer_append_text(out, "]])\n");
    schema_unref(source);
}

static void print_project(const struct relation *relation, const struct explain_line *line,
                          struct buffer *out)
{
    struct schema *input = number_columns(relation->inputs[0]->schema, relation->inputs[0]);
    explain_begin_line(out, line);
    buffer_append_text(out, "LogicalProject(");
    print_projections(relation->expressions, relation->schema, input, out);
    buffer_append_text(out, ")\n");
    schema_unref(input);
}

static void print_filter(const struct relation *relation, const struct explain_line *line, struct buffer *out)
{
    struct schema *input = number_columns(relation->inputs[0]->schema, relation->inputs[0]);
    explain_begin_line(out, line);
    buffer_append_text(out, "LogicalFilter(condition=[");
    expression_format(relation->condition, input, out);
    buffer_append_text(out, "])\n");
    schema_unref(input);
}

/* LogicalSort(sort0=[$1], dir0=[DESC-nulls-last], offset=[2], fetch=[10]) */
static void print_limit(const struct relation *relation, const struct explain_line *line, struct buffer *out)
{
    const struct relation_limit *limit = relation->limit;
    explain_begin_line(out, line);
    buffer_append_text(out, "LogicalSort(");
    for (uint32_t i = 0; i < limit->order_count; i++)
        buffer_printf(out, "sort%u=[$%u], ", i, limit->order[i].column);
    for (uint32_t i = 0; i < limit->order_count; i++)
        buffer_printf(out, "dir%u=[%s-nulls-%s], ", i, limit->order[i].is_descending ? "DESC" : "ASC",
                      limit->order[i].nulls_last ? "last" : "first");
    if (limit->offset > 0)
        buffer_printf(out, "offset=[%lld], ", (long long)limit->offset);
    buffer_printf(out, "fetch=[%lld])\n", (long long)limit->limit);
}

static void print_sink(const struct relation *relation, const struct explain_line *line, struct buffer *out)
{
    explain_begin_line(out, line);
    buffer_printf(out, "LogicalSink(table=[%s], fields=", relation->sink->sink->table);
    print_names(relation->schema, out);
    buffer_append_text(out, ")\n");
}

void explain_logical(const struct relation *relation, const struct explain_line *line, struct buffer *out)
{
    switch (relation->kind) {
    case RELATION_SCAN: print_scan(relation->scan, line, out); break;
    case RELATION_VALUES:
        explain_begin_line(out, line);
        buffer_append_text(out, "LogicalValues(");
        print_tuples(relation->expressions, relation->row_count, relation->schema, out);
        buffer_append_text(out, ")\n");
        break;
    case RELATION_PROJECT: print_project(relation, line, out); break;
    case RELATION_FILTER: print_filter(relation, line, out); break;
    case RELATION_WINDOW:
        explain_begin_line(out, line);
        explain_window_function(relation, out);
        buffer_append_byte(out, '\n');
        break;
    case RELATION_AGGREGATE:
        explain_begin_line(out, line);
        explain_aggregate(relation, out);
        buffer_append_byte(out, '\n');
        break;
    case RELATION_LIMIT: print_limit(relation, line, out); break;
    case RELATION_ROW_NUMBER: explain_logical(relation->inputs[0], line, out); return;
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
