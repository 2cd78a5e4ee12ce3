#pragma once

#include "jobmanager/planner/physical/physical.h"

struct lowering {
    struct planning *planning;
    struct arena *arena;
    struct physical_plan *plan;
};

/* Expressions over a relation that are wanted of it: one for each field of output. */
struct wanted {
    const struct expression *filter; /* NULL: all rows */
    const struct expression *const *projections;
    const struct schema *output;
};

STATUS_MUST_CHECK enum status physical_create(struct lowering *lowering, enum physical_kind kind,
                                              const struct schema *schema, struct physical *const *inputs,
                                              size_t input_count, struct physical **ret_node);

/* The rows of relation, filtered and projected: pulls what is wanted down through the projections and filters
 * below, and puts what is left of it into a calc. */
STATUS_MUST_CHECK enum status lower(struct lowering *lowering, const struct relation *relation,
                                    struct wanted wanted, struct physical **ret_node);
/* All columns of relation as they are. */
STATUS_MUST_CHECK enum status lower_whole(struct lowering *lowering, const struct relation *relation,
                                          const struct schema *output, struct physical **ret_node);
STATUS_MUST_CHECK enum status lower_calc(struct lowering *lowering, struct physical *input,
                                         struct wanted wanted, struct physical **ret_node);
STATUS_MUST_CHECK enum status lower_scan(struct lowering *lowering, struct scan *scan, struct wanted wanted,
                                         struct physical **ret_node);
STATUS_MUST_CHECK enum status lower_values(struct lowering *lowering, const struct relation *values,
                                           struct wanted wanted, struct physical **ret_node);

STATUS_MUST_CHECK enum status lower_union(struct lowering *lowering, const struct relation *relation,
                                          struct wanted wanted, struct physical **ret_node);

/* Neither filters nor changes a column but for its name. */
bool calc_is_identity(const struct plan_calc *calc, const struct schema *input, const struct schema *output);
/* Leaves the columns that nobody reads out of the sources, and the calcs out that do nothing. */
void prune_scans(struct lowering *lowering);
