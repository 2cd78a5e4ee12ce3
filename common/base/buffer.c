#include "common/base/buffer.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
}

void buffer_reserve(struct buffer *buffer, size_t extra)
{
    CHECK(extra <= SIZE_MAX / 2 - buffer->size);
    size_t wanted = buffer->size + extra;
    if (wanted <= buffer->capacity)
        return;
    size_t capacity = buffer->capacity < 64 ? 64 : buffer->capacity * 2;
    if (capacity < wanted)
        capacity = wanted;
    buffer->data = mem_realloc(buffer->data, capacity);
    buffer->capacity = capacity;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    if (size == 0)
        return;
    buffer_reserve(buffer, size);
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

void buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
    buffer_reserve(buffer, 1);
    buffer->data[buffer->size++] = byte;
}

void buffer_append_zeros(struct buffer *buffer, size_t size)
{
    if (size == 0)
        return;
    buffer_reserve(buffer, size);
    memset(buffer->data + buffer->size, 0, size);
    buffer->size += size;
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    CHECK(size >= 0);
    buffer_reserve(buffer, (size_t)size + 1);
    vsnprintf((char *)buffer->data + buffer->size, (size_t)size + 1, format, again);
    va_end(again);
    buffer->size += (size_t)size;
}

void buffer_append_le32(struct buffer *buffer, uint32_t value)
{
    uint8_t bytes[4];
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    buffer_append(buffer, bytes, sizeof bytes);
}

void buffer_append_le64(struct buffer *buffer, uint64_t value)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    buffer_append(buffer, bytes, sizeof bytes);
}

char *buffer_text(struct buffer *buffer)
{
    buffer_reserve(buffer, 1);
    buffer->data[buffer->size] = 0;
    return (char *)buffer->data;
}

char *buffer_take(struct buffer *buffer, size_t *ret_size)
{
    char *text = buffer_text(buffer);
    if (ret_size != NULL)
        *ret_size = buffer->size;
    *buffer = (struct buffer){0};
    return text;
}

struct bytes_view buffer_view(const struct buffer *buffer)
{
    return (struct bytes_view){buffer->data, buffer->size};
}
