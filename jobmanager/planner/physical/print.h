#pragma once

#include "common/base/buffer.h"
#include "jobmanager/planner/physical/physical.h"

/* Operators as EXPLAIN and messages name them, in Flink's form: "Calc(select=[a], where=[>(b, 1)])". */

/* with_changelog: with changelogMode=[I,UB,UA,D] at its end. */
void physical_print(const struct physical *node, bool with_changelog, struct buffer *out);

/* Flink's name of the operator: "Rank", "SortLimit" or "Limit". */
const char *physical_top_n_name(const struct physical *node);
/* [a, b] */
void print_names(const struct schema *schema, struct buffer *out);
/* [a, b]: the columns of these numbers. */
void print_columns(const struct schema *schema, const uint32_t *columns, uint32_t count, struct buffer *out);
/* "[[catalog, database, table", still open. */
void print_table(const struct sql_table *table, struct buffer *out);
/* "tuples=[[{ 1, 'a' }]]" */
void print_tuples(const struct expression *const *values, size_t row_count, const struct schema *schema,
                  struct buffer *out);
/* "1 h": the largest unit that divides it. */
void print_duration(int64_t us, struct buffer *out);
