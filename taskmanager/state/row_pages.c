#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/state/row_pages_internal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Regions grow with the table: a small one stays small, a large one gets huge pages. */
enum { HUGE_PAGE_BYTES = 2 << 20, REGION_MAX_PAGES = HUGE_PAGE_BYTES / ROW_PAGE_BYTES };
enum { MAX_SHARED_CHUNKS = ROW_PAGE_BYTES >> ROW_CHUNK_MIN_BITS };

/* Stands in the first chunk of its page. */
struct row_shared_page {
    struct row_shared_page *next, *previous; /* of those with a free chunk */
    uint32_t num_used, num_chunks;           /* the first, which is this, apart */
    uint64_t is_free[MAX_SHARED_CHUNKS / 64];
};

_Static_assert(sizeof(struct row_shared_page) <= 1 << ROW_CHUNK_MIN_BITS, "it fits into its chunk");

void row_pages_init(struct row_pages *pages)
{
    *pages = (struct row_pages){0};
}

void row_pages_free(struct row_pages *pages)
{
    CHECK(pages->block_bytes == 0);
    for (size_t i = 0; i < pages->num_regions; i++)
        CHECK(munmap(pages->regions[i], pages->region_bytes[i]) == 0);
    free(pages->regions);
    free(pages->region_bytes);
    free(pages->free_pages);
    *pages = (struct row_pages){0};
}

/* Memory aligned to `alignment`, zeroed by the system. */
static void *map_aligned(size_t size, size_t alignment)
{
    uint8_t *mapped =
        mmap(NULL, size + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(mapped != MAP_FAILED);
    size_t before = (size_t)(-(uintptr_t)mapped & (alignment - 1));
    if (before > 0)
        CHECK(munmap(mapped, before) == 0);
    if (before < alignment)
        CHECK(munmap(mapped + before + size, alignment - before) == 0);
    if (size >= HUGE_PAGE_BYTES) /* a hint: systems without huge pages refuse it */
        (void)madvise(mapped + before, size, MADV_HUGEPAGE);
    return mapped + before;
}

static void push_free(struct row_pages *pages, void *page)
{
    if (pages->num_free == pages->free_capacity) {
        pages->free_capacity = pages->free_capacity == 0 ? 32 : pages->free_capacity * 2;
        pages->free_pages = mem_realloc(pages->free_pages, pages->free_capacity * sizeof *pages->free_pages);
    }
    pages->free_pages[pages->num_free++] = page;
}

static void add_region(struct row_pages *pages)
{
    size_t count = pages->num_pages / 4;
    count = count < 1 ? 1 : count > REGION_MAX_PAGES ? REGION_MAX_PAGES : count;
    size_t size = count * ROW_PAGE_BYTES;
    uint8_t *region = map_aligned(size, size == HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : ROW_PAGE_BYTES);
    CHECK((uintptr_t)region >> 47 == 0); /* the index keeps 48 bits of an address */
    pages->regions = mem_realloc(pages->regions, (pages->num_regions + 1) * sizeof *pages->regions);
    pages->region_bytes =
        mem_realloc(pages->region_bytes, (pages->num_regions + 1) * sizeof *pages->region_bytes);
    pages->regions[pages->num_regions] = region;
    pages->region_bytes[pages->num_regions++] = size;
    pages->num_pages += count;
    for (size_t i = count; i > 0; i--)
        push_free(pages, region + (i - 1) * ROW_PAGE_BYTES);
}

static void *take_page(struct row_pages *pages)
{
    if (pages->num_free == 0)
        add_region(pages);
    void *page = pages->free_pages[--pages->num_free];
    if (pages->num_returned > pages->num_free)
        pages->num_returned = pages->num_free;
    return page;
}

uint8_t row_pages_bits(size_t size)
{
    uint8_t bits = ROW_CHUNK_MIN_BITS;
    while (bits < ROW_PAGE_BITS && (size_t)1 << bits < size)
        bits++;
    return bits > ROW_CHUNK_SHARED_BITS ? ROW_PAGE_BITS : bits;
}

static void link_partial(struct row_pages *pages, struct row_shared_page *page, uint8_t bits)
{
    page->previous = NULL;
    page->next = pages->partial[bits];
    if (page->next != NULL)
        page->next->previous = page;
    pages->partial[bits] = page;
}

static void unlink_partial(struct row_pages *pages, struct row_shared_page *page, uint8_t bits)
{
    if (page->next != NULL)
        page->next->previous = page->previous;
    if (page->previous != NULL)
        page->previous->next = page->next;
    else
        pages->partial[bits] = page->next;
}

static void *take_shared(struct row_pages *pages, uint8_t bits)
{
    struct row_shared_page *page = pages->partial[bits];
    if (page == NULL) {
        page = take_page(pages);
        memset(page, 0, sizeof *page);
        uint32_t count = (uint32_t)ROW_PAGE_BYTES >> bits;
        page->num_chunks = count - 1;
        for (uint32_t i = 1; i < count; i++)
            page->is_free[i / 64] |= (uint64_t)1 << i % 64;
        link_partial(pages, page, bits);
    }
    uint32_t word = 0;
    while (page->is_free[word] == 0)
        word++;
    uint32_t index = word * 64 + (uint32_t)__builtin_ctzll(page->is_free[word]);
    page->is_free[word] &= page->is_free[word] - 1;
    if (++page->num_used == page->num_chunks)
        unlink_partial(pages, page, bits);
    return (uint8_t *)page + ((size_t)index << bits);
}

static void give_shared(struct row_pages *pages, void *chunk, uint8_t bits)
{
    uintptr_t offset = (uintptr_t)chunk & (ROW_PAGE_BYTES - 1);
    struct row_shared_page *page = (void *)((uint8_t *)chunk - offset);
    uint32_t index = (uint32_t)(offset >> bits);
    CHECK((page->is_free[index / 64] >> index % 64 & 1) == 0);
    page->is_free[index / 64] |= (uint64_t)1 << index % 64;
    if (page->num_used-- == page->num_chunks)
        link_partial(pages, page, bits);
    if (page->num_used > 0)
        return;
    unlink_partial(pages, page, bits);
    push_free(pages, page);
}

static size_t block_size(size_t size)
{
    return (size + ROW_PAGE_BYTES - 1) / ROW_PAGE_BYTES * ROW_PAGE_BYTES;
}

void *row_pages_take(struct row_pages *pages, uint8_t bits, size_t size)
{
    if (bits <= ROW_CHUNK_SHARED_BITS)
        return take_shared(pages, bits);
    if (size <= ROW_PAGE_BYTES)
        return take_page(pages);
    void *block = mem_alloc_aligned(ROW_PAGE_BYTES, block_size(size));
    CHECK((uintptr_t)block >> 47 == 0);
    pages->block_bytes += block_size(size);
    return block;
}

void row_pages_give(struct row_pages *pages, void *chunk, uint8_t bits, size_t size)
{
    if (bits <= ROW_CHUNK_SHARED_BITS) {
        give_shared(pages, chunk, bits);
    } else if (size <= ROW_PAGE_BYTES) {
        push_free(pages, chunk);
    } else {
        pages->block_bytes -= block_size(size);
        free(chunk);
    }
}

void row_pages_trim(struct row_pages *pages, size_t keep)
{
    while (pages->num_free - pages->num_returned > keep)
        CHECK(madvise(pages->free_pages[pages->num_returned++], ROW_PAGE_BYTES, MADV_DONTNEED) == 0);
}

size_t row_pages_bytes(const struct row_pages *pages)
{
    return (pages->num_pages - pages->num_returned) * ROW_PAGE_BYTES + pages->block_bytes;
}

void *row_array_take(size_t size)
{
    return size < HUGE_PAGE_BYTES ? mem_calloc(1, size) : map_aligned(size, HUGE_PAGE_BYTES);
}

void row_array_give(void *array, size_t size)
{
    if (array == NULL)
        return;
    if (size < HUGE_PAGE_BYTES)
        free(array);
    else
        CHECK(munmap(array, size) == 0);
}
