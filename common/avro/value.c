#include "common/avro/avro.h"

#include <string.h>

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
