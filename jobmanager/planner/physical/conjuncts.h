#pragma once

#include "common/base/arena.h"
#include "common/expression/expression.h"

/* Conditions as lists of conditions that must all hold. */

/* NULL has none. */
const struct expression **conjuncts_of(struct arena *arena, const struct expression *condition,
                                       uint32_t *ret_count);
/* NULL when there are none. */
const struct expression *conjunction_of(struct arena *arena, const struct expression *const *conjuncts,
                                        uint32_t count);
/* Takes those conditions out of *condition that read only the allowed ones of width columns, and can neither
 * fail nor change by themselves: they may be asked earlier. */
const struct expression *conjuncts_take(struct arena *arena, const struct expression **condition,
                                        const bool *allowed, uint32_t width);
