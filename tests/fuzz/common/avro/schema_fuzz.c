#include "common/avro/avro.h"

enum { BLOCK_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A schema up to the first zero byte, and behind it a value of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t text_size = 0;
    while (text_size < size && data[text_size] != 0)
        text_size++;
    struct arena *arena = arena_create(BLOCK_BYTES);
    struct error error = {0};
    const struct avro_schema *schema = NULL;
    if (avro_schema_parse((const char *)data, text_size, arena, &schema, &error) == STATUS_OK &&
        text_size < size) {
        struct bytes_view bytes = {.data = data + text_size + 1, .size = size - text_size - 1};
        struct avro_value value;
        enum status status = avro_decode(schema, &bytes, arena, &value, &error);
        (void)status;
    }
    arena_free(arena);
    return 0;
}
