#include "taskmanager/state/operator_state.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

/*
 * Little endian: format u32, number of lists u32, then for each list: size of the name u32, name, mode u32,
 * version of the items u32, number of items u32, and for each item its size u32 and its bytes.
 */
enum { STATE_FORMAT = 1 };

void operator_state_encode(const struct operator_state *state, struct buffer *buffer)
{
    buffer_append_le32(buffer, STATE_FORMAT);
    buffer_append_le32(buffer, (uint32_t)state->num_lists);
    for (size_t i = 0; i < state->num_lists; i++) {
        const struct list_state *list = &state->lists[i];
        buffer_append_le32(buffer, (uint32_t)strlen(list->name));
        buffer_append_text(buffer, list->name);
        buffer_append_le32(buffer, (uint32_t)list->mode);
        buffer_append_le32(buffer, list->version);
        buffer_append_le32(buffer, (uint32_t)list->num_items);
        for (size_t k = 0; k < list->num_items; k++) {
            buffer_append_le32(buffer, (uint32_t)list->items[k].size);
            buffer_append(buffer, list->items[k].data, list->items[k].size);
        }
    }
}

/* What is left to read; is_short once something was asked for that is not there. */
struct state_reader {
    struct bytes_view bytes;
    bool is_short;
};

static struct bytes_view read_bytes(struct state_reader *reader, size_t size)
{
    if (reader->is_short || reader->bytes.size < size) {
        reader->is_short = true;
        return (struct bytes_view){0};
    }
    struct bytes_view taken = {reader->bytes.data, size};
    reader->bytes.data += size;
    reader->bytes.size -= size;
    return taken;
}

static uint32_t read_u32(struct state_reader *reader)
{
    struct bytes_view taken = read_bytes(reader, 4);
    if (reader->is_short)
        return 0;
    return (uint32_t)taken.data[0] | (uint32_t)taken.data[1] << 8 | (uint32_t)taken.data[2] << 16 |
           (uint32_t)taken.data[3] << 24;
}

static enum status decode_list(struct state_reader *reader, struct operator_state *state, struct error *error)
{
    struct bytes_view name = read_bytes(reader, read_u32(reader));
    uint32_t mode = read_u32(reader);
    uint32_t version = read_u32(reader);
    uint32_t num_items = read_u32(reader);
    if (reader->is_short || mode > LIST_STATE_BROADCAST || memchr(name.data, 0, name.size) != NULL)
        return error_set(error, STATUS_CORRUPT, "an operator state does not parse: bad list header");
    char *text = mem_strndup((const char *)name.data, name.size);
    bool is_new = operator_state_find(state, text) == NULL;
    struct list_state *list =
        is_new ? operator_state_add_list(state, text, (enum list_state_mode)mode, version) : NULL;
    free(text);
    if (!is_new)
        return error_set(error, STATUS_CORRUPT, "an operator state holds a list twice");
    for (uint32_t i = 0; i < num_items; i++) {
        struct bytes_view item = read_bytes(reader, read_u32(reader));
        if (reader->is_short)
            return error_set(error, STATUS_CORRUPT, "an operator state ends within list %s", list->name);
        list_state_append(list, item.data, item.size);
    }
    return STATUS_OK;
}

enum status operator_state_decode(struct bytes_view bytes, struct operator_state *ret_state,
                                  struct error *error)
{
    struct state_reader reader = {.bytes = bytes};
    uint32_t format = read_u32(&reader);
    uint32_t num_lists = read_u32(&reader);
    if (reader.is_short)
        return error_set(error, STATUS_CORRUPT, "an operator state of %zu bytes is too short", bytes.size);
    if (format != STATE_FORMAT)
        return error_set(error, STATUS_CORRUPT, "an operator state has format %u, known is %d", format,
                         STATE_FORMAT);
    struct operator_state state = {0};
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < num_lists && status == STATUS_OK; i++)
        status = decode_list(&reader, &state, error);
    if (status == STATUS_OK && reader.bytes.size != 0)
        status = error_set(error, STATUS_CORRUPT, "an operator state has %zu bytes behind its end",
                           reader.bytes.size);
    if (status != STATUS_OK) {
        operator_state_free(&state);
        return status;
    }
    *ret_state = state;
    return STATUS_OK;
}
