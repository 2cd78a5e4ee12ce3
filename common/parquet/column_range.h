#pragma once

#include "common/columnar/vector.h"
#include "common/parquet/dictionary.h"
#include "common/parquet/parquet_internal.h"

/*
 * Least and greatest value of a column so far, NaNs left out. Integers of all widths, booleans and decimals
 * up to 18 digits are in integer; floats in number, which holds them exactly; wider decimals in decimal;
 * strings in text, a copy.
 */
struct range_bound {
    union {
        int64_t integer;
        double number;
        int128_t decimal;
    };
    struct buffer text;
};

struct column_range {
    bool is_set;
    struct range_bound minimum;
    struct range_bound maximum;
};

void column_range_free(struct column_range *range); /* the content; the struct is empty after */

/* Each takes count values, rows picks them (NULL: the first count). */
void column_range_add_u8(struct column_range *range, const uint8_t *values, const uint32_t *rows,
                         uint32_t count);
void column_range_add_i32(struct column_range *range, const int32_t *values, const uint32_t *rows,
                          uint32_t count);
void column_range_add_i64(struct column_range *range, const int64_t *values, const uint32_t *rows,
                          uint32_t count);
void column_range_add_float(struct column_range *range, const float *values, const uint32_t *rows,
                            uint32_t count);
void column_range_add_double(struct column_range *range, const double *values, const uint32_t *rows,
                             uint32_t count);
void column_range_add_decimal(struct column_range *range, const int128_t *values, const uint32_t *rows,
                              uint32_t count);
void column_range_add_strings(struct column_range *range, const struct string_value *values,
                              const uint32_t *rows, uint32_t count);
/* All values of a dictionary whose values have that layout. */
void column_range_add_dictionary(struct column_range *range, const struct dictionary *dictionary,
                                 struct parquet_layout layout);
/* Takes the content of other, of the same column; other is empty after. */
void column_range_merge(struct column_range *range, struct column_range *other, struct parquet_layout layout);
/* The PLAIN encoding of a bound (without length), for the statistics of the footer. */
void range_bound_encode(const struct range_bound *bound, struct parquet_layout layout, struct buffer *buffer);
