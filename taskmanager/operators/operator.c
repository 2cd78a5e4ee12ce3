#include "taskmanager/operators/operator.h"

#include "common/base/memory.h"

#include <stdlib.h>

int64_t operator_deadline_us(const struct clock *clock, int64_t monotonic_us)
{
    if (monotonic_us == INT64_MAX)
        return INT64_MAX;
    int64_t left_us = monotonic_us - clock_monotonic_us(clock);
    return clock_wall_us(clock) + left_us;
}

void operator_snapshot_add_committable(struct operator_snapshot *snapshot, struct buffer *committable)
{
    size_t count = snapshot->num_committables + 1;
    snapshot->committables = mem_realloc(snapshot->committables, count * sizeof *snapshot->committables);
    snapshot->committables[snapshot->num_committables++] = *committable;
    *committable = (struct buffer){0};
}

void operator_snapshot_free(struct operator_snapshot *snapshot)
{
    operator_state_free(&snapshot->state);
    for (size_t i = 0; i < snapshot->num_committables; i++)
        buffer_free(&snapshot->committables[i]);
    free(snapshot->committables);
    *snapshot = (struct operator_snapshot){0};
}
