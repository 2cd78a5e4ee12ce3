#include "common/expression/functions/functions_internal.h"
#include "common/expression/functions/special_form.h"

#include <stdio.h>
#include <string.h>

static bool next_word(const char **list, char word[16])
{
    size_t size = strcspn(*list, " ");
    if (size == 0 || size >= 16)
        return false;
    memcpy(word, *list, size);
    word[size] = 0;
    *list += size;
    *list += **list == ' ';
    return true;
}

/* Whether a value of type may be given for a parameter; *ret_wanted is what it is cast to. */
static bool accepts(const char *word, struct data_type type, struct data_type *ret_wanted)
{
    static const struct {
        const char *word;
        enum type_kind kind;
    } words[] = {{"STRING", TYPE_STRING}, {"INT", TYPE_INT},         {"BIGINT", TYPE_BIGINT},
                 {"DOUBLE", TYPE_DOUBLE}, {"BOOLEAN", TYPE_BOOLEAN}, {"ANY", TYPE_NULL}};
    *ret_wanted = type;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].word, word) != 0)
            continue;
        enum type_kind kind = words[i].kind;
        if (kind == TYPE_NULL || type.kind == kind)
            return true;
        *ret_wanted = data_type_of(kind);
        bool whole =
            (kind == TYPE_INT || kind == TYPE_BIGINT) && (type.kind == TYPE_INT || type.kind == TYPE_BIGINT);
        return type.kind == TYPE_NULL || whole || (kind == TYPE_DOUBLE && data_type_is_numeric(type.kind));
    }
    return false;
}

static enum status infer_declared(struct function_types *types, struct error *error)
{
    const struct function *function = types->function;
    const char *list = function->parameters;
    char word[16] = "ANY";
    char hint[96];
    snprintf(hint, sizeof hint, "Supported form(s): '%s(%s)'", function->name, function->parameters);
    for (uint32_t i = 0; i < types->num_arguments; i++) {
        next_word(&list, word);
        struct data_type wanted;
        if (!accepts(word, types->arguments[i], &wanted))
            return infer_refuse(types, hint, error);
        types->arguments[i] = wanted;
    }
    types->result = data_type_of(function->result);
    return STATUS_OK;
}

static enum status check_count(const struct function *function, uint32_t count, struct error *error)
{
    char wanted[32];
    bool variadic = function->max_arguments == FUNCTION_VARIADIC;
    if (count >= function->min_arguments && (variadic || count <= function->max_arguments))
        return STATUS_OK;
    if (variadic)
        snprintf(wanted, sizeof wanted, "%u or more", function->min_arguments);
    else if (function->min_arguments == function->max_arguments)
        snprintf(wanted, sizeof wanted, "%u", function->min_arguments);
    else
        snprintf(wanted, sizeof wanted, "%u to %u", function->min_arguments, function->max_arguments);
    return refuse_argument_count(function->name, wanted, count, error);
}

static bool result_nullable(const struct function *function, const struct expression *const *arguments,
                            uint32_t count, struct data_type result)
{
    if ((function->flags & FUNCTION_NEVER_NULL) != 0)
        return false;
    /* decimal results that do not fit are NULL */
    bool nullable = (function->flags & FUNCTION_MAY_BE_NULL) != 0 || result.kind == TYPE_DECIMAL;
    for (uint32_t i = 0; i < count; i++)
        nullable |= arguments[i]->type.nullable;
    return nullable;
}

static enum status call_entry(const struct call_builder *call, const struct function *function,
                              const struct expression **ret_expression, struct error *error)
{
    uint32_t count = call->num_arguments;
    struct function_types types = {.function = function,
                                   .arguments = arena_calloc(call->arena, count, sizeof(struct data_type)),
                                   .values = call->arguments,
                                   .num_arguments = count};
    for (uint32_t i = 0; i < count; i++)
        types.arguments[i] = call->arguments[i]->type;
    enum status status = check_count(function, count, error);
    if (status == STATUS_OK)
        status = function->infer != NULL ? function->infer(&types, error) : infer_declared(&types, error);
    if (status != STATUS_OK)
        return status;
    const struct expression **arguments = arena_alloc(call->arena, count * sizeof *arguments);
    for (uint32_t i = 0; i < count; i++) {
        arguments[i] = call->arguments[i];
        if (data_type_equal(arguments[i]->type, types.arguments[i]))
            continue;
        status = expression_cast(call->arena, arguments[i], types.arguments[i], false, &arguments[i], error);
        if (status != STATUS_OK)
            return error_prefix(error, "argument %u of %s", i + 1, function->name);
    }
    types.result.nullable = result_nullable(function, arguments, count, types.result);
    *ret_expression = expression_node(call->arena, EXPRESSION_CALL, types.result, function, arguments, count);
    return STATUS_OK;
}

enum status function_call(struct arena *arena, const char *name, const struct expression *const *arguments,
                          uint32_t num_arguments, const struct expression **ret_expression,
                          struct error *error)
{
    struct call_builder call = {
        .arena = arena, .name = name, .arguments = arguments, .num_arguments = num_arguments};
    if (strcmp(name, "-") == 0 && num_arguments == 1)
        call.name = name = "NEGATE";
    const struct special_form *form = special_form_find(name);
    if (form != NULL)
        return form->build(&call, ret_expression, error);
    const struct function *function = function_find(name);
    if (function != NULL)
        return call_entry(&call, function, ret_expression, error);
    const char *near = function_suggest(name);
    return error_set(error, STATUS_INVALID_ARGUMENT, "No match found for function %s%s%s%s", name,
                     near != NULL ? ". Did you mean " : "", near != NULL ? near : "",
                     near != NULL ? "?" : "");
}
