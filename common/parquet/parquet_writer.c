#include "common/parquet/parquet_writer.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/parquet/column_writer.h"
#include "common/parquet/footer.h"

#include <stdlib.h>

enum {
    ROW_GROUP_BYTES = 128 << 20,
    PAGE_BYTES = 1 << 20,
    PAGE_ROWS = 20000,
    DICTIONARY_BYTES = 2 << 20,
    MAGIC_BYTES = 4,
};
static const char magic[] = "PAR1";

/* A bound as its SQL type has it in a vector. */
union physical_value {
    uint8_t boolean;
    int32_t narrow;
    int64_t wide;
    float single;
    double number;
    int128_t decimal;
    struct string_value text;
};

struct column_bounds {
    union physical_value minimum, maximum;
};

struct parquet_writer {
    const struct parquet_writer_options *options;
    struct schema *schema;
    struct file_output *output;
    int64_t written; /* bytes in the output */
    uint64_t group_rows, rows;
    struct footer_row_groups row_groups;
    int64_t *split_offsets; /* one a row group */
    bool is_finished;
    struct parquet_column_metrics *metrics;
    struct column_bounds *bounds;
    struct column_writer columns[];
};

struct parquet_writer_options parquet_writer_options_default(struct parquet_compressor *compressor)
{
    return (struct parquet_writer_options){
        .compressor = compressor,
        .row_group_bytes = ROW_GROUP_BYTES,
        .page_bytes = PAGE_BYTES,
        .page_rows = PAGE_ROWS,
        .dictionary_bytes = DICTIONARY_BYTES,
        .created_by = "frazil version 0.1.0",
    };
}

static enum status write_magic(struct parquet_writer *writer, struct error *error)
{
    enum status status = file_output_write(writer->output, magic, MAGIC_BYTES, error);
    if (status == STATUS_OK)
        writer->written += MAGIC_BYTES;
    return status;
}

enum status parquet_writer_create(const struct parquet_writer_options *options, const struct schema *schema,
                                  struct file_output *output, struct parquet_writer **ret_writer,
                                  struct error *error)
{
    CHECK(options->page_rows > 0 && options->page_bytes > 0 && options->row_group_bytes > 0);
    struct parquet_writer *writer =
        mem_calloc(1, sizeof *writer + schema->num_fields * sizeof *writer->columns);
    writer->options = options;
    writer->schema = schema_ref(schema);
    writer->output = output;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < schema->num_fields && status == STATUS_OK; i++) {
        status = column_writer_init(&writer->columns[i], options, schema->fields[i].type, error);
        if (status != STATUS_OK)
            error_prefix(error, "column %s", schema->fields[i].name);
    }
    if (status == STATUS_OK)
        status = write_magic(writer, error);
    if (status != STATUS_OK) {
        parquet_writer_free(writer);
        return status;
    }
    *ret_writer = writer;
    return STATUS_OK;
}

void parquet_writer_free(struct parquet_writer *writer)
{
    if (writer == NULL)
        return;
    for (uint32_t i = 0; i < writer->schema->num_fields; i++)
        column_writer_free(&writer->columns[i]);
    schema_unref(writer->schema);
    buffer_free(&writer->row_groups.elements);
    free(writer->split_offsets);
    free(writer->metrics);
    free(writer->bounds);
    free(writer);
}

enum status parquet_writer_append(struct parquet_writer *writer, struct vector *const *columns,
                                  const uint32_t *rows, uint32_t count, struct error *error)
{
    CHECK(!writer->is_finished);
    for (uint32_t i = 0; i < writer->schema->num_fields; i++) {
        CHECK(columns[i] == NULL || columns[i]->type.kind == TYPE_NULL ||
              columns[i]->type.kind == writer->columns[i].type.kind);
        enum status status = column_writer_append(&writer->columns[i], columns[i], rows, count, error);
        if (status != STATUS_OK) {
            error_prefix(error, "column %s", writer->schema->fields[i].name);
            return status;
        }
    }
    writer->group_rows += count;
    writer->rows += count;
    uint64_t group_bytes = parquet_writer_file_bytes(writer) - (uint64_t)writer->written;
    return group_bytes >= writer->options->row_group_bytes ? parquet_writer_flush(writer, error) : STATUS_OK;
}

uint64_t parquet_writer_buffered_bytes(const struct parquet_writer *writer)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < writer->schema->num_fields; i++)
        bytes += column_writer_memory_bytes(&writer->columns[i]);
    return bytes;
}

uint64_t parquet_writer_file_bytes(const struct parquet_writer *writer)
{
    uint64_t bytes = (uint64_t)writer->written;
    for (uint32_t i = 0; i < writer->schema->num_fields; i++)
        bytes += column_writer_file_bytes(&writer->columns[i]);
    return bytes;
}

static void add_row_group(struct parquet_writer *writer, const struct buffer *chunks, int64_t start,
                          int64_t uncompressed)
{
    struct footer_row_groups *groups = &writer->row_groups;
    struct thrift_writer group = thrift_begin_element(&groups->elements);
    thrift_write_list(&group, 1, THRIFT_STRUCT, writer->schema->num_fields);
    buffer_append(&groups->elements, chunks->data, chunks->size);
    thrift_write_i64(&group, 2, uncompressed);
    thrift_write_i64(&group, 3, (int64_t)writer->group_rows);
    thrift_write_i64(&group, 5, start);
    thrift_write_i64(&group, 6, writer->written - start);
    if (groups->count <= INT16_MAX)
        thrift_write_i16(&group, 7, (int16_t)groups->count);
    thrift_end_struct(&group);
    writer->split_offsets =
        mem_realloc(writer->split_offsets, (groups->count + 1) * sizeof *writer->split_offsets);
    writer->split_offsets[groups->count++] = start;
}

enum status parquet_writer_flush(struct parquet_writer *writer, struct error *error)
{
    if (writer->group_rows == 0)
        return STATUS_OK;
    struct buffer chunks = {0};
    int64_t start = writer->written, uncompressed = 0;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < writer->schema->num_fields && status == STATUS_OK; i++) {
        struct column_chunk chunk;
        status = column_writer_end_chunk(&writer->columns[i], writer->schema->fields[i].name, writer->output,
                                         writer->written, &chunks, &chunk, error);
        if (status == STATUS_OK) {
            writer->written += chunk.compressed_bytes;
            uncompressed += chunk.uncompressed_bytes;
        }
    }
    if (status == STATUS_OK) {
        add_row_group(writer, &chunks, start, uncompressed);
        writer->group_rows = 0;
    }
    buffer_free(&chunks);
    return status;
}

static const void *bound_value(const struct range_bound *bound, enum type_kind kind,
                               union physical_value *value, struct parquet_layout layout)
{
    switch (kind) {
    case TYPE_BOOLEAN: value->boolean = (uint8_t)bound->integer; return &value->boolean;
    case TYPE_INT:
    case TYPE_DATE: value->narrow = (int32_t)bound->integer; return &value->narrow;
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: value->wide = bound->integer; return &value->wide;
    case TYPE_FLOAT: value->single = (float)bound->number; return &value->single;
    case TYPE_DOUBLE: value->number = bound->number; return &value->number;
    case TYPE_DECIMAL:
        value->decimal =
            layout.type == PARQUET_FIXED_LEN_BYTE_ARRAY ? bound->decimal : (int128_t)bound->integer;
        return &value->decimal;
    case TYPE_STRING:
    case TYPE_BYTES:
        value->text = string_value_of((const char *)bound->text.data, bound->text.size);
        return &value->text;
    case TYPE_NULL: break;
    }
    CHECK(false);
    return NULL;
}

static void collect_metrics(struct parquet_writer *writer)
{
    uint32_t count = writer->schema->num_fields;
    writer->metrics = mem_calloc(count, sizeof *writer->metrics);
    writer->bounds = mem_calloc(count, sizeof *writer->bounds);
    for (uint32_t i = 0; i < count; i++) {
        const struct column_writer *column = &writer->columns[i];
        struct parquet_column_metrics *metrics = &writer->metrics[i];
        metrics->compressed_bytes = column->compressed_bytes;
        metrics->value_count = column->rows;
        metrics->null_count = column->nulls;
        metrics->nan_count = column->nans;
        if (!column->range.is_set)
            continue;
        metrics->minimum = bound_value(&column->range.minimum, column->type.kind, &writer->bounds[i].minimum,
                                       column->layout);
        metrics->maximum = bound_value(&column->range.maximum, column->type.kind, &writer->bounds[i].maximum,
                                       column->layout);
    }
}

static enum status write_footer(struct parquet_writer *writer, struct error *error)
{
    struct buffer footer = {0};
    enum status status = footer_encode(writer->options, writer->schema, &writer->row_groups,
                                       (int64_t)writer->rows, &footer, error);
    if (status == STATUS_OK) {
        buffer_append_le32(&footer, (uint32_t)footer.size);
        buffer_append(&footer, magic, MAGIC_BYTES);
        status = file_output_write(writer->output, footer.data, footer.size, error);
    }
    if (status == STATUS_OK)
        writer->written += (int64_t)footer.size;
    buffer_free(&footer);
    return status;
}

enum status parquet_writer_finish(struct parquet_writer *writer, struct parquet_file_metrics *ret_metrics,
                                  struct error *error)
{
    CHECK(!writer->is_finished);
    enum status status = parquet_writer_flush(writer, error);
    if (status == STATUS_OK)
        status = write_footer(writer, error);
    if (status != STATUS_OK)
        return status;
    writer->is_finished = true;
    collect_metrics(writer);
    *ret_metrics = (struct parquet_file_metrics){
        .row_count = (int64_t)writer->rows,
        .file_bytes = writer->written,
        .num_columns = writer->schema->num_fields,
        .columns = writer->metrics,
        .num_split_offsets = writer->row_groups.count,
        .split_offsets = writer->split_offsets,
    };
    return STATUS_OK;
}
