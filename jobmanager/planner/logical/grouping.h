#pragma once

#include "jobmanager/planner/logical/relation.h"
#include "jobmanager/planner/logical/resolve.h"

/*
 * GROUP BY and aggregate calls. While the expressions of a query over groups are resolved, each aggregate
 * call and each property of the group's window stands for a column behind those of the input (a slot); once
 * all are known, grouping_finish makes the aggregation, and grouping_rewrite turns the expressions into ones
 * over its output.
 */

enum grouping_slot_kind { GROUPING_CALL, GROUPING_PROPERTY };

struct grouping_slot {
    enum grouping_slot_kind kind;
    uint32_t index; /* into calls or properties */
};

/* An aggregate call over the input's columns. */
struct grouping_call {
    const struct aggregate_function *function;
    const struct expression *const *arguments;
    uint32_t argument_count;
    const struct expression *filter; /* NULL when none */
    bool is_distinct;
    struct data_type result;
    const char *name; /* that of the column which it is, NULL when it is part of an expression */
};

struct grouping {
    struct planning *planning;
    const struct relation *input;
    bool is_grouped;                      /* GROUP BY is there */
    const struct expression *const *keys; /* over the input */
    uint32_t key_count;
    struct relation_window *window; /* of old, over the input; NULL when none */
    const struct sql_expression *window_syntax;
    struct grouping_call *calls;
    uint32_t call_count;
    enum plan_window_property *properties;
    const char **property_names; /* as those of calls */
    uint32_t property_count;
    struct grouping_slot *slots;
    uint32_t slot_count;
};

/* True when an aggregate call stands in the expression, or in what its OVER orders and divides by. */
bool syntax_has_aggregate(const struct sql_expression *syntax);

/* True when they are written in the same way, but for case and space. */
bool syntax_equal(const struct sql_expression *a, const struct sql_expression *b);

/* Resolves GROUP BY, with the scope of the input. */
STATUS_MUST_CHECK enum status grouping_start(struct grouping *grouping, struct planning *planning,
                                             const struct relation *input, const struct scope *scope,
                                             const struct sql_query *query);
/* An aggregate call: its slot. */
STATUS_MUST_CHECK enum status grouping_call(const struct scope *scope, const struct sql_expression *syntax,
                                            const struct aggregate_function *function,
                                            const struct expression **ret_expression);
/* TUMBLE_START(ts, INTERVAL '1' HOUR) and the like: the slot of a property of the group's window function, of
 * that name. */
STATUS_MUST_CHECK enum status grouping_property(const struct scope *scope,
                                                const struct sql_expression *syntax, const char *function,
                                                enum plan_window_property property,
                                                const struct expression **ret_expression);
/* The column of a call or property, when expression is nothing else, shall have this name. */
void grouping_name(struct grouping *grouping, const struct expression *expression, const char *name);
/* The aggregation over its input. */
STATUS_MUST_CHECK enum status grouping_finish(struct grouping *grouping,
                                              const struct relation **ret_relation);
/* The expression over the aggregation's output; what is neither key nor aggregate is an error at its place in
 * syntax, or at span when syntax is NULL. */
STATUS_MUST_CHECK enum status grouping_rewrite(struct grouping *grouping, const struct expression *expression,
                                               const struct sql_expression *syntax,
                                               const struct sql_span *span,
                                               const struct expression **ret_expression);
