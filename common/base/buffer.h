#pragma once

#include "common/base/status.h"

#include <stddef.h>
#include <stdint.h>

/* A growing byte buffer that owns its bytes. A zeroed struct is an empty buffer. */
struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

/* Bytes that somebody else owns. */
struct bytes_view {
    const uint8_t *data;
    size_t size;
};

void buffer_free(struct buffer *buffer); /* the content; the struct is empty and usable after */
void buffer_clear(struct buffer *buffer);
void buffer_reserve(struct buffer *buffer, size_t extra); /* room for extra more bytes */
void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_append_byte(struct buffer *buffer, uint8_t byte);
void buffer_append_zeros(struct buffer *buffer, size_t size);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
void buffer_append_le32(struct buffer *buffer, uint32_t value);
void buffer_append_le64(struct buffer *buffer, uint64_t value);
/* The content as a C string: a NUL is put behind it, not counted. */
char *buffer_text(struct buffer *buffer);
/* Moves the content out, terminated by a NUL not counted; the caller frees it; the buffer is empty after. */
char *buffer_take(struct buffer *buffer, size_t *ret_size);
struct bytes_view buffer_view(const struct buffer *buffer);
