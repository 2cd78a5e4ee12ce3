#include "common/base/check.h"
#include "common/parquet/column_writer.h"

#include <math.h>
#include <string.h>

#define AT(i) values[rows != NULL ? rows[i] : (i)]

static void copy_32(struct buffer *plain, const uint32_t *values, const uint32_t *rows, uint32_t count)
{
    buffer_reserve(plain, count * sizeof *values);
    uint8_t *target = plain->data + plain->size;
    for (uint32_t i = 0; i < count; i++)
        memcpy(target + i * sizeof *values, &AT(i), sizeof *values);
    plain->size += count * sizeof *values;
}

static void copy_64(struct buffer *plain, const uint64_t *values, const uint32_t *rows, uint32_t count)
{
    buffer_reserve(plain, count * sizeof *values);
    uint8_t *target = plain->data + plain->size;
    for (uint32_t i = 0; i < count; i++)
        memcpy(target + i * sizeof *values, &AT(i), sizeof *values);
    plain->size += count * sizeof *values;
}

static void copy_bytes(struct buffer *plain, const uint8_t *values, const uint32_t *rows, uint32_t count)
{
    buffer_reserve(plain, count);
    for (uint32_t i = 0; i < count; i++)
        plain->data[plain->size++] = AT(i);
}

static void copy_strings(struct buffer *plain, const struct string_value *values, const uint32_t *rows,
                         uint32_t count)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < count; i++)
        bytes += AT(i).size;
    buffer_reserve(plain, bytes + count * sizeof(uint32_t));
    uint8_t *target = plain->data + plain->size;
    for (uint32_t i = 0; i < count; i++) {
        const struct string_value *value = &AT(i);
        memcpy(target, &value->size, sizeof value->size);
        target += sizeof value->size;
        if (value->size > 0)
            memcpy(target, value->data, value->size);
        target += value->size;
    }
    plain->size += bytes + count * sizeof(uint32_t);
}

static void copy_big_endian(struct buffer *plain, const int128_t *values, const uint32_t *rows,
                            uint32_t count, uint32_t width)
{
    buffer_reserve(plain, (size_t)count * width);
    for (uint32_t i = 0; i < count; i++) {
        int128_t value = AT(i);
        for (uint32_t k = width; k > 0; k--)
            plain->data[plain->size++] = (uint8_t)(value >> (8 * (k - 1)));
    }
}

void column_append_plain(struct column_writer *column, const void *values, const uint32_t *rows,
                         uint32_t count)
{
    struct column_range *range = &column->chunk_range;
    switch (column->layout.type) {
    case PARQUET_BOOLEAN:
        copy_bytes(&column->plain, values, rows, count);
        column_range_add_u8(range, values, rows, count);
        return;
    case PARQUET_INT32:
        copy_32(&column->plain, values, rows, count);
        column_range_add_i32(range, values, rows, count);
        return;
    case PARQUET_INT64:
        copy_64(&column->plain, values, rows, count);
        column_range_add_i64(range, values, rows, count);
        return;
    case PARQUET_FLOAT:
        copy_32(&column->plain, values, rows, count);
        column_range_add_float(range, values, rows, count);
        return;
    case PARQUET_DOUBLE:
        copy_64(&column->plain, values, rows, count);
        column_range_add_double(range, values, rows, count);
        return;
    case PARQUET_BYTE_ARRAY:
        copy_strings(&column->plain, values, rows, count);
        column_range_add_strings(range, values, rows, count);
        return;
    case PARQUET_FIXED_LEN_BYTE_ARRAY:
        copy_big_endian(&column->plain, values, rows, count, column->layout.width);
        column_range_add_decimal(range, values, rows, count);
        return;
    }
    CHECK(false);
}

/* Decimals of up to 18 digits become integers of the layout's width, dense. */
static void narrow_decimals(const int128_t *values, const uint32_t *rows, uint32_t count, uint32_t width,
                            void *target)
{
    if (width == sizeof(int32_t)) {
        for (uint32_t i = 0; i < count; i++)
            ((int32_t *)target)[i] = (int32_t)AT(i);
    } else {
        for (uint32_t i = 0; i < count; i++)
            ((int64_t *)target)[i] = (int64_t)AT(i);
    }
}

static void count_nans(struct column_writer *column, const void *numbers, const uint32_t *rows,
                       uint32_t count)
{
    int64_t nans = 0;
    if (column->layout.type == PARQUET_FLOAT) {
        const float *values = numbers;
        for (uint32_t i = 0; i < count; i++)
            nans += isnan(AT(i)) != 0;
    } else if (column->layout.type == PARQUET_DOUBLE) {
        const double *values = numbers;
        for (uint32_t i = 0; i < count; i++)
            nans += isnan(AT(i)) != 0;
    }
    column->nans += nans;
}

/* A stretch without nulls: rows picks them, NULL: the first count. */
static void append_values(struct column_writer *column, const struct vector *vector, const uint32_t *rows,
                          uint32_t count)
{
    if (column->dictionary.is_open && column->type.kind != TYPE_DECIMAL &&
        column->layout.type != PARQUET_FLOAT && column->layout.type != PARQUET_DOUBLE) {
        column_append_dictionary(column, vector, rows, count);
        return;
    }
    uint32_t picked[STRETCH_ROWS];
    const void *values = vector->values;
    if (vector->encoding == VECTOR_CONSTANT) {
        memset(picked, 0, count * sizeof *picked);
        rows = picked;
    } else if (vector->encoding == VECTOR_DICTIONARY) {
        for (uint32_t i = 0; i < count; i++)
            picked[i] = vector->indices[rows != NULL ? rows[i] : i];
        values = vector->dictionary->values;
        rows = picked;
    }
    union {
        int32_t narrow[STRETCH_ROWS];
        int64_t wide[STRETCH_ROWS];
    } decimals;
    if (column->type.kind == TYPE_DECIMAL && column->layout.type != PARQUET_FIXED_LEN_BYTE_ARRAY) {
        narrow_decimals(values, rows, count, column->layout.width, &decimals);
        values = &decimals;
        rows = NULL;
    }
    count_nans(column, values, rows, count);
    if (column->dictionary.is_open) {
        struct vector flat = {.encoding = VECTOR_FLAT, .values = (void *)(uintptr_t)values};
        column_append_dictionary(column, &flat, rows, count);
    } else {
        column_append_plain(column, values, rows, count);
    }
}

static inline bool row_is_null(const struct vector *vector, uint32_t row)
{
    return vector->validity != NULL && !validity_is_set(vector->validity, row);
}

/* How many of the count rows fit into a page by the size of their texts; at least one. */
static uint32_t fitting_rows(const struct column_writer *column, const struct vector *vector,
                             const uint32_t *rows, uint32_t first, uint32_t count)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = rows != NULL ? rows[first + i] : first + i;
        if (vector->encoding == VECTOR_CONSTANT)
            row = 0;
        if (row_is_null(vector, row))
            continue;
        if (vector->encoding == VECTOR_DICTIONARY)
            bytes += ((const struct string_value *)vector->dictionary->values)[vector->indices[row]].size;
        else
            bytes += ((const struct string_value *)vector->values)[row].size;
        if (bytes > column->options->page_bytes)
            return i == 0 ? 1 : i;
    }
    return count;
}

static void append_with_nulls(struct column_writer *column, const struct vector *vector, const uint32_t *rows,
                              uint32_t first, uint32_t count)
{
    uint64_t present[LEVEL_WORDS] = {0};
    uint32_t picked[STRETCH_ROWS];
    uint32_t num_picked = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = rows != NULL ? rows[first + i] : first + i;
        uint64_t is_present = validity_is_set(vector->validity, row);
        present[i / 64] |= is_present << i % 64;
        picked[num_picked] = row;
        num_picked += (uint32_t)is_present;
    }
    append_values(column, vector, picked, num_picked);
    column_levels_add_bits(column, present, count, num_picked);
}

static void append_without_nulls(struct column_writer *column, const struct vector *vector,
                                 const uint32_t *rows, uint32_t first, uint32_t count)
{
    if (rows == NULL && first > 0 && vector->encoding != VECTOR_CONSTANT) {
        uint32_t picked[STRETCH_ROWS];
        for (uint32_t i = 0; i < count; i++)
            picked[i] = first + i;
        append_values(column, vector, picked, count);
    } else {
        append_values(column, vector, rows != NULL ? rows + first : NULL, count);
    }
    column_levels_add(column, count);
}

static void append_nulls(struct column_writer *column, uint32_t count)
{
    const uint64_t present[LEVEL_WORDS] = {0};
    column_levels_add_bits(column, present, count, 0);
}

enum status column_writer_append(struct column_writer *column, const struct vector *vector,
                                 const uint32_t *rows, uint32_t count, struct error *error)
{
    bool all_null = vector == NULL || vector->type.kind == TYPE_NULL ||
                    (vector->encoding == VECTOR_CONSTANT && row_is_null(vector, 0));
    bool some_null = !all_null && vector->validity != NULL && vector->encoding != VECTOR_CONSTANT;
    for (uint32_t first = 0; first < count;) {
        uint32_t stretch = count - first < STRETCH_ROWS ? count - first : STRETCH_ROWS;
        uint32_t room = column->options->page_rows - column->page_rows;
        stretch = stretch < room ? stretch : room;
        if (!all_null && column->layout.type == PARQUET_BYTE_ARRAY)
            stretch = fitting_rows(column, vector, rows, first, stretch);
        if (all_null)
            append_nulls(column, stretch);
        else if (some_null)
            append_with_nulls(column, vector, rows, first, stretch);
        else
            append_without_nulls(column, vector, rows, first, stretch);
        first += stretch;
        enum status status = column_dictionary_review(column, error);
        if (status == STATUS_OK && (column->page_rows >= column->options->page_rows ||
                                    column->plain.size >= column->options->page_bytes))
            status = column_writer_end_page(column, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}
