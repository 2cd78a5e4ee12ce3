#include "common/base/check.h"
#include "common/columnar/batch_codec.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are written as they lie in memory");

enum { BATCH_HEAD_BYTES = sizeof(uint32_t) + 1, COLUMN_HEAD_BYTES = 2 };

/* How rows first .. first + count - 1 of a column are written. */
struct column_plan {
    enum vector_encoding encoding;
    uint8_t flags;
    uint8_t index_bytes; /* DICTIONARY */
    size_t bytes;
};

static uint8_t *put(uint8_t *target, const void *bytes, size_t size)
{
    if (size > 0)
        memcpy(target, bytes, size);
    return target + size;
}

static uint8_t *put_u32(uint8_t *target, uint32_t value)
{
    return put(target, &value, sizeof value);
}

/* The 64 rows of a bitmap from row on. */
static uint64_t validity_at(const uint64_t *validity, uint32_t row, uint32_t end)
{
    uint32_t shift = row % VALIDITY_BITS;
    uint64_t word = validity[row / VALIDITY_BITS] >> shift;
    if (shift > 0 && row - shift + VALIDITY_BITS < end)
        word |= validity[row / VALIDITY_BITS + 1] << (VALIDITY_BITS - shift);
    return word;
}

static bool has_nulls(const struct vector *vector, uint32_t first, uint32_t count)
{
    if (vector->validity == NULL)
        return false;
    uint32_t end = first + count;
    for (uint32_t row = first; row < end; row += VALIDITY_BITS) {
        uint32_t rows = end - row;
        uint64_t mask = rows >= VALIDITY_BITS ? UINT64_MAX : (UINT64_C(1) << rows) - 1;
        if ((validity_at(vector->validity, row, end) & mask) != mask)
            return true;
    }
    return false;
}

static size_t bitmap_bytes(uint32_t count)
{
    return ((size_t)count + 7) / 8;
}

static uint8_t *put_bitmap(uint8_t *target, const struct vector *vector, uint32_t first, uint32_t count)
{
    uint32_t end = first + count;
    for (uint32_t row = first; row < end; row += VALIDITY_BITS) {
        uint64_t word = validity_at(vector->validity, row, end);
        uint32_t rows = end - row < VALIDITY_BITS ? end - row : VALIDITY_BITS;
        target = put(target, &word, bitmap_bytes(rows));
    }
    return target;
}

static size_t flat_bytes(const struct vector *vector, bool with_nulls, uint32_t first, uint32_t count)
{
    if (!data_type_is_string(vector->type.kind))
        return count * data_type_width(vector->type.kind);
    const struct string_value *values = (const struct string_value *)vector->values + first;
    size_t bytes = sizeof(uint32_t) + count * sizeof(uint32_t);
    if (!with_nulls) {
        for (uint32_t i = 0; i < count; i++)
            bytes += values[i].size;
        return bytes;
    }
    for (uint32_t i = 0; i < count; i++)
        bytes += validity_is_set(vector->validity, first + i) ? values[i].size : 0;
    return bytes;
}

static uint8_t *put_texts(uint8_t *target, const struct vector *vector, bool with_nulls, uint32_t first,
                          uint32_t count)
{
    const struct string_value *values = (const struct string_value *)vector->values + first;
    uint8_t *lengths = target + sizeof(uint32_t);
    uint8_t *texts = lengths + count * sizeof(uint32_t);
    uint8_t *next = texts;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size = with_nulls && !validity_is_set(vector->validity, first + i) ? 0 : values[i].size;
        lengths = put_u32(lengths, size);
        string_copy(next, values[i].data, size);
        next += size;
    }
    CHECK(next - texts <= (ptrdiff_t)UINT32_MAX);
    put_u32(target, (uint32_t)(next - texts));
    return next;
}

static uint8_t *put_flat(uint8_t *target, const struct vector *vector, bool with_nulls, uint32_t first,
                         uint32_t count)
{
    if (data_type_is_string(vector->type.kind))
        return put_texts(target, vector, with_nulls, first, count);
    size_t width = data_type_width(vector->type.kind);
    return put(target, (const uint8_t *)vector->values + first * width, count * width);
}

static uint8_t *put_constant(uint8_t *target, const struct vector *vector)
{
    if (!data_type_is_string(vector->type.kind))
        return put(target, vector->values, data_type_width(vector->type.kind));
    const struct string_value *value = vector->values;
    return put(put_u32(target, value->size), value->data, value->size);
}

static uint8_t *put_indices(uint8_t *target, const struct vector *vector, size_t width, uint32_t first,
                            uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        /* The index of a null row may be anything. */
        uint32_t index = vector_is_null(vector, first + i) ? 0 : vector->indices[first + i];
        target = put(target, &index, width);
    }
    return target;
}

/* A dictionary that has more entries than there are rows goes as the rows themselves. */
static uint8_t *put_looked_up(uint8_t *target, const struct vector *vector, uint32_t first, uint32_t count)
{
    struct vector *rows = vector_gather(vector->dictionary, vector->indices + first, count);
    for (uint32_t i = 0; i < count; i++)
        if (vector_is_null(vector, first + i))
            vector_set_null(rows, i);
    target = put_flat(target, rows, rows->validity != NULL, 0, count);
    vector_unref(rows);
    return target;
}

static size_t looked_up_bytes(const struct vector *vector, uint32_t first, uint32_t count)
{
    if (!data_type_is_string(vector->type.kind))
        return count * data_type_width(vector->type.kind);
    size_t bytes = sizeof(uint32_t) + count * sizeof(uint32_t);
    for (uint32_t i = first; i < first + count; i++)
        if (!vector_is_null(vector, i))
            bytes += ((const struct string_value *)vector_value(vector, i))->size;
    return bytes;
}

static void plan_dictionary(const struct vector *vector, uint32_t first, uint32_t count,
                            struct column_plan *plan)
{
    const struct vector *dictionary = vector->dictionary;
    if (dictionary->length == 0) { /* all rows are null */
        plan->encoding = VECTOR_CONSTANT;
        plan->flags = BATCH_CODEC_IS_NULL;
    } else if (dictionary->length > count) {
        plan->encoding = VECTOR_FLAT;
        plan->bytes += looked_up_bytes(vector, first, count);
    } else {
        plan->index_bytes = dictionary->length <= 1 << 8 ? 1 : dictionary->length <= 1 << 16 ? 2 : 4;
        plan->bytes += sizeof(uint32_t) + flat_bytes(dictionary, false, 0, dictionary->length) +
                       (size_t)count * plan->index_bytes;
    }
}

static struct column_plan column_plan_of(const struct vector *vector, uint32_t first, uint32_t count)
{
    struct column_plan plan = {.encoding = vector->encoding, .bytes = COLUMN_HEAD_BYTES};
    if (vector->type.kind == TYPE_NULL) {
        plan.encoding = VECTOR_CONSTANT;
        plan.flags = BATCH_CODEC_IS_NULL | BATCH_CODEC_NULL_TYPE;
        return plan;
    }
    if (vector->encoding == VECTOR_CONSTANT) {
        if (vector_is_null(vector, 0))
            plan.flags = BATCH_CODEC_IS_NULL;
        else if (data_type_is_string(vector->type.kind))
            plan.bytes += sizeof(uint32_t) + ((const struct string_value *)vector->values)->size;
        else
            plan.bytes += data_type_width(vector->type.kind);
        return plan;
    }
    bool with_nulls = has_nulls(vector, first, count);
    if (with_nulls)
        plan.flags = BATCH_CODEC_HAS_NULLS;
    if (vector->encoding == VECTOR_FLAT)
        plan.bytes += flat_bytes(vector, with_nulls, first, count);
    else
        plan_dictionary(vector, first, count, &plan);
    if (plan.flags == BATCH_CODEC_HAS_NULLS)
        plan.bytes += bitmap_bytes(count);
    return plan;
}

static uint8_t *put_column(uint8_t *target, const struct vector *vector, uint32_t first, uint32_t count)
{
    struct column_plan plan = column_plan_of(vector, first, count);
    uint8_t *end = target + plan.bytes;
    bool with_nulls = (plan.flags & BATCH_CODEC_HAS_NULLS) != 0;
    *target++ = (uint8_t)plan.encoding;
    *target++ = plan.flags;
    if (with_nulls)
        target = put_bitmap(target, vector, first, count);
    if (plan.encoding == VECTOR_CONSTANT) {
        if ((plan.flags & BATCH_CODEC_IS_NULL) == 0)
            target = put_constant(target, vector);
    } else if (plan.encoding == VECTOR_DICTIONARY) {
        target = put_u32(target, vector->dictionary->length);
        target = put_flat(target, vector->dictionary, false, 0, vector->dictionary->length);
        target = put_indices(target, vector, plan.index_bytes, first, count);
    } else if (vector->encoding == VECTOR_DICTIONARY) {
        target = put_looked_up(target, vector, first, count);
    } else {
        target = put_flat(target, vector, with_nulls, first, count);
    }
    CHECK(target == end);
    return target;
}

size_t batch_encoded_bytes(const struct record_batch *batch, uint32_t first, uint32_t count)
{
    CHECK(first <= batch->num_rows && count <= batch->num_rows - first);
    size_t bytes = BATCH_HEAD_BYTES + (batch->row_kinds == NULL ? 0 : count);
    for (uint32_t i = 0; i < batch->schema->num_fields; i++)
        bytes += column_plan_of(batch->columns[i], first, count).bytes;
    return bytes;
}

uint32_t batch_encodable_rows(const struct record_batch *batch, uint32_t first, size_t max_bytes,
                              size_t *ret_bytes)
{
    CHECK(first < batch->num_rows);
    uint32_t count = batch->num_rows - first < BATCH_MAX_ROWS ? batch->num_rows - first : BATCH_MAX_ROWS;
    size_t bytes = batch_encoded_bytes(batch, first, count);
    while (bytes > max_bytes && count > 1) {
        uint32_t guess = (uint32_t)((double)count * (double)max_bytes / (double)bytes);
        count = guess >= count ? count - 1 : guess < 1 ? 1 : guess;
        bytes = batch_encoded_bytes(batch, first, count);
    }
    *ret_bytes = bytes;
    return count;
}

void batch_encode(const struct record_batch *batch, uint32_t first, uint32_t count, uint8_t *target)
{
    CHECK(first <= batch->num_rows && count <= batch->num_rows - first && count <= BATCH_MAX_ROWS);
    target = put_u32(target, count);
    *target++ = batch->row_kinds != NULL;
    if (batch->row_kinds != NULL)
        target = put(target, batch->row_kinds + first, count);
    for (uint32_t i = 0; i < batch->schema->num_fields; i++)
        target = put_column(target, batch->columns[i], first, count);
}
