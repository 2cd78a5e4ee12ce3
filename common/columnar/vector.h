#pragma once

#include "common/base/refcount.h"
#include "common/columnar/data_type.h"

#include <string.h>

/*
 * A view of a string: 16 bytes. Unlike Arrow's, it never holds the text itself, so that copying a view is
 * enough. prefix holds the first bytes, zero padded, for quick comparison. The text lives in the string heap
 * of the vector.
 */
struct string_value {
    uint32_t size;
    char prefix[4];
    const char *data;
};

static inline struct string_value string_value_of(const char *data, size_t size)
{
    struct string_value value = {.size = (uint32_t)size, .prefix = {0}, .data = data};
    if (size >= sizeof value.prefix) {
        memcpy(value.prefix, data, sizeof value.prefix);
        return value;
    }
    for (size_t i = 0; i < size; i++)
        value.prefix[i] = data[i];
    return value;
}

/* Copies a text. Most are short: two words that overlap spare the call. */
static inline void string_copy(void *target, const char *text, size_t size)
{
    char *bytes = target;
    if (size > 16) {
        memcpy(target, text, size);
    } else if (size >= 8) {
        uint64_t head, tail;
        memcpy(&head, text, 8);
        memcpy(&tail, text + size - 8, 8);
        memcpy(bytes, &head, 8);
        memcpy(bytes + size - 8, &tail, 8);
    } else if (size >= 4) {
        uint32_t head, tail;
        memcpy(&head, text, 4);
        memcpy(&tail, text + size - 4, 4);
        memcpy(bytes, &head, 4);
        memcpy(bytes + size - 4, &tail, 4);
    } else {
        for (size_t i = 0; i < size; i++)
            bytes[i] = text[i];
    }
}

static inline bool string_value_equal(const struct string_value *a, const struct string_value *b)
{
    return memcmp(a, b, 8) == 0 && (a->size <= 4 || memcmp(a->data, b->data, a->size) == 0);
}

/* Unsigned byte order, as SQL's and Parquet's for UTF-8. */
int string_value_compare(const struct string_value *a, const struct string_value *b);

/*
 * Text of string vectors: chunks that never move, freed with the last reference. One heap may serve many
 * vectors. It is written by one thread until the batch is emitted and immutable after.
 */
struct string_heap {
    struct refcount refs;
    char *next;  /* free bytes of the newest chunk */
    char *limit; /* its end */
    struct string_chunk *chunks;
    struct string_heap **kept; /* other heaps that views of ours point into */
    size_t num_kept;
};

struct string_heap *string_heap_create(void);
struct string_heap *string_heap_ref(struct string_heap *heap);
void string_heap_unref(struct string_heap *heap);
void string_heap_add_chunk(struct string_heap *heap, size_t size);
/* Keeps the text of other alive as long as heap lives. */
void string_heap_keep(struct string_heap *heap, struct string_heap *other);

/* size bytes to write to; never NULL, for no bytes either. */
static inline char *string_heap_alloc(struct string_heap *heap, size_t size)
{
    if ((size_t)(heap->limit - heap->next) <= size)
        string_heap_add_chunk(heap, size);
    char *text = heap->next;
    heap->next += size;
    return text;
}

/* Gives back the last bytes of the last allocation. */
static inline void string_heap_shrink(struct string_heap *heap, const char *end)
{
    heap->next -= heap->next - end;
}

static inline struct string_value string_heap_add(struct string_heap *heap, const char *data, size_t size)
{
    char *text = string_heap_alloc(heap, size);
    string_copy(text, data, size);
    return string_value_of(text, size);
}

enum vector_encoding {
    VECTOR_FLAT,       /* values[length] */
    VECTOR_CONSTANT,   /* values[0] stands for every row; validity, if any, has one bit */
    VECTOR_DICTIONARY, /* row i is row indices[i] of dictionary (FLAT); validity is the vector's own, and the
                          dictionary has no nulls */
};

/*
 * One column. Shared by reference count and immutable once it is part of an emitted batch. values is 64-byte
 * aligned, at least 64 bytes longer than its content, so that kernels may read and write whole SIMD words.
 */
struct vector {
    struct refcount refs;
    enum vector_encoding encoding;
    struct data_type type;
    uint32_t length;    /* rows */
    uint32_t capacity;  /* rows that fit into values (FLAT) */
    uint64_t *validity; /* bit i of word i / 64 is 1 when row i is not null; NULL: no nulls */
    void *values;       /* FLAT, CONSTANT */
    struct string_heap
        *heap;         /* strings; may be NULL when the text outlives the vector (literals of a plan) */
    uint32_t *indices; /* DICTIONARY */
    struct vector *dictionary; /* DICTIONARY, owned reference */
};

enum { VALIDITY_BITS = 64 };
static inline size_t validity_words(uint32_t rows)
{
    return ((size_t)rows + VALIDITY_BITS - 1) / VALIDITY_BITS;
}

/* A flat vector with room for capacity rows, length 0, no nulls. */
struct vector *vector_create(struct data_type type, uint32_t capacity);
/* A constant of length rows; value points to one physical value (NULL: SQL NULL). String text is copied into
 * a heap. */
struct vector *vector_create_constant(struct data_type type, const void *value, uint32_t length);
/* Takes ownership of dictionary's reference; indices has length entries to be filled by the caller. */
struct vector *vector_create_dictionary(struct vector *dictionary, uint32_t length);
struct vector *vector_ref(struct vector *vector);
void vector_unref(struct vector *vector);

/* A validity bitmap with all rows valid, if the vector has none yet. For a constant, one bit. */
uint64_t *vector_ensure_validity(struct vector *vector);
void vector_set_null(struct vector *vector, uint32_t row);
/* The heap to put text in; made on first use. */
struct string_heap *vector_ensure_heap(struct vector *vector);
/* FLAT only: room for at least capacity rows, the content kept. */
void vector_grow(struct vector *vector, uint32_t capacity);

static inline bool validity_is_set(const uint64_t *validity, uint32_t row)
{
    return (validity[row / VALIDITY_BITS] >> (row % VALIDITY_BITS)) & 1;
}

static inline void validity_clear(uint64_t *validity, uint32_t row)
{
    validity[row / VALIDITY_BITS] &= ~(UINT64_C(1) << (row % VALIDITY_BITS));
}

static inline void validity_set(uint64_t *validity, uint32_t row)
{
    validity[row / VALIDITY_BITS] |= UINT64_C(1) << (row % VALIDITY_BITS);
}

/* Whatever the encoding. */
static inline bool vector_is_null(const struct vector *vector, uint32_t row)
{
    if (vector->type.kind == TYPE_NULL)
        return true;
    if (vector->validity == NULL)
        return false;
    return !validity_is_set(vector->validity, vector->encoding == VECTOR_CONSTANT ? 0 : row);
}

/* A pointer to the physical value of a row, whatever the encoding; unspecified content when it is null. */
const void *vector_value(const struct vector *vector, uint32_t row);
uint32_t vector_null_count(const struct vector *vector);

/* A flat vector of the same rows: the vector itself with one more reference when it is flat already. */
struct vector *vector_flatten(struct vector *vector);
/* Rows picked by index, flat or of the same constant or dictionary; texts are shared, not copied. */
struct vector *vector_gather(struct vector *vector, const uint32_t *rows, uint32_t count);
