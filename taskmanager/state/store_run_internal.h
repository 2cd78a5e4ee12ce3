#pragma once

#include "taskmanager/state/rocksdb_backend/rocksdb_store.h"

/*
 * Rows on their way into a family of the store: collected by the subtask's thread in any order, one behind
 * the other in a block of memory of their own, then sorted and written by the writer's. Of equal keys the one
 * that was added last counts. Or rows on their way into the row_log: there they are appended as they are.
 */
enum { STORE_RUN_HEAD_BYTES = 8, STORE_RUN_REMOVED = UINT32_MAX };

/* Blocks that no run uses at present: to clear new ones takes longer than to fill them. Any thread. */
struct store_run_pool;
struct store_run_pool *store_run_pool_create(size_t block_bytes);
void store_run_pool_free(struct store_run_pool *pool); /* no run is left */
/* Keeps no more than these, from now on. */
void store_run_pool_limit(struct store_run_pool *pool, size_t max_free_bytes);
size_t store_run_pool_free_bytes(struct store_run_pool *pool);

struct store_run {
    struct store_run_pool *pool;
    struct rocksdb_family *family; /* NULL: into the log */
    uint32_t log_state;            /* there: whose rows they are */
    uint32_t segment;              /* of the key groups that its first row is of */
    uint32_t last_key_group;
    uint32_t number;        /* of the state's runs, from 1 */
    _Atomic uint32_t *done; /* set to the number when the store has the rows */
    uint8_t *block;         /* of each row: sizes of key and value u32, key, value */
    size_t block_bytes, used_bytes;
    uint32_t count;
};

/* Room for rows of about a block of the pool. */
struct store_run *store_run_create(struct store_run_pool *pool, struct rocksdb_family *family,
                                   uint32_t segment, uint32_t number, _Atomic uint32_t *done);
/* The same for the log. */
struct store_run *store_run_create_for_log(struct store_run_pool *pool, uint32_t log_state);
void store_run_free(struct store_run *run);
/* One with rows takes no more of that size. */
bool store_run_is_full(const struct store_run *run, size_t key_size, size_t value_size);
/* A row: room for its key, key_size bytes, and behind it for its value. */
uint8_t *store_run_add(struct store_run *run, size_t key_size, size_t value_size);
/* The same for a key that is gone. */
uint8_t *store_run_add_removal(struct store_run *run, size_t key_size);
size_t store_run_bytes(const struct store_run *run); /* of memory that is in use */

/* Scratch for sorting, of one thread; kept from run to run. A zeroed one is empty. */
struct store_run_item {
    uint64_t high, low; /* the first 16 bytes of the key, big-endian, zeros behind its end */
    uint64_t offset;    /* of the row in the block */
};
struct store_run_sorter {
    struct store_run_item *items, *other;
    uint32_t capacity;
};
void store_run_sorter_free(struct store_run_sorter *sorter); /* the content */
/* Sorts and writes one for the store. */
STATUS_MUST_CHECK enum status store_run_write(const struct store_run *run, struct store_run_sorter *sorter,
                                              struct error *error);
