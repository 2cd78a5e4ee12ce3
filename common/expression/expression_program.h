#pragma once

#include "common/base/clock.h"
#include "common/columnar/record_batch.h"
#include "common/expression/expression.h"
#include "common/expression/function.h"

/*
 * Expressions compiled to a flat list of vector kernels. Equal subtrees are evaluated once; constants stay
 * constant vectors; AND, OR, CASE and COALESCE gather the rows that a failing branch is needed for. A program
 * belongs to one thread; it keeps the function entries but not the trees.
 */
struct expression_program;

/* zone is copied by reference and outlives the program. Boolean roots for expression_program_filter. */
struct expression_program *expression_program_compile(const struct expression *const *roots,
                                                      uint32_t num_roots, struct clock clock,
                                                      const struct time_zone *zone);
void expression_program_free(struct expression_program *program);

/*
 * One vector a root, each an owned reference, of batch->num_rows rows, in ret_columns[num_roots]. A root that
 * is a bare column is the batch's own column with one more reference. The type carries the root's type.
 * Errors (a division by zero, a value that CAST refuses) leave ret_columns as they were.
 */
STATUS_MUST_CHECK enum status expression_program_evaluate(struct expression_program *program,
                                                          const struct record_batch *batch,
                                                          struct vector **ret_columns, struct error *error);
/* As above over num_rows rows of the batch alone (rows NULL: the first num_rows, which are all): only the
 * columns that are read are gathered. */
STATUS_MUST_CHECK enum status expression_program_evaluate_rows(struct expression_program *program,
                                                               const struct record_batch *batch,
                                                               const uint32_t *rows, uint32_t num_rows,
                                                               struct vector **ret_columns,
                                                               struct error *error);
/* The rows for which the only root is TRUE, ascending, into ret_rows[batch->num_rows]. */
STATUS_MUST_CHECK enum status expression_program_filter(struct expression_program *program,
                                                        const struct record_batch *batch, uint32_t *ret_rows,
                                                        uint32_t *ret_count, struct error *error);

/* The value of an expression without columns, as a literal in arena: for VALUES, LIMIT and folding. */
STATUS_MUST_CHECK enum status expression_evaluate_constant(struct arena *arena,
                                                           const struct expression *expression,
                                                           struct clock clock, const struct time_zone *zone,
                                                           const struct expression **ret_literal,
                                                           struct error *error);
