#include "common/expression/function.h"
#include "jobmanager/planner/physical/conjuncts.h"
#include "jobmanager/planner/physical/ranking.h"

#include <string.h>

/* A number compared with a literal narrows the range. */
static bool narrow(struct rank_range *range, const char *operation, int64_t value)
{
    int64_t first = range->first;
    int64_t last = range->last;
    if (strcmp(operation, "=") == 0)
        first = last = value;
    else if (strcmp(operation, "<") == 0)
        last = value == INT64_MIN ? value : value - 1;
    else if (strcmp(operation, "<=") == 0)
        last = value;
    else if (strcmp(operation, ">") == 0)
        first = value == INT64_MAX ? value : value + 1;
    else if (strcmp(operation, ">=") == 0)
        first = value;
    else
        return false;
    range->first = first > range->first ? first : range->first;
    range->last = last < range->last ? last : range->last;
    return true;
}

static const char *mirrored(const char *operation)
{
    static const char *const pairs[][2] = {{"<", ">"}, {"<=", ">="}, {">", "<"}, {">=", "<="}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (strcmp(pairs[i][0], operation) == 0)
            return pairs[i][1];
    }
    return operation;
}

/* True when the condition is one on the number alone, which is then part of the range. */
static bool take_condition(struct rank_range *range, const struct expression *condition, uint32_t number)
{
    if (condition->kind != EXPRESSION_CALL || condition->num_arguments != 2)
        return false;
    const struct expression *left = condition->arguments[0];
    const struct expression *right = condition->arguments[1];
    const char *operation = condition->function->name;
    if (left->kind == EXPRESSION_LITERAL) {
        const struct expression *swapped = left;
        left = right;
        right = swapped;
        operation = mirrored(operation);
    }
    if (left->kind != EXPRESSION_COLUMN || left->column != number || right->kind != EXPRESSION_LITERAL ||
        right->type.kind != TYPE_BIGINT || right->value == NULL)
        return false;
    return narrow(range, operation, *(const int64_t *)right->value);
}

const struct expression *rank_range_take(struct arena *arena, const struct expression *filter,
                                         uint32_t number, struct rank_range *range)
{
    uint32_t count = 0;
    uint32_t kept = 0;
    const struct expression **list = conjuncts_of(arena, filter, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (!take_condition(range, list[i], number))
            list[kept++] = list[i];
    }
    return kept == count ? filter : conjunction_of(arena, list, kept);
}
