#include "common/expression/type_rules.h"

#include "common/base/check.h"
#include "common/expression/decimal.h"

enum { MIN_KEPT_SCALE = 6, INT_DIGITS = 10, BIGINT_DIGITS = 19 };

static uint8_t max_u8(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

static bool is_timestamp(enum type_kind kind)
{
    return kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ;
}

static bool is_temporal(enum type_kind kind)
{
    return kind == TYPE_DATE || is_timestamp(kind);
}

bool type_supports_cast(struct data_type from, struct data_type to)
{
    if (to.kind == TYPE_NULL)
        return false;
    if (from.kind == to.kind || from.kind == TYPE_NULL || to.kind == TYPE_STRING)
        return true;
    if (from.kind == TYPE_STRING)
        return true;
    if (from.kind == TYPE_BYTES || to.kind == TYPE_BYTES)
        return false;
    bool from_number = data_type_is_numeric(from.kind) || from.kind == TYPE_BOOLEAN;
    bool to_number = data_type_is_numeric(to.kind) || to.kind == TYPE_BOOLEAN;
    return (from_number && to_number) || (is_temporal(from.kind) && is_temporal(to.kind));
}

bool type_supports_implicit_cast(struct data_type from, struct data_type to)
{
    if (from.kind == to.kind || from.kind == TYPE_NULL)
        return true;
    if (data_type_is_numeric(from.kind) && data_type_is_numeric(to.kind)) {
        switch (to.kind) {
        case TYPE_BIGINT: return from.kind == TYPE_INT;
        case TYPE_DECIMAL: return true;
        case TYPE_FLOAT: return from.kind != TYPE_DOUBLE;
        case TYPE_DOUBLE: return true;
        default: return false;
        }
    }
    if (to.kind == TYPE_DATE)
        return from.kind == TYPE_TIMESTAMP;
    return is_temporal(from.kind) && is_timestamp(to.kind);
}

bool type_cast_can_fail(struct data_type from, struct data_type to)
{
    return from.kind == TYPE_STRING && to.kind != TYPE_STRING && to.kind != TYPE_BYTES;
}

static bool common_numeric(struct data_type a, struct data_type b, struct data_type *ret_type)
{
    if (a.kind == TYPE_DOUBLE || b.kind == TYPE_DOUBLE) {
        *ret_type = data_type_of(TYPE_DOUBLE);
    } else if (a.kind == TYPE_FLOAT || b.kind == TYPE_FLOAT) {
        bool decimal = a.kind == TYPE_DECIMAL || b.kind == TYPE_DECIMAL;
        *ret_type = data_type_of(decimal ? TYPE_DOUBLE : TYPE_FLOAT);
    } else if (a.kind == TYPE_DECIMAL || b.kind == TYPE_DECIMAL) {
        a = type_as_decimal(a);
        b = type_as_decimal(b);
        uint8_t scale = max_u8(a.scale, b.scale);
        uint32_t precision = (uint32_t)max_u8(a.precision - a.scale, b.precision - b.scale) + scale;
        if (precision > DECIMAL_MAX_DIGITS)
            precision = DECIMAL_MAX_DIGITS;
        *ret_type = data_type_decimal((uint8_t)precision, scale);
    } else {
        *ret_type = data_type_of(TYPE_BIGINT);
    }
    return true;
}

static struct data_type common_string(struct data_type a, struct data_type b)
{
    struct data_type type = a;
    type.fixed_length = a.fixed_length && b.fixed_length && a.length == b.length;
    type.length = a.length > b.length ? a.length : b.length;
    return type;
}

static bool common_temporal(struct data_type a, struct data_type b, struct data_type *ret_type)
{
    bool zoned = a.kind == TYPE_TIMESTAMP_LTZ || b.kind == TYPE_TIMESTAMP_LTZ;
    *ret_type =
        data_type_timestamp(zoned ? TYPE_TIMESTAMP_LTZ : TYPE_TIMESTAMP, max_u8(a.precision, b.precision));
    return true;
}

bool type_find_common(struct data_type a, struct data_type b, struct data_type *ret_type)
{
    struct data_type type;
    if (a.kind == TYPE_NULL || b.kind == TYPE_NULL)
        type = a.kind == TYPE_NULL ? b : a;
    else if (data_type_is_string(a.kind) && a.kind == b.kind)
        type = common_string(a, b);
    else if (data_type_equal(a, b))
        type = a;
    else if (data_type_is_numeric(a.kind) && data_type_is_numeric(b.kind))
        common_numeric(a, b, &type);
    else if (is_temporal(a.kind) && is_temporal(b.kind))
        common_temporal(a, b, &type);
    else
        return false;
    type.nullable = a.nullable || b.nullable || a.kind == TYPE_NULL || b.kind == TYPE_NULL;
    *ret_type = type;
    return true;
}

/* Keeps the whole digits at the cost of the scale, of which at least 6 (or all) remain. */
static struct data_type capped_decimal(uint32_t precision, uint32_t scale)
{
    if (precision <= DECIMAL_MAX_DIGITS)
        return data_type_decimal((uint8_t)precision, (uint8_t)scale);
    uint32_t whole = precision - scale;
    uint32_t least = scale < MIN_KEPT_SCALE ? scale : MIN_KEPT_SCALE;
    uint32_t kept = whole >= DECIMAL_MAX_DIGITS ? 0 : DECIMAL_MAX_DIGITS - whole;
    return data_type_decimal(DECIMAL_MAX_DIGITS, (uint8_t)(kept > least ? kept : least));
}

struct data_type type_decimal_sum(struct data_type a, struct data_type b)
{
    uint8_t scale = max_u8(a.scale, b.scale);
    uint8_t whole = max_u8(a.precision - a.scale, b.precision - b.scale);
    return capped_decimal((uint32_t)whole + scale + 1, scale);
}

struct data_type type_decimal_product(struct data_type a, struct data_type b)
{
    return capped_decimal((uint32_t)a.precision + b.precision + 1, (uint32_t)a.scale + b.scale);
}

struct data_type type_decimal_quotient(struct data_type a, struct data_type b)
{
    uint32_t scale = (uint32_t)a.scale + b.precision + 1;
    if (scale < MIN_KEPT_SCALE)
        scale = MIN_KEPT_SCALE;
    return capped_decimal((uint32_t)a.precision - a.scale + b.scale + scale, scale);
}

struct data_type type_decimal_remainder(struct data_type a, struct data_type b)
{
    if (a.scale == 0 && b.scale == 0)
        return data_type_decimal(b.precision, 0);
    uint8_t scale = max_u8(a.scale, b.scale);
    uint8_t a_whole = a.precision - a.scale;
    uint8_t b_whole = b.precision - b.scale;
    return capped_decimal((uint32_t)(a_whole < b_whole ? a_whole : b_whole) + scale, scale);
}

struct data_type type_decimal_rounded(struct data_type type, int32_t digits)
{
    if (digits >= type.scale)
        return type;
    uint32_t whole = 1u + type.precision - type.scale;
    if (whole > DECIMAL_MAX_DIGITS)
        whole = DECIMAL_MAX_DIGITS;
    uint32_t scale = digits < 0 ? 0 : (uint32_t)digits;
    uint32_t precision = whole + scale;
    return data_type_decimal((uint8_t)(precision > DECIMAL_MAX_DIGITS ? DECIMAL_MAX_DIGITS : precision),
                             (uint8_t)scale);
}

struct data_type type_as_decimal(struct data_type type)
{
    struct data_type decimal = type;
    if (type.kind != TYPE_DECIMAL) {
        CHECK(type.kind == TYPE_INT || type.kind == TYPE_BIGINT);
        decimal = data_type_decimal(type.kind == TYPE_INT ? INT_DIGITS : BIGINT_DIGITS, 0);
    }
    decimal.nullable = type.nullable;
    return decimal;
}
