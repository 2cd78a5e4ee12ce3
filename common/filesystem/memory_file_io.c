#include "common/filesystem/memory_file_io.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/refcount.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct memory_node {
    char *path; /* normal form: no scheme, single slashes, no trailing one */
    bool is_directory;
    struct buffer content;
};

/* The files, sorted by path. */
struct memory_files {
    struct refcount refs;
    pthread_mutex_t lock;
    struct memory_node **nodes;
    size_t count;
    size_t capacity;
};

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

static char *normal_path(const char *path)
{
    const char *scheme = strstr(path, ":/");
    if (scheme != NULL)
        path = scheme + 1;
    struct buffer text = {0};
    for (const char *c = path; *c != '\0'; c++)
        if (*c != '/' || (c[1] != '/' && c[1] != '\0'))
            buffer_append_byte(&text, (uint8_t)*c);
    if (text.size == 0)
        buffer_append_byte(&text, '/');
    return buffer_take(&text, NULL);
}

/* First index whose path is not less. */
static size_t position(const struct memory_files *files, const char *path)
{
    size_t low = 0;
    size_t high = files->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(files->nodes[middle]->path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct memory_node *find(const struct memory_files *files, const char *path)
{
    size_t at = position(files, path);
    return at < files->count && strcmp(files->nodes[at]->path, path) == 0 ? files->nodes[at] : NULL;
}

static struct memory_node *insert(struct memory_files *files, const char *path, bool is_directory)
{
    struct memory_node *node = find(files, path);
    if (node != NULL)
        return node;
    if (files->count == files->capacity) {
        files->capacity = files->capacity == 0 ? 64 : files->capacity * 2;
        files->nodes = mem_realloc(files->nodes, files->capacity * sizeof *files->nodes);
    }
    size_t at = position(files, path);
    memmove(&files->nodes[at + 1], &files->nodes[at], (files->count - at) * sizeof *files->nodes);
    files->count++;
    node = files->nodes[at] = mem_calloc(1, sizeof *node);
    node->path = mem_strdup(path);
    node->is_directory = is_directory;
    return node;
}

static void insert_parents(struct memory_files *files, const char *path)
{
    char *copy = mem_strdup(path);
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        insert(files, copy, true);
        *slash = '/';
    }
    free(copy);
}

static void remove_at(struct memory_files *files, size_t at)
{
    struct memory_node *node = files->nodes[at];
    files->count--;
    memmove(&files->nodes[at], &files->nodes[at + 1], (files->count - at) * sizeof *files->nodes);
    buffer_free(&node->content);
    free(node->path);
    free(node);
}

static void files_unref(struct memory_files *files)
{
    if (!refcount_drop(&files->refs))
        return;
    while (files->count > 0)
        remove_at(files, files->count - 1);
    free(files->nodes);
    pthread_mutex_destroy(&files->lock);
    free(files);
}

/*
 * One operation: asks the hook, takes the lock. OK: go on, and end with finish(). *ret_fault tells finish
 * whether the answer is lost.
 */
static enum status start(struct memory_io *io, enum file_operation operation, const char *path,
                         enum file_fault *ret_fault, struct error *error)
{
    io->operations++;
    enum file_fault fault = io->hook != NULL ? io->hook(io->hook_context, operation, path) : FILE_FAULT_NONE;
    if (fault == FILE_FAULT_BEFORE)
        return error_set(error, STATUS_UNAVAILABLE, "injected before an operation on %s", path);
    *ret_fault = fault;
    pthread_mutex_lock(&io->files->lock);
    return STATUS_OK;
}

static enum status finish(struct memory_io *io, enum file_fault fault, enum status status, const char *path,
                          struct error *error)
{
    pthread_mutex_unlock(&io->files->lock);
    if (fault == FILE_FAULT_AFTER)
        return error_set(error, STATUS_UNAVAILABLE, "injected after an operation on %s", path);
    return status;
}

static enum status missing(const char *path, struct error *error)
{
    return error_set(error, STATUS_NOT_FOUND, "cannot open %s: no such file or directory", path);
}

/* Makes the file's present content visible under its name. */
static void output_flush(struct memory_output *output)
{
    char *path = normal_path(output->path);
    insert_parents(output->io->files, path);
    struct memory_node *node = insert(output->io->files, path, false);
    buffer_clear(&node->content);
    buffer_append(&node->content, output->content.data, output->content.size);
    free(path);
}

static enum status output_write(struct file_output *base, const void *data, size_t size, struct error *error)
{
    struct memory_output *output = (struct memory_output *)base;
    enum file_fault fault;
    enum status status = start(output->io, FILE_WRITE, output->path, &fault, error);
    if (status != STATUS_OK)
        return status;
    buffer_append(&output->content, data, size);
    output_flush(output);
    return finish(output->io, fault, STATUS_OK, output->path, error);
}

static enum status output_sync(struct file_output *base, struct error *error)
{
    struct memory_output *output = (struct memory_output *)base;
    enum file_fault fault;
    enum status status = start(output->io, FILE_SYNC, output->path, &fault, error);
    if (status != STATUS_OK)
        return status;
    return finish(output->io, fault, STATUS_OK, output->path, error);
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
    enum file_fault fault;
    enum status status = start(output->io, FILE_CLOSE, output->path, &fault, error);
    if (status == STATUS_OK)
        status = finish(output->io, fault, STATUS_OK, output->path, error);
    output_free(output);
    return status;
}

static enum status memory_delete(struct file_io *base, const char *uri, struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    enum file_fault fault;
    enum status status = start(io, FILE_DELETE, uri, &fault, error);
    if (status != STATUS_OK)
        return status;
    char *path = normal_path(uri);
    size_t at = position(io->files, path);
    if (at < io->files->count && strcmp(io->files->nodes[at]->path, path) == 0) {
        if (io->files->nodes[at]->is_directory)
            status = error_set(error, STATUS_IO, "cannot delete %s: it is a folder", path);
        else
            remove_at(io->files, at);
    }
    free(path);
    return finish(io, fault, status, uri, error);
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
    enum file_fault fault;
    enum status status = start(io, FILE_OPEN_OUTPUT, uri, &fault, error);
    if (status != STATUS_OK)
        return status;
    struct memory_output *output = mem_calloc(1, sizeof *output);
    output->base.ops = &memory_output_ops;
    output->io = io;
    output->path = mem_strdup(uri);
    output_flush(output);
    status = finish(io, fault, STATUS_OK, uri, error);
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
    enum file_fault fault;
    size_t before = buffer->size;
    enum status status = start(io, FILE_READ, uri, &fault, error);
    if (status != STATUS_OK)
        return status;
    char *path = normal_path(uri);
    struct memory_node *node = find(io->files, path);
    if (node == NULL || node->is_directory) {
        status = missing(path, error);
    } else if (offset < node->content.size) {
        uint64_t rest = node->content.size - offset;
        buffer_append(buffer, node->content.data + offset, (size_t)(size < rest ? size : rest));
    }
    free(path);
    status = finish(io, fault, status, uri, error);
    if (status != STATUS_OK)
        buffer->size = before;
    return status;
}

static enum status memory_stat(struct file_io *base, const char *uri, struct file_status *ret_status,
                               struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    enum file_fault fault;
    enum status status = start(io, FILE_STAT, uri, &fault, error);
    if (status != STATUS_OK)
        return status;
    char *path = normal_path(uri);
    struct memory_node *node = find(io->files, path);
    struct file_status result = {0};
    if (node == NULL) {
        status = missing(path, error);
    } else {
        result.is_directory = node->is_directory;
        result.size = node->content.size;
    }
    free(path);
    status = finish(io, fault, status, uri, error);
    if (status == STATUS_OK)
        *ret_status = result;
    return status;
}

static enum status memory_list(struct file_io *base, const char *uri, file_list_visitor *visitor,
                               void *context, struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    enum file_fault fault;
    enum status status = start(io, FILE_LIST, uri, &fault, error);
    if (status != STATUS_OK)
        return status;
    char *path = normal_path(uri);
    struct memory_node *node = find(io->files, path);
    if (node == NULL || !node->is_directory) {
        status = missing(path, error);
    } else {
        size_t size = strlen(path);
        for (size_t i = position(io->files, path); i < io->files->count; i++) {
            const char *other = io->files->nodes[i]->path;
            if (strncmp(other, path, size) != 0)
                break;
            if (other[size] != '/' || strchr(other + size + 1, '/') != NULL)
                continue;
            if (!visitor(context, other + size + 1, io->files->nodes[i]->is_directory))
                break;
        }
    }
    free(path);
    return finish(io, fault, status, uri, error);
}

static enum status memory_make_directories(struct file_io *base, const char *uri, struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    enum file_fault fault;
    enum status status = start(io, FILE_MAKE_DIRECTORIES, uri, &fault, error);
    if (status != STATUS_OK)
        return status;
    char *path = normal_path(uri);
    insert_parents(io->files, path);
    if (!insert(io->files, path, true)->is_directory)
        status = error_set(error, STATUS_IO, "cannot make folder %s: a file has that name", path);
    free(path);
    return finish(io, fault, status, uri, error);
}

static enum status memory_delete_directory(struct file_io *base, const char *uri, struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    enum file_fault fault;
    enum status status = start(io, FILE_DELETE_DIRECTORY, uri, &fault, error);
    if (status != STATUS_OK)
        return status;
    char *path = normal_path(uri);
    size_t size = strlen(path);
    for (size_t i = position(io->files, path); i < io->files->count;) {
        const char *other = io->files->nodes[i]->path;
        if (strncmp(other, path, size) != 0)
            break;
        if (other[size] == '/' || other[size] == '\0')
            remove_at(io->files, i);
        else
            i++;
    }
    free(path);
    return finish(io, fault, status, uri, error);
}

static void put(struct memory_files *files, const char *path, const void *data, size_t size)
{
    insert_parents(files, path);
    struct memory_node *node = insert(files, path, false);
    buffer_clear(&node->content);
    buffer_append(&node->content, data, size);
}

static enum status memory_create_exclusive(struct file_io *base, const char *uri, const void *data,
                                           size_t size, struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    enum file_fault fault;
    enum status status = start(io, FILE_CREATE_EXCLUSIVE, uri, &fault, error);
    if (status != STATUS_OK)
        return status;
    char *path = normal_path(uri);
    if (find(io->files, path) != NULL)
        status = error_set(error, STATUS_ALREADY_EXISTS, "cannot publish %s: file exists", path);
    else
        put(io->files, path, data, size);
    free(path);
    return finish(io, fault, status, uri, error);
}

static enum status memory_rename_noreplace(struct file_io *base, const char *from, const char *to,
                                           struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    enum file_fault fault;
    enum status status = start(io, FILE_RENAME_NOREPLACE, from, &fault, error);
    if (status != STATUS_OK)
        return status;
    char *source = normal_path(from);
    char *target = normal_path(to);
    struct memory_node *node = find(io->files, source);
    if (node == NULL || node->is_directory) {
        status = missing(source, error);
    } else if (find(io->files, target) != NULL) {
        status = error_set(error, STATUS_ALREADY_EXISTS, "cannot rename to %s: file exists", target);
    } else {
        put(io->files, target, node->content.data, node->content.size);
        remove_at(io->files, position(io->files, source));
    }
    free(source);
    free(target);
    return finish(io, fault, status, from, error);
}

static enum status memory_replace(struct file_io *base, const char *uri, const void *data, size_t size,
                                  struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    enum file_fault fault;
    enum status status = start(io, FILE_REPLACE, uri, &fault, error);
    if (status != STATUS_OK)
        return status;
    char *path = normal_path(uri);
    put(io->files, path, data, size);
    free(path);
    return finish(io, fault, STATUS_OK, uri, error);
}

static enum status memory_sync_directory(struct file_io *base, const char *uri, struct error *error)
{
    struct memory_io *io = (struct memory_io *)base;
    enum file_fault fault;
    enum status status = start(io, FILE_SYNC_DIRECTORY, uri, &fault, error);
    if (status != STATUS_OK)
        return status;
    char *path = normal_path(uri);
    if (find(io->files, path) == NULL)
        status = missing(path, error);
    free(path);
    return finish(io, fault, status, uri, error);
}

static void memory_free(struct file_io *base)
{
    struct memory_io *io = (struct memory_io *)base;
    files_unref(io->files);
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
    .sync_directory = memory_sync_directory,
    .free = memory_free,
};

struct file_io *memory_file_io_create(void)
{
    struct memory_io *io = mem_calloc(1, sizeof *io);
    io->base.ops = &memory_ops;
    io->files = mem_calloc(1, sizeof *io->files);
    refcount_init(&io->files->refs);
    CHECK(pthread_mutex_init(&io->files->lock, NULL) == 0);
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
