#include "common/filesystem/file_io.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <string.h>

enum status file_io_for_uri(const char *uri, struct file_io **ret_io, struct error *error)
{
    const char *colon = strchr(uri, ':');
    const char *slash = strchr(uri, '/');
    if (*uri == '\0')
        return error_set(error, STATUS_INVALID_ARGUMENT, "empty path: give a folder such as file:///data");
    if (colon == NULL || (slash != NULL && slash < colon) || strncmp(uri, "file:/", 6) == 0) {
        *ret_io = local_file_io_create();
        return STATUS_OK;
    }
    return error_set(error, STATUS_UNSUPPORTED,
                     "no file system for '%s': scheme '%.*s' is not supported yet, use file:///path", uri,
                     (int)(colon - uri), uri);
}

void file_io_free(struct file_io *io)
{
    if (io != NULL)
        io->ops->free(io);
}

enum status file_io_open_output(struct file_io *io, const char *path, struct file_output **ret_output,
                                struct error *error)
{
    return io->ops->open_output(io, path, ret_output, error);
}

enum status file_output_write(struct file_output *output, const void *data, size_t size, struct error *error)
{
    return output->ops->write(output, data, size, error);
}

enum status file_output_sync(struct file_output *output, struct error *error)
{
    return output->ops->sync(output, error);
}

enum status file_output_close(struct file_output *output, struct error *error)
{
    return output->ops->close(output, error);
}

void file_output_abort(struct file_output *output)
{
    if (output != NULL)
        output->ops->abort(output);
}

enum status file_io_read(struct file_io *io, const char *path, struct buffer *buffer, struct error *error)
{
    return io->ops->read(io, path, 0, UINT64_MAX, buffer, error);
}

enum status file_io_read_range(struct file_io *io, const char *path, uint64_t offset, uint64_t size,
                               struct buffer *buffer, struct error *error)
{
    size_t before = buffer->size;
    enum status status = io->ops->read(io, path, offset, size, buffer, error);
    if (status != STATUS_OK || buffer->size - before == size)
        return status;
    size_t got = buffer->size - before;
    buffer->size = before;
    return error_set(error, STATUS_CORRUPT, "%s ends early: wanted %llu bytes at offset %llu, got %zu", path,
                     (unsigned long long)size, (unsigned long long)offset, got);
}

enum status file_io_stat(struct file_io *io, const char *path, struct file_status *ret_status,
                         struct error *error)
{
    return io->ops->stat(io, path, ret_status, error);
}

enum status file_io_exists(struct file_io *io, const char *path, bool *ret_exists, struct error *error)
{
    struct file_status file;
    enum status status = io->ops->stat(io, path, &file, error);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    *ret_exists = status == STATUS_OK;
    return STATUS_OK;
}

enum status file_io_list(struct file_io *io, const char *path, file_list_visitor *visitor, void *context,
                         struct error *error)
{
    return io->ops->list(io, path, visitor, context, error);
}

enum status file_io_make_directories(struct file_io *io, const char *path, struct error *error)
{
    return io->ops->make_directories(io, path, error);
}

enum status file_io_delete(struct file_io *io, const char *path, struct error *error)
{
    return io->ops->delete_file(io, path, error);
}

enum status file_io_delete_directory(struct file_io *io, const char *path, struct error *error)
{
    return io->ops->delete_directory(io, path, error);
}

enum status file_io_create_exclusive(struct file_io *io, const char *path, const void *data, size_t size,
                                     struct error *error)
{
    return io->ops->create_exclusive(io, path, data, size, error);
}

enum status file_io_rename_noreplace(struct file_io *io, const char *from, const char *to,
                                     struct error *error)
{
    return io->ops->rename_noreplace(io, from, to, error);
}

enum status file_io_replace(struct file_io *io, const char *path, const void *data, size_t size,
                            struct error *error)
{
    return io->ops->replace(io, path, data, size, error);
}

enum status file_io_link(struct file_io *io, const char *from, const char *to, struct error *error)
{
    return io->ops->link(io, from, to, error);
}

enum status file_io_sync_directory(struct file_io *io, const char *path, struct error *error)
{
    return io->ops->sync_directory(io, path, error);
}

enum status file_io_write(struct file_io *io, const char *path, const void *data, size_t size,
                          struct error *error)
{
    struct file_output *output;
    enum status status = file_io_open_output(io, path, &output, error);
    if (status != STATUS_OK)
        return status;
    status = file_output_write(output, data, size, error);
    if (status == STATUS_OK)
        status = file_output_sync(output, error);
    if (status == STATUS_OK)
        return file_output_close(output, error);
    file_output_abort(output);
    return status;
}

const char *file_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

char *file_path_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return mem_strdup(".");
    while (slash > path && slash[-1] == '/')
        slash--;
    if (slash == path || slash[-1] == ':')
        return mem_strndup(path, (size_t)(slash - path) + 1);
    return mem_strndup(path, (size_t)(slash - path));
}
