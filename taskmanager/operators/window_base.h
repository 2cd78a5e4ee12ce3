#pragma once

#include "common/columnar/row_packer.h"
#include "taskmanager/operators/operator.h"
#include "taskmanager/operators/window_slices.h"

/* What all operators of a window aggregation have in common. */
struct window_base {
    struct operator operator;
    const struct plan_window_aggregate *plan;
    struct schema *input, *output;
    const struct operator_context *context;
    struct time_zone *zone; /* NULL: window time is the time attribute */
    struct window_slices slices;
    struct aggregate_set *set;
    struct row_packer *packer; /* of the keys */
    /* The times of a batch, when its column does not hold them one by one. */
    int64_t *times;
    uint32_t time_capacity;
};

void window_base_init(struct window_base *base, const struct operator_ops *ops,
                      const struct plan_window_aggregate *plan, const struct schema *input,
                      const struct schema *output);
STATUS_MUST_CHECK enum status window_base_open(struct window_base *base,
                                               const struct operator_context *context, struct error *error);
void window_base_close(struct window_base *base);

/* The time attribute's values of a batch, valid until the next call; NULL is an error, as in Flink. */
STATUS_MUST_CHECK enum status window_base_times(struct window_base *base, const struct record_batch *batch,
                                                uint32_t column, const int64_t **ret_times,
                                                struct error *error);
/* A changelog cannot be taken: the planner refuses it. */
STATUS_MUST_CHECK enum status window_base_check_inserts(const struct record_batch *batch,
                                                        struct error *error);
/* Late rows of the batch: to output 1, or only counted. rows may be all of them. */
enum operator_result window_base_emit_late(struct window_base *base, const struct record_batch *batch,
                                           const uint32_t *rows, uint32_t count, struct error *error);
/* True when late rows go somewhere. */
bool window_base_routes_late(const struct window_base *base);
