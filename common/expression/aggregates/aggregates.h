#pragma once

#include "common/base/buffer.h"
#include "common/columnar/record_batch.h"

/*
 * Aggregate functions: one entry of the table a function, which holds its type rule and how accumulators are
 * fed, merged, retracted and read. `sql` only looks them up.
 *
 * An accumulator is a fixed number of bytes, a multiple of 8, all zero when empty, that may contain struct
 * buffers (offsets are known to the set) for what has no fixed size: distinct values, texts, lists. A
 * buffer's content is flat, without pointers, so that its bytes are its stored form.
 *
 * struct aggregate_set is all calls of one aggregation over one accumulator row: the accumulators of the
 * calls side by side. It is immutable after creation but for scratch space: one thread uses it.
 */
struct aggregate_function;

/* A name as written, any case, or NULL. COUNT(*) is COUNT without arguments. */
const struct aggregate_function *aggregate_function_find(const char *name);
const char *aggregate_function_name(const struct aggregate_function *function);
/* All of them, in the order of the documentation. */
const struct aggregate_function *aggregate_function_at(uint32_t index); /* NULL behind the last */

/* The types that the call wants its arguments cast to (in place) and gives, nullability included: COUNT is
 * never NULL; others are nullable unless is_grouped (a group has a row at least), no argument is nullable and
 * no FILTER is there. */
STATUS_MUST_CHECK enum status aggregate_infer(const struct aggregate_function *function,
                                              struct data_type *arguments, uint32_t num_arguments,
                                              bool is_grouped, bool has_filter, struct data_type *ret_result,
                                              struct error *error);

struct aggregate_call {
    const struct aggregate_function *function;
    const uint32_t *arguments; /* columns of the input */
    const struct data_type *argument_types;
    uint32_t num_arguments;
    int32_t filter; /* BOOLEAN column of the input, -1: none */
    bool is_distinct;
    struct data_type result;
};

struct aggregate_set;

/* retractable: rows may be taken back, so that MIN, MAX, FIRST_VALUE, LAST_VALUE and LISTAGG keep what they
 * need for it. The calls are copied. */
struct aggregate_set *aggregate_set_create(const struct aggregate_call *calls, uint32_t num_calls,
                                           bool retractable);
void aggregate_set_free(struct aggregate_set *set);

/* Bytes of an accumulator row, a multiple of 8, and where its buffers are. */
uint32_t aggregate_set_size(const struct aggregate_set *set);
const uint32_t *aggregate_set_buffers(const struct aggregate_set *set, uint32_t *ret_count);

/*
 * Feeds row i of the batch to states[i], for each i; rows NULL: all rows of the batch, else row rows[i],
 * i < count. Several i may share one state. retract[i] != 0 takes the row back (only of a retractable set);
 * retract NULL: nothing is. Rows that a call's filter does not accept are skipped by it. An overflow of a
 * SUM of integers wraps, as in Flink; of a DECIMAL it becomes NULL.
 */
STATUS_MUST_CHECK enum status aggregate_set_accumulate(struct aggregate_set *set,
                                                       const struct record_batch *batch, const uint32_t *rows,
                                                       uint32_t count, const uint8_t *retract,
                                                       void *const *states, struct error *error);
/* Adds source to target, both of this set; source stays as it was. FIRST_VALUE and LAST_VALUE take source as
 * the later one. */
STATUS_MUST_CHECK enum status aggregate_set_merge(struct aggregate_set *set, void *target, const void *source,
                                                  struct error *error);

/* An accumulator row as bytes for an exchange or a state file: the fixed part with its buffers' heads zeroed,
 * then for each buffer u32 size and its content. Appends. */
void aggregate_set_pack(const struct aggregate_set *set, const void *state, struct buffer *out);
/* Adds packed accumulators to target: what the global phase does. CORRUPT: the bytes do not fit. */
STATUS_MUST_CHECK enum status aggregate_set_merge_packed(struct aggregate_set *set, void *target,
                                                         struct bytes_view packed, struct error *error);
/* Frees the buffers and zeroes the row. */
void aggregate_set_clear(const struct aggregate_set *set, void *state);
/* Bytes that the row's buffers hold beyond the row itself. */
size_t aggregate_set_heap_bytes(const struct aggregate_set *set, const void *state);

/* The results of count states: one flat vector of its result type a call, owned references. */
STATUS_MUST_CHECK enum status aggregate_set_finish(struct aggregate_set *set, void *const *states,
                                                   uint32_t count, struct vector **ret_columns,
                                                   struct error *error);

/* Of SUM, AVG, COUNT, ...: whether the local phase can be split off (all can but FIRST_VALUE and LAST_VALUE,
 * whose order an exchange does not keep). */
bool aggregate_function_is_mergeable(const struct aggregate_function *function);
