#include "common/avro/avro_internal.h"

#include <string.h>

void avro_put_long(struct buffer *buffer, int64_t value)
{
    uint64_t zigzag = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    while (zigzag >= 0x80) {
        buffer_append_byte(buffer, (uint8_t)(zigzag | 0x80));
        zigzag >>= 7;
    }
    buffer_append_byte(buffer, (uint8_t)zigzag);
}

void avro_put_bytes(struct buffer *buffer, const void *data, size_t size)
{
    avro_put_long(buffer, (int64_t)size);
    if (size > 0)
        buffer_append(buffer, data, size);
}

static enum status misfit(const struct avro_schema *schema, struct error *error)
{
    return error_set(error, STATUS_INVALID_ARGUMENT, "a value does not fit the Avro type '%s'",
                     schema->name != NULL ? schema->name : "(unnamed)");
}

static enum status encode_union(const struct avro_schema *schema, const struct avro_value *value,
                                struct buffer *buffer, struct error *error)
{
    for (uint32_t i = 0; i < schema->count; i++)
        if (schema->branches[i]->type == value->type) {
            avro_put_long(buffer, i);
            return avro_encode(schema->branches[i], value, buffer, error);
        }
    return misfit(schema, error);
}

static enum status encode_items(const struct avro_schema *schema, const struct avro_value *value,
                                struct buffer *buffer, struct error *error)
{
    enum status status = STATUS_OK;
    if (value->count > 0)
        avro_put_long(buffer, value->count);
    for (uint32_t i = 0; status == STATUS_OK && i < value->count; i++) {
        if (schema->type == AVRO_MAP)
            avro_put_bytes(buffer, value->keys[i].data, value->keys[i].size);
        status = avro_encode(schema->items, &value->children[i], buffer, error);
    }
    avro_put_long(buffer, 0);
    return status;
}

static enum status encode_fields(const struct avro_schema *schema, const struct avro_value *value,
                                 struct buffer *buffer, struct error *error)
{
    if (value->count != schema->count)
        return misfit(schema, error);
    for (uint32_t i = 0; i < schema->count; i++) {
        enum status status = avro_encode(schema->fields[i].schema, &value->children[i], buffer, error);
        if (status != STATUS_OK)
            return error_prefix(error, "field %s", schema->fields[i].name);
    }
    return STATUS_OK;
}

static void put_float(struct buffer *buffer, double real)
{
    float value = (float)real;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    buffer_append_le32(buffer, bits);
}

static void put_double(struct buffer *buffer, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    buffer_append_le64(buffer, bits);
}

enum status avro_encode(const struct avro_schema *schema, const struct avro_value *value,
                        struct buffer *buffer, struct error *error)
{
    if (schema->type == AVRO_UNION)
        return encode_union(schema, value, buffer, error);
    if (schema->type != value->type)
        return misfit(schema, error);
    switch (schema->type) {
    case AVRO_NULL: break;
    case AVRO_BOOLEAN: buffer_append_byte(buffer, value->boolean ? 1 : 0); break;
    case AVRO_INT:
    case AVRO_LONG:
    case AVRO_ENUM: avro_put_long(buffer, value->integer); break;
    case AVRO_FLOAT: put_float(buffer, value->real); break;
    case AVRO_DOUBLE: put_double(buffer, value->real); break;
    case AVRO_BYTES:
    case AVRO_STRING: avro_put_bytes(buffer, value->bytes.data, value->bytes.size); break;
    case AVRO_FIXED:
        if (value->bytes.size != schema->fixed_size)
            return misfit(schema, error);
        buffer_append(buffer, value->bytes.data, value->bytes.size);
        break;
    case AVRO_ARRAY:
    case AVRO_MAP: return encode_items(schema, value, buffer, error);
    case AVRO_RECORD: return encode_fields(schema, value, buffer, error);
    case AVRO_UNION: break;
    }
    return STATUS_OK;
}
