#include "common/expression/aggregates/aggregates_internal.h"

#include "common/expression/type_rules.h"

/* Result types as Flink derives them. */

enum { SUM_PRECISION = 38, AVG_MIN_SCALE = 6 };

static enum status refuse(const struct aggregate_function *function, const struct data_type *arguments,
                          uint32_t num_arguments, const char *form, struct error *error)
{
    struct buffer text = {0};
    for (uint32_t i = 0; i < num_arguments; i++) {
        struct data_type type = arguments[i];
        type.nullable = true;
        buffer_append_text(&text, i > 0 ? ", <" : "<");
        data_type_format(type, &text);
        buffer_append_byte(&text, '>');
    }
    enum status status =
        error_set(error, STATUS_INVALID_ARGUMENT,
                  "Cannot apply '%s' to arguments of type '%s(%s)'. Supported form(s): '%s(%s)'",
                  function->name, function->name, buffer_text(&text), function->name, form);
    buffer_free(&text);
    return status;
}

enum status infer_count(const struct aggregate_function *function, struct data_type *arguments,
                        uint32_t num_arguments, struct data_type *ret_result, struct error *error)
{
    (void)function;
    (void)arguments;
    (void)num_arguments;
    (void)error;
    *ret_result = data_type_of(TYPE_BIGINT);
    return STATUS_OK;
}

/* The literal NULL counts as an INT. */
static enum status want_number(const struct aggregate_function *function, struct data_type *arguments,
                               struct error *error)
{
    if (arguments[0].kind == TYPE_NULL)
        arguments[0] = data_type_of(TYPE_INT);
    if (!data_type_is_numeric(arguments[0].kind))
        return refuse(function, arguments, 1, "<NUMERIC>", error);
    return STATUS_OK;
}

enum status infer_sum(const struct aggregate_function *function, struct data_type *arguments,
                      uint32_t num_arguments, struct data_type *ret_result, struct error *error)
{
    (void)num_arguments;
    enum status status = want_number(function, arguments, error);
    if (status == STATUS_OK)
        *ret_result = arguments[0].kind == TYPE_DECIMAL ? data_type_decimal(SUM_PRECISION, arguments[0].scale)
                                                        : arguments[0];
    return status;
}

enum status infer_avg(const struct aggregate_function *function, struct data_type *arguments,
                      uint32_t num_arguments, struct data_type *ret_result, struct error *error)
{
    (void)num_arguments;
    enum status status = want_number(function, arguments, error);
    if (status != STATUS_OK)
        return status;
    uint8_t scale = arguments[0].scale > AVG_MIN_SCALE ? arguments[0].scale : AVG_MIN_SCALE;
    *ret_result = arguments[0].kind == TYPE_DECIMAL ? data_type_decimal(SUM_PRECISION, scale) : arguments[0];
    return STATUS_OK;
}

enum status infer_same(const struct aggregate_function *function, struct data_type *arguments,
                       uint32_t num_arguments, struct data_type *ret_result, struct error *error)
{
    (void)function;
    (void)num_arguments;
    (void)error;
    if (arguments[0].kind == TYPE_NULL)
        arguments[0] = data_type_of(TYPE_INT);
    *ret_result = arguments[0];
    return STATUS_OK;
}

enum status infer_listagg(const struct aggregate_function *function, struct data_type *arguments,
                          uint32_t num_arguments, struct data_type *ret_result, struct error *error)
{
    for (uint32_t i = 0; i < num_arguments; i++) {
        struct data_type text = data_type_of(TYPE_STRING);
        text.nullable = arguments[i].nullable;
        bool is_text = arguments[i].kind == TYPE_STRING;
        if (!is_text && (i > 0 || !type_supports_cast(arguments[i], text)))
            return refuse(function, arguments, num_arguments, "<STRING>[, <STRING>]", error);
        if (!is_text)
            arguments[i] = text;
    }
    *ret_result = data_type_of(TYPE_STRING);
    return STATUS_OK;
}
