#pragma once

#include "common/columnar/data_type.h"

/* 256-bit integers in two's complement, the least limb first: sums that no number of rows overflows. */
struct wide_integer {
    uint64_t limbs[4];
};

__extension__ typedef unsigned __int128 uint128_t;

static inline void wide_add(struct wide_integer *sum, const struct wide_integer *value)
{
    unsigned char carry = 0;
    for (int i = 0; i < 4; i++) {
        uint128_t limb = (uint128_t)sum->limbs[i] + value->limbs[i] + carry;
        sum->limbs[i] = (uint64_t)limb;
        carry = (unsigned char)(limb >> 64);
    }
}

static inline struct wide_integer wide_of(int128_t value)
{
    uint64_t sign = value < 0 ? UINT64_MAX : 0;
    return (struct wide_integer){
        {(uint64_t)(uint128_t)value, (uint64_t)((uint128_t)value >> 64), sign, sign}};
}

static inline struct wide_integer wide_negative(const struct wide_integer *value)
{
    struct wide_integer negative = {{1, 0, 0, 0}};
    struct wide_integer complement;
    for (int i = 0; i < 4; i++)
        complement.limbs[i] = ~value->limbs[i];
    wide_add(&negative, &complement);
    return negative;
}

static inline bool wide_is_negative(const struct wide_integer *value)
{
    return (value->limbs[3] >> 63) != 0;
}

static inline bool wide_is_zero(const struct wide_integer *value)
{
    return (value->limbs[0] | value->limbs[1] | value->limbs[2] | value->limbs[3]) == 0;
}

/* False when it does not fit. */
static inline bool wide_to_int128(const struct wide_integer *value, int128_t *ret_value)
{
    uint64_t sign = (value->limbs[1] >> 63) != 0 ? UINT64_MAX : 0;
    if (value->limbs[2] != sign || value->limbs[3] != sign)
        return false;
    *ret_value = (int128_t)((uint128_t)value->limbs[1] << 64 | value->limbs[0]);
    return true;
}

/* The square of any 127-bit integer. */
static inline struct wide_integer wide_square(int128_t value)
{
    uint128_t magnitude = value < 0 ? -(uint128_t)value : (uint128_t)value;
    uint64_t low = (uint64_t)magnitude, high = (uint64_t)(magnitude >> 64);
    uint128_t product = (uint128_t)low * low, middle = (uint128_t)low * high, top = (uint128_t)high * high;
    struct wide_integer square = {
        {(uint64_t)product, (uint64_t)(product >> 64), (uint64_t)top, (uint64_t)(top >> 64)}};
    struct wide_integer cross = {{0, (uint64_t)middle, (uint64_t)(middle >> 64), 0}};
    wide_add(&square, &cross);
    wide_add(&square, &cross);
    return square;
}

/* Divides in place, truncating towards zero; the magnitude of the remainder. divisor > 0. */
static inline uint64_t wide_divide(struct wide_integer *value, uint64_t divisor)
{
    bool negative = wide_is_negative(value);
    if (negative)
        *value = wide_negative(value);
    uint64_t rest = 0;
    for (int i = 3; i >= 0; i--) {
        uint128_t part = (uint128_t)rest << 64 | value->limbs[i];
        value->limbs[i] = (uint64_t)(part / divisor);
        rest = (uint64_t)(part % divisor);
    }
    if (negative)
        *value = wide_negative(value);
    return rest;
}
