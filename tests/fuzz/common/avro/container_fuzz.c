#include "common/avro/avro.h"

enum { BLOCK_BYTES = 4096, VALUES_MAX = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A container file, as manifests are: read to its end or refused. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    struct avro_reader *reader = NULL;
    struct bytes_view bytes = {.data = data, .size = size};
    if (avro_reader_create(bytes, &reader, &error) != STATUS_OK)
        return 0;
    struct arena *arena = arena_create(BLOCK_BYTES);
    struct avro_value value;
    for (int i = 0; i < VALUES_MAX && avro_reader_next(reader, arena, &value, &error) == STATUS_OK; i++) {
    }
    arena_free(arena);
    avro_reader_free(reader);
    return 0;
}
