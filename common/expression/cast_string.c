#include "common/expression/calendar.h"
#include "common/expression/cast_internal.h"
#include "common/expression/decimal.h"
#include "common/expression/value_format.h"
#include "common/expression/value_parse.h"

enum { MESSAGE_VALUE_BYTES = 200 };

/* Bytes of the first characters of a UTF-8 text; *ret_characters as many as there are, at most limit. */
static size_t prefix_bytes(const char *text, size_t size, uint32_t limit, uint32_t *ret_characters)
{
    uint32_t characters = 0;
    size_t i = 0;
    for (; i < size; i++) {
        bool starts = ((uint8_t)text[i] & 0xC0) != 0x80;
        if (starts && characters == limit)
            break;
        characters += starts;
    }
    *ret_characters = characters;
    return i;
}

/* VARCHAR(n) cuts, CHAR(n) cuts or pads with spaces. */
static void set_with_length(const struct kernel_call *call, uint32_t row, const char *text, size_t size)
{
    struct data_type type = call->result->type;
    uint32_t characters;
    size_t kept = prefix_bytes(text, size, type.length, &characters);
    uint32_t padding = type.fixed_length && characters < type.length ? type.length - characters : 0;
    char *copy = string_heap_alloc(vector_ensure_heap(call->result), kept + padding);
    memcpy(copy, text, kept);
    memset(copy + kept, ' ', padding);
    ((struct string_value *)call->result->values)[row] = string_value_of(copy, kept + padding);
}

void cast_string_length(const struct kernel_call *call)
{
    struct data_type type = call->result->type;
    struct string_value *out = call->result->values;
    kernel_share_text(call, 0);
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        const struct string_value *text = kernel_string(call, 0, row);
        bool fits = text->size <= type.length && !type.fixed_length;
        if (fits || type.kind == TYPE_BYTES)
            out[row] = string_value_of(text->data, text->size < type.length ? text->size : type.length);
        else
            set_with_length(call, row, text->data, text->size);
    }
}

void cast_to_string(const struct kernel_call *call)
{
    const struct vector *argument = call->arguments[0];
    bool unlimited = call->result->type.length == STRING_MAX_LENGTH;
    struct buffer text = {0};
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        buffer_clear(&text);
        value_format(VALUE_SQL, argument->type, vector_value(argument, row), call->environment->zone, &text);
        if (unlimited)
            kernel_set_string(call, row, (const char *)text.data, text.size);
        else
            set_with_length(call, row, (const char *)text.data, text.size);
    }
    buffer_free(&text);
}

/* A whole number, or the whole part of one with a fraction, as Flink takes it. */
static bool parse_whole(const char *text, size_t size, int64_t min, int64_t max, int64_t *ret_value)
{
    const char *point = memchr(text, '.', size);
    size_t whole = point == NULL ? size : (size_t)(point - text);
    for (size_t i = whole + 1; i < size; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    int64_t value;
    if (!value_parse_int64(text, whole, &value) || value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

static bool parse_time(const struct kernel_call *call, const char *text, size_t size, int64_t *ret_us)
{
    struct value_timestamp timestamp;
    if (!value_parse_timestamp(text, size, &timestamp))
        return false;
    const struct time_zone *zone = call->environment->zone;
    struct data_type type = call->result->type;
    int64_t us = timestamp.us;
    if (timestamp.has_offset) {
        us -= timestamp.offset_s * CALENDAR_US_PER_SECOND;
        if (type.kind != TYPE_TIMESTAMP_LTZ)
            us = time_zone_utc_to_local_us(zone, us);
    } else if (type.kind == TYPE_TIMESTAMP_LTZ) {
        us = time_zone_local_to_utc_us(zone, us);
    }
    *ret_us = value_truncate_timestamp(us, type.precision);
    return true;
}

/* Digits behind a date are allowed: CAST('2024-01-01 10:00:00' AS DATE). */
static bool parse_date(const char *text, size_t size, int32_t *ret_days)
{
    struct value_timestamp timestamp;
    if (!value_parse_timestamp(text, size, &timestamp))
        return false;
    *ret_days = calendar_days_of_us(timestamp.us);
    return true;
}

static bool parse_into(const struct kernel_call *call, const char *text, size_t size, uint32_t row)
{
    void *values = call->result->values;
    struct data_type type = call->result->type;
    int64_t whole = 0;
    double floating = 0;
    bool parsed = false;
    switch (type.kind) {
    case TYPE_BOOLEAN: return value_parse_boolean(text, size, (uint8_t *)values + row);
    case TYPE_INT:
        parsed = parse_whole(text, size, INT32_MIN, INT32_MAX, &whole);
        ((int32_t *)values)[row] = (int32_t)whole;
        return parsed;
    case TYPE_BIGINT: return parse_whole(text, size, INT64_MIN, INT64_MAX, (int64_t *)values + row);
    case TYPE_FLOAT:
        parsed = value_parse_double(text, size, &floating);
        ((float *)values)[row] = (float)floating;
        return parsed;
    case TYPE_DOUBLE: return value_parse_double(text, size, (double *)values + row);
    case TYPE_DECIMAL:
        return value_parse_decimal(text, size, type.precision, type.scale, (int128_t *)values + row);
    case TYPE_DATE: return parse_date(text, size, (int32_t *)values + row);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return parse_time(call, text, size, (int64_t *)values + row);
    default: return false;
    }
}

static enum status refuse(const struct kernel_call *call, const struct string_value *text,
                          struct error *error)
{
    struct buffer type = {0};
    struct data_type nullable = call->result->type;
    nullable.nullable = true;
    data_type_format(nullable, &type);
    int shown = text->size > MESSAGE_VALUE_BYTES ? MESSAGE_VALUE_BYTES : (int)text->size;
    enum status status =
        error_set(error, STATUS_INVALID_ARGUMENT, "cannot cast '%.*s' to %s; TRY_CAST gives NULL instead",
                  shown, text->data, buffer_text(&type));
    buffer_free(&type);
    return status;
}

enum status cast_from_string(const struct kernel_call *call, bool try_cast, struct error *error)
{
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        const struct string_value *string = kernel_string(call, 0, row);
        const char *text = string->data;
        size_t size = string->size;
        while (size > 0 && *text == ' ') {
            text++;
            size--;
        }
        while (size > 0 && text[size - 1] == ' ')
            size--;
        if (parse_into(call, text, size, row))
            continue;
        if (!try_cast)
            return refuse(call, string, error);
        vector_set_null(call->result, row);
    }
    return STATUS_OK;
}
