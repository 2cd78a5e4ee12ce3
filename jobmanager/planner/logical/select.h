#pragma once

#include "jobmanager/planner/logical/grouping.h"

/* Where a column of a SELECT stands in the text; syntax is NULL of one that * stands for. */
struct select_origin {
    const struct sql_expression *syntax;
    struct sql_span span;
};

/* A SELECT on its way. */
struct select {
    struct planning *planning;
    const struct sql_query *query;
    struct scope scope;           /* of FROM */
    const struct relation *input; /* FROM and WHERE, then what came upon them */
    struct column_list list;      /* the columns of the result, then those that only ORDER BY needs */
    struct select_origin *origins;
    uint32_t visible_count; /* of the result */
    struct grouping grouping;
    bool is_aggregate;
    struct plan_sort_column *order; /* columns of list */
};

/* Expressions over the input, or NULL where a row number stands: its column is known when the relation is
 * that counts. */
STATUS_MUST_CHECK enum status select_items(struct select *select);
STATUS_MUST_CHECK enum status select_order(struct select *select);
