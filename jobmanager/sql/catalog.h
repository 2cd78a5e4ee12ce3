#pragma once

#include "common/base/refcount.h"
#include "common/columnar/schema.h"
#include "jobmanager/sql/parser.h"

/*
 * The tables that a session sees: catalogs hold databases hold tables. A new catalog set has default_catalog
 * with default_database, in memory. Not thread safe: one session, one statement at a time.
 */
struct sql_catalog;

/* The definition of a table or view: immutable, counted, owns its arena. */
struct sql_table {
    struct refcount refs;
    struct arena *arena;
    const char *catalog;
    const char *database;
    const char *name;
    bool temporary;
    /* Of a view: its query, whose tables have whole names. NULL of a table. */
    const struct sql_query *view;
    /* As declared. Of a view: its columns by name, all physical and without a type, and its comment. Columns
     * of tables of an external catalog are all physical. */
    const struct sql_create_table *definition;
    /* All columns with their types, computed ones too, in order of declaration. */
    struct schema *schema;
};

struct sql_table *sql_table_ref(const struct sql_table *table);
void sql_table_unref(const struct sql_table *table);

/*
 * An external catalog, CREATE CATALOG c WITH ('type' = 'iceberg', ...), as the gateway supplies it. Calls may
 * block on I/O. Lists are of names the callee allocates with mem_*, freed by the caller one by one and whole.
 */
struct sql_external_catalog_operations {
    enum status (*list_databases)(void *context, char ***ret_names, size_t *ret_count, struct error *error);
    enum status (*create_database)(void *context, const char *database, struct error *error);
    enum status (*drop_database)(void *context, const char *database, bool cascade, struct error *error);
    enum status (*list_tables)(void *context, const char *database, char ***ret_names, size_t *ret_count,
                               struct error *error);
    /* Fills definition (columns, partition, primary key, options with 'connector') in arena; STATUS_NOT_FOUND
     * when there is none. */
    enum status (*load_table)(void *context, const char *database, const char *table, struct arena *arena,
                              struct sql_create_table *ret_definition, struct error *error);
    enum status (*create_table)(void *context, const char *database,
                                const struct sql_create_table *definition, const struct schema *schema,
                                struct error *error);
    enum status (*drop_table)(void *context, const char *database, const char *table, struct error *error);
    void (*free)(void *context);
};

/* Makes an external catalog out of its validated options; STATUS_NOT_FOUND for a type that it does not know.
 */
struct sql_catalog_factory {
    enum status (*create)(void *context, const char *name, const struct sql_properties *properties,
                          const struct sql_external_catalog_operations **ret_operations, void **ret_catalog,
                          struct error *error);
    void *context;
};

/* factory may be NULL: only in-memory catalogs then. */
struct sql_catalog *sql_catalog_create(const struct sql_catalog_factory *factory);
void sql_catalog_free(struct sql_catalog *catalog);

const char *sql_catalog_current_catalog(const struct sql_catalog *catalog);
const char *sql_catalog_current_database(const struct sql_catalog *catalog);
STATUS_MUST_CHECK enum status sql_catalog_use_catalog(struct sql_catalog *catalog, const char *name,
                                                      struct error *error);
/* name: database, or catalog.database. */
STATUS_MUST_CHECK enum status sql_catalog_use_database(struct sql_catalog *catalog,
                                                       const struct sql_name *name, struct error *error);

STATUS_MUST_CHECK enum status sql_catalog_add_catalog(struct sql_catalog *catalog, const char *name,
                                                      const struct sql_properties *properties,
                                                      bool if_not_exists, struct error *error);
STATUS_MUST_CHECK enum status sql_catalog_drop_catalog(struct sql_catalog *catalog, const char *name,
                                                       bool if_exists, struct error *error);
STATUS_MUST_CHECK enum status sql_catalog_add_database(struct sql_catalog *catalog,
                                                       const struct sql_name *name, bool if_not_exists,
                                                       struct error *error);
STATUS_MUST_CHECK enum status sql_catalog_drop_database(struct sql_catalog *catalog,
                                                        const struct sql_name *name, bool if_exists,
                                                        bool cascade, struct error *error);

/* Completes a table name with the current catalog and database; the parts point to name and catalog. */
struct sql_table_path {
    const char *catalog;
    const char *database;
    const char *table;
};
struct sql_table_path sql_catalog_resolve(const struct sql_catalog *catalog, const struct sql_name *name);

/* Takes over the reference of table, whose catalog, database and name say where; on failure too. An external
 * catalog holds no views but temporary ones. */
STATUS_MUST_CHECK enum status sql_catalog_add_table(struct sql_catalog *catalog, struct sql_table *table,
                                                    bool if_not_exists, struct error *error);
/* Puts table in the place of the one of the same path, which there is; external catalogs refuse. Takes over
 * the reference, on failure too. */
STATUS_MUST_CHECK enum status sql_catalog_replace_table(struct sql_catalog *catalog, struct sql_table *table,
                                                        struct error *error);
STATUS_MUST_CHECK enum status sql_catalog_drop_table(struct sql_catalog *catalog, const struct sql_name *name,
                                                     bool temporary, bool if_exists, struct error *error);
STATUS_MUST_CHECK enum status sql_catalog_drop_view(struct sql_catalog *catalog, const struct sql_name *name,
                                                    bool temporary, bool if_exists, struct error *error);
/* A new reference; temporary tables go first. The schema of a table of an external catalog is set. */
STATUS_MUST_CHECK enum status sql_catalog_find_table(struct sql_catalog *catalog, const struct sql_name *name,
                                                     struct sql_table **ret_table, struct error *error);

/* Names in order, in arena. database NULL: the current one. */
struct sql_name_list {
    const char *const *names;
    size_t count;
};
STATUS_MUST_CHECK enum status sql_catalog_list_catalogs(struct sql_catalog *catalog, struct arena *arena,
                                                        struct sql_name_list *ret_list, struct error *error);
STATUS_MUST_CHECK enum status sql_catalog_list_databases(struct sql_catalog *catalog,
                                                         const char *catalog_name, struct arena *arena,
                                                         struct sql_name_list *ret_list, struct error *error);
/* Tables and views. */
STATUS_MUST_CHECK enum status sql_catalog_list_tables(struct sql_catalog *catalog,
                                                      const struct sql_name *database, struct arena *arena,
                                                      struct sql_name_list *ret_list, struct error *error);

STATUS_MUST_CHECK enum status sql_catalog_list_views(struct sql_catalog *catalog,
                                                     const struct sql_name *database, struct arena *arena,
                                                     struct sql_name_list *ret_list, struct error *error);

/* The query as text, every table by its whole path and with an alias: what it means does not change with the
 * current catalog and database. Hints may hold passwords: a text that is shown goes without. */
void sql_query_print_qualified(const struct sql_catalog *catalog, const struct sql_query *query,
                               bool with_hints, struct buffer *out);

/* A column's type as data_type; what is not built yet (ARRAY, TIME, ...) is STATUS_UNSUPPORTED with its
 * place. */
STATUS_MUST_CHECK enum status sql_type_resolve(const struct sql_type *type, struct data_type *ret_type,
                                               struct error *error);
