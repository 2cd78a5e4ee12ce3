#include "taskmanager/formats/json/json_decoder.h"

#include "common/base/check.h"

#include <string.h>

enum { MESSAGES_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *name;
    enum type_kind kind;
} fields[] = {
    {"b", TYPE_BOOLEAN}, {"i", TYPE_INT},    {"l", TYPE_BIGINT},         {"d", TYPE_DOUBLE},
    {"n", TYPE_DECIMAL}, {"s", TYPE_STRING}, {"dt", TYPE_DATE},          {"ts", TYPE_TIMESTAMP},
    {"y", TYPE_BYTES},   {"f", TYPE_FLOAT},  {"tz", TYPE_TIMESTAMP_LTZ}, {"user_id", TYPE_BIGINT},
};
enum { NUM_FIELDS = sizeof fields / sizeof *fields };

static struct schema *make_schema(void)
{
    struct schema *schema = schema_create(NUM_FIELDS);
    for (uint32_t i = 0; i < NUM_FIELDS; i++)
        schema_set_field(schema, i, fields[i].name, data_type_of(fields[i].kind));
    return schema;
}

/* Lines of records, twice over, so that what is learnt from one message is used on the next. Texts that came
 * out are read to their ends. */
static void decode(struct format_decoder *decoder, const struct format_message *messages, uint32_t count)
{
    struct vector *columns[NUM_FIELDS];
    for (uint32_t i = 0; i < NUM_FIELDS; i++)
        columns[i] = vector_create(data_type_of(fields[i].kind), count);
    struct format_failures failures = {0};
    uint32_t rows = format_decode(decoder, messages, count, columns, &failures);
    CHECK(rows + failures.count == count);
    const struct vector *texts = columns[5];
    for (uint32_t row = 0; row < rows; row++) {
        const struct string_value *text = &((const struct string_value *)texts->values)[row];
        if (texts->validity == NULL || validity_is_set(texts->validity, row))
            CHECK(string_value_compare(text, text) == 0);
    }
    format_failures_free(&failures);
    for (uint32_t i = 0; i < NUM_FIELDS; i++)
        vector_unref(columns[i]);
}

/* The first byte sets the options, each further line is a record. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct json_format_config config = {
        .fail_on_missing_field = (data[0] & 1) != 0,
        .timestamp_form = (data[0] & 2) != 0 ? JSON_TIMESTAMP_ISO8601 : JSON_TIMESTAMP_ANY,
    };
    struct format_message messages[MESSAGES_MAX];
    uint32_t count = 0;
    const char *at = (const char *)data + 1;
    const char *end = (const char *)data + size;
    while (at <= end && count < MESSAGES_MAX) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        line_end = line_end == NULL ? end : line_end;
        messages[count++] = (struct format_message){.data = at, .size = (size_t)(line_end - at)};
        at = line_end + 1;
    }
    struct schema *schema = make_schema();
    struct format_decoder *decoder = json_decoder_create(schema, &config);
    decode(decoder, messages, count);
    decode(decoder, messages, count);
    format_decoder_free(decoder);
    schema_unref(schema);
    return 0;
}
