#include "common/expression/decimal.h"

#include "common/base/check.h"
#include "common/expression/value_format.h"
#include "common/expression/value_parse.h"

#include <math.h>
#include <stdio.h>

__extension__ typedef unsigned __int128 uint128_t;

/* An unsigned number of 256 bits, least significant word first. */
struct wide {
    uint64_t words[4];
};

int128_t decimal_power_of_ten(uint32_t exponent)
{
    static const uint64_t powers[] = {1,
                                      10,
                                      100,
                                      1000,
                                      10000,
                                      100000,
                                      1000000,
                                      10000000,
                                      100000000,
                                      1000000000,
                                      10000000000,
                                      100000000000,
                                      1000000000000,
                                      10000000000000,
                                      100000000000000,
                                      1000000000000000,
                                      10000000000000000,
                                      100000000000000000,
                                      1000000000000000000,
                                      10000000000000000000u};
    CHECK(exponent <= DECIMAL_MAX_DIGITS);
    return exponent < 20 ? (int128_t)powers[exponent]
                         : (int128_t)powers[19] * (int128_t)powers[exponent - 19];
}

static uint128_t magnitude(int128_t value)
{
    return value < 0 ? -(uint128_t)value : (uint128_t)value;
}

bool decimal_fits(int128_t value, uint8_t precision)
{
    return magnitude(value) < (uint128_t)decimal_power_of_ten(precision);
}

int128_t decimal_divide_half_up(int128_t value, int128_t divisor)
{
    int128_t quotient = value / divisor;
    int128_t rest = value % divisor;
    uint128_t magnitude_of_rest = magnitude(rest);
    if (magnitude_of_rest >= magnitude(divisor) - magnitude_of_rest)
        quotient += value < 0 ? -1 : 1;
    return quotient;
}

bool decimal_rescale(int128_t value, uint8_t from_scale, uint8_t to_scale, int128_t *ret_value)
{
    if (from_scale >= to_scale) {
        *ret_value = from_scale == to_scale
                         ? value
                         : decimal_divide_half_up(value, decimal_power_of_ten(from_scale - to_scale));
        return true;
    }
    int128_t result;
    if (__builtin_mul_overflow(value, decimal_power_of_ten(to_scale - from_scale), &result) ||
        !decimal_fits(result, DECIMAL_MAX_DIGITS))
        return false;
    *ret_value = result;
    return true;
}

static struct wide wide_multiply(uint128_t a, uint128_t b)
{
    uint64_t x[2] = {(uint64_t)a, (uint64_t)(a >> 64)};
    uint64_t y[2] = {(uint64_t)b, (uint64_t)(b >> 64)};
    struct wide product = {{0}};
    for (int i = 0; i < 2; i++) {
        uint128_t carry = 0;
        for (int j = 0; j < 2; j++) {
            uint128_t sum = (uint128_t)x[i] * y[j] + product.words[i + j] + carry;
            product.words[i + j] = (uint64_t)sum;
            carry = sum >> 64;
        }
        product.words[i + 2] = (uint64_t)carry;
    }
    return product;
}

/* Bit by bit: this is only for intermediate values above 38 digits. False when the quotient, rounded half up,
 * leaves 38 digits. */
static bool wide_divide_half_up(const struct wide *value, uint128_t divisor, uint128_t *ret_quotient)
{
    uint128_t quotient = 0;
    uint128_t rest = 0;
    for (int bit = 255; bit >= 0; bit--) {
        /* rest < divisor <= 2^127, so that doubling it cannot overflow */
        rest = rest << 1 | (value->words[bit / 64] >> (bit % 64) & 1);
        if (quotient >> 126 != 0)
            return false;
        quotient <<= 1;
        if (rest >= divisor) {
            rest -= divisor;
            quotient |= 1;
        }
    }
    if (rest >= divisor - rest)
        quotient++;
    if (quotient >= (uint128_t)decimal_power_of_ten(DECIMAL_MAX_DIGITS))
        return false;
    *ret_quotient = quotient;
    return true;
}

bool decimal_multiply(int128_t a, int128_t b, uint32_t from_scale, uint32_t to_scale, int128_t *ret_value)
{
    CHECK(from_scale >= to_scale && from_scale - to_scale <= DECIMAL_MAX_DIGITS);
    int128_t divisor = decimal_power_of_ten(from_scale - to_scale);
    int128_t product;
    if (!__builtin_mul_overflow(a, b, &product)) {
        product = divisor == 1 ? product : decimal_divide_half_up(product, divisor);
        if (!decimal_fits(product, DECIMAL_MAX_DIGITS))
            return false;
        *ret_value = product;
        return true;
    }
    struct wide wide = wide_multiply(magnitude(a), magnitude(b));
    uint128_t quotient;
    if (!wide_divide_half_up(&wide, (uint128_t)divisor, &quotient))
        return false;
    *ret_value = (a < 0) != (b < 0) ? -(int128_t)quotient : (int128_t)quotient;
    return true;
}

bool decimal_divide(int128_t a, int128_t b, uint32_t shift, int128_t *ret_value)
{
    CHECK(b != 0 && shift <= 2 * DECIMAL_MAX_DIGITS);
    uint32_t first = shift > DECIMAL_MAX_DIGITS ? DECIMAL_MAX_DIGITS : shift;
    struct wide wide = wide_multiply(magnitude(a), (uint128_t)decimal_power_of_ten(first));
    uint128_t second = (uint128_t)decimal_power_of_ten(shift - first);
    if (second != 1) {
        if (wide.words[2] != 0 || wide.words[3] != 0)
            return false;
        wide = wide_multiply((uint128_t)wide.words[1] << 64 | wide.words[0], second);
    }
    uint128_t quotient;
    if (wide.words[2] == 0 && wide.words[3] == 0 && wide.words[1] >> 63 == 0) {
        int128_t numerator = (int128_t)((uint128_t)wide.words[1] << 64 | wide.words[0]);
        quotient = (uint128_t)decimal_divide_half_up(numerator, (int128_t)magnitude(b));
        if (quotient >= (uint128_t)decimal_power_of_ten(DECIMAL_MAX_DIGITS))
            return false;
    } else if (!wide_divide_half_up(&wide, magnitude(b), &quotient)) {
        return false;
    }
    *ret_value = (a < 0) != (b < 0) ? -(int128_t)quotient : (int128_t)quotient;
    return true;
}

int decimal_compare(int128_t a, uint8_t a_scale, int128_t b, uint8_t b_scale)
{
    int128_t scaled;
    if (a_scale < b_scale) {
        if (__builtin_mul_overflow(a, decimal_power_of_ten(b_scale - a_scale), &scaled))
            return a < 0 ? -1 : 1;
        a = scaled;
    } else if (b_scale < a_scale) {
        if (__builtin_mul_overflow(b, decimal_power_of_ten(a_scale - b_scale), &scaled))
            return b < 0 ? 1 : -1;
        b = scaled;
    }
    return (a > b) - (a < b);
}

double decimal_to_double(int128_t value, uint8_t scale)
{
    /* both are exact up to 2^53 and 10^22, and then their quotient is the nearest double */
    if (magnitude(value) <= (uint128_t)1 << 53 && scale <= 22)
        return (double)value / (double)decimal_power_of_ten(scale);
    char text[VALUE_TEXT_BYTES];
    size_t size = value_format_decimal(value, scale, text);
    double result = 0;
    CHECK(value_parse_double(text, size, &result));
    return result;
}

bool decimal_from_double(double value, uint8_t precision, uint8_t scale, int128_t *ret_value)
{
    char text[VALUE_TEXT_BYTES];
    if (!isfinite(value))
        return false;
    return value_parse_decimal(text, value_format_double(value, text), precision, scale, ret_value);
}
