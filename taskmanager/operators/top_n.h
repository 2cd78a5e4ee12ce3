#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

/*
 * The rows of each partition whose row number lies from plan->first to plan->last. Output 0 gets the
 * changelog of these: with the number as a column, -U and +U of each number whose row is another one; without
 * it, -D of rows that leave and +I of rows that enter; of the very first row of inserts -U and +U too. What
 * the rows of one batch change in a partition is told once. plan outlives the operator; references of the
 * schemas are taken.
 */
struct operator*
    top_n_create(const struct plan_top_n *plan, const struct schema *input, const struct schema *output);
