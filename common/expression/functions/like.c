#include "common/base/memory.h"
#include "common/expression/functions/functions_internal.h"
#include "common/expression/functions/utf8.h"

#include <stdlib.h>

/* A pattern as one symbol a byte: a byte to match, or one of these. */
enum { LIKE_ONE = 256, LIKE_MANY = 257 };

struct like_pattern {
    uint16_t *symbols;
    size_t num_symbols;
    /* What most patterns are: a text between optional percent signs. */
    bool is_simple;
    bool open_start;
    bool open_end;
    char *text;
    size_t text_size;
};

static void find_simple(struct like_pattern *pattern)
{
    size_t from = 0, to = pattern->num_symbols;
    while (from < to && pattern->symbols[from] == LIKE_MANY)
        from++;
    while (to > from && pattern->symbols[to - 1] == LIKE_MANY)
        to--;
    pattern->open_start = from > 0;
    pattern->open_end = to < pattern->num_symbols || (from == to && from > 0);
    pattern->text_size = to - from;
    pattern->is_simple = true;
    for (size_t i = from; i < to; i++) {
        pattern->is_simple &= pattern->symbols[i] < LIKE_ONE;
        pattern->text[i - from] = (char)pattern->symbols[i];
    }
}

static struct like_pattern compile_pattern(const struct string_value *text, const struct string_value *escape)
{
    struct like_pattern pattern = {.symbols = mem_alloc((text->size + 1) * sizeof(uint16_t)),
                                   .text = mem_alloc(text->size + 1)};
    for (size_t i = 0; i < text->size; i++) {
        bool escaped = escape != NULL && escape->size > 0 && text->size - i > escape->size &&
                       memcmp(text->data + i, escape->data, escape->size) == 0;
        if (escaped)
            i += escape->size;
        uint16_t symbol = (uint8_t)text->data[i];
        if (!escaped && symbol == '%')
            symbol = LIKE_MANY;
        else if (!escaped && symbol == '_')
            symbol = LIKE_ONE;
        pattern.symbols[pattern.num_symbols++] = symbol;
    }
    find_simple(&pattern);
    return pattern;
}

static void free_pattern(struct like_pattern *pattern)
{
    free(pattern->symbols);
    free(pattern->text);
}

static bool match_simple(const struct like_pattern *pattern, const char *text, size_t size)
{
    size_t wanted = pattern->text_size;
    if (size < wanted)
        return false;
    if (pattern->open_start && pattern->open_end)
        return wanted == 0 || memmem(text, size, pattern->text, wanted) != NULL;
    if (pattern->open_start)
        return memcmp(text + size - wanted, pattern->text, wanted) == 0;
    return (pattern->open_end || size == wanted) && memcmp(text, pattern->text, wanted) == 0;
}

/* On a mismatch the last percent sign takes one character more: no other choice needs a second look. */
static bool match_general(const struct like_pattern *pattern, const char *text, size_t size)
{
    size_t at = 0, symbol = 0;
    size_t retry_at = 0, retry_symbol = SIZE_MAX;
    while (at < size) {
        uint16_t wanted = symbol < pattern->num_symbols ? pattern->symbols[symbol] : UINT16_MAX;
        if (wanted == LIKE_MANY) {
            retry_symbol = ++symbol;
            retry_at = at;
        } else if (wanted == LIKE_ONE) {
            at = utf8_next(text, size, at);
            symbol++;
        } else if (wanted == (uint8_t)text[at]) {
            at++;
            symbol++;
        } else if (retry_symbol != SIZE_MAX) {
            retry_at = utf8_next(text, size, retry_at);
            at = retry_at;
            symbol = retry_symbol;
        } else {
            return false;
        }
    }
    while (symbol < pattern->num_symbols && pattern->symbols[symbol] == LIKE_MANY)
        symbol++;
    return symbol == pattern->num_symbols;
}

enum status kernel_like(const struct kernel_call *call, struct error *error)
{
    (void)error;
    bool constant = call->arguments[1]->encoding == VECTOR_CONSTANT &&
                    (call->num_arguments == 2 || call->arguments[2]->encoding == VECTOR_CONSTANT);
    uint8_t *out = call->result->values;
    struct like_pattern pattern = {0};
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        if (pattern.symbols == NULL || !constant) {
            free_pattern(&pattern);
            pattern = compile_pattern(kernel_string(call, 1, row),
                                      call->num_arguments == 3 ? kernel_string(call, 2, row) : NULL);
        }
        const struct string_value *text = kernel_string(call, 0, row);
        out[row] = pattern.is_simple ? match_simple(&pattern, text->data, text->size)
                                     : match_general(&pattern, text->data, text->size);
    }
    free_pattern(&pattern);
    return STATUS_OK;
}
