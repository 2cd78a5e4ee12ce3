#pragma once

#include "common/parquet/column_range.h"
#include "common/parquet/parquet_writer.h"
#include "common/parquet/thrift_compact.h"

enum {
    STRETCH_ROWS = 1024, /* rows that are dealt with at once */
    LEVEL_WORDS = STRETCH_ROWS / 64,
};

/* The dictionary encoding of a column chunk; without dictionary the chunk's further pages are plain. */
struct column_dictionary {
    struct dictionary *values;
    uint32_t *indices; /* of the page */
    uint32_t num_indices;
    uint32_t capacity;
    bool is_open;    /* the page under way takes indices */
    bool is_sampled; /* the first rows were worth it */
    bool is_refused; /* it was not worth it in this file */
};

/* The rows of one column on their way into a chunk of the row group under way. */
struct column_writer {
    const struct parquet_writer_options *options;
    struct data_type type;
    struct parquet_layout layout;
    bool is_required;

    /* The page under way: rows with nulls; values are the others, in plain or as indices. */
    uint32_t page_rows;
    uint32_t page_values;
    uint64_t *present; /* bit a row of the page, once one is null; else NULL */
    uint32_t present_words;
    struct buffer plain;
    struct column_dictionary dictionary;

    /* The chunk: finished pages with their headers. */
    struct buffer pages;
    uint64_t pages_uncompressed;
    uint32_t plain_pages;
    uint32_t dictionary_pages;
    int64_t chunk_rows, chunk_nulls;
    struct column_range chunk_range; /* without what is in the dictionary, until the chunk ends */

    /* The file. */
    int64_t rows, nulls, nans, compressed_bytes;
    struct column_range range;
};

/* What a written chunk is in the footer. */
struct column_chunk {
    int64_t rows;
    int64_t uncompressed_bytes;
    int64_t compressed_bytes;
    int64_t dictionary_offset; /* -1: none */
    int64_t data_offset;
};

STATUS_MUST_CHECK enum status column_writer_init(struct column_writer *column,
                                                 const struct parquet_writer_options *options,
                                                 struct data_type type, struct error *error);
void column_writer_free(struct column_writer *column); /* the content */

/* vector NULL: count nulls. */
STATUS_MUST_CHECK enum status column_writer_append(struct column_writer *column, const struct vector *vector,
                                                   const uint32_t *rows, uint32_t count, struct error *error);
uint64_t column_writer_memory_bytes(const struct column_writer *column);
uint64_t column_writer_file_bytes(const struct column_writer *column);

/* Ends the page under way, if it has rows. */
STATUS_MUST_CHECK enum status column_writer_end_page(struct column_writer *column, struct error *error);
/* Ends the chunk and writes it at offset; then appends its ColumnChunk to footer. */
STATUS_MUST_CHECK enum status column_writer_end_chunk(struct column_writer *column, const char *name,
                                                      struct file_output *output, int64_t offset,
                                                      struct buffer *footer, struct column_chunk *ret_chunk,
                                                      struct error *error);

/* Rows present and values of a page. */
void column_levels_add(struct column_writer *column, uint32_t count);
void column_levels_add_bits(struct column_writer *column, const uint64_t *present, uint32_t count,
                            uint32_t num_present);
void column_levels_encode(const struct column_writer *column, struct buffer *body);

/* The values at rows (never null) of a flat or constant vector's values, into plain, and their range. */
void column_append_plain(struct column_writer *column, const void *values, const uint32_t *rows,
                         uint32_t count);
/* The same into the dictionary page. */
void column_append_dictionary(struct column_writer *column, const struct vector *vector, const uint32_t *rows,
                              uint32_t count);
/* To be asked after each stretch: goes over to plain where the dictionary does not pay or is full. */
STATUS_MUST_CHECK enum status column_dictionary_review(struct column_writer *column, struct error *error);
/* Before the first dictionary page is made: back to plain when the values are not smaller as indices. */
void column_dictionary_weigh(struct column_writer *column);
bool column_dictionary_is_allowed(const struct column_writer *column);
void column_dictionary_begin_chunk(struct column_writer *column);
void column_dictionary_end_chunk(struct column_writer *column);
