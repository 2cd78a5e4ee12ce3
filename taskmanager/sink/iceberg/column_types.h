#pragma once

#include "common/columnar/vector.h"

/* True when values of a query's column can be written to a table's column of that type: the same type, or one
 * that widens to it (INT to BIGINT, FLOAT to DOUBLE, a decimal of fewer digits and the same scale). */
bool column_type_fits(struct data_type given, struct data_type table);
/* The vector with values of the table's type, which fits; the same one with one more reference where it can.
 */
struct vector *widened_column(struct vector *vector, struct data_type table);
