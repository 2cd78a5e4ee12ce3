#pragma once

#include "jobmanager/planner/logical/planning.h"

/* What the session's configuration says about operators. */
struct physical_settings {
    const char *time_zone;
    int64_t state_ttl_ms;    /* table.exec.state.ttl; 0: none */
    int64_t mini_batch_ms;   /* table.exec.mini-batch.allow-latency; 0: no mini-batch */
    int64_t mini_batch_rows; /* table.exec.mini-batch.size */
    bool one_phase;          /* table.optimizer.agg-phase-strategy = ONE_PHASE */
};

STATUS_MUST_CHECK enum status physical_settings_read(struct planning *planning,
                                                     struct physical_settings *ret_settings);
