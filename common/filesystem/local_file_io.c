#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/filesystem/file_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct local_output {
    struct file_output base;
    int descriptor;
    char *path;
};

/* file:///x, file://localhost/x and file:/x are /x; what has no scheme is a path already. */
static const char *local_path(const char *uri)
{
    if (strncmp(uri, "file:", 5) != 0)
        return uri;
    uri += 5;
    if (strncmp(uri, "//", 2) == 0) {
        const char *slash = strchr(uri + 2, '/');
        return slash != NULL ? slash : "/";
    }
    return uri;
}

static enum status write_all(int descriptor, const char *path, const uint8_t *data, size_t size,
                             struct error *error)
{
    while (size > 0) {
        ssize_t written = write(descriptor, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_set_errno(error, errno, "cannot write %s", path);
        data += written;
        size -= (size_t)written;
    }
    return STATUS_OK;
}

static enum status sync_folder(const char *path, struct error *error)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return error_set_errno(error, errno, "cannot open folder %s", path);
    enum status status = STATUS_OK;
    if (fsync(descriptor) != 0 && errno != EINVAL)
        status = error_set_errno(error, errno, "cannot sync folder %s", path);
    close(descriptor);
    return status;
}

static enum status sync_parent(const char *path, struct error *error)
{
    char *parent = file_path_parent(path);
    enum status status = sync_folder(parent, error);
    free(parent);
    return status;
}

static enum status local_make_directories(struct file_io *io, const char *uri, struct error *error)
{
    (void)io;
    char *path = mem_strdup(local_path(uri));
    enum status status = STATUS_OK;
    size_t size = strlen(path);
    for (size_t i = 1; status == STATUS_OK && i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        char saved = path[i];
        path[i] = '\0';
        if (mkdir(path, 0777) == 0)
            status = sync_parent(path, error);
        else if (errno != EEXIST)
            status = error_set_errno(error, errno, "cannot make folder %s", path);
        path[i] = saved;
    }
    struct stat info;
    if (status == STATUS_OK && stat(path, &info) == 0 && !S_ISDIR(info.st_mode))
        status = error_set(error, STATUS_IO, "cannot make folder %s: a file has that name", path);
    free(path);
    return status;
}

/* Opens for writing; makes the folders above when they are missing. */
static enum status open_for_write(struct file_io *io, const char *path, int flags, int *ret_descriptor,
                                  struct error *error)
{
    int descriptor = open(path, flags | O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno == ENOENT) {
        char *parent = file_path_parent(path);
        enum status status = local_make_directories(io, parent, error);
        free(parent);
        if (status != STATUS_OK)
            return status;
        descriptor = open(path, flags | O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    }
    if (descriptor < 0)
        return error_set_errno(error, errno, "cannot create %s", path);
    *ret_descriptor = descriptor;
    return STATUS_OK;
}

static enum status output_write(struct file_output *base, const void *data, size_t size, struct error *error)
{
    struct local_output *output = (struct local_output *)base;
    return write_all(output->descriptor, output->path, data, size, error);
}

static enum status output_sync(struct file_output *base, struct error *error)
{
    struct local_output *output = (struct local_output *)base;
    if (fsync(output->descriptor) != 0)
        return error_set_errno(error, errno, "cannot sync %s", output->path);
    return STATUS_OK;
}

static void output_free(struct local_output *output)
{
    free(output->path);
    free(output);
}

static enum status output_close(struct file_output *base, struct error *error)
{
    struct local_output *output = (struct local_output *)base;
    enum status status = STATUS_OK;
    if (close(output->descriptor) != 0)
        status = error_set_errno(error, errno, "cannot close %s", output->path);
    output_free(output);
    return status;
}

static void output_abort(struct file_output *base)
{
    struct local_output *output = (struct local_output *)base;
    close(output->descriptor);
    unlink(output->path);
    output_free(output);
}

static const struct file_output_ops local_output_ops = {output_write, output_sync, output_close,
                                                        output_abort};

static enum status local_open_output(struct file_io *io, const char *uri, struct file_output **ret_output,
                                     struct error *error)
{
    const char *path = local_path(uri);
    int descriptor;
    enum status status = open_for_write(io, path, O_TRUNC, &descriptor, error);
    if (status != STATUS_OK)
        return status;
    struct local_output *output = mem_calloc(1, sizeof *output);
    output->base.ops = &local_output_ops;
    output->descriptor = descriptor;
    output->path = mem_strdup(path);
    *ret_output = &output->base;
    return STATUS_OK;
}

static enum status read_up_to(int descriptor, const char *path, uint64_t offset, uint64_t size,
                              struct buffer *buffer, struct error *error)
{
    enum { CHUNK_BYTES = 1 << 20 };
    struct stat info;
    if (fstat(descriptor, &info) != 0)
        return error_set_errno(error, errno, "cannot read %s", path);
    if (S_ISDIR(info.st_mode))
        return error_set_errno(error, EISDIR, "cannot read %s", path);
    size_t before = buffer->size;
    while (size > 0) {
        uint64_t rest = (uint64_t)info.st_size > offset ? (uint64_t)info.st_size - offset : 1;
        size_t wanted = rest < CHUNK_BYTES ? (size_t)rest : CHUNK_BYTES;
        wanted = size < wanted ? (size_t)size : wanted;
        buffer_reserve(buffer, wanted);
        ssize_t got = pread(descriptor, buffer->data + buffer->size, wanted, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            buffer->size = before;
            return error_set_errno(error, errno, "cannot read %s", path);
        }
        if (got == 0)
            break;
        buffer->size += (size_t)got;
        offset += (uint64_t)got;
        size -= (uint64_t)got;
    }
    return STATUS_OK;
}

static enum status local_read(struct file_io *io, const char *uri, uint64_t offset, uint64_t size,
                              struct buffer *buffer, struct error *error)
{
    (void)io;
    const char *path = local_path(uri);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return error_set_errno(error, errno, "cannot open %s", path);
    enum status status = read_up_to(descriptor, path, offset, size, buffer, error);
    close(descriptor);
    return status;
}

static enum status local_stat(struct file_io *io, const char *uri, struct file_status *ret_status,
                              struct error *error)
{
    (void)io;
    struct stat info;
    const char *path = local_path(uri);
    if (stat(path, &info) != 0) /* a file in place of a folder above: nothing is there either */
        return error_set_errno(error, errno == ENOTDIR ? ENOENT : errno, "cannot look at %s", path);
    ret_status->is_directory = S_ISDIR(info.st_mode);
    ret_status->size = (uint64_t)info.st_size;
    ret_status->modified_ms = (int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000;
    return STATUS_OK;
}

static bool entry_is_directory(int folder, const struct dirent *entry)
{
    if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
        return entry->d_type == DT_DIR;
    struct stat info;
    return fstatat(folder, entry->d_name, &info, 0) == 0 && S_ISDIR(info.st_mode);
}

static enum status local_list(struct file_io *io, const char *uri, file_list_visitor *visitor, void *context,
                              struct error *error)
{
    (void)io;
    const char *path = local_path(uri);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return error_set_errno(error, errno, "cannot list %s", path);
    enum status status = STATUS_OK;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            if (errno != 0)
                status = error_set_errno(error, errno, "cannot list %s", path);
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (!visitor(context, entry->d_name, entry_is_directory(dirfd(folder), entry)))
            break;
    }
    closedir(folder);
    return status;
}

static enum status local_delete(struct file_io *io, const char *uri, struct error *error)
{
    (void)io;
    const char *path = local_path(uri);
    if (unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR)
        return error_set_errno(error, errno, "cannot delete %s", path);
    return STATUS_OK;
}

/* Depth first, below an open folder, so that a path swapped for a link is never followed. */
static enum status delete_below(int parent, const char *name, const char *path, struct error *error)
{
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0)
        return errno == ENOENT ? STATUS_OK
                               : error_set_errno(error, errno, "cannot open %s in %s", name, path);
    DIR *folder = fdopendir(descriptor);
    CHECK(folder != NULL);
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(descriptor, entry->d_name, 0) == 0 || errno == ENOENT)
            continue;
        if (errno == EISDIR || errno == EPERM)
            status = delete_below(descriptor, entry->d_name, path, error);
        else
            status = error_set_errno(error, errno, "cannot delete %s in %s", entry->d_name, path);
    }
    closedir(folder);
    if (status == STATUS_OK && unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        status = error_set_errno(error, errno, "cannot delete folder %s in %s", name, path);
    return status;
}

static enum status local_delete_directory(struct file_io *io, const char *uri, struct error *error)
{
    (void)io;
    const char *path = local_path(uri);
    return delete_below(AT_FDCWD, path, path, error);
}

/* A synced file of a name that nobody else uses, beside path. */
static enum status write_temporary(struct file_io *io, const char *path, const void *data, size_t size,
                                   char **ret_temporary, struct error *error)
{
    struct uuid uuid = uuid_generate();
    char id[UUID_TEXT_BYTES];
    uuid_format(&uuid, id);
    char *parent = file_path_parent(path);
    struct buffer name = {0};
    buffer_printf(&name, "%s/.%s.%s.tmp", parent, file_path_name(path), id);
    free(parent);
    char *temporary = buffer_take(&name, NULL);
    int descriptor;
    enum status status = open_for_write(io, temporary, O_EXCL, &descriptor, error);
    if (status == STATUS_OK) {
        status = write_all(descriptor, temporary, data, size, error);
        if (status == STATUS_OK && fsync(descriptor) != 0)
            status = error_set_errno(error, errno, "cannot sync %s", temporary);
        if (close(descriptor) != 0 && status == STATUS_OK)
            status = error_set_errno(error, errno, "cannot close %s", temporary);
        if (status != STATUS_OK)
            unlink(temporary);
    }
    if (status != STATUS_OK) {
        free(temporary);
        return status;
    }
    *ret_temporary = temporary;
    return STATUS_OK;
}

/* link() refuses an existing name on every file system that has it; some have only RENAME_NOREPLACE. */
static enum status publish(const char *temporary, const char *path, struct error *error)
{
    if (link(temporary, path) == 0)
        return STATUS_OK;
    if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK)
        if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
            return STATUS_OK;
    return error_set_errno(error, errno, "cannot publish %s", path);
}

static enum status local_create_exclusive(struct file_io *io, const char *uri, const void *data, size_t size,
                                          struct error *error)
{
    const char *path = local_path(uri);
    char *temporary;
    enum status status = write_temporary(io, path, data, size, &temporary, error);
    if (status != STATUS_OK)
        return status;
    status = publish(temporary, path, error);
    unlink(temporary);
    free(temporary);
    return status != STATUS_OK ? status : sync_parent(path, error);
}

static enum status local_rename_noreplace(struct file_io *io, const char *from, const char *to,
                                          struct error *error)
{
    (void)io;
    const char *source = local_path(from);
    const char *target = local_path(to);
    if (renameat2(AT_FDCWD, source, AT_FDCWD, target, RENAME_NOREPLACE) != 0)
        return error_set_errno(error, errno, "cannot rename %s to %s", source, target);
    return sync_parent(target, error);
}

static enum status local_replace(struct file_io *io, const char *uri, const void *data, size_t size,
                                 struct error *error)
{
    const char *path = local_path(uri);
    char *temporary;
    enum status status = write_temporary(io, path, data, size, &temporary, error);
    if (status != STATUS_OK)
        return status;
    if (rename(temporary, path) != 0) {
        status = error_set_errno(error, errno, "cannot replace %s", path);
        unlink(temporary);
    }
    free(temporary);
    return status != STATUS_OK ? status : sync_parent(path, error);
}

static enum status sync_file(const char *path, struct error *error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return error_set_errno(error, errno, "cannot open %s", path);
    enum status status = STATUS_OK;
    if (fsync(descriptor) != 0)
        status = error_set_errno(error, errno, "cannot sync %s", path);
    close(descriptor);
    return status;
}

/* Links or says why not: an error number. */
static int link_or_failure(const char *source, const char *target)
{
    return link(source, target) == 0 ? 0 : errno;
}

static enum status local_link(struct file_io *io, const char *from, const char *to, struct error *error)
{
    const char *source = local_path(from);
    const char *target = local_path(to);
    enum status status = sync_file(source, error);
    if (status != STATUS_OK)
        return status;
    int failure = link_or_failure(source, target);
    if (failure == ENOENT) {
        char *parent = file_path_parent(target);
        status = local_make_directories(io, parent, error);
        free(parent);
        if (status != STATUS_OK)
            return status;
        failure = link_or_failure(source, target);
    }
    if (failure == EXDEV || failure == EPERM || failure == EMLINK || failure == EOPNOTSUPP)
        return error_set(error, STATUS_UNSUPPORTED, "%s cannot be linked to %s", source, target);
    return failure == 0 ? STATUS_OK : error_set_errno(error, failure, "cannot link %s to %s", source, target);
}

static enum status local_sync_directory(struct file_io *io, const char *uri, struct error *error)
{
    (void)io;
    return sync_folder(local_path(uri), error);
}

static void local_free(struct file_io *io)
{
    free(io);
}

static const struct file_io_ops local_ops = {
    .open_output = local_open_output,
    .read = local_read,
    .stat = local_stat,
    .list = local_list,
    .make_directories = local_make_directories,
    .delete_file = local_delete,
    .delete_directory = local_delete_directory,
    .create_exclusive = local_create_exclusive,
    .rename_noreplace = local_rename_noreplace,
    .replace = local_replace,
    .link = local_link,
    .sync_directory = local_sync_directory,
    .free = local_free,
};

struct file_io *local_file_io_create(void)
{
    struct file_io *io = mem_calloc(1, sizeof *io);
    io->ops = &local_ops;
    return io;
}
