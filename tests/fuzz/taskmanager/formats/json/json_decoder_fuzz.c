#include "taskmanager/formats/json/json_decoder.h"

#include <stdint.h>
#include <string.h>

enum { FIELDS = 9, MESSAGES_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct schema *schema_of_all_types(void)
{
    struct schema *schema = schema_create(FIELDS);
    schema_set_field(schema, 0, "a", data_type_of(TYPE_BIGINT));
    schema_set_field(schema, 1, "b", data_type_of(TYPE_STRING));
    schema_set_field(schema, 2, "c", data_type_of(TYPE_DOUBLE));
    schema_set_field(schema, 3, "d", data_type_decimal(20, 5));
    schema_set_field(schema, 4, "e", data_type_of(TYPE_BOOLEAN));
    schema_set_field(schema, 5, "f", data_type_of(TYPE_DATE));
    schema_set_field(schema, 6, "g", data_type_timestamp(TYPE_TIMESTAMP, 3));
    schema_set_field(schema, 7, "h", data_type_timestamp(TYPE_TIMESTAMP_LTZ, 6));
    schema_set_field(schema, 8, "i", data_type_of(TYPE_BYTES));
    return schema;
}

/* Lines are messages, so that one field order is learnt and met by the next message. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct schema *schema = schema_of_all_types();
    struct json_format_config config = {.timestamp_form = JSON_TIMESTAMP_ANY};
    struct format_decoder *decoder = json_decoder_create(schema, &config);
    struct format_message messages[MESSAGES_MAX];
    uint32_t count = 0;
    const char *text = (const char *)data;
    for (size_t left = size; count < MESSAGES_MAX;) {
        const char *end = left == 0 ? NULL : memchr(text, '\n', left);
        size_t line = end == NULL ? left : (size_t)(end - text);
        messages[count++] = (struct format_message){text, line};
        if (end == NULL)
            break;
        text += line + 1;
        left -= line + 1;
    }
    struct vector *columns[FIELDS];
    for (uint32_t i = 0; i < FIELDS; i++)
        columns[i] = vector_create(schema->fields[i].type, count);
    struct format_failures failures = {0};
    uint32_t rows = format_decode(decoder, messages, count, columns, &failures);
    if (rows + failures.count != count)
        __builtin_trap();
    for (uint32_t i = 0; i < FIELDS; i++)
        vector_unref(columns[i]);
    format_failures_free(&failures);
    format_decoder_free(decoder);
    schema_unref(schema);
    return 0;
}
