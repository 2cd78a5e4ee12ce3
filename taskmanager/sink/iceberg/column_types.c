#include "taskmanager/sink/iceberg/column_types.h"

#include <string.h>

bool column_type_fits(struct data_type given, struct data_type table)
{
    if (given.kind == TYPE_NULL)
        return true;
    if (given.kind == TYPE_DECIMAL && table.kind == TYPE_DECIMAL)
        return given.scale == table.scale && given.precision <= table.precision;
    return given.kind == table.kind || (given.kind == TYPE_INT && table.kind == TYPE_BIGINT) ||
           (given.kind == TYPE_FLOAT && table.kind == TYPE_DOUBLE);
}

struct vector *widened_column(struct vector *vector, struct data_type table)
{
    if (vector->type.kind == table.kind || vector->type.kind == TYPE_NULL)
        return vector_ref(vector);
    struct vector *flat = vector_flatten(vector);
    struct vector *wide = vector_create(table, flat->length);
    wide->length = flat->length;
    if (table.kind == TYPE_BIGINT) {
        for (uint32_t i = 0; i < flat->length; i++)
            ((int64_t *)wide->values)[i] = ((const int32_t *)flat->values)[i];
    } else {
        for (uint32_t i = 0; i < flat->length; i++)
            ((double *)wide->values)[i] = (double)((const float *)flat->values)[i];
    }
    if (flat->validity != NULL)
        memcpy(vector_ensure_validity(wide), flat->validity, validity_words(flat->length) * sizeof(uint64_t));
    vector_unref(flat);
    return wide;
}
