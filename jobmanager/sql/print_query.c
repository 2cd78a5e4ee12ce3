#include "jobmanager/sql/parser.h"

static void print_names(const char *const *names, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(out, i > 0 ? ", " : " (");
        sql_identifier_print(names[i], out);
    }
    buffer_append_text(out, count > 0 ? ")" : "");
}

static void print_path(const struct sql_name *name, struct buffer *out)
{
    for (size_t i = 0; i < name->count; i++) {
        buffer_append_text(out, i > 0 ? "." : "");
        sql_identifier_print(name->parts[i], out);
    }
}

static void print_hints(const struct sql_properties *hints, struct buffer *out)
{
    for (size_t i = 0; i < hints->count; i++) {
        buffer_append_text(out, i > 0 ? ", " : " /*+ OPTIONS(");
        sql_string_print(hints->items[i].key, out);
        buffer_append_text(out, " = ");
        sql_string_print(hints->items[i].value, out);
    }
    buffer_append_text(out, hints->count > 0 ? ") */" : "");
}

static void print_window(const struct sql_window_function *window, struct buffer *out)
{
    static const char *const names[] = {
        [SQL_WINDOW_TUMBLE] = "TUMBLE",
        [SQL_WINDOW_HOP] = "HOP",
        [SQL_WINDOW_CUMULATE] = "CUMULATE",
        [SQL_WINDOW_SESSION] = "SESSION",
    };
    const struct sql_expression *lengths[] = {window->slide, window->size, window->offset};
    buffer_printf(out, "TABLE(%s(%s", names[window->kind],
                  window->input->kind == SQL_RELATION_TABLE ? "TABLE " : "");
    sql_relation_print(window->input, out);
    for (size_t i = 0; i < window->partition_count; i++) {
        buffer_append_text(out, i > 0 ? ", " : " PARTITION BY (");
        sql_expression_print(window->partition_by[i], out);
    }
    buffer_append_text(out, window->partition_count > 0 ? "), DESCRIPTOR(" : ", DESCRIPTOR(");
    sql_expression_print(window->time, out);
    buffer_append_byte(out, ')');
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        if (lengths[i] == NULL)
            continue;
        buffer_append_text(out, ", ");
        sql_expression_print(lengths[i], out);
    }
    buffer_append_text(out, "))");
}

void sql_relation_print(const struct sql_relation *relation, struct buffer *out)
{
    switch (relation->kind) {
    case SQL_RELATION_TABLE:
        print_path(&relation->name, out);
        print_hints(&relation->hints, out);
        break;
    case SQL_RELATION_SUBQUERY:
        buffer_append_byte(out, '(');
        sql_query_print(relation->query, out);
        buffer_append_byte(out, ')');
        break;
    case SQL_RELATION_WINDOW: print_window(relation->window, out); break;
    }
    if (relation->alias == NULL)
        return;
    buffer_append_text(out, " AS ");
    sql_identifier_print(relation->alias, out);
    print_names(relation->column_aliases, relation->column_alias_count, out);
}

static void print_item(const struct sql_select_item *item, struct buffer *out)
{
    if (item->qualifier != NULL) {
        sql_identifier_print(item->qualifier, out);
        buffer_append_byte(out, '.');
    }
    if (item->kind == SQL_ITEM_STAR)
        buffer_append_byte(out, '*');
    else
        sql_expression_print(item->expression, out);
    if (item->alias != NULL) {
        buffer_append_text(out, " AS ");
        sql_identifier_print(item->alias, out);
    }
}

static void print_select(const struct sql_query *query, struct buffer *out)
{
    buffer_append_text(out, query->is_distinct ? "SELECT DISTINCT " : "SELECT ");
    for (size_t i = 0; i < query->item_count; i++) {
        buffer_append_text(out, i > 0 ? ", " : "");
        print_item(&query->items[i], out);
    }
    if (query->has_from) {
        buffer_append_text(out, "\nFROM ");
        sql_relation_print(&query->from, out);
    }
    if (query->where != NULL) {
        buffer_append_text(out, "\nWHERE ");
        sql_expression_print(query->where, out);
    }
    for (size_t i = 0; i < query->group_count; i++) {
        buffer_append_text(out, i > 0 ? ", " : "\nGROUP BY ");
        sql_expression_print(query->group_by[i], out);
    }
    if (query->having != NULL) {
        buffer_append_text(out, "\nHAVING ");
        sql_expression_print(query->having, out);
    }
}

static void print_values(const struct sql_query *query, struct buffer *out)
{
    buffer_append_text(out, "VALUES ");
    for (size_t row = 0; row < query->row_count; row++) {
        buffer_append_text(out, row > 0 ? ", ROW(" : "ROW(");
        for (size_t i = 0; i < query->rows[row].count; i++) {
            buffer_append_text(out, i > 0 ? ", " : "");
            sql_expression_print(query->rows[row].values[i], out);
        }
        buffer_append_byte(out, ')');
    }
}

/* Each side is put into parentheses unless it binds tighter by itself. */
static void print_union(const struct sql_query *query, struct buffer *out)
{
    for (size_t i = 0; i < query->input_count; i++) {
        const struct sql_query *input = query->inputs[i];
        bool parentheses = input->kind == SQL_QUERY_UNION || input->with_count > 0 ||
                           input->order_count > 0 || input->limit_span.line != 0;
        if (i > 0)
            buffer_append_text(out, query->is_all ? "\nUNION ALL\n" : "\nUNION\n");
        buffer_append_text(out, parentheses ? "(" : "");
        sql_query_print(input, out);
        buffer_append_text(out, parentheses ? ")" : "");
    }
}

static void print_with(const struct sql_query *query, struct buffer *out)
{
    for (size_t i = 0; i < query->with_count; i++) {
        buffer_append_text(out, i > 0 ? ",\n" : "WITH ");
        sql_identifier_print(query->with[i].name, out);
        print_names(query->with[i].columns, query->with[i].column_count, out);
        buffer_append_text(out, " AS (");
        sql_query_print(query->with[i].query, out);
        buffer_append_byte(out, ')');
    }
    buffer_append_text(out, query->with_count > 0 ? "\n" : "");
}

void sql_query_print(const struct sql_query *query, struct buffer *out)
{
    print_with(query, out);
    switch (query->kind) {
    case SQL_QUERY_SELECT: print_select(query, out); break;
    case SQL_QUERY_VALUES: print_values(query, out); break;
    case SQL_QUERY_UNION: print_union(query, out); break;
    }
    if (query->order_count > 0) {
        buffer_append_text(out, "\nORDER BY ");
        sql_sort_items_print(query->order_by, query->order_count, out);
    }
    if (query->has_limit)
        buffer_printf(out, "\nLIMIT %lld", (long long)query->limit);
    if (query->offset > 0)
        buffer_printf(out, "\nOFFSET %lld", (long long)query->offset);
}
