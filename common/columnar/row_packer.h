#pragma once

#include "common/base/buffer.h"
#include "common/columnar/record_batch.h"

/*
 * Rows as bytes: keys of state and of hash tables, rows kept in state. The layout depends on the column types
 * alone: a null bitmap of one bit a column, then the values that are not null in column order: booleans one
 * byte, numbers and times little-endian in their physical width, texts a u32 length and the bytes. Equal rows
 * have equal bytes: -0.0 is packed as 0.0, and every NaN as one.
 */
struct row_packer {
    uint32_t num_columns;
    struct data_type *types;
    struct buffer bytes;     /* of the last pack */
    struct bytes_view *rows; /* of the last pack, pointing into bytes */
    uint64_t *hashes;        /* of the last pack: hash_bytes of each row, for tables in memory */
    bool skips_hashes;       /* set by who needs none */
    uint32_t capacity;
};

struct row_packer *row_packer_create(const struct data_type *types, uint32_t num_columns);
/* Of those columns of the schema; columns NULL: of the first num_columns. */
struct row_packer *row_packer_create_for(const struct schema *schema, const uint32_t *columns,
                                         uint32_t num_columns);
void row_packer_free(struct row_packer *packer);
/* Packs columns[] of the batch, whatever their encoding: rows[i] and hashes[i] for each row, valid until the
 * next call. columns NULL: 0 .. num_columns - 1. */
void row_packer_pack(struct row_packer *packer, const struct record_batch *batch, const uint32_t *columns);
/* Flat vectors of count rows each, one a column, owned references. Bytes that do not hold together are
 * STATUS_CORRUPT. */
STATUS_MUST_CHECK enum status row_packer_unpack(const struct row_packer *packer,
                                                const struct bytes_view *rows, uint32_t count,
                                                struct vector **ret_columns, struct error *error);

/* The key group of a packed key: stable, part of the format of checkpoints. */
uint32_t row_key_group(struct bytes_view packed_key, uint32_t max_parallelism);
/* The subtask that owns a key group, and the key groups [first, end) of a subtask: as Flink deals them. */
uint32_t key_group_subtask(uint32_t key_group, uint32_t parallelism, uint32_t max_parallelism);
void key_group_range(uint32_t subtask, uint32_t parallelism, uint32_t max_parallelism, uint32_t *ret_first,
                     uint32_t *ret_end);
