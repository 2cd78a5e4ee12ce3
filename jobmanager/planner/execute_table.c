#include "jobmanager/planner/execute_internal.h"

#include "common/base/check.h"

#include <string.h>

/* A table that owns an arena, into which its definition is parsed from text. Nobody else knows it yet. */
static enum status parse_table(struct execution *execution, struct sql_text text,
                               const struct sql_table_path *path, struct sql_table **ret_table)
{
    struct arena *arena = arena_create(4096);
    struct sql_table *table = arena_calloc(arena, 1, sizeof *table);
    const struct sql_statement *own = NULL;
    refcount_init(&table->refs);
    table->arena = arena;
    enum status status = sql_parse(text, arena, &own, execution->error);
    if (status == STATUS_OK) {
        CHECK(own->kind == SQL_CREATE_TABLE);
        table->definition = own->create_table;
        table->catalog = arena_strdup(arena, path->catalog);
        table->database = arena_strdup(arena, path->database);
        table->name = arena_strdup(arena, path->table);
        table->temporary = own->temporary;
        status =
            define_schema(execution->context, table->definition, arena, &table->schema, execution->error);
    }
    if (status != STATUS_OK) {
        sql_table_unref(table);
        return status;
    }
    *ret_table = table;
    return STATUS_OK;
}

/* A definition that was put together is written out and parsed: then it depends on no other. */
static enum status write_table(struct execution *execution, const struct sql_create_table *definition,
                               const struct sql_table_path *path, bool temporary,
                               struct sql_table **ret_table)
{
    struct sql_table whole = {.catalog = path->catalog,
                              .database = path->database,
                              .name = path->table,
                              .temporary = temporary,
                              .definition = definition};
    struct buffer text = {0};
    show_create_table(&whole, false, &text);
    enum status status = parse_table(execution, sql_text_of(buffer_text(&text)), path, ret_table);
    buffer_free(&text);
    return status;
}

static enum status create_like(struct execution *execution, const struct sql_table_path *path,
                               struct sql_table **ret_table)
{
    const struct sql_create_table *definition = execution->statement->create_table;
    struct sql_table *source = NULL;
    struct sql_create_table merged;
    TRY(sql_catalog_find_table(execution->context->catalog, &definition->like->source, &source,
                               execution->error));
    enum status status = like_merge(execution->arena, definition, source, &merged, execution->error);
    if (status == STATUS_OK)
        status = write_table(execution, &merged, path, definition->temporary, ret_table);
    sql_table_unref(source);
    return status;
}

enum status execute_create_table(struct execution *execution)
{
    const struct sql_statement *statement = execution->statement;
    struct sql_table_path path = sql_catalog_resolve(execution->context->catalog, &statement->name);
    struct sql_table *table = NULL;
    if (statement->create_table->like != NULL)
        TRY(create_like(execution, &path, &table));
    else
        TRY(parse_table(execution, execution->text, &path, &table));
    TRY(sql_catalog_add_table(execution->context->catalog, table, statement->if_not_exists,
                              execution->error));
    return answer_ok(execution);
}

static struct sql_properties alter_options(struct execution *execution, const struct sql_properties *options)
{
    const struct sql_statement *statement = execution->statement;
    const struct sql_properties *given = &statement->properties;
    struct sql_property *items =
        arena_calloc(execution->arena, options->count + given->count + 1, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < options->count; i++) {
        bool kept = true;
        for (size_t j = 0; j < given->count; j++)
            kept &= strcmp(given->items[j].key, options->items[i].key) != 0;
        for (size_t j = 0; j < statement->reset_key_count; j++)
            kept &= strcmp(statement->reset_keys[j], options->items[i].key) != 0;
        if (kept)
            items[count++] = options->items[i];
    }
    for (size_t i = 0; i < given->count; i++)
        items[count++] = given->items[i];
    return (struct sql_properties){.items = items, .count = count};
}

static enum status alter(struct execution *execution, const struct sql_table *table)
{
    struct sql_table_path path = {table->catalog, table->database, table->name};
    struct sql_create_table changed = *table->definition;
    struct sql_table *altered = NULL;
    if (table->view != NULL)
        return error_set(execution->error, STATUS_INVALID_ARGUMENT, "'%s' is a view: it has no options.",
                         table->name);
    changed.options = alter_options(execution, &changed.options);
    TRY(write_table(execution, &changed, &path, table->temporary, &altered));
    return sql_catalog_replace_table(execution->context->catalog, altered, execution->error);
}

enum status execute_alter_table(struct execution *execution)
{
    const struct sql_statement *statement = execution->statement;
    struct sql_table *table = NULL;
    enum status status =
        sql_catalog_find_table(execution->context->catalog, &statement->name, &table, execution->error);
    if (status == STATUS_NOT_FOUND && statement->if_exists)
        return answer_ok(execution);
    TRY(status);
    status = alter(execution, table);
    sql_table_unref(table);
    return status == STATUS_OK ? answer_ok(execution) : status;
}
