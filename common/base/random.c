#include "common/base/random.h"

#include "common/base/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static uint64_t rotate_left(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

void random_init(struct random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) { /* splitmix64 spreads the seed */
        seed += 0x9E3779B97F4A7C15u;
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        random->state[i] = z ^ (z >> 31);
    }
}

uint64_t random_next(struct random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    CHECK(bound > 0);
    uint64_t threshold = -bound % bound;
    for (;;) {
        uint64_t value = random_next(random);
        if (value >= threshold)
            return value % bound;
    }
}

double random_unit(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1.0p-53;
}

uint64_t random_seed_system(void)
{
    uint64_t seed;
    CHECK(getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed);
    return seed;
}

static struct uuid uuid_stamp(struct uuid uuid)
{
    uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0F) | 0x40);
    uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3F) | 0x80);
    return uuid;
}

struct uuid uuid_generate(void)
{
    struct uuid uuid;
    CHECK(getrandom(&uuid, sizeof uuid, 0) == (ssize_t)sizeof uuid);
    return uuid_stamp(uuid);
}

struct uuid uuid_from_random(struct random *random)
{
    struct uuid uuid;
    uint64_t words[2] = {random_next(random), random_next(random)};
    memcpy(uuid.bytes, words, sizeof uuid.bytes);
    return uuid_stamp(uuid);
}

void uuid_format_hex(const struct uuid *uuid, char text[33])
{
    for (int i = 0; i < 16; i++)
        snprintf(text + 2 * i, 3, "%02x", uuid->bytes[i]);
}

void uuid_format(const struct uuid *uuid, char text[UUID_TEXT_BYTES])
{
    char hex[33];
    uuid_format_hex(uuid, hex);
    snprintf(text, UUID_TEXT_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}
