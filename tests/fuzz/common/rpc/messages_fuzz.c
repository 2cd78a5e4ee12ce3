#include "common/rpc/messages.h"

enum { BLOCK_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DECODE(number, message)                                                                              \
    case number: {                                                                                           \
        struct rpc_##message decoded;                                                                        \
        status = rpc_##message##_decode(bytes, arena, &decoded, &error);                                     \
        break;                                                                                               \
    }

/* The first byte chooses the message, the rest is what came from the network. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct bytes_view bytes = {.data = data + 1, .size = size - 1};
    struct arena *arena = arena_create(BLOCK_BYTES);
    struct error error = {0};
    enum status status = STATUS_OK;
    switch (data[0] % 12) {
        DECODE(0, register)
        DECODE(1, register_reply)
        DECODE(2, heartbeat)
        DECODE(3, heartbeat_reply)
        DECODE(4, task_state)
        DECODE(5, acknowledge)
        DECODE(6, decline)
        DECODE(7, collect)
        DECODE(8, deploy)
        DECODE(9, cancel_task)
        DECODE(10, trigger_checkpoint)
        DECODE(11, notify_checkpoint)
    }
    (void)status;
    arena_free(arena);
    return 0;
}
