#include "taskmanager/source/datagen/datagen_internal.h"

#include "common/base/check.h"
#include "common/base/random.h"

#include <inttypes.h>
#include <stdio.h>

enum { HEX_DIGITS_PER_DRAW = 16, BYTES_PER_DRAW = 8 };
static const int64_t us_per_day = INT64_C(86400000000);

/* Each cell has a generator of its own, so that it does not depend on where a batch begins. */
static struct random cell_random(const struct datagen_rows *rows, uint32_t row)
{
    struct random random;
    uint64_t index = rows->first + row * rows->stride;
    random_init(&random, rows->seed + index * UINT64_C(0x9E3779B97F4A7C15) +
                             rows->field * UINT64_C(0xD1B54A32D192ED03));
    return random;
}

static int64_t draw_integer(const struct datagen_field *field, struct random *random)
{
    uint64_t span = (uint64_t)field->max_integer - (uint64_t)field->min_integer + 1; /* 0: all 64 bits */
    uint64_t offset = span == 0 ? random_next(random) : random_below(random, span);
    return (int64_t)((uint64_t)field->min_integer + offset);
}

static double draw_double(const struct datagen_field *field, struct random *random)
{
    double share = random_unit(random);
    return field->max_double * share + field->min_double * (1 - share);
}

static int128_t power_of_ten(uint8_t exponent)
{
    int128_t power = 1;
    for (uint8_t i = 0; i < exponent; i++)
        power *= 10;
    return power;
}

static int128_t draw_decimal(const struct datagen_field *field, struct data_type type, struct random *random)
{
    int128_t limit = power_of_ten(type.precision) - 1;
    double scaled = draw_double(field, random) * (double)power_of_ten(type.scale);
    if (scaled >= (double)limit)
        return limit;
    return scaled <= -(double)limit ? -limit : (int128_t)scaled;
}

static struct string_value draw_hex(struct string_heap *heap, uint32_t length, struct random *random)
{
    static const char digits[] = "0123456789abcdef";
    char *text = string_heap_alloc(heap, length);
    uint64_t bits = 0;
    for (uint32_t i = 0; i < length; i++, bits >>= 4) {
        if (i % HEX_DIGITS_PER_DRAW == 0)
            bits = random_next(random);
        text[i] = digits[bits & 15];
    }
    return string_value_of(text, length);
}

static struct string_value draw_bytes(struct string_heap *heap, uint32_t length, struct random *random)
{
    char *text = string_heap_alloc(heap, length);
    uint64_t bits = 0;
    for (uint32_t i = 0; i < length; i++, bits >>= 8) {
        if (i % BYTES_PER_DRAW == 0)
            bits = random_next(random);
        text[i] = (char)(bits & 255);
    }
    return string_value_of(text, length);
}

static void put_random(struct vector *column, uint32_t row, const struct datagen_field *field,
                       const struct datagen_rows *rows)
{
    struct random random = cell_random(rows, row);
    if (field->null_rate > 0 && random_unit(&random) < field->null_rate) {
        vector_set_null(column, row);
        return;
    }
    void *values = column->values;
    switch (column->type.kind) {
    case TYPE_BOOLEAN: ((uint8_t *)values)[row] = (uint8_t)(random_next(&random) & 1); break;
    case TYPE_INT: ((int32_t *)values)[row] = (int32_t)draw_integer(field, &random); break;
    case TYPE_BIGINT: ((int64_t *)values)[row] = draw_integer(field, &random); break;
    case TYPE_FLOAT: ((float *)values)[row] = (float)draw_double(field, &random); break;
    case TYPE_DOUBLE: ((double *)values)[row] = draw_double(field, &random); break;
    case TYPE_DECIMAL: ((int128_t *)values)[row] = draw_decimal(field, column->type, &random); break;
    case TYPE_STRING:
        ((struct string_value *)values)[row] = draw_hex(vector_ensure_heap(column), field->length, &random);
        break;
    case TYPE_BYTES:
        ((struct string_value *)values)[row] = draw_bytes(vector_ensure_heap(column), field->length, &random);
        break;
    case TYPE_DATE: ((int32_t *)values)[row] = (int32_t)(rows->now_us / us_per_day); break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: {
        int64_t past_ms =
            field->max_past_ms > 0 ? (int64_t)random_below(&random, (uint64_t)field->max_past_ms) : 0;
        ((int64_t *)values)[row] = rows->now_us / 1000 * 1000 - past_ms * 1000;
        break;
    }
    case TYPE_NULL: break;
    }
}

static void put_sequence(struct vector *column, uint32_t row, const struct datagen_field *field,
                         const struct datagen_rows *rows)
{
    int64_t value = (int64_t)((uint64_t)field->start + rows->first + row * rows->stride);
    void *values = column->values;
    switch (column->type.kind) {
    case TYPE_INT: ((int32_t *)values)[row] = (int32_t)value; break;
    case TYPE_BIGINT: ((int64_t *)values)[row] = value; break;
    case TYPE_FLOAT: ((float *)values)[row] = (float)value; break;
    case TYPE_DOUBLE: ((double *)values)[row] = (double)value; break;
    case TYPE_DECIMAL: ((int128_t *)values)[row] = (int128_t)value * power_of_ten(column->type.scale); break;
    default: {
        CHECK(column->type.kind == TYPE_STRING);
        char text[32];
        int size = snprintf(text, sizeof text, "%" PRId64, value);
        ((struct string_value *)values)[row] =
            string_heap_add(vector_ensure_heap(column), text, (size_t)size);
    }
    }
}

struct vector *datagen_column_make(const struct datagen_field *field, struct data_type type,
                                   const struct datagen_rows *rows)
{
    struct vector *column = vector_create(type, rows->count);
    column->length = rows->count;
    memset(column->values, 0, data_type_width(type.kind) * rows->count);
    for (uint32_t row = 0; row < rows->count; row++) {
        if (field->kind == DATAGEN_SEQUENCE)
            put_sequence(column, row, field, rows);
        else
            put_random(column, row, field, rows);
    }
    return column;
}
