#pragma once

#include "common/columnar/data_type.h"
#include "common/parquet/compression.h"

/* Numbers of the format: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
enum parquet_type {
    PARQUET_BOOLEAN = 0,
    PARQUET_INT32 = 1,
    PARQUET_INT64 = 2,
    PARQUET_FLOAT = 4,
    PARQUET_DOUBLE = 5,
    PARQUET_BYTE_ARRAY = 6,
    PARQUET_FIXED_LEN_BYTE_ARRAY = 7,
};
enum parquet_encoding { PARQUET_PLAIN = 0, PARQUET_RLE = 3, PARQUET_RLE_DICTIONARY = 8 };
enum parquet_page_type { PARQUET_DATA_PAGE = 0, PARQUET_DICTIONARY_PAGE = 2 };

/* How the values of a SQL type lie in pages. */
struct parquet_layout {
    enum parquet_type type;
    uint32_t width; /* bytes of a value; 0 for BYTE_ARRAY, 1 for BOOLEAN (packed when the page is made) */
};

/* UNSUPPORTED for a type that cannot be stored. */
STATUS_MUST_CHECK enum status parquet_layout_of(struct data_type type, struct parquet_layout *ret_layout,
                                                struct error *error);

/* Two buffers, emptied, whose content lives until the next page of any file that shares the compressor. */
struct buffer *parquet_compressor_body(struct parquet_compressor *compressor);
struct buffer *parquet_compressor_output(struct parquet_compressor *compressor);
