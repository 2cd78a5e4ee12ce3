#include "common/columnar/batch_builder.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

enum { BUILDER_MIN_ROWS = 64 };

struct batch_builder {
    struct schema *schema;
    struct vector **columns; /* flat, of the schema's types; NULL while there are no rows */
    uint8_t *row_kinds;      /* capacity entries; NULL: all inserts so far */
    uint32_t num_rows;
    uint32_t capacity;
    size_t text_bytes;
    size_t row_bytes; /* of the values of one row */
};

struct batch_builder *batch_builder_create(const struct schema *schema)
{
    struct batch_builder *builder = mem_calloc(1, sizeof *builder);
    builder->schema = schema_ref(schema);
    builder->columns = mem_calloc(schema->num_fields, sizeof(struct vector *));
    for (uint32_t i = 0; i < schema->num_fields; i++)
        builder->row_bytes += data_type_width(schema->fields[i].type.kind);
    return builder;
}

void batch_builder_free(struct batch_builder *builder)
{
    if (builder == NULL)
        return;
    for (uint32_t i = 0; i < builder->schema->num_fields; i++)
        vector_unref(builder->columns[i]);
    free(builder->columns);
    free(builder->row_kinds);
    schema_unref(builder->schema);
    free(builder);
}

/* The rows that are appended: row i is values[lookup[i]] of the source. */
struct builder_pick {
    const struct vector *source;
    const void *values;
    const uint32_t *rows;
    const uint32_t *lookup;
    uint32_t count;
};

static void append_values(struct vector *target, const struct builder_pick *pick)
{
    uint32_t at = target->length;
    switch (data_type_width(target->type.kind)) {
    case 0: return;
    case 1:
        for (uint32_t i = 0; i < pick->count; i++)
            ((uint8_t *)target->values)[at + i] = ((const uint8_t *)pick->values)[pick->lookup[i]];
        return;
    case 4:
        for (uint32_t i = 0; i < pick->count; i++)
            ((uint32_t *)target->values)[at + i] = ((const uint32_t *)pick->values)[pick->lookup[i]];
        return;
    case 8:
        for (uint32_t i = 0; i < pick->count; i++)
            ((uint64_t *)target->values)[at + i] = ((const uint64_t *)pick->values)[pick->lookup[i]];
        return;
    case 16:
        for (uint32_t i = 0; i < pick->count; i++)
            ((int128_t *)target->values)[at + i] = ((const int128_t *)pick->values)[pick->lookup[i]];
        return;
    default: CHECK(false);
    }
}

static size_t append_texts(struct vector *target, const struct builder_pick *pick)
{
    struct string_heap *heap = vector_ensure_heap(target);
    struct string_value *to = (struct string_value *)target->values + target->length;
    size_t bytes = 0;
    for (uint32_t i = 0; i < pick->count; i++) {
        if (vector_is_null(pick->source, pick->rows[i])) {
            to[i] = (struct string_value){.data = ""};
            continue;
        }
        to[i] = ((const struct string_value *)pick->values)[pick->lookup[i]];
        char *text = string_heap_alloc(heap, to[i].size);
        string_copy(text, to[i].data, to[i].size);
        to[i].data = text;
        bytes += to[i].size;
    }
    return bytes;
}

static void append_nulls(struct vector *target, const struct builder_pick *pick)
{
    if (pick->source->validity == NULL && pick->source->type.kind != TYPE_NULL)
        return;
    for (uint32_t i = 0; i < pick->count; i++)
        if (vector_is_null(pick->source, pick->rows[i]))
            vector_set_null(target, target->length + i);
}

static void append_column(struct batch_builder *builder, struct vector *target, const struct vector *source,
                          const uint32_t *rows, uint32_t count)
{
    uint32_t lookup[BATCH_MAX_ROWS];
    struct builder_pick pick = {source, source->values, rows, rows, count};
    if (source->encoding == VECTOR_DICTIONARY) {
        for (uint32_t i = 0; i < count; i++) /* the index of a null row may be anything */
            lookup[i] = vector_is_null(source, rows[i]) ? 0 : source->indices[rows[i]];
        pick.values = source->dictionary->values;
        pick.lookup = lookup;
    } else if (source->encoding == VECTOR_CONSTANT) {
        memset(lookup, 0, count * sizeof *lookup);
        pick.lookup = lookup;
    }
    if (source->type.kind == TYPE_NULL)
        memset((char *)target->values + data_type_width(target->type.kind) * target->length, 0,
               data_type_width(target->type.kind) * count);
    else if (data_type_is_string(target->type.kind))
        builder->text_bytes += append_texts(target, &pick);
    else
        append_values(target, &pick);
    append_nulls(target, &pick);
    target->length += count;
}

static void reserve(struct batch_builder *builder, uint32_t num_rows)
{
    bool is_empty = builder->num_rows == 0; /* then the columns went with the last batch */
    if (!is_empty && num_rows <= builder->capacity)
        return;
    uint32_t capacity = is_empty ? builder->capacity : 2 * builder->capacity;
    if (capacity < num_rows)
        capacity = num_rows;
    if (capacity < BUILDER_MIN_ROWS)
        capacity = BUILDER_MIN_ROWS;
    for (uint32_t i = 0; i < builder->schema->num_fields; i++) {
        if (builder->columns[i] == NULL)
            builder->columns[i] = vector_create(builder->schema->fields[i].type, capacity);
        vector_grow(builder->columns[i], capacity);
    }
    if (builder->row_kinds != NULL)
        builder->row_kinds = mem_realloc(builder->row_kinds, capacity);
    builder->capacity = capacity;
}

static void append_row_kinds(struct batch_builder *builder, const struct record_batch *batch,
                             const uint32_t *rows, uint32_t count)
{
    if (batch->row_kinds == NULL && builder->row_kinds == NULL)
        return;
    if (builder->row_kinds == NULL) {
        builder->row_kinds = mem_alloc(builder->capacity);
        memset(builder->row_kinds, ROW_INSERT, builder->num_rows);
    }
    for (uint32_t i = 0; i < count; i++)
        builder->row_kinds[builder->num_rows + i] =
            batch->row_kinds == NULL ? ROW_INSERT : batch->row_kinds[rows[i]];
}

void batch_builder_append(struct batch_builder *builder, const struct record_batch *batch,
                          const uint32_t *rows, uint32_t count)
{
    CHECK(count <= BATCH_MAX_ROWS && batch->schema->num_fields == builder->schema->num_fields);
    reserve(builder, builder->num_rows + count);
    append_row_kinds(builder, batch, rows, count);
    for (uint32_t i = 0; i < builder->schema->num_fields; i++)
        append_column(builder, builder->columns[i], batch->columns[i], rows, count);
    builder->num_rows += count;
}

uint32_t batch_builder_num_rows(const struct batch_builder *builder)
{
    return builder->num_rows;
}

size_t batch_builder_bytes(const struct batch_builder *builder)
{
    return builder->num_rows * builder->row_bytes + builder->text_bytes;
}

struct record_batch *batch_builder_take(struct batch_builder *builder)
{
    CHECK(builder->num_rows > 0);
    struct record_batch *batch = record_batch_create(builder->schema, builder->num_rows);
    for (uint32_t i = 0; i < builder->schema->num_fields; i++) {
        batch->columns[i] = builder->columns[i];
        builder->columns[i] = NULL;
    }
    batch->row_kinds = builder->row_kinds;
    builder->row_kinds = NULL;
    builder->num_rows = 0;
    builder->text_bytes = 0;
    return batch;
}
