#include "taskmanager/state/row_codec_internal.h"

#include "common/base/check.h"
#include "taskmanager/state/rocksdb_backend/rocksdb_store.h"

#include <string.h>

static void put_big_endian(uint8_t *out, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

static uint64_t get_big_endian(const uint8_t *data, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | data[i];
    return value;
}

void row_key_prefix_encode(uint32_t key_group, int64_t namespace_, uint8_t prefix[ROW_KEY_PREFIX_BYTES])
{
    put_big_endian(prefix, key_group, 2);
    put_big_endian(prefix + 2, (uint64_t)namespace_ ^ (uint64_t)1 << 63, 8);
}

enum status row_key_decode(struct bytes_view stored, uint32_t *ret_key_group, int64_t *ret_namespace,
                           struct bytes_view *ret_key, struct error *error)
{
    if (stored.size < ROW_KEY_PREFIX_BYTES)
        return error_set(error, STATUS_CORRUPT, "a key of %zu bytes is none of keyed state", stored.size);
    *ret_key_group = (uint32_t)get_big_endian(stored.data, 2);
    *ret_namespace = (int64_t)(get_big_endian(stored.data + 2, 8) ^ (uint64_t)1 << 63);
    *ret_key = (struct bytes_view){stored.data + ROW_KEY_PREFIX_BYTES, stored.size - ROW_KEY_PREFIX_BYTES};
    return STATUS_OK;
}

bool row_key_prefix_next(uint8_t prefix[ROW_KEY_PREFIX_BYTES])
{
    for (unsigned i = ROW_KEY_PREFIX_BYTES; i > 0; i--)
        if (++prefix[i - 1] != 0)
            return true;
    return false;
}

void row_key_encode(const struct row_table *table, const struct row *row, uint8_t *out)
{
    const struct row_partition *partition = row_chunk_of(row)->partition;
    row_key_prefix_encode(partition->key_group, partition->namespace_, out);
    memcpy(out + ROW_KEY_PREFIX_BYTES, row_key(table, row), row->key_size);
}

static const struct buffer *buffer_at(const struct row_table *table, const struct row *row, uint32_t index)
{
    return (const struct buffer *)(const void *)(row_value(row) + table->buffer_offsets[index]);
}

static uint32_t plain_bytes(const struct row_table *table)
{
    return table->value_size - table->num_buffers * (uint32_t)sizeof(struct buffer);
}

size_t row_value_encoded_size(const struct row_table *table, const struct row *row)
{
    size_t size = 1 + (table->stamp_offset > 0 ? 8 : 0) + plain_bytes(table) + 4 * (size_t)table->num_buffers;
    for (uint32_t i = 0; i < table->num_buffers; i++)
        size += buffer_at(table, row, i)->size;
    CHECK(size < UINT32_MAX);
    return size;
}

/* The parts of a value between its buffers, one after the other. */
struct plain_part {
    uint32_t begin, end;
};

static struct plain_part plain_part_at(const struct row_table *table, uint32_t index)
{
    return (struct plain_part){
        index == 0 ? 0 : table->buffer_offsets[index - 1] + (uint32_t)sizeof(struct buffer),
        index == table->num_buffers ? table->value_size : table->buffer_offsets[index],
    };
}

void row_value_encode(const struct row_table *table, const struct row *row, uint8_t *out)
{
    *out++ = table->stamp_offset > 0 ? ROCKSDB_VALUE_STAMPED : 0;
    if (table->stamp_offset > 0) {
        uint64_t stamp = (uint64_t)*row_stamp(table, row);
        for (unsigned i = 0; i < 8; i++)
            *out++ = (uint8_t)(stamp >> 8 * i);
    }
    for (uint32_t i = 0; i <= table->num_buffers; i++) {
        struct plain_part part = plain_part_at(table, i);
        memcpy(out, row_value(row) + part.begin, part.end - part.begin);
        out += part.end - part.begin;
    }
    for (uint32_t i = 0; i < table->num_buffers; i++) {
        const struct buffer *buffer = buffer_at(table, row, i);
        for (unsigned k = 0; k < 4; k++)
            *out++ = (uint8_t)(buffer->size >> 8 * k);
        if (buffer->size > 0)
            memcpy(out, buffer->data, buffer->size);
        out += buffer->size;
    }
}

int64_t row_value_stamp(struct bytes_view stored)
{
    if (stored.size < ROCKSDB_VALUE_STAMP_OFFSET + 8 || (stored.data[0] & ROCKSDB_VALUE_STAMPED) == 0)
        return INT64_MAX;
    uint64_t stamp = 0;
    for (unsigned i = 0; i < 8; i++)
        stamp |= (uint64_t)stored.data[ROCKSDB_VALUE_STAMP_OFFSET + i] << 8 * i;
    return (int64_t)stamp;
}

static bool decode_buffers(struct row_table *table, struct row *row, struct bytes_view *rest)
{
    for (uint32_t i = 0; i < table->num_buffers; i++) {
        if (rest->size < 4)
            return false;
        uint32_t size = (uint32_t)rest->data[0] | (uint32_t)rest->data[1] << 8 |
                        (uint32_t)rest->data[2] << 16 | (uint32_t)rest->data[3] << 24;
        rest->data += 4;
        rest->size -= 4;
        if (rest->size < size)
            return false;
        buffer_append((struct buffer *)(void *)(row_value(row) + table->buffer_offsets[i]), rest->data, size);
        rest->data += size;
        rest->size -= size;
    }
    return true;
}

enum status row_value_decode(struct row_table *table, struct row *row, struct bytes_view stored,
                             int64_t now_ms, struct error *error)
{
    size_t head = stored.size > 0 && (stored.data[0] & ROCKSDB_VALUE_STAMPED) != 0 ? 9 : 1;
    if (stored.size < head + plain_bytes(table) || stored.data[0] > ROCKSDB_VALUE_STAMPED)
        return error_set(error, STATUS_CORRUPT, "a value of %zu bytes is none of this state", stored.size);
    if (table->stamp_offset > 0)
        *row_stamp(table, row) = head > 1 ? row_value_stamp(stored) : now_ms;
    struct bytes_view rest = {stored.data + head, stored.size - head};
    for (uint32_t i = 0; i <= table->num_buffers; i++) {
        struct plain_part part = plain_part_at(table, i);
        memcpy(row_value(row) + part.begin, rest.data, part.end - part.begin);
        rest.data += part.end - part.begin;
        rest.size -= part.end - part.begin;
    }
    bool is_whole = decode_buffers(table, row, &rest) && rest.size == 0;
    if (table->content_offset > 0) {
        *row_content_bytes(table, row) = row_content(table, row);
        table->content_bytes += *row_content_bytes(table, row);
    }
    if (is_whole)
        return STATUS_OK;
    row_reset_value(table, row);
    return error_set(error, STATUS_CORRUPT, "a value of %zu bytes is none of this state", stored.size);
}
