#pragma once

#include "common/expression/expression.h"
#include "jobmanager/planner/logical/planning.h"

struct grouping;

/* What expressions are resolved against: the columns of one relation, or none. */
struct scope {
    struct arena *arena;
    const struct schema *schema; /* NULL: no columns */
    const char *name;            /* that may stand before a column: the table's, or its alias */
    const bool *hidden;          /* columns that may not be named here; NULL: none */
    struct grouping *grouping;   /* takes aggregate calls; NULL: none may stand here, */
    const char *no_aggregates;   /* because of this */
    struct clock clock;
    const struct time_zone *zone;
    struct error *error;
};

/* Without columns. */
struct scope scope_of(const struct planning *planning);

STATUS_MUST_CHECK enum status resolve_expression(const struct scope *scope,
                                                 const struct sql_expression *syntax,
                                                 const struct expression **ret_expression);
/* As above, and BOOLEAN. clause is "WHERE" or the like. */
STATUS_MUST_CHECK enum status resolve_condition(const struct scope *scope,
                                                const struct sql_expression *syntax, const char *clause,
                                                const struct expression **ret_expression);
STATUS_MUST_CHECK enum status resolve_literal(const struct scope *scope, const struct sql_expression *syntax,
                                              bool negative, const struct expression **ret_expression);
/* The value of an expression without columns, as a literal of the same type. */
STATUS_MUST_CHECK enum status resolve_constant(const struct scope *scope, const struct expression *expression,
                                               const struct expression **ret_literal);
/* The expression with what does not depend on a row evaluated, as far as that does not fail. */
const struct expression *resolve_fold(const struct scope *scope, const struct expression *expression);
/* The same after a rewrite, when what stands below is not folded yet. */
const struct expression *resolve_fold_all(const struct scope *scope, const struct expression *expression);
/* The literal NULL has no type of its own: where its values are kept or sent it is a STRING. */
const struct expression *type_null(struct arena *arena, const struct expression *expression);
/* An expression too large or deep for those who walk it is an error. */
STATUS_MUST_CHECK enum status check_expression_size(const struct expression *expression, struct error *error);
