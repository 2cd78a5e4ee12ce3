#pragma once

#include "common/columnar/schema.h"
#include "common/columnar/vector.h"
#include "common/filesystem/file_io.h"
#include "common/parquet/compression.h"

/*
 * Writes one Parquet file, columns in, pages out: https://parquet.apache.org/docs/file-format. Values are
 * copied and encoded as they come; pages are compressed when full; a row group is kept compressed until it
 * goes to the output. Used by one thread.
 *
 * SQL types are written as Iceberg lays down: STRING as UTF-8 text, DECIMAL(p) as int32 (p <= 9), int64 (p <=
 * 18) or the shortest fixed bytes, DATE as int32, TIMESTAMP and TIMESTAMP_LTZ as int64 microseconds (the
 * latter adjusted to UTC).
 */
struct parquet_writer;

struct parquet_key_value {
    const char *key;
    const char *value;
};

/* Outlives the writers that are made with it. */
struct parquet_writer_options {
    struct parquet_compressor *compressor; /* not owned; shared by the files of one thread */
    uint64_t row_group_bytes;              /* compressed and pending bytes of a row group */
    uint32_t page_bytes;                   /* encoded bytes of a data page before compression */
    uint32_t page_rows;
    uint32_t dictionary_bytes; /* of a column's dictionary, before it falls back to plain; 0: no dictionaries
                                */
    const char *created_by;    /* of the footer */
    const struct parquet_key_value *metadata;
    size_t metadata_count;
};

/* Iceberg's defaults, 128 MiB row groups, 1 MiB or 20,000 rows a page, 2 MiB dictionaries. */
struct parquet_writer_options parquet_writer_options_default(struct parquet_compressor *compressor);

/* What a column of a whole file holds. */
struct parquet_column_metrics {
    int64_t compressed_bytes; /* with page headers */
    int64_t value_count;      /* with nulls and NaNs */
    int64_t null_count;
    int64_t nan_count; /* 0 but for FLOAT and DOUBLE */
    /* Points to one physical value as in a vector (data_type.h), or, for strings, to a struct string_value;
     * NULL when there is none (all null or NaN). Never cut. */
    const void *minimum;
    const void *maximum;
};

struct parquet_file_metrics {
    int64_t row_count;
    int64_t file_bytes;
    uint32_t num_columns;
    const struct parquet_column_metrics *columns; /* in the order of the schema */
    uint32_t num_split_offsets;
    const int64_t *split_offsets; /* where row groups begin */
};

/* Takes a reference of schema; a field's field_id is written unless it is 0, and a type that is not nullable
 * makes a required column. output stays the caller's, who syncs and closes it after the last call; options
 * too. UNSUPPORTED for TYPE_NULL columns. */
STATUS_MUST_CHECK enum status parquet_writer_create(const struct parquet_writer_options *options,
                                                    const struct schema *schema, struct file_output *output,
                                                    struct parquet_writer **ret_writer, struct error *error);
void parquet_writer_free(struct parquet_writer *writer);

/*
 * Appends count rows: rows[0..count) of the columns, ascending or not, or rows [0, count) when rows is NULL.
 * columns has one vector for each field of the schema, of its kind, or NULL for a column of nulls. A null in
 * a required column is the caller's to keep out.
 */
STATUS_MUST_CHECK enum status parquet_writer_append(struct parquet_writer *writer,
                                                    struct vector *const *columns, const uint32_t *rows,
                                                    uint32_t count, struct error *error);

/* Bytes that the next row group would have now, about: what the writer keeps in memory. */
uint64_t parquet_writer_buffered_bytes(const struct parquet_writer *writer);
/* Bytes written to the output plus buffered ones: what the file would have now, about. */
uint64_t parquet_writer_file_bytes(const struct parquet_writer *writer);
/* Writes the rows so far as a row group, if there are any. */
STATUS_MUST_CHECK enum status parquet_writer_flush(struct parquet_writer *writer, struct error *error);

/* Writes what is pending and the footer. The metrics live as long as the writer, which takes no more rows. */
STATUS_MUST_CHECK enum status parquet_writer_finish(struct parquet_writer *writer,
                                                    struct parquet_file_metrics *ret_metrics,
                                                    struct error *error);
