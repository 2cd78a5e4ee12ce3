#include "common/expression/functions/functions_internal.h"

enum status kernel_not(const struct kernel_call *call, struct error *error)
{
    (void)error;
    KERNEL_UNARY(call, uint8_t, uint8_t, (a & 1) ^ 1);
    return STATUS_OK;
}

static enum status set_is_null(const struct kernel_call *call, uint8_t if_null)
{
    uint8_t *out = call->result->values;
    const struct vector *argument = call->arguments[0];
    if (argument->validity == NULL && argument->type.kind != TYPE_NULL) {
        memset(out, !if_null, call->num_rows);
        return STATUS_OK;
    }
    for (uint32_t row = 0; row < call->num_rows; row++)
        out[row] = vector_is_null(argument, row) ? if_null : !if_null;
    return STATUS_OK;
}

enum status kernel_is_null(const struct kernel_call *call, struct error *error)
{
    (void)error;
    return set_is_null(call, 1);
}

enum status kernel_is_not_null(const struct kernel_call *call, struct error *error)
{
    (void)error;
    return set_is_null(call, 0);
}

/* wanted where the argument is known to be value, else the opposite. */
static enum status set_is(const struct kernel_call *call, uint8_t value, uint8_t wanted)
{
    uint8_t *out = call->result->values;
    const struct vector *argument = call->arguments[0];
    const uint8_t *in = argument->values;
    for (uint32_t row = 0; row < call->num_rows; row++)
        out[row] = !vector_is_null(argument, row) && in[row] == value ? wanted : !wanted;
    return STATUS_OK;
}

enum status kernel_is_true(const struct kernel_call *call, struct error *error)
{
    (void)error;
    return set_is(call, 1, 1);
}

enum status kernel_is_false(const struct kernel_call *call, struct error *error)
{
    (void)error;
    return set_is(call, 0, 1);
}

enum status kernel_is_not_true(const struct kernel_call *call, struct error *error)
{
    (void)error;
    return set_is(call, 1, 0);
}

enum status kernel_is_not_false(const struct kernel_call *call, struct error *error)
{
    (void)error;
    return set_is(call, 0, 0);
}
