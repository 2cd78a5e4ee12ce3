#include "common/base/memory.h"
#include "taskmanager/formats/json/json_internal.h"

#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>

/* A bit for each of the next 32 bytes that is a quote, a backslash or a control character. */
static inline uint32_t special_mask(const char *at)
{
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(at + 16));
    __m128i in_a = _mm_or_si128(_mm_cmpeq_epi8(a, quote), _mm_cmpeq_epi8(a, backslash));
    __m128i in_b = _mm_or_si128(_mm_cmpeq_epi8(b, quote), _mm_cmpeq_epi8(b, backslash));
    in_a = _mm_or_si128(in_a, _mm_cmpeq_epi8(_mm_min_epu8(a, control), a));
    in_b = _mm_or_si128(in_b, _mm_cmpeq_epi8(_mm_min_epu8(b, control), b));
    return (uint32_t)_mm_movemask_epi8(in_a) | (uint32_t)_mm_movemask_epi8(in_b) << 16;
}

/* Copies whole blocks; true when all bytes are ASCII. */
static inline bool copy_blocks(char *out, const char *at, size_t blocks)
{
    __m128i bits = _mm_setzero_si128();
    for (size_t i = 0; i < blocks * 2; i++) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i));
        _mm_storeu_si128((__m128i *)(void *)(out + 16 * i), block);
        bits = _mm_or_si128(bits, block);
    }
    return _mm_movemask_epi8(bits) == 0;
}
#else
static inline uint32_t special_mask(const char *at)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; i < JSON_BLOCK; i++) {
        unsigned char c = (unsigned char)at[i];
        mask |= (uint32_t)(c == '"' || c == '\\' || c < 0x20) << i;
    }
    return mask;
}

static inline bool copy_blocks(char *out, const char *at, size_t blocks)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < blocks * 4; i++) {
        uint64_t word;
        memcpy(&word, at + 8 * i, 8);
        memcpy(out + 8 * i, &word, 8);
        bits |= word;
    }
    return (bits & UINT64_C(0x8080808080808080)) == 0;
}
#endif

static inline void copy_block(char *out, const char *at)
{
    memcpy(out, at, JSON_BLOCK);
}

bool json_take_message(struct json_decoder *decoder, const struct format_message *message)
{
    size_t size = message->size;
    if (size + JSON_PADDING > decoder->text_capacity) {
        free(decoder->text);
        decoder->text_capacity = (size + JSON_PADDING) * 2;
        decoder->text = mem_alloc_aligned(64, decoder->text_capacity);
    }
    char *text = decoder->text;
    decoder->text_size = size;
    memset(text + size, 0, JSON_ZEROS);
    if (size >= JSON_BLOCK) {
        bool is_ascii = copy_blocks(text, message->data, size / JSON_BLOCK);
        return copy_blocks(text + size - JSON_BLOCK, message->data + size - JSON_BLOCK, 1) && is_ascii;
    }
    char first[JSON_BLOCK] = {0};
    if (size > 0)
        memcpy(first, message->data, size);
    memcpy(text, first, size);
    return copy_blocks(first, first, 1);
}

/* What stands behind a backslash, but for u. */
static const char escapes[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

static int32_t hex_digits(const char *at)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        char lower = (char)(c | 0x20);
        if (json_is_digit(c))
            value = value * 16 + (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            value = value * 16 + (lower - 'a' + 10);
        else
            return -1;
    }
    return value;
}

static char *put_utf8(char *out, int32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | (code >> 6));
        *out++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *out++ = (char)(0xE0 | (code >> 12));
        *out++ = (char)(0x80 | ((code >> 6) & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *out++ = (char)(0xF0 | (code >> 18));
        *out++ = (char)(0x80 | ((code >> 12) & 0x3F));
        *out++ = (char)(0x80 | ((code >> 6) & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return out;
}

/* at is at a backslash that stands before u, or before something it must not. */
static const char *read_unicode_escape(struct json_decoder *decoder, const char *at, int32_t *ret_code)
{
    if (at[1] != 'u')
        return json_fail(decoder, at, "broken escape in a string");
    int32_t code = hex_digits(at + 2);
    if (code < 0)
        return json_fail(decoder, at, "\\u without four hexadecimal digits");
    bool is_pair = (code & 0xFC00) == 0xD800 && at[6] == '\\' && at[7] == 'u';
    int32_t low = is_pair ? hex_digits(at + 8) : 0;
    if (is_pair && low >= 0 && (low & 0xFC00) == 0xDC00) {
        *ret_code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF);
        return at + 12;
    }
    if ((code & 0xF800) == 0xD800)
        return json_fail(decoder, at, "half of a surrogate pair");
    *ret_code = code;
    return at + 6;
}

static const char *fail_control(struct json_decoder *decoder, const char *at)
{
    if (at == decoder->text + decoder->text_size)
        return json_fail(decoder, at, "the message ends within a string");
    return json_fail(decoder, at, "control character 0x%02x in a string", (unsigned char)*at);
}

/* The specials of a block are taken from one mask; what lies between them is copied by whole blocks whose
 * surplus the next copy overwrites. No step waits for the length of the one before. */
const char *json_copy_string(struct json_decoder *decoder, const char *at, char *out, char **ret_out_end)
{
    for (;;) {
        uint32_t mask = special_mask(at);
        uint32_t from = 0; /* of the block: what is not yet copied */
        while (mask != 0) {
            uint32_t i = (uint32_t)__builtin_ctz(mask);
            copy_block(out, at + from);
            out += i - from;
            if (at[i] == '"') {
                *ret_out_end = out;
                return at + i + 1;
            }
            if (at[i] != '\\')
                return fail_control(decoder, at + i);
            char plain = escapes[(unsigned char)at[i + 1]];
            if (plain == 0) {
                int32_t code = 0;
                at = read_unicode_escape(decoder, at + i, &code);
                if (at == NULL)
                    return NULL;
                out = put_utf8(out, code);
                goto next_block;
            }
            *out++ = plain;
            from = i + 2;
            mask &= ~(UINT32_C(3) << i);
        }
        if (from < JSON_BLOCK) {
            copy_block(out, at + from);
            out += JSON_BLOCK - from;
            from = JSON_BLOCK;
        }
        at += from; /* one more when the block ended within an escape */
    next_block:;
    }
}

const char *json_skip_string(struct json_decoder *decoder, const char *at)
{
    for (;;) {
        uint32_t mask = special_mask(at);
        if (mask == 0) {
            at += JSON_BLOCK;
            continue;
        }
        at += __builtin_ctz(mask);
        if (*at == '"')
            return at + 1;
        if (*at != '\\')
            return fail_control(decoder, at);
        if (escapes[(unsigned char)at[1]] != 0) {
            at += 2;
            continue;
        }
        int32_t code;
        at = read_unicode_escape(decoder, at, &code);
        if (at == NULL)
            return NULL;
    }
}

const char *json_scratch_string(struct json_decoder *decoder, const char *at)
{
    buffer_clear(&decoder->scratch);
    buffer_reserve(&decoder->scratch, decoder->text_size - (size_t)(at - decoder->text) + JSON_BLOCK * 2 + 1);
    char *start = (char *)decoder->scratch.data;
    char *end = start;
    at = json_copy_string(decoder, at + 1, start, &end);
    if (at == NULL)
        return NULL;
    *end = '\0';
    decoder->scratch.size = (size_t)(end - start);
    return at;
}
