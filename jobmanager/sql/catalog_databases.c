#include "jobmanager/sql/catalog_internal.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

struct database_entry *catalog_find_database(const struct catalog_entry *entry, const char *name)
{
    for (size_t i = 0; i < entry->database_count; i++) {
        if (strcmp(entry->databases[i].name, name) == 0)
            return &entry->databases[i];
    }
    return NULL;
}

void catalog_append_database(struct catalog_entry *entry, const char *name)
{
    entry->databases = mem_realloc(entry->databases, (entry->database_count + 1) * sizeof *entry->databases);
    entry->databases[entry->database_count++] = (struct database_entry){.name = mem_strdup(name)};
}

void catalog_free_database(struct database_entry *database)
{
    for (size_t i = 0; i < database->table_count; i++)
        sql_table_unref(database->tables[i]);
    free(database->tables);
    free(database->name);
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

enum status catalog_check_database(const struct catalog_entry *entry, const char *database,
                                   struct error *error)
{
    if (entry->operations == NULL)
        return catalog_find_database(entry, database) != NULL
                   ? STATUS_OK
                   : catalog_missing_database(database, entry->name, error);
    char **names = NULL;
    size_t count = 0;
    enum status status = entry->operations->list_databases(entry->external, &names, &count, error);
    if (status != STATUS_OK)
        return status;
    bool found = false;
    for (size_t i = 0; i < count && !found; i++)
        found = strcmp(names[i], database) == 0;
    free_names(names, count);
    return found ? STATUS_OK : catalog_missing_database(database, entry->name, error);
}

enum status sql_catalog_add_database(struct sql_catalog *catalog, const struct sql_name *name,
                                     bool if_not_exists, struct error *error)
{
    const char *catalog_name = name->count == 2 ? name->parts[0] : catalog->current_catalog;
    const char *database = name->parts[name->count - 1];
    struct catalog_entry *entry = catalog_find(catalog, catalog_name);
    if (entry == NULL)
        return catalog_missing(catalog_name, error);
    enum status status = catalog_check_database(entry, database, error);
    if (status == STATUS_OK && if_not_exists)
        return STATUS_OK;
    if (status == STATUS_OK)
        return error_set(error, STATUS_ALREADY_EXISTS, "Database %s already exists in Catalog %s.", database,
                         catalog_name);
    if (status != STATUS_NOT_FOUND)
        return status;
    if (entry->operations != NULL)
        return entry->operations->create_database(entry->external, database, error);
    catalog_append_database(entry, database);
    return STATUS_OK;
}

static enum status drop_memory_database(struct catalog_entry *entry, const char *name, bool cascade,
                                        struct error *error)
{
    struct database_entry *database = catalog_find_database(entry, name);
    if (database->table_count > 0 && !cascade)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Database %s in catalog %s is not empty. Drop its tables first, or say CASCADE.",
                         name, entry->name);
    catalog_free_database(database);
    size_t index = (size_t)(database - entry->databases);
    entry->database_count--;
    memmove(database, database + 1, (entry->database_count - index) * sizeof *database);
    return STATUS_OK;
}

enum status sql_catalog_drop_database(struct sql_catalog *catalog, const struct sql_name *name,
                                      bool if_exists, bool cascade, struct error *error)
{
    const char *catalog_name = name->count == 2 ? name->parts[0] : catalog->current_catalog;
    const char *database = name->parts[name->count - 1];
    struct catalog_entry *entry = catalog_find(catalog, catalog_name);
    if (entry == NULL)
        return catalog_missing(catalog_name, error);
    enum status status = catalog_check_database(entry, database, error);
    if (status == STATUS_NOT_FOUND && if_exists)
        return STATUS_OK;
    if (status != STATUS_OK)
        return status;
    if (strcmp(catalog_name, catalog->current_catalog) == 0 &&
        strcmp(database, catalog->current_database) == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Cannot drop the database %s: it is the current one. USE another first.", database);
    if (entry->operations != NULL)
        return entry->operations->drop_database(entry->external, database, cascade, error);
    return drop_memory_database(entry, database, cascade, error);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, doubles left out. */
static struct sql_name_list sorted(const char **names, size_t count)
{
    if (count > 1)
        qsort(names, count, sizeof *names, compare_names);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
            names[kept++] = names[i];
    }
    return (struct sql_name_list){.names = names, .count = kept};
}

enum status sql_catalog_list_catalogs(struct sql_catalog *catalog, struct arena *arena,
                                      struct sql_name_list *ret_list, struct error *error)
{
    (void)error;
    const char **names = arena_calloc(arena, catalog->catalog_count, sizeof *names);
    for (size_t i = 0; i < catalog->catalog_count; i++)
        names[i] = arena_strdup(arena, catalog->catalogs[i].name);
    *ret_list = sorted(names, catalog->catalog_count);
    return STATUS_OK;
}

enum status sql_catalog_list_databases(struct sql_catalog *catalog, const char *catalog_name,
                                       struct arena *arena, struct sql_name_list *ret_list,
                                       struct error *error)
{
    const char *of = catalog_name != NULL ? catalog_name : catalog->current_catalog;
    const struct catalog_entry *entry = catalog_find(catalog, of);
    if (entry == NULL)
        return catalog_missing(of, error);
    char **external = NULL;
    size_t count = entry->database_count;
    if (entry->operations != NULL) {
        enum status status = entry->operations->list_databases(entry->external, &external, &count, error);
        if (status != STATUS_OK)
            return status;
    }
    const char **names = arena_calloc(arena, count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = arena_strdup(arena, external != NULL ? external[i] : entry->databases[i].name);
    if (external != NULL)
        free_names(external, count);
    *ret_list = sorted(names, count);
    return STATUS_OK;
}

/* The database whose content is listed: of the name, and where it says nothing the session's. */
struct listed {
    const struct catalog_entry *entry;
    const char *catalog, *database;
};

static enum status find_listed(const struct sql_catalog *catalog, const struct sql_name *name,
                               struct listed *ret_listed, struct error *error)
{
    bool is_named = name != NULL && name->count > 0;
    struct listed listed = {
        .catalog = is_named && name->count == 2 ? name->parts[0] : catalog->current_catalog,
        .database = is_named ? name->parts[name->count - 1] : catalog->current_database,
    };
    listed.entry = catalog_find(catalog, listed.catalog);
    if (listed.entry == NULL)
        return catalog_missing(listed.catalog, error);
    *ret_listed = listed;
    return STATUS_OK;
}

enum status sql_catalog_list_tables(struct sql_catalog *catalog, const struct sql_name *name,
                                    struct arena *arena, struct sql_name_list *ret_list, struct error *error)
{
    struct listed listed;
    enum status status = find_listed(catalog, name, &listed, error);
    if (status != STATUS_OK)
        return status;
    char **external = NULL;
    size_t count = 0;
    const struct database_entry *memory = NULL;
    if (listed.entry->operations != NULL) {
        status = listed.entry->operations->list_tables(listed.entry->external, listed.database, &external,
                                                       &count, error);
    } else {
        status = catalog_check_database(listed.entry, listed.database, error);
        memory = catalog_find_database(listed.entry, listed.database);
        count = memory != NULL ? memory->table_count : 0;
    }
    if (status != STATUS_OK)
        return status;
    const char **names = arena_calloc(arena, count + catalog->temporary_count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = arena_strdup(arena, memory != NULL ? memory->tables[i]->name : external[i]);
    if (listed.entry->operations != NULL)
        free_names(external, count);
    for (size_t i = 0; i < catalog->temporary_count; i++) {
        const struct sql_table *table = catalog->temporary[i];
        if (strcmp(table->catalog, listed.catalog) == 0 && strcmp(table->database, listed.database) == 0)
            names[count++] = arena_strdup(arena, table->name);
    }
    *ret_list = sorted(names, count);
    return STATUS_OK;
}

static size_t append_views(struct sql_table *const *tables, size_t table_count, const char *catalog,
                           const char *database, struct arena *arena, const char **names, size_t count)
{
    for (size_t i = 0; i < table_count; i++) {
        const struct sql_table *table = tables[i];
        if (table->view != NULL && strcmp(table->catalog, catalog) == 0 &&
            strcmp(table->database, database) == 0)
            names[count++] = arena_strdup(arena, table->name);
    }
    return count;
}

enum status sql_catalog_list_views(struct sql_catalog *catalog, const struct sql_name *name,
                                   struct arena *arena, struct sql_name_list *ret_list, struct error *error)
{
    struct listed listed;
    enum status status = find_listed(catalog, name, &listed, error);
    if (status != STATUS_OK)
        return status;
    status = catalog_check_database(listed.entry, listed.database, error);
    if (status != STATUS_OK)
        return status;
    const struct database_entry *memory = catalog_find_database(listed.entry, listed.database);
    size_t table_count = memory != NULL ? memory->table_count : 0;
    const char **names = arena_calloc(arena, table_count + catalog->temporary_count + 1, sizeof *names);
    size_t count = append_views(catalog->temporary, catalog->temporary_count, listed.catalog, listed.database,
                                arena, names, 0);
    if (memory != NULL)
        count =
            append_views(memory->tables, table_count, listed.catalog, listed.database, arena, names, count);
    *ret_list = sorted(names, count);
    return STATUS_OK;
}
