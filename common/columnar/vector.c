#include "common/columnar/vector.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

enum { VALUES_ALIGNMENT = 64, VALUES_PADDING = 64 };

int string_value_compare(const struct string_value *a, const struct string_value *b)
{
    uint32_t shorter = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->data, b->data, shorter);
    if (order != 0)
        return order;
    return a->size < b->size ? -1 : a->size > b->size;
}

static void *values_create(size_t width, uint32_t capacity)
{
    return mem_alloc_aligned(VALUES_ALIGNMENT, width * capacity + VALUES_PADDING);
}

static struct vector *vector_create_empty(struct data_type type, enum vector_encoding encoding,
                                          uint32_t length)
{
    struct vector *vector = mem_calloc(1, sizeof *vector);
    refcount_init(&vector->refs);
    vector->encoding = encoding;
    vector->type = type;
    vector->length = length;
    return vector;
}

struct vector *vector_create(struct data_type type, uint32_t capacity)
{
    struct vector *vector = vector_create_empty(type, VECTOR_FLAT, 0);
    vector->capacity = capacity;
    vector->values = values_create(data_type_width(type.kind), capacity);
    return vector;
}

struct vector *vector_create_constant(struct data_type type, const void *value, uint32_t length)
{
    struct vector *vector = vector_create_empty(type, VECTOR_CONSTANT, length);
    size_t width = data_type_width(type.kind);
    vector->capacity = 1;
    vector->values = values_create(width, 1);
    memset(vector->values, 0, width);
    if (value == NULL) {
        vector_set_null(vector, 0);
    } else if (data_type_is_string(type.kind)) {
        const struct string_value *text = value;
        *(struct string_value *)vector->values =
            string_heap_add(vector_ensure_heap(vector), text->data, text->size);
    } else {
        memcpy(vector->values, value, width);
    }
    return vector;
}

struct vector *vector_create_dictionary(struct vector *dictionary, uint32_t length)
{
    CHECK(dictionary->encoding == VECTOR_FLAT && dictionary->validity == NULL);
    struct vector *vector = vector_create_empty(dictionary->type, VECTOR_DICTIONARY, length);
    vector->dictionary = dictionary;
    vector->indices = values_create(sizeof *vector->indices, length);
    return vector;
}

struct vector *vector_ref(struct vector *vector)
{
    if (vector != NULL)
        refcount_take(&vector->refs);
    return vector;
}

void vector_unref(struct vector *vector)
{
    if (vector == NULL || !refcount_drop(&vector->refs))
        return;
    free(vector->validity);
    free(vector->values);
    string_heap_unref(vector->heap);
    free(vector->indices);
    vector_unref(vector->dictionary);
    free(vector);
}

uint64_t *vector_ensure_validity(struct vector *vector)
{
    if (vector->validity == NULL) {
        uint32_t rows = vector->encoding == VECTOR_CONSTANT ? 1
                        : vector->encoding == VECTOR_FLAT   ? vector->capacity
                                                            : vector->length;
        size_t size = validity_words(rows) * sizeof(uint64_t);
        vector->validity = mem_alloc_aligned(VALUES_ALIGNMENT, size + VALUES_PADDING);
        memset(vector->validity, 0xFF, size);
    }
    return vector->validity;
}

void vector_set_null(struct vector *vector, uint32_t row)
{
    validity_clear(vector_ensure_validity(vector), row);
}

struct string_heap *vector_ensure_heap(struct vector *vector)
{
    if (vector->heap == NULL)
        vector->heap = string_heap_create();
    return vector->heap;
}

void vector_grow(struct vector *vector, uint32_t capacity)
{
    CHECK(vector->encoding == VECTOR_FLAT);
    if (capacity <= vector->capacity)
        return;
    size_t width = data_type_width(vector->type.kind);
    void *values = values_create(width, capacity);
    memcpy(values, vector->values, width * vector->length);
    free(vector->values);
    vector->values = values;
    uint64_t *old = vector->validity;
    uint32_t old_capacity = vector->capacity;
    vector->capacity = capacity;
    if (old == NULL)
        return;
    vector->validity = NULL;
    memcpy(vector_ensure_validity(vector), old, validity_words(old_capacity) * sizeof(uint64_t));
    /* rows beyond the old bitmap's last word are valid by default; those within it carry the old bits */
    free(old);
}

const void *vector_value(const struct vector *vector, uint32_t row)
{
    size_t width = data_type_width(vector->type.kind);
    switch (vector->encoding) {
    case VECTOR_FLAT: return (const char *)vector->values + width * row;
    case VECTOR_CONSTANT: return vector->values;
    case VECTOR_DICTIONARY: return (const char *)vector->dictionary->values + width * vector->indices[row];
    }
    CHECK(false);
    return NULL;
}

uint32_t vector_null_count(const struct vector *vector)
{
    if (vector->type.kind == TYPE_NULL)
        return vector->length;
    if (vector->validity == NULL)
        return 0;
    if (vector->encoding == VECTOR_CONSTANT)
        return validity_is_set(vector->validity, 0) ? 0 : vector->length;
    uint32_t valid = 0;
    uint32_t whole = vector->length / VALIDITY_BITS;
    for (uint32_t i = 0; i < whole; i++)
        valid += (uint32_t)__builtin_popcountll(vector->validity[i]);
    uint32_t rest = vector->length % VALIDITY_BITS;
    if (rest > 0)
        valid += (uint32_t)__builtin_popcountll(vector->validity[whole] & ((UINT64_C(1) << rest) - 1));
    return vector->length - valid;
}

static void gather_values(struct vector *target, const struct vector *source, const uint32_t *rows,
                          uint32_t count)
{
    switch (data_type_width(source->type.kind)) {
    case 0: return;
    case 1:
        for (uint32_t i = 0; i < count; i++)
            ((uint8_t *)target->values)[i] = ((const uint8_t *)source->values)[rows[i]];
        return;
    case 4:
        for (uint32_t i = 0; i < count; i++)
            ((uint32_t *)target->values)[i] = ((const uint32_t *)source->values)[rows[i]];
        return;
    case 8:
        for (uint32_t i = 0; i < count; i++)
            ((uint64_t *)target->values)[i] = ((const uint64_t *)source->values)[rows[i]];
        return;
    case 16:
        for (uint32_t i = 0; i < count; i++)
            ((int128_t *)target->values)[i] = ((const int128_t *)source->values)[rows[i]];
        return;
    default: CHECK(false);
    }
}

static void gather_validity(struct vector *target, const struct vector *source, const uint32_t *rows,
                            uint32_t count)
{
    if (source->validity == NULL)
        return;
    for (uint32_t i = 0; i < count; i++)
        if (!validity_is_set(source->validity, rows[i]))
            vector_set_null(target, i);
}

static struct vector *constant_of_length(struct vector *vector, uint32_t length)
{
    struct vector *copy = vector_create_empty(vector->type, VECTOR_CONSTANT, length);
    size_t width = data_type_width(vector->type.kind);
    copy->capacity = 1;
    copy->values = values_create(width, 1);
    memcpy(copy->values, vector->values, width);
    if (vector->validity != NULL && !validity_is_set(vector->validity, 0))
        vector_set_null(copy, 0);
    copy->heap = string_heap_ref(vector->heap);
    return copy;
}

struct vector *vector_gather(struct vector *vector, const uint32_t *rows, uint32_t count)
{
    if (vector->encoding == VECTOR_CONSTANT)
        return constant_of_length(vector, count);
    struct vector *gathered;
    if (vector->encoding == VECTOR_DICTIONARY) {
        gathered = vector_create_dictionary(vector_ref(vector->dictionary), count);
        for (uint32_t i = 0; i < count; i++)
            gathered->indices[i] = vector->indices[rows[i]];
    } else {
        gathered = vector_create(vector->type, count);
        gathered->length = count;
        gather_values(gathered, vector, rows, count);
        gathered->heap = string_heap_ref(vector->heap);
    }
    gather_validity(gathered, vector, rows, count);
    return gathered;
}

static struct vector *flatten_constant(struct vector *vector)
{
    struct vector *flat = vector_create(vector->type, vector->length);
    flat->length = vector->length;
    size_t width = data_type_width(vector->type.kind);
    for (uint32_t i = 0; i < vector->length; i++)
        memcpy((char *)flat->values + width * i, vector->values, width);
    if (vector->type.kind == TYPE_NULL || (vector->validity != NULL && !validity_is_set(vector->validity, 0)))
        memset(vector_ensure_validity(flat), 0, validity_words(flat->length) * sizeof(uint64_t));
    flat->heap = string_heap_ref(vector->heap);
    return flat;
}

struct vector *vector_flatten(struct vector *vector)
{
    if (vector->encoding == VECTOR_FLAT)
        return vector_ref(vector);
    if (vector->encoding == VECTOR_CONSTANT)
        return flatten_constant(vector);
    struct vector *flat = vector_gather(vector->dictionary, vector->indices, vector->length);
    if (vector->validity != NULL)
        memcpy(vector_ensure_validity(flat), vector->validity,
               validity_words(vector->length) * sizeof(uint64_t));
    return flat;
}
