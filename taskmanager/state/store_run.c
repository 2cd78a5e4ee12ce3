#include "taskmanager/state/store_run_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ROW_HEAD_SIZE = 8, REMOVED = UINT32_MAX };

/* Not by malloc, which would keep holes of such sizes among what lives long. */
static uint8_t *map_block(size_t bytes)
{
    void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(block != MAP_FAILED);
    return block;
}

struct store_run *store_run_create(struct rocksdb_family *family, uint32_t segment, uint32_t number,
                                   _Atomic uint32_t *done, size_t block_bytes)
{
    struct store_run *run = mem_calloc(1, sizeof *run);
    run->family = family;
    run->segment = segment;
    run->number = number;
    run->done = done;
    run->block_bytes = (block_bytes + 7) / 8 * 8;
    run->block = map_block(run->block_bytes);
    return run;
}

void store_run_free(struct store_run *run)
{
    if (run == NULL)
        return;
    CHECK(munmap(run->block, run->block_bytes) == 0);
    free(run);
}

static struct store_run_item *items_of(const struct store_run *run)
{
    return (struct store_run_item *)(void *)(run->block + run->block_bytes) - run->count;
}

bool store_run_is_full(const struct store_run *run, size_t key_size, size_t value_size)
{
    size_t needed = ROW_HEAD_SIZE + key_size + value_size + (run->count + 1) * sizeof(struct store_run_item);
    return run->used_bytes + needed > run->block_bytes;
}

static uint8_t *add(struct store_run *run, size_t key_size, size_t value_size, uint32_t value_mark)
{
    CHECK(key_size < UINT32_MAX && value_size < UINT32_MAX);
    if (store_run_is_full(run, key_size, value_size)) { /* larger than a whole block */
        CHECK(run->count == 0);
        CHECK(munmap(run->block, run->block_bytes) == 0);
        size_t needed = ROW_HEAD_SIZE + key_size + value_size + sizeof(struct store_run_item);
        run->block_bytes = (needed + 7) / 8 * 8;
        run->block = map_block(run->block_bytes);
    }
    uint8_t *head = run->block + run->used_bytes;
    uint32_t sizes[2] = {(uint32_t)key_size, value_mark};
    memcpy(head, sizes, sizeof sizes);
    run->count++;
    items_of(run)->offset = run->used_bytes;
    run->used_bytes += ROW_HEAD_SIZE + key_size + value_size;
    return head + ROW_HEAD_SIZE;
}

uint8_t *store_run_add(struct store_run *run, size_t key_size, size_t value_size)
{
    return add(run, key_size, value_size, (uint32_t)value_size);
}

uint8_t *store_run_add_removal(struct store_run *run, size_t key_size)
{
    return add(run, key_size, 0, REMOVED);
}

static struct bytes_view key_at(const struct store_run *run, uint64_t offset)
{
    uint32_t size;
    memcpy(&size, run->block + offset, sizeof size);
    return (struct bytes_view){run->block + offset + ROW_HEAD_SIZE, size};
}

void store_run_index_last(struct store_run *run)
{
    struct store_run_item *item = items_of(run);
    struct bytes_view key = key_at(run, item->offset);
    uint64_t words[2] = {0};
    memcpy(words, key.data, key.size < sizeof words ? key.size : sizeof words);
    item->high = __builtin_bswap64(words[0]);
    item->low = __builtin_bswap64(words[1]);
}

size_t store_run_bytes(const struct store_run *run)
{
    return sizeof *run + run->used_bytes + run->count * sizeof(struct store_run_item);
}

/* By key, then in the order in which they came. */
static int compare(const void *left, const void *right, void *context)
{
    const struct store_run_item *a = left, *b = right;
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    struct bytes_view x = key_at(context, a->offset), y = key_at(context, b->offset);
    int order = memcmp(x.data, y.data, x.size < y.size ? x.size : y.size);
    if (order != 0)
        return order;
    if (x.size != y.size)
        return x.size < y.size ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Rows that come out of another store are. Items stand in the reverse order of their rows. */
static bool is_sorted(struct store_run *run)
{
    const struct store_run_item *items = items_of(run);
    for (uint32_t i = 1; i < run->count; i++)
        if (compare(&items[i - 1], &items[i], run) < 0)
            return false;
    return true;
}

static bool is_same_key(const struct store_run *run, const struct store_run_item *a,
                        const struct store_run_item *b)
{
    if (a->high != b->high || a->low != b->low)
        return false;
    struct bytes_view x = key_at(run, a->offset), y = key_at(run, b->offset);
    return x.size == y.size && memcmp(x.data, y.data, x.size) == 0;
}

static enum status write_row(struct store_run *run, struct rocksdb_run *file, uint64_t offset,
                             struct error *error)
{
    uint32_t sizes[2];
    memcpy(sizes, run->block + offset, sizeof sizes);
    struct bytes_view key = key_at(run, offset);
    if (sizes[1] == REMOVED)
        return rocksdb_run_remove(file, key, error);
    return rocksdb_run_put(file, key, (struct bytes_view){key.data + key.size, sizes[1]}, error);
}

static enum status write_rows(struct store_run *run, struct rocksdb_run *file, struct error *error)
{
    const struct store_run_item *items = items_of(run);
    enum status status = STATUS_OK;
    bool is_reverse = is_sorted(run);
    if (!is_reverse)
        qsort_r(items_of(run), run->count, sizeof *items, compare, run);
    for (uint32_t i = 0; i < run->count && status == STATUS_OK; i++) {
        uint32_t at = is_reverse ? run->count - 1 - i : i, next = is_reverse ? at - 1 : at + 1;
        if (i + 1 == run->count || !is_same_key(run, &items[at], &items[next]))
            status = write_row(run, file, items[at].offset, error);
    }
    return status;
}

enum status store_run_write(struct store_run *run, struct error *error)
{
    struct rocksdb_run *file;
    enum status status = rocksdb_run_create(run->family, &file, error);
    if (status != STATUS_OK)
        return status;
    status = write_rows(run, file, error);
    if (status == STATUS_OK)
        return rocksdb_run_finish(file, error);
    rocksdb_run_abort(file);
    return status;
}
