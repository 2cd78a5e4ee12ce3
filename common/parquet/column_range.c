#include "common/parquet/column_range.h"

#include "common/base/check.h"

#include <math.h>
#include <string.h>

void column_range_free(struct column_range *range)
{
    buffer_free(&range->minimum.text);
    buffer_free(&range->maximum.text);
    *range = (struct column_range){0};
}

#define AT(i) values[rows != NULL ? rows[i] : (i)]

#define DEFINE_ADD_INTEGER(name, value_type, member)                                                         \
    void name(struct column_range *range, const value_type *values, const uint32_t *rows, uint32_t count)    \
    {                                                                                                        \
        if (count == 0)                                                                                      \
            return;                                                                                          \
        value_type least = AT(0), greatest = least;                                                          \
        for (uint32_t i = 1; i < count; i++) {                                                               \
            value_type value = AT(i);                                                                        \
            least = value < least ? value : least;                                                           \
            greatest = value > greatest ? value : greatest;                                                  \
        }                                                                                                    \
        if (!range->is_set || least < range->minimum.member)                                                 \
            range->minimum.member = least;                                                                   \
        if (!range->is_set || greatest > range->maximum.member)                                              \
            range->maximum.member = greatest;                                                                \
        range->is_set = true;                                                                                \
    }

DEFINE_ADD_INTEGER(column_range_add_u8, uint8_t, integer)
DEFINE_ADD_INTEGER(column_range_add_i32, int32_t, integer)
DEFINE_ADD_INTEGER(column_range_add_i64, int64_t, integer)
DEFINE_ADD_INTEGER(column_range_add_decimal, int128_t, decimal)

static void add_number(struct column_range *range, double value)
{
    if (isnan(value))
        return;
    /* The format wants zeros that bound both zeros. */
    if (!range->is_set || value < range->minimum.number)
        range->minimum.number = value == 0 ? -0.0 : value;
    if (!range->is_set || value > range->maximum.number)
        range->maximum.number = value == 0 ? 0.0 : value;
    range->is_set = true;
}

void column_range_add_float(struct column_range *range, const float *values, const uint32_t *rows,
                            uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        add_number(range, (double)AT(i));
}

void column_range_add_double(struct column_range *range, const double *values, const uint32_t *rows,
                             uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        add_number(range, AT(i));
}

static struct string_value bound_text(const struct range_bound *bound)
{
    return string_value_of((const char *)bound->text.data, bound->text.size);
}

/* As string_value_compare; most values are told apart by their first bytes. */
static inline int compare_text(const struct string_value *a, const struct string_value *b)
{
    uint32_t head_a, head_b;
    memcpy(&head_a, a->prefix, sizeof head_a);
    memcpy(&head_b, b->prefix, sizeof head_b);
    if (head_a != head_b)
        return __builtin_bswap32(head_a) < __builtin_bswap32(head_b) ? -1 : 1;
    uint32_t shorter = a->size < b->size ? a->size : b->size;
    int order = shorter <= sizeof head_a ? 0 : memcmp(a->data, b->data, shorter);
    return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

static void set_text(struct range_bound *bound, const struct string_value *value)
{
    buffer_clear(&bound->text);
    buffer_reserve(&bound->text, (size_t)value->size + 1); /* so that an empty text has data too */
    buffer_append(&bound->text, value->data, value->size);
}

void column_range_add_strings(struct column_range *range, const struct string_value *values,
                              const uint32_t *rows, uint32_t count)
{
    if (count == 0)
        return;
    struct string_value least, greatest;
    if (range->is_set) {
        least = bound_text(&range->minimum);
        greatest = bound_text(&range->maximum);
    } else {
        least = greatest = AT(0);
    }
    /* Copied once, at the end: sorted input would move a bound with each row. */
    bool lower = !range->is_set, upper = !range->is_set;
    for (uint32_t i = 0; i < count; i++) {
        const struct string_value *value = &AT(i);
        if (compare_text(value, &least) < 0) {
            least = *value;
            lower = true;
        } else if (compare_text(value, &greatest) > 0) {
            greatest = *value;
            upper = true;
        }
    }
    range->is_set = true;
    if (lower)
        set_text(&range->minimum, &least);
    if (upper)
        set_text(&range->maximum, &greatest);
}

void column_range_add_dictionary(struct column_range *range, const struct dictionary *dictionary,
                                 struct parquet_layout layout)
{
    const void *values = dictionary->plain.data;
    switch (layout.type) {
    case PARQUET_INT32: column_range_add_i32(range, values, NULL, dictionary->count); return;
    case PARQUET_INT64: column_range_add_i64(range, values, NULL, dictionary->count); return;
    case PARQUET_FLOAT: column_range_add_float(range, values, NULL, dictionary->count); return;
    case PARQUET_DOUBLE: column_range_add_double(range, values, NULL, dictionary->count); return;
    case PARQUET_BYTE_ARRAY:
        for (uint32_t number = 0; number < dictionary->count; number++) {
            struct string_value text = dictionary_string(dictionary, number);
            column_range_add_strings(range, &text, NULL, 1);
        }
        return;
    case PARQUET_BOOLEAN:
    case PARQUET_FIXED_LEN_BYTE_ARRAY: break;
    }
    CHECK(false);
}

void column_range_merge(struct column_range *range, struct column_range *other, struct parquet_layout layout)
{
    if (other->is_set && range->is_set) {
        struct range_bound *bounds[] = {&other->minimum, &other->maximum};
        for (int i = 0; i < 2; i++) {
            if (layout.type == PARQUET_BYTE_ARRAY) {
                struct string_value text = bound_text(bounds[i]);
                column_range_add_strings(range, &text, NULL, 1);
            } else if (layout.type == PARQUET_FIXED_LEN_BYTE_ARRAY) {
                column_range_add_decimal(range, &bounds[i]->decimal, NULL, 1);
            } else if (layout.type == PARQUET_FLOAT || layout.type == PARQUET_DOUBLE) {
                add_number(range, bounds[i]->number);
            } else {
                column_range_add_i64(range, &bounds[i]->integer, NULL, 1);
            }
        }
        column_range_free(other);
    } else if (other->is_set) {
        *range = *other;
        *other = (struct column_range){0};
    }
}

void range_bound_encode(const struct range_bound *bound, struct parquet_layout layout, struct buffer *buffer)
{
    switch (layout.type) {
    case PARQUET_BOOLEAN: buffer_append_byte(buffer, (uint8_t)bound->integer); return;
    case PARQUET_INT32: buffer_append_le32(buffer, (uint32_t)bound->integer); return;
    case PARQUET_INT64: buffer_append_le64(buffer, (uint64_t)bound->integer); return;
    case PARQUET_FLOAT: {
        float number = (float)bound->number;
        buffer_append(buffer, &number, sizeof number);
        return;
    }
    case PARQUET_DOUBLE: buffer_append(buffer, &bound->number, sizeof bound->number); return;
    case PARQUET_BYTE_ARRAY: buffer_append(buffer, bound->text.data, bound->text.size); return;
    case PARQUET_FIXED_LEN_BYTE_ARRAY:
        for (uint32_t i = layout.width; i > 0; i--)
            buffer_append_byte(buffer, (uint8_t)(bound->decimal >> (8 * (i - 1))));
        return;
    }
}
