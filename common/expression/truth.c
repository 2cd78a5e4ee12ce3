#include "common/expression/truth.h"

#include "common/base/check.h"

void truth_fill(uint64_t *bits, uint32_t num_rows)
{
    size_t words = validity_words(num_rows);
    memset(bits, 0xFF, words * sizeof *bits);
    if (num_rows % VALIDITY_BITS != 0)
        bits[words - 1] = (UINT64_C(1) << (num_rows % VALIDITY_BITS)) - 1;
}

/* The lowest bits of 64 bytes; the multiplication moves those of eight bytes next to each other. */
static uint64_t pack_word(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (uint32_t i = 0; i < 8; i++) {
        uint64_t eight;
        memcpy(&eight, bytes + (size_t)i * 8, sizeof eight);
        eight = (eight & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080) >> 56;
        word |= eight << (i * 8);
    }
    return word;
}

static void truth_of_flat(const struct vector *vector, uint32_t num_rows, uint64_t *is_true,
                          uint64_t *is_false)
{
    /* is_true holds the mask of the rows until it is narrowed; values are padded, so that whole words may be
     * read */
    truth_fill(is_true, num_rows);
    for (size_t i = 0; i < validity_words(num_rows); i++) {
        uint64_t known = is_true[i] & (vector->validity == NULL ? UINT64_MAX : vector->validity[i]);
        uint64_t bits = pack_word((const uint8_t *)vector->values + i * VALIDITY_BITS);
        is_true[i] = bits & known;
        is_false[i] = ~bits & known;
    }
}

void truth_of_vector(const struct vector *vector, uint32_t num_rows, uint64_t *is_true, uint64_t *is_false)
{
    size_t bytes = validity_words(num_rows) * sizeof(uint64_t);
    if (vector->type.kind == TYPE_NULL) {
        memset(is_true, 0, bytes);
        memset(is_false, 0, bytes);
        return;
    }
    CHECK(vector->type.kind == TYPE_BOOLEAN);
    if (vector->encoding == VECTOR_FLAT) {
        truth_of_flat(vector, num_rows, is_true, is_false);
        return;
    }
    memset(is_true, 0, bytes);
    memset(is_false, 0, bytes);
    if (vector->encoding == VECTOR_CONSTANT) {
        if (!vector_is_null(vector, 0))
            truth_fill(*(const uint8_t *)vector->values ? is_true : is_false, num_rows);
        return;
    }
    for (uint32_t row = 0; row < num_rows; row++)
        if (!vector_is_null(vector, row))
            validity_set(*(const uint8_t *)vector_value(vector, row) ? is_true : is_false, row);
}

struct vector *truth_to_vector(struct data_type type, uint32_t num_rows, const uint64_t *is_true,
                               const uint64_t *is_false)
{
    struct vector *vector = vector_create(type, num_rows);
    vector->length = num_rows;
    uint8_t *values = vector->values;
    for (uint32_t row = 0; row < num_rows; row++)
        values[row] = is_true[row / VALIDITY_BITS] >> (row % VALIDITY_BITS) & 1;
    uint32_t known = 0;
    for (size_t i = 0; i < validity_words(num_rows); i++)
        known += (uint32_t)__builtin_popcountll(is_true[i] | is_false[i]);
    if (known == num_rows)
        return vector;
    uint64_t *validity = vector_ensure_validity(vector);
    for (size_t i = 0; i < validity_words(num_rows); i++)
        validity[i] = is_true[i] | is_false[i];
    return vector;
}

uint32_t truth_rows(const uint64_t *bits, uint32_t num_rows, uint32_t *rows)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < validity_words(num_rows); i++)
        for (uint64_t word = bits[i]; word != 0; word &= word - 1)
            rows[count++] = i * VALIDITY_BITS + (uint32_t)__builtin_ctzll(word);
    return count;
}
