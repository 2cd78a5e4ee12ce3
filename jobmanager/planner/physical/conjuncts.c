#include "jobmanager/planner/physical/conjuncts.h"

static void append(struct arena *arena, const struct expression *condition, const struct expression ***list,
                   uint32_t *count)
{
    if (condition->kind == EXPRESSION_AND) {
        for (uint32_t i = 0; i < condition->num_arguments; i++)
            append(arena, condition->arguments[i], list, count);
        return;
    }
    size_t size = *count * sizeof **list;
    *list = arena_grow(arena, (const void *)*list, size, size + sizeof **list);
    (*list)[(*count)++] = condition;
}

const struct expression **conjuncts_of(struct arena *arena, const struct expression *condition,
                                       uint32_t *ret_count)
{
    const struct expression **list = NULL;
    *ret_count = 0;
    if (condition != NULL)
        append(arena, condition, &list, ret_count);
    return list;
}

const struct expression *conjunction_of(struct arena *arena, const struct expression *const *conjuncts,
                                        uint32_t count)
{
    if (count < 2)
        return count == 0 ? NULL : conjuncts[0];
    struct data_type type = data_type_not_null(data_type_of(TYPE_BOOLEAN));
    for (uint32_t i = 0; i < count; i++)
        type.nullable |= conjuncts[i]->type.nullable;
    return expression_node(arena, EXPRESSION_AND, type, NULL, conjuncts, count);
}

static bool may_go_first(struct arena *arena, const struct expression *condition, const bool *allowed,
                         uint32_t width)
{
    bool *used = arena_calloc(arena, width + 1, sizeof *used);
    if (expression_can_fail(condition) || !expression_is_deterministic(condition) ||
        expression_is_constant(condition))
        return false;
    expression_mark_columns(condition, used);
    for (uint32_t i = 0; i < width; i++) {
        if (used[i] && !allowed[i])
            return false;
    }
    return true;
}

const struct expression *conjuncts_take(struct arena *arena, const struct expression **condition,
                                        const bool *allowed, uint32_t width)
{
    uint32_t count = 0;
    uint32_t taken_count = 0;
    uint32_t kept_count = 0;
    const struct expression **list = conjuncts_of(arena, *condition, &count);
    const struct expression **taken = arena_calloc(arena, count + 1, sizeof *taken);
    for (uint32_t i = 0; i < count; i++) {
        if (may_go_first(arena, list[i], allowed, width))
            taken[taken_count++] = list[i];
        else
            list[kept_count++] = list[i];
    }
    if (taken_count > 0)
        *condition = conjunction_of(arena, list, kept_count);
    return conjunction_of(arena, taken, taken_count);
}
