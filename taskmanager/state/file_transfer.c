#include "taskmanager/state/file_transfer_internal.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <xxhash.h>

enum { TRANSFER_BYTES = 1 << 20 };

void file_remove_if_possible(struct file_io *io, const char *path)
{
    struct error error;
    enum status status = file_io_delete(io, path, &error);
    (void)status;
}

void folder_remove_if_possible(struct file_io *io, const char *path)
{
    struct error error;
    enum status status = file_io_delete_directory(io, path, &error);
    (void)status;
}

struct digested_output {
    struct file_output *file;
    XXH3_state_t *hash;
    uint64_t size_bytes;
};

static void digested_output_free(struct digested_output *output)
{
    XXH3_freeState(output->hash);
    free(output);
}

enum status digested_output_open(struct file_io *io, const char *path, struct digested_output **ret_output,
                                 struct error *error)
{
    struct file_output *file;
    enum status status = file_io_open_output(io, path, &file, error);
    if (status != STATUS_OK)
        return status;
    struct digested_output *output = mem_calloc(1, sizeof *output);
    output->file = file;
    output->hash = XXH3_createState();
    XXH3_64bits_reset(output->hash);
    *ret_output = output;
    return STATUS_OK;
}

enum status digested_output_write(struct digested_output *output, const void *data, size_t size,
                                  struct error *error)
{
    XXH3_64bits_update(output->hash, data, size);
    output->size_bytes += size;
    return file_output_write(output->file, data, size, error);
}

enum status digested_output_close(struct digested_output *output, bool is_durable,
                                  struct file_digest *ret_digest, struct error *error)
{
    enum status status = is_durable ? file_output_sync(output->file, error) : STATUS_OK;
    if (status != STATUS_OK) {
        digested_output_abort(output);
        return status;
    }
    status = file_output_close(output->file, error);
    if (status == STATUS_OK)
        *ret_digest = (struct file_digest){output->size_bytes, XXH3_64bits_digest(output->hash)};
    digested_output_free(output);
    return status;
}

void digested_output_abort(struct digested_output *output)
{
    if (output == NULL)
        return;
    file_output_abort(output->file);
    digested_output_free(output);
}

/* Where the parts of a file go: to a file or nowhere. */
struct part_sink {
    struct digested_output *output;
    XXH3_state_t *hash;
};

static enum status take_part(struct part_sink *sink, const struct buffer *part, struct error *error)
{
    if (sink->output != NULL)
        return digested_output_write(sink->output, part->data, part->size, error);
    XXH3_64bits_update(sink->hash, part->data, part->size);
    return STATUS_OK;
}

static enum status read_parts(const struct file_transfer *transfer, const char *source, uint64_t size,
                              struct part_sink *sink, struct error *error)
{
    struct buffer part = {0};
    enum status status = STATUS_OK;
    for (uint64_t offset = 0; offset < size && status == STATUS_OK; offset += part.size) {
        if (transfer->cancel != NULL && atomic_load(transfer->cancel)) {
            status = error_set(error, STATUS_CANCELLED, "the copy of %s was given up", source);
            break;
        }
        buffer_clear(&part);
        uint64_t rest = size - offset;
        status = file_io_read_range(transfer->from, source, offset,
                                    rest < TRANSFER_BYTES ? rest : TRANSFER_BYTES, &part, error);
        if (status == STATUS_OK)
            status = take_part(sink, &part, error);
    }
    buffer_free(&part);
    return status;
}

enum status file_transfer_digest(const struct file_transfer *transfer, const char *source,
                                 struct file_digest *ret_digest, struct error *error)
{
    struct file_status file;
    enum status status = file_io_stat(transfer->from, source, &file, error);
    if (status != STATUS_OK)
        return status;
    struct part_sink sink = {.hash = XXH3_createState()};
    XXH3_64bits_reset(sink.hash);
    status = read_parts(transfer, source, file.size, &sink, error);
    if (status == STATUS_OK)
        *ret_digest = (struct file_digest){file.size, XXH3_64bits_digest(sink.hash)};
    XXH3_freeState(sink.hash);
    return status;
}

static enum status digest_link(const struct file_transfer *transfer, const char *source, const char *target,
                               struct file_digest *ret_digest, struct error *error)
{
    enum status status = file_transfer_digest(transfer, source, ret_digest, error);
    if (status != STATUS_OK)
        file_remove_if_possible(transfer->to, target);
    return status;
}

enum status file_transfer_copy(const struct file_transfer *transfer, const char *source, const char *target,
                               struct file_digest *ret_digest, struct error *error)
{
    if (transfer->may_link && file_io_link(transfer->to, source, target, error) == STATUS_OK)
        return digest_link(transfer, source, target, ret_digest, error);
    struct file_status file;
    struct part_sink sink = {0};
    enum status status = file_io_stat(transfer->from, source, &file, error);
    if (status == STATUS_OK)
        status = digested_output_open(transfer->to, target, &sink.output, error);
    if (status != STATUS_OK)
        return status;
    status = read_parts(transfer, source, file.size, &sink, error);
    if (status == STATUS_OK)
        status = digested_output_close(sink.output, transfer->is_durable, ret_digest, error);
    else
        digested_output_abort(sink.output);
    if (status != STATUS_OK)
        file_remove_if_possible(transfer->to, target);
    return status;
}
