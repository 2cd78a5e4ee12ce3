#include "taskmanager/operators/operator.h"

#include "common/base/memory.h"

#include <stdlib.h>

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
