#pragma once

#include <stddef.h>

/* Edits (insert, delete, replace, swap of neighbours) from one word to the other, ignoring ASCII case. Words
 * longer than 64 bytes are as far apart as the longer is long. */
size_t word_distance(const char *a, const char *b);

/* The candidate nearest to word, if near enough to be a likely slip of the pen; else NULL. */
const char *nearest_word(const char *word, const char *const *candidates, size_t count);
