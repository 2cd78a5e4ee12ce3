#include "jobmanager/planner/physical/print_internal.h"

#include <string.h>

static void print_calc(const struct physical *node, struct buffer *out)
{
    const struct schema *input = node->inputs[0]->schema;
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
}

/* The names of a source's columns of one origin. */
static void print_origin(const struct physical *node, enum plan_field_origin origin, struct buffer *out)
{
    const char *separator = "";
    for (uint32_t i = 0; i < node->schema->num_fields; i++) {
        const struct plan_source_field *field = &node->source->fields[i];
        if (field->origin != origin)
            continue;
        buffer_printf(out, "%s%s", separator,
                      origin == PLAN_FIELD_METADATA ? field->metadata_key : node->schema->fields[i].name);
        separator = ", ";
    }
}

/* What was pushed into the source is shown where a column was left out, or where there is metadata. */
static void print_scan(const struct physical *node, struct buffer *out)
{
    const struct scan *scan = node->scan;
    bool metadata = false;
    for (uint32_t i = 0; i < node->schema->num_fields; i++)
        metadata |= node->source->fields[i].origin == PLAN_FIELD_METADATA;
    buffer_append_text(out, "TableSourceScan(table=");
    print_table(scan->table, out);
    if (metadata || node->schema->num_fields < scan->columns.schema->num_fields) {
        buffer_append_text(out, ", project=[");
        print_origin(node, PLAN_FIELD_VALUE, out);
        buffer_append_text(out, "], metadata=[");
        print_origin(node, PLAN_FIELD_METADATA, out);
        buffer_append_byte(out, ']');
    }
    buffer_append_text(out, "]], fields=");
    print_names(node->schema, out);
}

static void print_exchange(const struct physical *node, struct buffer *out)
{
    const struct physical_exchange *exchange = node->exchange;
    buffer_append_text(out, "Exchange(distribution=[");
    if (exchange->partitioning == PLAN_HASH) {
        buffer_append_text(out, "hash");
        print_columns(node->schema, exchange->keys, exchange->key_count, out);
    } else {
        buffer_append_text(out, "single");
    }
    buffer_append_byte(out, ']');
}

static void print_deduplicate(const struct physical *node, struct buffer *out)
{
    const struct plan_deduplicate *deduplicate = node->deduplicate;
    buffer_printf(out, "Deduplicate(keep=[%s], key=", deduplicate->keeps_last ? "LastRow" : "FirstRow");
    print_columns(node->schema, deduplicate->keys, deduplicate->key_count, out);
    buffer_printf(out, ", order=[%s], outputInsertOnly=[%s]",
                  deduplicate->is_event_time ? "ROWTIME" : "PROCTIME",
                  plan_deduplicate_inserts_only(deduplicate) ? "true" : "false");
}

static void print_order(const struct plan_top_n *top_n, const struct schema *schema, struct buffer *out)
{
    for (uint32_t i = 0; i < top_n->order_count; i++) {
        const struct plan_sort_column *column = &top_n->order[i];
        buffer_printf(out, "%s%s %s", i > 0 ? ", " : "", schema->fields[column->column].name,
                      column->is_descending ? "DESC" : "ASC");
        if (column->nulls_last != column->is_descending)
            buffer_append_text(out, column->nulls_last ? " NULLS LAST" : " NULLS FIRST");
    }
}

const char *physical_top_n_name(const struct physical *node)
{
    if (!node->is_limit)
        return "Rank";
    return node->top_n->order_count > 0 ? "SortLimit" : "Limit";
}

static void print_limit(const struct physical *node, struct buffer *out)
{
    const struct plan_top_n *top_n = node->top_n;
    buffer_printf(out, "%s(", physical_top_n_name(node));
    if (top_n->order_count > 0) {
        buffer_append_text(out, "orderBy=[");
        print_order(top_n, node->schema, out);
        buffer_append_text(out, "], ");
    }
    buffer_printf(out, "offset=[%lld], fetch=[%lld]", (long long)top_n->first - 1,
                  (long long)(top_n->last - top_n->first + 1));
}

static void print_top_n(const struct physical *node, struct buffer *out)
{
    const struct plan_top_n *top_n = node->top_n;
    if (node->is_limit) {
        print_limit(node, out);
        return;
    }
    buffer_printf(out,
                  "Rank(strategy=[%s], rankType=[ROW_NUMBER], rankRange=[rankStart=%lld, rankEnd=%lld], "
                  "partitionBy=",
                  top_n->takes_retractions ? "RetractStrategy" : "AppendFastStrategy",
                  (long long)top_n->first, (long long)top_n->last);
    print_columns(node->schema, top_n->keys, top_n->key_count, out);
    buffer_append_text(out, ", orderBy=[");
    print_order(top_n, node->schema, out);
    buffer_append_text(out, "], select=");
    print_names(node->schema, out);
}

static void print_window_function(const struct physical *node, struct buffer *out)
{
    const struct plan_window *window = &node->window_table_function->window;
    struct buffer time = {0};
    if (window->time == PLAN_TIME_EVENT)
        buffer_printf(&time, "time_col=[%s]", node->schema->fields[window->time_column].name);
    else
        buffer_append_text(&time, "time_col=[PROCTIME]");
    buffer_append_text(out, "WindowTableFunction(window=[");
    print_window(window, buffer_text(&time), out);
    if (window->partition_column_count > 0) {
        buffer_append_text(out, ", partition keys=");
        print_columns(node->schema, window->partition_columns, (uint32_t)window->partition_column_count, out);
    }
    buffer_append_byte(out, ']');
    buffer_free(&time);
}

static void print_sink(const struct relation *sink, struct buffer *out)
{
    buffer_printf(out, "Sink(table=[%s], fields=", sink->sink->sink->table);
    print_names(sink->schema, out);
}

static void print_open(const struct physical *node, struct buffer *out)
{
    switch (node->kind) {
    case PHYSICAL_SCAN: print_scan(node, out); break;
    case PHYSICAL_VALUES:
        buffer_append_text(out, "Values(");
        print_tuples(node->source->values, node->source->value_row_count, node->schema, out);
        break;
    case PHYSICAL_CALC: print_calc(node, out); break;
    case PHYSICAL_WINDOW_TABLE_FUNCTION: print_window_function(node, out); break;
    case PHYSICAL_WINDOW_AGGREGATE: print_window_aggregate(node, out); break;
    case PHYSICAL_GROUP_AGGREGATE: print_group_aggregate(node, out); break;
    case PHYSICAL_DEDUPLICATE: print_deduplicate(node, out); break;
    case PHYSICAL_TOP_N: print_top_n(node, out); break;
    case PHYSICAL_UNION:
        buffer_append_text(out, "Union(all=[true], union=");
        print_names(node->schema, out);
        break;
    case PHYSICAL_EXCHANGE: print_exchange(node, out); break;
    case PHYSICAL_SINK: print_sink(node->sink, out); break;
    }
}

static void print_changelog(const struct physical *node, struct buffer *out)
{
    static const struct {
        uint8_t kind;
        const char *name;
    } kinds[] = {
        {PLAN_INSERTS, "I"}, {PLAN_UPDATE_BEFORES, "UB"}, {PLAN_UPDATE_AFTERS, "UA"}, {PLAN_DELETES, "D"}};
    const char *separator = "";
    buffer_append_text(out, ", changelogMode=[");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (node->kind == PHYSICAL_SINK || (node->changelog & kinds[i].kind) == 0)
            continue;
        buffer_printf(out, "%s%s", separator, kinds[i].name);
        separator = ",";
    }
    buffer_append_text(out, node->kind == PHYSICAL_SINK ? "NONE]" : "]");
}

void physical_print(const struct physical *node, bool with_changelog, struct buffer *out)
{
    print_open(node, out);
    if (with_changelog)
        print_changelog(node, out);
    buffer_append_byte(out, ')');
}
