#include "taskmanager/state/store_run_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/state/row_pages_internal.h"
#include "taskmanager/state/store_run_sort_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PREFETCH_ROWS = 12, CACHE_LINE_BYTES = 64, LARGE_BLOCK_BYTES = 8 << 20 };

struct store_run_pool {
    pthread_mutex_t lock;
    size_t block_bytes, max_free;
    uint8_t **blocks;
    size_t num_blocks, capacity;
};

/* Not by malloc, which would keep holes of such sizes among what lives long. */
static uint8_t *map_block(size_t bytes)
{
    if (bytes >= LARGE_BLOCK_BYTES)
        return row_array_take(bytes); /* in huge pages */
    void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(block != MAP_FAILED);
    return block;
}

static void unmap_block(uint8_t *block, size_t bytes)
{
    if (bytes >= LARGE_BLOCK_BYTES)
        row_array_give(block, bytes);
    else
        CHECK(munmap(block, bytes) == 0);
}

struct store_run_pool *store_run_pool_create(size_t block_bytes)
{
    struct store_run_pool *pool = mem_calloc(1, sizeof *pool);
    pthread_mutex_init(&pool->lock, NULL);
    pool->block_bytes = block_bytes;
    pool->max_free = 1;
    return pool;
}

void store_run_pool_free(struct store_run_pool *pool)
{
    if (pool == NULL)
        return;
    for (size_t i = 0; i < pool->num_blocks; i++)
        unmap_block(pool->blocks[i], pool->block_bytes);
    free(pool->blocks);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void store_run_pool_limit(struct store_run_pool *pool, size_t max_free_bytes)
{
    pthread_mutex_lock(&pool->lock);
    pool->max_free = max_free_bytes / pool->block_bytes;
    while (pool->num_blocks > pool->max_free)
        unmap_block(pool->blocks[--pool->num_blocks], pool->block_bytes);
    pthread_mutex_unlock(&pool->lock);
}

size_t store_run_pool_free_bytes(struct store_run_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    size_t bytes = pool->num_blocks * pool->block_bytes;
    pthread_mutex_unlock(&pool->lock);
    return bytes;
}

static uint8_t *take_block(struct store_run_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    uint8_t *block = pool->num_blocks > 0 ? pool->blocks[--pool->num_blocks] : NULL;
    pthread_mutex_unlock(&pool->lock);
    return block != NULL ? block : map_block(pool->block_bytes);
}

static void give_block(struct store_run_pool *pool, uint8_t *block, size_t bytes)
{
    pthread_mutex_lock(&pool->lock);
    bool is_kept = bytes == pool->block_bytes && pool->num_blocks < pool->max_free;
    if (is_kept && pool->num_blocks == pool->capacity) {
        pool->capacity = pool->capacity == 0 ? 8 : pool->capacity * 2;
        pool->blocks = mem_realloc(pool->blocks, pool->capacity * sizeof *pool->blocks);
    }
    if (is_kept)
        pool->blocks[pool->num_blocks++] = block;
    pthread_mutex_unlock(&pool->lock);
    if (!is_kept)
        unmap_block(block, bytes);
}

static struct store_run *create(struct store_run_pool *pool)
{
    struct store_run *run = mem_calloc(1, sizeof *run);
    run->pool = pool;
    run->block_bytes = pool->block_bytes;
    run->block = take_block(pool);
    return run;
}

struct store_run *store_run_create(struct store_run_pool *pool, struct rocksdb_family *family,
                                   uint32_t segment, uint32_t number, _Atomic uint32_t *done)
{
    struct store_run *run = create(pool);
    run->family = family;
    run->segment = segment;
    run->number = number;
    run->done = done;
    return run;
}

struct store_run *store_run_create_for_log(struct store_run_pool *pool, uint32_t log_state)
{
    struct store_run *run = create(pool);
    run->log_state = log_state;
    return run;
}

void store_run_free(struct store_run *run)
{
    if (run == NULL)
        return;
    give_block(run->pool, run->block, run->block_bytes);
    free(run);
}

bool store_run_is_full(const struct store_run *run, size_t key_size, size_t value_size)
{
    return run->used_bytes + STORE_RUN_HEAD_BYTES + key_size + value_size > run->block_bytes;
}

static uint8_t *add(struct store_run *run, size_t key_size, size_t value_size, uint32_t value_mark)
{
    CHECK(key_size < UINT32_MAX && value_size < UINT32_MAX);
    size_t size = STORE_RUN_HEAD_BYTES + key_size + value_size;
    if (run->used_bytes + size > run->block_bytes) { /* larger than a whole block */
        CHECK(run->count == 0);
        give_block(run->pool, run->block, run->block_bytes);
        run->block_bytes = size;
        run->block = map_block(size);
    }
    uint8_t *head = run->block + run->used_bytes;
    uint32_t sizes[2] = {(uint32_t)key_size, value_mark};
    memcpy(head, sizes, sizeof sizes);
    run->used_bytes += size;
    run->count++;
    return head + STORE_RUN_HEAD_BYTES;
}

uint8_t *store_run_add(struct store_run *run, size_t key_size, size_t value_size)
{
    return add(run, key_size, value_size, (uint32_t)value_size);
}

uint8_t *store_run_add_removal(struct store_run *run, size_t key_size)
{
    return add(run, key_size, 0, STORE_RUN_REMOVED);
}

size_t store_run_bytes(const struct store_run *run)
{
    return sizeof *run + run->used_bytes;
}

struct bytes_view store_run_key(const struct store_run *run, uint64_t offset)
{
    uint32_t size;
    memcpy(&size, run->block + offset, sizeof size);
    return (struct bytes_view){run->block + offset + STORE_RUN_HEAD_BYTES, size};
}

static bool is_same_key(const struct store_run *run, const struct store_run_item *a,
                        const struct store_run_item *b)
{
    if (a->high != b->high || a->low != b->low)
        return false;
    struct bytes_view x = store_run_key(run, a->offset), y = store_run_key(run, b->offset);
    return x.size == y.size && memcmp(x.data, y.data, x.size) == 0;
}

static enum status write_row(const struct store_run *run, struct rocksdb_run *file, uint64_t offset,
                             struct error *error)
{
    uint32_t sizes[2];
    memcpy(sizes, run->block + offset, sizeof sizes);
    struct bytes_view key = store_run_key(run, offset);
    if (sizes[1] == STORE_RUN_REMOVED)
        return rocksdb_run_remove(file, key, error);
    return rocksdb_run_put(file, key, (struct bytes_view){key.data + key.size, sizes[1]}, error);
}

/* In the order of their keys rows lie anywhere in the block. */
static void prefetch_row(const struct store_run *run, uint64_t offset)
{
    __builtin_prefetch(run->block + offset);
    __builtin_prefetch(run->block + offset + CACHE_LINE_BYTES);
}

enum status store_run_write(const struct store_run *run, struct store_run_sorter *sorter, struct error *error)
{
    struct rocksdb_run *file;
    enum status status = rocksdb_run_create(run->family, &file, error);
    if (status != STATUS_OK)
        return status;
    const struct store_run_item *items = store_run_sort(run, sorter);
    for (uint32_t i = 0; i < run->count && status == STATUS_OK; i++) {
        if (i + PREFETCH_ROWS < run->count)
            prefetch_row(run, items[i + PREFETCH_ROWS].offset);
        if (i + 1 == run->count || !is_same_key(run, &items[i], &items[i + 1]))
            status = write_row(run, file, items[i].offset, error);
    }
    if (status == STATUS_OK)
        return rocksdb_run_finish(file, error);
    rocksdb_run_abort(file);
    return status;
}
