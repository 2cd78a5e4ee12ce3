#pragma once

#include "common/iceberg/catalogs/catalog.h"

/* What an INSERT needs of its table. */
struct iceberg_ensure_request {
    const char *database;
    const char *table;
    const struct schema *columns; /* what the INSERT writes, in order */
    uint32_t num_key_columns;     /* PRIMARY KEY, for a new table */
    const char *const *key_columns;
    uint32_t num_partitions; /* PARTITIONED BY; with an existing table it must agree when given */
    const struct iceberg_partition_request *partitions;
    uint32_t num_properties; /* table properties, for a new table */
    const struct iceberg_property *properties;
};

/* What the sink node carries. Owned by the caller, freed by iceberg_ensured_table_clear. */
struct iceberg_ensured_table {
    bool was_created;
    struct iceberg_table *table;               /* metadata, properties */
    const struct iceberg_schema *schema;       /* current, in table */
    const struct iceberg_partition_spec *spec; /* default, in table */
    struct schema *columns;                    /* the request's columns with the table's field ids */
    char *data_location;                       /* folder for data files */
};
void iceberg_ensured_table_clear(struct iceberg_ensured_table *ensured);

/*
 * Loads the table, or creates it with its database when it is missing, and matches the columns that are to be
 * written. Called when an INSERT is submitted, never by EXPLAIN. Blocks.
 */
STATUS_MUST_CHECK enum status iceberg_table_ensure(struct iceberg_catalog *catalog,
                                                   const struct iceberg_ensure_request *request,
                                                   struct iceberg_ensured_table *ret_ensured,
                                                   struct error *error);
