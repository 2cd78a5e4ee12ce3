#pragma once

#include <stddef.h>

/* Allocation that cannot fail: memory is bounded by configuration, so running out is the end of the process.
 * Blocks are freed with free(). */
void *mem_alloc(size_t size);
void *mem_calloc(size_t count, size_t size);
void *mem_realloc(void *block, size_t size);
void *mem_alloc_aligned(size_t alignment, size_t size);
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t size);
void *mem_dup(const void *block, size_t size);
