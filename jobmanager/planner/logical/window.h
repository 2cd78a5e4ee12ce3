#pragma once

#include "jobmanager/planner/logical/relation.h"
#include "jobmanager/planner/logical/resolve.h"

/* Windows in the text: table functions, and GROUP BY TUMBLE(ts, ...) of old with TUMBLE_START and the like.
 */

/* Checks the lengths and sets them; function is the name for messages, slide and offset may be NULL. */
STATUS_MUST_CHECK enum status window_set_lengths(const struct scope *scope, const char *function,
                                                 const struct sql_expression *size,
                                                 const struct sql_expression *slide,
                                                 const struct sql_expression *offset,
                                                 struct relation_window *window);
/* TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), ...)) */
STATUS_MUST_CHECK enum status window_relation(struct planning *planning,
                                              const struct sql_window_function *function,
                                              const struct relation **ret_relation);

/* True for a call of TUMBLE, HOP or SESSION, as it stands in GROUP BY. */
bool is_group_window(const struct sql_expression *syntax);
STATUS_MUST_CHECK enum status group_window_resolve(const struct scope *scope, const struct relation *input,
                                                   const struct sql_expression *syntax,
                                                   struct relation_window *ret_window);
/* The property that a name like TUMBLE_START asks for, of the window function that it begins with; false for
 * other names. */
bool group_window_property(const char *name, const char **ret_function,
                           enum plan_window_property *ret_property);
