#include "jobmanager/planner/planner_internal.h"

static void print_items(const struct sql_query *query, struct buffer *out)
{
    for (size_t i = 0; i < query->item_count; i++) {
        const struct sql_select_item *item = &query->items[i];
        buffer_append_text(out, i > 0 ? ", " : "SELECT ");
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
}

/* The query as a job's name: Flink's form, tables by their whole path. */
const char *planner_query_name(const struct planner_context *context, const struct sql_query *query,
                               struct arena *arena)
{
    struct buffer out = {0};
    if (query->row_count > 0)
        buffer_append_text(&out, "VALUES");
    print_items(query, &out);
    if (query->has_from) {
        struct sql_table_path path = sql_catalog_resolve(context->catalog, &query->from.name);
        const char *parts[] = {path.catalog, path.database, path.table};
        buffer_append_text(&out, "\nFROM ");
        for (size_t i = 0; i < 3; i++) {
            buffer_append_text(&out, i > 0 ? "." : "");
            sql_identifier_print(parts[i], &out);
        }
        buffer_append_text(&out, " AS ");
        sql_identifier_print(query->from.alias != NULL ? query->from.alias : path.table, &out);
    }
    if (query->where != NULL) {
        buffer_append_text(&out, "\nWHERE ");
        sql_expression_print(query->where, &out);
    }
    const char *name = arena_strdup(arena, buffer_text(&out));
    buffer_free(&out);
    return name;
}
