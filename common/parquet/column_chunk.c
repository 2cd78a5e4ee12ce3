#include "common/base/check.h"
#include "common/parquet/bounds.h"
#include "common/parquet/column_writer.h"
#include "common/parquet/hybrid_encoding.h"

#include <stdlib.h>
#include <string.h>

/* Longer bounds of texts are cut in the footer. */
enum { STATISTICS_LENGTH = 64 };

enum status column_writer_init(struct column_writer *column, const struct parquet_writer_options *options,
                               struct data_type type, struct error *error)
{
    struct parquet_layout layout;
    enum status status = parquet_layout_of(type, &layout, error);
    if (status != STATUS_OK)
        return status;
    *column = (struct column_writer){
        .options = options, .type = type, .layout = layout, .is_required = !type.nullable};
    column_dictionary_begin_chunk(column);
    return STATUS_OK;
}

void column_writer_free(struct column_writer *column)
{
    free(column->present);
    buffer_free(&column->plain);
    buffer_free(&column->pages);
    column_dictionary_end_chunk(column);
    column_range_free(&column->chunk_range);
    column_range_free(&column->range);
}

uint64_t column_writer_memory_bytes(const struct column_writer *column)
{
    uint64_t bytes = column->pages.capacity + column->plain.capacity +
                     column->dictionary.capacity * sizeof(uint32_t) +
                     column->present_words * sizeof(uint64_t);
    if (column->dictionary.values != NULL)
        bytes += dictionary_memory_bytes(column->dictionary.values);
    return bytes;
}

uint64_t column_writer_file_bytes(const struct column_writer *column)
{
    uint64_t bytes = column->pages.size + column->plain.size;
    const struct dictionary *values = column->dictionary.values;
    if (values != NULL && values->count > 0)
        bytes += values->plain.size +
                 (uint64_t)column->dictionary.num_indices * hybrid_width(values->count - 1) / 8;
    return bytes;
}

/* Appends a page with its header to target. */
static enum status append_page(struct column_writer *column, enum parquet_page_type type, uint32_t num_values,
                               enum parquet_encoding encoding, struct bytes_view body, struct buffer *target,
                               struct error *error)
{
    struct buffer *compressed = parquet_compressor_output(column->options->compressor);
    enum status status = parquet_compress(column->options->compressor, body, compressed, error);
    if (status != STATUS_OK)
        return status;
    size_t start = target->size;
    struct thrift_writer header = thrift_begin_element(target);
    thrift_write_i32(&header, 1, (int32_t)type);
    thrift_write_i32(&header, 2, (int32_t)body.size);
    thrift_write_i32(&header, 3, (int32_t)compressed->size);
    struct thrift_writer kind = thrift_begin_struct(&header, type == PARQUET_DATA_PAGE ? 5 : 7);
    thrift_write_i32(&kind, 1, (int32_t)num_values);
    thrift_write_i32(&kind, 2, (int32_t)encoding);
    if (type == PARQUET_DATA_PAGE) {
        thrift_write_i32(&kind, 3, PARQUET_RLE);
        thrift_write_i32(&kind, 4, PARQUET_RLE);
    }
    thrift_end_struct(&kind);
    thrift_end_struct(&header);
    column->pages_uncompressed += target->size - start + body.size;
    buffer_append(target, compressed->data, compressed->size);
    return STATUS_OK;
}

static void append_booleans(const struct buffer *values, struct buffer *body)
{
    size_t start = body->size;
    buffer_append_zeros(body, (values->size + 7) / 8);
    for (size_t i = 0; i < values->size; i++)
        body->data[start + i / 8] |= (uint8_t)((values->data[i] & 1) << i % 8);
}

/* One bit even for a single value: readers differ in what they think of indices without bits. */
static unsigned index_width(const struct dictionary *values)
{
    return values->count < 2 ? 1 : hybrid_width(values->count - 1);
}

/* A page of nothing but nulls is plain, so that there is no empty dictionary. */
static bool column_page_is_dictionary(const struct column_writer *column)
{
    return column->dictionary.is_open && column->dictionary.num_indices > 0;
}

static void append_values(struct column_writer *column, struct buffer *body)
{
    struct column_dictionary *dictionary = &column->dictionary;
    if (column_page_is_dictionary(column)) {
        unsigned width = index_width(dictionary->values);
        buffer_append_byte(body, (uint8_t)width);
        hybrid_encode(dictionary->indices, dictionary->num_indices, width, body);
    } else if (column->layout.type == PARQUET_BOOLEAN) {
        append_booleans(&column->plain, body);
    } else {
        buffer_append(body, column->plain.data, column->plain.size);
    }
}

enum status column_writer_end_page(struct column_writer *column, struct error *error)
{
    if (column->page_rows == 0)
        return STATUS_OK;
    column_dictionary_weigh(column);
    bool is_dictionary = column_page_is_dictionary(column);
    struct buffer *body = parquet_compressor_body(column->options->compressor);
    column_levels_encode(column, body);
    append_values(column, body);
    enum status status = append_page(column, PARQUET_DATA_PAGE, column->page_rows,
                                     is_dictionary ? PARQUET_RLE_DICTIONARY : PARQUET_PLAIN,
                                     buffer_view(body), &column->pages, error);
    if (status != STATUS_OK)
        return status;
    column->plain_pages += !is_dictionary;
    column->dictionary_pages += is_dictionary;
    column->chunk_rows += column->page_rows;
    column->chunk_nulls += column->page_rows - column->page_values;
    column->page_rows = column->page_values = 0;
    column->dictionary.num_indices = 0;
    buffer_clear(&column->plain);
    return STATUS_OK;
}

static void write_bound(struct thrift_writer *statistics, int16_t id, const struct column_writer *column,
                        enum parquet_bound_side side, bool *ret_written, bool *ret_exact)
{
    const struct column_range *range = &column->chunk_range;
    struct buffer whole = {0}, cut = {0};
    range_bound_encode(side == PARQUET_LOWER ? &range->minimum : &range->maximum, column->layout, &whole);
    *ret_exact = true;
    *ret_written = column->layout.type != PARQUET_BYTE_ARRAY ||
                   parquet_bound_truncate(buffer_view(&whole), STATISTICS_LENGTH,
                                          column->type.kind == TYPE_STRING, side, &cut, ret_exact);
    struct buffer *bound = column->layout.type == PARQUET_BYTE_ARRAY ? &cut : &whole;
    if (*ret_written)
        thrift_write_binary(statistics, id, bound->data, bound->size);
    buffer_free(&whole);
    buffer_free(&cut);
}

static void write_statistics(struct thrift_writer *metadata, const struct column_writer *column)
{
    struct thrift_writer statistics = thrift_begin_struct(metadata, 12);
    thrift_write_i64(&statistics, 3, column->chunk_nulls);
    if (column->chunk_range.is_set) {
        bool has_maximum, has_minimum, maximum_exact, minimum_exact;
        write_bound(&statistics, 5, column, PARQUET_UPPER, &has_maximum, &maximum_exact);
        write_bound(&statistics, 6, column, PARQUET_LOWER, &has_minimum, &minimum_exact);
        if (has_maximum)
            thrift_write_bool(&statistics, 7, maximum_exact);
        if (has_minimum)
            thrift_write_bool(&statistics, 8, minimum_exact);
    }
    thrift_end_struct(&statistics);
}

static void write_page_count(struct buffer *footer, enum parquet_page_type type,
                             enum parquet_encoding encoding, uint32_t count)
{
    struct thrift_writer entry = thrift_begin_element(footer);
    thrift_write_i32(&entry, 1, (int32_t)type);
    thrift_write_i32(&entry, 2, (int32_t)encoding);
    thrift_write_i32(&entry, 3, (int32_t)count);
    thrift_end_struct(&entry);
}

static void write_encodings(struct thrift_writer *metadata, const struct column_writer *column)
{
    bool plain = column->plain_pages > 0 || column->dictionary_pages > 0;
    bool dictionary = column->dictionary_pages > 0;
    thrift_write_list(metadata, 2, THRIFT_I32, 1u + plain + dictionary);
    if (plain)
        thrift_element_i32(metadata, PARQUET_PLAIN);
    thrift_element_i32(metadata, PARQUET_RLE);
    if (dictionary)
        thrift_element_i32(metadata, PARQUET_RLE_DICTIONARY);
}

static void write_page_counts(struct thrift_writer *metadata, const struct column_writer *column)
{
    bool dictionary = column->dictionary_pages > 0;
    thrift_write_list(metadata, 13, THRIFT_STRUCT, (column->plain_pages > 0) + 2u * dictionary);
    if (dictionary) {
        write_page_count(metadata->buffer, PARQUET_DICTIONARY_PAGE, PARQUET_PLAIN, 1);
        write_page_count(metadata->buffer, PARQUET_DATA_PAGE, PARQUET_RLE_DICTIONARY,
                         column->dictionary_pages);
    }
    if (column->plain_pages > 0)
        write_page_count(metadata->buffer, PARQUET_DATA_PAGE, PARQUET_PLAIN, column->plain_pages);
}

static void write_column_chunk(struct buffer *footer, const struct column_writer *column, const char *name,
                               const struct column_chunk *chunk)
{
    struct thrift_writer element = thrift_begin_element(footer);
    thrift_write_i64(&element, 2, 0);
    struct thrift_writer metadata = thrift_begin_struct(&element, 3);
    thrift_write_i32(&metadata, 1, (int32_t)column->layout.type);
    write_encodings(&metadata, column);
    thrift_write_list(&metadata, 3, THRIFT_BINARY, 1);
    thrift_element_text(&metadata, name);
    thrift_write_i32(&metadata, 4, (int32_t)parquet_compressor_codec(column->options->compressor));
    thrift_write_i64(&metadata, 5, chunk->rows);
    thrift_write_i64(&metadata, 6, chunk->uncompressed_bytes);
    thrift_write_i64(&metadata, 7, chunk->compressed_bytes);
    thrift_write_i64(&metadata, 9, chunk->data_offset);
    if (chunk->dictionary_offset >= 0)
        thrift_write_i64(&metadata, 11, chunk->dictionary_offset);
    write_statistics(&metadata, column);
    write_page_counts(&metadata, column);
    thrift_end_struct(&metadata);
    thrift_end_struct(&element);
}

static void reset_chunk(struct column_writer *column)
{
    column->rows += column->chunk_rows;
    column->nulls += column->chunk_nulls;
    column->chunk_rows = column->chunk_nulls = 0;
    column->plain_pages = column->dictionary_pages = 0;
    column->pages_uncompressed = 0;
    column_range_merge(&column->range, &column->chunk_range, column->layout);
    column_dictionary_end_chunk(column);
    buffer_free(&column->pages);
    buffer_free(&column->plain);
    column_dictionary_begin_chunk(column);
}

enum status column_writer_end_chunk(struct column_writer *column, const char *name,
                                    struct file_output *output, int64_t offset, struct buffer *footer,
                                    struct column_chunk *ret_chunk, struct error *error)
{
    enum status status = column_writer_end_page(column, error);
    if (status != STATUS_OK)
        return status;
    CHECK(column->chunk_rows > 0);
    struct column_chunk chunk = {.rows = column->chunk_rows, .dictionary_offset = -1, .data_offset = offset};
    const struct dictionary *values = column->dictionary.values;
    struct buffer page = {0};
    if (column->dictionary_pages > 0) {
        column_range_add_dictionary(&column->chunk_range, values, column->layout);
        status = append_page(column, PARQUET_DICTIONARY_PAGE, values->count, PARQUET_PLAIN,
                             buffer_view(&values->plain), &page, error);
        chunk.dictionary_offset = offset;
        chunk.data_offset = offset + (int64_t)page.size;
        if (status == STATUS_OK)
            status = file_output_write(output, page.data, page.size, error);
    }
    if (status == STATUS_OK)
        status = file_output_write(output, column->pages.data, column->pages.size, error);
    chunk.compressed_bytes = (int64_t)(page.size + column->pages.size);
    chunk.uncompressed_bytes = (int64_t)column->pages_uncompressed;
    buffer_free(&page);
    if (status != STATUS_OK)
        return status;
    write_column_chunk(footer, column, name, &chunk);
    column->compressed_bytes += chunk.compressed_bytes;
    reset_chunk(column);
    *ret_chunk = chunk;
    return STATUS_OK;
}
