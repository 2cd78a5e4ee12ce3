#pragma once

#include "common/base/buffer.h"

#include <stdbool.h>

/*
 * A hash table in memory from (key group, namespace, key bytes) to values: what keyed state is above its
 * store, and by itself what a local aggregation needs. One thread uses it.
 *
 * A value is value_size bytes, all zero when made, that may contain struct buffers at buffer_offsets, in
 * ascending order; the table frees them with the row. Pointers to values stay valid until row_table_settle,
 * row_table_clear or the row's removal. Rows of one key group and namespace lie together: walking them is
 * walking memory.
 */
struct row_layout {
    uint32_t value_size; /* a multiple of 8 */
    const uint32_t *buffer_offsets;
    uint32_t num_buffers;
};

struct row_table;

/* Key groups [first, end); the layout is copied. */
struct row_table *row_table_create(const struct row_layout *layout, uint32_t first_key_group,
                                   uint32_t end_key_group);
void row_table_free(struct row_table *table);

/* count accesses, by columns. */
struct row_keys {
    const struct bytes_view *keys;
    const uint64_t *hashes;     /* hash_bytes of each key */
    const int64_t *namespaces;  /* NULL: all 0 */
    const uint32_t *key_groups; /* NULL: all the first */
    uint32_t count;
};

/* NULL where there is none. */
void row_table_find(struct row_table *table, const struct row_keys *keys, void **ret_values);
/* Made where there is none. Equal keys give equal pointers. */
void row_table_find_or_create(struct row_table *table, const struct row_keys *keys, void **ret_values);

struct bytes_view row_table_key(const struct row_table *table, const void *value);
int64_t row_table_namespace(const struct row_table *table, const void *value);
uint32_t row_table_key_group(const struct row_table *table, const void *value);

/* The pointer is void after. */
void row_table_remove(struct row_table *table, void *value);
/* Removes all rows and keeps the memory for the next ones; only values with buffers cost a visit each. */
void row_table_clear(struct row_table *table);

/* After work on values that contain buffers: accounts for what they hold now. */
void row_table_account(struct row_table *table, void *const *values, uint32_t count);
/* Between batches of work: gives back memory of rows that are gone, and may move others. */
void row_table_settle(struct row_table *table);
/* All that the table holds: rows, index, contents of buffers as accounted for. */
size_t row_table_bytes(const struct row_table *table);
uint64_t row_table_count(const struct row_table *table);

/* The smallest namespace that has rows and is >= from; false when there is none. */
bool row_table_next_namespace(const struct row_table *table, int64_t from, int64_t *ret_namespace);

/*
 * Walks rows: all, or those of one key group and namespace. Each row that was there at the beginning and is
 * not removed is given once; rows that are made meanwhile may be given or not. The walk is the caller's,
 * on its stack; row_table_settle leaves the rows where they are until it ends.
 */
struct row_walk {
    struct row_table *table;
    struct row_partition *partition; /* whose rows come next; NULL: the end */
    struct row_chunk *chunk;
    uint32_t offset; /* in the chunk */
    bool is_one_partition;
};
void row_table_walk_all(struct row_table *table, struct row_walk *walk);
void row_table_walk(struct row_table *table, uint32_t key_group, int64_t namespace_, struct row_walk *walk);
/* Up to capacity values; 0: the end. */
uint32_t row_table_walk_next(struct row_walk *walk, void **ret_values, uint32_t capacity);
/* Also after the end. */
void row_table_walk_end(struct row_walk *walk);
