#pragma once

#include "taskmanager/operators/changelog_rows.h"
#include "taskmanager/operators/group_aggregate.h"

/* The phases: by plan->phase, and DISTINCT where a group is never looked at twice. */
struct operator* group_local_create(const struct plan_group_aggregate *plan, const struct schema *input,
                                    const struct schema *output);
struct operator* group_distinct_create(const struct plan_group_aggregate *plan, const struct schema *input,
                                       const struct schema *output);

/* The plan's calls and, where rows are taken back, COUNT(*) as the last one, which tells when a group ends.
 */
struct aggregate_set *group_aggregate_create_set(const struct plan_group_aggregate *plan);
/* State of groups: value_size bytes of which the accumulators are the end; set may be NULL when there are
 * none. */
STATUS_MUST_CHECK enum status group_aggregate_open_state(const struct plan_group_aggregate *plan,
                                                         const struct row_packer *keys,
                                                         const struct aggregate_set *set,
                                                         const struct operator_context *context,
                                                         uint32_t head_size, struct keyed_state **ret_state,
                                                         struct error *error);

/* When held updates must go: mini-batch latency after the first one. */
static inline bool group_aggregate_holds(const struct plan_group_aggregate *plan)
{
    return plan->mini_batch_ms > 0;
}

enum { GROUP_HELD_BYTES = 16 << 20 }; /* held back at most, whatever the mini-batch's bounds */

/* Stands before the accumulators of a group. */
struct group_head {
    int64_t is_there;   /* rows were fed to it: not only taken back */
    int64_t is_touched; /* it is among the touched groups; 0 in every snapshot */
};

/* A group whose rows came since the last flush. */
struct touched_group {
    size_t key_offset; /* in touched_bytes, so the next */
    size_t before_offset;
    uint32_t key_size;
    uint32_t before_size; /* of its result as it was emitted; 0 when it was not there */
    bool was_there;
    uint64_t hash;
    struct group_head *head; /* until keyed_state_end_batch */
};

struct group_aggregate {
    struct operator base;
    const struct plan_group_aggregate *plan;
    struct schema *input, *output;
    const struct operator_context *context;
    struct aggregate_set *set;
    uint32_t num_results; /* of the set: the calls, and the count that was added */
    struct row_packer *keys;
    struct row_packer *results; /* of the calls alone */
    struct schema *result_schema;
    struct keyed_state *state;
    bool is_held;                   /* touched groups wait for the mini-batch's end; their heads are void */
    int64_t flush_at_us, held_rows; /* the former on the clock that nobody sets */
    struct touched_group *touched;
    uint32_t num_touched, touched_capacity;
    struct buffer touched_bytes;
    bool is_flushing;
    uint32_t num_flushed; /* of touched */
    struct changelog_rows rows;
    /* Scratch of a batch, or of a part of a flush, that has so many rows: */
    uint32_t capacity;
    void **values;
    void **states;
    uint32_t *fed_rows;
    uint8_t *retract;
    struct vector **columns;
};

/* Results of count accumulators as packed rows, valid until the next call; ret_counts gets the rows of each
 * group, 1 where none are taken back. */
STATUS_MUST_CHECK enum status group_aggregate_results(struct group_aggregate *aggregate, void *const *states,
                                                      uint32_t count, int64_t *ret_counts,
                                                      struct error *error);
/* Goes on with a flush of the touched groups, if there is one. */
enum operator_result group_aggregate_flush(struct group_aggregate *aggregate, struct error *error);
