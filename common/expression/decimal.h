#pragma once

#include "common/columnar/data_type.h"

/* Arithmetic on unscaled decimal values of up to 38 digits. Functions that can leave that range return false
 * and leave *ret_value. */
enum { DECIMAL_MAX_DIGITS = 38 };

int128_t decimal_power_of_ten(uint32_t exponent); /* 0 to 38 */
bool decimal_fits(int128_t value, uint8_t precision);
/* Rounds half away from zero. divisor > 0. */
int128_t decimal_divide_half_up(int128_t value, int128_t divisor);
/* Moves a value from one scale to another, rounding half up. */
bool decimal_rescale(int128_t value, uint8_t from_scale, uint8_t to_scale, int128_t *ret_value);
/* a * b of scale from_scale, rounded to to_scale; the intermediate product has 256 bits. */
bool decimal_multiply(int128_t a, int128_t b, uint32_t from_scale, uint32_t to_scale, int128_t *ret_value);
/* a * 10^shift / b rounded half up; b != 0; shift 0 to 76. */
bool decimal_divide(int128_t a, int128_t b, uint32_t shift, int128_t *ret_value);
/* As of unscaled values of different scales: negative, 0 or positive. */
int decimal_compare(int128_t a, uint8_t a_scale, int128_t b, uint8_t b_scale);
double decimal_to_double(int128_t value, uint8_t scale);
bool decimal_from_double(double value, uint8_t precision, uint8_t scale, int128_t *ret_value);
