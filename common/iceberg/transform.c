#include "common/iceberg/transform.h"

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/columnar/vector.h"
#include "common/iceberg/iceberg_internal.h"
#include "common/iceberg/value.h"

#include <stdio.h>
#include <string.h>

static const int64_t MICROS_PER_HOUR = INT64_C(3600000000);
static const int64_t MICROS_PER_DAY = INT64_C(86400000000);

static const char *transform_name(enum iceberg_transform_kind kind)
{
    static const char *const names[] = {
        [ICEBERG_TRANSFORM_IDENTITY] = "identity", [ICEBERG_TRANSFORM_YEAR] = "year",
        [ICEBERG_TRANSFORM_MONTH] = "month",       [ICEBERG_TRANSFORM_DAY] = "day",
        [ICEBERG_TRANSFORM_HOUR] = "hour",         [ICEBERG_TRANSFORM_BUCKET] = "bucket",
        [ICEBERG_TRANSFORM_TRUNCATE] = "truncate", [ICEBERG_TRANSFORM_VOID] = "void",
        [ICEBERG_TRANSFORM_UNKNOWN] = "unknown",
    };
    return names[kind];
}

static bool has_parameter(enum iceberg_transform_kind kind)
{
    return kind == ICEBERG_TRANSFORM_BUCKET || kind == ICEBERG_TRANSFORM_TRUNCATE;
}

void iceberg_transform_format(struct iceberg_transform transform, struct buffer *buffer)
{
    buffer_append_text(buffer, transform_name(transform.kind));
    if (has_parameter(transform.kind))
        buffer_printf(buffer, "[%d]", transform.parameter);
}

struct iceberg_transform iceberg_transform_parse(const char *text)
{
    struct iceberg_transform transform = {.kind = ICEBERG_TRANSFORM_UNKNOWN};
    char tail;
    if (sscanf(text, "bucket[%d%c", &transform.parameter, &tail) == 2 && tail == ']')
        transform.kind = ICEBERG_TRANSFORM_BUCKET;
    else if (sscanf(text, "truncate[%d%c", &transform.parameter, &tail) == 2 && tail == ']')
        transform.kind = ICEBERG_TRANSFORM_TRUNCATE;
    if (has_parameter(transform.kind) && transform.parameter < 1)
        transform.kind = ICEBERG_TRANSFORM_UNKNOWN;
    for (unsigned i = 0; i < ICEBERG_TRANSFORM_UNKNOWN; i++) {
        enum iceberg_transform_kind kind = (enum iceberg_transform_kind)i;
        if (!has_parameter(kind) && strcmp(text, transform_name(kind)) == 0)
            transform.kind = kind;
    }
    return transform;
}

static bool fits(enum iceberg_transform_kind kind, enum iceberg_type_kind source)
{
    bool is_timestamp = source == ICEBERG_TIMESTAMP || source == ICEBERG_TIMESTAMPTZ;
    switch (kind) {
    case ICEBERG_TRANSFORM_YEAR:
    case ICEBERG_TRANSFORM_MONTH:
    case ICEBERG_TRANSFORM_DAY: return is_timestamp || source == ICEBERG_DATE;
    case ICEBERG_TRANSFORM_HOUR: return is_timestamp;
    case ICEBERG_TRANSFORM_BUCKET:
        return source < ICEBERG_STRUCT && source != ICEBERG_BOOLEAN && source != ICEBERG_FLOAT &&
               source != ICEBERG_DOUBLE;
    case ICEBERG_TRANSFORM_TRUNCATE:
        return source == ICEBERG_INT || source == ICEBERG_LONG || source == ICEBERG_DECIMAL ||
               source == ICEBERG_STRING || source == ICEBERG_BINARY;
    default: return source < ICEBERG_STRUCT;
    }
}

enum status iceberg_transform_result(struct iceberg_transform transform, struct iceberg_type source,
                                     struct iceberg_type *ret_type, struct error *error)
{
    if (transform.kind == ICEBERG_TRANSFORM_UNKNOWN)
        return error_set(error, STATUS_UNSUPPORTED, "unknown partition transform");
    if (!fits(transform.kind, source.kind)) {
        struct buffer name = {0};
        iceberg_type_format(source, &name);
        error_set(error, STATUS_INVALID_ARGUMENT,
                  "partition transform '%s' does not take a column of type %s",
                  transform_name(transform.kind), buffer_text(&name));
        buffer_free(&name);
        return STATUS_INVALID_ARGUMENT;
    }
    switch (transform.kind) {
    case ICEBERG_TRANSFORM_IDENTITY:
    case ICEBERG_TRANSFORM_TRUNCATE:
    case ICEBERG_TRANSFORM_VOID: *ret_type = source; break;
    case ICEBERG_TRANSFORM_DAY: *ret_type = (struct iceberg_type){.kind = ICEBERG_DATE}; break;
    default: *ret_type = (struct iceberg_type){.kind = ICEBERG_INT}; break;
    }
    return STATUS_OK;
}

struct data_type iceberg_transform_sql_result(struct iceberg_transform transform, struct data_type source)
{
    switch (transform.kind) {
    case ICEBERG_TRANSFORM_IDENTITY:
    case ICEBERG_TRANSFORM_TRUNCATE:
    case ICEBERG_TRANSFORM_VOID: return source;
    case ICEBERG_TRANSFORM_DAY: return data_type_of(TYPE_DATE);
    default: return data_type_of(TYPE_INT);
    }
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/* Years, months, days or hours since 1970-01-01. */
static int32_t time_ordinal(enum iceberg_transform_kind kind, struct data_type type, const void *physical)
{
    bool is_date = type.kind == TYPE_DATE;
    int64_t micros = is_date ? 0 : *(const int64_t *)physical;
    if (kind == ICEBERG_TRANSFORM_HOUR)
        return (int32_t)floor_divide(micros, MICROS_PER_HOUR);
    int64_t days = is_date ? *(const int32_t *)physical : floor_divide(micros, MICROS_PER_DAY);
    if (kind == ICEBERG_TRANSFORM_DAY)
        return (int32_t)days;
    struct iceberg_civil_date date = iceberg_civil_date_of(days);
    int64_t years = date.year - 1970;
    return (int32_t)(kind == ICEBERG_TRANSFORM_YEAR ? years : years * 12 + date.month - 1);
}

/* Numbers and times hash as 8 bytes little endian, so that an int may become a long. */
static uint32_t hash_of(struct data_type type, const void *physical)
{
    const struct string_value *text = physical;
    uint8_t bytes[ICEBERG_DECIMAL_BYTES];
    size_t size = 8;
    switch (type.kind) {
    case TYPE_STRING:
    case TYPE_BYTES: return hash_murmur3_32(text->data, text->size, 0);
    case TYPE_DECIMAL: size = iceberg_decimal_bytes(*(const int128_t *)physical, bytes); break;
    case TYPE_INT:
    case TYPE_DATE: {
        int64_t wide = *(const int32_t *)physical;
        memcpy(bytes, &wide, sizeof wide);
        break;
    }
    default: memcpy(bytes, physical, sizeof(int64_t)); break;
    }
    return hash_murmur3_32(bytes, size, 0);
}

/* Bytes of the first characters of UTF-8. */
static size_t prefix_size(const char *data, size_t size, uint32_t characters)
{
    size_t at = 0;
    while (at < size && ((data[at] & 0xC0) == 0x80 || characters-- > 0))
        at++;
    return at;
}

static struct bytes_view truncate_text(struct data_type type, const struct string_value *text, int32_t width)
{
    size_t size = text->size < (uint32_t)width ? text->size : (size_t)width;
    if (type.kind == TYPE_STRING)
        size = prefix_size(text->data, text->size, (uint32_t)width);
    return (struct bytes_view){(const uint8_t *)text->data, size};
}

/* v - (((v % w) + w) % w): down to a multiple of w; what lies below the type's least value wraps around, as
 * in the reference implementation. */
static struct bytes_view truncate_number(struct data_type type, const void *physical, int32_t width,
                                         void *room)
{
    size_t size = data_type_width(type.kind);
    if (type.kind == TYPE_INT) {
        int64_t value = *(const int32_t *)physical;
        int32_t result = (int32_t)(uint32_t)(uint64_t)(value - ((value % width) + width) % width);
        memcpy(room, &result, size);
    } else if (type.kind == TYPE_BIGINT) {
        int64_t value = *(const int64_t *)physical;
        int64_t result = (int64_t)((uint64_t)value - (uint64_t)(((value % width) + width) % width));
        memcpy(room, &result, size);
    } else {
        int128_t value = *(const int128_t *)physical;
        int128_t result = value - ((value % width) + width) % width;
        memcpy(room, &result, size);
    }
    return (struct bytes_view){room, size};
}

struct bytes_view iceberg_transform_apply(struct iceberg_transform transform, struct data_type type,
                                          const void *physical, void *room)
{
    const struct string_value *text = physical;
    int32_t ordinal;
    switch (transform.kind) {
    case ICEBERG_TRANSFORM_IDENTITY:
        if (data_type_is_string(type.kind))
            return (struct bytes_view){(const uint8_t *)text->data, text->size};
        return (struct bytes_view){physical, data_type_width(type.kind)};
    case ICEBERG_TRANSFORM_TRUNCATE:
        if (data_type_is_string(type.kind))
            return truncate_text(type, text, transform.parameter);
        return truncate_number(type, physical, transform.parameter, room);
    case ICEBERG_TRANSFORM_BUCKET:
        ordinal = (int32_t)((hash_of(type, physical) & INT32_MAX) % (uint32_t)transform.parameter);
        break;
    default:
        CHECK(transform.kind <= ICEBERG_TRANSFORM_HOUR);
        ordinal = time_ordinal(transform.kind, type, physical);
        break;
    }
    memcpy(room, &ordinal, sizeof ordinal);
    return (struct bytes_view){room, sizeof ordinal};
}

void iceberg_transform_value_format(struct iceberg_transform transform, struct iceberg_type type,
                                    struct bytes_view value, struct buffer *buffer)
{
    int64_t ordinal = 0;
    bool is_time = transform.kind == ICEBERG_TRANSFORM_YEAR || transform.kind == ICEBERG_TRANSFORM_MONTH ||
                   transform.kind == ICEBERG_TRANSFORM_HOUR;
    if (!is_time || !iceberg_value_to_long(type, value, &ordinal)) {
        iceberg_value_format(type, value, buffer);
        return;
    }
    if (transform.kind == ICEBERG_TRANSFORM_YEAR) {
        buffer_printf(buffer, "%04lld", (long long)(1970 + ordinal));
    } else if (transform.kind == ICEBERG_TRANSFORM_MONTH) {
        int64_t years = floor_divide(ordinal, 12);
        buffer_printf(buffer, "%04lld-%02lld", (long long)(1970 + years),
                      (long long)(ordinal - years * 12 + 1));
    } else {
        int64_t days = floor_divide(ordinal, 24);
        struct iceberg_civil_date date = iceberg_civil_date_of(days);
        buffer_printf(buffer, "%04lld-%02d-%02d-%02lld", (long long)date.year, date.month, date.day,
                      (long long)(ordinal - days * 24));
    }
}
