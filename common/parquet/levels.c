#include "common/base/memory.h"
#include "common/parquet/column_writer.h"
#include "common/parquet/hybrid_encoding.h"

#include <string.h>

enum { FIRST_WORDS = 32 };

static void grow_present(struct column_writer *column, uint32_t rows)
{
    uint32_t words = column->present_words == 0 ? FIRST_WORDS : column->present_words;
    while ((uint64_t)words * 64 < (uint64_t)rows + 64)
        words *= 2;
    if (words == column->present_words)
        return;
    column->present = mem_realloc(column->present, words * sizeof *column->present);
    memset(column->present + column->present_words, 0,
           (words - column->present_words) * sizeof *column->present);
    column->present_words = words;
}

static void set_bits(uint64_t *bits, uint32_t from, uint32_t count)
{
    for (; count > 0 && from % 64 != 0; from++, count--)
        bits[from / 64] |= UINT64_C(1) << from % 64;
    for (; count >= 64; from += 64, count -= 64)
        bits[from / 64] = UINT64_MAX;
    if (count > 0)
        bits[from / 64] |= (UINT64_C(1) << count) - 1;
}

/* The bitmap stands for the rows so far from the first null on. */
static void begin_present(struct column_writer *column, uint32_t count)
{
    bool first = column->page_rows == column->page_values;
    grow_present(column, column->page_rows + count);
    if (first) {
        memset(column->present, 0, column->present_words * sizeof *column->present);
        set_bits(column->present, 0, column->page_rows);
    }
}

void column_levels_add(struct column_writer *column, uint32_t count)
{
    if (column->page_rows != column->page_values) {
        grow_present(column, column->page_rows + count);
        set_bits(column->present, column->page_rows, count);
    }
    column->page_rows += count;
    column->page_values += count;
}

void column_levels_add_bits(struct column_writer *column, const uint64_t *present, uint32_t count,
                            uint32_t num_present)
{
    if (num_present == count) {
        column_levels_add(column, count);
        return;
    }
    begin_present(column, count);
    uint32_t shift = column->page_rows % 64;
    uint64_t *at = column->present + column->page_rows / 64;
    for (uint32_t i = 0; i * 64 < count; i++) {
        uint32_t left = count - i * 64;
        uint64_t word = left >= 64 ? present[i] : present[i] & ((UINT64_C(1) << left) - 1);
        at[i] |= word << shift;
        if (shift > 0)
            at[i + 1] |= word >> (64 - shift);
    }
    column->page_rows += count;
    column->page_values += num_present;
}

void column_levels_encode(const struct column_writer *column, struct buffer *body)
{
    if (column->is_required)
        return;
    size_t start = body->size;
    buffer_append_le32(body, 0);
    if (column->page_values == column->page_rows)
        hybrid_encode_run(1, column->page_rows, 1, body);
    else if (column->page_values == 0)
        hybrid_encode_run(0, column->page_rows, 1, body);
    else
        hybrid_encode_bits(column->present, column->page_rows, body);
    uint32_t size = (uint32_t)(body->size - start - sizeof size);
    memcpy(body->data + start, &size, sizeof size);
}
