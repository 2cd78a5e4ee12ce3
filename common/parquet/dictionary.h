#pragma once

#include "common/base/buffer.h"
#include "common/columnar/vector.h"

struct dictionary_slot {
    uint32_t hash;
    uint32_t number; /* + 1; 0: free */
};

/*
 * The distinct values of a column chunk: their PLAIN encoding, which becomes the dictionary page, and a hash
 * table over it (open addressing, at most half full). Values are numbered as they come.
 */
struct dictionary {
    uint32_t width; /* 4 or 8 bytes, or 0 for strings */
    uint32_t count;
    uint32_t mask; /* slots - 1 */
    struct dictionary_slot *slots;
    struct buffer plain; /* the values */
    uint32_t *offsets;   /* strings: where each begins in plain, behind its length; room for half the slots */
};

struct dictionary *dictionary_create(uint32_t width);
void dictionary_free(struct dictionary *dictionary);
size_t dictionary_memory_bytes(const struct dictionary *dictionary);

/* The number of each value, which is added when it is new; rows picks them, NULL: the first count. */
void dictionary_number_32(struct dictionary *dictionary, const uint32_t *values, const uint32_t *rows,
                          uint32_t count, uint32_t *numbers);
void dictionary_number_64(struct dictionary *dictionary, const uint64_t *values, const uint32_t *rows,
                          uint32_t count, uint32_t *numbers);
void dictionary_number_strings(struct dictionary *dictionary, const struct string_value *values,
                               const uint32_t *rows, uint32_t count, uint32_t *numbers);

/* Appends the PLAIN encoding of values given by number: the way back from indices. */
void dictionary_decode(const struct dictionary *dictionary, const uint32_t *numbers, uint32_t count,
                       struct buffer *plain);
/* Bytes that dictionary_decode would append. */
size_t dictionary_decoded_bytes(const struct dictionary *dictionary, const uint32_t *numbers, uint32_t count);
/* A string of the dictionary, a view into it. */
struct string_value dictionary_string(const struct dictionary *dictionary, uint32_t number);
