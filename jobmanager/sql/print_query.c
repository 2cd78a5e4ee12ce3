#include "jobmanager/sql/catalog.h"

#include <string.h>

/* The names of WITH that are seen where the printer is: they are no tables. */
struct print_scope {
    const struct sql_query *query;
    size_t visible; /* of its items */
    const struct print_scope *outer;
};

/* catalog NULL: names as written. */
struct printer {
    const struct sql_catalog *catalog;
    bool with_hints;
    const struct print_scope *with;
    struct buffer *out;
};

static void print_query(struct printer *printer, const struct sql_query *query);

static void print_names(const char *const *names, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(out, i > 0 ? ", " : " (");
        sql_identifier_print(names[i], out);
    }
    buffer_append_text(out, count > 0 ? ")" : "");
}

static bool is_with_name(const struct printer *printer, const struct sql_name *name)
{
    for (const struct print_scope *scope = printer->with; scope != NULL && name->count == 1;
         scope = scope->outer) {
        for (size_t i = 0; i < scope->visible; i++) {
            if (strcmp(scope->query->with[i].name, name->parts[0]) == 0)
                return true;
        }
    }
    return false;
}

static void print_path(struct printer *printer, const struct sql_name *name)
{
    const char *parts[SQL_NAME_PARTS];
    size_t count = name->count;
    memcpy(parts, name->parts, sizeof parts);
    if (printer->catalog != NULL && !is_with_name(printer, name)) {
        struct sql_table_path path = sql_catalog_resolve(printer->catalog, name);
        parts[0] = path.catalog;
        parts[1] = path.database;
        parts[2] = path.table;
        count = 3;
    }
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(printer->out, i > 0 ? "." : "");
        sql_identifier_print(parts[i], printer->out);
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

static void print_relation(struct printer *printer, const struct sql_relation *relation);

static void print_window(struct printer *printer, const struct sql_window_function *window)
{
    static const char *const names[] = {
        [SQL_WINDOW_TUMBLE] = "TUMBLE",
        [SQL_WINDOW_HOP] = "HOP",
        [SQL_WINDOW_CUMULATE] = "CUMULATE",
        [SQL_WINDOW_SESSION] = "SESSION",
    };
    const struct sql_expression *lengths[] = {window->slide, window->size, window->offset};
    struct buffer *out = printer->out;
    buffer_printf(out, "TABLE(%s(%s", names[window->kind],
                  window->input->kind == SQL_RELATION_TABLE ? "TABLE " : "");
    print_relation(printer, window->input);
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

static void print_relation(struct printer *printer, const struct sql_relation *relation)
{
    switch (relation->kind) {
    case SQL_RELATION_TABLE:
        print_path(printer, &relation->name);
        if (printer->with_hints)
            print_hints(&relation->hints, printer->out);
        break;
    case SQL_RELATION_SUBQUERY:
        buffer_append_byte(printer->out, '(');
        print_query(printer, relation->query);
        buffer_append_byte(printer->out, ')');
        break;
    case SQL_RELATION_WINDOW: print_window(printer, relation->window); break;
    }
}

static void print_alias(const struct printer *printer, const struct sql_relation *relation)
{
    const char *alias = relation->alias;
    if (alias == NULL && printer->catalog != NULL && relation->kind == SQL_RELATION_TABLE)
        alias = relation->name.parts[relation->name.count - 1];
    if (alias == NULL)
        return;
    buffer_append_text(printer->out, " AS ");
    sql_identifier_print(alias, printer->out);
    print_names(relation->column_aliases, relation->column_alias_count, printer->out);
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

static void print_select(struct printer *printer, const struct sql_query *query)
{
    struct buffer *out = printer->out;
    buffer_append_text(out, query->is_distinct ? "SELECT DISTINCT " : "SELECT ");
    for (size_t i = 0; i < query->item_count; i++) {
        buffer_append_text(out, i > 0 ? ", " : "");
        print_item(&query->items[i], out);
    }
    if (query->has_from) {
        buffer_append_text(out, "\nFROM ");
        print_relation(printer, &query->from);
        print_alias(printer, &query->from);
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
static void print_union(struct printer *printer, const struct sql_query *query)
{
    struct buffer *out = printer->out;
    for (size_t i = 0; i < query->input_count; i++) {
        const struct sql_query *input = query->inputs[i];
        bool parentheses = input->kind == SQL_QUERY_UNION || input->with_count > 0 ||
                           input->order_count > 0 || input->limit_span.line != 0;
        if (i > 0)
            buffer_append_text(out, query->is_all ? "\nUNION ALL\n" : "\nUNION\n");
        buffer_append_text(out, parentheses ? "(" : "");
        print_query(printer, input);
        buffer_append_text(out, parentheses ? ")" : "");
    }
}

/* An item sees those before it. */
static void print_with(struct printer *printer, struct print_scope *scope)
{
    const struct sql_query *query = scope->query;
    struct buffer *out = printer->out;
    for (size_t i = 0; i < query->with_count; i++) {
        buffer_append_text(out, i > 0 ? ",\n" : "WITH ");
        sql_identifier_print(query->with[i].name, out);
        print_names(query->with[i].columns, query->with[i].column_count, out);
        buffer_append_text(out, " AS (");
        scope->visible = i;
        print_query(printer, query->with[i].query);
        buffer_append_byte(out, ')');
    }
    scope->visible = query->with_count;
    buffer_append_text(out, query->with_count > 0 ? "\n" : "");
}

static void print_query(struct printer *printer, const struct sql_query *query)
{
    struct buffer *out = printer->out;
    struct print_scope scope = {.query = query, .outer = printer->with};
    printer->with = &scope;
    print_with(printer, &scope);
    switch (query->kind) {
    case SQL_QUERY_SELECT: print_select(printer, query); break;
    case SQL_QUERY_VALUES: print_values(query, out); break;
    case SQL_QUERY_UNION: print_union(printer, query); break;
    }
    printer->with = scope.outer;
    if (query->order_count > 0) {
        buffer_append_text(out, "\nORDER BY ");
        sql_sort_items_print(query->order_by, query->order_count, out);
    }
    if (query->has_limit)
        buffer_printf(out, "\nLIMIT %lld", (long long)query->limit);
    if (query->offset > 0)
        buffer_printf(out, "\nOFFSET %lld", (long long)query->offset);
}

void sql_query_print(const struct sql_query *query, struct buffer *out)
{
    struct printer printer = {.with_hints = true, .out = out};
    print_query(&printer, query);
}

void sql_query_print_qualified(const struct sql_catalog *catalog, const struct sql_query *query,
                               bool with_hints, struct buffer *out)
{
    struct printer printer = {.catalog = catalog, .with_hints = with_hints, .out = out};
    print_query(&printer, query);
}
