#pragma once

#include "common/expression/expression.h"
#include "common/expression/function.h"

/*
 * The function table: everything that SQL calls, operators too, by name:
 *   = <> < <= > >=  + - * / %  NEGATE (unary minus)  ||  LIKE (value, pattern[, escape])  IN (value, list...)
 *   NOT  AND  OR  IS NULL  IS NOT NULL  IS TRUE  IS FALSE  IS NOT TRUE  IS NOT FALSE  IS DISTINCT FROM
 *   IS NOT DISTINCT FROM  BETWEEN (value, low, high)
 *   CASE (condition, value, ..., [else])  COALESCE  NULLIF  IF  IFNULL
 *   PLUS_INTERVAL_DAY (DATE or TIMESTAMP[_LTZ], BIGINT microseconds)  PLUS_INTERVAL_MONTH (same, INT months)
 *   EXTRACT ('YEAR' literal, value), UPPER, SUBSTRING, ...
 */

/* A name as written, any case; NULL when there is none. The special forms (AND, OR, CASE, COALESCE and what
 * is rewritten to them) are no entries: function_call knows them. */
const struct function *function_find(const char *name);
/* Whether function_call takes the name: an entry or a special form. */
bool function_exists(const char *name);
/* The known name nearest to a misspelt one, or NULL. */
const char *function_suggest(const char *name);
/* Names that a query may use, special forms too, without signs (=, +) and words in the midst of an expression
 * (IS NULL); NULL behind the last. */
const char *function_name_at(uint32_t index);
/* All entries, ordered as documented. */
const struct function *function_table(uint32_t *ret_count);

/*
 * A call by name: finds the function, infers types, adds the implicit casts, rewrites what is made of other
 * forms (BETWEEN, NULLIF, IF). The error names the function and the argument types; the caller adds the
 * position in the text.
 */
STATUS_MUST_CHECK enum status function_call(struct arena *arena, const char *name,
                                            const struct expression *const *arguments, uint32_t num_arguments,
                                            const struct expression **ret_expression, struct error *error);
