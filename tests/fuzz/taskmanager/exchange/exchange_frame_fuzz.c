#include "taskmanager/exchange/exchange_frame.h"

#include "common/base/hash.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_frame(struct stream_message *message)
{
    struct frame_head head;
    struct bytes_view payload;
    struct exchange_element element;
    struct error error;
    if (exchange_frame_open(message, &head, &payload, &error) == STATUS_OK && head.kind >= FRAME_BATCH)
        (void)!exchange_frame_read_element(&head, payload, &element, &error);
}

/* The bytes as they are, and once more with the magic, the sizes and the checksum right, which no fuzzer
 * guesses. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stream_message *message = stream_message_create(size);
    uint8_t *bytes = stream_message_bytes(message);
    if (size > 0)
        memcpy(bytes, data, size);
    open_frame(message);
    if (size >= FRAME_HEAD_BYTES) {
        uint32_t payload_bytes = (uint32_t)(size - FRAME_HEAD_BYTES);
        memcpy(bytes, "FRZX", 4);
        memcpy(bytes + 12, &payload_bytes, sizeof payload_bytes);
        memcpy(bytes + 16, &payload_bytes, sizeof payload_bytes);
        uint32_t crc = hash_crc32c(0, bytes + 8, size - 8);
        memcpy(bytes + 4, &crc, sizeof crc);
        open_frame(message);
    }
    stream_message_free(message);
    return 0;
}
