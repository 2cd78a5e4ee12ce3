#include "taskmanager/state/table_file_internal.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { MAGIC_BYTES = 8, READ_BYTES = 1 << 20, MAX_STATES = 1024, MAX_NAME_BYTES = 1024 };
static const char magic[] = "FRZTABL1";

struct table_file {
    struct file_io *io;
    char *path;
    struct file_digest expected;
    XXH3_state_t *hash;
    uint64_t offset;      /* of the next read */
    struct buffer buffer; /* what was read and not taken, from `taken` on */
    size_t taken;
    char **states;
    uint32_t num_states;
    /* Of the block under way. */
    uint32_t block_state, block_rows;
    uint64_t block_bytes;
};

void table_file_append_head(struct buffer *out, const char *const *states, uint32_t num_states)
{
    buffer_append(out, magic, MAGIC_BYTES);
    buffer_append_le32(out, num_states);
    for (uint32_t i = 0; i < num_states; i++) {
        buffer_append_le32(out, (uint32_t)strlen(states[i]));
        buffer_append_text(out, states[i]);
    }
}

void table_file_append_block_head(struct buffer *out, uint32_t state, uint32_t num_rows, uint64_t num_bytes)
{
    buffer_append_le32(out, state);
    buffer_append_le32(out, num_rows);
    buffer_append_le64(out, num_bytes);
}

static enum status corrupt(const struct table_file *file, const char *what, struct error *error)
{
    return error_set(error, STATUS_CORRUPT, "the state in %s is damaged: %s", file->path, what);
}

/* The next size bytes, valid until the next call. */
static enum status take(struct table_file *file, uint64_t size, const uint8_t **ret_bytes,
                        struct error *error)
{
    size_t there = file->buffer.size - file->taken;
    if (there < size) {
        uint64_t left = file->expected.size_bytes - file->offset;
        if (left < size - there)
            return corrupt(file, "it ends early", error);
        if (there > 0)
            memmove(file->buffer.data, file->buffer.data + file->taken, there);
        file->buffer.size = there;
        file->taken = 0;
        uint64_t wanted = size - there > READ_BYTES ? size - there : READ_BYTES;
        wanted = wanted > left ? left : wanted;
        enum status status =
            file_io_read_range(file->io, file->path, file->offset, wanted, &file->buffer, error);
        if (status != STATUS_OK)
            return status;
        XXH3_64bits_update(file->hash, file->buffer.data + there, wanted);
        file->offset += wanted;
    }
    *ret_bytes = file->buffer.data + file->taken;
    file->taken += size;
    return STATUS_OK;
}

static uint64_t little_endian(const uint8_t *data, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)data[i] << (8 * i);
    return value;
}

static enum status read_name(struct table_file *file, struct error *error)
{
    const uint8_t *bytes;
    enum status status = take(file, 4, &bytes, error);
    if (status != STATUS_OK)
        return status;
    uint64_t size = little_endian(bytes, 4);
    if (size > MAX_NAME_BYTES)
        return corrupt(file, "a name is too long", error);
    status = take(file, size, &bytes, error);
    if (status == STATUS_OK)
        file->states[file->num_states++] = mem_strndup((const char *)bytes, size);
    return status;
}

static enum status read_head(struct table_file *file, struct error *error)
{
    const uint8_t *bytes;
    enum status status = take(file, MAGIC_BYTES + 4, &bytes, error);
    if (status != STATUS_OK)
        return status;
    if (memcmp(bytes, magic, MAGIC_BYTES) != 0)
        return corrupt(file, "it is no file of state", error);
    uint64_t count = little_endian(bytes + MAGIC_BYTES, 4);
    if (count > MAX_STATES)
        return corrupt(file, "too many states", error);
    file->states = mem_calloc(count, sizeof *file->states);
    for (uint64_t i = 0; i < count && status == STATUS_OK; i++)
        status = read_name(file, error);
    return status;
}

enum status table_file_open(struct file_io *io, const char *path, const struct file_digest *expected,
                            struct table_file **ret_file, struct error *error)
{
    struct file_status there;
    enum status status = file_io_stat(io, path, &there, error);
    if (status != STATUS_OK)
        return status;
    struct table_file *file = mem_calloc(1, sizeof *file);
    file->io = io;
    file->path = mem_strdup(path);
    file->expected = *expected;
    file->hash = XXH3_createState();
    XXH3_64bits_reset(file->hash);
    if (there.size != expected->size_bytes)
        status = corrupt(file, "its size is not the one that the checkpoint says", error);
    if (status == STATUS_OK)
        status = read_head(file, error);
    if (status == STATUS_OK)
        *ret_file = file;
    else
        table_file_close(file);
    return status;
}

void table_file_close(struct table_file *file)
{
    if (file == NULL)
        return;
    for (uint32_t i = 0; i < file->num_states; i++)
        free(file->states[i]);
    free(file->states);
    buffer_free(&file->buffer);
    XXH3_freeState(file->hash);
    free(file->path);
    free(file);
}

uint32_t table_file_num_states(const struct table_file *file)
{
    return file->num_states;
}

const char *table_file_state(const struct table_file *file, uint32_t index)
{
    return file->states[index];
}

static enum status check_end(const struct table_file *file, struct error *error)
{
    if (file->offset != file->expected.size_bytes || file->taken != file->buffer.size)
        return corrupt(file, "there are bytes behind its end", error);
    if (XXH3_64bits_digest(file->hash) != file->expected.checksum)
        return corrupt(file, "its checksum is not the one that the checkpoint says", error);
    return STATUS_OK;
}

static enum status read_row(struct table_file *file, struct table_file_row *ret_row, struct error *error)
{
    const uint8_t *bytes;
    if (file->block_bytes < 8)
        return corrupt(file, "a block is too short", error);
    enum status status = take(file, 8, &bytes, error);
    if (status != STATUS_OK)
        return status;
    uint64_t key_size = little_endian(bytes, 4), value_size = little_endian(bytes + 4, 4);
    bool is_removal = value_size == TABLE_FILE_REMOVED;
    value_size = is_removal ? 0 : value_size;
    file->block_bytes -= 8;
    if (key_size + value_size > file->block_bytes)
        return corrupt(file, "a row is longer than its block", error);
    status = take(file, key_size + value_size, &bytes, error);
    if (status != STATUS_OK)
        return status;
    file->block_bytes -= key_size + value_size;
    file->block_rows--;
    ret_row->state = file->block_state;
    ret_row->key = (struct bytes_view){bytes, key_size};
    ret_row->value = (struct bytes_view){is_removal ? NULL : bytes + key_size, value_size};
    return STATUS_OK;
}

enum status table_file_next(struct table_file *file, struct table_file_row *ret_row, bool *ret_has_row,
                            struct error *error)
{
    while (file->block_rows == 0) {
        const uint8_t *head;
        if (file->block_bytes > 0)
            return corrupt(file, "a block is longer than its rows", error);
        enum status status = take(file, TABLE_FILE_BLOCK_HEAD_BYTES, &head, error);
        if (status != STATUS_OK)
            return status;
        file->block_state = (uint32_t)little_endian(head, 4);
        file->block_rows = (uint32_t)little_endian(head + 4, 4);
        file->block_bytes = little_endian(head + 8, 8);
        if (file->block_state == TABLE_FILE_END) {
            *ret_has_row = false;
            return check_end(file, error);
        }
        if (file->block_state >= file->num_states)
            return corrupt(file, "a block is of a state that it does not have", error);
    }
    *ret_has_row = true;
    return read_row(file, ret_row, error);
}
