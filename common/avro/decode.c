#include "common/avro/avro_internal.h"

#include <string.h>

/* A value nested deeper is refused, also where the schema is recursive. */
enum { MAX_DEPTH = 64 };
/* Items that take no bytes (null, empty records) could be claimed without end. */
enum { MAX_EMPTY_ITEMS = 1 << 16 };

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
