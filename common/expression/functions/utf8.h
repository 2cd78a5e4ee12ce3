#pragma once

#include <stddef.h>
#include <stdint.h>

/* UTF-8 text by characters. Invalid bytes count as characters of their own and are kept. */

static inline int utf8_is_continuation(char byte)
{
    return ((uint8_t)byte & 0xC0) == 0x80;
}

/* Offset of the character behind the one at offset at. */
static inline size_t utf8_next(const char *text, size_t size, size_t at)
{
    at++;
    while (at < size && utf8_is_continuation(text[at]))
        at++;
    return at;
}

uint32_t utf8_count(const char *text, size_t size);
/* Offset of the character with that index, size when there are not so many. */
size_t utf8_offset(const char *text, size_t size, uint32_t index);
/* Writes the changed text, at most twice as long, to out; returns its size. Maps Latin, Greek and Cyrillic
 * letters one by one, and the German sharp s to SS. */
size_t utf8_to_upper(const char *text, size_t size, char *out);
size_t utf8_to_lower(const char *text, size_t size, char *out);
