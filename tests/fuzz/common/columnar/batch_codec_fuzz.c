#include "common/columnar/batch_codec.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct schema *schema_of(const uint8_t *kinds, uint32_t count)
{
    struct schema *schema = schema_create(count);
    for (uint32_t i = 0; i < count; i++)
        schema_set_field(schema, i, "f", data_type_of((enum type_kind)(kinds[i] % TYPE_KIND_COUNT)));
    return schema;
}

/* The first bytes say which columns there are. What is taken encodes and is taken again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    struct schema *schema = schema_of(data + 1, data[0] % 4);
    struct record_batch *batch = NULL, *again = NULL;
    struct error error;
    if (batch_decode(schema, (struct bytes_view){data + 4, size - 4}, &batch, &error) == STATUS_OK) {
        record_batch_check(batch);
        size_t bytes = batch_encoded_bytes(batch, 0, batch->num_rows);
        uint8_t *encoded = mem_alloc(bytes);
        batch_encode(batch, 0, batch->num_rows, encoded);
        CHECK(batch_decode(schema, (struct bytes_view){encoded, bytes}, &again, &error) == STATUS_OK);
        CHECK(again->num_rows == batch->num_rows);
        free(encoded);
        record_batch_free(again);
        record_batch_free(batch);
    }
    schema_unref(schema);
    return 0;
}
