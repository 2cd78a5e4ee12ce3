#include "common/columnar/row_packer.h"

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "common/columnar/row_layout_internal.h"

#include <stdlib.h>

/*
 * A batch is packed column by column, so that a column's type is looked at once a batch: first the sizes of
 * all rows, then each column appends its values. rows[i].size says meanwhile how far row i has come.
 */

/* A column as the loops read it. */
struct column_source {
    struct vector *vector; /* owned: no constant */
    const uint8_t *values;
    const uint32_t *indices;  /* row i has values[indices[i]]; NULL: values[i] */
    const uint64_t *validity; /* NULL: no nulls */
    bool is_null;             /* all rows are, and there are no values */
};

static struct column_source column_source_of(struct vector *vector)
{
    struct column_source source = {.is_null = vector->type.kind == TYPE_NULL};
    source.vector = vector->encoding == VECTOR_CONSTANT ? vector_flatten(vector) : vector_ref(vector);
    if (source.is_null)
        return source;
    bool is_dictionary = source.vector->encoding == VECTOR_DICTIONARY;
    source.values = is_dictionary ? source.vector->dictionary->values : source.vector->values;
    source.indices = is_dictionary ? source.vector->indices : NULL;
    source.validity = source.vector->validity;
    return source;
}

static inline uint32_t value_index(const struct column_source *source, uint32_t row)
{
    return source->indices != NULL ? source->indices[row] : row;
}

static inline bool is_null(const struct column_source *source, uint32_t row)
{
    return source->validity != NULL && !validity_is_set(source->validity, row);
}

struct row_packer *row_packer_create(const struct data_type *types, uint32_t num_columns)
{
    struct row_packer *packer = mem_calloc(1, sizeof *packer);
    packer->num_columns = num_columns;
    packer->types = num_columns == 0 ? NULL : mem_dup(types, num_columns * sizeof *types);
    return packer;
}

struct row_packer *row_packer_create_for(const struct schema *schema, const uint32_t *columns,
                                         uint32_t num_columns)
{
    struct row_packer *packer = mem_calloc(1, sizeof *packer);
    packer->num_columns = num_columns;
    packer->types = num_columns == 0 ? NULL : mem_alloc(num_columns * sizeof *packer->types);
    for (uint32_t i = 0; i < num_columns; i++) {
        uint32_t column = columns != NULL ? columns[i] : i;
        CHECK(column < schema->num_fields);
        packer->types[i] = schema->fields[column].type;
    }
    return packer;
}

void row_packer_free(struct row_packer *packer)
{
    if (packer == NULL)
        return;
    free(packer->types);
    buffer_free(&packer->bytes);
    free(packer->rows);
    free(packer->hashes);
    free(packer);
}

static void ensure_capacity(struct row_packer *packer, uint32_t count)
{
    if (count <= packer->capacity)
        return;
    free(packer->rows);
    free(packer->hashes);
    packer->rows = mem_alloc(count * sizeof *packer->rows);
    packer->hashes = mem_alloc(count * sizeof *packer->hashes);
    packer->capacity = count;
}

static void add_text_sizes(struct bytes_view *rows, uint32_t count, const struct column_source *source)
{
    const struct string_value *texts = (const struct string_value *)source->values;
    for (uint32_t i = 0; i < count; i++)
        if (!is_null(source, i))
            rows[i].size += ROW_TEXT_HEAD_BYTES + texts[value_index(source, i)].size;
}

static void take_null_sizes(struct bytes_view *rows, uint32_t count, const struct column_source *source,
                            size_t width)
{
    for (uint32_t i = 0; i < count; i++)
        if (is_null(source, i))
            rows[i].size -= width;
}

/* Gives each row its place in bytes, with an empty null bitmap at its head. */
static void lay_out(struct row_packer *packer, const struct column_source *sources, uint32_t count)
{
    struct bytes_view *rows = packer->rows;
    size_t head = row_bitmap_bytes(packer->num_columns);
    size_t fixed = head;
    for (uint32_t c = 0; c < packer->num_columns; c++)
        fixed += sources[c].is_null ? 0 : row_fixed_width(packer->types[c].kind);
    for (uint32_t i = 0; i < count; i++)
        rows[i].size = fixed;
    for (uint32_t c = 0; c < packer->num_columns; c++) {
        if (sources[c].is_null)
            continue;
        if (data_type_is_string(packer->types[c].kind))
            add_text_sizes(rows, count, &sources[c]);
        else if (sources[c].validity != NULL)
            take_null_sizes(rows, count, &sources[c], row_fixed_width(packer->types[c].kind));
    }
    size_t total = 0;
    for (uint32_t i = 0; i < count; i++)
        total += rows[i].size;
    buffer_clear(&packer->bytes);
    buffer_reserve(&packer->bytes, total + 1); /* a row of no columns has an address too */
    packer->bytes.size = total;
    uint8_t *next = packer->bytes.data;
    for (uint32_t i = 0; i < count; i++) {
        if (head == 1)
            *next = 0; /* mostly: no call */
        else if (head > 1)
            memset(next, 0, head);
        rows[i].data = next;
        next += rows[i].size;
        rows[i].size = head;
    }
}

static inline uint8_t *row_end(const struct bytes_view *row)
{
    return (uint8_t *)(uintptr_t)row->data + row->size;
}

static inline void mark_null(const struct bytes_view *row, uint32_t column)
{
    ((uint8_t *)(uintptr_t)row->data)[column / 8] |= (uint8_t)(1u << (column % 8));
}

/* -0.0 equals 0.0, and every NaN is the same to a GROUP BY. */
static inline uint64_t canonical_double(uint64_t bits)
{
    uint64_t magnitude = bits & INT64_MAX;
    if (magnitude == 0)
        return 0;
    return magnitude > UINT64_C(0x7FF0000000000000) ? UINT64_C(0x7FF8000000000000) : bits;
}

static inline uint32_t canonical_float(uint32_t bits)
{
    uint32_t magnitude = bits & INT32_MAX;
    if (magnitude == 0)
        return 0;
    return magnitude > 0x7F800000u ? 0x7FC00000u : bits;
}

enum fixed_form { FIXED_1, FIXED_4, FIXED_8, FIXED_16, FIXED_FLOAT, FIXED_DOUBLE };

static inline __attribute__((always_inline)) void put_fixed(struct bytes_view *rows, uint32_t count,
                                                            const struct column_source *source,
                                                            uint32_t column, enum fixed_form form,
                                                            size_t width)
{
    for (uint32_t i = 0; i < count; i++) {
        if (is_null(source, i)) {
            mark_null(&rows[i], column);
            continue;
        }
        uint8_t value[16];
        memcpy(value, source->values + width * value_index(source, i), width);
        if (form == FIXED_DOUBLE) {
            uint64_t bits;
            memcpy(&bits, value, sizeof bits);
            bits = canonical_double(bits);
            memcpy(value, &bits, sizeof bits);
        } else if (form == FIXED_FLOAT) {
            uint32_t bits;
            memcpy(&bits, value, sizeof bits);
            bits = canonical_float(bits);
            memcpy(value, &bits, sizeof bits);
        }
        memcpy(row_end(&rows[i]), value, width);
        rows[i].size += width;
    }
}

static void put_texts(struct bytes_view *rows, uint32_t count, const struct column_source *source,
                      uint32_t column)
{
    const struct string_value *texts = (const struct string_value *)source->values;
    for (uint32_t i = 0; i < count; i++) {
        if (is_null(source, i)) {
            mark_null(&rows[i], column);
            continue;
        }
        const struct string_value text = texts[value_index(source, i)];
        uint8_t *target = row_end(&rows[i]);
        rows[i].size += ROW_TEXT_HEAD_BYTES + text.size;
        memcpy(target, &text.size, ROW_TEXT_HEAD_BYTES);
        string_copy(target + ROW_TEXT_HEAD_BYTES, text.data, text.size);
    }
}

static void put_nulls(struct bytes_view *rows, uint32_t count, uint32_t column)
{
    for (uint32_t i = 0; i < count; i++)
        mark_null(&rows[i], column);
}

static void put_column(struct bytes_view *rows, uint32_t count, const struct column_source *source,
                       uint32_t column, enum type_kind kind)
{
    if (source->is_null) {
        put_nulls(rows, count, column);
        return;
    }
    switch (kind) {
    case TYPE_NULL: put_nulls(rows, count, column); return;
    case TYPE_BOOLEAN: put_fixed(rows, count, source, column, FIXED_1, 1); return;
    case TYPE_INT:
    case TYPE_DATE: put_fixed(rows, count, source, column, FIXED_4, 4); return;
    case TYPE_FLOAT: put_fixed(rows, count, source, column, FIXED_FLOAT, 4); return;
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: put_fixed(rows, count, source, column, FIXED_8, 8); return;
    case TYPE_DOUBLE: put_fixed(rows, count, source, column, FIXED_DOUBLE, 8); return;
    case TYPE_DECIMAL: put_fixed(rows, count, source, column, FIXED_16, 16); return;
    case TYPE_STRING:
    case TYPE_BYTES: put_texts(rows, count, source, column); return;
    }
}

void row_packer_pack(struct row_packer *packer, const struct record_batch *batch, const uint32_t *columns)
{
    uint32_t count = batch->num_rows;
    ensure_capacity(packer, count);
    struct column_source *sources = mem_calloc(packer->num_columns + 1, sizeof *sources);
    for (uint32_t c = 0; c < packer->num_columns; c++) {
        struct vector *vector = batch->columns[columns != NULL ? columns[c] : c];
        CHECK(vector->type.kind == packer->types[c].kind || vector->type.kind == TYPE_NULL);
        sources[c] = column_source_of(vector);
    }
    lay_out(packer, sources, count);
    for (uint32_t c = 0; c < packer->num_columns; c++) {
        put_column(packer->rows, count, &sources[c], c, packer->types[c].kind);
        vector_unref(sources[c].vector);
    }
    free(sources);
    for (uint32_t i = 0; !packer->skips_hashes && i < count; i++)
        packer->hashes[i] = hash_bytes(packer->rows[i].data, packer->rows[i].size);
}
