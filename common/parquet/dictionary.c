#include "common/parquet/dictionary.h"

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64, LENGTH_BYTES = sizeof(uint32_t) };

struct dictionary *dictionary_create(uint32_t width)
{
    CHECK(width == 0 || width == 4 || width == 8);
    struct dictionary *dictionary = mem_calloc(1, sizeof *dictionary);
    dictionary->width = width;
    dictionary->mask = FIRST_SLOTS - 1;
    dictionary->slots = mem_calloc(FIRST_SLOTS, sizeof *dictionary->slots);
    if (width == 0)
        dictionary->offsets = mem_alloc(FIRST_SLOTS / 2 * sizeof *dictionary->offsets);
    return dictionary;
}

void dictionary_free(struct dictionary *dictionary)
{
    if (dictionary == NULL)
        return;
    buffer_free(&dictionary->plain);
    free(dictionary->slots);
    free(dictionary->offsets);
    free(dictionary);
}

size_t dictionary_memory_bytes(const struct dictionary *dictionary)
{
    size_t slots = (size_t)dictionary->mask + 1;
    size_t offsets = dictionary->width == 0 ? slots / 2 : 0;
    return dictionary->plain.capacity + slots * sizeof *dictionary->slots +
           offsets * sizeof *dictionary->offsets;
}

static uint32_t hash_fixed(uint64_t value)
{
    value *= 0x9E3779B97F4A7C15u;
    return (uint32_t)(value >> 32) ^ (uint32_t)(value >> 52);
}

static void grow(struct dictionary *dictionary)
{
    size_t slots = ((size_t)dictionary->mask + 1) * 2;
    CHECK(slots <= UINT32_MAX);
    struct dictionary_slot *old = dictionary->slots;
    size_t num_old = slots / 2;
    dictionary->mask = (uint32_t)slots - 1;
    dictionary->slots = mem_calloc(slots, sizeof *dictionary->slots);
    if (dictionary->width == 0)
        dictionary->offsets = mem_realloc(dictionary->offsets, slots / 2 * sizeof *dictionary->offsets);
    for (size_t i = 0; i < num_old; i++) {
        if (old[i].number == 0)
            continue;
        uint32_t at = old[i].hash & dictionary->mask;
        while (dictionary->slots[at].number != 0)
            at = (at + 1) & dictionary->mask;
        dictionary->slots[at] = old[i];
    }
    free(old);
}

/* Takes the free slot for the next number; the caller has put the value into plain. */
static uint32_t take_slot(struct dictionary *dictionary, uint32_t at, uint32_t hash)
{
    uint32_t number = dictionary->count++;
    dictionary->slots[at] = (struct dictionary_slot){hash, number + 1};
    if (dictionary->count * 2 > dictionary->mask)
        grow(dictionary);
    return number;
}

static inline uint32_t number_fixed(struct dictionary *dictionary, uint64_t value, uint32_t width)
{
    uint32_t hash = hash_fixed(value);
    uint32_t at = hash & dictionary->mask;
    for (; dictionary->slots[at].number != 0; at = (at + 1) & dictionary->mask) {
        uint32_t number = dictionary->slots[at].number - 1;
        if (dictionary->slots[at].hash == hash &&
            memcmp(dictionary->plain.data + (size_t)number * width, &value, width) == 0)
            return number;
    }
    buffer_append(&dictionary->plain, &value, width);
    return take_slot(dictionary, at, hash);
}

void dictionary_number_32(struct dictionary *dictionary, const uint32_t *values, const uint32_t *rows,
                          uint32_t count, uint32_t *numbers)
{
    CHECK(dictionary->width == 4);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = number_fixed(dictionary, values[rows != NULL ? rows[i] : i], 4);
}

void dictionary_number_64(struct dictionary *dictionary, const uint64_t *values, const uint32_t *rows,
                          uint32_t count, uint32_t *numbers)
{
    CHECK(dictionary->width == 8);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = number_fixed(dictionary, values[rows != NULL ? rows[i] : i], 8);
}

static inline uint32_t number_string(struct dictionary *dictionary, const struct string_value *value,
                                     uint32_t hash)
{
    uint32_t at = hash & dictionary->mask;
    for (; dictionary->slots[at].number != 0; at = (at + 1) & dictionary->mask) {
        uint32_t number = dictionary->slots[at].number - 1;
        if (dictionary->slots[at].hash != hash)
            continue;
        const uint8_t *text = dictionary->plain.data + dictionary->offsets[number];
        uint32_t size;
        memcpy(&size, text - LENGTH_BYTES, LENGTH_BYTES);
        if (size == value->size && (size == 0 || memcmp(text, value->data, size) == 0))
            return number;
    }
    dictionary->offsets[dictionary->count] = (uint32_t)dictionary->plain.size + LENGTH_BYTES;
    buffer_append_le32(&dictionary->plain, value->size);
    buffer_append(&dictionary->plain, value->data, value->size);
    CHECK(dictionary->plain.size <= UINT32_MAX);
    return take_slot(dictionary, at, hash);
}

void dictionary_number_strings(struct dictionary *dictionary, const struct string_value *values,
                               const uint32_t *rows, uint32_t count, uint32_t *numbers)
{
    CHECK(dictionary->width == 0);
    /* Hashes first, so that the slots are on their way when they are asked. */
    for (uint32_t i = 0; i < count; i++) {
        const struct string_value *value = &values[rows != NULL ? rows[i] : i];
        numbers[i] = (uint32_t)hash_bytes(value->data, value->size);
        __builtin_prefetch(&dictionary->slots[numbers[i] & dictionary->mask]);
    }
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = number_string(dictionary, &values[rows != NULL ? rows[i] : i], numbers[i]);
}

struct string_value dictionary_string(const struct dictionary *dictionary, uint32_t number)
{
    CHECK(number < dictionary->count && dictionary->width == 0);
    const char *text = (const char *)dictionary->plain.data + dictionary->offsets[number];
    uint32_t size;
    memcpy(&size, text - LENGTH_BYTES, LENGTH_BYTES);
    return string_value_of(text, size);
}

size_t dictionary_decoded_bytes(const struct dictionary *dictionary, const uint32_t *numbers, uint32_t count)
{
    if (dictionary->width != 0)
        return (size_t)dictionary->width * count;
    size_t bytes = (size_t)LENGTH_BYTES * count;
    for (uint32_t i = 0; i < count; i++)
        bytes += dictionary_string(dictionary, numbers[i]).size;
    return bytes;
}

void dictionary_decode(const struct dictionary *dictionary, const uint32_t *numbers, uint32_t count,
                       struct buffer *plain)
{
    buffer_reserve(plain, dictionary_decoded_bytes(dictionary, numbers, count));
    for (uint32_t i = 0; i < count; i++) {
        if (dictionary->width != 0) {
            buffer_append(plain, dictionary->plain.data + (size_t)numbers[i] * dictionary->width,
                          dictionary->width);
        } else {
            struct string_value text = dictionary_string(dictionary, numbers[i]);
            buffer_append(plain, text.data - LENGTH_BYTES, text.size + LENGTH_BYTES);
        }
    }
}
