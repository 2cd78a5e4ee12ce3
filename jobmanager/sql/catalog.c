#include "jobmanager/sql/catalog_internal.h"

#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const default_catalog = "default_catalog";
static const char *const default_database = "default_database";

enum status catalog_error_at(const struct sql_name *name, enum status status, struct error *error,
                             const char *format, ...)
{
    char message[ERROR_MESSAGE_BYTES / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const struct sql_span *span = &name->span;
    if (span->line == 0)
        return error_set(error, status, "%s", message);
    error_set(error, status, "SQL validation failed. From line %u, column %u to line %u, column %u: %s",
              span->line, span->column, span->end_line, span->end_column, message);
    error->line = span->line;
    error->column = span->column;
    return status;
}

enum status catalog_missing(const char *name, struct error *error)
{
    return error_set(error, STATUS_NOT_FOUND, "A catalog with name [%s] does not exist.", name);
}

enum status catalog_missing_database(const char *database, const char *catalog, struct error *error)
{
    return error_set(error, STATUS_NOT_FOUND,
                     "A database with name [%s] does not exist in the catalog: [%s].", database, catalog);
}

struct catalog_entry *catalog_find(const struct sql_catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->catalog_count; i++) {
        if (strcmp(catalog->catalogs[i].name, name) == 0)
            return &catalog->catalogs[i];
    }
    return NULL;
}

static struct catalog_entry *append_catalog(struct sql_catalog *catalog, const char *name,
                                            const char *database)
{
    size_t size = (catalog->catalog_count + 1) * sizeof *catalog->catalogs;
    catalog->catalogs = mem_realloc(catalog->catalogs, size);
    struct catalog_entry *entry = &catalog->catalogs[catalog->catalog_count++];
    *entry = (struct catalog_entry){.name = mem_strdup(name), .default_database = mem_strdup(database)};
    return entry;
}

struct sql_catalog *sql_catalog_create(const struct sql_catalog_factory *factory)
{
    struct sql_catalog *catalog = mem_calloc(1, sizeof *catalog);
    if (factory != NULL)
        catalog->factory = *factory;
    catalog_append_database(append_catalog(catalog, default_catalog, default_database), default_database);
    catalog->current_catalog = mem_strdup(default_catalog);
    catalog->current_database = mem_strdup(default_database);
    return catalog;
}

static void free_catalog_entry(struct catalog_entry *entry)
{
    for (size_t i = 0; i < entry->database_count; i++)
        catalog_free_database(&entry->databases[i]);
    free(entry->databases);
    if (entry->operations != NULL)
        entry->operations->free(entry->external);
    free(entry->default_database);
    free(entry->name);
}

void sql_catalog_free(struct sql_catalog *catalog)
{
    if (catalog == NULL)
        return;
    for (size_t i = 0; i < catalog->catalog_count; i++)
        free_catalog_entry(&catalog->catalogs[i]);
    for (size_t i = 0; i < catalog->temporary_count; i++)
        sql_table_unref(catalog->temporary[i]);
    free(catalog->catalogs);
    free(catalog->temporary);
    free(catalog->current_catalog);
    free(catalog->current_database);
    free(catalog);
}

const char *sql_catalog_current_catalog(const struct sql_catalog *catalog)
{
    return catalog->current_catalog;
}

const char *sql_catalog_current_database(const struct sql_catalog *catalog)
{
    return catalog->current_database;
}

static void set_current(struct sql_catalog *catalog, const char *catalog_name, const char *database)
{
    char *new_catalog = mem_strdup(catalog_name);
    char *new_database = mem_strdup(database);
    free(catalog->current_catalog);
    free(catalog->current_database);
    catalog->current_catalog = new_catalog;
    catalog->current_database = new_database;
}

enum status sql_catalog_use_catalog(struct sql_catalog *catalog, const char *name, struct error *error)
{
    const struct catalog_entry *entry = catalog_find(catalog, name);
    if (entry == NULL)
        return catalog_missing(name, error);
    if (strcmp(catalog->current_catalog, name) != 0)
        set_current(catalog, name, entry->default_database);
    return STATUS_OK;
}

enum status sql_catalog_use_database(struct sql_catalog *catalog, const struct sql_name *name,
                                     struct error *error)
{
    const char *catalog_name = name->count == 2 ? name->parts[0] : catalog->current_catalog;
    const char *database = name->parts[name->count - 1];
    const struct catalog_entry *entry = catalog_find(catalog, catalog_name);
    if (entry == NULL)
        return catalog_missing(catalog_name, error);
    enum status status = catalog_check_database(entry, database, error);
    if (status == STATUS_OK)
        set_current(catalog, catalog_name, database);
    return status;
}

static const char *find_property(const struct sql_properties *properties, const char *key)
{
    for (size_t i = 0; i < properties->count; i++) {
        if (strcmp(properties->items[i].key, key) == 0)
            return properties->items[i].value;
    }
    return NULL;
}

static enum status add_external(struct sql_catalog *catalog, const char *name, const char *type,
                                const struct sql_properties *properties, struct error *error)
{
    const struct sql_external_catalog_operations *operations = NULL;
    void *external = NULL;
    enum status status = STATUS_NOT_FOUND;
    if (catalog->factory.create != NULL && strcmp(type, "generic_in_memory") != 0)
        status = catalog->factory.create(catalog->factory.context, name, properties, &operations, &external,
                                         error);
    else
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Could not find any factory for identifier '%s'. Available: generic_in_memory.",
                         type);
    if (status != STATUS_OK)
        return status;
    const char *database = find_property(properties, "default-database");
    struct catalog_entry *entry = append_catalog(catalog, name, database != NULL ? database : "default");
    entry->operations = operations;
    entry->external = external;
    return STATUS_OK;
}

enum status sql_catalog_add_catalog(struct sql_catalog *catalog, const char *name,
                                    const struct sql_properties *properties, bool if_not_exists,
                                    struct error *error)
{
    if (catalog_find(catalog, name) != NULL) {
        if (if_not_exists)
            return STATUS_OK;
        return error_set(error, STATUS_ALREADY_EXISTS, "Catalog %s already exists.", name);
    }
    const char *type = find_property(properties, "type");
    if (type == NULL)
        return error_set(
            error, STATUS_INVALID_ARGUMENT,
            "The catalog '%s' lacks its type: WITH ('type' = 'iceberg', ...) or 'generic_in_memory'.", name);
    if (strcmp(type, "generic_in_memory") != 0)
        return add_external(catalog, name, type, properties, error);
    const char *database = find_property(properties, "default-database");
    if (database == NULL)
        database = "default";
    catalog_append_database(append_catalog(catalog, name, database), database);
    return STATUS_OK;
}

static void drop_temporary(struct sql_catalog *catalog, const char *catalog_name)
{
    size_t kept = 0;
    for (size_t i = 0; i < catalog->temporary_count; i++) {
        if (strcmp(catalog->temporary[i]->catalog, catalog_name) == 0)
            sql_table_unref(catalog->temporary[i]);
        else
            catalog->temporary[kept++] = catalog->temporary[i];
    }
    catalog->temporary_count = kept;
}

enum status sql_catalog_drop_catalog(struct sql_catalog *catalog, const char *name, bool if_exists,
                                     struct error *error)
{
    struct catalog_entry *entry = catalog_find(catalog, name);
    if (entry == NULL)
        return if_exists ? STATUS_OK : catalog_missing(name, error);
    if (strcmp(catalog->current_catalog, name) == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Cannot drop the catalog %s: it is the current one. USE CATALOG another first.",
                         name);
    drop_temporary(catalog, name);
    free_catalog_entry(entry);
    size_t index = (size_t)(entry - catalog->catalogs);
    catalog->catalog_count--;
    memmove(entry, entry + 1, (catalog->catalog_count - index) * sizeof *entry);
    return STATUS_OK;
}
