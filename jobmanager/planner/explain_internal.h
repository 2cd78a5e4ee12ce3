#pragma once

#include "common/base/buffer.h"
#include "jobmanager/planner/physical/physical.h"

/* The texts of EXPLAIN, in Flink's form: a line an operator, its inputs below it. */

/* One line of a plan: its depth gives the "+- " before it. */
void explain_begin_line(struct buffer *out, uint32_t depth);
/* [a, b] */
void explain_names(const struct schema *schema, struct buffer *out);
/* "[[catalog, database, table", still open. */
void explain_table(const struct sql_table *table, struct buffer *out);
/* "LogicalValues(tuples=[[{ 1, 'a' }]])", the whole line. */
void explain_values(const char *name, const struct expression *const *values, size_t row_count,
                    const struct schema *schema, uint32_t depth, struct buffer *out);

void explain_logical(const struct relation *relation, uint32_t depth, struct buffer *out);
void explain_physical(const struct physical *node, uint32_t depth, struct buffer *out);
