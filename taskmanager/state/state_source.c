#include "taskmanager/state/state_source_internal.h"

#include "common/base/memory.h"
#include "taskmanager/state/row_codec_internal.h"
#include "taskmanager/state/state_files_internal.h"
#include "taskmanager/state/state_snapshot_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOURCE_CACHE_BYTES = 1 << 20, SOURCE_FILE_BYTES = 64 << 20 };

/* A checkpoint that is not what it was stays so: no restart helps. */
enum status state_source_damaged(enum status status, struct error *error)
{
    if (status == STATUS_CORRUPT || status == STATUS_NOT_FOUND) {
        error->fatal = true;
        error_prefix(error, "the checkpoint cannot be restored");
    }
    return status;
}

/* The file's path in a folder with copies, if the right one is there, else NULL. The caller frees it. */
static char *local_copy(struct file_io *local_io, const char *folder, const struct keyed_state_file *file)
{
    if (folder == NULL)
        return NULL;
    char *path = state_file_path(folder, file->name);
    struct file_transfer transfer = {.from = local_io};
    struct file_digest digest;
    struct error error;
    if (file_transfer_digest(&transfer, path, &digest, &error) == STATUS_OK &&
        digest.size_bytes == file->size_bytes && digest.checksum == file->checksum)
        return path;
    free(path);
    return NULL;
}

char *state_source_local_copy(const struct state_source *source, const struct keyed_state_file *file)
{
    return local_copy(source->local_io, source->recovery_folder, file);
}

/* Links the file out of the recovery folder if it is the right one. */
static bool take_local_copy(const struct state_fetch *fetch, const struct keyed_state_file *file,
                            const char *target)
{
    char *path = local_copy(fetch->local_io, fetch->recovery_folder, file);
    bool is_linked = path != NULL && link(path, target) == 0;
    free(path);
    return is_linked;
}

static enum status fetch_file(const struct state_fetch *fetch, const struct keyed_state_file *file,
                              const char *folder, struct error *error)
{
    char *target = state_file_path(folder, file->name);
    enum status status = STATUS_OK;
    if (!take_local_copy(fetch, file, target)) {
        char *source = state_file_path(fetch->checkpoint_folder, file->path);
        struct file_transfer transfer = {.from = fetch->io, .to = fetch->local_io};
        struct file_digest digest;
        status = file_transfer_copy(&transfer, source, target, &digest, error);
        if (status == STATUS_OK &&
            (digest.size_bytes != file->size_bytes || digest.checksum != file->checksum))
            status =
                error_set(error, STATUS_CORRUPT,
                          "%s has %llu bytes with checksum %016llx where the checkpoint says %llu bytes "
                          "with %016llx",
                          source, (unsigned long long)digest.size_bytes, (unsigned long long)digest.checksum,
                          (unsigned long long)file->size_bytes, (unsigned long long)file->checksum);
        free(source);
    }
    free(target);
    return state_source_damaged(status, error);
}

enum status state_fetch_store(const struct state_fetch *fetch, const struct keyed_state_handle *handle,
                              const char *folder, struct error *error)
{
    enum status status = file_io_make_directories(fetch->local_io, folder, error);
    const char *manifest = NULL;
    bool has_files = false;
    for (size_t i = 0; i < handle->num_files && status == STATUS_OK; i++) {
        if (!state_file_is_of_store(handle->files[i].name))
            continue;
        has_files = true;
        status = fetch_file(fetch, &handle->files[i], folder, error);
        if (state_file_is_manifest(handle->files[i].name))
            manifest = handle->files[i].name;
    }
    if (status != STATUS_OK || !has_files)
        return status;
    if (manifest == NULL)
        return state_source_damaged(
            error_set(error, STATUS_CORRUPT, "a checkpoint of keyed state has no manifest"), error);
    /* By this file the store finds its manifest. */
    struct buffer content = {0};
    buffer_printf(&content, "%s\n", manifest);
    char *path = state_file_path(folder, "CURRENT");
    status = file_io_write(fetch->local_io, path, content.data, content.size, error);
    free(path);
    buffer_free(&content);
    return status;
}

static bool has_store(const struct keyed_state_handle *handle)
{
    for (size_t i = 0; i < handle->num_files; i++)
        if (state_file_is_of_store(handle->files[i].name))
            return true;
    return false;
}

enum status state_source_open(struct state_source *source, const char *folder, struct clock clock,
                              struct error *error)
{
    if (strcmp(source->handle->backend, "rocksdb") != 0 || source->handle->num_files == 0)
        return STATUS_OK;
    struct state_fetch fetch = {source->io, source->local_io, source->checkpoint_folder, NULL};
    source->folder = mem_strdup(folder);
    enum status status = state_fetch_store(&fetch, source->handle, folder, error);
    if (status != STATUS_OK || !has_store(source->handle))
        return status;
    struct rocksdb_store_options options = {
        folder, true, SOURCE_CACHE_BYTES, SOURCE_FILE_BYTES, SOURCE_FILE_BYTES, clock};
    return rocksdb_store_open(&options, &source->store, error);
}

void state_source_close(struct state_source *source)
{
    rocksdb_store_close(source->store);
    if (source->folder != NULL)
        folder_remove_if_possible(source->local_io, source->folder);
    free(source->folder);
    *source = (struct state_source){0};
}

static void key_group_bound(uint32_t key_group, uint8_t bound[2])
{
    bound[0] = (uint8_t)(key_group >> 8);
    bound[1] = (uint8_t)key_group;
}

static enum status visit_store(const struct state_source *source, const char *state, uint32_t first_key_group,
                               uint32_t end_key_group, state_row_visitor *visitor, void *context,
                               struct error *error)
{
    struct rocksdb_family *family =
        source->store == NULL ? NULL : rocksdb_store_find_family(source->store, state);
    if (family == NULL)
        return STATUS_OK;
    uint8_t begin[2], end[2];
    key_group_bound(first_key_group, begin);
    key_group_bound(end_key_group, end);
    struct rocksdb_scan *scan = rocksdb_scan_begin(
        family, (struct bytes_view){begin, 2}, (struct bytes_view){end, end_key_group <= UINT16_MAX ? 2 : 0});
    enum status status = STATUS_OK;
    for (; rocksdb_scan_has_row(scan) && status == STATUS_OK; rocksdb_scan_next(scan))
        status = visitor(context, rocksdb_scan_key(scan), rocksdb_scan_value(scan), error);
    if (status == STATUS_OK)
        status = rocksdb_scan_status(scan, error);
    rocksdb_scan_end(scan);
    return status;
}

enum status state_source_visit(const struct state_source *source, const char *state, uint32_t first_key_group,
                               uint32_t end_key_group, state_row_visitor *visitor, void *context,
                               struct error *error)
{
    if (strcmp(source->handle->backend, "rocksdb") == 0)
        return visit_store(source, state, first_key_group, end_key_group, visitor, context, error);
    return state_source_visit_tables(source, state, first_key_group, end_key_group, visitor, context, error);
}
