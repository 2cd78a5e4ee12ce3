#include "taskmanager/state/store_run_sort_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

/*
 * Keys are sorted by their first 16 bytes, digit by digit from the last, without moving an item where all
 * have the same digit: key group and namespace leave few that differ. What is equal so far is sorted by the
 * whole keys after.
 */
enum { NUM_DIGITS = 16, DIGIT_VALUES = 256 };

static inline unsigned digit_of(const struct store_run_item *item, unsigned digit)
{
    return digit < 8 ? item->low >> 8 * digit & 0xFF : item->high >> 8 * (digit - 8) & 0xFF;
}

static void make_items(const struct store_run *run, struct store_run_item *items)
{
    uint64_t offset = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        uint32_t sizes[2];
        memcpy(sizes, run->block + offset, sizeof sizes);
        struct bytes_view key = store_run_key(run, offset);
        uint64_t words[2] = {0};
        memcpy(words, key.data, key.size < sizeof words ? key.size : sizeof words);
        items[i] = (struct store_run_item){__builtin_bswap64(words[0]), __builtin_bswap64(words[1]), offset};
        offset += STORE_RUN_HEAD_BYTES + key.size + (sizes[1] == STORE_RUN_REMOVED ? 0 : sizes[1]);
    }
    CHECK(offset == run->used_bytes);
}

static bool is_ascending(const struct store_run_item *items, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (items[i - 1].high > items[i].high ||
            (items[i - 1].high == items[i].high && items[i - 1].low > items[i].low))
            return false;
    return true;
}

static void count_digits(const struct store_run_item *items, uint32_t count,
                         uint32_t counts[NUM_DIGITS][DIGIT_VALUES])
{
    for (uint32_t i = 0; i < count; i++)
        for (unsigned digit = 0; digit < NUM_DIGITS; digit++)
            counts[digit][digit_of(&items[i], digit)]++;
}

/* Into another array; keeps the order of equal digits. counts become where each digit's items end. */
static void sort_digit(const struct store_run_item *from, struct store_run_item *to, uint32_t count,
                       unsigned digit, uint32_t counts[DIGIT_VALUES])
{
    uint32_t start = 0;
    for (unsigned value = 0; value < DIGIT_VALUES; value++) {
        uint32_t next = start + counts[value];
        counts[value] = start;
        start = next;
    }
    for (uint32_t i = 0; i < count; i++)
        to[counts[digit_of(&from[i], digit)]++] = from[i];
}

static void sort_by_digits(struct store_run_sorter *sorter, uint32_t count)
{
    uint32_t(*counts)[DIGIT_VALUES] = mem_calloc(NUM_DIGITS, sizeof *counts);
    count_digits(sorter->items, count, counts);
    for (unsigned digit = 0; digit < NUM_DIGITS; digit++) {
        if (counts[digit][digit_of(&sorter->items[0], digit)] == count)
            continue;
        sort_digit(sorter->items, sorter->other, count, digit, counts[digit]);
        struct store_run_item *sorted = sorter->other;
        sorter->other = sorter->items;
        sorter->items = sorted;
    }
    free(counts);
}

static int compare_whole(const void *left, const void *right, void *context)
{
    const struct store_run_item *a = left, *b = right;
    struct bytes_view x = store_run_key(context, a->offset), y = store_run_key(context, b->offset);
    int order = memcmp(x.data, y.data, x.size < y.size ? x.size : y.size);
    if (order != 0)
        return order;
    if (x.size != y.size)
        return x.size < y.size ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Those whose beginnings are the same. */
static void sort_ties(const struct store_run *run, struct store_run_item *items)
{
    for (uint32_t begin = 0, end; begin < run->count; begin = end) {
        end = begin + 1;
        while (end < run->count && items[end].high == items[begin].high && items[end].low == items[begin].low)
            end++;
        if (end - begin > 1)
            qsort_r(&items[begin], end - begin, sizeof *items, compare_whole, (void *)(uintptr_t)run);
    }
}

static void ensure_capacity(struct store_run_sorter *sorter, uint32_t count)
{
    if (count <= sorter->capacity)
        return;
    free(sorter->items);
    free(sorter->other);
    sorter->items = mem_alloc(count * sizeof *sorter->items);
    sorter->other = mem_alloc(count * sizeof *sorter->other);
    sorter->capacity = count;
}

void store_run_sorter_free(struct store_run_sorter *sorter)
{
    free(sorter->items);
    free(sorter->other);
    *sorter = (struct store_run_sorter){0};
}

const struct store_run_item *store_run_sort(const struct store_run *run, struct store_run_sorter *sorter)
{
    CHECK(run->count > 0);
    ensure_capacity(sorter, run->count);
    make_items(run, sorter->items);
    if (!is_ascending(sorter->items, run->count))
        sort_by_digits(sorter, run->count);
    sort_ties(run, sorter->items);
    return sorter->items;
}
