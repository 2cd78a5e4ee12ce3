#include "common/avro/avro_internal.h"

#include <string.h>

/* A value nested deeper is refused, also where the schema is recursive. */
enum { MAX_DEPTH = 64 };
/* Items that take no bytes (null, empty records) could be claimed without end. */
enum { MAX_EMPTY_ITEMS = 1 << 16 };

struct avro_value avro_null(void)
{
    return (struct avro_value){.type = AVRO_NULL};
}

struct avro_value avro_boolean(bool value)
{
    return (struct avro_value){.type = AVRO_BOOLEAN, .boolean = value};
}

struct avro_value avro_int(int32_t value)
{
    return (struct avro_value){.type = AVRO_INT, .integer = value};
}

struct avro_value avro_long(int64_t value)
{
    return (struct avro_value){.type = AVRO_LONG, .integer = value};
}

struct avro_value avro_float(float value)
{
    return (struct avro_value){.type = AVRO_FLOAT, .real = (double)value};
}

struct avro_value avro_double(double value)
{
    return (struct avro_value){.type = AVRO_DOUBLE, .real = value};
}

struct avro_value avro_bytes(const void *data, size_t size)
{
    return (struct avro_value){.type = AVRO_BYTES, .bytes = {data, size}};
}

struct avro_value avro_string(const char *text)
{
    return (struct avro_value){.type = AVRO_STRING, .bytes = {(const uint8_t *)text, strlen(text)}};
}

struct avro_value avro_fixed(const void *data, size_t size)
{
    return (struct avro_value){.type = AVRO_FIXED, .bytes = {data, size}};
}

struct avro_value avro_record(struct arena *arena, uint32_t num_fields)
{
    return (struct avro_value){.type = AVRO_RECORD,
                               .count = num_fields,
                               .children = arena_calloc(arena, num_fields, sizeof(struct avro_value))};
}

struct avro_value avro_array(struct arena *arena, uint32_t count)
{
    struct avro_value value = avro_record(arena, count);
    value.type = AVRO_ARRAY;
    return value;
}

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

bool avro_take_long(struct bytes_view *bytes, int64_t *ret_value)
{
    uint64_t zigzag = 0;
    for (unsigned shift = 0; shift < 70 && bytes->size > 0; shift += 7) {
        uint8_t byte = *bytes->data;
        bytes->data++;
        bytes->size--;
        if (shift == 63 && byte > 1)
            return false;
        zigzag |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *ret_value = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
            return true;
        }
    }
    return false;
}

static bool take(struct bytes_view *bytes, uint64_t size, struct bytes_view *ret_value)
{
    if (size > bytes->size)
        return false;
    *ret_value = (struct bytes_view){bytes->data, (size_t)size};
    bytes->data += size;
    bytes->size -= (size_t)size;
    return true;
}

bool avro_take_bytes(struct bytes_view *bytes, struct bytes_view *ret_value)
{
    int64_t size;
    return avro_take_long(bytes, &size) && size >= 0 && take(bytes, (uint64_t)size, ret_value);
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

static enum status corrupt(struct error *error, const char *what)
{
    return error_set(error, STATUS_CORRUPT, "corrupt Avro data: %s", what);
}

static enum status decode(const struct avro_schema *schema, struct bytes_view *bytes, struct arena *arena,
                          unsigned depth, struct avro_value *value, struct error *error);

/* Items come in blocks; a negative count is followed by the block's size in bytes. */
static enum status decode_items(const struct avro_schema *schema, struct bytes_view *bytes,
                                struct arena *arena, unsigned depth, struct avro_value *value,
                                struct error *error)
{
    uint32_t capacity = 0;
    for (;;) {
        int64_t block;
        int64_t ignored;
        if (!avro_take_long(bytes, &block) || block == INT64_MIN)
            return corrupt(error, "an array that ends early");
        if (block == 0)
            return STATUS_OK;
        if (block < 0 && !avro_take_long(bytes, &ignored))
            return corrupt(error, "an array that ends early");
        uint64_t count = (uint64_t)(block < 0 ? -block : block);
        if (count > bytes->size && count + value->count > MAX_EMPTY_ITEMS)
            return corrupt(error, "more items than bytes");
        if (value->count + count > capacity) {
            uint32_t wanted = (uint32_t)(value->count + count);
            size_t kept = value->count;
            capacity = wanted > 2 * capacity ? wanted : 2 * capacity;
            value->children = arena_grow(arena, value->children, kept * sizeof *value->children,
                                         capacity * sizeof *value->children);
            if (schema->type == AVRO_MAP)
                value->keys = arena_grow(arena, value->keys, kept * sizeof *value->keys,
                                         capacity * sizeof *value->keys);
        }
        for (uint64_t i = 0; i < count; i++) {
            if (schema->type == AVRO_MAP && !avro_take_bytes(bytes, &value->keys[value->count]))
                return corrupt(error, "a map that ends early");
            enum status status =
                decode(schema->items, bytes, arena, depth + 1, &value->children[value->count], error);
            if (status != STATUS_OK)
                return status;
            value->count++;
        }
    }
}

static enum status decode_fields(const struct avro_schema *schema, struct bytes_view *bytes,
                                 struct arena *arena, unsigned depth, struct avro_value *value,
                                 struct error *error)
{
    *value = avro_record(arena, schema->count);
    for (uint32_t i = 0; i < schema->count; i++) {
        enum status status =
            decode(schema->fields[i].schema, bytes, arena, depth + 1, &value->children[i], error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status decode_number(const struct avro_schema *schema, struct bytes_view *bytes,
                                 struct avro_value *value, struct error *error)
{
    if (!avro_take_long(bytes, &value->integer))
        return corrupt(error, "a number that ends early");
    if (schema->type == AVRO_INT && (value->integer < INT32_MIN || value->integer > INT32_MAX))
        return corrupt(error, "an int out of range");
    if (schema->type == AVRO_ENUM && (value->integer < 0 || value->integer >= (int64_t)schema->count))
        return corrupt(error, "an enum out of range");
    return STATUS_OK;
}

static enum status decode_real(const struct avro_schema *schema, struct bytes_view *bytes,
                               struct avro_value *value, struct error *error)
{
    struct bytes_view raw;
    if (!take(bytes, schema->type == AVRO_FLOAT ? 4 : 8, &raw))
        return corrupt(error, "a number that ends early");
    float single;
    if (schema->type == AVRO_DOUBLE) {
        memcpy(&value->real, raw.data, sizeof value->real);
        return STATUS_OK;
    }
    memcpy(&single, raw.data, sizeof single);
    value->real = (double)single;
    return STATUS_OK;
}

static enum status decode(const struct avro_schema *schema, struct bytes_view *bytes, struct arena *arena,
                          unsigned depth, struct avro_value *value, struct error *error)
{
    struct bytes_view raw;
    int64_t branch;
    if (depth > MAX_DEPTH)
        return corrupt(error, "nested too deep");
    *value = (struct avro_value){.type = schema->type};
    switch (schema->type) {
    case AVRO_NULL: break;
    case AVRO_BOOLEAN:
        if (!take(bytes, 1, &raw) || raw.data[0] > 1)
            return corrupt(error, "a boolean that is neither 0 nor 1");
        value->boolean = raw.data[0] == 1;
        break;
    case AVRO_INT:
    case AVRO_LONG:
    case AVRO_ENUM: return decode_number(schema, bytes, value, error);
    case AVRO_FLOAT:
    case AVRO_DOUBLE: return decode_real(schema, bytes, value, error);
    case AVRO_BYTES:
    case AVRO_STRING:
        if (!avro_take_bytes(bytes, &value->bytes))
            return corrupt(error, "bytes that end early");
        break;
    case AVRO_FIXED:
        if (!take(bytes, schema->fixed_size, &value->bytes))
            return corrupt(error, "bytes that end early");
        break;
    case AVRO_ARRAY:
    case AVRO_MAP: return decode_items(schema, bytes, arena, depth, value, error);
    case AVRO_RECORD: return decode_fields(schema, bytes, arena, depth, value, error);
    case AVRO_UNION:
        if (!avro_take_long(bytes, &branch) || branch < 0 || branch >= (int64_t)schema->count)
            return corrupt(error, "a union branch out of range");
        return decode(schema->branches[branch], bytes, arena, depth + 1, value, error);
    }
    return STATUS_OK;
}

enum status avro_decode(const struct avro_schema *schema, struct bytes_view *bytes, struct arena *arena,
                        struct avro_value *ret_value, struct error *error)
{
    struct avro_value value;
    enum status status = decode(schema, bytes, arena, 0, &value, error);
    if (status == STATUS_OK)
        *ret_value = value;
    return status;
}
