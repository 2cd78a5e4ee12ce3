#include "taskmanager/state/store_run_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ROW_HEAD_SIZE = 8, REMOVED = UINT32_MAX };

struct store_run *store_run_create(struct rocksdb_family *family, uint32_t number, _Atomic uint32_t *done)
{
    struct store_run *run = mem_calloc(1, sizeof *run);
    run->family = family;
    run->number = number;
    run->done = done;
    return run;
}

void store_run_free(struct store_run *run)
{
    if (run == NULL)
        return;
    buffer_free(&run->bytes);
    free(run->items);
    free(run);
}

static uint8_t *add(struct store_run *run, size_t key_size, size_t value_size, uint32_t value_mark)
{
    CHECK(key_size < UINT32_MAX && value_size < UINT32_MAX);
    size_t size = ROW_HEAD_SIZE + key_size + value_size;
    buffer_reserve(&run->bytes, size);
    uint8_t *head = run->bytes.data + run->bytes.size;
    uint32_t sizes[2] = {(uint32_t)key_size, value_mark};
    memcpy(head, sizes, sizeof sizes);
    if (run->count == run->capacity) {
        run->capacity = run->capacity == 0 ? 64 : run->capacity * 2;
        run->items = mem_realloc(run->items, run->capacity * sizeof *run->items);
    }
    run->items[run->count].offset = run->bytes.size;
    run->bytes.size += size;
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

static struct bytes_view key_at(const struct store_run *run, size_t offset)
{
    uint32_t size;
    memcpy(&size, run->bytes.data + offset, sizeof size);
    return (struct bytes_view){run->bytes.data + offset + ROW_HEAD_SIZE, size};
}

void store_run_index_last(struct store_run *run)
{
    struct store_run_item *item = &run->items[run->count++];
    struct bytes_view key = key_at(run, item->offset);
    uint64_t words[2] = {0};
    memcpy(words, key.data, key.size < sizeof words ? key.size : sizeof words);
    item->high = __builtin_bswap64(words[0]);
    item->low = __builtin_bswap64(words[1]);
}

size_t store_run_bytes(const struct store_run *run)
{
    return sizeof *run + run->bytes.capacity + run->capacity * sizeof *run->items;
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

static bool is_same_key(const struct store_run *run, const struct store_run_item *a,
                        const struct store_run_item *b)
{
    if (a->high != b->high || a->low != b->low)
        return false;
    struct bytes_view x = key_at(run, a->offset), y = key_at(run, b->offset);
    return x.size == y.size && memcmp(x.data, y.data, x.size) == 0;
}

static enum status write_row(struct store_run *run, struct rocksdb_run *file, size_t offset,
                             struct error *error)
{
    uint32_t sizes[2];
    memcpy(sizes, run->bytes.data + offset, sizeof sizes);
    struct bytes_view key = key_at(run, offset);
    if (sizes[1] == REMOVED)
        return rocksdb_run_remove(file, key, error);
    return rocksdb_run_put(file, key, (struct bytes_view){key.data + key.size, sizes[1]}, error);
}

enum status store_run_write(struct store_run *run, struct error *error)
{
    struct rocksdb_run *file;
    enum status status = rocksdb_run_create(run->family, &file, error);
    if (status != STATUS_OK)
        return status;
    qsort_r(run->items, run->count, sizeof *run->items, compare, run);
    for (uint32_t i = 0; i < run->count && status == STATUS_OK; i++)
        if (i + 1 == run->count || !is_same_key(run, &run->items[i], &run->items[i + 1]))
            status = write_row(run, file, run->items[i].offset, error);
    if (status == STATUS_OK)
        return rocksdb_run_finish(file, error);
    rocksdb_run_abort(file);
    return status;
}
