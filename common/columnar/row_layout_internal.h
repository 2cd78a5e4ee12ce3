#pragma once

#include "common/columnar/data_type.h"

/* The layout of a packed row, see row_packer.h. */

enum { ROW_TEXT_HEAD_BYTES = 4 }; /* u32 length */

static inline size_t row_bitmap_bytes(uint32_t num_columns)
{
    return ((size_t)num_columns + 7) / 8;
}

/* Bytes of a value; 0 for texts, whose size varies, and for what is always null. */
static inline size_t row_fixed_width(enum type_kind kind)
{
    return data_type_is_string(kind) ? 0 : data_type_width(kind);
}
