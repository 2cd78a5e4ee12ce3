#include "common/parquet/bounds.h"

#include <stdint.h>

enum { LAST_CODE_POINT = 0x10FFFF, SURROGATES_BEGIN = 0xD800, SURROGATES_END = 0xDFFF };

/* Bytes of the well-formed UTF-8 sequence at data, 0 when there is none. */
static size_t utf8_decode(const uint8_t *data, size_t size, uint32_t *ret_code_point)
{
    uint8_t first = data[0];
    size_t length = first < 0x80   ? 1
                    : first < 0xC2 ? 0
                    : first < 0xE0 ? 2
                    : first < 0xF0 ? 3
                    : first < 0xF5 ? 4
                                   : 0;
    if (length == 0 || length > size)
        return 0;
    uint32_t code_point = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((data[i] & 0xC0) != 0x80)
            return 0;
        code_point = (code_point << 6) | (data[i] & 0x3Fu);
    }
    bool overlong = (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
    if (overlong || code_point > LAST_CODE_POINT ||
        (code_point >= SURROGATES_BEGIN && code_point <= SURROGATES_END))
        return 0;
    *ret_code_point = code_point;
    return length;
}

static void utf8_append(uint32_t code_point, struct buffer *buffer)
{
    if (code_point < 0x80) {
        buffer_append_byte(buffer, (uint8_t)code_point);
    } else if (code_point < 0x800) {
        buffer_append_byte(buffer, (uint8_t)(0xC0 | code_point >> 6));
        buffer_append_byte(buffer, (uint8_t)(0x80 | (code_point & 0x3F)));
    } else if (code_point < 0x10000) {
        buffer_append_byte(buffer, (uint8_t)(0xE0 | code_point >> 12));
        buffer_append_byte(buffer, (uint8_t)(0x80 | (code_point >> 6 & 0x3F)));
        buffer_append_byte(buffer, (uint8_t)(0x80 | (code_point & 0x3F)));
    } else {
        buffer_append_byte(buffer, (uint8_t)(0xF0 | code_point >> 18));
        buffer_append_byte(buffer, (uint8_t)(0x80 | (code_point >> 12 & 0x3F)));
        buffer_append_byte(buffer, (uint8_t)(0x80 | (code_point >> 6 & 0x3F)));
        buffer_append_byte(buffer, (uint8_t)(0x80 | (code_point & 0x3F)));
    }
}

/* The size of the first length code points; false when the bytes up to there are not UTF-8. */
static bool utf8_prefix(struct bytes_view value, size_t length, size_t *ret_size)
{
    size_t at = 0;
    for (size_t i = 0; i < length && at < value.size; i++) {
        uint32_t code_point;
        size_t step = utf8_decode(value.data + at, value.size - at, &code_point);
        if (step == 0)
            return false;
        at += step;
    }
    *ret_size = at;
    return true;
}

static bool increment_text(struct bytes_view prefix, struct buffer *buffer)
{
    size_t end = prefix.size;
    while (end > 0) {
        size_t start = end - 1;
        while (start > 0 && (prefix.data[start] & 0xC0) == 0x80)
            start--;
        uint32_t code_point = 0;
        utf8_decode(prefix.data + start, end - start, &code_point);
        if (code_point < LAST_CODE_POINT) {
            buffer_append(buffer, prefix.data, start);
            utf8_append(code_point + 1 == SURROGATES_BEGIN ? SURROGATES_END + 1 : code_point + 1, buffer);
            return true;
        }
        end = start;
    }
    return false;
}

static bool increment_bytes(struct bytes_view prefix, struct buffer *buffer)
{
    size_t end = prefix.size;
    while (end > 0 && prefix.data[end - 1] == 0xFF)
        end--;
    if (end == 0)
        return false;
    buffer_append(buffer, prefix.data, end - 1);
    buffer_append_byte(buffer, (uint8_t)(prefix.data[end - 1] + 1));
    return true;
}

bool parquet_bound_truncate(struct bytes_view value, size_t length, bool is_text,
                            enum parquet_bound_side side, struct buffer *buffer, bool *ret_exact)
{
    size_t size = value.size < length ? value.size : length;
    bool as_text = is_text && utf8_prefix(value, length, &size);
    struct bytes_view prefix = {value.data, size};
    if (size == value.size || side == PARQUET_LOWER) {
        buffer_append(buffer, prefix.data, prefix.size);
        *ret_exact = size == value.size;
        return true;
    }
    if (!(as_text ? increment_text(prefix, buffer) : increment_bytes(prefix, buffer)))
        return false;
    *ret_exact = false;
    return true;
}
