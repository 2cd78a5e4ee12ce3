#pragma once

#include "common/base/buffer.h"
#include "jobmanager/planner/physical/print.h"

/* The texts of EXPLAIN, in Flink's form: a line an operator, its inputs below it. */

/* The place of a line in the tree: what stands before it follows from those above it. */
struct explain_line {
    const struct explain_line *above; /* NULL: of the first line */
    bool is_last;                     /* among the inputs of the operator above */
};

/* "   :  +- " */
void explain_begin_line(struct buffer *out, const struct explain_line *line);

void explain_logical(const struct relation *relation, const struct explain_line *line, struct buffer *out);
/* The operator alone, without its line's end. */
void explain_aggregate(const struct relation *relation, struct buffer *out);
void explain_window_function(const struct relation *relation, struct buffer *out);
