#pragma once

#include "jobmanager/planner/physical/physical_internal.h"

/*
 * An aggregation on its way to operators: the keys and the calls that are wanted, and the columns that these
 * need of the input: first the keys, in order.
 */
struct aggregation {
    const struct relation *relation;      /* RELATION_AGGREGATE */
    const bool *used;                     /* columns of the relation */
    const struct relation_window *window; /* NULL: groups without a window */
    struct column_list input;             /* over the relation's input */
    const struct expression *filter;      /* of the input's rows, by their keys; NULL when none */
    uint32_t key_count;
    uint32_t *key_columns; /* of the relation, that the keys are */
    struct plan_aggregate_call *calls;
    uint32_t *call_columns; /* of the relation */
    uint32_t call_count;
    bool is_mergeable;
    bool keeps_start; /* window_start is a key like any other */
};

/* window: that of window_start and window_end among the keys, which then are none. */
void aggregation_init(struct aggregation *aggregation, struct lowering *lowering,
                      const struct relation *relation, const bool *used,
                      const struct relation_window *window);
/* Makes a key of window_start: sessions that end together are told apart by it. */
void aggregation_keep_start(struct aggregation *aggregation, struct lowering *lowering);
/* Whether a key of the relation is a column of the window that the aggregation gives by itself. */
bool is_window_key(const struct aggregation *aggregation, uint32_t key);
/* The input, and its filter, as wanted of the relation's input. */
struct wanted aggregation_input(struct lowering *lowering, const struct aggregation *aggregation,
                                const struct column_list *input);
/* What a first phase gives: the keys, slice_end when windowed, accumulators. */
const struct schema *aggregation_local_schema(struct lowering *lowering,
                                              const struct aggregation *aggregation, bool is_windowed);
/* What the aggregation gives: the keys, the calls' results, and property_count more, named as the columns of
 * the relation. Fills map: where column i of the relation is. */
const struct schema *aggregation_schema(struct lowering *lowering, const struct aggregation *aggregation,
                                        const uint32_t *property_columns, uint32_t property_count,
                                        uint32_t *map);
/* 0 .. count - 1 */
uint32_t *column_numbers(struct arena *arena, uint32_t count);

STATUS_MUST_CHECK enum status lower_group_aggregate(struct lowering *lowering,
                                                    struct aggregation *aggregation, struct wanted wanted,
                                                    struct physical **ret_node);
STATUS_MUST_CHECK enum status lower_window_aggregate(struct lowering *lowering,
                                                     struct aggregation *aggregation, struct wanted wanted,
                                                     struct physical **ret_node);
