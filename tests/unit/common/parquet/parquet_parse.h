#pragma once

/*
 * A reader of Parquet files for tests, written from the format's specification and sharing no code with the
 * writer: compact Thrift, version 1 pages, PLAIN and RLE_DICTIONARY, no nesting, uncompressed or zstd. It
 * trusts the file and fails the test where that is not as it should be.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

struct input {
    const uint8_t *at;
    const uint8_t *end;
};

struct text {
    const uint8_t *data;
    size_t size;
};

struct chunk {
    int64_t type, codec, num_values, data_offset, dictionary_offset, null_count, compressed, uncompressed;
    struct text minimum, maximum; /* data NULL: absent */
    bool maximum_exact;
    int64_t pages_of_dictionary, pages_of_plain;
};

struct element {
    int64_t type, type_length, repetition, children, converted, scale, precision, field_id;
    int64_t logical; /* number of the union's member, 0: none */
    bool is_utc;
    char name[64];
};

enum { MAX_COLUMNS = 32, MAX_GROUPS = 64 };

struct parsed_file {
    uint8_t *bytes;
    size_t size;
    int64_t num_rows;
    size_t num_elements, num_groups, num_key_values, num_orders;
    struct element elements[MAX_COLUMNS + 1];
    int64_t group_rows[MAX_GROUPS];
    struct chunk chunks[MAX_GROUPS][MAX_COLUMNS];
    char created_by[64];
};

/* One column of a file: a value a row; null where is_null. Values lie in one buffer, back to back. */
struct parsed_column {
    size_t num_rows;
    bool *is_null;
    struct text *values;
    uint8_t *owned[4096]; /* page contents */
    size_t num_owned;
};

static inline void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "parquet_parse: %s\n", what);
        abort();
    }
}

static inline uint8_t take_byte(struct input *in)
{
    require(in->at < in->end, "input ends early");
    return *in->at++;
}

static inline uint64_t take_varint(struct input *in)
{
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        uint8_t byte = take_byte(in);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return value;
    }
}

static inline int64_t take_integer(struct input *in)
{
    uint64_t value = take_varint(in);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static inline struct text take_text(struct input *in)
{
    size_t size = take_varint(in);
    require(size <= (size_t)(in->end - in->at), "text ends early");
    struct text text = {in->at, size};
    in->at += size;
    return text;
}

/* The next field of a struct; false at its end. */
static inline bool take_field(struct input *in, int *id, int *type)
{
    uint8_t header = take_byte(in);
    if (header == 0)
        return false;
    *type = header & 0x0F;
    *id = header >> 4 != 0 ? *id + (header >> 4) : (int)take_integer(in);
    return true;
}

static inline size_t take_list(struct input *in, int *type)
{
    uint8_t header = take_byte(in);
    *type = header & 0x0F;
    return header >> 4 == 15 ? take_varint(in) : (size_t)(header >> 4);
}

static inline void skip_value(struct input *in, int type)
{
    int id = 0, inner;
    switch (type) {
    case 1:
    case 2: return;
    case 3: take_byte(in); return;
    case 4:
    case 5:
    case 6: take_varint(in); return;
    case 7: in->at += 8; return;
    case 8: take_text(in); return;
    case 9: {
        size_t count = take_list(in, &inner);
        for (size_t i = 0; i < count; i++)
            skip_value(in, inner);
        return;
    }
    case 12:
        while (take_field(in, &id, &inner))
            skip_value(in, inner);
        return;
    default: require(false, "unknown thrift type");
    }
}

static inline void parse_statistics(struct input *in, struct chunk *chunk)
{
    int id = 0, type;
    while (take_field(in, &id, &type)) {
        if (id == 3)
            chunk->null_count = take_integer(in);
        else if (id == 5)
            chunk->maximum = take_text(in);
        else if (id == 6)
            chunk->minimum = take_text(in);
        else if (id == 7)
            chunk->maximum_exact = type == 1;
        else
            skip_value(in, type);
    }
}

static inline void parse_page_counts(struct input *in, struct chunk *chunk)
{
    int inner;
    size_t count = take_list(in, &inner);
    for (size_t i = 0; i < count; i++) {
        int id = 0, type;
        int64_t fields[4] = {0};
        while (take_field(in, &id, &type))
            fields[id] = take_integer(in);
        if (fields[1] == 0)
            *(fields[2] == 8 ? &chunk->pages_of_dictionary : &chunk->pages_of_plain) += fields[3];
    }
}

static inline void parse_chunk(struct input *in, struct chunk *chunk)
{
    *chunk = (struct chunk){.dictionary_offset = -1, .null_count = -1};
    int id = 0, type, meta = 0;
    while (take_field(in, &id, &type)) {
        if (id != 3) {
            skip_value(in, type);
            continue;
        }
        while (take_field(in, &meta, &type)) {
            switch (meta) {
            case 1: chunk->type = take_integer(in); break;
            case 4: chunk->codec = take_integer(in); break;
            case 5: chunk->num_values = take_integer(in); break;
            case 6: chunk->uncompressed = take_integer(in); break;
            case 7: chunk->compressed = take_integer(in); break;
            case 9: chunk->data_offset = take_integer(in); break;
            case 11: chunk->dictionary_offset = take_integer(in); break;
            case 12: parse_statistics(in, chunk); break;
            case 13: parse_page_counts(in, chunk); break;
            default: skip_value(in, type);
            }
        }
    }
}

static inline void parse_logical_type(struct input *in, struct element *element)
{
    int member = 0, type, id;
    while (take_field(in, &member, &type)) {
        element->logical = member;
        id = 0;
        int inner;
        while (take_field(in, &id, &inner)) {
            if (member == 8 && id == 1)
                element->is_utc = inner == 1;
            skip_value(in, inner);
        }
    }
}

static inline void parse_element(struct input *in, struct element *element)
{
    *element = (struct element){.type = -1, .converted = -1};
    int id = 0, type;
    while (take_field(in, &id, &type)) {
        switch (id) {
        case 1: element->type = take_integer(in); break;
        case 2: element->type_length = take_integer(in); break;
        case 3: element->repetition = take_integer(in); break;
        case 4: {
            struct text name = take_text(in);
            snprintf(element->name, sizeof element->name, "%.*s", (int)name.size, (const char *)name.data);
            break;
        }
        case 5: element->children = take_integer(in); break;
        case 6: element->converted = take_integer(in); break;
        case 7: element->scale = take_integer(in); break;
        case 8: element->precision = take_integer(in); break;
        case 9: element->field_id = take_integer(in); break;
        case 10: parse_logical_type(in, element); break;
        default: skip_value(in, type);
        }
    }
}

static inline void parse_row_group(struct input *in, struct parsed_file *file, size_t group)
{
    int id = 0, type;
    while (take_field(in, &id, &type)) {
        if (id == 1) {
            size_t count = take_list(in, &type);
            require(count <= MAX_COLUMNS, "too many columns");
            for (size_t i = 0; i < count; i++)
                parse_chunk(in, &file->chunks[group][i]);
        } else if (id == 3) {
            file->group_rows[group] = take_integer(in);
        } else {
            skip_value(in, type);
        }
    }
}

static inline void parse_footer(struct input in, struct parsed_file *file)
{
    int id = 0, type, inner;
    while (take_field(&in, &id, &type)) {
        if (id == 2) {
            file->num_elements = take_list(&in, &inner);
            require(file->num_elements <= MAX_COLUMNS + 1, "too many columns");
            for (size_t i = 0; i < file->num_elements; i++)
                parse_element(&in, &file->elements[i]);
        } else if (id == 3) {
            file->num_rows = take_integer(&in);
        } else if (id == 4) {
            file->num_groups = take_list(&in, &inner);
            require(file->num_groups <= MAX_GROUPS, "too many row groups");
            for (size_t i = 0; i < file->num_groups; i++)
                parse_row_group(&in, file, i);
        } else if (id == 5 || id == 7) {
            size_t count = take_list(&in, &inner);
            *(id == 5 ? &file->num_key_values : &file->num_orders) = count;
            for (size_t i = 0; i < count; i++)
                skip_value(&in, inner);
        } else if (id == 6) {
            struct text text = take_text(&in);
            snprintf(file->created_by, sizeof file->created_by, "%.*s", (int)text.size,
                     (const char *)text.data);
        } else {
            skip_value(&in, type);
        }
    }
    require(in.at == in.end, "bytes behind the footer");
}

/* Takes ownership of bytes (malloc). Free with free(file->bytes), free(file). */
static inline struct parsed_file *parse_file(uint8_t *bytes, size_t size)
{
    struct parsed_file *file = calloc(1, sizeof *file);
    file->bytes = bytes;
    file->size = size;
    require(size >= 12 && memcmp(bytes, "PAR1", 4) == 0 && memcmp(bytes + size - 4, "PAR1", 4) == 0, "magic");
    uint32_t footer_size;
    memcpy(&footer_size, bytes + size - 8, 4);
    require(footer_size + 12 <= size, "footer size");
    parse_footer((struct input){bytes + size - 8 - footer_size, bytes + size - 8}, file);
    return file;
}

struct page {
    int64_t type, uncompressed, compressed, num_values, encoding;
    uint8_t *body;
};

static inline struct page take_page(struct input *in, int64_t codec)
{
    struct page page = {0};
    int id = 0, type;
    while (take_field(in, &id, &type)) {
        if (id == 1) {
            page.type = take_integer(in);
        } else if (id == 2) {
            page.uncompressed = take_integer(in);
        } else if (id == 3) {
            page.compressed = take_integer(in);
        } else {
            int inner = 0;
            while (take_field(in, &inner, &type)) {
                if (inner == 1)
                    page.num_values = take_integer(in);
                else if (inner == 2)
                    page.encoding = take_integer(in);
                else
                    skip_value(in, type);
            }
        }
    }
    require(in->end - in->at >= page.compressed, "page ends early");
    page.body = malloc((size_t)page.uncompressed + 1);
    if (codec == 6) {
        size_t size = ZSTD_decompress(page.body, (size_t)page.uncompressed, in->at, (size_t)page.compressed);
        require(size == (size_t)page.uncompressed, "zstd");
    } else {
        require(codec == 0 && page.compressed == page.uncompressed, "codec");
        memcpy(page.body, in->at, (size_t)page.uncompressed);
    }
    in->at += page.compressed;
    return page;
}

/* Decodes count values of the RLE / bit-packing hybrid. */
static inline void take_hybrid(struct input *in, unsigned width, size_t count, uint32_t *values)
{
    for (size_t done = 0; done < count;) {
        uint64_t header = take_varint(in);
        size_t run = header & 1 ? (header >> 1) * 8 : header >> 1;
        require(run > 0, "empty run");
        const uint8_t *start = in->at;
        uint32_t value = 0;
        if (header & 1) {
            in->at += (header >> 1) * width;
        } else {
            for (unsigned shift = 0; shift < width; shift += 8)
                value |= (uint32_t)take_byte(in) << shift;
        }
        require(in->at <= in->end, "run ends early");
        for (size_t i = 0; i < run && done < count; i++, done++) {
            values[done] = value;
            if (header & 1) {
                values[done] = 0;
                for (unsigned bit = 0; bit < width; bit++) {
                    size_t position = i * width + bit;
                    values[done] |= (uint32_t)(start[position / 8] >> position % 8 & 1) << bit;
                }
            }
        }
    }
}

static inline struct text take_plain(struct input *in, const struct element *element, size_t index)
{
    static const size_t widths[] = {0, 4, 8, 12, 4, 8, 0, 0};
    if (element->type == 0) {
        static const uint8_t booleans[] = {0, 1};
        return (struct text){&booleans[in->at[index / 8] >> index % 8 & 1], 1};
    }
    size_t size = element->type == 7 ? (size_t)element->type_length : widths[element->type];
    if (element->type == 6) {
        uint32_t length;
        require(in->end - in->at >= 4, "length ends early");
        memcpy(&length, in->at, 4);
        in->at += 4;
        size = length;
    }
    require((size_t)(in->end - in->at) >= size, "value ends early");
    struct text value = {in->at, size};
    in->at += size;
    return value;
}

static inline void append_page(struct parsed_column *column, const struct element *element, struct page page,
                               const struct text *dictionary)
{
    struct input in = {page.body, page.body + page.uncompressed};
    size_t count = (size_t)page.num_values, present = count;
    uint32_t *levels = calloc(count + 1, sizeof *levels);
    if (element->repetition == 1) {
        uint32_t size;
        memcpy(&size, in.at, 4);
        in.at += 4;
        struct input level_input = {in.at, in.at + size};
        take_hybrid(&level_input, 1, count, levels);
        require(level_input.at == level_input.end, "bytes behind the levels");
        in.at += size;
        present = 0;
        for (size_t i = 0; i < count; i++)
            present += levels[i];
    } else {
        for (size_t i = 0; i < count; i++)
            levels[i] = 1;
    }
    uint32_t *indices = calloc(present + 1, sizeof *indices);
    if (page.encoding == 8) {
        unsigned width = take_byte(&in);
        take_hybrid(&in, width, present, indices);
    }
    column->is_null = realloc(column->is_null, (column->num_rows + count) * sizeof *column->is_null);
    column->values = realloc(column->values, (column->num_rows + count) * sizeof *column->values);
    for (size_t i = 0, value = 0; i < count; i++) {
        column->is_null[column->num_rows] = levels[i] == 0;
        if (levels[i] != 0) {
            column->values[column->num_rows] =
                page.encoding == 8 ? dictionary[indices[value]] : take_plain(&in, element, value);
            value++;
        }
        column->num_rows++;
    }
    if (element->type == 0)
        in.at += (present + 7) / 8;
    require(in.at == in.end, "bytes behind the values");
    free(levels);
    free(indices);
}

static inline void parse_column_chunk(const struct parsed_file *file, size_t group, size_t index,
                                      struct parsed_column *column)
{
    const struct chunk *chunk = &file->chunks[group][index];
    const struct element *element = &file->elements[index + 1];
    int64_t start = chunk->dictionary_offset >= 0 ? chunk->dictionary_offset : chunk->data_offset;
    struct input in = {file->bytes + start, file->bytes + start + chunk->compressed};
    struct text *dictionary = NULL;
    size_t before = column->num_rows;
    while (in.at < in.end) {
        require(dictionary == NULL || column->num_rows > before || in.at == file->bytes + chunk->data_offset,
                "data page offset");
        struct page page = take_page(&in, chunk->codec);
        column->owned[column->num_owned++] = page.body;
        if (page.type == 2) {
            require(dictionary == NULL, "two dictionaries");
            dictionary = calloc((size_t)page.num_values, sizeof *dictionary);
            struct input values = {page.body, page.body + page.uncompressed};
            for (size_t i = 0; i < (size_t)page.num_values; i++)
                dictionary[i] = take_plain(&values, element, i);
            require(values.at == values.end, "bytes behind the dictionary");
        } else {
            append_page(column, element, page, dictionary);
        }
    }
    require((int64_t)(column->num_rows - before) == chunk->num_values, "number of values");
    free(dictionary);
}

static inline struct parsed_column *parse_column(const struct parsed_file *file, size_t index)
{
    struct parsed_column *column = calloc(1, sizeof *column);
    for (size_t group = 0; group < file->num_groups; group++)
        parse_column_chunk(file, group, index, column);
    return column;
}

static inline void parsed_column_free(struct parsed_column *column)
{
    for (size_t i = 0; i < column->num_owned; i++)
        free(column->owned[i]);
    free(column->is_null);
    free(column->values);
    free(column);
}
