#pragma once

#include "common/columnar/record_batch.h"
#include "common/plan/plan_node.h"

/*
 * ORDER BY as bytes: keys whose order under memcmp, the shorter first, is that of the rows. Part of stored
 * state. A column is one byte that puts NULL first or last, then the value: numbers big-endian with the sign
 * turned, texts with 0x00 as 0x00 0xFF and 0x00 0x00 at the end; all bytes turned for DESC.
 */

/* Appends the key of one row. */
void sort_key_append(const struct plan_sort_column *order, uint32_t count, const struct record_batch *batch,
                     uint32_t row, struct buffer *key);
/* Negative, 0 or positive. */
int sort_key_compare(struct bytes_view a, struct bytes_view b);
