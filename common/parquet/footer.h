#pragma once

#include "common/parquet/parquet_writer.h"

/* A file's row groups as they are in the footer. */
struct footer_row_groups {
    struct buffer elements; /* RowGroup structs, encoded */
    uint32_t count;
};

/* Appends FileMetaData: schema, row groups, key-value metadata. */
STATUS_MUST_CHECK enum status footer_encode(const struct parquet_writer_options *options,
                                            const struct schema *schema,
                                            const struct footer_row_groups *row_groups, int64_t row_count,
                                            struct buffer *buffer, struct error *error);
