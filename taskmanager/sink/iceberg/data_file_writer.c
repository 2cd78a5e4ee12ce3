#include "taskmanager/sink/iceberg/data_file_writer.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/iceberg/value.h"
#include "common/parquet/bounds.h"

#include <stdlib.h>

struct data_file_writer {
    const struct sink_settings *settings;
    struct file_io *io;
    char *path;
    struct file_output *output;
    struct parquet_writer *parquet; /* NULL once finished */
    bool is_synced;
};

enum status data_file_writer_open(const struct sink_settings *settings, struct file_io *io, const char *path,
                                  struct data_file_writer **ret_writer, struct error *error)
{
    struct file_output *output;
    enum status status = file_io_open_output(io, path, &output, error);
    if (status != STATUS_OK)
        return status;
    struct parquet_writer *parquet;
    status = parquet_writer_create(&settings->parquet, settings->table_schema, output, &parquet, error);
    if (status != STATUS_OK) {
        file_output_abort(output);
        return status;
    }
    struct data_file_writer *writer = mem_calloc(1, sizeof *writer);
    writer->settings = settings;
    writer->io = io;
    writer->path = mem_strdup(path);
    writer->output = output;
    writer->parquet = parquet;
    *ret_writer = writer;
    return STATUS_OK;
}

static void free_writer(struct data_file_writer *writer)
{
    parquet_writer_free(writer->parquet);
    free(writer->path);
    free(writer);
}

void data_file_writer_abort(struct data_file_writer *writer)
{
    if (writer == NULL)
        return;
    file_output_abort(writer->output);
    free_writer(writer);
}

void data_file_remove(struct file_io *io, const char *path)
{
    struct error error;
    enum status status = file_io_delete(io, path, &error);
    (void)status;
}

struct parquet_writer *data_file_writer_parquet(struct data_file_writer *writer)
{
    CHECK(writer->parquet != NULL);
    return writer->parquet;
}

static struct bytes_view text_bound(const struct string_value *text, struct column_metrics_mode mode,
                                    bool is_text, enum parquet_bound_side side, struct arena *arena)
{
    struct bytes_view whole = {(const uint8_t *)text->data, text->size};
    if (mode.mode == METRICS_FULL)
        return iceberg_value_from_bytes(whole.data, whole.size, arena);
    struct buffer cut = {0};
    bool exact;
    struct bytes_view bound = {NULL, 0};
    if (parquet_bound_truncate(whole, mode.length, is_text, side, &cut, &exact))
        bound = iceberg_value_from_bytes(cut.data, cut.size, arena);
    buffer_free(&cut);
    return bound;
}

static struct bytes_view column_bound(const void *physical, struct data_type type,
                                      struct column_metrics_mode mode, enum parquet_bound_side side,
                                      struct arena *arena)
{
    if (physical == NULL || mode.mode == METRICS_NONE || mode.mode == METRICS_COUNTS)
        return (struct bytes_view){NULL, 0};
    if (data_type_is_string(type.kind))
        return text_bound(physical, mode, type.kind == TYPE_STRING, side, arena);
    return iceberg_value_from_sql(type, physical, arena);
}

static struct iceberg_column_metrics *column_metrics(const struct sink_settings *settings,
                                                     const struct parquet_file_metrics *file,
                                                     struct arena *arena)
{
    struct iceberg_column_metrics *all = arena_calloc(arena, file->num_columns, sizeof *all);
    for (uint32_t i = 0; i < file->num_columns; i++) {
        const struct parquet_column_metrics *column = &file->columns[i];
        struct data_type type = settings->table_schema->fields[i].type;
        struct column_metrics_mode mode = settings->metrics[i];
        bool counted = mode.mode != METRICS_NONE;
        bool has_nans = type.kind == TYPE_FLOAT || type.kind == TYPE_DOUBLE;
        all[i] = (struct iceberg_column_metrics){
            .field_id = settings->table_schema->fields[i].field_id,
            .column_size = column->compressed_bytes,
            .value_count = counted ? column->value_count : -1,
            .null_count = counted ? column->null_count : -1,
            .nan_count = counted && has_nans ? column->nan_count : -1,
            .lower_bound = column_bound(column->minimum, type, mode, PARQUET_LOWER, arena),
            .upper_bound = column_bound(column->maximum, type, mode, PARQUET_UPPER, arena),
        };
    }
    return all;
}

static struct iceberg_data_file describe(const struct data_file_writer *writer,
                                         const struct parquet_file_metrics *metrics,
                                         const struct bytes_view *partition_values, struct arena *arena)
{
    struct iceberg_data_file file = iceberg_data_file_empty();
    file.path = arena_strdup(arena, writer->path);
    file.num_partition_values = writer->settings->spec.num_fields;
    file.partition_values = partition_values;
    file.record_count = metrics->row_count;
    file.file_size_bytes = metrics->file_bytes;
    file.num_columns = metrics->num_columns;
    file.columns = column_metrics(writer->settings, metrics, arena);
    file.num_split_offsets = metrics->num_split_offsets;
    file.split_offsets =
        arena_dup(arena, metrics->split_offsets, metrics->num_split_offsets * sizeof *metrics->split_offsets);
    return file;
}

enum status data_file_writer_finish(struct data_file_writer *writer,
                                    const struct bytes_view *partition_values, struct arena *arena,
                                    struct iceberg_data_file *ret_file, struct error *error)
{
    struct parquet_file_metrics metrics;
    enum status status = parquet_writer_finish(data_file_writer_parquet(writer), &metrics, error);
    if (status != STATUS_OK)
        return error_prefix(error, "%s", writer->path);
    *ret_file = describe(writer, &metrics, partition_values, arena);
    parquet_writer_free(writer->parquet);
    writer->parquet = NULL;
    return STATUS_OK;
}

enum status data_file_writer_sync(struct data_file_writer *writer, struct error *error)
{
    CHECK(writer->parquet == NULL);
    enum status status = file_output_sync(writer->output, error);
    writer->is_synced = status == STATUS_OK;
    return status;
}

enum status data_file_writer_close(struct data_file_writer *writer, struct error *error)
{
    CHECK(writer->is_synced);
    enum status status = file_output_close(writer->output, error);
    if (status != STATUS_OK)
        data_file_remove(writer->io, writer->path);
    free_writer(writer);
    return status;
}
