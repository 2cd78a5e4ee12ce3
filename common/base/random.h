#pragma once

#include <stdint.h>

/* A seeded xoshiro256** generator. Not thread safe: one for each owner; seeds come from random_seed_system.
 */
struct random {
    uint64_t state[4];
};

void random_init(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);
/* Uniform in [0, bound), bound > 0. */
uint64_t random_below(struct random *random, uint64_t bound);
/* Uniform in [0, 1). */
double random_unit(struct random *random);
/* Entropy from the operating system. */
uint64_t random_seed_system(void);

enum { UUID_TEXT_BYTES = 37 };
struct uuid {
    uint8_t bytes[16];
};

/* A version 4 UUID out of operating system entropy. Thread safe. */
struct uuid uuid_generate(void);
/* As above from a seeded generator, for simulations. */
struct uuid uuid_from_random(struct random *random);
/* 8-4-4-4-12 lower-case hexadecimal digits and a NUL. */
void uuid_format(const struct uuid *uuid, char text[UUID_TEXT_BYTES]);
/* 32 lower-case hexadecimal digits and a NUL: Flink's form of job, vertex and taskmanager ids. */
void uuid_format_hex(const struct uuid *uuid, char text[33]);
