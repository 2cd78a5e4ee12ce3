#include "taskmanager/state/row_log_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/state/state_files_internal.h"
#include "taskmanager/state/table_file_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct row_log {
    struct file_io *io;
    char *folder;
    char **names; /* the chain */
    uint32_t num_names, capacity;
    struct file_output *output; /* the file that was begun, or NULL */
};

struct row_log *row_log_create(struct file_io *io, const char *folder)
{
    struct row_log *log = mem_calloc(1, sizeof *log);
    log->io = io;
    log->folder = mem_strdup(folder);
    return log;
}

static void forget_names(struct row_log *log)
{
    for (uint32_t i = 0; i < log->num_names; i++)
        free(log->names[i]);
    log->num_names = 0;
}

void row_log_free(struct row_log *log)
{
    if (log == NULL)
        return;
    file_output_abort(log->output);
    forget_names(log);
    free(log->names);
    free(log->folder);
    free(log);
}

void row_log_file_free(struct row_log_file *file)
{
    for (uint32_t i = 0; i < file->num_states; i++)
        free(file->states[i]);
    free(file->states);
    free(file->name);
    *file = (struct row_log_file){0};
}

/* Checkpoints that still need them have links of their own. */
static void remove_chain(struct row_log *log)
{
    for (uint32_t i = 0; i < log->num_names; i++) {
        char *path = state_file_path(log->folder, log->names[i]);
        file_remove_if_possible(log->io, path);
        free(path);
    }
    forget_names(log);
}

static enum status write_head(struct row_log *log, const struct row_log_file *file, struct error *error)
{
    struct buffer head = {0};
    table_file_append_head(&head, (const char *const *)file->states, file->num_states);
    enum status status = file_output_write(log->output, head.data, head.size, error);
    buffer_free(&head);
    return status;
}

enum status row_log_begin(struct row_log *log, const struct row_log_file *file, struct error *error)
{
    CHECK(log->output == NULL);
    if (file->is_base)
        remove_chain(log);
    if (log->num_names == log->capacity) {
        log->capacity = log->capacity == 0 ? 8 : log->capacity * 2;
        log->names = mem_realloc(log->names, log->capacity * sizeof *log->names);
    }
    char *path = state_file_path(log->folder, file->name);
    enum status status = file_io_open_output(log->io, path, &log->output, error);
    free(path);
    if (status != STATUS_OK)
        return status;
    log->names[log->num_names++] = mem_strdup(file->name);
    return write_head(log, file, error);
}

enum status row_log_append(struct row_log *log, const struct store_run *run, struct error *error)
{
    struct buffer head = {0};
    table_file_append_block_head(&head, run->log_state, run->count, run->used_bytes);
    enum status status = file_output_write(log->output, head.data, head.size, error);
    buffer_free(&head);
    return status == STATUS_OK ? file_output_write(log->output, run->block, run->used_bytes, error) : status;
}

enum status row_log_end(struct row_log *log, struct error *error)
{
    struct buffer end = {0};
    table_file_append_block_head(&end, TABLE_FILE_END, 0, 0);
    enum status status = file_output_write(log->output, end.data, end.size, error);
    buffer_free(&end);
    if (status != STATUS_OK)
        return status;
    struct file_output *output = log->output;
    log->output = NULL;
    return file_output_close(output, error);
}

static enum status link_file(const struct row_log *log, const char *name, const char *folder,
                             struct error *error)
{
    char *source = state_file_path(log->folder, name), *target = state_file_path(folder, name);
    enum status status = STATUS_OK;
    if (link(source, target) != 0) { /* another file system, or one without links */
        struct file_transfer transfer = {.from = log->io, .to = log->io};
        struct file_digest digest;
        status = file_transfer_copy(&transfer, source, target, &digest, error);
    }
    free(source);
    free(target);
    return status;
}

enum status row_log_link(const struct row_log *log, const char *folder, struct bytes_view index,
                         struct error *error)
{
    CHECK(log->output == NULL);
    enum status status = STATUS_OK;
    if (index.size == 0)
        return STATUS_OK;
    for (uint32_t i = 0; i < log->num_names && status == STATUS_OK; i++)
        status = link_file(log, log->names[i], folder, error);
    char *path = state_file_path(folder, ROW_LOG_INDEX_NAME);
    if (status == STATUS_OK)
        status = file_io_write(log->io, path, index.data, index.size, error);
    free(path);
    return status;
}
