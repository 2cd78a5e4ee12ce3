#pragma once

#include "common/columnar/vector.h"

/* Three-valued logic on bits: a row is in is_true, in is_false, or (NULL) in neither. Bits beyond num_rows
 * are zero in all of these. */

void truth_fill(uint64_t *bits, uint32_t num_rows); /* num_rows ones */
/* A BOOLEAN vector of any encoding; a constant stands for num_rows. */
void truth_of_vector(const struct vector *vector, uint32_t num_rows, uint64_t *is_true, uint64_t *is_false);
/* A flat BOOLEAN vector. */
struct vector *truth_to_vector(struct data_type type, uint32_t num_rows, const uint64_t *is_true,
                               const uint64_t *is_false);
/* The rows whose bit is set, ascending, into rows; returns their number. */
uint32_t truth_rows(const uint64_t *bits, uint32_t num_rows, uint32_t *rows);
