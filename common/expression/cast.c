#include "common/expression/cast_internal.h"

static bool is_temporal(enum type_kind kind)
{
    return kind == TYPE_DATE || kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ;
}

static enum status cast(const struct kernel_call *call, bool try_cast, struct error *error)
{
    enum type_kind from = call->arguments[0]->type.kind;
    enum type_kind to = call->result->type.kind;
    if (data_type_is_string(from) && data_type_is_string(to))
        cast_string_length(call);
    else if (from == TYPE_STRING)
        return cast_from_string(call, try_cast, error);
    else if (to == TYPE_STRING)
        cast_to_string(call);
    else if (is_temporal(from) && is_temporal(to))
        cast_temporal(call);
    else
        cast_number(call);
    return STATUS_OK;
}

static enum status cast_kernel(const struct kernel_call *call, struct error *error)
{
    return cast(call, false, error);
}

static enum status try_cast_kernel(const struct kernel_call *call, struct error *error)
{
    return cast(call, true, error);
}

const struct function cast_function = {.name = "CAST",
                                       .min_arguments = 1,
                                       .max_arguments = 1,
                                       .flags = FUNCTION_CAN_FAIL,
                                       .kernel = cast_kernel};
const struct function try_cast_function = {
    .name = "TRY_CAST", .min_arguments = 1, .max_arguments = 1, .kernel = try_cast_kernel};
