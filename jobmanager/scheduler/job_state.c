#include "jobmanager/scheduler/job_state.h"

#include <string.h>

static const char *const names[NUM_JOB_STATES] = {
    [JOB_INITIALIZING] = "INITIALIZING", [JOB_CREATED] = "CREATED",         [JOB_RUNNING] = "RUNNING",
    [JOB_FAILING] = "FAILING",           [JOB_FAILED] = "FAILED",           [JOB_CANCELLING] = "CANCELLING",
    [JOB_CANCELED] = "CANCELED",         [JOB_FINISHED] = "FINISHED",       [JOB_RESTARTING] = "RESTARTING",
    [JOB_SUSPENDED] = "SUSPENDED",       [JOB_RECONCILING] = "RECONCILING",
};

#define TO(state) (1u << (state))

/* The legal transitions: for each state, the set that may follow. */
static const unsigned int followers[NUM_JOB_STATES] = {
    [JOB_INITIALIZING] = TO(JOB_CREATED) | TO(JOB_RESTARTING) | TO(JOB_FAILING) | TO(JOB_CANCELLING) |
                         TO(JOB_FAILED) | TO(JOB_CANCELED) | TO(JOB_FINISHED),
    [JOB_CREATED] = TO(JOB_RUNNING) | TO(JOB_FAILING) | TO(JOB_CANCELLING) | TO(JOB_RESTARTING),
    [JOB_RUNNING] = TO(JOB_RESTARTING) | TO(JOB_FAILING) | TO(JOB_CANCELLING) | TO(JOB_FINISHED),
    [JOB_RESTARTING] = TO(JOB_RUNNING) | TO(JOB_FAILING) | TO(JOB_CANCELLING) | TO(JOB_FINISHED),
    [JOB_CANCELLING] = TO(JOB_CANCELED) | TO(JOB_FAILING),
    [JOB_FAILING] = TO(JOB_FAILED),
};

const char *job_state_name(enum job_state state)
{
    return names[state];
}

bool job_state_parse(const char *name, enum job_state *ret_state)
{
    for (int state = 0; state < NUM_JOB_STATES; state++) {
        if (strcmp(name, names[state]) != 0)
            continue;
        *ret_state = (enum job_state)state;
        return true;
    }
    return false;
}

bool job_state_is_terminal(enum job_state state)
{
    return state == JOB_FAILED || state == JOB_CANCELED || state == JOB_FINISHED;
}

bool job_state_may_follow(enum job_state from, enum job_state to)
{
    return (followers[from] & TO(to)) != 0;
}
