#include "common/checkpoint_format/checkpoint_directory.h"

#include "common/base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *checkpoint_job_folder(const char *directory, const char *name_space, const char *job_id)
{
    struct buffer path = {0};
    size_t size = strlen(directory);
    while (size > 1 && directory[size - 1] == '/')
        size--;
    buffer_printf(&path, "%.*s/%s/%s", (int)size, directory, name_space, job_id);
    return buffer_take(&path, NULL);
}

char *checkpoint_folder(const char *job_folder, struct checkpoint_reference reference)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s/chk-%" PRIu64 "-e%" PRIu64, job_folder, reference.checkpoint_id,
                  reference.epoch);
    return buffer_take(&path, NULL);
}

static char *metadata_path(const char *job_folder, struct checkpoint_reference reference)
{
    char *folder = checkpoint_folder(job_folder, reference);
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s", folder, CHECKPOINT_METADATA_NAME);
    free(folder);
    return buffer_take(&path, NULL);
}

enum status checkpoint_publish(struct file_io *io, const char *job_folder,
                               const struct checkpoint_metadata *metadata, uint64_t *ret_size_bytes,
                               struct error *error)
{
    struct checkpoint_reference reference = {metadata->checkpoint_id, metadata->epoch};
    char *folder = checkpoint_folder(job_folder, reference);
    char *path = metadata_path(job_folder, reference);
    struct buffer bytes = {0};
    checkpoint_metadata_encode(metadata, &bytes);
    enum status status = file_io_make_directories(io, folder, error);
    if (status == STATUS_OK)
        status = file_io_create_exclusive(io, path, bytes.data, bytes.size, error);
    if (status == STATUS_OK)
        *ret_size_bytes = bytes.size;
    else if (status != STATUS_ALREADY_EXISTS)
        error_prefix(error, "cannot write checkpoint %" PRIu64 " to %s", metadata->checkpoint_id, path);
    buffer_free(&bytes);
    free(path);
    free(folder);
    return status;
}

enum status checkpoint_is_published(struct file_io *io, const char *job_folder,
                                    struct checkpoint_reference reference, bool *ret_is_published,
                                    struct error *error)
{
    char *path = metadata_path(job_folder, reference);
    enum status status = file_io_exists(io, path, ret_is_published, error);
    free(path);
    return status;
}

struct reference_list {
    struct checkpoint_reference *items;
    size_t count;
};

bool checkpoint_reference_parse(const char *path, struct checkpoint_reference *ret_reference)
{
    struct checkpoint_reference reference;
    int size = 0;
    if (sscanf(path, "chk-%" SCNu64 "-e%" SCNu64 "%n", &reference.checkpoint_id, &reference.epoch, &size) !=
            2 ||
        (path[size] != '\0' && path[size] != '/'))
        return false;
    *ret_reference = reference;
    return true;
}

static bool visit_entry(void *context, const char *name, bool is_directory)
{
    struct reference_list *list = context;
    struct checkpoint_reference reference;
    if (!is_directory || !checkpoint_reference_parse(name, &reference))
        return true;
    list->items = mem_realloc(list->items, (list->count + 1) * sizeof *list->items);
    list->items[list->count++] = reference;
    return true;
}

static int compare_references(const void *left, const void *right)
{
    const struct checkpoint_reference *a = left, *b = right;
    if (a->checkpoint_id != b->checkpoint_id)
        return a->checkpoint_id < b->checkpoint_id ? -1 : 1;
    return a->epoch < b->epoch ? -1 : a->epoch > b->epoch;
}

enum status checkpoint_list(struct file_io *io, const char *job_folder,
                            struct checkpoint_reference **ret_references, size_t *ret_count,
                            struct error *error)
{
    struct reference_list list = {0};
    enum status status = file_io_list(io, job_folder, visit_entry, &list, error);
    if (status == STATUS_NOT_FOUND)
        status = STATUS_OK;
    size_t kept = 0;
    for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
        bool is_published = false;
        status = checkpoint_is_published(io, job_folder, list.items[i], &is_published, error);
        if (is_published)
            list.items[kept++] = list.items[i];
    }
    if (status != STATUS_OK) {
        free(list.items);
        return error_prefix(error, "cannot list the checkpoints in %s", job_folder);
    }
    if (kept > 1)
        qsort(list.items, kept, sizeof *list.items, compare_references);
    *ret_references = list.items;
    *ret_count = kept;
    return STATUS_OK;
}

static enum status read_file(struct file_io *io, const char *path, struct checkpoint_metadata **ret_metadata,
                             struct error *error)
{
    struct buffer bytes = {0};
    enum status status = file_io_read(io, path, &bytes, error);
    if (status == STATUS_OK)
        status = checkpoint_metadata_decode(buffer_view(&bytes), ret_metadata, error);
    if (status != STATUS_OK)
        error_prefix(error, "cannot read the checkpoint %s", path);
    buffer_free(&bytes);
    return status;
}

enum status checkpoint_read(struct file_io *io, const char *job_folder, struct checkpoint_reference reference,
                            struct checkpoint_metadata **ret_metadata, struct error *error)
{
    char *path = metadata_path(job_folder, reference);
    struct checkpoint_metadata *metadata = NULL;
    enum status status = read_file(io, path, &metadata, error);
    if (status == STATUS_OK &&
        (metadata->checkpoint_id != reference.checkpoint_id || metadata->epoch != reference.epoch)) {
        status = error_set(error, STATUS_CORRUPT, "the checkpoint %s holds another one: %" PRIu64, path,
                           metadata->checkpoint_id);
        checkpoint_metadata_unref(metadata);
    } else if (status == STATUS_OK) {
        *ret_metadata = metadata;
    }
    free(path);
    return status;
}

char *checkpoint_folder_of(const char *path)
{
    bool is_file = strcmp(file_path_name(path), CHECKPOINT_METADATA_NAME) == 0;
    char *folder = is_file ? file_path_parent(path) : mem_strdup(path);
    size_t size = strlen(folder);
    while (size > 1 && folder[size - 1] == '/')
        folder[--size] = '\0';
    return folder;
}

enum status checkpoint_read_path(struct file_io *io, const char *path,
                                 struct checkpoint_metadata **ret_metadata, struct error *error)
{
    char *folder = checkpoint_folder_of(path);
    struct buffer file = {0};
    buffer_printf(&file, "%s/%s", folder, CHECKPOINT_METADATA_NAME);
    enum status status = read_file(io, buffer_text(&file), ret_metadata, error);
    buffer_free(&file);
    free(folder);
    return status;
}

enum status checkpoint_delete(struct file_io *io, const char *job_folder,
                              struct checkpoint_reference reference, struct error *error)
{
    char *folder = checkpoint_folder(job_folder, reference);
    enum status status = file_io_delete_directory(io, folder, error);
    free(folder);
    return status;
}
