#pragma once

#include "common/columnar/row_packer.h"

/* Rows of a batch that may change something in keyed state, by their keys. Begin with zeroes. */
struct wanted_rows {
    uint32_t count, capacity;
    uint32_t *rows;
    struct bytes_view *keys; /* the packer's: until it packs again */
    uint64_t *hashes;
};

/* None, and room for so many. */
void wanted_rows_begin(struct wanted_rows *wanted, uint32_t capacity);
/* keys: of the batch, with hashes. */
static inline void wanted_rows_add(struct wanted_rows *wanted, const struct row_packer *keys, uint32_t row)
{
    wanted->keys[wanted->count] = keys->rows[row];
    wanted->hashes[wanted->count] = keys->hashes[row];
    wanted->rows[wanted->count++] = row;
}
void wanted_rows_free(struct wanted_rows *wanted); /* the content */
