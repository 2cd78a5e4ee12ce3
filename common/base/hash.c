#include "common/base/hash.h"

#include <string.h>

static uint32_t crc32c_bytewise(uint32_t crc, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1u)));
    }
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *bytes,
                                                               size_t size)
{
    uint64_t wide = crc;
    for (; size >= 8; bytes += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; size > 0; bytes++, size--)
        crc = __builtin_ia32_crc32qi(crc, *bytes);
    return crc;
}
#endif

uint32_t hash_crc32c(uint32_t crc, const void *data, size_t size)
{
    crc = ~crc;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2"))
        return ~crc32c_sse42(crc, data, size);
#endif
    return ~crc32c_bytewise(crc, data, size);
}

static uint32_t rotate_left_32(uint32_t value, int bits)
{
    return (value << bits) | (value >> (32 - bits));
}

static uint32_t murmur_scramble(uint32_t k)
{
    return rotate_left_32(k * 0xCC9E2D51u, 15) * 0x1B873593u;
}

uint32_t hash_murmur3_32(const void *data, size_t size, uint32_t seed)
{
    const uint8_t *bytes = data;
    uint32_t h = seed;
    size_t left = size;
    for (; left >= 4; bytes += 4, left -= 4) {
        uint32_t k;
        memcpy(&k, bytes, 4);
        h = rotate_left_32(h ^ murmur_scramble(k), 13) * 5 + 0xE6546B64u;
    }
    uint32_t tail = 0;
    for (size_t i = left; i > 0; i--)
        tail = (tail << 8) | bytes[i - 1];
    if (left > 0)
        h ^= murmur_scramble(tail);
    h ^= (uint32_t)size;
    h = (h ^ (h >> 16)) * 0x85EBCA6Bu;
    h = (h ^ (h >> 13)) * 0xC2B2AE35u;
    return h ^ (h >> 16);
}

uint64_t hash_u64(uint64_t value)
{
    value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93u;
    value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93u;
    return value ^ (value >> 32);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash_bytes(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint64_t h = 0x2D358DCCAA6C78A5u ^ size;
    size_t left = size;
    for (; left >= 16; bytes += 16, left -= 16) {
        uint64_t a, b;
        memcpy(&a, bytes, 8);
        memcpy(&b, bytes + 8, 8);
        h = mix(a ^ 0x8BB84B93962EACC9u, b ^ h);
    }
    uint64_t a = 0, b = 0;
    if (left >= 8) {
        memcpy(&a, bytes, 8);
        memcpy(&b, bytes + left - 8, 8);
    } else if (left > 0) {
        memcpy(&a, bytes, left);
    }
    return mix(h ^ a ^ 0x4B33A62ED433D4A3u, b ^ 0x9E3779B97F4A7C15u);
}
