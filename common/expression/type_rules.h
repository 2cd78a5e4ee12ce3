#pragma once

#include "common/columnar/data_type.h"

/* Flink's rules about types: which casts exist, which happen by themselves, what a mixture becomes. */

/* CAST(x AS to) is allowed. */
bool type_supports_cast(struct data_type from, struct data_type to);
/* A value of from may be stored in a column of to without a CAST (INSERT INTO). */
bool type_supports_implicit_cast(struct data_type from, struct data_type to);
/* Whether such a cast can meet a value that it refuses. */
bool type_cast_can_fail(struct data_type from, struct data_type to);
/* The type that holds values of both (CASE branches, VALUES rows, UNION, COALESCE); nullable when one is.
 * False when there is none. */
bool type_find_common(struct data_type a, struct data_type b, struct data_type *ret_type);

/* Results of decimal arithmetic, capped at 38 digits with at least 6 of scale kept. */
struct data_type type_decimal_sum(struct data_type a, struct data_type b);
struct data_type type_decimal_product(struct data_type a, struct data_type b);
struct data_type type_decimal_quotient(struct data_type a, struct data_type b);
struct data_type type_decimal_remainder(struct data_type a, struct data_type b);
/* ROUND(x, digits). */
struct data_type type_decimal_rounded(struct data_type type, int32_t digits);
/* INT as DECIMAL(10, 0), BIGINT as DECIMAL(19, 0), a decimal as itself. */
struct data_type type_as_decimal(struct data_type type);
