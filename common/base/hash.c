#include "common/base/hash.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

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
static uint64_t read_u64(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *bytes,
                                                               size_t size)
{
    uint64_t wide = crc;
    for (; size >= 8; bytes += 8, size -= 8)
        wide = _mm_crc32_u64(wide, read_u64(bytes));
    crc = (uint32_t)wide;
    for (; size > 0; bytes++, size--)
        crc = _mm_crc32_u8(crc, *bytes);
    return crc;
}

/*
 * The instruction takes three cycles and one can begin each cycle: so three lanes of CRC_LANE_BYTES are
 * summed up side by side. The sum of a lane that others follow is moved over them by a multiplication with
 * x^(8 * bytes - 33) modulo the polynomial, bits reversed; the last 33 are the instruction's and the
 * reversal's.
 */
enum { CRC_LANE_BYTES = 1024 };
#define CRC_OVER_ONE_LANE  0x170076FA
#define CRC_OVER_TWO_LANES 0xA51B6135

__attribute__((target("sse4.2,pclmul"))) static uint64_t crc32c_moved(uint64_t crc, uint32_t factor)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)crc), _mm_cvtsi64_si128((int64_t)factor), 0);
    return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t crc32c_pclmul(uint32_t crc, const uint8_t *bytes,
                                                                       size_t size)
{
    for (; size >= 3 * CRC_LANE_BYTES; bytes += 3 * CRC_LANE_BYTES, size -= 3 * CRC_LANE_BYTES) {
        uint64_t first = crc, second = 0, third = 0;
        for (size_t i = 0; i < CRC_LANE_BYTES; i += 8) {
            first = _mm_crc32_u64(first, read_u64(bytes + i));
            second = _mm_crc32_u64(second, read_u64(bytes + CRC_LANE_BYTES + i));
            third = _mm_crc32_u64(third, read_u64(bytes + 2 * CRC_LANE_BYTES + i));
        }
        crc = (uint32_t)(crc32c_moved(first, CRC_OVER_TWO_LANES) ^ crc32c_moved(second, CRC_OVER_ONE_LANE) ^
                         third);
    }
    return crc32c_sse42(crc, bytes, size);
}
#endif

uint32_t hash_crc32c(uint32_t crc, const void *data, size_t size)
{
    crc = ~crc;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
        return ~crc32c_pclmul(crc, data, size);
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
