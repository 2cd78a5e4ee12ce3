#pragma once

#include "common/base/buffer.h"
#include "jobmanager/planner/physical/print.h"
#include "jobmanager/planner/planner_internal.h"

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
/* "advice[1]: [ADVICE] ..." a line, or "No available advice...". */
void explain_advice(const struct plan *plan, struct buffer *out);
/* {"nodes" : [...]}: the operators of the job, as Flink's web tools draw them. */
void explain_json(const struct plan *plan, struct buffer *out);
