#include "common/iceberg/committable.h"

#include "common/base/check.h"
#include "common/base/hash.h"

#include <string.h>

/*
 * Layout, little endian: magic "FZIC", version u32, payload, CRC-32C of all before it. The payload is a flat
 * sequence of u32, u64 and length-prefixed bytes, in the order of the code below.
 */
static const char MAGIC[4] = {'F', 'Z', 'I', 'C'};
enum { VERSION = 1, HEADER_BYTES = 8, CRC_BYTES = 4 };
#define NULL_BYTES UINT32_MAX

static void put_bytes(struct buffer *buffer, struct bytes_view value)
{
    if (value.data == NULL) {
        buffer_append_le32(buffer, NULL_BYTES);
        return;
    }
    CHECK(value.size < NULL_BYTES);
    buffer_append_le32(buffer, (uint32_t)value.size);
    buffer_append(buffer, value.data, value.size);
}

static void put_text(struct buffer *buffer, const char *text)
{
    put_bytes(buffer, (struct bytes_view){(const uint8_t *)text, strlen(text)});
}

static void put_file(struct buffer *buffer, const struct iceberg_data_file *file)
{
    buffer_append_le32(buffer, (uint32_t)file->content);
    put_text(buffer, file->path);
    put_text(buffer, file->format);
    buffer_append_le64(buffer, (uint64_t)file->record_count);
    buffer_append_le64(buffer, (uint64_t)file->file_size_bytes);
    buffer_append_le32(buffer, (uint32_t)file->sort_order_id);
    put_bytes(buffer, file->key_metadata);
    buffer_append_le32(buffer, file->num_partition_values);
    for (uint32_t i = 0; i < file->num_partition_values; i++)
        put_bytes(buffer, file->partition_values[i]);
    buffer_append_le32(buffer, file->num_columns);
    for (uint32_t i = 0; i < file->num_columns; i++) {
        const struct iceberg_column_metrics *column = &file->columns[i];
        buffer_append_le32(buffer, (uint32_t)column->field_id);
        buffer_append_le64(buffer, (uint64_t)column->column_size);
        buffer_append_le64(buffer, (uint64_t)column->value_count);
        buffer_append_le64(buffer, (uint64_t)column->null_count);
        buffer_append_le64(buffer, (uint64_t)column->nan_count);
        put_bytes(buffer, column->lower_bound);
        put_bytes(buffer, column->upper_bound);
    }
    buffer_append_le32(buffer, file->num_split_offsets);
    for (uint32_t i = 0; i < file->num_split_offsets; i++)
        buffer_append_le64(buffer, (uint64_t)file->split_offsets[i]);
    buffer_append_le32(buffer, file->num_equality_ids);
    for (uint32_t i = 0; i < file->num_equality_ids; i++)
        buffer_append_le32(buffer, (uint32_t)file->equality_ids[i]);
}

void iceberg_committable_encode(const struct iceberg_committable *committable, struct buffer *buffer)
{
    size_t start = buffer->size;
    buffer_append(buffer, MAGIC, sizeof MAGIC);
    buffer_append_le32(buffer, VERSION);
    put_text(buffer, committable->table_uuid);
    buffer_append_le32(buffer, (uint32_t)committable->schema_id);
    buffer_append_le32(buffer, (uint32_t)committable->spec_id);
    buffer_append_le32(buffer, committable->num_files);
    for (uint32_t i = 0; i < committable->num_files; i++)
        put_file(buffer, &committable->files[i]);
    buffer_append_le32(buffer, hash_crc32c(0, buffer->data + start, buffer->size - start));
}

/* What is left to read; `failed` sticks, and then everything reads as zero. */
struct cursor {
    struct bytes_view rest;
    struct arena *arena;
    bool failed;
};

static uint64_t take_number(struct cursor *cursor, size_t size)
{
    uint64_t value = 0;
    if (cursor->failed || cursor->rest.size < size) {
        cursor->failed = true;
        return 0;
    }
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)cursor->rest.data[i] << (8 * i);
    cursor->rest.data += size;
    cursor->rest.size -= size;
    return value;
}

static uint32_t take_u32(struct cursor *cursor)
{
    return (uint32_t)take_number(cursor, 4);
}

static int64_t take_i64(struct cursor *cursor)
{
    return (int64_t)take_number(cursor, 8);
}

static struct bytes_view take_bytes(struct cursor *cursor)
{
    uint32_t size = take_u32(cursor);
    if (cursor->failed || size == NULL_BYTES)
        return (struct bytes_view){NULL, 0};
    if (size > cursor->rest.size) {
        cursor->failed = true;
        return (struct bytes_view){NULL, 0};
    }
    uint8_t *data = arena_alloc(cursor->arena, (size_t)size + 1);
    if (size > 0)
        memcpy(data, cursor->rest.data, size);
    data[size] = '\0';
    cursor->rest.data += size;
    cursor->rest.size -= size;
    return (struct bytes_view){data, size};
}

static const char *take_text(struct cursor *cursor)
{
    struct bytes_view text = take_bytes(cursor);
    return text.data != NULL ? (const char *)text.data : "";
}

/* A count of items that take at least item_bytes each, so that it cannot ask for more memory than there is
 * data. */
static uint32_t take_count(struct cursor *cursor, size_t item_bytes)
{
    uint32_t count = take_u32(cursor);
    if (count > cursor->rest.size / item_bytes)
        cursor->failed = true;
    return cursor->failed ? 0 : count;
}

static void take_columns(struct cursor *cursor, struct iceberg_data_file *file)
{
    enum { COLUMN_BYTES = 44 };
    file->num_columns = take_count(cursor, COLUMN_BYTES);
    struct iceberg_column_metrics *columns = arena_calloc(cursor->arena, file->num_columns, sizeof *columns);
    for (uint32_t i = 0; i < file->num_columns; i++) {
        columns[i].field_id = (int32_t)take_u32(cursor);
        columns[i].column_size = take_i64(cursor);
        columns[i].value_count = take_i64(cursor);
        columns[i].null_count = take_i64(cursor);
        columns[i].nan_count = take_i64(cursor);
        columns[i].lower_bound = take_bytes(cursor);
        columns[i].upper_bound = take_bytes(cursor);
    }
    file->columns = columns;
}

static void take_file(struct cursor *cursor, struct iceberg_data_file *file)
{
    uint32_t content = take_u32(cursor);
    if (content > ICEBERG_EQUALITY_DELETES)
        cursor->failed = true;
    file->content = cursor->failed ? ICEBERG_DATA : (enum iceberg_content)content;
    file->path = take_text(cursor);
    file->format = take_text(cursor);
    file->record_count = take_i64(cursor);
    file->file_size_bytes = take_i64(cursor);
    file->sort_order_id = (int32_t)take_u32(cursor);
    file->key_metadata = take_bytes(cursor);
    file->num_partition_values = take_count(cursor, 4);
    struct bytes_view *values = arena_calloc(cursor->arena, file->num_partition_values, sizeof *values);
    for (uint32_t i = 0; i < file->num_partition_values; i++)
        values[i] = take_bytes(cursor);
    file->partition_values = values;
    take_columns(cursor, file);
    file->num_split_offsets = take_count(cursor, 8);
    int64_t *offsets = arena_calloc(cursor->arena, file->num_split_offsets, sizeof *offsets);
    for (uint32_t i = 0; i < file->num_split_offsets; i++)
        offsets[i] = take_i64(cursor);
    file->split_offsets = offsets;
    file->num_equality_ids = take_count(cursor, 4);
    int32_t *ids = arena_calloc(cursor->arena, file->num_equality_ids, sizeof *ids);
    for (uint32_t i = 0; i < file->num_equality_ids; i++)
        ids[i] = (int32_t)take_u32(cursor);
    file->equality_ids = ids;
}

static enum status check_envelope(struct bytes_view bytes, struct error *error)
{
    if (bytes.size < HEADER_BYTES + CRC_BYTES || memcmp(bytes.data, MAGIC, sizeof MAGIC) != 0)
        return error_set(error, STATUS_CORRUPT, "not an Iceberg committable");
    struct cursor tail = {.rest = {bytes.data + bytes.size - CRC_BYTES, CRC_BYTES}};
    if (take_u32(&tail) != hash_crc32c(0, bytes.data, bytes.size - CRC_BYTES))
        return error_set(error, STATUS_CORRUPT, "an Iceberg committable of %zu bytes fails its checksum",
                         bytes.size);
    struct cursor version = {.rest = {bytes.data + sizeof MAGIC, 4}};
    uint32_t number = take_u32(&version);
    if (number != VERSION)
        return error_set(error, STATUS_UNSUPPORTED,
                         "an Iceberg committable of version %u: restore it with the version that wrote it",
                         number);
    return STATUS_OK;
}

enum status iceberg_committable_decode(struct bytes_view bytes, struct arena *arena,
                                       struct iceberg_committable *ret_committable, struct error *error)
{
    enum { FILE_BYTES = 48 };
    enum status status = check_envelope(bytes, error);
    if (status != STATUS_OK)
        return status;
    struct cursor cursor = {.rest = {bytes.data + HEADER_BYTES, bytes.size - HEADER_BYTES - CRC_BYTES},
                            .arena = arena};
    struct iceberg_committable committable = {.num_files = 0};
    const char *uuid = take_text(&cursor);
    if (strlen(uuid) >= sizeof committable.table_uuid)
        cursor.failed = true;
    else
        memcpy(committable.table_uuid, uuid, strlen(uuid) + 1);
    committable.schema_id = (int32_t)take_u32(&cursor);
    committable.spec_id = (int32_t)take_u32(&cursor);
    committable.num_files = take_count(&cursor, FILE_BYTES);
    struct iceberg_data_file *files = arena_calloc(arena, committable.num_files, sizeof *files);
    for (uint32_t i = 0; i < committable.num_files; i++)
        take_file(&cursor, &files[i]);
    committable.files = files;
    if (cursor.failed || cursor.rest.size != 0)
        return error_set(error, STATUS_CORRUPT, "an Iceberg committable that ends early or late");
    *ret_committable = committable;
    return STATUS_OK;
}
