#include "common/expression/aggregates/value_cell.h"

#include "common/base/check.h"

struct bytes_view cell_value_bytes(enum type_kind kind, const struct vector *vector, uint32_t row,
                                   uint8_t scratch[16])
{
    if (cell_form_of(kind) == CELL_TEXT) {
        const struct string_value *text = &((const struct string_value *)vector->values)[row];
        return (struct bytes_view){(const uint8_t *)text->data, text->size};
    }
    if (cell_form_of(kind) == CELL_DECIMAL) {
        memcpy(scratch, (const int128_t *)vector->values + row, sizeof(int128_t));
        return (struct bytes_view){scratch, sizeof(int128_t)};
    }
    int64_t key = number_sort_key(kind, vector->values, row);
    memcpy(scratch, &key, sizeof key);
    return (struct bytes_view){scratch, sizeof key};
}

bool cell_bytes_fit(enum type_kind kind, struct bytes_view bytes)
{
    switch (cell_form_of(kind)) {
    case CELL_NUMBER: return bytes.size == sizeof(int64_t);
    case CELL_DECIMAL: return bytes.size == sizeof(int128_t);
    case CELL_TEXT: return true;
    }
    return false;
}

static int compare_texts(struct bytes_view a, struct bytes_view b)
{
    size_t shorter = a.size < b.size ? a.size : b.size;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);
    if (order != 0)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

int cell_bytes_compare(enum type_kind kind, struct bytes_view a, struct bytes_view b)
{
    CHECK(cell_bytes_fit(kind, a) && cell_bytes_fit(kind, b));
    if (cell_form_of(kind) == CELL_TEXT)
        return compare_texts(a, b);
    if (cell_form_of(kind) == CELL_DECIMAL) {
        int128_t left, right;
        memcpy(&left, a.data, sizeof left);
        memcpy(&right, b.data, sizeof right);
        return left < right ? -1 : left > right;
    }
    int64_t left, right;
    memcpy(&left, a.data, sizeof left);
    memcpy(&right, b.data, sizeof right);
    return left < right ? -1 : left > right;
}

struct bytes_view cell_bytes(enum type_kind kind, const void *cell, uint8_t scratch[16])
{
    if (cell_form_of(kind) == CELL_TEXT)
        return buffer_view(&((const struct text_cell *)cell)->text);
    if (cell_form_of(kind) == CELL_DECIMAL) {
        int128_t value = decimal_cell_value(cell);
        memcpy(scratch, &value, sizeof value);
        return (struct bytes_view){scratch, sizeof value};
    }
    memcpy(scratch, &((const struct number_cell *)cell)->key, sizeof(int64_t));
    return (struct bytes_view){scratch, sizeof(int64_t)};
}

void cell_set_bytes(enum type_kind kind, void *cell, struct bytes_view bytes)
{
    CHECK(cell_bytes_fit(kind, bytes));
    if (cell_form_of(kind) == CELL_TEXT) {
        text_cell_set(cell, bytes.data, bytes.size);
    } else if (cell_form_of(kind) == CELL_DECIMAL) {
        int128_t value;
        memcpy(&value, bytes.data, sizeof value);
        decimal_cell_set(cell, value);
    } else {
        struct number_cell *number = cell;
        number->has_value = 1;
        memcpy(&number->key, bytes.data, sizeof number->key);
    }
}

static void put_number(enum type_kind kind, int64_t key, struct vector *result, uint32_t row)
{
    switch (kind) {
    case TYPE_BOOLEAN: ((uint8_t *)result->values)[row] = key != 0; return;
    case TYPE_INT:
    case TYPE_DATE: ((int32_t *)result->values)[row] = (int32_t)key; return;
    case TYPE_FLOAT: ((uint32_t *)result->values)[row] = (uint32_t)float_order((uint32_t)key); return;
    case TYPE_DOUBLE: ((uint64_t *)result->values)[row] = (uint64_t)double_order((uint64_t)key); return;
    default: ((int64_t *)result->values)[row] = key; return;
    }
}

void cell_finish_bytes(enum type_kind kind, struct bytes_view bytes, struct vector *result, uint32_t row)
{
    CHECK(cell_bytes_fit(kind, bytes));
    if (cell_form_of(kind) == CELL_TEXT) {
        ((struct string_value *)result->values)[row] =
            bytes.size == 0
                ? string_value_of(string_heap_alloc(vector_ensure_heap(result), 0), 0)
                : string_heap_add(vector_ensure_heap(result), (const char *)bytes.data, bytes.size);
    } else if (cell_form_of(kind) == CELL_DECIMAL) {
        memcpy((int128_t *)result->values + row, bytes.data, sizeof(int128_t));
    } else {
        int64_t key;
        memcpy(&key, bytes.data, sizeof key);
        put_number(kind, key, result, row);
    }
}

void cell_finish(enum type_kind kind, const void *cell, struct vector *result, uint32_t row)
{
    uint8_t scratch[16];
    if (*(const int64_t *)cell != 0) {
        cell_finish_bytes(kind, cell_bytes(kind, cell, scratch), result, row);
        return;
    }
    size_t width = data_type_width(result->type.kind);
    memset((uint8_t *)result->values + width * row, 0, width);
    vector_set_null(result, row);
}
