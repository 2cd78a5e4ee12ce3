#pragma once

#include "common/base/buffer.h"
#include "jobmanager/planner/physical/physical.h"

/* The texts of EXPLAIN, in Flink's form: a line an operator, its inputs below it. */

/* The place of a line in the tree: what stands before it follows from those above it. */
struct explain_line {
    const struct explain_line *above; /* NULL: of the first line */
    bool is_last;                     /* among the inputs of the operator above */
};

/* "   :  +- " */
void explain_begin_line(struct buffer *out, const struct explain_line *line);
/* [a, b] */
void explain_names(const struct schema *schema, struct buffer *out);
/* [a, b]: the columns of these numbers. */
void explain_columns(const struct schema *schema, const uint32_t *columns, uint32_t count,
                     struct buffer *out);
/* "[[catalog, database, table", still open. */
void explain_table(const struct sql_table *table, struct buffer *out);
/* "LogicalValues(tuples=[[{ 1, 'a' }]])", the whole line. */
void explain_values(const char *name, const struct expression *const *values, size_t row_count,
                    const struct schema *schema, const struct explain_line *line, struct buffer *out);

void explain_logical(const struct relation *relation, const struct explain_line *line, struct buffer *out);
void explain_physical(const struct physical *node, const struct explain_line *line, struct buffer *out);
