#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/columnar/row_layout_internal.h"
#include "common/columnar/row_packer.h"

#include <stdlib.h>

static bool has_stray_bits(const uint8_t *bitmap, uint32_t num_columns)
{
    uint32_t used = num_columns % 8;
    return used != 0 && (bitmap[num_columns / 8] >> used) != 0;
}

static bool is_marked_null(const struct bytes_view *row, uint32_t column)
{
    return (row->data[column / 8] >> (column % 8)) & 1;
}

static enum status corrupt(struct error *error, uint32_t row, const char *what)
{
    return error_set(error, STATUS_CORRUPT, "packed row %u does not hold together: %s", row, what);
}

/* Checks the null bitmaps and begins the cursors behind them. */
static enum status begin_rows(const struct bytes_view *rows, uint32_t count, uint32_t num_columns,
                              size_t *cursors, struct error *error)
{
    size_t head = row_bitmap_bytes(num_columns);
    for (uint32_t i = 0; i < count; i++) {
        if (rows[i].size < head)
            return corrupt(error, i, "it ends within its null bitmap");
        if (has_stray_bits(rows[i].data, num_columns))
            return corrupt(error, i, "its null bitmap has bits of no column");
        cursors[i] = head;
    }
    return STATUS_OK;
}

static enum status take_fixed(const struct bytes_view *rows, uint32_t count, uint32_t column, size_t *cursors,
                              struct vector *vector, struct error *error)
{
    size_t width = data_type_width(vector->type.kind);
    bool is_boolean = vector->type.kind == TYPE_BOOLEAN;
    uint8_t *values = vector->values;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *value = values + width * i;
        if (is_marked_null(&rows[i], column)) {
            memset(value, 0, width);
            vector_set_null(vector, i);
            continue;
        }
        if (rows[i].size - cursors[i] < width)
            return corrupt(error, i, "it ends within a value");
        memcpy(value, rows[i].data + cursors[i], width);
        if (is_boolean && *value > 1)
            return corrupt(error, i, "a BOOLEAN is neither 0 nor 1");
        cursors[i] += width;
    }
    return STATUS_OK;
}

static enum status take_texts(const struct bytes_view *rows, uint32_t count, uint32_t column, size_t *cursors,
                              struct vector *vector, struct error *error)
{
    struct string_heap *heap = vector_ensure_heap(vector);
    struct string_value *values = vector->values;
    for (uint32_t i = 0; i < count; i++) {
        if (is_marked_null(&rows[i], column)) {
            values[i] = (struct string_value){0};
            vector_set_null(vector, i);
            continue;
        }
        uint32_t size;
        size_t left = rows[i].size - cursors[i];
        if (left < ROW_TEXT_HEAD_BYTES)
            return corrupt(error, i, "it ends within the length of a text");
        memcpy(&size, rows[i].data + cursors[i], ROW_TEXT_HEAD_BYTES);
        if (left - ROW_TEXT_HEAD_BYTES < size)
            return corrupt(error, i, "it ends within a text");
        values[i] =
            string_heap_add(heap, (const char *)rows[i].data + cursors[i] + ROW_TEXT_HEAD_BYTES, size);
        cursors[i] += ROW_TEXT_HEAD_BYTES + size;
    }
    return STATUS_OK;
}

static enum status take_nulls(const struct bytes_view *rows, uint32_t count, uint32_t column,
                              struct vector *vector, struct error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!is_marked_null(&rows[i], column))
            return corrupt(error, i, "a column that is always NULL has a value");
        vector_set_null(vector, i);
    }
    return STATUS_OK;
}

static enum status take_column(const struct bytes_view *rows, uint32_t count, uint32_t column,
                               size_t *cursors, struct vector *vector, struct error *error)
{
    vector->length = count;
    if (vector->type.kind == TYPE_NULL)
        return take_nulls(rows, count, column, vector, error);
    if (data_type_is_string(vector->type.kind))
        return take_texts(rows, count, column, cursors, vector, error);
    return take_fixed(rows, count, column, cursors, vector, error);
}

enum status row_packer_unpack(const struct row_packer *packer, const struct bytes_view *rows, uint32_t count,
                              struct vector **ret_columns, struct error *error)
{
    size_t *cursors = mem_alloc((count + (size_t)1) * sizeof *cursors);
    struct vector **columns = mem_calloc(packer->num_columns + (size_t)1, sizeof(struct vector *));
    enum status status = begin_rows(rows, count, packer->num_columns, cursors, error);
    for (uint32_t c = 0; c < packer->num_columns && status == STATUS_OK; c++) {
        columns[c] = vector_create(packer->types[c], count);
        status = take_column(rows, count, c, cursors, columns[c], error);
    }
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        if (cursors[i] != rows[i].size)
            status = corrupt(error, i, "bytes are left behind its last value");
    for (uint32_t c = 0; c < packer->num_columns; c++) {
        if (status == STATUS_OK)
            ret_columns[c] = columns[c];
        else
            vector_unref(columns[c]);
    }
    free(columns);
    free(cursors);
    return status;
}
