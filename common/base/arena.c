#include "common/base/arena.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *previous;
    size_t capacity;
    size_t used;
    _Alignas(ARENA_ALIGNMENT) unsigned char bytes[];
};

/* Invariant: last is never NULL; the first block ever made is the one arena_reset keeps. */
struct arena {
    struct arena_block *last;
    size_t block_bytes;
    size_t allocated_bytes;
};

static struct arena_block *block_create(size_t capacity, struct arena_block *previous)
{
    struct arena_block *block = mem_alloc(sizeof *block + capacity);
    block->previous = previous;
    block->capacity = capacity;
    block->used = 0;
    return block;
}

struct arena *arena_create(size_t block_bytes)
{
    CHECK(block_bytes >= 64);
    struct arena *arena = mem_alloc(sizeof *arena);
    arena->block_bytes = block_bytes;
    arena->last = block_create(block_bytes, NULL);
    arena->allocated_bytes = block_bytes;
    return arena;
}

void arena_reset(struct arena *arena)
{
    while (arena->last->previous != NULL) {
        struct arena_block *previous = arena->last->previous;
        arena->allocated_bytes -= arena->last->capacity;
        free(arena->last);
        arena->last = previous;
    }
    arena->last->used = 0;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    arena_reset(arena);
    free(arena->last);
    free(arena);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t wanted = (size + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
    CHECK(wanted >= size);
    struct arena_block *block = arena->last;
    if (block->capacity - block->used < wanted) {
        size_t capacity = wanted > arena->block_bytes ? wanted : arena->block_bytes;
        block = block_create(capacity, arena->last);
        arena->last = block;
        arena->allocated_bytes += capacity;
    }
    void *result = block->bytes + block->used;
    block->used += wanted;
    return result;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
    CHECK(size == 0 || count <= SIZE_MAX / size);
    void *block = arena_alloc(arena, count * size);
    memset(block, 0, count * size);
    return block;
}

void *arena_dup(struct arena *arena, const void *block, size_t size)
{
    void *copy = arena_alloc(arena, size);
    if (size > 0)
        memcpy(copy, block, size);
    return copy;
}

char *arena_strndup(struct arena *arena, const char *text, size_t size)
{
    char *copy = arena_alloc(arena, size + 1);
    if (size > 0)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    CHECK(size >= 0);
    char *text = arena_alloc(arena, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}

void *arena_grow(struct arena *arena, const void *old, size_t old_size, size_t new_size)
{
    CHECK(new_size >= old_size);
    void *grown = arena_alloc(arena, new_size);
    if (old_size > 0)
        memcpy(grown, old, old_size);
    return grown;
}

size_t arena_allocated_bytes(const struct arena *arena)
{
    return arena->allocated_bytes;
}
