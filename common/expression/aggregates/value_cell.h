#pragma once

#include "common/expression/aggregates/aggregates_internal.h"
#include "common/expression/aggregates/wide_integer.h"

/*
 * One value, or none, in an accumulator. Its form follows from the type; the content of a number is a sort
 * key: an integer whose order is that of the values, NaN being the largest. As for GROUP BY, -0.0 is 0.0 and
 * every NaN the same, so that a value is found again that went through packed rows.
 */
enum cell_form { CELL_NUMBER, CELL_DECIMAL, CELL_TEXT };

struct number_cell {
    int64_t has_value;
    int64_t key;
};

struct decimal_cell {
    int64_t has_value;
    uint64_t low;
    int64_t high;
};

struct text_cell {
    int64_t has_value;
    struct buffer text;
};

static inline enum cell_form cell_form_of(enum type_kind kind)
{
    if (data_type_is_string(kind))
        return CELL_TEXT;
    return kind == TYPE_DECIMAL ? CELL_DECIMAL : CELL_NUMBER;
}

/* Between the bits of a floating number and an integer of the same order: its own inverse. */
static inline int64_t double_order(uint64_t bits)
{
    return (int64_t)(bits ^ ((uint64_t)((int64_t)bits >> 63) & INT64_MAX));
}

static inline int32_t float_order(uint32_t bits)
{
    return (int32_t)(bits ^ ((uint32_t)((int32_t)bits >> 31) & INT32_MAX));
}

static inline int64_t double_sort_key(uint64_t bits)
{
    uint64_t magnitude = bits & INT64_MAX;
    bool is_nan = magnitude > UINT64_C(0x7FF0000000000000);
    return is_nan ? INT64_C(0x7FF8000000000000) : magnitude == 0 ? 0 : double_order(bits);
}

static inline int32_t float_sort_key(uint32_t bits)
{
    uint32_t magnitude = bits & INT32_MAX;
    bool is_nan = magnitude > 0x7F800000u;
    return is_nan ? 0x7FC00000 : magnitude == 0 ? 0 : float_order(bits);
}

/* The sort key of a value of a CELL_NUMBER type. */
static inline int64_t number_sort_key(enum type_kind kind, const void *values, uint32_t row)
{
    switch (kind) {
    case TYPE_BOOLEAN: return ((const uint8_t *)values)[row];
    case TYPE_INT:
    case TYPE_DATE: return ((const int32_t *)values)[row];
    case TYPE_FLOAT: return float_sort_key(((const uint32_t *)values)[row]);
    case TYPE_DOUBLE: return double_sort_key(((const uint64_t *)values)[row]);
    default: return ((const int64_t *)values)[row];
    }
}

static inline int128_t decimal_cell_value(const struct decimal_cell *cell)
{
    return (int128_t)((uint128_t)(uint64_t)cell->high << 64 | cell->low);
}

static inline void decimal_cell_set(struct decimal_cell *cell, int128_t value)
{
    *cell = (struct decimal_cell){1, (uint64_t)value, (int64_t)(value >> 64)};
}

static inline void text_cell_set(struct text_cell *cell, const void *text, size_t size)
{
    cell->has_value = 1;
    buffer_clear(&cell->text);
    buffer_append(&cell->text, text, size);
}

/* A value as bytes: 8 of a sort key, 16 of a decimal, or the text; scratch holds the former two. */
struct bytes_view cell_value_bytes(enum type_kind kind, const struct vector *vector, uint32_t row,
                                   uint8_t scratch[16]);
/* Such bytes have a possible size. */
bool cell_bytes_fit(enum type_kind kind, struct bytes_view bytes);
/* As SQL orders them: negative, 0 or positive. */
int cell_bytes_compare(enum type_kind kind, struct bytes_view a, struct bytes_view b);
/* The value of a cell that has one as bytes. */
struct bytes_view cell_bytes(enum type_kind kind, const void *cell, uint8_t scratch[16]);
void cell_set_bytes(enum type_kind kind, void *cell, struct bytes_view bytes);
/* Writes the value, or NULL, to a row of a flat vector of that type. */
void cell_finish(enum type_kind kind, const void *cell, struct vector *result, uint32_t row);
void cell_finish_bytes(enum type_kind kind, struct bytes_view bytes, struct vector *result, uint32_t row);
