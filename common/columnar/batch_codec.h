#pragma once

#include "common/columnar/record_batch.h"

/*
 * A batch as bytes, for the wire: a u32 number of rows, a byte that says whether row kinds follow (one byte a
 * row), then the columns in the schema's order. Numbers are little-endian. A column is
 *
 *   u8 encoding (enum vector_encoding), u8 flags (enum batch_codec_flag), with HAS_NULLS a bitmap of one bit
 * a row, then FLAT        the values; of texts a u32 of their bytes together, a u32 length a row (null: 0),
 * the bytes CONSTANT    one value, unless it is null DICTIONARY  a u32 of its rows, its values as FLAT, and
 * an index a row of 1, 2 or 4 bytes: the narrowest that holds all indices
 *
 * The schema is not in it. Both sides have it from the plan.
 */
enum batch_codec_flag {
    BATCH_CODEC_HAS_NULLS = 1,
    BATCH_CODEC_IS_NULL = 2,   /* of a constant */
    BATCH_CODEC_NULL_TYPE = 4, /* the column is of TYPE_NULL, whatever the schema says */
};

/* The bytes of rows first .. first + count - 1: exactly what batch_encode writes. */
size_t batch_encoded_bytes(const struct record_batch *batch, uint32_t first, uint32_t count);
/* As many rows from first on as fit into max_bytes and one batch, and their bytes; one row at least, whatever
 * its size. */
uint32_t batch_encodable_rows(const struct record_batch *batch, uint32_t first, size_t max_bytes,
                              size_t *ret_bytes);
/* Writes the rows to target, which has room for their batch_encoded_bytes. */
void batch_encode(const struct record_batch *batch, uint32_t first, uint32_t count, uint8_t *target);

/* The batch that bytes hold, all of them. Whatever a reader of the batch relies on is verified: what does not
 * hold together is STATUS_CORRUPT. */
STATUS_MUST_CHECK enum status batch_decode(const struct schema *schema, struct bytes_view bytes,
                                           struct record_batch **ret_batch, struct error *error);
