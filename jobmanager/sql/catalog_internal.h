#pragma once

#include "jobmanager/sql/catalog.h"

/* Tables by name, in order of creation. */
struct database_entry {
    char *name;
    struct sql_table **tables;
    size_t table_count;
};

/* An in-memory catalog has databases of its own, an external one operations. */
struct catalog_entry {
    char *name;
    struct database_entry *databases;
    size_t database_count;
    char *default_database;
    const struct sql_external_catalog_operations *operations; /* NULL: in memory */
    void *external;
};

struct sql_catalog {
    struct sql_catalog_factory factory;
    struct catalog_entry *catalogs;
    size_t catalog_count;
    struct sql_table **temporary; /* by their whole path, in whatever catalog */
    size_t temporary_count;
    char *current_catalog;
    char *current_database;
};

struct catalog_entry *catalog_find(const struct sql_catalog *catalog, const char *name);
struct database_entry *catalog_find_database(const struct catalog_entry *entry, const char *name);
void catalog_append_database(struct catalog_entry *entry, const char *name);
void catalog_free_database(struct database_entry *database);
STATUS_MUST_CHECK enum status catalog_missing(const char *name, struct error *error);
STATUS_MUST_CHECK enum status catalog_missing_database(const char *database, const char *catalog,
                                                       struct error *error);
/* STATUS_NOT_FOUND when the catalog has no such database. */
STATUS_MUST_CHECK enum status catalog_check_database(const struct catalog_entry *entry, const char *database,
                                                     struct error *error);
/* An error at a name's place in the text. */
STATUS_MUST_CHECK enum status catalog_error_at(const struct sql_name *name, enum status status,
                                               struct error *error, const char *format, ...)
    PRINTF_LIKE(4, 5);
