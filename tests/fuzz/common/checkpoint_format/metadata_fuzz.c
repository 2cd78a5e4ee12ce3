#include "common/checkpoint_format/checkpoint_metadata.h"

#include <string.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void append_u32(struct buffer *buffer, uint32_t value)
{
    buffer_append(buffer, &value, sizeof value);
}

static void append_u64(struct buffer *buffer, uint64_t value)
{
    buffer_append(buffer, &value, sizeof value);
}

static void decode(struct bytes_view bytes)
{
    struct error error = {0};
    struct checkpoint_metadata *metadata = NULL;
    if (checkpoint_metadata_decode(bytes, &metadata, &error) == STATUS_OK)
        checkpoint_metadata_unref(metadata);
}

/* The file as it is, and once more with the right frame and checksum around the input, since no fuzzer
 * guesses a checksum. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    decode((struct bytes_view){.data = data, .size = size});
    struct buffer framed = {0};
    buffer_append(&framed, "FRZCKPT1", 8);
    append_u32(&framed, 2);
    append_u64(&framed, size);
    buffer_append(&framed, data, size);
    append_u64(&framed, XXH3_64bits(framed.data, framed.size));
    decode((struct bytes_view){.data = framed.data, .size = framed.size});
    buffer_free(&framed);
    return 0;
}
