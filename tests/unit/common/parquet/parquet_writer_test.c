#include "common/parquet/parquet_writer.h"

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/filesystem/memory_file_io.h"
#include "tests/unit/common/parquet/parquet_parse.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { BATCH_ROWS = 1500, BATCHES = 8, NUM_COLUMNS = 17 };

static struct data_type column_type(uint32_t column)
{
    switch (column) {
    case 0: return data_type_of(TYPE_BOOLEAN);
    case 1: return data_type_of(TYPE_INT);
    case 2: return data_type_of(TYPE_BIGINT);
    case 3: return data_type_of(TYPE_FLOAT);
    case 4: return data_type_of(TYPE_DOUBLE);
    case 5: return data_type_decimal(9, 2);
    case 6: return data_type_decimal(18, 4);
    case 7: return data_type_decimal(38, 10);
    case 8: return data_type_decimal(20, 0);
    case 9: return data_type_of(TYPE_STRING);
    case 10: return data_type_of(TYPE_STRING);
    case 11: return data_type_of(TYPE_BYTES);
    case 12: return data_type_of(TYPE_DATE);
    case 13: return data_type_of(TYPE_TIMESTAMP);
    case 14: return data_type_of(TYPE_TIMESTAMP_LTZ);
    case 15: return data_type_not_null(data_type_of(TYPE_BIGINT));
    default: return data_type_of(TYPE_STRING);
    }
}

static struct schema *all_types(void)
{
    struct schema *schema = schema_create(NUM_COLUMNS);
    for (uint32_t i = 0; i < NUM_COLUMNS; i++) {
        char name[16];
        snprintf(name, sizeof name, "column_%u", i);
        schema_set_field(schema, i, name, column_type(i));
        schema->fields[i].field_id = (int32_t)i + 100;
    }
    return schema;
}

static void set_value(struct vector *vector, uint32_t column, uint32_t row, struct random *random)
{
    char text[64];
    switch (vector->type.kind) {
    case TYPE_BOOLEAN: ((uint8_t *)vector->values)[row] = random_below(random, 2) == 1; return;
    case TYPE_INT: ((int32_t *)vector->values)[row] = (int32_t)random_next(random); return;
    case TYPE_DATE: ((int32_t *)vector->values)[row] = (int32_t)random_below(random, 400) - 200; return;
    case TYPE_FLOAT:
        ((float *)vector->values)[row] =
            random_below(random, 9) == 0 ? NAN : (float)random_below(random, 64) / 4;
        return;
    case TYPE_DOUBLE: ((double *)vector->values)[row] = random_unit(random) - 0.5; return;
    case TYPE_DECIMAL:
        ((int128_t *)vector->values)[row] =
            column == 7 ? (int128_t)(int64_t)random_next(random) * 1000000007
                        : (int128_t)random_below(random, column == 6 ? 90 : 999999999) - 45;
        return;
    case TYPE_STRING:
    case TYPE_BYTES: {
        unsigned long long number = column == 9 ? random_below(random, 40) : random_next(random);
        int size = snprintf(text, sizeof text, "%s%llu", column == 11 ? "\xFF\xFE" : "{\"key\": ", number);
        size = row % 91 == 0 ? 0 : size;
        ((struct string_value *)vector->values)[row] =
            string_heap_add(vector_ensure_heap(vector), text, (size_t)size);
        return;
    }
    default:
        ((int64_t *)vector->values)[row] = (int64_t)(random_next(random) >> 20) - (INT64_C(1) << 42);
        return;
    }
}

/* Column 16 is constant or of codes; the others are flat, with nulls in every other batch. */
static struct vector *make_column(uint32_t column, uint32_t batch, struct random *random)
{
    struct data_type type = column_type(column);
    if (column == 16 && batch % 2 == 0) {
        struct string_value text = string_value_of("constant", 8);
        return vector_create_constant(type, batch % 4 == 0 ? NULL : &text, BATCH_ROWS);
    }
    uint32_t length = column == 16 ? 7 : BATCH_ROWS;
    struct vector *vector = vector_create(type, length);
    vector->length = length;
    for (uint32_t row = 0; row < length; row++)
        set_value(vector, column, row, random);
    if (column == 16) {
        vector = vector_create_dictionary(vector, BATCH_ROWS);
        for (uint32_t row = 0; row < BATCH_ROWS; row++)
            vector->indices[row] = (uint32_t)random_below(random, length);
    }
    if (type.nullable && batch % 2 == 1) {
        for (uint32_t row = 0; row < BATCH_ROWS; row += 1 + (uint32_t)random_below(random, 12))
            vector_set_null(vector, row);
    }
    return vector;
}

struct written {
    struct vector *columns[BATCHES][NUM_COLUMNS];
    uint32_t rows[BATCHES][BATCH_ROWS]; /* the rows that were picked */
    uint32_t num_rows[BATCHES];
};

static void make_rows(struct written *written)
{
    struct random random;
    random_init(&random, 7);
    for (uint32_t batch = 0; batch < BATCHES; batch++) {
        for (uint32_t column = 0; column < NUM_COLUMNS; column++)
            written->columns[batch][column] = make_column(column, batch, &random);
        for (uint32_t row = 0; row < BATCH_ROWS; row++)
            if (batch % 3 == 0 || row % 5 != 0)
                written->rows[batch][written->num_rows[batch]++] = row;
    }
}

static void free_rows(struct written *written)
{
    for (uint32_t batch = 0; batch < BATCHES; batch++)
        for (uint32_t column = 0; column < NUM_COLUMNS; column++)
            vector_unref(written->columns[batch][column]);
    free(written);
}

static bool same_value(struct data_type type, const void *physical, struct text stored)
{
    switch (type.kind) {
    case TYPE_STRING:
    case TYPE_BYTES: {
        const struct string_value *text = physical;
        return text->size == stored.size && memcmp(text->data, stored.data, stored.size) == 0;
    }
    case TYPE_DECIMAL: {
        int128_t value = *(const int128_t *)physical, read = 0;
        for (size_t i = 0; i < stored.size; i++) {
            size_t at = type.precision <= 18 ? stored.size - 1 - i : i;
            read = i == 0 ? (int8_t)stored.data[at] : read * 256 + stored.data[at];
        }
        return value == read;
    }
    default:
        return stored.size == data_type_width(type.kind) && memcmp(physical, stored.data, stored.size) == 0;
    }
}

static void check_column(const struct written *written, const struct parsed_file *file, uint32_t column,
                         const struct parquet_column_metrics *metrics)
{
    struct parsed_column *parsed = parse_column(file, column);
    struct data_type type = column_type(column);
    size_t at = 0, nulls = 0;
    for (uint32_t batch = 0; batch < BATCHES; batch++) {
        const struct vector *vector = written->columns[batch][column];
        for (uint32_t i = 0; i < written->num_rows[batch]; i++, at++) {
            uint32_t row = written->rows[batch][i];
            assert_int_equal(parsed->is_null[at], vector_is_null(vector, row));
            nulls += parsed->is_null[at];
            if (!parsed->is_null[at])
                assert_true(same_value(type, vector_value(vector, row), parsed->values[at]));
        }
    }
    assert_int_equal(parsed->num_rows, at);
    assert_int_equal(metrics->value_count, at);
    assert_int_equal(metrics->null_count, nulls);
    parsed_column_free(parsed);
}

static struct parsed_file *read_back(struct file_io *io)
{
    struct buffer bytes = {0};
    struct error error;
    assert_int_equal(file_io_read(io, "memory:///file.parquet", &bytes, &error), STATUS_OK);
    size_t size = bytes.size;
    return parse_file((uint8_t *)buffer_take(&bytes, NULL), size);
}

static void free_parsed(struct parsed_file *file)
{
    free(file->bytes);
    free(file);
}

/* Writes all types with the given limits, reads them back, and compares every value. */
static size_t write_and_compare(enum parquet_codec codec, uint32_t page_rows, uint32_t page_bytes,
                                uint32_t dictionary_bytes, uint64_t row_group_bytes)
{
    struct error error;
    struct parquet_compressor *compressor;
    assert_int_equal(parquet_compressor_create(codec, PARQUET_DEFAULT_LEVEL, &compressor, &error), STATUS_OK);
    struct parquet_writer_options options = parquet_writer_options_default(compressor);
    options.page_rows = page_rows;
    options.page_bytes = page_bytes;
    options.dictionary_bytes = dictionary_bytes;
    options.row_group_bytes = row_group_bytes;
    struct file_io *io = memory_file_io_create();
    struct file_output *output;
    assert_int_equal(file_io_open_output(io, "memory:///file.parquet", &output, &error), STATUS_OK);
    struct schema *schema = all_types();
    struct parquet_writer *writer;
    assert_int_equal(parquet_writer_create(&options, schema, output, &writer, &error), STATUS_OK);
    struct written *written = mem_calloc(1, sizeof *written);
    make_rows(written);
    for (uint32_t batch = 0; batch < BATCHES; batch++) {
        bool all = written->num_rows[batch] == BATCH_ROWS;
        assert_int_equal(parquet_writer_append(writer, written->columns[batch],
                                               all ? NULL : written->rows[batch], written->num_rows[batch],
                                               &error),
                         STATUS_OK);
    }
    struct parquet_file_metrics metrics;
    assert_int_equal(parquet_writer_finish(writer, &metrics, &error), STATUS_OK);
    assert_int_equal(file_output_close(output, &error), STATUS_OK);

    struct parsed_file *file = read_back(io);
    assert_int_equal(file->size, metrics.file_bytes);
    assert_int_equal(file->num_rows, metrics.row_count);
    assert_int_equal(file->num_orders, NUM_COLUMNS);
    assert_int_equal(file->num_groups, metrics.num_split_offsets);
    for (uint32_t column = 0; column < NUM_COLUMNS; column++)
        check_column(written, file, column, &metrics.columns[column]);
    size_t num_groups = file->num_groups;
    free_parsed(file);
    free_rows(written);
    parquet_writer_free(writer);
    schema_unref(schema);
    file_io_free(io);
    parquet_compressor_free(compressor);
    return num_groups;
}

static void every_type_comes_back(void **state)
{
    (void)state;
    assert_int_equal(write_and_compare(PARQUET_ZSTD, 20000, 1 << 20, 2 << 20, 128 << 20), 1);
}

static void small_pages_come_back(void **state)
{
    (void)state;
    assert_int_equal(write_and_compare(PARQUET_UNCOMPRESSED, 100, 300, 2 << 20, 128 << 20), 1);
}

static void full_dictionaries_fall_back(void **state)
{
    (void)state;
    write_and_compare(PARQUET_UNCOMPRESSED, 700, 4096, 400, 128 << 20);
}

static void without_dictionaries_in_many_row_groups(void **state)
{
    (void)state;
    assert_true(write_and_compare(PARQUET_ZSTD, 1000, 1 << 20, 0, 100000) > 3);
}

/* A file of one column, from the given vectors; the caller frees what is returned. */
static struct parsed_file *write_column(struct data_type type, struct vector *const *vectors, size_t count)
{
    struct error error;
    struct parquet_compressor *compressor;
    assert_int_equal(parquet_compressor_create(PARQUET_ZSTD, 3, &compressor, &error), STATUS_OK);
    struct parquet_writer_options options = parquet_writer_options_default(compressor);
    const struct parquet_key_value metadata[] = {{"iceberg.schema", "{}"}};
    options.metadata = metadata;
    options.metadata_count = 1;
    struct file_io *io = memory_file_io_create();
    struct file_output *output;
    assert_int_equal(file_io_open_output(io, "memory:///file.parquet", &output, &error), STATUS_OK);
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "c", type);
    schema->fields[0].field_id = 5;
    struct parquet_writer *writer;
    assert_int_equal(parquet_writer_create(&options, schema, output, &writer, &error), STATUS_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(parquet_writer_append(writer, &vectors[i], NULL, vectors[i]->length, &error),
                         STATUS_OK);
    struct parquet_file_metrics metrics;
    assert_int_equal(parquet_writer_finish(writer, &metrics, &error), STATUS_OK);
    assert_int_equal(file_output_close(output, &error), STATUS_OK);
    struct parsed_file *file = read_back(io);
    parquet_writer_free(writer);
    schema_unref(schema);
    file_io_free(io);
    parquet_compressor_free(compressor);
    return file;
}

static void schema_says_what_iceberg_says(void **state)
{
    (void)state;
    const struct {
        struct data_type type;
        int64_t physical, length, logical, converted;
        bool is_utc;
    } cases[] = {
        {data_type_of(TYPE_BOOLEAN), 0, 0, 0, -1, false},
        {data_type_of(TYPE_INT), 1, 0, 0, -1, false},
        {data_type_of(TYPE_BIGINT), 2, 0, 0, -1, false},
        {data_type_of(TYPE_FLOAT), 4, 0, 0, -1, false},
        {data_type_of(TYPE_DOUBLE), 5, 0, 0, -1, false},
        {data_type_decimal(9, 2), 1, 0, 5, 5, false},
        {data_type_decimal(18, 2), 2, 0, 5, 5, false},
        {data_type_decimal(19, 2), 7, 9, 5, 5, false},
        {data_type_decimal(38, 2), 7, 16, 5, 5, false},
        {data_type_of(TYPE_STRING), 6, 0, 1, 0, false},
        {data_type_of(TYPE_BYTES), 6, 0, 0, -1, false},
        {data_type_of(TYPE_DATE), 1, 0, 6, 6, false},
        {data_type_of(TYPE_TIMESTAMP), 2, 0, 8, -1, false},
        {data_type_of(TYPE_TIMESTAMP_LTZ), 2, 0, 8, 10, true},
        {data_type_not_null(data_type_of(TYPE_INT)), 1, 0, 0, -1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed_file *file = write_column(cases[i].type, NULL, 0);
        const struct element *element = &file->elements[1];
        assert_int_equal(file->num_elements, 2);
        assert_int_equal(file->elements[0].children, 1);
        assert_int_equal(element->type, cases[i].physical);
        assert_int_equal(element->type_length, cases[i].length);
        assert_int_equal(element->logical, cases[i].logical);
        assert_int_equal(element->converted, cases[i].converted);
        assert_int_equal(element->is_utc, cases[i].is_utc);
        assert_int_equal(element->field_id, 5);
        assert_int_equal(element->repetition, cases[i].type.nullable ? 1 : 0);
        assert_int_equal(file->num_key_values, 1);
        assert_int_equal(file->num_rows, 0);
        free_parsed(file);
    }
}

static struct vector *numbers(uint32_t count, int64_t first, uint32_t distinct)
{
    struct vector *vector = vector_create(data_type_of(TYPE_BIGINT), count);
    vector->length = count;
    for (uint32_t i = 0; i < count; i++)
        ((int64_t *)vector->values)[i] = first + i % distinct;
    return vector;
}

static void repeated_values_are_indices_and_unique_ones_are_plain(void **state)
{
    (void)state;
    struct vector *repeated = numbers(30000, -5, 100), *unique = numbers(30000, 1000, 30000);
    struct parsed_file *file = write_column(repeated->type, &repeated, 1);
    assert_int_equal(file->chunks[0][0].pages_of_plain, 0);
    assert_true(file->chunks[0][0].pages_of_dictionary > 0);
    assert_true(file->chunks[0][0].dictionary_offset >= 0);
    int64_t bound;
    memcpy(&bound, file->chunks[0][0].minimum.data, sizeof bound);
    assert_int_equal(bound, -5);
    memcpy(&bound, file->chunks[0][0].maximum.data, sizeof bound);
    assert_int_equal(bound, 94);
    free_parsed(file);

    file = write_column(unique->type, &unique, 1);
    assert_int_equal(file->chunks[0][0].pages_of_dictionary, 0);
    assert_int_equal(file->chunks[0][0].dictionary_offset, -1);
    free_parsed(file);

    struct vector *both[] = {repeated, unique, unique};
    file = write_column(repeated->type, both, 3);
    struct parsed_column *column = parse_column(file, 0);
    assert_int_equal(column->num_rows, 90000);
    memcpy(&bound, column->values[89999].data, sizeof bound);
    assert_int_equal(bound, 30999);
    memcpy(&bound, file->chunks[0][0].minimum.data, sizeof bound);
    assert_int_equal(bound, -5);
    parsed_column_free(column);
    free_parsed(file);
    vector_unref(repeated);
    vector_unref(unique);
}

static void large_dictionaries_keep_their_numbers(void **state)
{
    (void)state;
    struct vector *batches[4]; /* the first repeats soon, the others bring new values all the time */
    for (uint32_t i = 0; i < 4; i++)
        batches[i] = numbers(20000, 0, i == 0 ? 500 : i * 6000);
    struct parsed_file *file = write_column(batches[0]->type, batches, 4);
    assert_int_equal(file->chunks[0][0].pages_of_plain, 0);
    struct parsed_column *column = parse_column(file, 0);
    for (uint32_t i = 0; i < column->num_rows; i++) {
        int64_t value;
        memcpy(&value, column->values[i].data, sizeof value);
        assert_int_equal(value, ((const int64_t *)batches[i / 20000]->values)[i % 20000]);
    }
    assert_int_equal(column->num_rows, 80000);
    parsed_column_free(column);
    free_parsed(file);
    for (uint32_t i = 0; i < 4; i++)
        vector_unref(batches[i]);
}

static void long_texts_have_cut_statistics(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'x', sizeof text);
    struct string_value value = string_value_of(text, sizeof text);
    struct vector *vector = vector_create_constant(data_type_of(TYPE_STRING), &value, 3);
    struct parsed_file *file = write_column(vector->type, &vector, 1);
    assert_int_equal(file->chunks[0][0].minimum.size, 64);
    assert_int_equal(file->chunks[0][0].maximum.size, 64);
    assert_int_equal(file->chunks[0][0].maximum.data[63], 'y');
    assert_false(file->chunks[0][0].maximum_exact);
    free_parsed(file);
    vector_unref(vector);
}

static void nulls_alone_need_no_dictionary(void **state)
{
    (void)state;
    struct vector *vector = vector_create_constant(data_type_of(TYPE_STRING), NULL, 5000);
    struct parsed_file *file = write_column(vector->type, &vector, 1);
    struct parsed_column *column = parse_column(file, 0);
    assert_int_equal(column->num_rows, 5000);
    assert_true(column->is_null[0] && column->is_null[4999]);
    assert_int_equal(file->chunks[0][0].null_count, 5000);
    assert_null(file->chunks[0][0].minimum.data);
    assert_int_equal(file->chunks[0][0].dictionary_offset, -1);
    parsed_column_free(column);
    free_parsed(file);
    vector_unref(vector);
}

static void what_cannot_be_written_is_refused(void **state)
{
    (void)state;
    struct error error;
    struct parquet_compressor *compressor;
    assert_int_equal(parquet_compressor_create(PARQUET_ZSTD, 99, &compressor, &error),
                     STATUS_INVALID_ARGUMENT);
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "nothing", data_type_of(TYPE_NULL));
    assert_int_equal(parquet_compressor_create(PARQUET_SNAPPY, PARQUET_DEFAULT_LEVEL, &compressor, &error),
                     STATUS_OK);
    struct parquet_writer_options options = parquet_writer_options_default(compressor);
    struct parquet_writer *writer;
    assert_int_equal(parquet_writer_create(&options, schema, NULL, &writer, &error), STATUS_UNSUPPORTED);
    assert_non_null(strstr(error.message, "nothing"));
    schema_unref(schema);
    parquet_compressor_free(compressor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back),
        cmocka_unit_test(small_pages_come_back),
        cmocka_unit_test(full_dictionaries_fall_back),
        cmocka_unit_test(without_dictionaries_in_many_row_groups),
        cmocka_unit_test(schema_says_what_iceberg_says),
        cmocka_unit_test(repeated_values_are_indices_and_unique_ones_are_plain),
        cmocka_unit_test(large_dictionaries_keep_their_numbers),
        cmocka_unit_test(long_texts_have_cut_statistics),
        cmocka_unit_test(nulls_alone_need_no_dictionary),
        cmocka_unit_test(what_cannot_be_written_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
