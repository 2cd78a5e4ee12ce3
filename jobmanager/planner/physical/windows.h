#pragma once

#include "jobmanager/planner/physical/aggregation.h"

/* What a window aggregation reads. */
struct windowed_input {
    struct physical *node;     /* its columns begin with those of the aggregation's input */
    struct plan_window window; /* over the node's columns */
    const char *late_records_topic;
};

/* The input of an aggregation over windows. A table function right below is not made: the aggregation does
 * its work. Where something stands between that needs the window's columns, or where the window was
 * aggregated before, the window is attached to the rows. */
STATUS_MUST_CHECK enum status lower_windowed_input(struct lowering *lowering, struct aggregation *aggregation,
                                                   struct windowed_input *ret_input);
/* The plan's form of a window, its columns not set. */
struct plan_window make_window(const struct lowering *lowering, const struct relation_window *window);
/* Everything below that reads a table goes by its watermarks. */
void need_watermarks(struct physical *node);
