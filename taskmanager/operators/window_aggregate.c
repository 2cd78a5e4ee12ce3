#include "taskmanager/operators/window_aggregate.h"

#include "taskmanager/operators/window_aggregate_internal.h"

/* A session that is attached to its rows is a window like any other. */
struct operator* window_aggregate_create(const struct plan_window_aggregate *plan, const struct schema *input,
                                         const struct schema *output)
{
    if (plan->phase == PLAN_AGGREGATE_LOCAL)
        return window_local_create(plan, input, output);
    if (plan->window.kind == PLAN_WINDOW_SESSION && plan->window.time != PLAN_TIME_ATTACHED)
        return window_session_create(plan, input, output);
    return window_slicing_create(plan, input, output);
}
