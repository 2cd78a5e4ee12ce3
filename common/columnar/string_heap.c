#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/columnar/vector.h"

#include <stdlib.h>

enum { CHUNK_MIN_BYTES = 1 << 12, CHUNK_MAX_BYTES = 1 << 18 };

struct string_chunk {
    struct string_chunk *older;
    size_t size;
    char text[];
};

struct string_heap *string_heap_create(void)
{
    struct string_heap *heap = mem_calloc(1, sizeof *heap);
    refcount_init(&heap->refs);
    return heap;
}

struct string_heap *string_heap_ref(struct string_heap *heap)
{
    if (heap != NULL)
        refcount_take(&heap->refs);
    return heap;
}

void string_heap_unref(struct string_heap *heap)
{
    if (heap == NULL || !refcount_drop(&heap->refs))
        return;
    for (struct string_chunk *chunk = heap->chunks; chunk != NULL;) {
        struct string_chunk *older = chunk->older;
        free(chunk);
        chunk = older;
    }
    for (size_t i = 0; i < heap->num_kept; i++)
        string_heap_unref(heap->kept[i]);
    free(heap->kept);
    free(heap);
}

void string_heap_add_chunk(struct string_heap *heap, size_t size)
{
    size_t wanted = heap->chunks == NULL ? CHUNK_MIN_BYTES : heap->chunks->size * 2;
    if (wanted > CHUNK_MAX_BYTES)
        wanted = CHUNK_MAX_BYTES;
    if (wanted < size)
        wanted = size;
    struct string_chunk *chunk = mem_alloc(sizeof *chunk + wanted);
    chunk->older = heap->chunks;
    chunk->size = wanted;
    heap->chunks = chunk;
    heap->next = chunk->text;
    heap->limit = chunk->text + wanted;
}

void string_heap_keep(struct string_heap *heap, struct string_heap *other)
{
    if (other == NULL || other == heap)
        return;
    for (size_t i = 0; i < heap->num_kept; i++)
        if (heap->kept[i] == other)
            return;
    heap->kept = mem_realloc(heap->kept, (heap->num_kept + 1) * sizeof(struct string_heap *));
    heap->kept[heap->num_kept++] = string_heap_ref(other);
}
