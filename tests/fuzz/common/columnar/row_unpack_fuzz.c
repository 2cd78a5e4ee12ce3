#include "common/base/check.h"
#include "common/columnar/row_packer.h"

enum { NUM_COLUMNS = 9 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Rows out of files of state. What unpacks packs to the same bytes, but for -0.0 and NaNs: no such column. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum type_kind kinds[NUM_COLUMNS] = {TYPE_BOOLEAN, TYPE_INT,    TYPE_STRING,
                                                      TYPE_BIGINT,  TYPE_NULL,   TYPE_DECIMAL,
                                                      TYPE_DATE,    TYPE_STRING, TYPE_TIMESTAMP};
    struct data_type types[NUM_COLUMNS];
    struct schema *schema = schema_create(NUM_COLUMNS);
    for (uint32_t i = 0; i < NUM_COLUMNS; i++) {
        types[i] = data_type_of(kinds[i]);
        schema_set_field(schema, i, "f", types[i]);
    }
    struct row_packer *packer = row_packer_create(types, NUM_COLUMNS);
    struct record_batch *batch = record_batch_create(schema, 1);
    struct bytes_view row = {data, size};
    struct error error;
    if (row_packer_unpack(packer, &row, 1, batch->columns, &error) == STATUS_OK) {
        row_packer_pack(packer, batch, NULL);
        CHECK(packer->rows[0].size == size && memcmp(packer->rows[0].data, data, size) == 0);
    }
    record_batch_free(batch);
    row_packer_free(packer);
    schema_unref(schema);
    return 0;
}
