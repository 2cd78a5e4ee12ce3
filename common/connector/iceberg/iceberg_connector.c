#include "common/connector/iceberg/iceberg_connector.h"

#include <string.h>

/* Table properties of Iceberg may stand inline: docs "Configuration" of Apache Iceberg lists them. */
#define ICEBERG_TABLE_PROPERTIES                                                                             \
    {"format-version", OPTION_INTEGER, false, NULL, "version of the table format: 2", NULL},                 \
        {"write.", OPTION_PREFIX, false, NULL, "table properties of writers", NULL},                         \
        {"commit.", OPTION_PREFIX, false, NULL, "table properties of commits", NULL},                        \
        {"read.", OPTION_PREFIX, false, NULL, "table properties of readers", NULL},                          \
        {"history.", OPTION_PREFIX, false, NULL, "table properties of snapshot expiry", NULL},               \
        {"gc.", OPTION_PREFIX, false, NULL, "table properties of garbage collection", NULL},                 \
    {                                                                                                        \
        "schema.", OPTION_PREFIX, false, NULL, "table properties of the schema", NULL                        \
    }

static const struct connector_option options[] = {
    {"catalog-name", OPTION_STRING, true, NULL, "a name for the catalog", NULL},
    {"catalog-type", OPTION_STRING, true, NULL, "'hadoop'", NULL},
    {"warehouse", OPTION_STRING, true, NULL, "the folder of the tables, like file:///data/warehouse", NULL},
    {"catalog-database", OPTION_STRING, false, NULL, "the database, else that of the SQL table",
     "database-name"},
    {"catalog-table", OPTION_STRING, false, NULL, "the table, else the name of the SQL table", "table-name"},
    {"property-version", OPTION_INTEGER, false, NULL, "accepted for Flink's sake", NULL},
    ICEBERG_TABLE_PROPERTIES,
};

const struct connector_definition iceberg_connector = {
    .identifier = "iceberg",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

static const struct connector_option catalog_options[] = {
    {"type", OPTION_STRING, true, NULL, "'iceberg'", NULL},
    {"catalog-type", OPTION_STRING, true, NULL, "'hadoop'", NULL},
    {"warehouse", OPTION_STRING, true, NULL, "the folder of the tables, like file:///data/warehouse", NULL},
    {"default-database", OPTION_STRING, false, "default", "the database after USE CATALOG", NULL},
    {"property-version", OPTION_INTEGER, false, NULL, "accepted for Flink's sake", NULL},
};

const struct connector_definition iceberg_catalog = {
    .identifier = "iceberg",
    .options = catalog_options,
    .option_count = sizeof catalog_options / sizeof *catalog_options,
};

bool iceberg_is_table_property(const char *key)
{
    static const char *const prefixes[] = {"write.", "commit.", "read.", "history.", "gc.", "schema."};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (strncmp(key, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return strcmp(key, "format-version") == 0;
}

static struct connector_properties table_properties(const struct connector_properties *properties,
                                                    struct arena *arena)
{
    struct connector_property *items = arena_calloc(arena, properties->count + 1, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < properties->count; i++) {
        if (!iceberg_is_table_property(properties->items[i].key))
            continue;
        items[count].key = arena_strdup(arena, properties->items[i].key);
        items[count].value = arena_strdup(arena, properties->items[i].value);
        count++;
    }
    return (struct connector_properties){.items = items, .count = count};
}

static enum status check_values(const struct connector_properties *properties, struct error *error)
{
    const char *type = connector_option_value(&iceberg_connector, properties, "catalog-type");
    if (strcmp(type, "hadoop") != 0)
        return error_set(error, STATUS_UNSUPPORTED,
                         "The iceberg catalog type '%s' is not supported yet: use 'catalog-type' = 'hadoop'.",
                         type);
    const char *version = connector_option_value(&iceberg_connector, properties, "format-version");
    if (version != NULL && strcmp(version, "2") != 0)
        return error_set(error, STATUS_UNSUPPORTED,
                         "The Iceberg format version '%s' is not supported: use 'format-version' = '2'.",
                         version);
    const char *format = connector_property(properties, "write.format.default");
    if (format != NULL && strcmp(format, "parquet") != 0)
        return error_set(error, STATUS_UNSUPPORTED,
                         "'write.format.default' = '%s' is not supported: data files are Parquet.", format);
    return STATUS_OK;
}

enum status iceberg_config_parse(const struct connector_properties *properties, const char *database_name,
                                 const char *table_name, struct arena *arena,
                                 const struct iceberg_config **ret_config, struct error *error)
{
    enum status status = check_values(properties, error);
    if (status != STATUS_OK)
        return status;
    struct iceberg_config *config = arena_calloc(arena, 1, sizeof *config);
    const struct connector_definition *definition = &iceberg_connector;
    const char *database = connector_option_value(definition, properties, "catalog-database");
    const char *table = connector_option_value(definition, properties, "catalog-table");
    config->catalog_name =
        arena_strdup(arena, connector_option_value(definition, properties, "catalog-name"));
    config->warehouse = arena_strdup(arena, connector_option_value(definition, properties, "warehouse"));
    config->database = arena_strdup(arena, database != NULL ? database : database_name);
    config->table = arena_strdup(arena, table != NULL ? table : table_name);
    config->table_properties = table_properties(properties, arena);
    *ret_config = config;
    return STATUS_OK;
}
