#pragma once

#include "common/iceberg/partition_spec.h"
#include "common/parquet/parquet_writer.h"
#include "common/plan/plan_node.h"

/* What is kept of a column in a data file's metrics: write.metadata.metrics.* */
enum metrics_mode { METRICS_NONE, METRICS_COUNTS, METRICS_TRUNCATE, METRICS_FULL };

struct column_metrics_mode {
    enum metrics_mode mode;
    uint32_t length; /* METRICS_TRUNCATE: code points or bytes */
};

/* A bound iceberg sink node in the terms of the writer: const after creation, owned by the sink. */
struct sink_settings {
    const struct plan_node *node;
    const struct schema *table_schema; /* of the node */
    uint32_t num_columns;
    int32_t *input_columns; /* for each table column: the column of the rows, or -1 */
    struct column_metrics_mode *metrics;
    struct iceberg_schema schema; /* of table_schema */
    struct iceberg_partition_spec spec;
    uint32_t *partition_columns; /* for each field of spec: the table column */
    char *data_location;
    struct parquet_compressor *compressor;
    struct parquet_writer_options parquet;
    struct parquet_key_value metadata[1];
    uint64_t target_file_bytes;
    uint64_t buffer_bytes; /* of all open files, before row groups are written early */
    uint32_t max_open_files;
    struct arena *arena; /* of all of the above */
};

/* INVALID_ARGUMENT names the property or column that cannot be. */
STATUS_MUST_CHECK enum status sink_settings_create(const struct plan_node *node,
                                                   struct sink_settings **ret_settings, struct error *error);
void sink_settings_free(struct sink_settings *settings);

/* The settings of write.* table properties; see sink_properties.c for names and defaults. */
STATUS_MUST_CHECK enum status sink_properties_read(struct sink_settings *settings,
                                                   const struct connector_properties *properties,
                                                   struct error *error);
