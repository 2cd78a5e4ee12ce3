#pragma once

#include "jobmanager/planner/physical/physical_internal.h"

/* The rows of each key that are asked for, by their numbers. */
struct rank_range {
    int64_t first, last; /* from 1; last INT64_MAX: no bound */
};

/* Takes the conditions on the column number alone out of the filter, into the range; the rest comes back. */
const struct expression *rank_range_take(struct arena *arena, const struct expression *filter,
                                         uint32_t number, struct rank_range *range);
