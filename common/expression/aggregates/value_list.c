#include "common/expression/aggregates/value_list.h"

#include <string.h>

/* An entry: u32 size of the value, its top bit set when it is owed, then the value. */
enum { ENTRY_HEAD_BYTES = 4 };
static const uint32_t owed_bit = UINT32_C(1) << 31;

static size_t entry_size(const struct bytes_view *value)
{
    return ENTRY_HEAD_BYTES + value->size;
}

/* Offset of the first entry equal to value; the list's size when there is none. */
static size_t find(const struct value_list *list, struct bytes_view value, bool is_owed)
{
    struct value_list_cursor cursor = {0};
    struct bytes_view entry;
    bool entry_is_owed;
    size_t offset = 0;
    while (value_list_next(list, &cursor, &entry, &entry_is_owed)) {
        if (entry_is_owed == is_owed && entry.size == value.size &&
            memcmp(entry.data, value.data, value.size) == 0)
            return offset;
        offset = cursor.offset;
    }
    return list->values.size;
}

static void take_out(struct value_list *list, size_t offset, size_t size)
{
    size_t end = offset + size;
    memmove(list->values.data + offset, list->values.data + end, list->values.size - end);
    list->values.size -= size;
}

static enum status append(struct value_list *list, struct bytes_view value, bool is_owed, struct error *error)
{
    if (value.size >= owed_bit || list->values.size >= owed_bit - value.size)
        return error_set(error, STATUS_EXHAUSTED,
                         "the values that one group keeps for an aggregate function exceed 2 GiB");
    buffer_append_le32(&list->values, (uint32_t)value.size | (is_owed ? owed_bit : 0));
    buffer_append(&list->values, value.data, value.size);
    return STATUS_OK;
}

enum status value_list_append(struct value_list *list, struct bytes_view value, struct error *error)
{
    size_t owed = list->num_owed > 0 ? find(list, value, true) : list->values.size;
    if (owed < list->values.size) {
        take_out(list, owed, entry_size(&value));
        list->num_owed--;
        return STATUS_OK;
    }
    enum status status = append(list, value, false, error);
    if (status == STATUS_OK)
        list->num_values++;
    return status;
}

enum status value_list_remove(struct value_list *list, struct bytes_view value, struct error *error)
{
    size_t offset = find(list, value, false);
    if (offset < list->values.size) {
        take_out(list, offset, entry_size(&value));
        list->num_values--;
        return STATUS_OK;
    }
    enum status status = append(list, value, true, error);
    if (status == STATUS_OK)
        list->num_owed++;
    return status;
}

bool value_list_next(const struct value_list *list, struct value_list_cursor *cursor,
                     struct bytes_view *ret_value, bool *ret_is_owed)
{
    size_t left = list->values.size - cursor->offset;
    if (left == 0)
        return false;
    uint32_t head = 0;
    if (left >= ENTRY_HEAD_BYTES)
        memcpy(&head, list->values.data + cursor->offset, ENTRY_HEAD_BYTES);
    uint32_t size = head & ~owed_bit;
    if (left < ENTRY_HEAD_BYTES || left - ENTRY_HEAD_BYTES < size) {
        cursor->is_corrupt = true;
        return false;
    }
    *ret_value = (struct bytes_view){list->values.data + cursor->offset + ENTRY_HEAD_BYTES, size};
    *ret_is_owed = (head & owed_bit) != 0;
    cursor->offset += ENTRY_HEAD_BYTES + size;
    return true;
}

bool value_list_is_sound(const struct value_list *list)
{
    struct value_list_cursor cursor = {0};
    struct bytes_view value;
    bool is_owed;
    int64_t num_values = 0, num_owed = 0;
    while (value_list_next(list, &cursor, &value, &is_owed))
        *(is_owed ? &num_owed : &num_values) += 1;
    return !cursor.is_corrupt && num_values == list->num_values && num_owed == list->num_owed;
}

enum status value_list_merge(struct value_list *target, const struct value_list *source, struct error *error)
{
    struct value_list_cursor cursor = {0};
    struct bytes_view bytes;
    bool is_owed;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && value_list_next(source, &cursor, &bytes, &is_owed))
        status = is_owed ? value_list_remove(target, bytes, error) : value_list_append(target, bytes, error);
    return status;
}
