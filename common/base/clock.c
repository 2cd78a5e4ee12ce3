#include "common/base/clock.h"

#include "common/base/check.h"

#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    CHECK(clock_gettime(id, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t system_wall_us(void *context)
{
    (void)context;
    return read_us(CLOCK_REALTIME);
}

static int64_t system_monotonic_us(void *context)
{
    (void)context;
    return read_us(CLOCK_MONOTONIC);
}

struct clock clock_system(void)
{
    return (struct clock){system_wall_us, system_monotonic_us, NULL};
}

int64_t clock_wall_us(const struct clock *clock)
{
    return clock->wall_us(clock->context);
}

int64_t clock_wall_ms(const struct clock *clock)
{
    return clock_wall_us(clock) / 1000;
}

int64_t clock_monotonic_us(const struct clock *clock)
{
    return clock->monotonic_us(clock->context);
}

int64_t clock_monotonic_ms(const struct clock *clock)
{
    return clock_monotonic_us(clock) / 1000;
}
