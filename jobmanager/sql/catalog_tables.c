#include "jobmanager/sql/catalog_internal.h"

#include "common/base/memory.h"
#include "common/base/nearest_word.h"

#include <string.h>

struct sql_table_path sql_catalog_resolve(const struct sql_catalog *catalog, const struct sql_name *name)
{
    return (struct sql_table_path){
        .catalog = name->count > 2 ? name->parts[0] : catalog->current_catalog,
        .database = name->count > 1 ? name->parts[name->count - 2] : catalog->current_database,
        .table = name->parts[name->count - 1],
    };
}

static struct sql_table **find_in(struct sql_table **tables, size_t count, const struct sql_table_path *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(tables[i]->name, path->table) == 0 && strcmp(tables[i]->database, path->database) == 0 &&
            strcmp(tables[i]->catalog, path->catalog) == 0)
            return &tables[i];
    }
    return NULL;
}

static void append_table(struct sql_table ***tables, size_t *count, struct sql_table *table)
{
    *tables = mem_realloc(*tables, (*count + 1) * sizeof **tables);
    (*tables)[(*count)++] = table;
}

static void remove_table(struct sql_table **tables, size_t *count, struct sql_table **slot)
{
    sql_table_unref(*slot);
    (*count)--;
    memmove(slot, slot + 1, (*count - (size_t)(slot - tables)) * sizeof *slot);
}

static enum status exists(const struct sql_table *table, bool if_not_exists, struct error *error)
{
    if (if_not_exists)
        return STATUS_OK;
    return error_set(error, STATUS_ALREADY_EXISTS,
                     "Table '%s.%s.%s' already exists. Use CREATE TABLE IF NOT EXISTS, or drop it first.",
                     table->catalog, table->database, table->name);
}

static enum status add_external(struct catalog_entry *entry, struct sql_table *table, bool if_not_exists,
                                struct error *error)
{
    enum status status = entry->operations->create_table(entry->external, table->database, table->definition,
                                                         table->schema, error);
    return status == STATUS_ALREADY_EXISTS ? exists(table, if_not_exists, error) : status;
}

/* *table becomes NULL when the catalog took the reference. */
static enum status add_table(struct sql_catalog *catalog, struct sql_table **table, bool if_not_exists,
                             struct error *error)
{
    struct sql_table_path path = {(*table)->catalog, (*table)->database, (*table)->name};
    struct catalog_entry *entry = catalog_find(catalog, path.catalog);
    if (entry == NULL)
        return catalog_missing(path.catalog, error);
    if ((*table)->temporary) {
        if (find_in(catalog->temporary, catalog->temporary_count, &path) != NULL)
            return exists(*table, if_not_exists, error);
        append_table(&catalog->temporary, &catalog->temporary_count, *table);
        *table = NULL;
        return STATUS_OK;
    }
    if (entry->operations != NULL)
        return add_external(entry, *table, if_not_exists, error);
    struct database_entry *database = catalog_find_database(entry, path.database);
    if (database == NULL)
        return catalog_missing_database(path.database, path.catalog, error);
    if (find_in(database->tables, database->table_count, &path) != NULL)
        return exists(*table, if_not_exists, error);
    append_table(&database->tables, &database->table_count, *table);
    *table = NULL;
    return STATUS_OK;
}

enum status sql_catalog_add_table(struct sql_catalog *catalog, struct sql_table *table, bool if_not_exists,
                                  struct error *error)
{
    enum status status = add_table(catalog, &table, if_not_exists, error);
    sql_table_unref(table);
    return status;
}

static enum status no_table(const struct sql_table_path *path, bool temporary, bool if_exists,
                            struct error *error)
{
    if (if_exists)
        return STATUS_OK;
    return error_set(error, STATUS_NOT_FOUND, "%s with identifier '%s.%s.%s' does not exist.",
                     temporary ? "Temporary table" : "Table", path->catalog, path->database, path->table);
}

enum status sql_catalog_drop_table(struct sql_catalog *catalog, const struct sql_name *name, bool temporary,
                                   bool if_exists, struct error *error)
{
    struct sql_table_path path = sql_catalog_resolve(catalog, name);
    struct sql_table **slot = find_in(catalog->temporary, catalog->temporary_count, &path);
    if (temporary) {
        if (slot == NULL)
            return no_table(&path, true, if_exists, error);
        remove_table(catalog->temporary, &catalog->temporary_count, slot);
        return STATUS_OK;
    }
    if (slot != NULL)
        return error_set(
            error, STATUS_INVALID_ARGUMENT,
            "Temporary table with identifier '%s.%s.%s' exists. Drop it first (DROP TEMPORARY TABLE) "
            "before removing the permanent table.",
            path.catalog, path.database, path.table);
    struct catalog_entry *entry = catalog_find(catalog, path.catalog);
    if (entry == NULL)
        return no_table(&path, false, if_exists, error);
    if (entry->operations != NULL) {
        enum status status = entry->operations->drop_table(entry->external, path.database, path.table, error);
        return status == STATUS_NOT_FOUND ? no_table(&path, false, if_exists, error) : status;
    }
    struct database_entry *database = catalog_find_database(entry, path.database);
    slot = database == NULL ? NULL : find_in(database->tables, database->table_count, &path);
    if (slot == NULL)
        return no_table(&path, false, if_exists, error);
    remove_table(database->tables, &database->table_count, slot);
    return STATUS_OK;
}

static enum status not_found(struct sql_catalog *catalog, const struct sql_name *name, struct error *error)
{
    struct arena *arena = arena_create(1024);
    struct sql_name_list list = {.count = 0};
    struct error ignored;
    struct sql_name database = {
        .parts = {name->count > 2 ? name->parts[0] : catalog->current_catalog,
                  name->count > 1 ? name->parts[name->count - 2] : catalog->current_database},
        .count = 2};
    const char *nearest = NULL;
    const char *written = name->parts[name->count - 1];
    if (sql_catalog_list_tables(catalog, &database, arena, &list, &ignored) == STATUS_OK)
        nearest = nearest_word(written, list.names, list.count);
    enum status status =
        nearest == NULL ? catalog_error_at(name, STATUS_NOT_FOUND, error, "Object '%s' not found", written)
                        : catalog_error_at(name, STATUS_NOT_FOUND, error,
                                           "Object '%s' not found. Did you mean '%s'?", written, nearest);
    arena_free(arena);
    return status;
}

static enum status resolve_schema(struct sql_table *table, struct error *error)
{
    const struct sql_create_table *definition = table->definition;
    struct schema *schema = schema_create((uint32_t)definition->column_count);
    for (size_t i = 0; i < definition->column_count; i++) {
        struct data_type type;
        enum status status = sql_type_resolve(definition->columns[i].type, &type, error);
        if (status != STATUS_OK) {
            schema_unref(schema);
            return status;
        }
        schema_set_field(schema, (uint32_t)i, definition->columns[i].name, type);
    }
    table->schema = schema;
    return STATUS_OK;
}

static enum status load_external(struct catalog_entry *entry, const struct sql_table_path *path,
                                 struct sql_table **ret_table, struct error *error)
{
    struct arena *arena = arena_create(4096);
    struct sql_table *table = arena_calloc(arena, 1, sizeof *table);
    struct sql_create_table *definition = arena_calloc(arena, 1, sizeof *definition);
    refcount_init(&table->refs);
    table->arena = arena;
    table->catalog = arena_strdup(arena, path->catalog);
    table->database = arena_strdup(arena, path->database);
    table->name = arena_strdup(arena, path->table);
    table->definition = definition;
    enum status status =
        entry->operations->load_table(entry->external, path->database, path->table, arena, definition, error);
    if (status == STATUS_OK)
        status = resolve_schema(table, error);
    if (status != STATUS_OK) {
        sql_table_unref(table);
        return status;
    }
    *ret_table = table;
    return STATUS_OK;
}

enum status sql_catalog_find_table(struct sql_catalog *catalog, const struct sql_name *name,
                                   struct sql_table **ret_table, struct error *error)
{
    struct sql_table_path path = sql_catalog_resolve(catalog, name);
    struct sql_table **slot = find_in(catalog->temporary, catalog->temporary_count, &path);
    if (slot != NULL) {
        *ret_table = sql_table_ref(*slot);
        return STATUS_OK;
    }
    struct catalog_entry *entry = catalog_find(catalog, path.catalog);
    if (entry == NULL)
        return catalog_error_at(name, STATUS_NOT_FOUND, error, "Object '%s' not found", path.catalog);
    if (entry->operations != NULL) {
        enum status status = load_external(entry, &path, ret_table, error);
        return status == STATUS_NOT_FOUND ? not_found(catalog, name, error) : status;
    }
    struct database_entry *database = catalog_find_database(entry, path.database);
    slot = database == NULL ? NULL : find_in(database->tables, database->table_count, &path);
    if (slot == NULL)
        return not_found(catalog, name, error);
    *ret_table = sql_table_ref(*slot);
    return STATUS_OK;
}
