#include "common/parquet/hybrid_encoding.h"

#include "common/base/check.h"

#include <string.h>

/* A run pays once it covers a whole group; longer ones are looked for so that short repeats do not chop up
 * the bit-packed stretches. */
enum { GROUP = 8, MIN_RUN = 16 };

static void append_varint(struct buffer *buffer, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buffer_append_byte(buffer, (uint8_t)(value | 0x80));
    buffer_append_byte(buffer, (uint8_t)value);
}

unsigned hybrid_width(uint32_t maximum)
{
    return maximum == 0 ? 0 : 32 - (unsigned)__builtin_clz(maximum);
}

void hybrid_encode_run(uint32_t value, size_t count, unsigned width, struct buffer *buffer)
{
    append_varint(buffer, (uint64_t)count << 1);
    for (unsigned shift = 0; shift < width; shift += 8)
        buffer_append_byte(buffer, (uint8_t)(value >> shift));
}

/* Eight values of up to 32 bits are at most 256 bits: whole words are written, so the target needs a word of
 * slack. */
static uint8_t *pack_group(const uint32_t *values, unsigned width, uint8_t *target)
{
    uint64_t word = 0;
    unsigned filled = 0;
    uint8_t *at = target;
    for (unsigned i = 0; i < GROUP; i++) {
        word |= (uint64_t)values[i] << filled;
        filled += width;
        if (filled >= 32) {
            uint32_t low = (uint32_t)word;
            memcpy(at, &low, sizeof low);
            at += sizeof low;
            word >>= 32;
            filled -= 32;
        }
    }
    memcpy(at, &word, sizeof word);
    return target + width;
}

static void append_packed(const uint32_t *values, size_t groups, unsigned width, struct buffer *buffer)
{
    append_varint(buffer, (uint64_t)groups << 1 | 1);
    buffer_reserve(buffer, groups * width + sizeof(uint64_t));
    uint8_t *at = buffer->data + buffer->size;
    for (size_t i = 0; i < groups; i++)
        at = pack_group(values + i * GROUP, width, at);
    buffer->size += groups * width;
}

/* The first place from `from` on, a whole number of groups behind it, where MIN_RUN equal values begin; count
 * when there is none. */
static size_t next_run(const uint32_t *values, size_t from, size_t count)
{
    for (size_t i = from; i + MIN_RUN <= count; i += GROUP) {
        if (values[i] != values[i + GROUP - 1] || values[i] != values[i + MIN_RUN - 1])
            continue;
        size_t k = 1;
        while (k < MIN_RUN && values[i + k] == values[i])
            k++;
        if (k == MIN_RUN)
            return i;
    }
    return count;
}

void hybrid_encode(uint32_t *values, size_t count, unsigned width, struct buffer *buffer)
{
    CHECK(width <= 32);
    size_t at = 0;
    while (at < count) {
        size_t run = next_run(values, at, count);
        if (run > at) {
            size_t groups = (run - at + GROUP - 1) / GROUP;
            if (run == count)
                memset(values + count, 0, (at + groups * GROUP - count) * sizeof *values);
            append_packed(values + at, groups, width, buffer);
        }
        if (run == count)
            return;
        at = run;
        while (at < count && values[at] == values[run])
            at++;
        hybrid_encode_run(values[run], at - run, width, buffer);
    }
}

void hybrid_encode_bits(const uint64_t *bits, size_t count, struct buffer *buffer)
{
    size_t bytes = (count + 7) / 8;
    append_varint(buffer, (uint64_t)bytes << 1 | 1);
    buffer_reserve(buffer, bytes);
    for (size_t i = 0; i < bytes; i++) {
        uint8_t byte = (uint8_t)(bits[i / 8] >> (i % 8 * 8));
        if (i + 1 == bytes && count % 8 != 0)
            byte &= (uint8_t)((1u << count % 8) - 1);
        buffer->data[buffer->size++] = byte;
    }
}
