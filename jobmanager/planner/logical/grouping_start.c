#include "jobmanager/planner/logical/grouping.h"
#include "jobmanager/planner/logical/window.h"

#include <string.h>

bool syntax_equal(const struct sql_expression *a, const struct sql_expression *b)
{
    struct buffer texts[2] = {{0}, {0}};
    sql_expression_print(a, &texts[0]);
    sql_expression_print(b, &texts[1]);
    bool same = strcmp(buffer_text(&texts[0]), buffer_text(&texts[1])) == 0;
    buffer_free(&texts[0]);
    buffer_free(&texts[1]);
    return same;
}

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

static enum status set_window(struct grouping *grouping, const struct scope *scope,
                              const struct sql_expression *syntax)
{
    if (grouping->window != NULL)
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "Multiple window functions are not supported in GROUP BY");
    grouping->window = arena_calloc(scope->arena, 1, sizeof *grouping->window);
    grouping->window_syntax = syntax;
    return group_window_resolve(scope, grouping->input, syntax, grouping->window);
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
        if (is_group_window(query->group_by[i])) {
            TRY(set_window(grouping, &inner, query->group_by[i]));
            continue;
        }
        TRY(resolve_expression(&inner, query->group_by[i], &key));
        TRY(check_expression_size(key, planning->error));
        key = type_null(planning->arena, key);
        if (!has_key(keys, grouping->key_count, key))
            keys[grouping->key_count++] = key;
    }
    grouping->keys = keys;
    return STATUS_OK;
}
