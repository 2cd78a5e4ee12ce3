#include "jobmanager/planner/planner_internal.h"

#include <string.h>

/* One line of a plan: its depth gives the "+- " before it. */
static void begin_line(struct buffer *out, uint32_t depth)
{
    for (uint32_t i = 1; i < depth; i++)
        buffer_append_text(out, "   ");
    if (depth > 0)
        buffer_append_text(out, "+- ");
}

static void print_names(const struct schema *schema, struct buffer *out)
{
    buffer_append_byte(out, '[');
    for (uint32_t i = 0; i < schema->num_fields; i++)
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", schema->fields[i].name);
    buffer_append_byte(out, ']');
}

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

static void print_table(const struct sql_table *table, struct buffer *out)
{
    buffer_printf(out, "[[%s, %s, %s", table->catalog, table->database, table->name);
}

static bool has_computed(const struct sql_create_table *definition)
{
    for (size_t i = 0; i < definition->column_count; i++) {
        if (definition->columns[i].kind != SQL_COLUMN_PHYSICAL)
            return true;
    }
    return false;
}

static void print_logical_scan(const struct scan *scan, uint32_t depth, struct buffer *out)
{
    struct schema *source = number_columns(scan->columns.schema);
    if (scan->watermark != NULL) {
        begin_line(out, depth++);
        buffer_printf(out, "LogicalWatermarkAssigner(rowtime=[%s], watermark=[",
                      scan->table->definition->watermark->column);
        expression_format(scan->watermark, source, out);
        buffer_append_text(out, "])\n");
    }
    if (has_computed(scan->table->definition)) {
        begin_line(out, depth++);
        buffer_append_text(out, "LogicalProject(");
        print_projections(scan->columns.table_columns, scan->table->schema, source, out);
        buffer_append_text(out, ")\n");
    }
    begin_line(out, depth);
    buffer_append_text(out, "LogicalTableScan(table=");
    print_table(scan->table, out);
    buffer_append_text(out, "]])\n");
    schema_unref(source);
}

static void print_values(const struct pipeline *pipeline, const char *name, uint32_t depth,
                         struct buffer *out)
{
    uint32_t width = pipeline->output->num_fields;
    begin_line(out, depth);
    buffer_printf(out, "%s(tuples=[[", name);
    for (size_t row = 0; row < pipeline->value_row_count; row++) {
        buffer_append_text(out, row > 0 ? ", { " : "{ ");
        for (uint32_t i = 0; i < width; i++) {
            buffer_append_text(out, i > 0 ? ", " : "");
            expression_format(pipeline->values[row * width + i], pipeline->output, out);
        }
        buffer_append_text(out, " }");
    }
    buffer_append_text(out, "]])\n");
}

static void print_sink(const struct pipeline *pipeline, const char *name, uint32_t depth, struct buffer *out)
{
    begin_line(out, depth);
    buffer_printf(out, "%s(table=[%s], fields=", name, pipeline->sink->table);
    print_names(pipeline->written_output, out);
    buffer_append_text(out, ")\n");
}

static void print_logical(const struct pipeline *pipeline, struct buffer *out)
{
    uint32_t depth = 0;
    if (pipeline->sink != NULL)
        print_sink(pipeline, "LogicalSink", depth++, out);
    if (pipeline->scan == NULL) {
        print_values(pipeline, "LogicalValues", depth, out);
        return;
    }
    struct schema *table = number_columns(pipeline->scan->table->schema);
    begin_line(out, depth++);
    buffer_append_text(out, "LogicalProject(");
    print_projections(pipeline->written_projections, pipeline->written_output, table, out);
    buffer_append_text(out, ")\n");
    if (pipeline->written_filter != NULL) {
        begin_line(out, depth++);
        buffer_append_text(out, "LogicalFilter(condition=[");
        expression_format(pipeline->written_filter, table, out);
        buffer_append_text(out, "])\n");
    }
    print_logical_scan(pipeline->scan, depth, out);
    schema_unref(table);
}

static void print_calc(const struct plan_node *node, const struct schema *input, uint32_t depth,
                       struct buffer *out)
{
    begin_line(out, depth);
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
static void print_scan(const struct scan *scan, const struct plan_node *source, uint32_t depth,
                       struct buffer *out)
{
    bool metadata = false;
    for (uint32_t i = 0; i < source->schema->num_fields; i++)
        metadata |= source->source->fields[i].origin == PLAN_FIELD_METADATA;
    begin_line(out, depth);
    buffer_append_text(out, "TableSourceScan(table=");
    print_table(scan->table, out);
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
    print_names(source->schema, out);
    buffer_append_text(out, ")\n");
}

static const struct plan_node *find_source(const struct plan_builder *builder,
                                           const struct pipeline *pipeline)
{
    size_t index = 0;
    if (pipeline->scan != NULL) {
        while (builder->scans[index] != pipeline->scan)
            index++;
    } else {
        index = builder->scan_count;
        for (size_t i = 0; builder->pipelines[i] != pipeline; i++)
            index += builder->pipelines[i]->scan == NULL;
    }
    return builder->graph->vertices[index].root;
}

/* The place of a pipeline among those of its scan is that of its branch among the source's children. */
static const struct plan_node *find_branch(const struct plan_builder *builder,
                                           const struct pipeline *pipeline, const struct plan_node *source)
{
    size_t index = 0;
    for (size_t i = 0; builder->pipelines[i] != pipeline; i++)
        index += builder->pipelines[i]->scan == pipeline->scan;
    return index < source->child_count ? source->children[index] : NULL;
}

static void print_physical(const struct plan_builder *builder, const struct pipeline *pipeline,
                           struct buffer *out)
{
    uint32_t depth = 0;
    const struct plan_node *source = find_source(builder, pipeline);
    if (pipeline->sink != NULL)
        print_sink(pipeline, "Sink", depth++, out);
    if (pipeline->scan == NULL) {
        print_values(pipeline, "Values", depth, out);
        return;
    }
    const struct plan_node *branch = find_branch(builder, pipeline, source);
    if (branch != NULL && branch->kind == PLAN_CALC)
        print_calc(branch, source->schema, depth++, out);
    if (pipeline->scan->watermark != NULL) {
        begin_line(out, depth++);
        buffer_printf(out, "WatermarkAssigner(rowtime=[%s], watermark=[",
                      pipeline->scan->table->definition->watermark->column);
        expression_format(pipeline->scan->watermark, pipeline->scan->columns.schema, out);
        buffer_append_text(out, "])\n");
    }
    print_scan(pipeline->scan, source, depth, out);
}

void explain_plan(const struct plan_builder *builder, struct buffer *out)
{
    static const char *const headings[] = {"== Optimized Physical Plan ==", "== Optimized Execution Plan =="};
    buffer_append_text(out, "== Abstract Syntax Tree ==\n");
    for (size_t i = 0; i < builder->pipeline_count; i++) {
        if (i > 0)
            buffer_append_byte(out, '\n');
        print_logical(builder->pipelines[i], out);
    }
    for (size_t heading = 0; heading < 2; heading++) {
        buffer_printf(out, "\n%s\n", headings[heading]);
        for (size_t i = 0; i < builder->pipeline_count; i++) {
            if (i > 0)
                buffer_append_byte(out, '\n');
            print_physical(builder, builder->pipelines[i], out);
        }
    }
}
