#include "taskmanager/operators/ranked_rows.h"

#include "common/base/check.h"
#include "taskmanager/operators/sort_key.h"

#include <string.h>

enum { ENTRY_HEAD_BYTES = 8, MIN_GARBAGE_BYTES = 512 };

static uint32_t read_u32(const struct ranked_rows *rows, size_t offset)
{
    uint32_t value;
    CHECK(offset + sizeof value <= rows->entries.size);
    memcpy(&value, rows->entries.data + offset, sizeof value);
    return value;
}

static size_t entry_size(const struct ranked_rows *rows, uint32_t offset)
{
    return ENTRY_HEAD_BYTES + (size_t)read_u32(rows, offset) + read_u32(rows, offset + 4);
}

uint32_t ranked_rows_offset(const struct ranked_rows *rows, uint32_t position)
{
    uint32_t offset;
    CHECK(position < ranked_rows_count(rows));
    memcpy(&offset, rows->order.data + position * sizeof offset, sizeof offset);
    return offset;
}

struct bytes_view ranked_rows_key(const struct ranked_rows *rows, uint32_t offset)
{
    return (struct bytes_view){rows->entries.data + offset + ENTRY_HEAD_BYTES, read_u32(rows, offset)};
}

struct bytes_view ranked_rows_row(const struct ranked_rows *rows, uint32_t offset)
{
    uint32_t key_size = read_u32(rows, offset);
    return (struct bytes_view){rows->entries.data + offset + ENTRY_HEAD_BYTES + key_size,
                               read_u32(rows, offset + 4)};
}

int ranked_rows_compare(const struct ranked_rows *rows, uint32_t a, uint32_t b)
{
    if (a == b)
        return 0;
    int order = sort_key_compare(ranked_rows_key(rows, a), ranked_rows_key(rows, b));
    if (order != 0)
        return order;
    return a < b ? -1 : 1;
}

/* The first position whose key is not below key, or, behind it, is above. */
static uint32_t find_position(const struct ranked_rows *rows, struct bytes_view key, bool is_behind)
{
    uint32_t low = 0, high = ranked_rows_count(rows);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = sort_key_compare(ranked_rows_key(rows, ranked_rows_offset(rows, middle)), key);
        if (order < 0 || (is_behind && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum status ranked_rows_insert(struct ranked_rows *rows, struct bytes_view key, struct bytes_view row,
                               struct error *error)
{
    size_t offset = rows->entries.size;
    if (key.size > UINT32_MAX || row.size > UINT32_MAX ||
        offset + ENTRY_HEAD_BYTES + key.size + row.size > UINT32_MAX)
        return error_set(error, STATUS_EXHAUSTED, "the rows that are kept of one partition exceed 4 GiB");
    size_t at = find_position(rows, key, true) * sizeof(uint32_t);
    buffer_append_le32(&rows->entries, (uint32_t)key.size);
    buffer_append_le32(&rows->entries, (uint32_t)row.size);
    buffer_append(&rows->entries, key.data, key.size);
    buffer_append(&rows->entries, row.data, row.size);
    buffer_append_zeros(&rows->order, sizeof(uint32_t));
    uint8_t *place = rows->order.data + at;
    memmove(place + sizeof(uint32_t), place, rows->order.size - at - sizeof(uint32_t));
    memcpy(place, &(uint32_t){(uint32_t)offset}, sizeof(uint32_t));
    return STATUS_OK;
}

bool ranked_rows_remove(struct ranked_rows *rows, struct bytes_view key, struct bytes_view row)
{
    uint32_t count = ranked_rows_count(rows);
    for (uint32_t i = find_position(rows, key, false); i < count; i++) {
        uint32_t offset = ranked_rows_offset(rows, i);
        struct bytes_view other = ranked_rows_row(rows, offset);
        if (sort_key_compare(ranked_rows_key(rows, offset), key) != 0)
            return false;
        if (other.size != row.size || memcmp(other.data, row.data, row.size) != 0)
            continue;
        uint8_t *place = rows->order.data + i * sizeof offset;
        memmove(place, place + sizeof offset, (count - i - 1) * sizeof offset);
        rows->order.size -= sizeof offset;
        rows->garbage_bytes += (int64_t)entry_size(rows, offset);
        return true;
    }
    return false;
}

void ranked_rows_truncate(struct ranked_rows *rows, uint32_t count)
{
    for (uint32_t i = count; i < ranked_rows_count(rows); i++)
        rows->garbage_bytes += (int64_t)entry_size(rows, ranked_rows_offset(rows, i));
    if (count < ranked_rows_count(rows))
        rows->order.size = count * sizeof(uint32_t);
}

void ranked_rows_compact(struct ranked_rows *rows)
{
    size_t size = rows->entries.size;
    if (rows->garbage_bytes < MIN_GARBAGE_BYTES || (size_t)rows->garbage_bytes * 2 < size)
        return;
    struct buffer entries = {0};
    buffer_reserve(&entries, size - (size_t)rows->garbage_bytes);
    for (uint32_t i = 0; i < ranked_rows_count(rows); i++) {
        uint32_t offset = ranked_rows_offset(rows, i);
        uint32_t moved = (uint32_t)entries.size;
        buffer_append(&entries, rows->entries.data + offset, entry_size(rows, offset));
        memcpy(rows->order.data + i * sizeof moved, &moved, sizeof moved);
    }
    buffer_free(&rows->entries);
    rows->entries = entries;
    rows->garbage_bytes = 0;
}
