#pragma once

#include "common/expression/aggregates/aggregates_internal.h"

/*
 * DISTINCT: a call's accumulator is then the set of its argument rows with their counts, and behind it the
 * accumulator of the function itself, which sees a row when it comes for the first time and, taken back, when
 * the last of its like goes.
 */
struct distinct_values;

/* types of the arguments are copied. */
struct distinct_values *distinct_values_create(const struct data_type *types, uint32_t num_arguments);
void distinct_values_free(struct distinct_values *distinct);

enum { DISTINCT_SET_BYTES = sizeof(struct buffer) };

/* Once for each batch, before its rows are fed. columns are of the batch. */
void distinct_values_begin(struct distinct_values *distinct, const struct record_batch *batch,
                           const uint32_t *columns);
/* As of a kernel; slot->offset is that of the function's accumulator, the set stands before it. */
enum status distinct_values_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                       struct error *error);
enum status distinct_values_merge(const struct aggregate_slot *slot, void *target, const void *source,
                                  struct error *error);
