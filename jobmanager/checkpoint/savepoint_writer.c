#include "jobmanager/checkpoint/savepoint_writer.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/checkpoint_format/checkpoint_directory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { CHUNK_BYTES = 1 << 20 };

static char *source_path(const struct savepoint_write *write, const struct keyed_state_file *file)
{
    struct buffer path = {0};
    if (keyed_state_path_is_relative(file->path))
        buffer_printf(&path, "%s/", write->job_folder);
    buffer_append_text(&path, file->path);
    return buffer_take(&path, NULL);
}

static enum status copy_content(const struct savepoint_write *write, const char *from, uint64_t size_bytes,
                                struct file_output *output, uint64_t *ret_checksum, struct error *error)
{
    struct buffer chunk = {0};
    XXH3_state_t *hash = XXH3_createState();
    CHECK(hash != NULL && XXH3_64bits_reset(hash) == XXH_OK);
    enum status status = STATUS_OK;
    for (uint64_t offset = 0; offset < size_bytes && status == STATUS_OK; offset += chunk.size) {
        uint64_t size = size_bytes - offset < CHUNK_BYTES ? size_bytes - offset : CHUNK_BYTES;
        buffer_clear(&chunk);
        status = write->may_go_on(write->context, error);
        if (status == STATUS_OK)
            status = file_io_read_range(write->from, from, offset, size, &chunk, error);
        if (status == STATUS_OK)
            status = file_output_write(output, chunk.data, chunk.size, error);
        XXH3_64bits_update(hash, chunk.data, chunk.size);
    }
    *ret_checksum = XXH3_64bits_digest(hash);
    XXH3_freeState(hash);
    buffer_free(&chunk);
    return status;
}

static enum status copy_file(const struct savepoint_write *write, const struct keyed_state_file *file,
                             const char *name, struct error *error)
{
    char *from = source_path(write, file);
    struct buffer to = {0};
    buffer_printf(&to, "%s/%s", write->metadata->savepoint_folder, name);
    struct file_output *output = NULL;
    uint64_t checksum = 0;
    enum status status = file_io_open_output(write->to, buffer_text(&to), &output, error);
    if (status == STATUS_OK)
        status = copy_content(write, from, file->size_bytes, output, &checksum, error);
    if (status == STATUS_OK && checksum != file->checksum)
        status = error_set(error, STATUS_CORRUPT,
                           "%s is not what checkpoint %" PRIu64 " wrote: its checksum is "
                           "%016" PRIx64 ", not %016" PRIx64,
                           from, write->metadata->checkpoint_id, checksum, file->checksum);
    if (status == STATUS_OK)
        status = file_output_sync(output, error);
    if (status != STATUS_OK)
        file_output_abort(output);
    else
        status = file_output_close(output, error);
    buffer_free(&to);
    free(from);
    return status;
}

/* Names are made anew: two subtasks have files of the same name. */
static enum status copy_handle(const struct savepoint_write *write, const struct keyed_state_handle *handle,
                               size_t *num_files, struct arena *arena, struct keyed_state_handle **ret_copy,
                               struct error *error)
{
    struct keyed_state_handle *copy = keyed_state_handle_copy(handle, arena);
    struct keyed_state_file *files = arena_dup(arena, copy->files, copy->num_files * sizeof *files);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < copy->num_files && status == STATUS_OK; i++) {
        files[i].path =
            arena_printf(arena, "%06zu-%s", (*num_files)++, file_path_name(handle->files[i].name));
        files[i].is_shared = false;
        status = copy_file(write, &handle->files[i], files[i].path, error);
    }
    copy->files = files;
    copy->incremental_bytes = copy->size_bytes;
    *ret_copy = copy;
    return status;
}

static struct checkpoint_metadata *copy_metadata(const struct checkpoint_metadata *from)
{
    struct checkpoint_metadata *copy = checkpoint_metadata_create();
    copy->name_space = arena_strdup(copy->arena, from->name_space);
    copy->job_id = arena_strdup(copy->arena, from->job_id);
    copy->lineage = arena_strdup(copy->arena, from->lineage);
    copy->epoch = from->epoch;
    copy->checkpoint_id = from->checkpoint_id;
    copy->attempt = from->attempt;
    copy->max_parallelism = from->max_parallelism;
    copy->is_final = from->is_final;
    copy->is_drained = from->is_drained;
    copy->is_savepoint = true;
    copy->trigger_ms = from->trigger_ms;
    copy->completed_ms = from->completed_ms;
    for (size_t i = 0; i < from->num_states; i++)
        checkpoint_metadata_add_state(copy, &from->states[i]);
    for (size_t i = 0; i < from->num_committables; i++)
        checkpoint_metadata_add_committable(copy, &from->committables[i]);
    return copy;
}

static enum status publish(const struct savepoint_write *write, const struct checkpoint_metadata *metadata,
                           struct error *error)
{
    const char *folder = write->metadata->savepoint_folder;
    struct buffer bytes = {0}, path = {0};
    checkpoint_metadata_encode(metadata, &bytes);
    buffer_printf(&path, "%s/%s", folder, CHECKPOINT_METADATA_NAME);
    enum status status = file_io_sync_directory(write->to, folder, error);
    if (status == STATUS_OK)
        status = write->check_lead(write->context, error);
    if (status == STATUS_OK)
        status = file_io_create_exclusive(write->to, buffer_text(&path), bytes.data, bytes.size, error);
    buffer_free(&path);
    buffer_free(&bytes);
    return status;
}

enum status savepoint_write(const struct savepoint_write *write, struct error *error)
{
    const struct checkpoint_metadata *metadata = write->metadata;
    CHECK(metadata->savepoint_folder[0] != '\0');
    struct checkpoint_metadata *copy = copy_metadata(metadata);
    size_t num_files = 0;
    enum status status = file_io_make_directories(write->to, metadata->savepoint_folder, error);
    for (size_t i = 0; i < metadata->num_keyed_states && status == STATUS_OK; i++) {
        struct checkpoint_keyed_state state = metadata->keyed_states[i];
        struct keyed_state_handle *handle = NULL;
        status = copy_handle(write, state.handle, &num_files, copy->arena, &handle, error);
        state.handle = handle;
        if (status == STATUS_OK)
            checkpoint_metadata_add_keyed_state(copy, &state);
    }
    if (status == STATUS_OK)
        status = publish(write, copy, error);
    checkpoint_metadata_unref(copy);
    if (status == STATUS_OK)
        return STATUS_OK;
    error_prefix(error, "cannot write the savepoint %s", metadata->savepoint_folder);
    struct error ignored; /* what is left over there is no savepoint */
    if (savepoint_remove_partial(write->to, metadata->savepoint_folder, &ignored) != STATUS_OK)
        return status;
    return status;
}

enum status savepoint_remove_partial(struct file_io *io, const char *folder, struct error *error)
{
    struct buffer path = {0};
    bool is_whole = false;
    buffer_printf(&path, "%s/%s", folder, CHECKPOINT_METADATA_NAME);
    enum status status = file_io_exists(io, buffer_text(&path), &is_whole, error);
    buffer_free(&path);
    return status == STATUS_OK && !is_whole ? file_io_delete_directory(io, folder, error) : status;
}

static enum status check_savepoint(struct file_io *io, const char *path, struct error *error)
{
    struct checkpoint_metadata *metadata;
    enum status status = checkpoint_read_path(io, path, &metadata, error);
    if (status != STATUS_OK)
        return status;
    if (!metadata->is_savepoint)
        status = error_set(error, STATUS_INVALID_ARGUMENT,
                           "%s is a checkpoint of job %s, no savepoint: its job removes it", path,
                           metadata->job_id);
    checkpoint_metadata_unref(metadata);
    return status;
}

enum status savepoint_dispose(struct file_io *io, const char *path, struct error *error)
{
    enum status status = check_savepoint(io, path, error);
    if (status != STATUS_OK)
        return status;
    char *folder = checkpoint_folder_of(path);
    struct buffer metadata = {0};
    buffer_printf(&metadata, "%s/%s", folder, CHECKPOINT_METADATA_NAME);
    status = file_io_delete(io, buffer_text(&metadata), error);
    if (status == STATUS_OK)
        status = file_io_sync_directory(io, folder, error);
    if (status == STATUS_OK)
        status = file_io_delete_directory(io, folder, error);
    buffer_free(&metadata);
    free(folder);
    return status;
}
