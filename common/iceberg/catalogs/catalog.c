#include "common/iceberg/catalogs/catalog_internal.h"

#include <stdlib.h>
#include <string.h>

void iceberg_table_free(struct iceberg_table *table)
{
    if (table == NULL)
        return;
    iceberg_table_metadata_unref(table->metadata);
    free(table->metadata_file);
    free(table);
}

enum status iceberg_catalog_open(const struct process_context *process,
                                 const struct iceberg_catalog_options *options,
                                 struct iceberg_catalog **ret_catalog, struct error *error)
{
    if (options->warehouse == NULL || *options->warehouse == '\0')
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "the Iceberg catalog needs 'warehouse', for example 'file:///data/warehouse'");
    if (strcmp(options->type, "hadoop") == 0)
        return hadoop_catalog_open(process, options, ret_catalog, error);
    return error_set(error, STATUS_UNSUPPORTED, "'catalog-type'='%s' is not supported yet: use 'hadoop'",
                     options->type);
}

void iceberg_catalog_free(struct iceberg_catalog *catalog)
{
    if (catalog != NULL)
        catalog->ops->free(catalog);
}

/* Names become folders: nothing that leads elsewhere. */
static enum status check_name(const char *kind, const char *name, struct error *error)
{
    if (*name == '\0' || *name == '.' || strchr(name, '/') != NULL || strlen(name) > 255)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "'%s' cannot be the name of a %s: no '/', no leading '.', 1 to 255 bytes", name,
                         kind);
    return STATUS_OK;
}

static enum status check_names(const char *database, const char *table, struct error *error)
{
    enum status status = check_name("database", database, error);
    return status == STATUS_OK ? check_name("table", table, error) : status;
}

enum status iceberg_catalog_load_table(struct iceberg_catalog *catalog, const char *database,
                                       const char *table, struct iceberg_table **ret_table,
                                       struct error *error)
{
    enum status status = check_names(database, table, error);
    return status == STATUS_OK ? catalog->ops->load_table(catalog, database, table, ret_table, error)
                               : status;
}

enum status iceberg_catalog_create_table(struct iceberg_catalog *catalog, const char *database,
                                         const char *table, const struct iceberg_create_table *request,
                                         struct iceberg_table **ret_table, struct error *error)
{
    enum status status = check_names(database, table, error);
    return status == STATUS_OK
               ? catalog->ops->create_table(catalog, database, table, request, ret_table, error)
               : status;
}

enum status iceberg_catalog_commit(struct iceberg_catalog *catalog, const char *database, const char *table,
                                   const struct iceberg_table *base,
                                   const struct iceberg_table_metadata *updated,
                                   struct iceberg_table **ret_table, struct error *error)
{
    enum status status = check_names(database, table, error);
    return status == STATUS_OK
               ? catalog->ops->commit(catalog, database, table, base, updated, ret_table, error)
               : status;
}

enum status iceberg_catalog_list(struct iceberg_catalog *catalog, const char *database,
                                 iceberg_name_visitor *visitor, void *context, struct error *error)
{
    enum status status = database != NULL ? check_name("database", database, error) : STATUS_OK;
    return status == STATUS_OK ? catalog->ops->list(catalog, database, visitor, context, error) : status;
}

enum status iceberg_catalog_create_database(struct iceberg_catalog *catalog, const char *database,
                                            struct error *error)
{
    enum status status = check_name("database", database, error);
    return status == STATUS_OK ? catalog->ops->create_database(catalog, database, error) : status;
}

enum status iceberg_catalog_drop_table(struct iceberg_catalog *catalog, const char *database,
                                       const char *table, bool purge, struct error *error)
{
    enum status status = check_names(database, table, error);
    return status == STATUS_OK ? catalog->ops->drop_table(catalog, database, table, purge, error) : status;
}
