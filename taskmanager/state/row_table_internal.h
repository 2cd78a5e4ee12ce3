#pragma once

#include "taskmanager/state/namespace_set_internal.h"
#include "taskmanager/state/row_pages_internal.h"
#include "taskmanager/state/row_table.h"

#include <stdatomic.h>

/*
 * A row: this head, the value, what the table notes behind it (row_extra), the key. Rows are multiples of 8
 * bytes.
 */
struct row {
    uint32_t hash; /* the lower half of the key's */
    uint32_t key_size;
    uint32_t written; /* the number of the writer's command that has it; with ROW_STORED */
    uint8_t flags;
    uint8_t chunk_bits;
};

enum row_flag {
    ROW_DEAD = 1,       /* removed; only the bytes are still there */
    ROW_REFERENCED = 2, /* used again since eviction came by */
    /* Of the store, or, while the partition is resident, of the log: */
    ROW_DIRTY = 4,      /* it has the row otherwise */
    ROW_STORED = 8,     /* it has, or may soon have, a row of this key */
    ROW_TOMBSTONE = 16, /* the key is gone, and it does not know, or may not know yet */
};

enum { ROW_HEAD_BYTES = 16 };
_Static_assert(sizeof(struct row) <= ROW_HEAD_BYTES, "a row's value begins behind its head");

/* Rows of one partition, one behind the other. Aligned to 2^bits bytes, at most those of a page. */
struct row_chunk {
    struct row_partition *partition;
    struct row_chunk *next, *previous;             /* of the partition, the newest first */
    struct row_chunk *next_loose, *previous_loose; /* of those that lost rows since row_table_settle */
    uint32_t capacity, used;                       /* bytes, this head included */
    uint32_t dead_bytes;
    uint32_t num_dirty;  /* rows */
    uint32_t generation; /* of the table when it was made */
    uint8_t bits;
    bool is_loose;
    atomic_bool is_frozen; /* a snapshot has yet to read it as it is */
    uint32_t frozen_index; /* in that snapshot */
};

enum { ROW_CHUNK_HEAD_BYTES = 72 };
_Static_assert(sizeof(struct row_chunk) <= ROW_CHUNK_HEAD_BYTES, "rows begin behind their chunk's head");

/* All rows of one key group and namespace, and an index over them: slots hold a row's address and, in the
 * upper 16 bits, those of its hash. */
struct row_partition {
    int64_t namespace_;
    uint32_t key_group;
    uint32_t mask; /* slots - 1 */
    uint64_t *slots;
    uint32_t num_rows;  /* tombstones included */
    uint32_t num_taken; /* slots: rows, and marks where one was removed */
    struct row_chunk *newest;
    struct row_chunk *open;                /* the newest, or NULL: takes no more rows */
    struct row_partition *next, *previous; /* of the key group */
    uint64_t chunk_bytes;
    /* A walk pins the chunks that were there when it began. */
    uint32_t pinned_generation;
    bool is_pinned;
    bool is_rewritten; /* rows that the walk changed have left the table */
    /* A partition is resident, all its rows are here and the store has none, until it is spilled. */
    bool is_spilled;
    bool is_stored;       /* the store may have rows of it */
    bool is_partial;      /* ... that the table has not */
    uint32_t num_evicted; /* of those, as far as it is known */
    uint32_t first_file;  /* of the log, that counts for it while it is resident */
    /* Reads of the store wait for this command of the writer: a dropped namesake may be there before. */
    uint32_t readable_after;
};

/* A place in the order of key groups, partitions and chunks. */
struct row_hand {
    struct row_partition *partition; /* NULL: before the first */
    struct row_chunk *chunk;         /* NULL: behind the partition's last */
};

struct row_table {
    uint32_t value_size;
    uint32_t key_offset;     /* in a row, behind value and notes */
    uint32_t stamp_offset;   /* of the time of the last write, i64 ms; 0: not kept */
    uint32_t content_offset; /* of the bytes of the buffers as accounted for, u64; 0: has no buffers */
    uint32_t *buffer_offsets;
    uint32_t num_buffers;
    uint32_t first_key_group, num_key_groups;
    uint32_t generation;               /* counts walks */
    uint32_t num_walks;                /* over all rows */
    struct row_partition **key_groups; /* the first partition of each */
    struct row_partition **directory;  /* open addressing by key group and namespace */
    uint32_t directory_mask, directory_shift;
    uint32_t num_partitions;
    struct namespace_set namespaces;
    struct row_pages pages;
    size_t free_pages_kept; /* by row_table_settle */
    struct row_chunk *loose;
    struct row_hand hands[2]; /* stay valid whatever goes */
    size_t index_bytes;       /* of all slots, partitions and the directory */
    size_t content_bytes;     /* of all buffers in values */
    uint64_t num_rows;        /* tombstones included */
    size_t spilled_bytes;     /* of chunks of partitions that are spilled */
    uint64_t num_evicted;     /* of all partitions */
};

enum { ROW_SLOT_ERASED = 1 };
#define ROW_SLOT_ADDRESS (((uint64_t)1 << 48) - 1)

static inline uint8_t *row_value(const struct row *row)
{
    return (uint8_t *)(uintptr_t)row + ROW_HEAD_BYTES;
}

static inline struct row *row_of_value(const void *value)
{
    return (struct row *)(void *)((uint8_t *)(uintptr_t)value - ROW_HEAD_BYTES);
}

static inline uint8_t *row_key(const struct row_table *table, const struct row *row)
{
    return (uint8_t *)(uintptr_t)row + table->key_offset;
}

static inline size_t row_size(const struct row_table *table, size_t key_size)
{
    return (table->key_offset + key_size + 7) / 8 * 8;
}

static inline struct row_chunk *row_chunk_of(const struct row *row)
{
    uintptr_t size = (uintptr_t)1 << row->chunk_bits;
    return (struct row_chunk *)((uintptr_t)row & ~(size - 1)); /* NOLINT: chunks are aligned */
}

static inline struct row *row_at(const struct row_chunk *chunk, uint32_t offset)
{
    return (struct row *)(void *)((uint8_t *)(uintptr_t)chunk + offset);
}

static inline int64_t *row_stamp(const struct row_table *table, const struct row *row)
{
    return (int64_t *)(void *)((uint8_t *)(uintptr_t)row + table->stamp_offset);
}

static inline uint64_t *row_content_bytes(const struct row_table *table, const struct row *row)
{
    return (uint64_t *)(void *)((uint8_t *)(uintptr_t)row + table->content_offset);
}

static inline uint64_t row_slot(const struct row *row, uint32_t hash)
{
    return (uint64_t)(uintptr_t)row | (uint64_t)(hash >> 16) << 48;
}

static inline void row_mark_dirty(struct row *row)
{
    if ((row->flags & ROW_DIRTY) != 0)
        return;
    row->flags |= ROW_DIRTY;
    row_chunk_of(row)->num_dirty++;
}

static inline bool row_chunk_is_pinned(const struct row_chunk *chunk)
{
    return chunk->partition->is_pinned && chunk->generation <= chunk->partition->pinned_generation;
}

struct row_table *row_table_create_stamped(const struct row_layout *layout, uint32_t first_key_group,
                                           uint32_t end_key_group, bool is_stamped);

/* Partitions. They stay until row_table_drop_partition or, once empty, row_table_settle. */
struct row_partition *row_table_partition(const struct row_table *table, uint32_t key_group,
                                          int64_t namespace_); /* NULL: none */
struct row_partition *row_table_make_partition(struct row_table *table, uint32_t key_group,
                                               int64_t namespace_);
/* All of them, one after the other in the order of key groups; NULL: the first, and behind the last. */
struct row_partition *row_table_next_partition(const struct row_table *table,
                                               const struct row_partition *partition);
/* With all rows; void pointers after. */
void row_table_drop_partition(struct row_table *table, struct row_partition *partition);

/* Rows of a partition, tombstones included. */
struct row *row_partition_find(const struct row_table *table, const struct row_partition *partition,
                               struct bytes_view key, uint32_t hash);
/* Of a key that is not there: zeroed, no flags. */
struct row *row_partition_add(struct row_table *table, struct row_partition *partition, struct bytes_view key,
                              uint32_t hash);
/* Finds the partitions of many keys and the rows in them, tombstones included; ret_rows NULL: none. */
void row_table_probe(const struct row_table *table, const struct row_keys *keys, uint32_t begin,
                     uint32_t count, struct row_partition **ret_partitions, struct row **ret_rows);

/* Frees the contents of the value's buffers and zeroes it. */
void row_reset_value(struct row_table *table, struct row *row);
/* Takes the row out of the index and marks it dead. */
void row_table_erase(struct row_table *table, struct row *row);
/* Moves the rows that are alive out of a chunk into others of the partition, and frees it. */
void row_chunk_vacate(struct row_table *table, struct row_chunk *chunk);
/* On and off the list of those that row_table_settle looks at; idempotent. */
void row_chunk_list_loose(struct row_table *table, struct row_chunk *chunk);
void row_chunk_unlist_loose(struct row_table *table, struct row_chunk *chunk);
/* Its rows are the store's from now on, which has none of them yet. */
void row_partition_spill(struct row_table *table, struct row_partition *partition);
/* Rows left the table for the store, or came back. */
void row_partition_count_evicted(struct row_table *table, struct row_partition *partition, int32_t change);
/* The chunk under a hand, which moves on; NULL: there is none. Sets *ret_wrapped when it began anew. Chunks
 * that are added meanwhile to the hand's partition lie behind the hand. */
struct row_chunk *row_hand_next(struct row_table *table, struct row_hand *hand, bool *ret_wrapped);
size_t row_content(const struct row_table *table, const struct row *row); /* as it is now */
