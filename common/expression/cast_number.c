#include "common/expression/cast_internal.h"
#include "common/expression/decimal.h"

#include <math.h>

/* As Java: towards zero, the nearest end of the range beyond it, 0 for NaN. */
static int64_t int64_of_double(double value)
{
    if (isnan(value))
        return 0;
    if (value >= 0x1p63)
        return INT64_MAX;
    return value < -0x1p63 ? INT64_MIN : (int64_t)value;
}

static int32_t int32_of_double(double value)
{
    if (isnan(value))
        return 0;
    if (value >= 0x1p31)
        return INT32_MAX;
    return value <= -0x1p31 ? INT32_MIN : (int32_t)value;
}

static void cast_from_int64(const struct kernel_call *call, int64_t value, uint32_t row)
{
    int128_t *out = call->result->values;
    struct data_type type = call->result->type;
    if (!decimal_rescale(value, 0, type.scale, &out[row]) || !decimal_fits(out[row], type.precision))
        vector_set_null(call->result, row);
}

/* INT and BIGINT narrow by dropping high bits, as Java does. */
static void cast_int(const struct kernel_call *call)
{
    switch (call->result->type.kind) {
    case TYPE_BOOLEAN: KERNEL_UNARY(call, int32_t, uint8_t, a != 0); break;
    case TYPE_BIGINT: KERNEL_UNARY(call, int32_t, int64_t, a); break;
    case TYPE_FLOAT: KERNEL_UNARY(call, int32_t, float, (float)a); break;
    case TYPE_DOUBLE: KERNEL_UNARY(call, int32_t, double, a); break;
    case TYPE_DECIMAL:
        for (uint32_t row = 0; row < call->num_rows; row++)
            cast_from_int64(call, ((const int32_t *)call->arguments[0]->values)[row], row);
        break;
    default: KERNEL_UNARY(call, int32_t, int32_t, a); break;
    }
}

static void cast_bigint(const struct kernel_call *call)
{
    switch (call->result->type.kind) {
    case TYPE_BOOLEAN: KERNEL_UNARY(call, int64_t, uint8_t, a != 0); break;
    case TYPE_INT: KERNEL_UNARY(call, int64_t, int32_t, (int32_t)(uint32_t)a); break;
    case TYPE_FLOAT: KERNEL_UNARY(call, int64_t, float, (float)a); break;
    case TYPE_DOUBLE: KERNEL_UNARY(call, int64_t, double, (double)a); break;
    case TYPE_DECIMAL:
        for (uint32_t row = 0; row < call->num_rows; row++)
            cast_from_int64(call, ((const int64_t *)call->arguments[0]->values)[row], row);
        break;
    default: KERNEL_UNARY(call, int64_t, int64_t, a); break;
    }
}

static void cast_boolean(const struct kernel_call *call)
{
    switch (call->result->type.kind) {
    case TYPE_INT: KERNEL_UNARY(call, uint8_t, int32_t, a & 1); break;
    case TYPE_BIGINT: KERNEL_UNARY(call, uint8_t, int64_t, a & 1); break;
    case TYPE_FLOAT: KERNEL_UNARY(call, uint8_t, float, (float)(a & 1)); break;
    case TYPE_DOUBLE: KERNEL_UNARY(call, uint8_t, double, a & 1); break;
    case TYPE_DECIMAL:
        for (uint32_t row = 0; row < call->num_rows; row++)
            cast_from_int64(call, ((const uint8_t *)call->arguments[0]->values)[row] & 1, row);
        break;
    default: KERNEL_UNARY(call, uint8_t, uint8_t, a); break;
    }
}

static double floating_value(const struct vector *vector, uint32_t row)
{
    return vector->type.kind == TYPE_FLOAT ? (double)((const float *)vector->values)[row]
                                           : ((const double *)vector->values)[row];
}

static void cast_floating_to_decimal(const struct kernel_call *call)
{
    int128_t *out = call->result->values;
    struct data_type type = call->result->type;
    for (uint32_t row = 0; row < call->num_rows; row++)
        if (kernel_is_live(call, row) && !decimal_from_double(floating_value(call->arguments[0], row),
                                                              type.precision, type.scale, &out[row]))
            vector_set_null(call->result, row);
}

static void cast_float(const struct kernel_call *call)
{
    switch (call->result->type.kind) {
    case TYPE_BOOLEAN: KERNEL_UNARY(call, float, uint8_t, a != 0); break;
    case TYPE_INT: KERNEL_UNARY(call, float, int32_t, int32_of_double((double)a)); break;
    case TYPE_BIGINT: KERNEL_UNARY(call, float, int64_t, int64_of_double((double)a)); break;
    case TYPE_DOUBLE: KERNEL_UNARY(call, float, double, (double)a); break;
    case TYPE_DECIMAL: cast_floating_to_decimal(call); break;
    default: KERNEL_UNARY(call, float, float, a); break;
    }
}

static void cast_double(const struct kernel_call *call)
{
    switch (call->result->type.kind) {
    case TYPE_BOOLEAN: KERNEL_UNARY(call, double, uint8_t, a != 0); break;
    case TYPE_INT: KERNEL_UNARY(call, double, int32_t, int32_of_double(a)); break;
    case TYPE_BIGINT: KERNEL_UNARY(call, double, int64_t, int64_of_double(a)); break;
    case TYPE_FLOAT: KERNEL_UNARY(call, double, float, (float)a); break;
    case TYPE_DECIMAL: cast_floating_to_decimal(call); break;
    default: KERNEL_UNARY(call, double, double, a); break;
    }
}

static void cast_decimal_to_decimal(const struct kernel_call *call)
{
    const int128_t *in = call->arguments[0]->values;
    int128_t *out = call->result->values;
    uint8_t from_scale = call->arguments[0]->type.scale;
    struct data_type type = call->result->type;
    for (uint32_t row = 0; row < call->num_rows; row++)
        if (!decimal_rescale(in[row], from_scale, type.scale, &out[row]) ||
            !decimal_fits(out[row], type.precision))
            vector_set_null(call->result, row);
}

static void cast_decimal(const struct kernel_call *call)
{
    uint8_t scale = call->arguments[0]->type.scale;
    int128_t unit = decimal_power_of_ten(scale);
    switch (call->result->type.kind) {
    case TYPE_BOOLEAN: KERNEL_UNARY(call, int128_t, uint8_t, a != 0); break;
    case TYPE_INT: KERNEL_UNARY(call, int128_t, int32_t, (int32_t)(uint32_t)(a / unit)); break;
    case TYPE_BIGINT: KERNEL_UNARY(call, int128_t, int64_t, (int64_t)(uint64_t)(a / unit)); break;
    case TYPE_DECIMAL: cast_decimal_to_decimal(call); break;
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        for (uint32_t row = 0; row < call->num_rows; row++) {
            if (!kernel_is_live(call, row))
                continue;
            double value = decimal_to_double(((const int128_t *)call->arguments[0]->values)[row], scale);
            if (call->result->type.kind == TYPE_FLOAT)
                ((float *)call->result->values)[row] = (float)value;
            else
                ((double *)call->result->values)[row] = value;
        }
        break;
    default: CHECK(false);
    }
}

void cast_number(const struct kernel_call *call)
{
    switch (call->arguments[0]->type.kind) {
    case TYPE_BOOLEAN: cast_boolean(call); break;
    case TYPE_INT: cast_int(call); break;
    case TYPE_BIGINT: cast_bigint(call); break;
    case TYPE_FLOAT: cast_float(call); break;
    case TYPE_DOUBLE: cast_double(call); break;
    case TYPE_DECIMAL: cast_decimal(call); break;
    default: CHECK(false);
    }
}
