#pragma once

#include <math.h>

/*
 * Sums of doubles that keep what each addition rounds away (Knuth's two-sum, Dekker's product): some 106
 * bits, so that the order in which rows come, or partial sums are merged, does not show in the result.
 */
struct double_double {
    double high; /* the running sum as a double; infinite or NaN as that would be */
    double low;  /* what it lacks */
};

static inline void double_double_add(struct double_double *sum, double value)
{
    double high = sum->high + value;
    double back = high - sum->high;
    sum->low += (sum->high - (high - back)) + (value - back);
    sum->high = high;
}

static inline void double_double_merge(struct double_double *sum, const struct double_double *other)
{
    double_double_add(sum, other->high);
    sum->low += other->low;
}

static inline double double_double_value(const struct double_double *sum)
{
    return isfinite(sum->high) ? sum->high + sum->low : sum->high;
}

/* a * b, exactly unless it is too large or too small. */
static inline struct double_double double_double_product(double a, double b)
{
    const double splitter = 134217729.0; /* 2^27 + 1 */
    double high = a * b;
    double a_scaled = splitter * a, b_scaled = splitter * b;
    double a_high = a_scaled - (a_scaled - a), b_high = b_scaled - (b_scaled - b);
    double a_low = a - a_high, b_low = b - b_high;
    double low = ((a_high * b_high - high) + a_high * b_low + a_low * b_high) + a_low * b_low;
    return (struct double_double){high, isfinite(low) ? low : 0.0};
}
