#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Memory for the chunks of a row table. A chunk of 2^bits bytes is aligned to its size, so that the chunk of
 * a row is found from the row's address. Small chunks share a page, larger ones are a page, and what does not
 * fit into a page is a block of its own.
 */
enum { ROW_CHUNK_MIN_BITS = 9, ROW_CHUNK_SHARED_BITS = 13, ROW_PAGE_BITS = 16, ROW_PAGE_BYTES = 1 << 16 };

struct row_shared_page; /* carved into chunks of one size */

struct row_pages {
    void **regions; /* mappings; they stay until the end, what is free in them goes back to the system */
    size_t *region_bytes;
    size_t num_regions;
    void **free_pages; /* a stack: the lowest num_returned of them hold no memory */
    size_t num_free, num_returned, free_capacity;
    size_t num_pages;
    struct row_shared_page *partial[ROW_CHUNK_SHARED_BITS + 1]; /* pages with a free chunk, by bits */
    size_t block_bytes;                                         /* of blocks of their own */
};

void row_pages_init(struct row_pages *pages);
void row_pages_free(struct row_pages *pages); /* all of it */

/* The bits of the chunk that row_pages_take gives for size bytes. */
uint8_t row_pages_bits(size_t size);
/* Uninitialised. bits is row_pages_bits(size); size counts only for what is larger than a page. */
void *row_pages_take(struct row_pages *pages, uint8_t bits, size_t size);
void row_pages_give(struct row_pages *pages, void *chunk, uint8_t bits, size_t size);
/* Returns memory of free pages to the system, but for that of `keep` pages. */
void row_pages_trim(struct row_pages *pages, size_t keep);
/* What is in use or free and not returned. */
size_t row_pages_bytes(const struct row_pages *pages);

/* Zeroed memory for an array of a power of two bytes, in huge pages where it is large. */
void *row_array_take(size_t size);
void row_array_give(void *array, size_t size);
