#include "jobmanager/planner/execute_internal.h"

#include "common/base/check.h"

/* The names of a view's columns. */
static const struct sql_create_table *definition_of(struct arena *arena, const struct schema *schema,
                                                    const char *comment)
{
    struct sql_create_table *definition = arena_calloc(arena, 1, sizeof *definition);
    struct sql_column *columns = arena_calloc(arena, schema->num_fields + 1, sizeof *columns);
    for (uint32_t i = 0; i < schema->num_fields; i++)
        columns[i] = (struct sql_column){.kind = SQL_COLUMN_PHYSICAL,
                                         .name = arena_strdup(arena, schema->fields[i].name)};
    definition->columns = columns;
    definition->column_count = schema->num_fields;
    definition->comment = comment == NULL ? NULL : arena_strdup(arena, comment);
    return definition;
}

/* The query is kept with whole names of tables: it is printed so, and parsed into the view's own arena. */
static enum status own_query(struct execution *execution, struct arena *arena,
                             const struct sql_query **ret_query)
{
    struct buffer text = {0};
    const struct sql_statement *own = NULL;
    sql_query_print_qualified(execution->context->catalog, execution->statement->create_view->query, true,
                              &text);
    enum status status = sql_parse(sql_text_of(buffer_text(&text)), arena, &own, execution->error);
    buffer_free(&text);
    if (status != STATUS_OK)
        return status;
    CHECK(own->kind == SQL_SELECT);
    *ret_query = own->query;
    return STATUS_OK;
}

enum status execute_create_view(struct execution *execution)
{
    const struct sql_create_view *syntax = execution->statement->create_view;
    struct schema *schema = NULL;
    TRY(view_define(execution->context, syntax, &schema, execution->error));
    struct arena *arena = arena_create(4096);
    struct sql_table *view = arena_calloc(arena, 1, sizeof *view);
    struct sql_table_path path = sql_catalog_resolve(execution->context->catalog, &syntax->name);
    refcount_init(&view->refs);
    view->arena = arena;
    view->catalog = arena_strdup(arena, path.catalog);
    view->database = arena_strdup(arena, path.database);
    view->name = arena_strdup(arena, path.table);
    view->temporary = syntax->temporary;
    view->schema = schema;
    view->definition = definition_of(arena, schema, syntax->comment);
    enum status status = own_query(execution, arena, &view->view);
    if (status != STATUS_OK) {
        sql_table_unref(view);
        return status;
    }
    TRY(sql_catalog_add_table(execution->context->catalog, view, syntax->if_not_exists, execution->error));
    return answer_ok(execution);
}

enum status execute_drop_view(struct execution *execution)
{
    const struct sql_statement *statement = execution->statement;
    TRY(sql_catalog_drop_view(execution->context->catalog, &statement->name, statement->temporary,
                              statement->if_exists, execution->error));
    return answer_ok(execution);
}

enum status execute_show_views(struct execution *execution)
{
    struct sql_name_list list;
    TRY(sql_catalog_list_views(execution->context->catalog, &execution->statement->name, execution->arena,
                               &list, execution->error));
    return answer_list(execution, "view name", list.names, list.count);
}

static void print_view(const struct sql_table *view, struct buffer *out)
{
    const char *path[] = {view->catalog, view->database, view->name};
    buffer_printf(out, "CREATE %sVIEW ", view->temporary ? "TEMPORARY " : "");
    for (size_t i = 0; i < 3; i++) {
        buffer_append_text(out, i > 0 ? "." : "");
        sql_identifier_print(path[i], out);
    }
    for (size_t i = 0; i < view->definition->column_count; i++) {
        buffer_append_text(out, i > 0 ? ",\n  " : " (\n  ");
        sql_identifier_print(view->definition->columns[i].name, out);
    }
    buffer_append_text(out, "\n)\n");
    if (view->definition->comment != NULL) {
        buffer_append_text(out, "COMMENT ");
        sql_string_print(view->definition->comment, out);
        buffer_append_byte(out, '\n');
    }
    buffer_append_text(out, "AS ");
    sql_query_print(view->view, out);
    buffer_append_byte(out, '\n');
}

enum status execute_show_create_view(struct execution *execution)
{
    struct sql_table *view = NULL;
    struct buffer text = {0};
    TRY(sql_catalog_find_table(execution->context->catalog, &execution->statement->name, &view,
                               execution->error));
    bool is_view = view->view != NULL;
    if (is_view)
        print_view(view, &text);
    sql_table_unref(view);
    if (!is_view)
        return error_set(
            execution->error, STATUS_INVALID_ARGUMENT,
            "SHOW CREATE VIEW is only supported for views, but this is a table. Write SHOW CREATE "
            "TABLE instead.");
    answer_text(execution, "result", buffer_text(&text));
    buffer_free(&text);
    return STATUS_OK;
}
