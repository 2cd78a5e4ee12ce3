#include "common/filesystem/memory_file_io.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/filesystem/memory_files_internal.h"

#include <stdlib.h>
#include <string.h>

struct memory_io {
    struct file_io base;
    struct memory_files *files;
    memory_file_io_hook *hook;
    void *hook_context;
    _Atomic uint64_t operations;
};

struct memory_output {
    struct file_output base;
    struct memory_io *io;
    char *path;
    struct buffer content;
};

/* An operation under way, which holds the lock. */
struct memory_call {
    struct memory_io *io;
    const char *uri;
    char *path;   /* normal form */
    bool is_lost; /* the answer is */
};

/* Asks the hook. OK: go on, and end with finish(). */
static enum status begin(struct memory_io *io, enum file_operation operation, const char *uri,
                         struct memory_call *ret_call, struct error *error)
{
    io->operations++;
    enum file_fault fault = io->hook != NULL ? io->hook(io->hook_context, operation, uri) : FILE_FAULT_NONE;
    if (fault == FILE_FAULT_BEFORE)
        return error_set(error, STATUS_UNAVAILABLE, "injected before an operation on %s", uri);
    *ret_call = (struct memory_call){
        .io = io, .uri = uri, .path = memory_files_path(uri), .is_lost = fault == FILE_FAULT_AFTER};
    pthread_mutex_lock(&io->files->lock);
    return STATUS_OK;
}

static enum status finish(struct memory_call *call, enum status status, struct error *error)
{
    pthread_mutex_unlock(&call->io->files->lock);
    free(call->path);
    if (call->is_lost)
        return error_set(error, STATUS_UNAVAILABLE, "injected after an operation on %s", call->uri);
    return status;
}

static enum status missing(const char *path, struct error *error)
{
    return error_set(error, STATUS_NOT_FOUND, "cannot open %s: no such file or directory", path);
}

/* Makes the file's present content visible under its name. */
static void output_flush(struct memory_output *output, const char *path)
{
    memory_files_put(output->io->files, path, output->content.data, output->content.size);
}

static enum status output_write(struct file_output *base, const void *data, size_t size, struct error *error)
{
    struct memory_output *output = (struct memory_output *)base;
    struct memory_call call;
    enum status status = begin(output->io, FILE_WRITE, output->path, &call, error);
    if (status != STATUS_OK)
        return status;
    buffer_append(&output->content, data, size);
    output_flush(output, call.path);
    return finish(&call, STATUS_OK, error);
}

static enum status output_sync(struct file_output *base, struct error *error)
{
    struct memory_output *output = (struct memory_output *)base;
    struct memory_call call;
    enum status status = begin(output->io, FILE_SYNC, output->path, &call, error);
    if (status != STATUS_OK)
        return status;
    return finish(&call, STATUS_OK, error);
}

static void output_free(struct memory_output *output)
{
    buffer_free(&output->content);
    free(output->path);
    free(output);
}

static enum status output_close(struct file_output *base, struct error *error)
{
    struct memory_output *output = (struct memory_output *)base;
    struct memory_call call;
    enum status status = begin(output->io, FILE_CLOSE, output->path, &call, error);
    if (status == STATUS_OK)
        status = finish(&call, STATUS_OK, error);
    output_free(output);
    return status;
}

static enum status memory_delete(struct file_io *base, const char *uri, struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    struct memory_call call;
    enum status status = begin(io, FILE_DELETE, uri, &call, error);
    if (status != STATUS_OK)
        return status;
    size_t at = memory_files_position(io->files, call.path);
    if (at < io->files->count && strcmp(io->files->nodes[at]->path, call.path) == 0) {
        if (io->files->nodes[at]->is_directory)
            status = error_set(error, STATUS_IO, "cannot delete %s: it is a folder", call.path);
        else
            memory_files_remove(io->files, at);
    }
    return finish(&call, status, error);
}

static void output_abort(struct file_output *base)
{
    struct memory_output *output = (struct memory_output *)base;
    struct error error;
    enum status status = memory_delete(&output->io->base, output->path, &error);
    (void)status; /* as far as possible */
    output_free(output);
}

static const struct file_output_ops memory_output_ops = {output_write, output_sync, output_close,
                                                         output_abort};

static enum status memory_open_output(struct file_io *base, const char *uri, struct file_output **ret_output,
                                      struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    struct memory_call call;
    enum status status = begin(io, FILE_OPEN_OUTPUT, uri, &call, error);
    if (status != STATUS_OK)
        return status;
    struct memory_output *output = mem_calloc(1, sizeof *output);
    output->base.ops = &memory_output_ops;
    output->io = io;
    output->path = mem_strdup(uri);
    output_flush(output, call.path);
    status = finish(&call, STATUS_OK, error);
    if (status != STATUS_OK)
        output_free(output);
    else
        *ret_output = &output->base;
    return status;
}

static enum status memory_read(struct file_io *base, const char *uri, uint64_t offset, uint64_t size,
                               struct buffer *buffer, struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    struct memory_call call;
    size_t before = buffer->size;
    enum status status = begin(io, FILE_READ, uri, &call, error);
    if (status != STATUS_OK)
        return status;
    struct memory_node *node = memory_files_find(io->files, call.path);
    if (node == NULL || node->is_directory) {
        status = missing(call.path, error);
    } else if (offset < node->content.size) {
        uint64_t rest = node->content.size - offset;
        buffer_append(buffer, node->content.data + offset, (size_t)(size < rest ? size : rest));
    }
    status = finish(&call, status, error);
    if (status != STATUS_OK)
        buffer->size = before;
    return status;
}

static enum status memory_stat(struct file_io *base, const char *uri, struct file_status *ret_status,
                               struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    struct memory_call call;
    enum status status = begin(io, FILE_STAT, uri, &call, error);
    if (status != STATUS_OK)
        return status;
    struct memory_node *node = memory_files_find(io->files, call.path);
    struct file_status result = {0};
    if (node == NULL) {
        status = missing(call.path, error);
    } else {
        result.is_directory = node->is_directory;
        result.size = node->content.size;
    }
    status = finish(&call, status, error);
    if (status == STATUS_OK)
        *ret_status = result;
    return status;
}

static enum status memory_list(struct file_io *base, const char *uri, file_list_visitor *visitor,
                               void *context, struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    struct memory_call call;
    enum status status = begin(io, FILE_LIST, uri, &call, error);
    if (status != STATUS_OK)
        return status;
    struct memory_node *node = memory_files_find(io->files, call.path);
    if (node == NULL || !node->is_directory) {
        status = missing(call.path, error);
    } else {
        size_t size = strlen(call.path);
        for (size_t i = memory_files_position(io->files, call.path); i < io->files->count; i++) {
            const char *other = io->files->nodes[i]->path;
            if (strncmp(other, call.path, size) != 0)
                break;
            if (other[size] != '/' || strchr(other + size + 1, '/') != NULL)
                continue;
            if (!visitor(context, other + size + 1, io->files->nodes[i]->is_directory))
                break;
        }
    }
    return finish(&call, status, error);
}

static enum status memory_make_directories(struct file_io *base, const char *uri, struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    struct memory_call call;
    enum status status = begin(io, FILE_MAKE_DIRECTORIES, uri, &call, error);
    if (status != STATUS_OK)
        return status;
    memory_files_insert_parents(io->files, call.path);
    if (!memory_files_insert(io->files, call.path, true)->is_directory)
        status = error_set(error, STATUS_IO, "cannot make folder %s: a file has that name", call.path);
    return finish(&call, status, error);
}

static enum status memory_delete_directory(struct file_io *base, const char *uri, struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    struct memory_call call;
    enum status status = begin(io, FILE_DELETE_DIRECTORY, uri, &call, error);
    if (status != STATUS_OK)
        return status;
    size_t size = strlen(call.path);
    for (size_t i = memory_files_position(io->files, call.path); i < io->files->count;) {
        const char *other = io->files->nodes[i]->path;
        if (strncmp(other, call.path, size) != 0)
            break;
        if (other[size] == '/' || other[size] == '\0')
            memory_files_remove(io->files, i);
        else
            i++;
    }
    return finish(&call, status, error);
}

static enum status memory_create_exclusive(struct file_io *base, const char *uri, const void *data,
                                           size_t size, struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    struct memory_call call;
    enum status status = begin(io, FILE_CREATE_EXCLUSIVE, uri, &call, error);
    if (status != STATUS_OK)
        return status;
    if (memory_files_find(io->files, call.path) != NULL)
        status = error_set(error, STATUS_ALREADY_EXISTS, "cannot publish %s: file exists", call.path);
    else
        memory_files_put(io->files, call.path, data, size);
    return finish(&call, status, error);
}

static enum status memory_rename_noreplace(struct file_io *base, const char *from, const char *to,
                                           struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    struct memory_call call;
    enum status status = begin(io, FILE_RENAME_NOREPLACE, from, &call, error);
    if (status != STATUS_OK)
        return status;
    char *target = memory_files_path(to);
    struct memory_node *node = memory_files_find(io->files, call.path);
    if (node == NULL || node->is_directory) {
        status = missing(call.path, error);
    } else if (memory_files_find(io->files, target) != NULL) {
        status = error_set(error, STATUS_ALREADY_EXISTS, "cannot rename to %s: file exists", target);
    } else {
        memory_files_put(io->files, target, node->content.data, node->content.size);
        memory_files_remove(io->files, memory_files_position(io->files, call.path));
    }
    free(target);
    return finish(&call, status, error);
}

static enum status memory_replace(struct file_io *base, const char *uri, const void *data, size_t size,
                                  struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    struct memory_call call;
    enum status status = begin(io, FILE_REPLACE, uri, &call, error);
    if (status != STATUS_OK)
        return status;
    memory_files_put(io->files, call.path, data, size);
    return finish(&call, STATUS_OK, error);
}

/* No local file has a second name in memory. */
static enum status memory_link(struct file_io *base, const char *from, const char *to, struct error *error)
{
    (void)base;
    return error_set(error, STATUS_UNSUPPORTED, "cannot link %s to %s, which is in memory", from, to);
}

static enum status memory_sync_directory(struct file_io *base, const char *uri, struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    struct memory_call call;
    enum status status = begin(io, FILE_SYNC_DIRECTORY, uri, &call, error);
    if (status != STATUS_OK)
        return status;
    if (memory_files_find(io->files, call.path) == NULL)
        status = missing(call.path, error);
    return finish(&call, status, error);
}

static void memory_free(struct file_io *base)
{
    struct memory_io *io = (struct memory_io *)base;
    memory_files_unref(io->files);
    free(io);
}

static const struct file_io_ops memory_ops = {
    .open_output = memory_open_output,
    .read = memory_read,
    .stat = memory_stat,
    .list = memory_list,
    .make_directories = memory_make_directories,
    .delete_file = memory_delete,
    .delete_directory = memory_delete_directory,
    .create_exclusive = memory_create_exclusive,
    .rename_noreplace = memory_rename_noreplace,
    .replace = memory_replace,
    .link = memory_link,
    .sync_directory = memory_sync_directory,
    .free = memory_free,
};

struct file_io *memory_file_io_create(void)
{
    struct memory_io *io = mem_calloc(1, sizeof *io);
    io->base.ops = &memory_ops;
    io->files = memory_files_create();
    return &io->base;
}

struct file_io *memory_file_io_view(struct file_io *base)
{
    CHECK(base->ops == &memory_ops);
    struct memory_io *io = mem_calloc(1, sizeof *io);
    io->base.ops = &memory_ops;
    io->files = ((struct memory_io *)base)->files;
    refcount_take(&io->files->refs);
    return &io->base;
}

void memory_file_io_set_hook(struct file_io *base, memory_file_io_hook *hook, void *context)
{
    CHECK(base->ops == &memory_ops);
    struct memory_io *io = (struct memory_io *)base;
    io->hook = hook;
    io->hook_context = context;
}

uint64_t memory_file_io_operations(struct file_io *base)
{
    CHECK(base->ops == &memory_ops);
    return ((struct memory_io *)base)->operations;
}
