#pragma once

#include "common/columnar/row_packer.h"
#include "common/expression/aggregates/aggregates.h"

/*
 * What a function is made of: a type rule, and kernels that are chosen by the argument's type. A kernel works
 * on one accumulator of known size inside the accumulator rows; struct aggregate_slot says where it is.
 */

enum aggregate_kind {
    AGGREGATE_COUNT,
    AGGREGATE_SUM,
    AGGREGATE_AVG,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_FIRST_VALUE,
    AGGREGATE_LAST_VALUE,
    AGGREGATE_LISTAGG,
    AGGREGATE_STDDEV_POP,
    AGGREGATE_STDDEV_SAMP,
    AGGREGATE_VAR_POP,
    AGGREGATE_VAR_SAMP,
};

enum { AGGREGATE_ANY_ARGUMENTS = 255, KERNEL_MAX_BUFFERS = 2 };

/* Replaces argument types by those wanted, and gives the result's type, nullability apart. */
typedef enum status aggregate_infer_types(const struct aggregate_function *function,
                                          struct data_type *arguments, uint32_t num_arguments,
                                          struct data_type *ret_result, struct error *error);

struct aggregate_kernel;

struct aggregate_function {
    const char *name; /* upper case; plans refer to it */
    enum aggregate_kind kind;
    uint8_t min_arguments, max_arguments;
    aggregate_infer_types *infer;
    /* argument: type of the first one, TYPE_NULL when there is none. */
    const struct aggregate_kernel *(*select)(enum aggregate_kind kind, enum type_kind argument,
                                             bool retractable);
};

/* One call of a set. */
struct aggregate_slot {
    const struct aggregate_kernel *kernel;
    enum aggregate_kind kind;
    struct data_type argument; /* of the first; TYPE_NULL: none */
    struct data_type result;
    uint32_t offset;    /* of the kernel's accumulator in the row */
    uint32_t selection; /* index of its rows among the set's selections */
    uint32_t num_arguments;
    uint32_t *arguments;              /* indices into the set's columns */
    struct distinct_values *distinct; /* NULL: not DISTINCT */
};

/* Rows to feed: the i-th is row rows[i], or first + i when rows is NULL, and goes to states[i]. No argument
 * is NULL in any of them. */
struct aggregate_input {
    struct vector *const *arguments; /* flat */
    const uint32_t *rows;
    uint32_t first;
    uint32_t count;
    const uint8_t *retract; /* of the i-th: not 0 to take it back; NULL: none is */
    void *const *states;    /* accumulator rows */
};

struct aggregate_kernel {
    uint32_t size; /* a multiple of 8 */
    uint32_t num_buffers;
    uint32_t buffers[KERNEL_MAX_BUFFERS]; /* offsets of struct buffers in the accumulator */
    enum status (*accumulate)(const struct aggregate_slot *slot, const struct aggregate_input *input,
                              struct error *error);
    enum status (*merge)(const struct aggregate_slot *slot, void *target, const void *source,
                         struct error *error);
    /* Whether an accumulator that came as bytes may be merged; NULL: any bytes may. */
    bool (*is_sound)(const struct aggregate_slot *slot, const void *accumulator);
    /* result is flat, with room for count rows and that length. */
    void (*finish)(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                   struct vector *result);
};

static inline uint32_t input_row(const struct aggregate_input *input, uint32_t i)
{
    return input->rows != NULL ? input->rows[i] : input->first + i;
}

static inline bool input_retracts(const struct aggregate_input *input, uint32_t i)
{
    return input->retract != NULL && input->retract[i] != 0;
}

/* The slot's accumulator in the i-th accumulator row. */
static inline void *slot_state(const struct aggregate_slot *slot, void *const *states, uint32_t i)
{
    return (uint8_t *)states[i] + slot->offset;
}

/* Adds a count that may come from anywhere: it wraps. */
static inline void count_add(int64_t *count, int64_t other)
{
    *count = (int64_t)((uint64_t)*count + (uint64_t)other);
}

/* By family. */
const struct aggregate_kernel *count_kernel(enum aggregate_kind kind, enum type_kind argument,
                                            bool retractable);
const struct aggregate_kernel *sum_kernel(enum aggregate_kind kind, enum type_kind argument,
                                          bool retractable);
const struct aggregate_kernel *variance_kernel(enum aggregate_kind kind, enum type_kind argument,
                                               bool retractable);
const struct aggregate_kernel *extreme_kernel(enum aggregate_kind kind, enum type_kind argument,
                                              bool retractable);
const struct aggregate_kernel *first_last_kernel(enum aggregate_kind kind, enum type_kind argument,
                                                 bool retractable);
const struct aggregate_kernel *listagg_kernel(enum aggregate_kind kind, enum type_kind argument,
                                              bool retractable);

aggregate_infer_types infer_count, infer_sum, infer_avg, infer_same, infer_listagg;
