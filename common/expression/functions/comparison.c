#include "common/expression/decimal.h"
#include "common/expression/functions/functions_internal.h"

static int compare_int64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int compare_rows(const struct vector *a, uint32_t a_row, const struct vector *b, uint32_t b_row)
{
    a_row = kernel_row(a, a_row);
    b_row = kernel_row(b, b_row);
    switch (a->type.kind) {
    case TYPE_BOOLEAN:
        return compare_int64(((const uint8_t *)a->values)[a_row], ((const uint8_t *)b->values)[b_row]);
    case TYPE_INT:
    case TYPE_DATE:
        return compare_int64(((const int32_t *)a->values)[a_row], ((const int32_t *)b->values)[b_row]);
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        return compare_int64(((const int64_t *)a->values)[a_row], ((const int64_t *)b->values)[b_row]);
    case TYPE_FLOAT: {
        float x = ((const float *)a->values)[a_row], y = ((const float *)b->values)[b_row];
        return (x > y) - (x < y);
    }
    case TYPE_DOUBLE: {
        double x = ((const double *)a->values)[a_row], y = ((const double *)b->values)[b_row];
        return (x > y) - (x < y);
    }
    case TYPE_DECIMAL:
        return decimal_compare(((const int128_t *)a->values)[a_row], a->type.scale,
                               ((const int128_t *)b->values)[b_row], b->type.scale);
    case TYPE_STRING:
    case TYPE_BYTES:
        return string_value_compare((const struct string_value *)a->values + a_row,
                                    (const struct string_value *)b->values + b_row);
    case TYPE_NULL: break;
    }
    return 0;
}

#define COMPARE_ROWS(relation)                                                                               \
    do {                                                                                                     \
        uint8_t *out = call->result->values;                                                                 \
        for (uint32_t row = 0; row < call->num_rows; row++)                                                  \
            if (kernel_is_live(call, row))                                                                   \
                out[row] = compare_rows(call->arguments[0], row, call->arguments[1], row) relation 0;        \
    } while (0)

/* One kernel a relation; the loop is chosen once a batch. */
#define COMPARISON_KERNEL(linkage, name, relation)                                                           \
    linkage enum status name(const struct kernel_call *call, struct error *error)                            \
    {                                                                                                        \
        (void)error;                                                                                         \
        switch (call->arguments[0]->type.kind) {                                                             \
        case TYPE_BOOLEAN: KERNEL_BINARY(call, uint8_t, uint8_t, uint8_t, a relation b); break;              \
        case TYPE_INT:                                                                                       \
        case TYPE_DATE: KERNEL_BINARY(call, int32_t, int32_t, uint8_t, a relation b); break;                 \
        case TYPE_BIGINT:                                                                                    \
        case TYPE_TIMESTAMP:                                                                                 \
        case TYPE_TIMESTAMP_LTZ: KERNEL_BINARY(call, int64_t, int64_t, uint8_t, a relation b); break;        \
        case TYPE_FLOAT: KERNEL_BINARY(call, float, float, uint8_t, a relation b); break;                    \
        case TYPE_DOUBLE: KERNEL_BINARY(call, double, double, uint8_t, a relation b); break;                 \
        default: COMPARE_ROWS(relation); break;                                                              \
        }                                                                                                    \
        return STATUS_OK;                                                                                    \
    }

COMPARISON_KERNEL(extern, kernel_less, <)
COMPARISON_KERNEL(extern, kernel_less_equal, <=)
COMPARISON_KERNEL(extern, kernel_greater, >)
COMPARISON_KERNEL(extern, kernel_greater_equal, >=)
COMPARISON_KERNEL(static, equal_values, ==)
COMPARISON_KERNEL(static, not_equal_values, !=)

/* Equality of strings needs no order: size and prefix settle most rows. */
static void equal_strings(const struct kernel_call *call, bool wanted)
{
    uint8_t *out = call->result->values;
    for (uint32_t row = 0; row < call->num_rows; row++)
        if (kernel_is_live(call, row))
            out[row] = string_value_equal(kernel_string(call, 0, row), kernel_string(call, 1, row)) == wanted;
}

enum status kernel_equal(const struct kernel_call *call, struct error *error)
{
    if (!data_type_is_string(call->arguments[0]->type.kind))
        return equal_values(call, error);
    equal_strings(call, true);
    return STATUS_OK;
}

enum status kernel_not_equal(const struct kernel_call *call, struct error *error)
{
    if (!data_type_is_string(call->arguments[0]->type.kind))
        return not_equal_values(call, error);
    equal_strings(call, false);
    return STATUS_OK;
}

static void set_distinct(const struct kernel_call *call, uint8_t if_distinct)
{
    const struct vector *a = call->arguments[0];
    const struct vector *b = call->arguments[1];
    uint8_t *out = call->result->values;
    for (uint32_t row = 0; row < call->num_rows; row++) {
        bool a_null = vector_is_null(a, row);
        bool b_null = vector_is_null(b, row);
        bool distinct = a_null || b_null ? a_null != b_null : compare_rows(a, row, b, row) != 0;
        out[row] = distinct ? if_distinct : !if_distinct;
    }
}

enum status kernel_distinct(const struct kernel_call *call, struct error *error)
{
    (void)error;
    set_distinct(call, 1);
    return STATUS_OK;
}

enum status kernel_not_distinct(const struct kernel_call *call, struct error *error)
{
    (void)error;
    set_distinct(call, 0);
    return STATUS_OK;
}

/* TRUE where an element is equal; else NULL where the value or an element is NULL. */
enum status kernel_in(const struct kernel_call *call, struct error *error)
{
    (void)error;
    const struct vector *value = call->arguments[0];
    uint8_t *out = call->result->values;
    for (uint32_t row = 0; row < call->num_rows; row++) {
        bool found = false;
        bool unknown = vector_is_null(value, row);
        for (uint32_t i = 1; i < call->num_arguments && !found && (i == 1 || !vector_is_null(value, row));
             i++) {
            if (vector_is_null(call->arguments[i], row))
                unknown = true;
            else if (!vector_is_null(value, row))
                found = compare_rows(value, row, call->arguments[i], row) == 0;
        }
        out[row] = found;
        if (!found && unknown)
            vector_set_null(call->result, row);
    }
    return STATUS_OK;
}

static void pick_extreme(const struct kernel_call *call, int sign)
{
    size_t width = data_type_width(call->result->type.kind);
    char *out = call->result->values;
    if (data_type_is_string(call->result->type.kind))
        for (uint32_t i = 0; i < call->num_arguments; i++)
            kernel_share_text(call, i);
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        const struct vector *best = call->arguments[0];
        for (uint32_t i = 1; i < call->num_arguments; i++)
            if (compare_rows(call->arguments[i], row, best, row) * sign > 0)
                best = call->arguments[i];
        memcpy(out + width * row, vector_value(best, row), width);
    }
}

enum status kernel_greatest(const struct kernel_call *call, struct error *error)
{
    (void)error;
    pick_extreme(call, 1);
    return STATUS_OK;
}

enum status kernel_least(const struct kernel_call *call, struct error *error)
{
    (void)error;
    pick_extreme(call, -1);
    return STATUS_OK;
}
