#pragma once

#include "common/connector/connector.h"

/* 'connector' = 'iceberg', and tables of a catalog with 'type' = 'iceberg'. */

/* Travels in plans by its number: new ones go to the end. */
enum iceberg_sink_transform {
    ICEBERG_SINK_IDENTITY,
    ICEBERG_SINK_DAY,
    ICEBERG_SINK_YEAR,
    ICEBERG_SINK_MONTH,
    ICEBERG_SINK_HOUR,
    ICEBERG_SINK_BUCKET,
    ICEBERG_SINK_TRUNCATE,
};

struct iceberg_sink_partition {
    enum iceberg_sink_transform transform;
    int32_t parameter; /* BUCKET: how many, TRUNCATE: the width; at least 1 */
    const char *column;
    const char *name; /* of the partition field; "" until bound to a table */
    int32_t field_id; /* from 1000; 0 until bound to a table */
};

struct iceberg_config {
    const char *catalog_name;
    const char *warehouse; /* a URI: file:///... */
    const char *database;
    const char *table;
    struct connector_properties table_properties; /* format-version, write.*, commit.*, ... as given */
};

extern const struct connector_definition iceberg_connector;
/* The options of CREATE CATALOG ... WITH ('type' = 'iceberg', ...). */
extern const struct connector_definition iceberg_catalog;

/* The properties are validated. table_name is the name in SQL, the default of 'catalog-table'. The result
 * lives in arena. */
STATUS_MUST_CHECK enum status iceberg_config_parse(const struct connector_properties *properties,
                                                   const char *database_name, const char *table_name,
                                                   struct arena *arena,
                                                   const struct iceberg_config **ret_config,
                                                   struct error *error);

/* True for keys that Iceberg defines as table properties and that may stand inline in WITH (...). */
bool iceberg_is_table_property(const char *key);
