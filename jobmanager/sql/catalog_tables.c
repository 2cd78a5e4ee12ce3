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

static const char *kind_of(const struct sql_table *table)
{
    return table->view != NULL ? "View" : "Table";
}

/* There is one of that name already. */
static enum status exists(const struct sql_table *there, const struct sql_table *table, bool if_not_exists,
                          struct error *error)
{
    if (if_not_exists)
        return STATUS_OK;
    return error_set(error, STATUS_ALREADY_EXISTS,
                     "%s '%s.%s.%s' already exists. Use CREATE %s IF NOT EXISTS, or drop it first.",
                     kind_of(there), table->catalog, table->database, table->name,
                     table->view != NULL ? "VIEW" : "TABLE");
}

static enum status add_external(struct catalog_entry *entry, struct sql_table *table, bool if_not_exists,
                                struct error *error)
{
    if (table->view != NULL)
        return error_set(error, STATUS_UNSUPPORTED,
                         "The catalog '%s' holds no views: write CREATE TEMPORARY VIEW, or name the view in "
                         "another catalog.",
                         table->catalog);
    enum status status = entry->operations->create_table(entry->external, table->database, table->definition,
                                                         table->schema, error);
    return status == STATUS_ALREADY_EXISTS ? exists(table, table, if_not_exists, error) : status;
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
        struct sql_table **there = find_in(catalog->temporary, catalog->temporary_count, &path);
        if (there != NULL)
            return exists(*there, *table, if_not_exists, error);
        append_table(&catalog->temporary, &catalog->temporary_count, *table);
        *table = NULL;
        return STATUS_OK;
    }
    if (entry->operations != NULL)
        return add_external(entry, *table, if_not_exists, error);
    struct database_entry *database = catalog_find_database(entry, path.database);
    if (database == NULL)
        return catalog_missing_database(path.database, path.catalog, error);
    struct sql_table **there = find_in(database->tables, database->table_count, &path);
    if (there != NULL)
        return exists(*there, *table, if_not_exists, error);
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

static struct sql_table **find_kept(struct sql_catalog *catalog, const struct sql_table_path *path)
{
    struct sql_table **slot = find_in(catalog->temporary, catalog->temporary_count, path);
    struct catalog_entry *entry = catalog_find(catalog, path->catalog);
    if (slot != NULL || entry == NULL || entry->operations != NULL)
        return slot;
    struct database_entry *database = catalog_find_database(entry, path->database);
    return database == NULL ? NULL : find_in(database->tables, database->table_count, path);
}

enum status sql_catalog_replace_table(struct sql_catalog *catalog, struct sql_table *table,
                                      struct error *error)
{
    struct sql_table_path path = {table->catalog, table->database, table->name};
    struct sql_table **slot = find_kept(catalog, &path);
    if (slot == NULL) {
        error_set(error, STATUS_UNSUPPORTED,
                  "Tables of the catalog '%s' cannot be altered yet: alter '%s.%s' with another engine.",
                  table->catalog, table->database, table->name);
        sql_table_unref(table);
        return STATUS_UNSUPPORTED;
    }
    sql_table_unref(*slot);
    *slot = table;
    return STATUS_OK;
}

/* What is to be dropped. */
struct victim {
    struct sql_table_path path;
    bool is_view;
    bool temporary;
    bool if_exists;
};

static enum status nothing_to_drop(const struct victim *victim, struct error *error)
{
    static const char *const kinds[2][2] = {{"Table", "Temporary table"}, {"View", "Temporary view"}};
    if (victim->if_exists)
        return STATUS_OK;
    return error_set(error, STATUS_NOT_FOUND, "%s with identifier '%s.%s.%s' does not exist.",
                     kinds[victim->is_view][victim->temporary], victim->path.catalog, victim->path.database,
                     victim->path.table);
}

static enum status drop_from(struct sql_table **tables, size_t *count, const struct victim *victim,
                             struct error *error)
{
    struct sql_table **slot = find_in(tables, *count, &victim->path);
    if (slot == NULL)
        return nothing_to_drop(victim, error);
    if (((*slot)->view != NULL) != victim->is_view)
        return error_set(error, STATUS_INVALID_ARGUMENT, "'%s.%s.%s' is a %s: write DROP %s%s.",
                         victim->path.catalog, victim->path.database, victim->path.table,
                         victim->is_view ? "table" : "view", victim->temporary ? "TEMPORARY " : "",
                         victim->is_view ? "TABLE" : "VIEW");
    remove_table(tables, count, slot);
    return STATUS_OK;
}

static enum status drop(struct sql_catalog *catalog, const struct victim *victim, struct error *error)
{
    if (victim->temporary)
        return drop_from(catalog->temporary, &catalog->temporary_count, victim, error);
    struct sql_table **hiding = find_in(catalog->temporary, catalog->temporary_count, &victim->path);
    if (hiding != NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Temporary %s with identifier '%s.%s.%s' exists. Drop it first (DROP TEMPORARY %s) "
                         "before removing the permanent %s.",
                         (*hiding)->view != NULL ? "view" : "table", victim->path.catalog,
                         victim->path.database, victim->path.table,
                         (*hiding)->view != NULL ? "VIEW" : "TABLE", victim->is_view ? "view" : "table");
    struct catalog_entry *entry = catalog_find(catalog, victim->path.catalog);
    if (entry == NULL || (entry->operations != NULL && victim->is_view))
        return nothing_to_drop(victim, error);
    if (entry->operations != NULL) {
        enum status status =
            entry->operations->drop_table(entry->external, victim->path.database, victim->path.table, error);
        return status == STATUS_NOT_FOUND ? nothing_to_drop(victim, error) : status;
    }
    struct database_entry *database = catalog_find_database(entry, victim->path.database);
    if (database == NULL)
        return nothing_to_drop(victim, error);
    return drop_from(database->tables, &database->table_count, victim, error);
}

enum status sql_catalog_drop_table(struct sql_catalog *catalog, const struct sql_name *name, bool temporary,
                                   bool if_exists, struct error *error)
{
    struct victim victim = {sql_catalog_resolve(catalog, name), false, temporary, if_exists};
    return drop(catalog, &victim, error);
}

enum status sql_catalog_drop_view(struct sql_catalog *catalog, const struct sql_name *name, bool temporary,
                                  bool if_exists, struct error *error)
{
    struct victim victim = {sql_catalog_resolve(catalog, name), true, temporary, if_exists};
    return drop(catalog, &victim, error);
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
