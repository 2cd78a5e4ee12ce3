#include "common/base/memory.h"

#include "common/base/check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *mem_alloc(size_t size)
{
    void *block = malloc(size > 0 ? size : 1);
    CHECK(block != NULL);
    return block;
}

void *mem_calloc(size_t count, size_t size)
{
    void *block = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
    CHECK(block != NULL);
    return block;
}

void *mem_realloc(void *block, size_t size)
{
    void *moved = realloc(block, size > 0 ? size : 1);
    CHECK(moved != NULL);
    return moved;
}

void *mem_alloc_aligned(size_t alignment, size_t size)
{
    CHECK(size <= SIZE_MAX - alignment);
    void *block = aligned_alloc(alignment,
                                (size + alignment - 1) / alignment * alignment + (size == 0 ? alignment : 0));
    CHECK(block != NULL);
    return block;
}

char *mem_strndup(const char *text, size_t size)
{
    char *copy = mem_alloc(size + 1);
    if (size > 0)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

char *mem_strdup(const char *text)
{
    return mem_strndup(text, strlen(text));
}

void *mem_dup(const void *block, size_t size)
{
    void *copy = mem_alloc(size);
    if (size > 0)
        memcpy(copy, block, size);
    return copy;
}
