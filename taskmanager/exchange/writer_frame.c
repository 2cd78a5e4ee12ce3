#include "taskmanager/exchange/writer_internal.h"

#include "common/base/check.h"
#include "common/columnar/batch_codec.h"

#include <lz4.h>
#include <string.h>

/* A batch smaller than this is not worth the time. */
enum { COMPRESS_MIN_BYTES = 512 };

/* NULL: it does not get smaller. */
static struct stream_message *create_packed(const struct buffer *encoded)
{
    int bound = LZ4_compressBound((int)encoded->size);
    struct stream_message *message = exchange_frame_create((size_t)bound);
    char *target = (char *)stream_message_bytes(message) + FRAME_HEAD_BYTES;
    int size = LZ4_compress_default((const char *)encoded->data, target, (int)encoded->size, bound);
    if (size > 0 && (size_t)size < encoded->size) {
        stream_message_cut(message, FRAME_HEAD_BYTES + (size_t)size);
        return message;
    }
    stream_message_free(message);
    return NULL;
}

struct stream_message *writer_create_frame(struct exchange_writer *writer, const struct record_batch *batch,
                                           uint32_t first, uint32_t rows, size_t bytes,
                                           struct frame_head *head)
{
    struct stream_message *message = NULL;
    head->kind = FRAME_BATCH;
    if (writer->hub->options.compresses && bytes >= COMPRESS_MIN_BYTES) {
        buffer_clear(&writer->encoded);
        buffer_reserve(&writer->encoded, bytes);
        writer->encoded.size = bytes;
        batch_encode(batch, first, rows, writer->encoded.data);
        message = create_packed(&writer->encoded);
    }
    if (message != NULL) {
        head->flags = FRAME_IS_LZ4;
        head->unpacked_bytes = (uint32_t)bytes;
    } else {
        message = exchange_frame_create(bytes);
        batch_encode(batch, first, rows, stream_message_bytes(message) + FRAME_HEAD_BYTES);
    }
    exchange_frame_seal(message, head);
    return message;
}
