#include "common/expression/aggregates/aggregates_internal.h"
#include "common/expression/aggregates/double_double.h"
#include "common/expression/aggregates/wide_integer.h"
#include "common/expression/decimal.h"

/*
 * STDDEV_POP, STDDEV_SAMP, VAR_POP, VAR_SAMP from the sums of the values and of their squares. These are
 * exact for integers, and of some 106 bits for the rest: more than the running mean of Welford's method
 * keeps, and they can be merged in any order and taken back, also where rows are taken back before they come.
 *
 * As in Flink, of an INT the result is an INT: the exact one, cut once at the end.
 */

struct integer_moments {
    struct wide_integer sum;
    struct wide_integer squares;
    int64_t count;
};

struct floating_moments {
    struct double_double sum;
    struct double_double squares;
    int64_t count;
};

static bool is_sample(enum aggregate_kind kind)
{
    return kind == AGGREGATE_STDDEV_SAMP || kind == AGGREGATE_VAR_SAMP;
}

static bool is_deviation(enum aggregate_kind kind)
{
    return kind == AGGREGATE_STDDEV_POP || kind == AGGREGATE_STDDEV_SAMP;
}

/* What the sum of squared distances is divided by; 0 or less: there is no result. */
static int64_t degrees_of_freedom(const struct aggregate_slot *slot, int64_t count)
{
    return is_sample(slot->kind) && count > 0 ? count - 1 : count;
}

static enum status integer_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                      struct error *error)
{
    (void)error;
    const void *values = input->arguments[0]->values;
    bool is_int = slot->argument.kind == TYPE_INT;
    for (uint32_t i = 0; i < input->count; i++) {
        uint32_t row = input_row(input, i);
        int64_t value = is_int ? ((const int32_t *)values)[row] : ((const int64_t *)values)[row];
        struct integer_moments *state = slot_state(slot, input->states, i);
        bool retracts = input_retracts(input, i);
        struct wide_integer wide = wide_of(retracts ? -(int128_t)value : value);
        struct wide_integer square = wide_of((int128_t)value * value);
        if (retracts)
            square = wide_negative(&square);
        wide_add(&state->sum, &wide);
        wide_add(&state->squares, &square);
        count_add(&state->count, retracts ? -1 : 1);
    }
    return STATUS_OK;
}

static enum status integer_merge(const struct aggregate_slot *slot, void *target, const void *source,
                                 struct error *error)
{
    (void)slot;
    (void)error;
    struct integer_moments *moments = target;
    const struct integer_moments *other = source;
    wide_add(&moments->sum, &other->sum);
    wide_add(&moments->squares, &other->squares);
    count_add(&moments->count, other->count);
    return STATUS_OK;
}

/* The largest integer whose square is not larger. */
static int64_t square_root(int64_t value)
{
    if (value <= 0)
        return 0;
    int64_t root = (int64_t)sqrt((double)value);
    while ((int128_t)root * root > value)
        root--;
    while ((int128_t)(root + 1) * (root + 1) <= value)
        root++;
    return root;
}

/* freedom > 0, hence count > 0. The mean square is rounded up, so that what is left is the distances' sum
 * rounded down. */
static int64_t integer_variance(const struct integer_moments *moments, int64_t freedom)
{
    int128_t sum = 0, variance = 0;
    if (!wide_to_int128(&moments->sum, &sum))
        return 0;
    struct wide_integer of_mean = wide_square(sum);
    if (wide_divide(&of_mean, (uint64_t)moments->count) != 0) {
        struct wide_integer one = wide_of(1);
        wide_add(&of_mean, &one);
    }
    struct wide_integer distances = wide_negative(&of_mean);
    wide_add(&distances, &moments->squares);
    (void)wide_divide(&distances, (uint64_t)freedom);
    return wide_to_int128(&distances, &variance) ? (int64_t)variance : 0;
}

static void integer_finish(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                           struct vector *result)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct integer_moments *state = slot_state(slot, states, i);
        int64_t freedom = degrees_of_freedom(slot, state->count);
        int64_t value = 0;
        if (freedom > 0)
            value = integer_variance(state, freedom);
        else
            vector_set_null(result, i);
        if (is_deviation(slot->kind))
            value = square_root(value);
        if (result->type.kind == TYPE_INT)
            ((int32_t *)result->values)[i] = (int32_t)value;
        else
            ((int64_t *)result->values)[i] = value;
    }
}

static double floating_value(const struct aggregate_slot *slot, const void *values, uint32_t row)
{
    switch (slot->argument.kind) {
    case TYPE_FLOAT: return (double)((const float *)values)[row];
    case TYPE_DOUBLE: return ((const double *)values)[row];
    default: return decimal_to_double(((const int128_t *)values)[row], slot->argument.scale);
    }
}

static enum status floating_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                       struct error *error)
{
    (void)error;
    const void *values = input->arguments[0]->values;
    for (uint32_t i = 0; i < input->count; i++) {
        double value = floating_value(slot, values, input_row(input, i));
        struct floating_moments *state = slot_state(slot, input->states, i);
        struct double_double square = double_double_product(value, value);
        bool retracts = input_retracts(input, i);
        if (retracts)
            square = (struct double_double){-square.high, -square.low};
        double_double_add(&state->sum, retracts ? -value : value);
        double_double_merge(&state->squares, &square);
        count_add(&state->count, retracts ? -1 : 1);
    }
    return STATUS_OK;
}

static enum status floating_merge(const struct aggregate_slot *slot, void *target, const void *source,
                                  struct error *error)
{
    (void)slot;
    (void)error;
    struct floating_moments *moments = target;
    const struct floating_moments *other = source;
    double_double_merge(&moments->sum, &other->sum);
    double_double_merge(&moments->squares, &other->squares);
    count_add(&moments->count, other->count);
    return STATUS_OK;
}

/* (squares - sum * sum / count) / freedom; freedom > 0, hence count > 0. */
static double floating_variance(const struct floating_moments *moments, int64_t freedom)
{
    double count = (double)moments->count;
    struct double_double sum = {0}, distances = moments->squares;
    /* the sum, normalised, over the count: mean and what it lacks */
    double_double_add(&sum, moments->sum.high);
    double_double_add(&sum, moments->sum.low);
    double mean = sum.high / count;
    struct double_double back = double_double_product(mean, count);
    double rest = ((sum.high - back.high) - back.low + sum.low) / count;
    /* sum * (mean + rest), without the smallest term */
    struct double_double of_mean = double_double_product(sum.high, mean);
    of_mean.low += sum.high * rest + sum.low * mean;
    double_double_add(&distances, -of_mean.high);
    distances.low -= of_mean.low;
    double variance = double_double_value(&distances) / (double)freedom;
    return variance < 0 ? 0 : variance;
}

static void floating_finish(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                            struct vector *result)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct floating_moments *state = slot_state(slot, states, i);
        int64_t freedom = degrees_of_freedom(slot, state->count);
        double value = 0;
        bool is_there = freedom > 0;
        if (is_there)
            value = floating_variance(state, freedom);
        if (is_deviation(slot->kind))
            value = sqrt(value);
        int128_t decimal = 0;
        switch (result->type.kind) {
        case TYPE_FLOAT: ((float *)result->values)[i] = (float)value; break;
        case TYPE_DOUBLE: ((double *)result->values)[i] = value; break;
        default:
            is_there =
                is_there && decimal_from_double(value, result->type.precision, result->type.scale, &decimal);
            ((int128_t *)result->values)[i] = decimal;
        }
        if (!is_there)
            vector_set_null(result, i);
    }
}

static const struct aggregate_kernel integer_kernel = {.size = sizeof(struct integer_moments),
                                                       .accumulate = integer_accumulate,
                                                       .merge = integer_merge,
                                                       .finish = integer_finish};
static const struct aggregate_kernel floating_kernel = {.size = sizeof(struct floating_moments),
                                                        .accumulate = floating_accumulate,
                                                        .merge = floating_merge,
                                                        .finish = floating_finish};

const struct aggregate_kernel *variance_kernel(enum aggregate_kind kind, enum type_kind argument,
                                               bool retractable)
{
    (void)kind;
    (void)retractable;
    switch (argument) {
    case TYPE_INT:
    case TYPE_BIGINT: return &integer_kernel;
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_DECIMAL: return &floating_kernel;
    default: return NULL;
    }
}
