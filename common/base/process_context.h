#pragma once

#include "common/base/clock.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"

/*
 * What a process hands to its parts instead of global state. It outlives all of them and is read-only after
 * start; everything it points to is thread safe.
 */
struct process_context {
    struct clock clock;
    struct logger *log;            /* may be NULL */
    struct failpoints *failpoints; /* may be NULL */
};
