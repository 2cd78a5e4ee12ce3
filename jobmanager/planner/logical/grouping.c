#include "jobmanager/planner/logical/grouping.h"

#include "common/base/check.h"
#include "jobmanager/planner/logical/logical_internal.h"

#include <string.h>

static bool over_has_aggregate(const struct sql_over *over)
{
    for (size_t i = 0; i < over->partition_count; i++) {
        if (syntax_has_aggregate(over->partition_by[i]))
            return true;
    }
    for (size_t i = 0; i < over->order_count; i++) {
        if (syntax_has_aggregate(over->order_by[i].expression))
            return true;
    }
    return false;
}

bool syntax_has_aggregate(const struct sql_expression *syntax)
{
    if (syntax->kind == SQL_CALL && syntax->over != NULL && over_has_aggregate(syntax->over))
        return true;
    if (syntax->kind == SQL_CALL && syntax->over == NULL && aggregate_function_find(syntax->text) != NULL)
        return true;
    for (size_t i = 0; i < syntax->argument_count; i++) {
        if (syntax_has_aggregate(syntax->arguments[i]))
            return true;
    }
    return false;
}

static bool has_key(const struct expression *const *keys, uint32_t count, const struct expression *key)
{
    for (uint32_t i = 0; i < count; i++) {
        if (expression_equal(keys[i], key))
            return true;
    }
    return false;
}

enum status grouping_start(struct grouping *grouping, struct planning *planning, const struct relation *input,
                           const struct scope *scope, const struct sql_query *query)
{
    struct scope inner = *scope;
    const struct expression **keys = arena_calloc(planning->arena, query->group_count + 1, sizeof *keys);
    *grouping = (struct grouping){.planning = planning, .input = input, .is_grouped = query->group_count > 0};
    inner.no_aggregates = "Aggregate expression is illegal in GROUP BY clause";
    for (size_t i = 0; i < query->group_count; i++) {
        const struct expression *key = NULL;
        TRY(resolve_expression(&inner, query->group_by[i], &key));
        TRY(check_expression_size(key, planning->error));
        if (!has_key(keys, grouping->key_count, key))
            keys[grouping->key_count++] = key;
    }
    grouping->keys = keys;
    return STATUS_OK;
}

static const struct expression *append_slot(struct grouping *grouping, enum grouping_slot_kind kind,
                                            uint32_t index, struct data_type type)
{
    struct arena *arena = grouping->planning->arena;
    size_t size = grouping->slot_count * sizeof *grouping->slots;
    grouping->slots = arena_grow(arena, grouping->slots, size, size + sizeof *grouping->slots);
    grouping->slots[grouping->slot_count] = (struct grouping_slot){kind, index};
    return expression_column(arena, grouping->input->schema->num_fields + grouping->slot_count++, type);
}

static bool same_call(const struct grouping_call *a, const struct grouping_call *b)
{
    if (a->function != b->function || a->is_distinct != b->is_distinct ||
        a->argument_count != b->argument_count || (a->filter == NULL) != (b->filter == NULL))
        return false;
    for (uint32_t i = 0; i < a->argument_count; i++) {
        if (!expression_equal(a->arguments[i], b->arguments[i]))
            return false;
    }
    return a->filter == NULL || expression_equal(a->filter, b->filter);
}

/* A call that is written twice is made once. */
static const struct expression *add_call(struct grouping *grouping, const struct grouping_call *call)
{
    uint32_t at = 0;
    while (at < grouping->call_count && !same_call(&grouping->calls[at], call))
        at++;
    if (at == grouping->call_count) {
        size_t size = grouping->call_count * sizeof *grouping->calls;
        grouping->calls =
            arena_grow(grouping->planning->arena, grouping->calls, size, size + sizeof *grouping->calls);
        grouping->calls[grouping->call_count++] = *call;
    }
    return append_slot(grouping, GROUPING_CALL, at, call->result);
}

/* The arguments as the function wants them, and the type of its result. */
static enum status infer_call(const struct scope *scope, struct grouping_call *call,
                              const struct expression **arguments)
{
    struct data_type *types = arena_calloc(scope->arena, call->argument_count + 1, sizeof *types);
    for (uint32_t i = 0; i < call->argument_count; i++)
        types[i] = arguments[i]->type;
    TRY(aggregate_infer(call->function, types, call->argument_count, scope->grouping->is_grouped,
                        call->filter != NULL, &call->result, scope->error));
    for (uint32_t i = 0; i < call->argument_count; i++) {
        if (types[i].kind == TYPE_NULL)
            continue;
        TRY(expression_cast(scope->arena, arguments[i], types[i], false, &arguments[i], scope->error));
        arguments[i] = resolve_fold(scope, arguments[i]);
    }
    return STATUS_OK;
}

static enum status check_call(const struct scope *scope, const struct sql_expression *syntax)
{
    bool is_count = strcmp(syntax->text, "COUNT") == 0;
    if (scope->grouping == NULL)
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT, "%s",
                                scope->no_aggregates != NULL ? scope->no_aggregates
                                                             : "Aggregate expression is illegal here");
    if (syntax->is_star ? !is_count : (is_count && syntax->argument_count == 0))
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "Invalid number of arguments to function '%s'", syntax->text);
    return STATUS_OK;
}

enum status grouping_call(const struct scope *scope, const struct sql_expression *syntax,
                          const struct aggregate_function *function, const struct expression **ret_expression)
{
    struct scope inner = *scope;
    inner.grouping = NULL;
    inner.no_aggregates = "Aggregate expressions cannot be nested";
    TRY(check_call(scope, syntax));
    const struct expression **arguments =
        arena_calloc(scope->arena, syntax->argument_count + 1, sizeof *arguments);
    for (size_t i = 0; i < syntax->argument_count; i++)
        TRY(resolve_expression(&inner, syntax->arguments[i], &arguments[i]));
    struct grouping_call call = {
        .function = function,
        .arguments = arguments,
        .argument_count = (uint32_t)syntax->argument_count,
        .is_distinct = syntax->is_distinct,
    };
    inner.no_aggregates = "FILTER must not contain aggregate expression";
    if (syntax->filter != NULL)
        TRY(resolve_condition(&inner, syntax->filter, "FILTER", &call.filter));
    if (infer_call(scope, &call, arguments) != STATUS_OK)
        return planner_locate(scope->error, &syntax->span);
    *ret_expression = add_call(scope->grouping, &call);
    return STATUS_OK;
}

void grouping_name(struct grouping *grouping, const struct expression *expression, const char *name)
{
    uint32_t width = grouping->input->schema->num_fields;
    if (expression->kind != EXPRESSION_COLUMN || expression->column < width)
        return;
    const struct grouping_slot *slot = &grouping->slots[expression->column - width];
    if (slot->kind == GROUPING_CALL && grouping->calls[slot->index].name == NULL)
        grouping->calls[slot->index].name = name;
}
