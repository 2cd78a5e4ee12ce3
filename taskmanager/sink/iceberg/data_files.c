#include "taskmanager/sink/iceberg/data_files.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/columnar/record_batch.h"
#include "common/iceberg/committable.h"
#include "taskmanager/sink/iceberg/sync_jobs.h"
#include "taskmanager/sink/iceberg/value_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Row groups smaller than this cost the readers more than they save here; open files are bounded anyway. */
enum { INTERVAL_BLOCK_BYTES = 16 << 10, MIN_ROW_GROUP_BYTES = 128 << 10 };

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

    struct arena *arena; /* of the interval: values, descriptions */
    struct iceberg_data_file *closed;
    uint32_t num_closed;
};

struct data_files *data_files_create(const struct sink_settings *settings, struct file_io *io,
                                     uint32_t subtask, uint32_t attempt)
{
    struct data_files *files = mem_calloc(1, sizeof *files);
    files->settings = settings;
    files->io = io;
    files->partitioner = partitioner_create(settings);
    files->open = mem_calloc(settings->max_open_files, sizeof *files->open);
    files->arena = arena_create(INTERVAL_BLOCK_BYTES);
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
    for (uint32_t i = 0; i < files->num_closed; i++)
        data_file_remove(files->io, files->closed[i].path);
    partitioner_free(files->partitioner);
    free(files->partitions);
    free(files->open);
    free(files->closed);
    arena_free(files->arena);
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

static enum status close_file(struct data_files *files, uint32_t open_index, struct error *error)
{
    struct partition *partition = &files->partitions[files->open[open_index]];
    struct data_file_writer *writer = partition->writer;
    partition->writer = NULL;
    files->open[open_index] = files->open[--files->num_open];
    struct iceberg_data_file file;
    enum status status = data_file_writer_close(writer, partition->values, files->arena, &file, error);
    if (status != STATUS_OK)
        return status;
    files->closed = mem_realloc(files->closed, (files->num_closed + 1) * sizeof *files->closed);
    files->closed[files->num_closed++] = file;
    files->bytes_written += (uint64_t)file.file_size_bytes;
    return STATUS_OK;
}

static enum status close_least_recent(struct data_files *files, struct error *error)
{
    uint32_t oldest = 0;
    for (uint32_t i = 1; i < files->num_open; i++) {
        if (files->partitions[files->open[i]].last_used < files->partitions[files->open[oldest]].last_used)
            oldest = i;
    }
    return close_file(files, oldest, error);
}

static enum status open_file(struct data_files *files, uint32_t number, struct error *error)
{
    if (files->num_open >= files->settings->max_open_files) {
        enum status status = close_least_recent(files, error);
        if (status != STATUS_OK)
            return status;
    }
    struct partition *partition = &files->partitions[number];
    if (partition->values == NULL)
        partition->values = partitioner_values(files->partitioner, number, files->arena);
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
        status = close_file(files, open_index_of(files, number), error);
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

static void add_folder(struct sync_job *jobs, uint32_t *num_jobs, struct value_table *folders,
                       const char *path)
{
    char *folder = file_path_parent(path);
    uint32_t before = value_table_count(folders);
    uint32_t number = value_table_number(folders, folder, strlen(folder) + 1);
    if (number == before)
        jobs[(*num_jobs)++].folder = (const char *)value_table_value(folders, number).data;
    free(folder);
}

/* The content of the open files and the names of all become durable. */
static enum status sync_files(struct data_files *files, struct error *error)
{
    uint32_t num_jobs = 0;
    struct sync_job *jobs = mem_calloc(2 * files->num_open + files->num_closed, sizeof *jobs);
    struct value_table *folders = value_table_create();
    for (uint32_t i = 0; i < files->num_open; i++) {
        struct data_file_writer *writer = files->partitions[files->open[i]].writer;
        jobs[num_jobs++].writer = writer;
        add_folder(jobs, &num_jobs, folders, data_file_writer_path(writer));
    }
    for (uint32_t i = 0; i < files->num_closed; i++)
        add_folder(jobs, &num_jobs, folders, files->closed[i].path);
    enum status status = sync_jobs_run(jobs, num_jobs, files->io, error);
    value_table_free(folders);
    free(jobs);
    return status;
}

static struct closed_files take_paths(struct data_files *files)
{
    struct closed_files closed = {mem_calloc(files->num_closed, sizeof *closed.paths), files->num_closed};
    for (uint32_t i = 0; i < files->num_closed; i++)
        closed.paths[i] = mem_strdup(files->closed[i].path);
    return closed;
}

void closed_files_free(struct closed_files *closed)
{
    for (uint32_t i = 0; i < closed->count; i++)
        free(closed->paths[i]);
    free(closed->paths);
    *closed = (struct closed_files){0};
}

static void begin_interval(struct data_files *files)
{
    free(files->closed);
    files->closed = NULL;
    files->num_closed = 0;
    free(files->partitions);
    files->partitions = NULL;
    files->num_partitions = 0;
    partitioner_clear(files->partitioner);
    arena_reset(files->arena);
}

enum status data_files_end_interval(struct data_files *files, struct buffer *committable,
                                    struct closed_files *ret_closed, struct error *error)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < files->num_open && status == STATUS_OK; i++)
        status = data_file_writer_finish(files->partitions[files->open[i]].writer, error);
    if (status == STATUS_OK)
        status = sync_files(files, error);
    while (files->num_open > 0 && status == STATUS_OK)
        status = close_file(files, files->num_open - 1, error);
    if (status != STATUS_OK)
        return status;
    *ret_closed = take_paths(files);
    if (files->num_closed > 0) {
        const struct plan_iceberg_sink *sink = files->settings->node->sink->iceberg;
        struct iceberg_committable content = {
            .schema_id = sink->schema_id,
            .spec_id = sink->partition_spec_id,
            .num_files = files->num_closed,
            .files = files->closed,
        };
        snprintf(content.table_uuid, sizeof content.table_uuid, "%s", sink->table_uuid);
        iceberg_committable_encode(&content, committable);
    }
    begin_interval(files);
    return STATUS_OK;
}
