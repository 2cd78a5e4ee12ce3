#include "common/parquet/thrift_compact.h"

#include "common/base/check.h"

#include <string.h>

static void append_varint(struct buffer *buffer, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buffer_append_byte(buffer, (uint8_t)(value | 0x80));
    buffer_append_byte(buffer, (uint8_t)value);
}

static uint64_t zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static void append_header(struct thrift_writer *writer, int16_t id, enum thrift_type type)
{
    int delta = id - writer->last_id;
    CHECK(delta > 0);
    if (delta <= 15) {
        buffer_append_byte(writer->buffer, (uint8_t)(delta << 4 | (int)type));
    } else {
        buffer_append_byte(writer->buffer, (uint8_t)type);
        append_varint(writer->buffer, zigzag(id));
    }
    writer->last_id = id;
}

void thrift_write_bool(struct thrift_writer *writer, int16_t id, bool value)
{
    append_header(writer, id, value ? THRIFT_TRUE : THRIFT_FALSE);
}

void thrift_write_i16(struct thrift_writer *writer, int16_t id, int16_t value)
{
    append_header(writer, id, THRIFT_I16);
    append_varint(writer->buffer, zigzag(value));
}

void thrift_write_i32(struct thrift_writer *writer, int16_t id, int32_t value)
{
    append_header(writer, id, THRIFT_I32);
    append_varint(writer->buffer, zigzag(value));
}

void thrift_write_i64(struct thrift_writer *writer, int16_t id, int64_t value)
{
    append_header(writer, id, THRIFT_I64);
    append_varint(writer->buffer, zigzag(value));
}

void thrift_write_binary(struct thrift_writer *writer, int16_t id, const void *data, size_t size)
{
    append_header(writer, id, THRIFT_BINARY);
    append_varint(writer->buffer, size);
    buffer_append(writer->buffer, data, size);
}

void thrift_write_text(struct thrift_writer *writer, int16_t id, const char *text)
{
    thrift_write_binary(writer, id, text, strlen(text));
}

void thrift_write_list(struct thrift_writer *writer, int16_t id, enum thrift_type type, uint32_t count)
{
    append_header(writer, id, THRIFT_LIST);
    if (count < 15) {
        buffer_append_byte(writer->buffer, (uint8_t)(count << 4 | type));
    } else {
        buffer_append_byte(writer->buffer, (uint8_t)(0xF0 | type));
        append_varint(writer->buffer, count);
    }
}

void thrift_element_i32(struct thrift_writer *writer, int32_t value)
{
    append_varint(writer->buffer, zigzag(value));
}

void thrift_element_text(struct thrift_writer *writer, const char *text)
{
    size_t size = strlen(text);
    append_varint(writer->buffer, size);
    buffer_append(writer->buffer, text, size);
}

struct thrift_writer thrift_begin_struct(struct thrift_writer *writer, int16_t id)
{
    append_header(writer, id, THRIFT_STRUCT);
    return (struct thrift_writer){.buffer = writer->buffer};
}

struct thrift_writer thrift_begin_element(struct buffer *buffer)
{
    return (struct thrift_writer){.buffer = buffer};
}

void thrift_end_struct(struct thrift_writer *writer)
{
    buffer_append_byte(writer->buffer, 0);
}
