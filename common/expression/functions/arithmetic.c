#include "common/expression/decimal.h"
#include "common/expression/functions/functions_internal.h"

#include <math.h>

/* INT and BIGINT wrap, as in Java; the unsigned types keep that defined. */
#define WRAPPING(call, sign)                                                                                 \
    switch ((call)->result->type.kind) {                                                                     \
    case TYPE_INT:                                                                                           \
        KERNEL_BINARY(call, int32_t, int32_t, int32_t, (int32_t)((uint32_t)a sign(uint32_t) b));             \
        return STATUS_OK;                                                                                    \
    case TYPE_BIGINT:                                                                                        \
        KERNEL_BINARY(call, int64_t, int64_t, int64_t, (int64_t)((uint64_t)a sign(uint64_t) b));             \
        return STATUS_OK;                                                                                    \
    case TYPE_FLOAT: KERNEL_BINARY(call, float, float, float, a sign b); return STATUS_OK;                   \
    case TYPE_DOUBLE: KERNEL_BINARY(call, double, double, double, a sign b); return STATUS_OK;               \
    default: break;                                                                                          \
    }

/* A decimal operation: false for a result beyond 38 digits. */
typedef bool decimal_operation(const struct kernel_call *call, int128_t a, int128_t b, int128_t *ret_value);

static int128_t decimal_argument(const struct kernel_call *call, uint32_t argument, uint32_t row)
{
    const struct vector *vector = call->arguments[argument];
    return ((const int128_t *)vector->values)[kernel_row(vector, row)];
}

/* A result that does not fit is NULL, as in Flink. */
static enum status decimal_rows(const struct kernel_call *call, decimal_operation *operation)
{
    int128_t *out = call->result->values;
    uint8_t precision = call->result->type.precision;
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        int128_t value;
        if (operation(call, decimal_argument(call, 0, row), decimal_argument(call, 1, row), &value) &&
            decimal_fits(value, precision))
            out[row] = value;
        else
            vector_set_null(call->result, row);
    }
    return STATUS_OK;
}

static uint8_t wider_scale(const struct kernel_call *call)
{
    uint8_t a = call->arguments[0]->type.scale;
    uint8_t b = call->arguments[1]->type.scale;
    return a > b ? a : b;
}

static bool to_wider_scale(const struct kernel_call *call, int128_t *a, int128_t *b)
{
    uint8_t scale = wider_scale(call);
    return decimal_rescale(*a, call->arguments[0]->type.scale, scale, a) &&
           decimal_rescale(*b, call->arguments[1]->type.scale, scale, b);
}

static bool decimal_add(const struct kernel_call *call, int128_t a, int128_t b, int128_t *ret_value)
{
    int128_t sum;
    return to_wider_scale(call, &a, &b) && !__builtin_add_overflow(a, b, &sum) &&
           decimal_rescale(sum, wider_scale(call), call->result->type.scale, ret_value);
}

static bool decimal_subtract(const struct kernel_call *call, int128_t a, int128_t b, int128_t *ret_value)
{
    return decimal_add(call, a, -b, ret_value);
}

static bool decimal_times(const struct kernel_call *call, int128_t a, int128_t b, int128_t *ret_value)
{
    uint32_t scale = (uint32_t)call->arguments[0]->type.scale + call->arguments[1]->type.scale;
    return decimal_multiply(a, b, scale, call->result->type.scale, ret_value);
}

static bool decimal_over(const struct kernel_call *call, int128_t a, int128_t b, int128_t *ret_value)
{
    int32_t shift =
        (int32_t)call->result->type.scale + call->arguments[1]->type.scale - call->arguments[0]->type.scale;
    if (shift >= 0)
        return decimal_divide(a, b, (uint32_t)shift, ret_value);
    int128_t scaled;
    return !__builtin_mul_overflow(b, decimal_power_of_ten((uint32_t)-shift), &scaled) &&
           decimal_divide(a, scaled, 0, ret_value);
}

static bool decimal_modulo(const struct kernel_call *call, int128_t a, int128_t b, int128_t *ret_value)
{
    return to_wider_scale(call, &a, &b) &&
           decimal_rescale(a % b, wider_scale(call), call->result->type.scale, ret_value);
}

enum status kernel_add(const struct kernel_call *call, struct error *error)
{
    (void)error;
    WRAPPING(call, +)
    return decimal_rows(call, decimal_add);
}

enum status kernel_subtract(const struct kernel_call *call, struct error *error)
{
    (void)error;
    WRAPPING(call, -)
    return decimal_rows(call, decimal_subtract);
}

enum status kernel_multiply(const struct kernel_call *call, struct error *error)
{
    (void)error;
    WRAPPING(call, *)
    return decimal_rows(call, decimal_times);
}

#define ANY_ZERO(type)                                                                                       \
    do {                                                                                                     \
        const type *values = divisor->values;                                                                \
        for (uint32_t row = 0; row < count; row++)                                                           \
            any |= values[row] == 0;                                                                         \
    } while (0)

/* Whether a divisor is zero, null rows included. */
static bool any_zero(const struct vector *divisor, uint32_t count)
{
    bool any = false;
    if (divisor->type.kind == TYPE_INT)
        ANY_ZERO(int32_t);
    else if (divisor->type.kind == TYPE_BIGINT)
        ANY_ZERO(int64_t);
    else
        ANY_ZERO(int128_t);
    return any;
}

/* Whether a live row has a zero divisor. */
static bool has_zero_divisor(const struct kernel_call *call)
{
    const struct vector *divisor = call->arguments[1];
    bool constant = divisor->encoding == VECTOR_CONSTANT;
    if (!any_zero(divisor, constant ? 1 : call->num_rows))
        return false;
    static const int128_t zero = 0;
    size_t width = data_type_width(divisor->type.kind);
    for (uint32_t row = 0; row < call->num_rows; row++)
        if (kernel_is_live(call, row) && memcmp(vector_value(divisor, row), &zero, width) == 0)
            return true;
    return false;
}

static enum status check_divisor(const struct kernel_call *call, struct error *error)
{
    enum type_kind kind = call->arguments[1]->type.kind;
    if (kind == TYPE_DOUBLE || kind == TYPE_FLOAT || !has_zero_divisor(call))
        return STATUS_OK;
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "/ by zero; guard the division, as in CASE WHEN x <> 0 THEN y / x END");
}

/* Divisors of null rows may be anything, zero included. -1 is apart: the smallest number has no opposite. */
static int64_t quotient(int64_t a, int64_t b)
{
    if (b == 0)
        return 0;
    return b == -1 ? (int64_t)(UINT64_C(0) - (uint64_t)a) : a / b;
}

static int64_t remainder_of(int64_t a, int64_t b)
{
    return b == 0 || b == -1 ? 0 : a % b;
}

enum status kernel_divide(const struct kernel_call *call, struct error *error)
{
    enum status status = check_divisor(call, error);
    if (status != STATUS_OK)
        return status;
    switch (call->result->type.kind) {
    case TYPE_INT:
        KERNEL_BINARY(call, int32_t, int32_t, int32_t, (int32_t)(uint32_t)(uint64_t)quotient(a, b));
        return STATUS_OK;
    case TYPE_BIGINT: KERNEL_BINARY(call, int64_t, int64_t, int64_t, quotient(a, b)); return STATUS_OK;
    case TYPE_FLOAT: KERNEL_BINARY(call, float, float, float, a / b); return STATUS_OK;
    case TYPE_DOUBLE: KERNEL_BINARY(call, double, double, double, a / b); return STATUS_OK;
    default: return decimal_rows(call, decimal_over);
    }
}

enum status kernel_remainder(const struct kernel_call *call, struct error *error)
{
    enum status status = check_divisor(call, error);
    if (status != STATUS_OK)
        return status;
    bool narrows = call->result->type.kind == TYPE_INT && call->arguments[0]->type.kind == TYPE_BIGINT;
    if (narrows) {
        KERNEL_BINARY(call, int64_t, int64_t, int32_t, (int32_t)remainder_of(a, b));
        return STATUS_OK;
    }
    switch (call->result->type.kind) {
    case TYPE_INT:
        KERNEL_BINARY(call, int32_t, int32_t, int32_t, (int32_t)remainder_of(a, b));
        return STATUS_OK;
    case TYPE_BIGINT: KERNEL_BINARY(call, int64_t, int64_t, int64_t, remainder_of(a, b)); return STATUS_OK;
    case TYPE_FLOAT: KERNEL_BINARY(call, float, float, float, fmodf(a, b)); return STATUS_OK;
    case TYPE_DOUBLE: KERNEL_BINARY(call, double, double, double, fmod(a, b)); return STATUS_OK;
    default: return decimal_rows(call, decimal_modulo);
    }
}

enum status kernel_negate(const struct kernel_call *call, struct error *error)
{
    (void)error;
    switch (call->result->type.kind) {
    case TYPE_INT: KERNEL_UNARY(call, int32_t, int32_t, (int32_t)(0u - (uint32_t)a)); break;
    case TYPE_BIGINT: KERNEL_UNARY(call, int64_t, int64_t, (int64_t)(UINT64_C(0) - (uint64_t)a)); break;
    case TYPE_FLOAT: KERNEL_UNARY(call, float, float, -a); break;
    case TYPE_DOUBLE: KERNEL_UNARY(call, double, double, -a); break;
    default:
        for (uint32_t row = 0; row < call->num_rows; row++)
            if (kernel_is_live(call, row))
                ((int128_t *)call->result->values)[row] = -decimal_argument(call, 0, row);
    }
    return STATUS_OK;
}
