#include "common/iceberg/committable.h"

enum { BLOCK_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a taskmanager sends, and what a checkpoint's file holds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(BLOCK_BYTES);
    struct error error = {0};
    struct iceberg_committable committable;
    struct bytes_view bytes = {.data = data, .size = size};
    enum status status = iceberg_committable_decode(bytes, arena, &committable, &error);
    (void)status;
    arena_free(arena);
    return 0;
}
