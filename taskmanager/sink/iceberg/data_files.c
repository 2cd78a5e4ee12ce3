#include "taskmanager/sink/iceberg/data_files.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/columnar/record_batch.h"
#include "common/iceberg/committable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Row groups smaller than this cost the readers more than they save here; open files are bounded anyway. */
enum { MIN_ROW_GROUP_BYTES = 32 << 10 };

struct partition {
    struct data_file_writer *writer; /* NULL: none open */
    const struct bytes_view *values; /* in the interval's arena, from its first file on */
    uint64_t last_used;
    uint32_t num_rows; /* of the batch under way */
    uint32_t offset;   /* of its rows in data_files.rows */
};

struct data_files {
    const struct sink_settings *settings;
    struct file_io *io;
    struct partitioner *partitioner;
    char name[64]; /* what all file names begin with */
    uint32_t num_named;
    uint64_t bytes_written;
    uint64_t clock; /* batches */

    struct partition *partitions; /* by number */
    uint32_t num_partitions;
    uint32_t *open; /* numbers of partitions with an open file */
    uint32_t num_open;

    uint32_t numbers[BATCH_MAX_ROWS]; /* partition of each row of the batch */
    uint32_t rows[BATCH_MAX_ROWS];    /* its rows, partition by partition */
    uint32_t touched[BATCH_MAX_ROWS]; /* its partitions */

    struct finished_files finished; /* its arena also holds the partitions' values */
};

struct data_files *data_files_create(const struct sink_settings *settings, struct file_io *io,
                                     uint32_t subtask, uint32_t attempt)
{
    struct data_files *files = mem_calloc(1, sizeof *files);
    files->settings = settings;
    files->io = io;
    files->partitioner = partitioner_create(settings);
    files->open = mem_calloc(settings->max_open_files, sizeof *files->open);
    finished_files_init(&files->finished, io);
    struct uuid uuid = uuid_generate();
    char text[UUID_TEXT_BYTES];
    uuid_format(&uuid, text);
    snprintf(files->name, sizeof files->name, "%05u-%u-%s", subtask, attempt, text);
    return files;
}

void data_files_free(struct data_files *files)
{
    if (files == NULL)
        return;
    for (uint32_t i = 0; i < files->num_open; i++)
        data_file_writer_abort(files->partitions[files->open[i]].writer);
    finished_files_free(&files->finished);
    partitioner_free(files->partitioner);
    free(files->partitions);
    free(files->open);
    free(files);
}

uint64_t data_files_bytes_written(const struct data_files *files)
{
    return files->bytes_written;
}

static void grow_partitions(struct data_files *files)
{
    uint32_t count = partitioner_count(files->partitioner);
    if (count <= files->num_partitions)
        return;
    uint32_t capacity = files->num_partitions * 2 > count ? files->num_partitions * 2 : count;
    files->partitions = mem_realloc(files->partitions, capacity * sizeof *files->partitions);
    memset(files->partitions + files->num_partitions, 0,
           (capacity - files->num_partitions) * sizeof *files->partitions);
    files->num_partitions = capacity;
}

static enum status finish_file(struct data_files *files, uint32_t open_index, struct error *error)
{
    struct partition *partition = &files->partitions[files->open[open_index]];
    struct data_file_writer *writer = partition->writer;
    partition->writer = NULL;
    files->open[open_index] = files->open[--files->num_open];
    enum status status = finished_files_add(&files->finished, writer, partition->values, error);
    if (status == STATUS_OK)
        files->bytes_written += (uint64_t)files->finished.files[files->finished.count - 1].file_size_bytes;
    return status;
}

static enum status finish_least_recent(struct data_files *files, struct error *error)
{
    uint32_t oldest = 0;
    for (uint32_t i = 1; i < files->num_open; i++) {
        if (files->partitions[files->open[i]].last_used < files->partitions[files->open[oldest]].last_used)
            oldest = i;
    }
    return finish_file(files, oldest, error);
}

static enum status open_file(struct data_files *files, uint32_t number, struct error *error)
{
    if (files->num_open >= files->settings->max_open_files) {
        enum status status = finish_least_recent(files, error);
        if (status != STATUS_OK)
            return status;
    }
    struct partition *partition = &files->partitions[number];
    if (partition->values == NULL)
        partition->values = partitioner_values(files->partitioner, number, files->finished.arena);
    struct buffer path = {0};
    buffer_printf(&path, "%s/", files->settings->data_location);
    size_t start = path.size;
    enum status status = iceberg_partition_path(&files->settings->spec, &files->settings->schema,
                                                partition->values, &path, error);
    if (path.size > start)
        buffer_append_byte(&path, '/');
    buffer_printf(&path, "%s-%05u.parquet", files->name, ++files->num_named);
    if (status == STATUS_OK)
        status =
            data_file_writer_open(files->settings, files->io, buffer_text(&path), &partition->writer, error);
    buffer_free(&path);
    if (status == STATUS_OK)
        files->open[files->num_open++] = number;
    return status;
}

static uint32_t open_index_of(const struct data_files *files, uint32_t number)
{
    uint32_t i = 0;
    while (files->open[i] != number)
        i++;
    return i;
}

static enum status append_to_partition(struct data_files *files, uint32_t number,
                                       struct vector *const *columns, const uint32_t *rows, uint32_t count,
                                       struct error *error)
{
    struct partition *partition = &files->partitions[number];
    enum status status = STATUS_OK;
    if (partition->writer == NULL)
        status = open_file(files, number, error);
    if (status != STATUS_OK)
        return status;
    partition->last_used = files->clock;
    struct parquet_writer *parquet = data_file_writer_parquet(partition->writer);
    status = parquet_writer_append(parquet, columns, rows, count, error);
    if (status == STATUS_OK && parquet_writer_file_bytes(parquet) >= files->settings->target_file_bytes)
        status = finish_file(files, open_index_of(files, number), error);
    return status;
}

/* Sorts the batch's rows by partition, in order within each; returns how many partitions it touches. */
static uint32_t group_rows(struct data_files *files, uint32_t count)
{
    uint32_t num_touched = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (files->partitions[files->numbers[i]].num_rows++ == 0)
            files->touched[num_touched++] = files->numbers[i];
    }
    uint32_t offset = 0;
    for (uint32_t i = 0; i < num_touched; i++) {
        files->partitions[files->touched[i]].offset = offset;
        offset += files->partitions[files->touched[i]].num_rows;
    }
    if (num_touched > 1) {
        for (uint32_t i = 0; i < count; i++)
            files->rows[files->partitions[files->numbers[i]].offset++] = i;
        for (uint32_t i = 0; i < num_touched; i++)
            files->partitions[files->touched[i]].offset -= files->partitions[files->touched[i]].num_rows;
    }
    return num_touched;
}

/* Writes the row group of the file that holds most until all fit into the bound. A flushed writer holds next
 * to nothing, so this ends. */
static enum status bound_memory(struct data_files *files, struct error *error)
{
    for (;;) {
        uint64_t total = 0, most = 0;
        struct parquet_writer *largest = NULL;
        for (uint32_t i = 0; i < files->num_open; i++) {
            struct parquet_writer *parquet =
                data_file_writer_parquet(files->partitions[files->open[i]].writer);
            uint64_t bytes = parquet_writer_buffered_bytes(parquet);
            total += bytes;
            if (bytes > most) {
                most = bytes;
                largest = parquet;
            }
        }
        if (total <= files->settings->buffer_bytes || most < MIN_ROW_GROUP_BYTES)
            return STATUS_OK;
        enum status status = parquet_writer_flush(largest, error);
        if (status != STATUS_OK)
            return status;
    }
}

enum status data_files_append(struct data_files *files, struct vector *const *columns, uint32_t count,
                              struct error *error)
{
    CHECK(count <= BATCH_MAX_ROWS);
    files->clock++;
    partitioner_assign(files->partitioner, columns, count, files->numbers);
    grow_partitions(files);
    uint32_t num_touched = group_rows(files, count);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < num_touched; i++) {
        struct partition *partition = &files->partitions[files->touched[i]];
        uint32_t num_rows = partition->num_rows;
        partition->num_rows = 0;
        if (status == STATUS_OK)
            status = append_to_partition(files, files->touched[i], columns,
                                         num_touched > 1 ? files->rows + partition->offset : NULL, num_rows,
                                         error);
    }
    return status == STATUS_OK ? bound_memory(files, error) : status;
}

static void begin_interval(struct data_files *files)
{
    free(files->partitions);
    files->partitions = NULL;
    files->num_partitions = 0;
    partitioner_clear(files->partitioner);
}

static void encode(const struct data_files *files, struct buffer *committable)
{
    const struct plan_iceberg_sink *sink = files->settings->node->sink->iceberg;
    struct iceberg_committable content = {
        .schema_id = sink->schema_id,
        .spec_id = sink->partition_spec_id,
        .num_files = files->finished.count,
        .files = files->finished.files,
    };
    snprintf(content.table_uuid, sizeof content.table_uuid, "%s", sink->table_uuid);
    iceberg_committable_encode(&content, committable);
}

enum status data_files_end_interval(struct data_files *files, struct buffer *committable,
                                    struct file_paths *ret_paths, struct error *error)
{
    enum status status = STATUS_OK;
    while (files->num_open > 0 && status == STATUS_OK)
        status = finish_file(files, files->num_open - 1, error);
    if (status == STATUS_OK)
        status = finished_files_make_durable(&files->finished, error);
    if (status != STATUS_OK)
        return status;
    if (files->finished.count > 0)
        encode(files, committable);
    *ret_paths = finished_files_release(&files->finished);
    begin_interval(files);
    return STATUS_OK;
}
