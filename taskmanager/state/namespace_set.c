#include "taskmanager/state/namespace_set_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Two levels of sorted arrays: time goes on, so that most come at the end and go at the beginning. */
enum { BLOCK_ITEMS = 250 };

struct namespace_block {
    uint32_t count;
    uint32_t partitions[BLOCK_ITEMS];
    int64_t items[BLOCK_ITEMS];
};

void namespace_set_free(struct namespace_set *set)
{
    for (size_t i = 0; i < set->num_blocks; i++)
        free(set->blocks[i]);
    free(set->blocks);
    *set = (struct namespace_set){0};
}

/* The first block whose last item is >= wanted; num_blocks when there is none. */
static size_t find_block(const struct namespace_set *set, int64_t wanted)
{
    size_t low = 0, high = set->num_blocks;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct namespace_block *block = set->blocks[middle];
        if (block->items[block->count - 1] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first item that is >= wanted; count when there is none. */
static uint32_t find_item(const struct namespace_block *block, int64_t wanted)
{
    uint32_t low = 0, high = block->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (block->items[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct namespace_block *insert_block(struct namespace_set *set, size_t at)
{
    if (set->num_blocks == set->capacity) {
        set->capacity = set->capacity == 0 ? 4 : set->capacity * 2;
        set->blocks = mem_realloc(set->blocks, set->capacity * sizeof *set->blocks);
    }
    memmove(&set->blocks[at + 1], &set->blocks[at], (set->num_blocks - at) * sizeof *set->blocks);
    set->num_blocks++;
    return set->blocks[at] = mem_calloc(1, sizeof *set->blocks[at]);
}

/* Makes room in a full block; what is appended to the last one goes into a new one. */
static void split_block(struct namespace_set *set, size_t at, bool is_append)
{
    uint32_t kept = is_append ? BLOCK_ITEMS : BLOCK_ITEMS / 2;
    struct namespace_block *right = insert_block(set, at + 1), *left = set->blocks[at];
    right->count = left->count - kept;
    memcpy(right->items, left->items + kept, right->count * sizeof *right->items);
    memcpy(right->partitions, left->partitions + kept, right->count * sizeof *right->partitions);
    left->count = kept;
}

void namespace_set_add(struct namespace_set *set, int64_t namespace_)
{
    size_t at = find_block(set, namespace_);
    bool is_append = at == set->num_blocks;
    if (set->num_blocks == 0)
        insert_block(set, 0);
    at = is_append && at > 0 ? at - 1 : at;
    uint32_t item = find_item(set->blocks[at], namespace_);
    if (item < set->blocks[at]->count && set->blocks[at]->items[item] == namespace_) {
        set->blocks[at]->partitions[item]++;
        return;
    }
    if (set->blocks[at]->count == BLOCK_ITEMS) {
        split_block(set, at, is_append);
        if (item >= set->blocks[at]->count) {
            item -= set->blocks[at]->count;
            at++;
        }
    }
    struct namespace_block *block = set->blocks[at];
    uint32_t behind = block->count - item;
    memmove(&block->items[item + 1], &block->items[item], behind * sizeof *block->items);
    memmove(&block->partitions[item + 1], &block->partitions[item], behind * sizeof *block->partitions);
    block->items[item] = namespace_;
    block->partitions[item] = 1;
    block->count++;
}

void namespace_set_remove(struct namespace_set *set, int64_t namespace_)
{
    size_t at = find_block(set, namespace_);
    CHECK(at < set->num_blocks);
    struct namespace_block *block = set->blocks[at];
    uint32_t item = find_item(block, namespace_);
    CHECK(block->items[item] == namespace_);
    if (--block->partitions[item] > 0)
        return;
    uint32_t behind = block->count - item - 1;
    memmove(&block->items[item], &block->items[item + 1], behind * sizeof *block->items);
    memmove(&block->partitions[item], &block->partitions[item + 1], behind * sizeof *block->partitions);
    if (--block->count > 0)
        return;
    free(block);
    set->num_blocks--;
    memmove(&set->blocks[at], &set->blocks[at + 1], (set->num_blocks - at) * sizeof *set->blocks);
}

bool namespace_set_next(const struct namespace_set *set, int64_t from, int64_t *ret_namespace)
{
    size_t at = find_block(set, from);
    if (at == set->num_blocks)
        return false;
    *ret_namespace = set->blocks[at]->items[find_item(set->blocks[at], from)];
    return true;
}

size_t namespace_set_bytes(const struct namespace_set *set)
{
    return set->num_blocks * sizeof(struct namespace_block) +
           set->capacity * sizeof(struct namespace_block *);
}
