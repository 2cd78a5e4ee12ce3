#include "common/iceberg/table_metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* vN.metadata.json, which another engine may have written. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    struct iceberg_table_metadata *metadata = NULL;
    struct bytes_view bytes = {.data = data, .size = size};
    if (iceberg_table_metadata_parse(bytes, &metadata, &error) == STATUS_OK)
        iceberg_table_metadata_unref(metadata);
    return 0;
}
