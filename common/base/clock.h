#pragma once

#include <stdint.h>

/* Time comes from here, so that a simulation can supply its own. Thread safe. */
struct clock {
    int64_t (*wall_us)(void *context);      /* microseconds since 1970-01-01 UTC */
    int64_t (*monotonic_us)(void *context); /* never goes back */
    void *context;
};

struct clock clock_system(void);
int64_t clock_wall_us(const struct clock *clock);
int64_t clock_wall_ms(const struct clock *clock);
int64_t clock_monotonic_us(const struct clock *clock);
int64_t clock_monotonic_ms(const struct clock *clock);
