#pragma once

#include "common/expression/functions/functions.h"
#include "common/expression/kernel.h"

/* Inference callbacks (see function_infer_types). */
function_infer_types infer_comparison; /* = <> < ..: both arguments become comparable; BOOLEAN */
function_infer_types infer_in;         /* value, list...: all of one type; BOOLEAN */
function_infer_types infer_common;     /* all of one type, which is the result's: GREATEST, LEAST */
function_infer_types infer_arithmetic; /* + - * / % */
function_infer_types infer_numeric;    /* the argument's own numeric type: ABS, NEGATE */
function_infer_types infer_round;
function_infer_types infer_floor;
function_infer_types infer_extract;
function_infer_types infer_date_format;
function_infer_types infer_to_timestamp; /* TIMESTAMP(3) of STRING[, STRING] */
function_infer_types infer_to_timestamp_ltz;
function_infer_types infer_current_time; /* TIMESTAMP_LTZ(3), TIMESTAMP(3) or DATE, by the entry's result */
function_infer_types infer_plus_interval;
function_infer_types infer_round_time;           /* FLOOR and CEIL of a time to a unit */
function_infer_types infer_timestamp_difference; /* unit, time, time: INT */

/* The value of an INT literal, or otherwise. */
int32_t infer_literal_int(const struct function_types *types, uint32_t argument, int32_t otherwise);
/* "Cannot apply '+' to arguments of type '<INT> + <STRING>'. hint" */
enum status infer_refuse(const struct function_types *types, const char *hint, struct error *error);

function_kernel kernel_equal, kernel_not_equal, kernel_less, kernel_less_equal, kernel_greater,
    kernel_greater_equal, kernel_distinct, kernel_not_distinct, kernel_in, kernel_greatest, kernel_least;
function_kernel kernel_not, kernel_is_null, kernel_is_not_null, kernel_is_true, kernel_is_false,
    kernel_is_not_true, kernel_is_not_false;
function_kernel kernel_add, kernel_subtract, kernel_multiply, kernel_divide, kernel_remainder, kernel_negate;
function_kernel kernel_abs, kernel_round, kernel_floor, kernel_ceil, kernel_power, kernel_sqrt, kernel_exp,
    kernel_ln, kernel_log10, kernel_sign;
function_kernel kernel_upper, kernel_lower, kernel_char_length, kernel_octet_length, kernel_substring,
    kernel_trim, kernel_ltrim, kernel_rtrim, kernel_concat, kernel_replace, kernel_position, kernel_like,
    kernel_json_value;
function_kernel kernel_extract, kernel_date_format, kernel_to_timestamp, kernel_to_timestamp_ltz,
    kernel_to_date, kernel_unix_timestamp, kernel_from_unixtime, kernel_current_time,
    kernel_plus_interval_day, kernel_plus_interval_month, kernel_floor_time, kernel_ceil_time,
    kernel_timestamp_difference;

/* Order of two rows of comparable vectors, neither NULL: negative, 0 or positive. */
int compare_rows(const struct vector *a, uint32_t a_row, const struct vector *b, uint32_t b_row);
