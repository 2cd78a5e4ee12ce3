#include "common/expression/functions/special_form.h"

#include "common/expression/type_rules.h"

#include <stdio.h>
#include <strings.h>

static enum status call_by_name(const struct call_builder *call, const char *name,
                                const struct expression *const *arguments, uint32_t num_arguments,
                                const struct expression **ret_expression, struct error *error)
{
    return function_call(call->arena, name, arguments, num_arguments, ret_expression, error);
}

enum status refuse_argument_count(const char *name, const char *wanted, uint32_t given, struct error *error)
{
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "Invalid number of arguments to function '%s'. Was expecting %s arguments, got %u", name,
                     wanted, given);
}

/* One argument as a condition; those of the same connective are taken apart, so that a AND b AND c is one
 * node. */
static enum status add_condition(const struct call_builder *call, enum expression_kind kind,
                                 const struct expression *argument, const struct expression **conditions,
                                 uint32_t *count, struct error *error)
{
    if (argument->kind == kind) {
        memcpy(conditions + *count, argument->arguments, argument->num_arguments * sizeof *conditions);
        *count += argument->num_arguments;
        return STATUS_OK;
    }
    if (argument->type.kind != TYPE_BOOLEAN && argument->type.kind != TYPE_NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Cannot apply '%s': an argument is no condition (BOOLEAN)",
                         kind == EXPRESSION_AND ? "AND" : "OR");
    return expression_cast(call->arena, argument, data_type_of(TYPE_BOOLEAN), false, &conditions[(*count)++],
                           error);
}

static enum status build_logic(const struct call_builder *call, const struct expression **ret_expression,
                               struct error *error)
{
    enum expression_kind kind = strcasecmp(call->name, "AND") == 0 ? EXPRESSION_AND : EXPRESSION_OR;
    if (call->num_arguments < 2)
        return refuse_argument_count(call->name, "2 or more", call->num_arguments, error);
    uint32_t room = 0;
    for (uint32_t i = 0; i < call->num_arguments; i++)
        room += call->arguments[i]->kind == kind ? call->arguments[i]->num_arguments : 1;
    const struct expression **conditions = arena_alloc(call->arena, room * sizeof *conditions);
    uint32_t count = 0;
    for (uint32_t i = 0; i < call->num_arguments; i++) {
        enum status status = add_condition(call, kind, call->arguments[i], conditions, &count, error);
        if (status != STATUS_OK)
            return status;
    }
    struct data_type type = data_type_not_null(data_type_of(TYPE_BOOLEAN));
    for (uint32_t i = 0; i < count; i++)
        type.nullable |= conditions[i]->type.nullable;
    *ret_expression = expression_node(call->arena, kind, type, NULL, conditions, count);
    return STATUS_OK;
}

/* Casts the values of a branching form (every second argument from first on, and the last) to their common
 * type. */
static enum status unify_branches(const struct call_builder *call, const struct expression **arguments,
                                  uint32_t count, uint32_t first, uint32_t step, struct data_type *ret_type,
                                  struct error *error)
{
    struct data_type common = arguments[count - 1]->type;
    for (uint32_t i = first; i < count; i += step)
        if (!type_find_common(common, arguments[i]->type, &common))
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "Illegal mixing of types in %s: its values have no common type; add a CAST",
                             call->name);
    for (uint32_t i = first; i < count; i++) {
        if (i != count - 1 && (i - first) % step != 0)
            continue;
        if (arguments[i]->type.kind == common.kind && data_type_is_string(common.kind))
            continue;
        enum status status = expression_cast(call->arena, arguments[i], common, false, &arguments[i], error);
        if (status != STATUS_OK)
            return status;
    }
    common.fixed_length = false;
    *ret_type = common;
    return STATUS_OK;
}

static enum status build_case(const struct call_builder *call, const struct expression **ret_expression,
                              struct error *error)
{
    if (call->num_arguments < 2)
        return refuse_argument_count("CASE", "2 or more", call->num_arguments, error);
    uint32_t count = call->num_arguments + (call->num_arguments % 2 == 0);
    const struct expression **arguments = arena_alloc(call->arena, count * sizeof *arguments);
    memcpy(arguments, call->arguments, call->num_arguments * sizeof *arguments);
    if (count > call->num_arguments)
        arguments[count - 1] = expression_literal_null(call->arena);
    for (uint32_t i = 0; i + 1 < count; i += 2) {
        if (arguments[i]->type.kind != TYPE_BOOLEAN && arguments[i]->type.kind != TYPE_NULL)
            return error_set(error, STATUS_INVALID_ARGUMENT, "a condition of %s is no BOOLEAN", call->name);
    }
    struct data_type type;
    enum status status = unify_branches(call, arguments, count, 1, 2, &type, error);
    if (status != STATUS_OK)
        return status;
    *ret_expression = expression_node(call->arena, EXPRESSION_CASE, type, NULL, arguments, count);
    return STATUS_OK;
}

static enum status build_coalesce(const struct call_builder *call, const struct expression **ret_expression,
                                  struct error *error)
{
    if (call->num_arguments < 1)
        return refuse_argument_count("COALESCE", "1 or more", call->num_arguments, error);
    const struct expression **arguments = arena_alloc(call->arena, call->num_arguments * sizeof *arguments);
    memcpy(arguments, call->arguments, call->num_arguments * sizeof *arguments);
    struct data_type type;
    enum status status = unify_branches(call, arguments, call->num_arguments, 0, 1, &type, error);
    if (status != STATUS_OK)
        return status;
    type.nullable = true;
    for (uint32_t i = 0; i < call->num_arguments; i++)
        type.nullable &= arguments[i]->type.nullable;
    *ret_expression =
        expression_node(call->arena, EXPRESSION_COALESCE, type, NULL, arguments, call->num_arguments);
    return STATUS_OK;
}

/* IFNULL(a, b) is COALESCE(a, b). */
static enum status build_ifnull(const struct call_builder *call, const struct expression **ret_expression,
                                struct error *error)
{
    return call->num_arguments == 2 ? build_coalesce(call, ret_expression, error)
                                    : refuse_argument_count("IFNULL", "2", call->num_arguments, error);
}

static enum status build_if(const struct call_builder *call, const struct expression **ret_expression,
                            struct error *error)
{
    return call->num_arguments == 3 ? build_case(call, ret_expression, error)
                                    : refuse_argument_count("IF", "3", call->num_arguments, error);
}

/* NULLIF(a, b) is CASE WHEN a = b THEN NULL ELSE a END. */
static enum status build_nullif(const struct call_builder *call, const struct expression **ret_expression,
                                struct error *error)
{
    if (call->num_arguments != 2)
        return refuse_argument_count("NULLIF", "2", call->num_arguments, error);
    const struct expression *parts[3] = {NULL, expression_literal_null(call->arena), call->arguments[0]};
    enum status status = call_by_name(call, "=", call->arguments, 2, &parts[0], error);
    if (status != STATUS_OK)
        return status;
    return call_by_name(call, "CASE", parts, 3, ret_expression, error);
}

/* BETWEEN(x, low, high) is x >= low AND x <= high. */
static enum status build_between(const struct call_builder *call, const struct expression **ret_expression,
                                 struct error *error)
{
    if (call->num_arguments != 3)
        return refuse_argument_count("BETWEEN", "3", call->num_arguments, error);
    const struct expression *low[2] = {call->arguments[0], call->arguments[1]};
    const struct expression *high[2] = {call->arguments[0], call->arguments[2]};
    const struct expression *both[2];
    enum status status = call_by_name(call, ">=", low, 2, &both[0], error);
    if (status == STATUS_OK)
        status = call_by_name(call, "<=", high, 2, &both[1], error);
    if (status != STATUS_OK)
        return status;
    return call_by_name(call, "AND", both, 2, ret_expression, error);
}

/* YEAR(x) is EXTRACT(YEAR FROM x). */
static enum status build_extract(const struct call_builder *call, const struct expression **ret_expression,
                                 struct error *error)
{
    static const char *const units[][2] = {{"DAYOFYEAR", "DOY"}, {"DAYOFMONTH", "DAY"}, {"DAYOFWEEK", "DOW"}};
    char unit[16];
    if (call->num_arguments != 1)
        return refuse_argument_count(call->name, "1", call->num_arguments, error);
    snprintf(unit, sizeof unit, "%s", call->name);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcasecmp(units[i][0], call->name) == 0)
            snprintf(unit, sizeof unit, "%s", units[i][1]);
    const struct expression *arguments[2] = {expression_literal_string(call->arena, unit, strlen(unit)),
                                             call->arguments[0]};
    return call_by_name(call, "EXTRACT", arguments, 2, ret_expression, error);
}

static const struct special_form special_forms[] = {
    {"AND", build_logic},         {"OR", build_logic},           {"CASE", build_case},
    {"COALESCE", build_coalesce}, {"IFNULL", build_ifnull},      {"IF", build_if},
    {"NULLIF", build_nullif},     {"BETWEEN", build_between},    {"YEAR", build_extract},
    {"QUARTER", build_extract},   {"MONTH", build_extract},      {"WEEK", build_extract},
    {"DAYOFYEAR", build_extract}, {"DAYOFMONTH", build_extract}, {"DAYOFWEEK", build_extract},
    {"HOUR", build_extract},      {"MINUTE", build_extract},     {"SECOND", build_extract},
};

const struct special_form *special_form_table(uint32_t *ret_count)
{
    *ret_count = sizeof special_forms / sizeof *special_forms;
    return special_forms;
}

const struct special_form *special_form_find(const char *name)
{
    for (size_t i = 0; i < sizeof special_forms / sizeof *special_forms; i++)
        if (strcasecmp(special_forms[i].name, name) == 0)
            return &special_forms[i];
    return NULL;
}
