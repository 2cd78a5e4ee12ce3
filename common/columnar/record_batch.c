#include "common/columnar/record_batch.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

struct record_batch *record_batch_create(const struct schema *schema, uint32_t num_rows)
{
    struct record_batch *batch = mem_alloc(sizeof *batch);
    batch->schema = schema_ref(schema);
    batch->columns = mem_calloc(schema->num_fields, sizeof(struct vector *));
    batch->row_kinds = NULL;
    batch->num_rows = num_rows;
    return batch;
}

void record_batch_free(struct record_batch *batch)
{
    if (batch == NULL)
        return;
    for (uint32_t i = 0; i < batch->schema->num_fields; i++)
        vector_unref(batch->columns[i]);
    free(batch->columns);
    free(batch->row_kinds);
    schema_unref(batch->schema);
    free(batch);
}

struct record_batch *record_batch_share(const struct record_batch *batch)
{
    struct record_batch *copy = record_batch_create(batch->schema, batch->num_rows);
    for (uint32_t i = 0; i < batch->schema->num_fields; i++)
        copy->columns[i] = vector_ref(batch->columns[i]);
    if (batch->row_kinds != NULL)
        copy->row_kinds = mem_dup(batch->row_kinds, batch->num_rows);
    return copy;
}

struct record_batch *record_batch_gather(const struct record_batch *batch, const uint32_t *rows,
                                         uint32_t count)
{
    struct record_batch *picked = record_batch_create(batch->schema, count);
    for (uint32_t i = 0; i < batch->schema->num_fields; i++)
        picked->columns[i] = vector_gather(batch->columns[i], rows, count);
    if (batch->row_kinds != NULL) {
        picked->row_kinds = mem_alloc(count);
        for (uint32_t i = 0; i < count; i++)
            picked->row_kinds[i] = batch->row_kinds[rows[i]];
    }
    return picked;
}

static size_t vector_bytes(const struct vector *vector)
{
    if (vector->encoding == VECTOR_CONSTANT)
        return data_type_width(vector->type.kind);
    if (vector->encoding == VECTOR_DICTIONARY)
        return vector->length * sizeof(uint32_t);
    size_t bytes = vector->length * data_type_width(vector->type.kind);
    if (!data_type_is_string(vector->type.kind))
        return bytes;
    const struct string_value *values = vector->values;
    for (uint32_t i = 0; vector->validity == NULL && i < vector->length; i++)
        bytes += values[i].size;
    for (uint32_t i = 0; vector->validity != NULL && i < vector->length; i++)
        bytes += validity_is_set(vector->validity, i) ? values[i].size : 0;
    return bytes;
}

size_t record_batch_bytes(const struct record_batch *batch)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < batch->schema->num_fields; i++)
        bytes += vector_bytes(batch->columns[i]);
    return bytes;
}

void record_batch_check(const struct record_batch *batch)
{
    for (uint32_t i = 0; i < batch->schema->num_fields; i++) {
        const struct vector *column = batch->columns[i];
        CHECK(column != NULL && column->length == batch->num_rows);
        CHECK(column->type.kind == batch->schema->fields[i].type.kind || column->type.kind == TYPE_NULL);
    }
}
