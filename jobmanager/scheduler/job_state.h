#pragma once

#include <stdbool.h>

/* Flink's job states. */
enum job_state {
    JOB_INITIALIZING, /* tables are claimed, checkpoints listed, what is durable is committed */
    JOB_CREATED,      /* waits for its first slots */
    JOB_RUNNING,
    JOB_FAILING,
    JOB_FAILED,
    JOB_CANCELLING,
    JOB_CANCELED,
    JOB_FINISHED,
    JOB_RESTARTING,
    JOB_SUSPENDED,
    JOB_RECONCILING,
    NUM_JOB_STATES
};

const char *job_state_name(enum job_state state);
/* False when name is none. */
bool job_state_parse(const char *name, enum job_state *ret_state);
bool job_state_is_terminal(enum job_state state);
bool job_state_may_follow(enum job_state from, enum job_state to);
