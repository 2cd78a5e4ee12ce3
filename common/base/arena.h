#pragma once

#include "common/base/status.h"

#include <stddef.h>

/*
 * An arena frees everything allocated from it at once. There is one for each lifetime (process, job, task,
 * statement, batch) and it is passed explicitly. Not thread safe. Blocks are aligned to 16 bytes and not
 * cleared unless said.
 */
struct arena;

struct arena *arena_create(size_t block_bytes);
void arena_free(struct arena *arena);
/* Keeps the first block for reuse, frees the others. */
void arena_reset(struct arena *arena);

void *arena_alloc(struct arena *arena, size_t size);
void *arena_calloc(struct arena *arena, size_t count, size_t size);
void *arena_dup(struct arena *arena, const void *block, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t size);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
/* Grows an array whose old copy stays in the arena until it is freed: for lists built once and kept. */
void *arena_grow(struct arena *arena, const void *old, size_t old_size, size_t new_size);
size_t arena_allocated_bytes(const struct arena *arena);
