#pragma once

#include "common/base/buffer.h"

#include <stdint.h>

/*
 * Parquet's RLE / bit-packing hybrid: runs of equal values, and groups of eight values packed from the least
 * significant bit. Used for definition levels (width 1) and dictionary indices.
 */

/* Appends count values of width bits (0 to 32), without a length in front. values has room for up to seven
 * more entries, which are overwritten. */
void hybrid_encode(uint32_t *values, size_t count, unsigned width, struct buffer *buffer);
/* Appends a run of one value. */
void hybrid_encode_run(uint32_t value, size_t count, unsigned width, struct buffer *buffer);
/* Appends count bits of a bitmap (bit i of word i / 64) as values of width 1. */
void hybrid_encode_bits(const uint64_t *bits, size_t count, struct buffer *buffer);
/* Bits needed for values up to maximum. */
unsigned hybrid_width(uint32_t maximum);
