#pragma once

#include "common/columnar/vector.h"
#include "common/connector/datagen/datagen_connector.h"

/* Rows first, first + stride, ... of the whole source. */
struct datagen_rows {
    uint64_t seed;
    uint64_t first;
    uint64_t stride;
    uint32_t count;
    uint32_t field; /* which column: part of the randomness */
    int64_t now_us; /* wall clock, for timestamps */
};

/* One column of these rows. */
struct vector *datagen_column_make(const struct datagen_field *field, struct data_type type,
                                   const struct datagen_rows *rows);
