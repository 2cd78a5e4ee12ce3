#include "common/expression/aggregates/aggregates_internal.h"
#include "common/expression/aggregates/double_double.h"
#include "common/expression/aggregates/wide_integer.h"
#include "common/expression/decimal.h"

/*
 * SUM and AVG. Sums of INT and BIGINT wrap, as in Flink; that of an average of BIGINT, and those of DECIMAL,
 * are exact, and a result that does not fit is NULL. The count tells whether there is a value; of a part of
 * the rows, with some taken back that are elsewhere, it may be 0 or negative.
 */

static bool has_result(const struct aggregate_slot *slot, int64_t count)
{
    return slot->kind == AGGREGATE_AVG ? count > 0 : count != 0;
}

struct integer_sum {
    uint64_t sum;
    int64_t count;
};

struct wide_sum {
    struct wide_integer sum;
    int64_t count;
};

struct floating_sum {
    struct double_double sum;
    int64_t count;
};

static inline __attribute__((always_inline)) enum status accumulate_integers(
    const struct aggregate_slot *slot, const struct aggregate_input *input, bool is_int)
{
    const void *values = input->arguments[0]->values;
    for (uint32_t i = 0; i < input->count; i++) {
        uint32_t row = input_row(input, i);
        int64_t value = is_int ? ((const int32_t *)values)[row] : ((const int64_t *)values)[row];
        struct integer_sum *state = slot_state(slot, input->states, i);
        bool retracts = input_retracts(input, i);
        state->sum += retracts ? -(uint64_t)value : (uint64_t)value;
        count_add(&state->count, retracts ? -1 : 1);
    }
    return STATUS_OK;
}

static enum status int_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                  struct error *error)
{
    (void)error;
    return accumulate_integers(slot, input, true);
}

static enum status bigint_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                     struct error *error)
{
    (void)error;
    return accumulate_integers(slot, input, false);
}

static enum status integer_merge(const struct aggregate_slot *slot, void *target, const void *source,
                                 struct error *error)
{
    (void)slot;
    (void)error;
    struct integer_sum *sum = target;
    const struct integer_sum *other = source;
    sum->sum += other->sum;
    count_add(&sum->count, other->count);
    return STATUS_OK;
}

static void integer_finish(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                           struct vector *result)
{
    bool is_average = slot->kind == AGGREGATE_AVG;
    for (uint32_t i = 0; i < count; i++) {
        const struct integer_sum *state = slot_state(slot, states, i);
        int64_t value = 0;
        if (!has_result(slot, state->count))
            vector_set_null(result, i);
        else
            value = is_average ? (int64_t)state->sum / state->count : (int64_t)state->sum;
        if (result->type.kind == TYPE_INT)
            ((int32_t *)result->values)[i] = (int32_t)value;
        else
            ((int64_t *)result->values)[i] = value;
    }
}

static inline __attribute__((always_inline)) enum status accumulate_wide(const struct aggregate_slot *slot,
                                                                         const struct aggregate_input *input,
                                                                         bool is_decimal)
{
    const void *values = input->arguments[0]->values;
    for (uint32_t i = 0; i < input->count; i++) {
        uint32_t row = input_row(input, i);
        int128_t value = is_decimal ? ((const int128_t *)values)[row] : ((const int64_t *)values)[row];
        struct wide_sum *state = slot_state(slot, input->states, i);
        bool retracts = input_retracts(input, i);
        struct wide_integer wide = wide_of(retracts ? -value : value);
        wide_add(&state->sum, &wide);
        count_add(&state->count, retracts ? -1 : 1);
    }
    return STATUS_OK;
}

static enum status wide_bigint_accumulate(const struct aggregate_slot *slot,
                                          const struct aggregate_input *input, struct error *error)
{
    (void)error;
    return accumulate_wide(slot, input, false);
}

static enum status decimal_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                      struct error *error)
{
    (void)error;
    return accumulate_wide(slot, input, true);
}

static enum status wide_merge(const struct aggregate_slot *slot, void *target, const void *source,
                              struct error *error)
{
    (void)slot;
    (void)error;
    struct wide_sum *sum = target;
    const struct wide_sum *other = source;
    wide_add(&sum->sum, &other->sum);
    count_add(&sum->count, other->count);
    return STATUS_OK;
}

/* sum / count with shift more digits, rounded half up; false beyond 128 bits. */
static bool decimal_average(const struct wide_sum *state, uint32_t shift, int128_t *ret_value)
{
    struct wide_integer quotient = state->sum;
    bool negative = wide_is_negative(&quotient);
    uint64_t rest = wide_divide(&quotient, (uint64_t)state->count);
    int128_t whole, fraction, scaled;
    if (!wide_to_int128(&quotient, &whole) ||
        __builtin_mul_overflow(whole, decimal_power_of_ten(shift), &scaled))
        return false;
    /* shift is at most 6, rest below 2^63: the product has its place */
    fraction = decimal_divide_half_up((int128_t)rest * decimal_power_of_ten(shift), state->count);
    return !__builtin_add_overflow(scaled, negative ? -fraction : fraction, ret_value);
}

static void decimal_finish(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                           struct vector *result)
{
    uint32_t shift = (uint32_t)result->type.scale - slot->argument.scale;
    for (uint32_t i = 0; i < count; i++) {
        const struct wide_sum *state = slot_state(slot, states, i);
        int128_t value = 0;
        bool fits = has_result(slot, state->count) &&
                    (slot->kind == AGGREGATE_AVG ? decimal_average(state, shift, &value)
                                                 : wide_to_int128(&state->sum, &value)) &&
                    decimal_fits(value, result->type.precision);
        if (!fits)
            vector_set_null(result, i);
        ((int128_t *)result->values)[i] = fits ? value : 0;
    }
}

static void bigint_average_finish(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                                  struct vector *result)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct wide_sum *state = slot_state(slot, states, i);
        int128_t sum = 0;
        bool is_there = has_result(slot, state->count) && wide_to_int128(&state->sum, &sum);
        if (!is_there)
            vector_set_null(result, i);
        ((int64_t *)result->values)[i] = is_there ? (int64_t)(sum / state->count) : 0;
    }
}

static inline __attribute__((always_inline)) enum status accumulate_floating(
    const struct aggregate_slot *slot, const struct aggregate_input *input, bool is_float)
{
    const void *values = input->arguments[0]->values;
    for (uint32_t i = 0; i < input->count; i++) {
        uint32_t row = input_row(input, i);
        double value = is_float ? (double)((const float *)values)[row] : ((const double *)values)[row];
        struct floating_sum *state = slot_state(slot, input->states, i);
        bool retracts = input_retracts(input, i);
        double_double_add(&state->sum, retracts ? -value : value);
        count_add(&state->count, retracts ? -1 : 1);
    }
    return STATUS_OK;
}

static enum status float_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                    struct error *error)
{
    (void)error;
    return accumulate_floating(slot, input, true);
}

static enum status double_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                     struct error *error)
{
    (void)error;
    return accumulate_floating(slot, input, false);
}

static enum status floating_merge(const struct aggregate_slot *slot, void *target, const void *source,
                                  struct error *error)
{
    (void)slot;
    (void)error;
    struct floating_sum *sum = target;
    const struct floating_sum *other = source;
    double_double_merge(&sum->sum, &other->sum);
    count_add(&sum->count, other->count);
    return STATUS_OK;
}

static void floating_finish(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                            struct vector *result)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct floating_sum *state = slot_state(slot, states, i);
        double value = double_double_value(&state->sum);
        if (!has_result(slot, state->count))
            vector_set_null(result, i);
        else if (slot->kind == AGGREGATE_AVG)
            value /= (double)state->count;
        if (result->type.kind == TYPE_FLOAT)
            ((float *)result->values)[i] = (float)value;
        else
            ((double *)result->values)[i] = value;
    }
}

static const struct aggregate_kernel int_kernel = {.size = sizeof(struct integer_sum),
                                                   .accumulate = int_accumulate,
                                                   .merge = integer_merge,
                                                   .finish = integer_finish};
static const struct aggregate_kernel bigint_kernel = {.size = sizeof(struct integer_sum),
                                                      .accumulate = bigint_accumulate,
                                                      .merge = integer_merge,
                                                      .finish = integer_finish};
static const struct aggregate_kernel bigint_average_kernel = {.size = sizeof(struct wide_sum),
                                                              .accumulate = wide_bigint_accumulate,
                                                              .merge = wide_merge,
                                                              .finish = bigint_average_finish};
static const struct aggregate_kernel decimal_kernel = {.size = sizeof(struct wide_sum),
                                                       .accumulate = decimal_accumulate,
                                                       .merge = wide_merge,
                                                       .finish = decimal_finish};
static const struct aggregate_kernel float_kernel = {.size = sizeof(struct floating_sum),
                                                     .accumulate = float_accumulate,
                                                     .merge = floating_merge,
                                                     .finish = floating_finish};
static const struct aggregate_kernel double_kernel = {.size = sizeof(struct floating_sum),
                                                      .accumulate = double_accumulate,
                                                      .merge = floating_merge,
                                                      .finish = floating_finish};

const struct aggregate_kernel *sum_kernel(enum aggregate_kind kind, enum type_kind argument, bool retractable)
{
    (void)retractable;
    switch (argument) {
    case TYPE_INT: return &int_kernel;
    case TYPE_BIGINT: return kind == AGGREGATE_AVG ? &bigint_average_kernel : &bigint_kernel;
    case TYPE_DECIMAL: return &decimal_kernel;
    case TYPE_FLOAT: return &float_kernel;
    case TYPE_DOUBLE: return &double_kernel;
    default: return NULL;
    }
}
