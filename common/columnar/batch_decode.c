#include "common/base/memory.h"
#include "common/columnar/batch_codec.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are read as they lie in memory");

enum { DECIMAL_MAX_DIGITS = 38 };

/* What is left to read. Invariant: a read beyond the end takes nothing. */
struct batch_reader {
    const uint8_t *next;
    const uint8_t *end;
};

/* NULL: there are not as many. */
static const uint8_t *take(struct batch_reader *reader, size_t size)
{
    if ((size_t)(reader->end - reader->next) < size)
        return NULL;
    const uint8_t *bytes = reader->next;
    reader->next += size;
    return bytes;
}

static bool take_u32(struct batch_reader *reader, uint32_t *ret_value)
{
    const uint8_t *bytes = take(reader, sizeof *ret_value);
    if (bytes != NULL)
        memcpy(ret_value, bytes, sizeof *ret_value);
    return bytes != NULL;
}

static bool take_bitmap(struct batch_reader *reader, struct vector *vector)
{
    size_t size = ((size_t)vector->length + 7) / 8;
    const uint8_t *bytes = take(reader, size);
    if (bytes == NULL)
        return false;
    uint64_t *validity = vector_ensure_validity(vector);
    memcpy(validity, bytes, size);
    if (vector->length % VALIDITY_BITS > 0) /* what lies beyond the rows is valid */
        validity[vector->length / VALIDITY_BITS] |= UINT64_MAX << vector->length % VALIDITY_BITS;
    return true;
}

/* Of rows that are null anything may have come: it is made 0. */
static bool booleans_hold(struct vector *vector)
{
    uint8_t *values = vector->values;
    for (uint32_t i = 0; i < vector->length; i++) {
        if (values[i] <= 1)
            continue;
        if (!vector_is_null(vector, i))
            return false;
        values[i] = 0;
    }
    return true;
}

static bool decimals_hold(struct vector *vector)
{
    int128_t limit = 1;
    for (int i = 0; i < DECIMAL_MAX_DIGITS; i++)
        limit *= 10;
    int128_t *values = vector->values;
    for (uint32_t i = 0; i < vector->length; i++) {
        if (values[i] < limit && values[i] > -limit)
            continue;
        if (!vector_is_null(vector, i))
            return false;
        values[i] = 0;
    }
    return true;
}

static bool values_hold(struct vector *vector)
{
    switch (vector->type.kind) {
    case TYPE_BOOLEAN: return booleans_hold(vector);
    case TYPE_DECIMAL: return decimals_hold(vector);
    default: return true;
    }
}

static bool take_texts(struct batch_reader *reader, struct vector *vector)
{
    uint32_t text_bytes;
    if (!take_u32(reader, &text_bytes))
        return false;
    const uint8_t *lengths = take(reader, vector->length * sizeof(uint32_t));
    const uint8_t *texts = take(reader, text_bytes);
    if (lengths == NULL || texts == NULL)
        return false;
    char *next = string_heap_alloc(vector_ensure_heap(vector), text_bytes);
    size_t left = text_bytes;
    memcpy(next, texts, text_bytes);
    struct string_value *values = vector->values;
    for (uint32_t i = 0; i < vector->length; i++) {
        uint32_t size;
        memcpy(&size, lengths + i * sizeof size, sizeof size);
        if (size > left)
            return false;
        values[i] = string_value_of(next, size);
        next += size;
        left -= size;
    }
    return left == 0;
}

/* The values of a vector that has its length and its nulls. */
static bool take_values(struct batch_reader *reader, struct vector *vector)
{
    if (data_type_is_string(vector->type.kind))
        return take_texts(reader, vector);
    size_t size = vector->length * data_type_width(vector->type.kind);
    const uint8_t *bytes = take(reader, size);
    if (bytes == NULL)
        return false;
    memcpy(vector->values, bytes, size);
    return values_hold(vector);
}

static struct vector *take_flat(struct batch_reader *reader, struct data_type type, uint8_t flags,
                                uint32_t rows)
{
    struct vector *vector = vector_create(type, rows);
    vector->length = rows;
    bool holds =
        ((flags & BATCH_CODEC_HAS_NULLS) == 0 || take_bitmap(reader, vector)) && take_values(reader, vector);
    if (holds)
        return vector;
    vector_unref(vector);
    return NULL;
}

static struct vector *take_constant(struct batch_reader *reader, struct data_type type, uint8_t flags,
                                    uint32_t rows)
{
    if (flags & BATCH_CODEC_IS_NULL)
        return vector_create_constant(type, NULL, rows);
    if (data_type_is_string(type.kind)) {
        uint32_t size;
        const uint8_t *text = take_u32(reader, &size) ? take(reader, size) : NULL;
        if (text == NULL)
            return NULL;
        struct string_value value = string_value_of((const char *)text, size);
        return vector_create_constant(type, &value, rows);
    }
    struct vector *one = take_flat(reader, type, 0, 1);
    if (one == NULL)
        return NULL;
    struct vector *constant = vector_create_constant(type, one->values, rows);
    vector_unref(one);
    return constant;
}

static bool take_indices(struct batch_reader *reader, struct vector *vector)
{
    uint32_t entries = vector->dictionary->length;
    size_t width = entries <= 1 << 8 ? 1 : entries <= 1 << 16 ? 2 : 4;
    const uint8_t *bytes = take(reader, vector->length * width);
    if (bytes == NULL)
        return false;
    for (uint32_t i = 0; i < vector->length; i++) {
        uint32_t index = 0;
        memcpy(&index, bytes + i * width, width);
        if (index >= entries)
            return false;
        vector->indices[i] = index;
    }
    return true;
}

static struct vector *take_dictionary(struct batch_reader *reader, struct data_type type, uint8_t flags,
                                      uint32_t rows)
{
    struct batch_reader bitmap = *reader;
    if (flags & BATCH_CODEC_HAS_NULLS && take(reader, ((size_t)rows + 7) / 8) == NULL)
        return NULL;
    uint32_t entries;
    if (!take_u32(reader, &entries) || entries > rows)
        return NULL;
    struct vector *dictionary = take_flat(reader, type, 0, entries);
    if (dictionary == NULL)
        return NULL;
    struct vector *vector = vector_create_dictionary(dictionary, rows);
    bool holds = ((flags & BATCH_CODEC_HAS_NULLS) == 0 || take_bitmap(&bitmap, vector)) &&
                 take_indices(reader, vector);
    if (holds)
        return vector;
    vector_unref(vector);
    return NULL;
}

static struct vector *take_column(struct batch_reader *reader, struct data_type type, uint32_t rows)
{
    const uint8_t *head = take(reader, 2);
    if (head == NULL)
        return NULL;
    uint8_t flags = head[1];
    if (flags & BATCH_CODEC_NULL_TYPE) {
        bool holds = head[0] == VECTOR_CONSTANT && flags == (BATCH_CODEC_NULL_TYPE | BATCH_CODEC_IS_NULL);
        return holds ? vector_create_constant(data_type_of(TYPE_NULL), NULL, rows) : NULL;
    }
    if (type.kind == TYPE_NULL)
        return NULL;
    uint8_t allowed = head[0] == VECTOR_CONSTANT ? BATCH_CODEC_IS_NULL : BATCH_CODEC_HAS_NULLS;
    if (flags & ~allowed)
        return NULL;
    switch (head[0]) {
    case VECTOR_FLAT: return take_flat(reader, type, flags, rows);
    case VECTOR_CONSTANT: return take_constant(reader, type, flags, rows);
    case VECTOR_DICTIONARY: return take_dictionary(reader, type, flags, rows);
    default: return NULL;
    }
}

static bool take_row_kinds(struct batch_reader *reader, struct record_batch *batch)
{
    const uint8_t *has_kinds = take(reader, 1);
    if (has_kinds == NULL || *has_kinds > 1)
        return false;
    if (*has_kinds == 0)
        return true;
    const uint8_t *kinds = take(reader, batch->num_rows);
    if (kinds == NULL)
        return false;
    for (uint32_t i = 0; i < batch->num_rows; i++)
        if (kinds[i] > ROW_DELETE)
            return false;
    batch->row_kinds = mem_dup(kinds, batch->num_rows);
    return true;
}

enum status batch_decode(const struct schema *schema, struct bytes_view bytes,
                         struct record_batch **ret_batch, struct error *error)
{
    struct batch_reader reader = {bytes.data, bytes.data + bytes.size};
    uint32_t num_rows;
    if (!take_u32(&reader, &num_rows) || num_rows > BATCH_MAX_ROWS)
        return error_set(error, STATUS_CORRUPT, "batch of %zu bytes without its number of rows", bytes.size);
    struct record_batch *batch = record_batch_create(schema, num_rows);
    enum status status = STATUS_OK;
    if (!take_row_kinds(&reader, batch))
        status = error_set(error, STATUS_CORRUPT, "batch of %u rows whose row kinds do not hold together",
                           num_rows);
    for (uint32_t i = 0; status == STATUS_OK && i < schema->num_fields; i++) {
        batch->columns[i] = take_column(&reader, schema->fields[i].type, num_rows);
        if (batch->columns[i] == NULL)
            status =
                error_set(error, STATUS_CORRUPT, "column %s of a batch of %u rows does not hold together",
                          schema->fields[i].name, num_rows);
    }
    if (status == STATUS_OK && reader.next != reader.end)
        status = error_set(error, STATUS_CORRUPT, "batch of %u rows with %zu bytes too many", num_rows,
                           (size_t)(reader.end - reader.next));
    if (status != STATUS_OK) {
        record_batch_free(batch);
        return status;
    }
    *ret_batch = batch;
    return STATUS_OK;
}
