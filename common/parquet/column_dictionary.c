#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/parquet/column_writer.h"
#include "common/parquet/hybrid_encoding.h"

#include <stdlib.h>
#include <string.h>

/*
 * When a dictionary is given up: after the first SAMPLE values when nearly each is new (a table of 25,000
 * different values shows about 2 % repeats by then); when the first page would not be smaller for it; and
 * when it is full. In the first two cases the page goes back to plain.
 */
enum { SAMPLE_VALUES = 1024, SAMPLE_REPEATS_DIVISOR = 64, FIRST_INDICES = 128, HYBRID_SLACK = 8 };

bool column_dictionary_is_allowed(const struct column_writer *column)
{
    return column->options->dictionary_bytes > 0 && column->layout.type != PARQUET_BOOLEAN &&
           column->layout.type != PARQUET_FIXED_LEN_BYTE_ARRAY;
}

void column_dictionary_begin_chunk(struct column_writer *column)
{
    struct column_dictionary *dictionary = &column->dictionary;
    if (!column_dictionary_is_allowed(column) || dictionary->is_refused)
        return;
    dictionary->values =
        dictionary_create(column->layout.type == PARQUET_BYTE_ARRAY ? 0 : column->layout.width);
    dictionary->is_open = true;
}

static void close_dictionary(struct column_dictionary *dictionary)
{
    dictionary->is_open = false;
    dictionary->num_indices = 0;
    dictionary->capacity = 0;
    free(dictionary->indices);
    dictionary->indices = NULL;
}

void column_dictionary_end_chunk(struct column_writer *column)
{
    close_dictionary(&column->dictionary);
    dictionary_free(column->dictionary.values);
    column->dictionary.values = NULL;
}

static uint32_t *more_indices(struct column_dictionary *dictionary, uint32_t count)
{
    uint32_t wanted = dictionary->num_indices + count + HYBRID_SLACK;
    if (wanted > dictionary->capacity) {
        uint32_t capacity = dictionary->capacity == 0 ? FIRST_INDICES : dictionary->capacity * 2;
        capacity = capacity < wanted ? wanted : capacity;
        dictionary->indices = mem_realloc(dictionary->indices, capacity * sizeof *dictionary->indices);
        dictionary->capacity = capacity;
    }
    uint32_t *indices = dictionary->indices + dictionary->num_indices;
    dictionary->num_indices += count;
    return indices;
}

static void number_values(struct dictionary *dictionary, const void *values, const uint32_t *rows,
                          uint32_t count, uint32_t *numbers)
{
    if (dictionary->width == 0)
        dictionary_number_strings(dictionary, values, rows, count, numbers);
    else if (dictionary->width == sizeof(uint32_t))
        dictionary_number_32(dictionary, values, rows, count, numbers);
    else
        dictionary_number_64(dictionary, values, rows, count, numbers);
}

/* Each code of a small dictionary vector is looked up once. */
static void number_codes(struct dictionary *dictionary, const struct vector *vector, const uint32_t *rows,
                         uint32_t count, uint32_t *numbers)
{
    uint32_t codes = vector->dictionary->length;
    const void *values = vector->dictionary->values;
    uint32_t map[STRETCH_ROWS];
    bool is_mapped = codes <= count / 2;
    if (is_mapped)
        memset(map, 0xFF, codes * sizeof *map);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code = vector->indices[rows != NULL ? rows[i] : i];
        if (!is_mapped) {
            number_values(dictionary, values, &code, 1, &numbers[i]);
            continue;
        }
        if (map[code] == UINT32_MAX)
            number_values(dictionary, values, &code, 1, &map[code]);
        numbers[i] = map[code];
    }
}

void column_append_dictionary(struct column_writer *column, const struct vector *vector, const uint32_t *rows,
                              uint32_t count)
{
    if (count == 0)
        return;
    struct dictionary *dictionary = column->dictionary.values;
    uint32_t *numbers = more_indices(&column->dictionary, count);
    if (vector->encoding == VECTOR_CONSTANT) {
        number_values(dictionary, vector->values, NULL, 1, numbers);
        for (uint32_t i = 1; i < count; i++)
            numbers[i] = numbers[0];
    } else if (vector->encoding == VECTOR_DICTIONARY) {
        number_codes(dictionary, vector, rows, count, numbers);
    } else {
        number_values(dictionary, vector->values, rows, count, numbers);
    }
}

/* The page under way becomes plain; no page needs the dictionary then. */
static void go_back(struct column_writer *column)
{
    struct column_dictionary *dictionary = &column->dictionary;
    CHECK(column->dictionary_pages == 0 && column->plain.size == 0);
    dictionary_decode(dictionary->values, dictionary->indices, dictionary->num_indices, &column->plain);
    column_range_add_dictionary(&column->chunk_range, dictionary->values, column->layout);
    close_dictionary(dictionary);
    dictionary_free(dictionary->values);
    dictionary->values = NULL;
    dictionary->is_refused = true;
}

void column_dictionary_weigh(struct column_writer *column)
{
    struct column_dictionary *dictionary = &column->dictionary;
    if (!dictionary->is_open || column->dictionary_pages > 0)
        return;
    uint32_t count = dictionary->num_indices;
    if (count == 0)
        return;
    size_t plain = dictionary_decoded_bytes(dictionary->values, dictionary->indices, count);
    unsigned width = hybrid_width(dictionary->values->count - 1);
    size_t packed = dictionary->values->plain.size + (size_t)count * width / 8;
    if (packed > plain)
        go_back(column);
}

enum status column_dictionary_review(struct column_writer *column, struct error *error)
{
    struct column_dictionary *dictionary = &column->dictionary;
    if (!dictionary->is_open)
        return STATUS_OK;
    uint32_t count = dictionary->num_indices;
    if (!dictionary->is_sampled && count >= SAMPLE_VALUES) {
        dictionary->is_sampled = true;
        if (dictionary->values->count > count - count / SAMPLE_REPEATS_DIVISOR) {
            go_back(column);
            return STATUS_OK;
        }
    }
    if (dictionary->values->plain.size < column->options->dictionary_bytes)
        return STATUS_OK;
    enum status status = column_writer_end_page(column, error);
    close_dictionary(dictionary);
    return status;
}
