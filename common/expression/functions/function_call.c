#include "common/expression/functions/functions_internal.h"
#include "common/expression/type_rules.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

/* What a call is made of while it is built. */
struct call_builder {
    struct arena *arena;
    const char *name;
    const struct expression *const *arguments;
    uint32_t num_arguments;
};

typedef enum status build_form(const struct call_builder *call, const struct expression **ret_expression,
                               struct error *error);

static enum status call_by_name(const struct call_builder *call, const char *name,
                                const struct expression *const *arguments, uint32_t num_arguments,
                                const struct expression **ret_expression, struct error *error)
{
    return function_call(call->arena, name, arguments, num_arguments, ret_expression, error);
}

static enum status refuse_count(const char *name, const char *wanted, uint32_t given, struct error *error)
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
        return refuse_count(call->name, "2 or more", call->num_arguments, error);
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
        return refuse_count("CASE", "2 or more", call->num_arguments, error);
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
        return refuse_count("COALESCE", "1 or more", call->num_arguments, error);
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
                                    : refuse_count("IFNULL", "2", call->num_arguments, error);
}

static enum status build_if(const struct call_builder *call, const struct expression **ret_expression,
                            struct error *error)
{
    return call->num_arguments == 3 ? build_case(call, ret_expression, error)
                                    : refuse_count("IF", "3", call->num_arguments, error);
}

/* NULLIF(a, b) is CASE WHEN a = b THEN NULL ELSE a END. */
static enum status build_nullif(const struct call_builder *call, const struct expression **ret_expression,
                                struct error *error)
{
    if (call->num_arguments != 2)
        return refuse_count("NULLIF", "2", call->num_arguments, error);
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
        return refuse_count("BETWEEN", "3", call->num_arguments, error);
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
        return refuse_count(call->name, "1", call->num_arguments, error);
    snprintf(unit, sizeof unit, "%s", call->name);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcasecmp(units[i][0], call->name) == 0)
            snprintf(unit, sizeof unit, "%s", units[i][1]);
    const struct expression *arguments[2] = {expression_literal_string(call->arena, unit, strlen(unit)),
                                             call->arguments[0]};
    return call_by_name(call, "EXTRACT", arguments, 2, ret_expression, error);
}

static const struct special_form {
    const char *name;
    build_form *build;
} special_forms[] = {
    {"AND", build_logic},         {"OR", build_logic},           {"CASE", build_case},
    {"COALESCE", build_coalesce}, {"IFNULL", build_ifnull},      {"IF", build_if},
    {"NULLIF", build_nullif},     {"BETWEEN", build_between},    {"YEAR", build_extract},
    {"QUARTER", build_extract},   {"MONTH", build_extract},      {"WEEK", build_extract},
    {"DAYOFYEAR", build_extract}, {"DAYOFMONTH", build_extract}, {"DAYOFWEEK", build_extract},
    {"HOUR", build_extract},      {"MINUTE", build_extract},     {"SECOND", build_extract},
};

static const struct special_form *find_form(const char *name)
{
    for (size_t i = 0; i < sizeof special_forms / sizeof *special_forms; i++)
        if (strcasecmp(special_forms[i].name, name) == 0)
            return &special_forms[i];
    return NULL;
}

bool function_exists(const char *name)
{
    return find_form(name) != NULL || function_find(name) != NULL;
}

/* Letters to change, add or drop to get from one name to the other, case aside. */
static uint32_t edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 32 };
    uint32_t row[LONGEST + 1];
    size_t length = strlen(b);
    if (strlen(a) > LONGEST || length > LONGEST)
        return UINT32_MAX;
    for (uint32_t j = 0; j <= length; j++)
        row[j] = j;
    for (uint32_t i = 1; a[i - 1] != 0; i++) {
        uint32_t diagonal = row[0];
        row[0] = i;
        for (uint32_t j = 1; j <= length; j++) {
            uint32_t change =
                diagonal + (toupper((unsigned char)a[i - 1]) != toupper((unsigned char)b[j - 1]));
            diagonal = row[j];
            uint32_t gap = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = change < gap ? change : gap;
        }
    }
    return row[length];
}

const char *function_suggest(const char *name)
{
    const char *best = NULL;
    uint32_t best_distance = (uint32_t)strlen(name) / 3 + 1;
    uint32_t count;
    const struct function *table = function_table(&count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t distance = edit_distance(name, table[i].name);
        if (isalpha((unsigned char)table[i].name[0]) && distance <= best_distance &&
            (best == NULL || distance < best_distance)) {
            best = table[i].name;
            best_distance = distance;
        }
    }
    for (size_t i = 0; i < sizeof special_forms / sizeof *special_forms; i++) {
        uint32_t distance = edit_distance(name, special_forms[i].name);
        if (distance < best_distance || (best == NULL && distance <= best_distance)) {
            best = special_forms[i].name;
            best_distance = distance;
        }
    }
    return best;
}

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
    return refuse_count(function->name, wanted, count, error);
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
    const struct special_form *form = find_form(name);
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
