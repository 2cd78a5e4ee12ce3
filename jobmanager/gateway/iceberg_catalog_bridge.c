#include "common/base/memory.h"
#include "common/iceberg/catalogs/table_ensure.h"
#include "jobmanager/gateway/gateway_internal.h"
#include "jobmanager/gateway/iceberg_table_syntax.h"

#include <stdlib.h>
#include <string.h>

/* An Iceberg catalog as a SQL session sees it. */
struct iceberg_bridge {
    struct iceberg_catalog *catalog;
    char *name;
    char *warehouse;
};

struct name_list {
    char **names;
    size_t count;
};

static bool add_name(void *context, const char *name)
{
    struct name_list *list = context;
    list->names = mem_realloc(list->names, (list->count + 1) * sizeof(char *));
    list->names[list->count++] = mem_strdup(name);
    return true;
}

static enum status list_names(struct iceberg_bridge *bridge, const char *database, char ***ret_names,
                              size_t *ret_count, struct error *error)
{
    struct name_list list = {0};
    enum status status = iceberg_catalog_list(bridge->catalog, database, add_name, &list, error);
    if (status != STATUS_OK) {
        for (size_t i = 0; i < list.count; i++)
            free(list.names[i]);
        free(list.names);
        return status;
    }
    *ret_names = list.names;
    *ret_count = list.count;
    return STATUS_OK;
}

static enum status bridge_list_databases(void *context, char ***ret_names, size_t *ret_count,
                                         struct error *error)
{
    return list_names(context, NULL, ret_names, ret_count, error);
}

static enum status bridge_list_tables(void *context, const char *database, char ***ret_names,
                                      size_t *ret_count, struct error *error)
{
    return list_names(context, database, ret_names, ret_count, error);
}

static enum status bridge_create_database(void *context, const char *database, struct error *error)
{
    struct iceberg_bridge *bridge = context;
    return iceberg_catalog_create_database(bridge->catalog, database, error);
}

static enum status bridge_drop_database(void *context, const char *database, bool cascade,
                                        struct error *error)
{
    (void)context, (void)cascade;
    return error_set(
        error, STATUS_UNSUPPORTED,
        "DROP DATABASE %s: databases of an Iceberg catalog are not dropped from here; drop its tables "
        "and remove the folder",
        database);
}

static enum status bridge_drop_table(void *context, const char *database, const char *table,
                                     struct error *error)
{
    struct iceberg_bridge *bridge = context;
    return iceberg_catalog_drop_table(bridge->catalog, database, table, true, error);
}

static void fill_options(const struct iceberg_bridge *bridge, const char *database, const char *table,
                         struct arena *arena, struct sql_create_table *definition)
{
    const char *const pairs[][2] = {
        {"connector", "iceberg"},         {"catalog-name", bridge->name}, {"catalog-type", "hadoop"},
        {"warehouse", bridge->warehouse}, {"catalog-database", database}, {"catalog-table", table},
    };
    size_t count = sizeof pairs / sizeof pairs[0];
    struct sql_property *options = arena_calloc(arena, count, sizeof *options);
    for (size_t i = 0; i < count; i++) {
        options[i].key = arena_strdup(arena, pairs[i][0]);
        options[i].value = arena_strdup(arena, pairs[i][1]);
    }
    definition->options = (struct sql_properties){options, count};
}

static enum status bridge_load_table(void *context, const char *database, const char *name,
                                     struct arena *arena, struct sql_create_table *ret_definition,
                                     struct error *error)
{
    struct iceberg_bridge *bridge = context;
    struct iceberg_table *table;
    enum status status = iceberg_catalog_load_table(bridge->catalog, database, name, &table, error);
    if (status != STATUS_OK)
        return status;
    struct sql_create_table definition = {0};
    definition.name.parts[0] = arena_strdup(arena, name);
    definition.name.count = 1;
    iceberg_table_describe(table->metadata, arena, &definition);
    fill_options(bridge, database, name, arena, &definition);
    iceberg_table_free(table);
    *ret_definition = definition;
    return STATUS_OK;
}

static enum status bridge_create_table(void *context, const char *database,
                                       const struct sql_create_table *definition, const struct schema *schema,
                                       struct error *error)
{
    struct iceberg_bridge *bridge = context;
    struct arena *arena = arena_create(4096);
    struct iceberg_partition_request *partitions =
        arena_alloc(arena, definition->partition_count * sizeof *partitions);
    for (size_t i = 0; i < definition->partition_count; i++) {
        const struct sql_partition_field *field = &definition->partition[i];
        partitions[i] = (struct iceberg_partition_request){
            field->column, {iceberg_transform_of(field->transform), (int32_t)field->parameter}};
    }
    struct iceberg_property *properties = arena_alloc(arena, definition->options.count * sizeof *properties);
    for (size_t i = 0; i < definition->options.count; i++)
        properties[i] =
            (struct iceberg_property){definition->options.items[i].key, definition->options.items[i].value};
    const char *name = definition->name.parts[definition->name.count - 1];
    struct iceberg_ensure_request request = {
        .database = database,
        .table = name,
        .columns = schema,
        .num_key_columns = (uint32_t)definition->primary_key_count,
        .key_columns = definition->primary_key,
        .num_partitions = (uint32_t)definition->partition_count,
        .partitions = partitions,
        .num_properties = (uint32_t)definition->options.count,
        .properties = properties,
    };
    struct iceberg_ensured_table table;
    enum status status = iceberg_table_ensure(bridge->catalog, &request, &table, error);
    if (status == STATUS_OK) {
        bool was_created = table.was_created;
        iceberg_ensured_table_clear(&table);
        if (!was_created && !definition->if_not_exists)
            status =
                error_set(error, STATUS_ALREADY_EXISTS, "Table (or view) %s.%s.%s already exists in Catalog.",
                          bridge->name, database, name);
    }
    arena_free(arena);
    return status;
}

static void bridge_free(void *context)
{
    struct iceberg_bridge *bridge = context;
    iceberg_catalog_free(bridge->catalog);
    free(bridge->name);
    free(bridge->warehouse);
    free(bridge);
}

static const struct sql_external_catalog_operations bridge_operations = {
    .list_databases = bridge_list_databases,
    .create_database = bridge_create_database,
    .drop_database = bridge_drop_database,
    .list_tables = bridge_list_tables,
    .load_table = bridge_load_table,
    .create_table = bridge_create_table,
    .drop_table = bridge_drop_table,
    .free = bridge_free,
};

static const char *property(const struct sql_properties *properties, const char *key)
{
    for (size_t i = 0; i < properties->count; i++)
        if (strcmp(properties->items[i].key, key) == 0)
            return properties->items[i].value;
    return NULL;
}

static enum status create_catalog(void *context, const char *name, const struct sql_properties *properties,
                                  const struct sql_external_catalog_operations **ret_operations,
                                  void **ret_catalog, struct error *error)
{
    const char *type = property(properties, "type");
    if (type == NULL || strcmp(type, "iceberg") != 0)
        return error_set(error, STATUS_NOT_FOUND,
                         "Could not find any factory for identifier '%s' that implements "
                         "'CatalogFactory'. Available: generic_in_memory, iceberg.",
                         type != NULL ? type : "");
    const char *warehouse = property(properties, "warehouse");
    if (warehouse == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "catalog '%s' needs a 'warehouse': the folder that holds its tables, as in "
                         "'warehouse' = 'file:///opt/iceberg/warehouse'",
                         name);
    const char *kind = property(properties, "catalog-type");
    struct iceberg_catalog_options options = {.type = kind != NULL ? kind : "hadoop", .warehouse = warehouse};
    struct iceberg_catalog *catalog;
    enum status status = iceberg_catalog_open(context, &options, &catalog, error);
    if (status != STATUS_OK)
        return status;
    struct iceberg_bridge *bridge = mem_alloc(sizeof *bridge);
    *bridge = (struct iceberg_bridge){catalog, mem_strdup(name), mem_strdup(warehouse)};
    *ret_operations = &bridge_operations;
    *ret_catalog = bridge;
    return STATUS_OK;
}

struct sql_catalog_factory iceberg_catalog_factory(const struct process_context *process)
{
    return (struct sql_catalog_factory){create_catalog, (void *)process};
}
