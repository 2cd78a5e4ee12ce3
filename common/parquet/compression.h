#pragma once

#include "common/base/buffer.h"
#include "common/base/status.h"

#include <stdbool.h>

/* The numbers are the format's CompressionCodec. */
enum parquet_codec {
    PARQUET_UNCOMPRESSED = 0,
    PARQUET_SNAPPY = 1,
    PARQUET_GZIP = 2,
    PARQUET_ZSTD = 6,
    PARQUET_LZ4_RAW = 7,
};

enum {
    PARQUET_DEFAULT_LEVEL = -1000, /* 1 for zstd, 6 for gzip */
};

/* Working memory of a codec, reused for every page. One thread at a time; many files may share it. */
struct parquet_compressor;

/* Iceberg's names: zstd, gzip, snappy, lz4 (written as LZ4_RAW), uncompressed (or none). False when unknown.
 */
bool parquet_codec_parse(const char *name, enum parquet_codec *ret_codec);

/* INVALID_ARGUMENT when the codec has no such level. */
STATUS_MUST_CHECK enum status parquet_compressor_create(enum parquet_codec codec, int level,
                                                        struct parquet_compressor **ret_compressor,
                                                        struct error *error);
void parquet_compressor_free(struct parquet_compressor *compressor);
enum parquet_codec parquet_compressor_codec(const struct parquet_compressor *compressor);

/* Appends the compressed form of data, which may be empty. */
STATUS_MUST_CHECK enum status parquet_compress(struct parquet_compressor *compressor, struct bytes_view data,
                                               struct buffer *output, struct error *error);
