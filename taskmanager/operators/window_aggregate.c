#include "taskmanager/operators/window_aggregate.h"

#include "taskmanager/operators/window_aggregate_internal.h"

/* More keys than that are seldom seen again soon. */
enum { LOCAL_MEMORY_BYTES = 16 << 20 };

/* Sessions that are attached to their rows come as TUMBLE with their start as a key. */
struct operator* window_aggregate_create(const struct plan_window_aggregate *plan, const struct schema *input,
                                         const struct schema *output)
{
    if (plan->phase == PLAN_AGGREGATE_LOCAL)
        return window_local_create(plan, input, output, LOCAL_MEMORY_BYTES);
    if (plan->window.kind == PLAN_WINDOW_SESSION)
        return window_session_create(plan, input, output);
    return window_slicing_create(plan, input, output);
}
