#include "common/expression/decimal.h"
#include "common/expression/functions/functions_internal.h"
#include "common/expression/type_rules.h"

static void format_argument_types(const struct function_types *types, struct buffer *text)
{
    const char *symbol = types->function->symbol;
    bool infix = symbol != NULL && types->num_arguments == 2;
    if (!infix)
        buffer_printf(text, "%s(", types->function->name);
    for (uint32_t i = 0; i < types->num_arguments; i++) {
        if (i > 0)
            buffer_printf(text, infix ? " %s " : ", ", infix ? symbol : "");
        struct data_type type = types->arguments[i];
        type.nullable = true;
        buffer_append_byte(text, '<');
        data_type_format(type, text);
        buffer_append_byte(text, '>');
    }
    if (!infix)
        buffer_append_byte(text, ')');
}

enum status infer_refuse(const struct function_types *types, const char *hint, struct error *error)
{
    struct buffer text = {0};
    format_argument_types(types, &text);
    const struct function *function = types->function;
    enum status status =
        error_set(error, STATUS_INVALID_ARGUMENT, "Cannot apply '%s' to arguments of type '%s'. %s",
                  function->symbol != NULL ? function->symbol : function->name, buffer_text(&text), hint);
    buffer_free(&text);
    return status;
}

static bool is_temporal(enum type_kind kind)
{
    return kind == TYPE_DATE || kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ;
}

static bool is_exact(enum type_kind kind)
{
    return kind == TYPE_INT || kind == TYPE_BIGINT || kind == TYPE_DECIMAL;
}

/* Text beside a time is read as such a time, with all its digits. */
static struct data_type time_for_text(struct data_type time)
{
    return time.kind == TYPE_DATE ? data_type_of(TYPE_DATE) : data_type_timestamp(time.kind, 6);
}

/* Makes two types comparable; false when they are not. Decimals keep their scales: the kernel compares across
 * them, where a common type might lose digits. */
static bool make_comparable(struct data_type *a, struct data_type *b)
{
    if (a->kind == TYPE_NULL || b->kind == TYPE_NULL) {
        *(a->kind == TYPE_NULL ? a : b) = a->kind == TYPE_NULL ? *b : *a;
        return true;
    }
    if (data_type_is_numeric(a->kind) && data_type_is_numeric(b->kind)) {
        if (is_exact(a->kind) && is_exact(b->kind) && (a->kind == TYPE_DECIMAL || b->kind == TYPE_DECIMAL)) {
            *a = type_as_decimal(*a);
            *b = type_as_decimal(*b);
            return true;
        }
    } else if (a->kind == TYPE_STRING && is_temporal(b->kind)) {
        *a = time_for_text(*b);
    } else if (b->kind == TYPE_STRING && is_temporal(a->kind)) {
        *b = time_for_text(*a);
    }
    struct data_type common;
    if (!type_find_common(*a, *b, &common))
        return false;
    if (!data_type_is_string(a->kind))
        *a = *b = common;
    return true;
}

enum status infer_comparison(struct function_types *types, struct error *error)
{
    struct data_type a = types->arguments[0];
    struct data_type b = types->arguments[1];
    if (!make_comparable(&a, &b))
        return infer_refuse(types, "Implicit type conversion between them is not supported; add a CAST",
                            error);
    types->arguments[0] = a;
    types->arguments[1] = b;
    types->result = data_type_of(TYPE_BOOLEAN);
    return STATUS_OK;
}

/* One type for all arguments; strings stay as they are. */
static enum status unify(struct function_types *types, struct data_type *ret_common, struct error *error)
{
    struct data_type common = types->arguments[0];
    for (uint32_t i = 1; i < types->num_arguments; i++) {
        struct data_type other = types->arguments[i];
        if (is_temporal(common.kind) && other.kind == TYPE_STRING)
            other = time_for_text(common);
        if (!type_find_common(common, other, &common))
            return infer_refuse(types, "The arguments have no common type; add a CAST", error);
    }
    for (uint32_t i = 0; i < types->num_arguments; i++)
        if (!data_type_is_string(common.kind) || types->arguments[i].kind == TYPE_NULL)
            types->arguments[i] = common;
    *ret_common = common;
    return STATUS_OK;
}

enum status infer_in(struct function_types *types, struct error *error)
{
    struct data_type common;
    enum status status = unify(types, &common, error);
    if (status == STATUS_OK)
        types->result = data_type_of(TYPE_BOOLEAN);
    return status;
}

enum status infer_common(struct function_types *types, struct error *error)
{
    return unify(types, &types->result, error);
}

static struct data_type decimal_result(const char *sign, struct data_type a, struct data_type b)
{
    switch (sign[0]) {
    case '*': return type_decimal_product(a, b);
    case '/': return type_decimal_quotient(a, b);
    case '%': return type_decimal_remainder(a, b);
    default: return type_decimal_sum(a, b);
    }
}

enum status infer_arithmetic(struct function_types *types, struct error *error)
{
    struct data_type a = types->arguments[0];
    struct data_type b = types->arguments[1];
    if (a.kind == TYPE_NULL)
        a = b.kind == TYPE_NULL ? data_type_of(TYPE_INT) : b;
    if (b.kind == TYPE_NULL)
        b = a;
    if (!data_type_is_numeric(a.kind) || !data_type_is_numeric(b.kind))
        return infer_refuse(types, "Supported form(s): '<NUMERIC> op <NUMERIC>', '<TIME> op <INTERVAL>'",
                            error);
    const char *sign = types->function->symbol;
    bool decimal = a.kind == TYPE_DECIMAL || b.kind == TYPE_DECIMAL;
    if (decimal && is_exact(a.kind) && is_exact(b.kind)) {
        types->arguments[0] = type_as_decimal(a);
        types->arguments[1] = type_as_decimal(b);
        types->result = decimal_result(sign, types->arguments[0], types->arguments[1]);
        return STATUS_OK;
    }
    struct data_type common;
    CHECK(type_find_common(a, b, &common));
    types->arguments[0] = common;
    types->arguments[1] = common;
    /* a remainder has the type of the divisor */
    types->result = sign[0] == '%' && is_exact(common.kind) ? b : common;
    return STATUS_OK;
}

enum status infer_numeric(struct function_types *types, struct error *error)
{
    if (types->arguments[0].kind == TYPE_NULL)
        types->arguments[0] = data_type_of(TYPE_INT);
    if (!data_type_is_numeric(types->arguments[0].kind))
        return infer_refuse(types, "The argument must be a number", error);
    types->result = types->arguments[0];
    return STATUS_OK;
}

int32_t infer_literal_int(const struct function_types *types, uint32_t argument, int32_t otherwise)
{
    if (argument >= types->num_arguments || types->values == NULL)
        return otherwise;
    const struct expression *value = types->values[argument];
    if (value->kind != EXPRESSION_LITERAL || value->value == NULL || value->type.kind != TYPE_INT)
        return otherwise;
    return *(const int32_t *)value->value;
}

enum status infer_round(struct function_types *types, struct error *error)
{
    enum status status = infer_numeric(types, error);
    if (status != STATUS_OK)
        return status;
    if (types->num_arguments == 2) {
        if (types->arguments[1].kind != TYPE_INT && types->arguments[1].kind != TYPE_NULL)
            return infer_refuse(types, "The number of digits must be an INT", error);
        types->arguments[1] = data_type_of(TYPE_INT);
    }
    if (types->result.kind == TYPE_DECIMAL)
        types->result = type_decimal_rounded(
            types->result, infer_literal_int(types, 1, types->num_arguments == 1 ? 0 : types->result.scale));
    return STATUS_OK;
}

enum status infer_floor(struct function_types *types, struct error *error)
{
    enum status status = infer_numeric(types, error);
    if (status == STATUS_OK && types->result.kind == TYPE_DECIMAL)
        types->result = type_decimal_rounded(types->result, 0);
    return status;
}
