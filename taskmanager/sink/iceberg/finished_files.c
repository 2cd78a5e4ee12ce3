#include "taskmanager/sink/iceberg/finished_files.h"

#include "common/base/memory.h"
#include "taskmanager/sink/iceberg/sync_jobs.h"
#include "taskmanager/sink/iceberg/value_table.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16 << 10 };

void finished_files_init(struct finished_files *finished, struct file_io *io)
{
    *finished = (struct finished_files){.io = io, .arena = arena_create(BLOCK_BYTES)};
}

void finished_files_free(struct finished_files *finished)
{
    for (uint32_t i = 0; i < finished->num_unsynced; i++)
        data_file_writer_abort(finished->unsynced[i]);
    for (uint32_t i = 0; i < finished->count; i++)
        data_file_remove(finished->io, finished->files[i].path);
    free(finished->files);
    arena_free(finished->arena);
    *finished = (struct finished_files){0};
}

static enum status sync_and_close(struct finished_files *finished, struct sync_job *jobs, uint32_t num_jobs,
                                  struct error *error)
{
    for (uint32_t i = 0; i < finished->num_unsynced; i++)
        jobs[num_jobs++] = (struct sync_job){.writer = finished->unsynced[i]};
    enum status status = sync_jobs_run(jobs, num_jobs, finished->io, error);
    while (finished->num_unsynced > 0 && status == STATUS_OK)
        status = data_file_writer_close(finished->unsynced[--finished->num_unsynced], error);
    return status;
}

enum status finished_files_add(struct finished_files *finished, struct data_file_writer *writer,
                               const struct bytes_view *partition_values, struct error *error)
{
    struct iceberg_data_file file;
    enum status status = data_file_writer_finish(writer, partition_values, finished->arena, &file, error);
    if (status != STATUS_OK) {
        data_file_writer_abort(writer);
        return status;
    }
    finished->files = mem_realloc(finished->files, (finished->count + 1) * sizeof *finished->files);
    finished->files[finished->count++] = file;
    finished->unsynced[finished->num_unsynced++] = writer;
    if (finished->num_unsynced < MAX_UNSYNCED)
        return STATUS_OK;
    struct sync_job jobs[MAX_UNSYNCED];
    return sync_and_close(finished, jobs, 0, error);
}

/* One job for each folder; their names live in the table. */
static uint32_t add_folders(const struct finished_files *finished, struct value_table *folders,
                            struct sync_job *jobs)
{
    for (uint32_t i = 0; i < finished->count; i++) {
        char *folder = file_path_parent(finished->files[i].path);
        uint32_t number = value_table_number(folders, folder, strlen(folder) + 1);
        jobs[number] = (struct sync_job){.folder = (const char *)value_table_value(folders, number).data};
        free(folder);
    }
    return value_table_count(folders);
}

enum status finished_files_make_durable(struct finished_files *finished, struct error *error)
{
    struct value_table *folders = value_table_create();
    struct sync_job *jobs = mem_calloc(finished->count + finished->num_unsynced, sizeof *jobs);
    uint32_t num_folders = add_folders(finished, folders, jobs);
    enum status status = sync_and_close(finished, jobs, num_folders, error);
    free(jobs);
    value_table_free(folders);
    return status;
}

struct file_paths finished_files_release(struct finished_files *finished)
{
    struct file_paths paths = {mem_calloc(finished->count, sizeof *paths.paths), finished->count};
    for (uint32_t i = 0; i < finished->count; i++)
        paths.paths[i] = mem_strdup(finished->files[i].path);
    free(finished->files);
    finished->files = NULL;
    finished->count = 0;
    arena_reset(finished->arena);
    return paths;
}

void file_paths_free(struct file_paths *paths)
{
    for (uint32_t i = 0; i < paths->count; i++)
        free(paths->paths[i]);
    free(paths->paths);
    *paths = (struct file_paths){0};
}
