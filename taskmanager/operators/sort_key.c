#include "taskmanager/operators/sort_key.h"

enum { NULL_FIRST = 0, VALUE_MARK = 1, NULL_LAST = 2 };

static void append_big_endian(struct buffer *key, uint64_t value, size_t width)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
    buffer_append(key, bytes, width);
}

static void append_int(struct buffer *key, int32_t value)
{
    append_big_endian(key, (uint32_t)value ^ UINT32_C(0x80000000), sizeof value);
}

static void append_bigint(struct buffer *key, int64_t value)
{
    append_big_endian(key, (uint64_t)value ^ UINT64_C(0x8000000000000000), sizeof value);
}

/* -0.0 is 0.0, and every NaN the largest number. */
static void append_double(struct buffer *key, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value == 0)
        bits = 0;
    if (value != value)
        bits = UINT64_C(0x7FF8000000000000);
    append_big_endian(key, (bits >> 63) != 0 ? ~bits : bits | UINT64_C(0x8000000000000000), sizeof bits);
}

static void append_decimal(struct buffer *key, int128_t value)
{
    append_bigint(key, (int64_t)(value >> 64));
    append_big_endian(key, (uint64_t)value, 8);
}

static void append_text(struct buffer *key, const struct string_value *text)
{
    for (uint32_t i = 0; i < text->size; i++) {
        buffer_append_byte(key, (uint8_t)text->data[i]);
        if (text->data[i] == 0)
            buffer_append_byte(key, 0xFF);
    }
    buffer_append_zeros(key, 2);
}

static void append_value(struct buffer *key, enum type_kind kind, const void *value)
{
    switch (kind) {
    case TYPE_NULL: return;
    case TYPE_BOOLEAN: buffer_append_byte(key, *(const uint8_t *)value); return;
    case TYPE_INT:
    case TYPE_DATE: append_int(key, *(const int32_t *)value); return;
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: append_bigint(key, *(const int64_t *)value); return;
    case TYPE_FLOAT: append_double(key, (double)*(const float *)value); return;
    case TYPE_DOUBLE: append_double(key, *(const double *)value); return;
    case TYPE_DECIMAL: append_decimal(key, *(const int128_t *)value); return;
    case TYPE_STRING:
    case TYPE_BYTES: append_text(key, value); return;
    }
}

void sort_key_append(const struct plan_sort_column *order, uint32_t count, const struct record_batch *batch,
                     uint32_t row, struct buffer *key)
{
    for (uint32_t c = 0; c < count; c++) {
        const struct vector *vector = batch->columns[order[c].column];
        if (vector_is_null(vector, row)) {
            buffer_append_byte(key, order[c].nulls_last ? NULL_LAST : NULL_FIRST);
            continue;
        }
        buffer_append_byte(key, VALUE_MARK);
        size_t start = key->size;
        append_value(key, vector->type.kind, vector_value(vector, row));
        for (size_t i = start; i < key->size && order[c].is_descending; i++)
            key->data[i] = (uint8_t)~key->data[i];
    }
}

int sort_key_compare(struct bytes_view a, struct bytes_view b)
{
    size_t shorter = a.size < b.size ? a.size : b.size;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);
    if (order != 0)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}
