#pragma once

#include "common/base/arena.h"
#include "common/base/buffer.h"

#include <stdint.h>

enum iceberg_content { ICEBERG_DATA = 0, ICEBERG_POSITION_DELETES = 1, ICEBERG_EQUALITY_DELETES = 2 };

/* Metrics of one column in one file; a count of -1 and a bound with data NULL are absent. */
struct iceberg_column_metrics {
    int32_t field_id;
    int64_t column_size; /* compressed bytes in the file */
    int64_t value_count; /* with nulls and NaNs */
    int64_t null_count;
    int64_t nan_count;             /* only for float and double */
    struct bytes_view lower_bound; /* single-value serialization (value.h); a lower bound may be cut */
    struct bytes_view upper_bound; /* an upper bound that is cut is rounded up, or absent */
};

/*
 * A file of a table as a manifest lists it. A plain struct: everything it points to lives in the arena of who
 * made it.
 */
struct iceberg_data_file {
    enum iceberg_content content;
    const char *path;   /* full URI, in the form of the table's location */
    const char *format; /* "PARQUET" */
    uint32_t num_partition_values;
    const struct bytes_view *partition_values; /* order of the spec; single-value serialization of the
                                                  transformed value, data NULL: null */
    int64_t record_count;
    int64_t file_size_bytes;
    uint32_t num_columns;
    const struct iceberg_column_metrics *columns;
    uint32_t num_split_offsets;
    const int64_t *split_offsets; /* where row groups start, ascending */
    uint32_t num_equality_ids;
    const int32_t *equality_ids;
    struct bytes_view key_metadata; /* data NULL: none */
    int32_t sort_order_id;          /* -1: none; 0: unsorted */
};

/* Zeroed, with content DATA, format PARQUET and no sort order. */
struct iceberg_data_file iceberg_data_file_empty(void);
/* A deep copy into arena. */
struct iceberg_data_file iceberg_data_file_copy(const struct iceberg_data_file *file, struct arena *arena);
