#pragma once

#include "taskmanager/state/rocksdb_backend/rocksdb_store.h"

/*
 * Rows on their way into a family of the store: collected by the subtask's thread in any order, then sorted
 * and written by the writer's. Of equal keys the one that was added last counts. They lie in one block of
 * memory of their own: rows from its beginning, items that name them from its end.
 */
struct store_run_item {
    uint64_t high, low; /* the first 16 bytes of the key, big-endian */
    uint64_t offset;    /* of its head in the block: sizes of key and value u32, then both */
};

struct store_run {
    struct rocksdb_family *family;
    uint32_t segment;       /* of the key groups that its first row is of */
    uint32_t number;        /* of the state's runs, from 1 */
    _Atomic uint32_t *done; /* set to the number when the store has the rows */
    uint8_t *block;
    size_t block_bytes, used_bytes; /* by rows */
    uint32_t count;
};

/* Room for rows of about block_bytes. */
struct store_run *store_run_create(struct rocksdb_family *family, uint32_t segment, uint32_t number,
                                   _Atomic uint32_t *done, size_t block_bytes);
void store_run_free(struct store_run *run);
/* One with rows takes no more of that size. */
bool store_run_is_full(const struct store_run *run, size_t key_size, size_t value_size);
/* Room for a row's key, key_size bytes that the caller writes at once, and behind it for its value. */
uint8_t *store_run_add(struct store_run *run, size_t key_size, size_t value_size);
/* The same for a key that is gone. */
uint8_t *store_run_add_removal(struct store_run *run, size_t key_size);
/* After the last row's key was written. */
void store_run_index_last(struct store_run *run);
size_t store_run_bytes(const struct store_run *run); /* of memory that is in use */
/* Sorts and writes it. */
STATUS_MUST_CHECK enum status store_run_write(struct store_run *run, struct error *error);
