#include "common/expression/expression_program.h"
#include "jobmanager/planner/logical/resolve.h"

enum status resolve_constant(const struct scope *scope, const struct expression *expression,
                             const struct expression **ret_literal)
{
    return expression_evaluate_constant(scope->arena, expression, scope->clock, scope->zone, ret_literal,
                                        scope->error);
}

/* What does not depend on the row is evaluated once; what fails then is left to fail when a row asks for it.
 */
static const struct expression *fold_constant(const struct scope *scope, const struct expression *expression)
{
    if (expression->kind == EXPRESSION_LITERAL || !expression_is_constant(expression) ||
        !expression_is_deterministic(expression))
        return expression;
    struct error ignored;
    const struct expression *literal = NULL;
    enum status status =
        expression_evaluate_constant(scope->arena, expression, scope->clock, scope->zone, &literal, &ignored);
    return status == STATUS_OK ? literal : expression;
}

/* The arguments are folded already, but for the casts that the call put around them. */
const struct expression *resolve_fold(const struct scope *scope, const struct expression *expression)
{
    const struct expression *folded = fold_constant(scope, expression);
    if (folded != expression || expression->num_arguments == 0)
        return folded;
    const struct expression **arguments =
        arena_calloc(scope->arena, expression->num_arguments, sizeof *arguments);
    bool changed = false;
    for (uint32_t i = 0; i < expression->num_arguments; i++) {
        const struct expression *argument = expression->arguments[i];
        bool cast = argument->kind == EXPRESSION_CAST && argument->arguments[0]->kind == EXPRESSION_LITERAL;
        arguments[i] = cast ? fold_constant(scope, argument) : argument;
        changed |= arguments[i] != argument;
    }
    if (!changed)
        return expression;
    return expression_node(scope->arena, expression->kind, expression->type, expression->function, arguments,
                           expression->num_arguments);
}

const struct expression *resolve_fold_all(const struct scope *scope, const struct expression *expression)
{
    if (expression->num_arguments == 0)
        return fold_constant(scope, expression);
    const struct expression **arguments =
        arena_calloc(scope->arena, expression->num_arguments, sizeof *arguments);
    bool changed = false;
    for (uint32_t i = 0; i < expression->num_arguments; i++) {
        arguments[i] = resolve_fold_all(scope, expression->arguments[i]);
        changed |= arguments[i] != expression->arguments[i];
    }
    if (changed)
        expression = expression_node(scope->arena, expression->kind, expression->type, expression->function,
                                     arguments, expression->num_arguments);
    return fold_constant(scope, expression);
}

enum { NODES_MAX = 100000, DEPTH_MAX = 2000 };

/* False when it is too deep; stops counting where there are too many. */
static bool count_nodes(const struct expression *expression, uint32_t depth, size_t *count)
{
    if (depth > DEPTH_MAX)
        return false;
    if (++*count > NODES_MAX)
        return true;
    for (uint32_t i = 0; i < expression->num_arguments; i++) {
        if (!count_nodes(expression->arguments[i], depth + 1, count))
            return false;
    }
    return true;
}

enum status check_expression_size(const struct expression *expression, struct error *error)
{
    size_t count = 0;
    if (!count_nodes(expression, 1, &count))
        return error_set(error, STATUS_EXHAUSTED,
                         "An expression is more than %d operators deep once written out.", DEPTH_MAX);
    if (count > NODES_MAX)
        return error_set(error, STATUS_EXHAUSTED,
                         "An expression has more than %d operators once written out.", NODES_MAX);
    return STATUS_OK;
}
