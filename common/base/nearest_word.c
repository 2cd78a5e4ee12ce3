#include "common/base/nearest_word.h"

#include <string.h>
#include <strings.h>

enum { LONGEST_WORD = 64 };

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: three rows of the dynamic program, the third for swaps. */
size_t word_distance(const char *a, const char *b)
{
    size_t a_size = strlen(a);
    size_t b_size = strlen(b);
    if (a_size > LONGEST_WORD || b_size > LONGEST_WORD)
        return a_size > b_size ? a_size : b_size;
    size_t rows[3][LONGEST_WORD + 1];
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *now = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        const size_t *two_above = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t cost = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
            now[j] = smaller(smaller(above[j] + 1, now[j - 1] + 1), above[j - 1] + cost);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = smaller(now[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_size % 3][b_size];
}

/* The only candidate that word is the beginning of: a name cut short. */
static const char *only_continuation(const char *word, const char *const *candidates, size_t count)
{
    enum { SHORTEST_BEGINNING = 3 };
    const char *found = NULL;
    size_t size = strlen(word);
    for (size_t i = 0; i < count && size >= SHORTEST_BEGINNING; i++) {
        if (strncasecmp(candidates[i], word, size) != 0)
            continue;
        if (found != NULL)
            return NULL;
        found = candidates[i];
    }
    return found;
}

const char *nearest_word(const char *word, const char *const *candidates, size_t count)
{
    size_t size = strlen(word);
    size_t limit = size <= 2 ? 1 : size <= 5 ? 2 : size / 3 + 1;
    const char *best = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t distance = word_distance(word, candidates[i]);
        /* A word of nothing but edits is no slip. */
        if (distance > limit || distance >= size)
            continue;
        best = candidates[i];
        limit = distance == 0 ? 0 : distance - 1;
        if (distance == 0)
            break;
    }
    return best != NULL ? best : only_continuation(word, candidates, count);
}
