#pragma once

#include "common/base/buffer.h"

#include <stdbool.h>

/*
 * Packed rows in the order of their sort keys, those of equal keys in the order in which they came: a value
 * of keyed state. Entries do not move before ranked_rows_compact, so that offsets of rows that were taken out
 * stay good as long. Of entries with equal keys the later has the larger offset.
 */
struct ranked_rows {
    int64_t garbage_bytes; /* of entries that are not in order */
    struct buffer order;   /* u32 offsets into entries */
    struct buffer entries; /* each: u32 size of the key, u32 size of the row, key, row */
};

static inline uint32_t ranked_rows_count(const struct ranked_rows *rows)
{
    return (uint32_t)(rows->order.size / sizeof(uint32_t));
}

/* Offset of the entry at a position from 0. */
uint32_t ranked_rows_offset(const struct ranked_rows *rows, uint32_t position);
struct bytes_view ranked_rows_key(const struct ranked_rows *rows, uint32_t offset);
struct bytes_view ranked_rows_row(const struct ranked_rows *rows, uint32_t offset);
/* Order of two entries by key and arrival. */
int ranked_rows_compare(const struct ranked_rows *rows, uint32_t a, uint32_t b);

/* Behind all of its key. STATUS_EXHAUSTED when the rows would take 4 GiB. */
STATUS_MUST_CHECK enum status ranked_rows_insert(struct ranked_rows *rows, struct bytes_view key,
                                                 struct bytes_view row, struct error *error);
/* The first one that is the same; false when there is none. */
bool ranked_rows_remove(struct ranked_rows *rows, struct bytes_view key, struct bytes_view row);
/* Takes out all behind the first count. */
void ranked_rows_truncate(struct ranked_rows *rows, uint32_t count);
/* Frees the bytes of what was taken out, when they are many. */
void ranked_rows_compact(struct ranked_rows *rows);
