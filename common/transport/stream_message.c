#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/transport/stream_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "sizes are read as they lie in memory");

enum { READ_BUFFER_BYTES = 16 * 1024 };

struct stream_message *stream_message_create(size_t size)
{
    struct stream_message *message = mem_alloc(sizeof *message + size);
    message->size = size;
    return message;
}

void stream_message_free(struct stream_message *message)
{
    free(message);
}

uint8_t *stream_message_bytes(struct stream_message *message)
{
    return message->bytes;
}

size_t stream_message_size(const struct stream_message *message)
{
    return message->size;
}

void stream_message_cut(struct stream_message *message, size_t size)
{
    CHECK(size <= message->size);
    message->size = size;
}

/* What was read of a connection and not yet used. */
struct stream_reader {
    int fd;
    size_t next, end;
    uint8_t buffer[READ_BUFFER_BYTES];
};

/* Waits until size bytes were read; false: the connection ended before. */
static bool read_all(int fd, uint8_t *target, size_t size)
{
    while (size > 0) {
        ssize_t count = recv(fd, target, size, MSG_WAITALL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        target += count;
        size -= (size_t)count;
    }
    return true;
}

/* As read_all, through the buffer: small messages come many at a time. */
static bool read_buffered(struct stream_reader *reader, uint8_t *target, size_t size)
{
    while (size > 0) {
        size_t left = reader->end - reader->next;
        if (left == 0 && size >= READ_BUFFER_BYTES)
            return read_all(reader->fd, target, size);
        if (left == 0) {
            ssize_t count = recv(reader->fd, reader->buffer, sizeof reader->buffer, 0);
            if (count < 0 && errno == EINTR)
                continue;
            if (count <= 0)
                return false;
            reader->next = 0;
            left = reader->end = (size_t)count;
        }
        size_t step = left < size ? left : size;
        memcpy(target, reader->buffer + reader->next, step);
        reader->next += step;
        target += step;
        size -= step;
    }
    return true;
}

struct stream_reader *stream_reader_create(int fd)
{
    struct stream_reader *reader = mem_calloc(1, sizeof *reader);
    reader->fd = fd;
    return reader;
}

void stream_reader_free(struct stream_reader *reader)
{
    free(reader);
}

bool stream_reader_begin(struct stream_reader *reader)
{
    uint8_t preface[STREAM_PREFACE_BYTES];
    return read_buffered(reader, preface, sizeof preface) &&
           memcmp(preface, STREAM_PREFACE, sizeof preface) == 0;
}

struct stream_message *stream_reader_next(struct stream_reader *reader)
{
    uint32_t size;
    if (!read_buffered(reader, (uint8_t *)&size, sizeof size) || size > TRANSPORT_MAX_MESSAGE_BYTES)
        return NULL;
    struct stream_message *message = stream_message_create(size);
    if (read_buffered(reader, message->bytes, size))
        return message;
    stream_message_free(message);
    return NULL;
}
