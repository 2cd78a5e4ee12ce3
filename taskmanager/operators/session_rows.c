#include "taskmanager/operators/window_session.h"

#include "taskmanager/operators/aggregate_calls.h"

#include <string.h>

/* The rows of a session: of each u32 size and the packed row, in the order in which they came. */
struct row_list {
    struct buffer bytes;
};

static void describe(const struct session_windows *windows, struct keyed_state_descriptor *descriptor,
                     struct buffer *value_type)
{
    static const uint32_t bytes_offset = offsetof(struct row_list, bytes);
    aggregate_keys_describe(windows->row_packer->types, windows->row_packer->num_columns, value_type);
    descriptor->name = "session-rows";
    descriptor->value_type = buffer_text(value_type);
    descriptor->value_size = sizeof(struct row_list);
    descriptor->buffer_offsets = &bytes_offset;
    descriptor->num_buffers = 1;
}

static enum status add(struct session_windows *windows, const struct record_batch *batch, uint32_t count,
                       struct error *error)
{
    (void)error;
    row_packer_pack(windows->row_packer, batch, NULL);
    for (uint32_t i = 0; i < count; i++) {
        struct bytes_view row = windows->row_packer->rows[windows->kept_rows[i]];
        struct row_list *list = windows->states[i];
        buffer_append_le32(&list->bytes, (uint32_t)row.size);
        buffer_append(&list->bytes, row.data, row.size);
    }
    return STATUS_OK;
}

static enum status merge(struct session_windows *windows, void *target, const void *source,
                         struct error *error)
{
    struct row_list *into = target;
    const struct row_list *from = source;
    (void)windows;
    (void)error;
    buffer_append(&into->bytes, from->bytes.data, from->bytes.size);
    return STATUS_OK;
}

/* A list that ends within a row gives an empty view for it, which no row unpacks from. */
static struct bytes_view take_row(const struct row_list *list, size_t *offset)
{
    uint32_t size;
    size_t left = list->bytes.size - *offset;
    const uint8_t *at = list->bytes.data + *offset;
    if (left >= sizeof size) {
        memcpy(&size, at, sizeof size);
        if (size <= left - sizeof size) {
            *offset += sizeof size + size;
            return (struct bytes_view){at + sizeof size, size};
        }
    }
    *offset = list->bytes.size;
    return (struct bytes_view){at, 0};
}

static bool collect(struct session_windows *windows, const struct due_session *session, void *state)
{
    const struct row_list *list = state;
    size_t *offset = &windows->firing.due.offset;
    while (*offset < list->bytes.size && !window_rows_is_full(&windows->rows))
        window_rows_add(&windows->rows, take_row(list, offset), NULL, session->session.start,
                        session->session.end);
    return *offset == list->bytes.size;
}

static enum status make_batch(struct session_windows *windows, struct record_batch **ret_batch,
                              struct error *error)
{
    static const enum plan_window_property properties[] = {PLAN_WINDOW_START, PLAN_WINDOW_END,
                                                           PLAN_WINDOW_TIME};
    const struct schema *output = windows->base.output;
    struct record_batch *batch = record_batch_create(output, windows->rows.count);
    enum status status = row_packer_unpack(windows->row_packer, windows->rows.keys, windows->rows.count,
                                           batch->columns, error);
    if (status != STATUS_OK) {
        record_batch_free(batch);
        return status;
    }
    uint32_t first = windows->row_packer->num_columns;
    for (uint32_t i = 0; i < sizeof properties / sizeof *properties; i++)
        batch->columns[first + i] = window_rows_make_property(&windows->rows, &windows->base, properties[i],
                                                              output->fields[first + i].type);
    windows->rows.count = 0;
    *ret_batch = batch;
    return STATUS_OK;
}

static const struct session_content rows = {describe, add, merge, collect, make_batch};

const struct session_content *session_rows(void)
{
    return &rows;
}
