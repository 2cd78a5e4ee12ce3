#include "common/expression/decimal.h"
#include "common/expression/functions/functions_internal.h"

#include <math.h>

static const int128_t *decimals(const struct kernel_call *call)
{
    return call->arguments[0]->values;
}

enum status kernel_abs(const struct kernel_call *call, struct error *error)
{
    (void)error;
    switch (call->result->type.kind) {
    case TYPE_INT: KERNEL_UNARY(call, int32_t, int32_t, a < 0 ? (int32_t)(0u - (uint32_t)a) : a); break;
    case TYPE_BIGINT:
        KERNEL_UNARY(call, int64_t, int64_t, a < 0 ? (int64_t)(UINT64_C(0) - (uint64_t)a) : a);
        break;
    case TYPE_FLOAT: KERNEL_UNARY(call, float, float, fabsf(a)); break;
    case TYPE_DOUBLE: KERNEL_UNARY(call, double, double, fabs(a)); break;
    default:
        for (uint32_t row = 0; row < call->num_rows; row++)
            if (kernel_is_live(call, row))
                ((int128_t *)call->result->values)[row] =
                    decimals(call)[row] < 0 ? -decimals(call)[row] : decimals(call)[row];
    }
    return STATUS_OK;
}

enum status kernel_sign(const struct kernel_call *call, struct error *error)
{
    (void)error;
    int128_t one =
        call->result->type.kind == TYPE_DECIMAL ? decimal_power_of_ten(call->result->type.scale) : 1;
    switch (call->result->type.kind) {
    case TYPE_INT: KERNEL_UNARY(call, int32_t, int32_t, (a > 0) - (a < 0)); break;
    case TYPE_BIGINT: KERNEL_UNARY(call, int64_t, int64_t, (a > 0) - (a < 0)); break;
    case TYPE_FLOAT: KERNEL_UNARY(call, float, float, (float)((a > 0) - (a < 0))); break;
    case TYPE_DOUBLE: KERNEL_UNARY(call, double, double, (a > 0) - (a < 0)); break;
    default: KERNEL_UNARY(call, int128_t, int128_t, a > 0 ? one : a < 0 ? -one : 0);
    }
    return STATUS_OK;
}

/* Half away from zero at a digit left of the point. */
static int64_t round_whole(int64_t value, int32_t digits)
{
    if (digits >= 0)
        return value;
    if (digits < -18)
        return 0;
    int128_t unit = decimal_power_of_ten((uint32_t)-digits);
    return (int64_t)(decimal_divide_half_up(value, unit) * unit);
}

/* On the decimal digits that are shown, as Flink does by way of BigDecimal: 2.675 becomes 2.68. */
static double round_double(double value, int32_t digits)
{
    if (!isfinite(value) || digits > 15 || fabs(value) >= 1e15)
        return value;
    int128_t unscaled;
    if (digits < 0) {
        double unit = pow(10, -digits);
        return round(value / unit) * unit;
    }
    return decimal_from_double(value, 38, (uint8_t)digits, &unscaled)
               ? decimal_to_double(unscaled, (uint8_t)digits)
               : value;
}

static bool round_decimal(const struct kernel_call *call, int128_t value, int32_t digits, int128_t *ret_value)
{
    uint8_t scale = call->arguments[0]->type.scale;
    if (digits < scale) {
        uint32_t dropped = (uint32_t)(scale - digits);
        if (dropped > DECIMAL_MAX_DIGITS) {
            *ret_value = 0;
            return true;
        }
        int128_t unit = decimal_power_of_ten(dropped);
        if (__builtin_mul_overflow(decimal_divide_half_up(value, unit), unit, &value))
            return false;
    }
    return decimal_rescale(value, scale, call->result->type.scale, ret_value) &&
           decimal_fits(*ret_value, call->result->type.precision);
}

enum status kernel_round(const struct kernel_call *call, struct error *error)
{
    (void)error;
    const struct vector *in = call->arguments[0];
    void *out = call->result->values;
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        int32_t digits = call->num_arguments == 2 ? kernel_int(call, 1, row) : 0;
        const void *value = vector_value(in, row);
        bool fits = true;
        switch (in->type.kind) {
        case TYPE_INT: ((int32_t *)out)[row] = (int32_t)round_whole(*(const int32_t *)value, digits); break;
        case TYPE_BIGINT: ((int64_t *)out)[row] = round_whole(*(const int64_t *)value, digits); break;
        case TYPE_FLOAT:
            ((float *)out)[row] = (float)round_double((double)*(const float *)value, digits);
            break;
        case TYPE_DOUBLE: ((double *)out)[row] = round_double(*(const double *)value, digits); break;
        default: fits = round_decimal(call, *(const int128_t *)value, digits, (int128_t *)out + row);
        }
        if (!fits)
            vector_set_null(call->result, row);
    }
    return STATUS_OK;
}

static int128_t floor_decimal(int128_t value, int128_t unit)
{
    return value / unit - (value % unit < 0);
}

enum status kernel_floor(const struct kernel_call *call, struct error *error)
{
    (void)error;
    int128_t unit = decimal_power_of_ten(call->arguments[0]->type.scale);
    switch (call->arguments[0]->type.kind) {
    case TYPE_INT: KERNEL_UNARY(call, int32_t, int32_t, a); break;
    case TYPE_BIGINT: KERNEL_UNARY(call, int64_t, int64_t, a); break;
    case TYPE_FLOAT: KERNEL_UNARY(call, float, float, floorf(a)); break;
    case TYPE_DOUBLE: KERNEL_UNARY(call, double, double, floor(a)); break;
    default: KERNEL_UNARY(call, int128_t, int128_t, floor_decimal(a, unit));
    }
    return STATUS_OK;
}

enum status kernel_ceil(const struct kernel_call *call, struct error *error)
{
    (void)error;
    int128_t unit = decimal_power_of_ten(call->arguments[0]->type.scale);
    switch (call->arguments[0]->type.kind) {
    case TYPE_INT: KERNEL_UNARY(call, int32_t, int32_t, a); break;
    case TYPE_BIGINT: KERNEL_UNARY(call, int64_t, int64_t, a); break;
    case TYPE_FLOAT: KERNEL_UNARY(call, float, float, ceilf(a)); break;
    case TYPE_DOUBLE: KERNEL_UNARY(call, double, double, ceil(a)); break;
    default: KERNEL_UNARY(call, int128_t, int128_t, a / unit + (a % unit > 0));
    }
    return STATUS_OK;
}

enum status kernel_power(const struct kernel_call *call, struct error *error)
{
    (void)error;
    KERNEL_BINARY(call, double, double, double, pow(a, b));
    return STATUS_OK;
}

enum status kernel_sqrt(const struct kernel_call *call, struct error *error)
{
    (void)error;
    KERNEL_UNARY(call, double, double, sqrt(a));
    return STATUS_OK;
}

enum status kernel_exp(const struct kernel_call *call, struct error *error)
{
    (void)error;
    KERNEL_UNARY(call, double, double, exp(a));
    return STATUS_OK;
}

enum status kernel_ln(const struct kernel_call *call, struct error *error)
{
    (void)error;
    KERNEL_UNARY(call, double, double, log(a));
    return STATUS_OK;
}

enum status kernel_log10(const struct kernel_call *call, struct error *error)
{
    (void)error;
    KERNEL_UNARY(call, double, double, log10(a));
    return STATUS_OK;
}
