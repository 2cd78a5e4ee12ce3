#include "common/expression/value_format.h"

#include "common/base/check.h"
#include "common/expression/calendar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMESTAMP_MAX_DIGITS = 6, JAVA_PLAIN_MAX_EXPONENT = 7, JAVA_PLAIN_MIN_EXPONENT = -3 };

static size_t write_digits(uint64_t value, size_t width, char *text)
{
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    size_t size = 0;
    for (size_t i = count; i < width; i++)
        text[size++] = '0';
    while (count > 0)
        text[size++] = digits[--count];
    return size;
}

size_t value_format_int64(int64_t value, char *text)
{
    if (value >= 0)
        return write_digits((uint64_t)value, 1, text);
    text[0] = '-';
    return 1 + write_digits(UINT64_C(0) - (uint64_t)value, 1, text + 1);
}

/* Lays out decimal digits d[0].d[1]d[2].. * 10^exponent as Java does. */
static size_t layout_java(const char *digits, size_t count, int exponent, char *text)
{
    char *out = text;
    if (exponent < JAVA_PLAIN_MIN_EXPONENT || exponent >= JAVA_PLAIN_MAX_EXPONENT) {
        *out++ = digits[0];
        *out++ = '.';
        for (size_t i = 1; i < count; i++)
            *out++ = digits[i];
        if (count == 1)
            *out++ = '0';
        *out++ = 'E';
        return (size_t)(out - text) + value_format_int64(exponent, out);
    }
    if (exponent < 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = -1; i > exponent; i--)
            *out++ = '0';
        for (size_t i = 0; i < count; i++)
            *out++ = digits[i];
        return (size_t)(out - text);
    }
    size_t whole = (size_t)exponent + 1;
    for (size_t i = 0; i < whole; i++)
        *out++ = i < count ? digits[i] : '0';
    *out++ = '.';
    for (size_t i = whole; i < count; i++)
        *out++ = digits[i];
    if (count <= whole)
        *out++ = '0';
    return (size_t)(out - text);
}

/* Takes the digits and the exponent out of printf's "d.ddde[+-]xx". */
static size_t format_scientific(const char *scientific, char *text)
{
    char digits[24];
    size_t count = 0;
    const char *p = scientific;
    for (; *p != 'e'; p++)
        if (*p != '.')
            digits[count++] = *p;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    return layout_java(digits, count, (int)strtol(p + 1, NULL, 10), text);
}

static size_t format_special(double value, char *text)
{
    const char *name = isnan(value)     ? "NaN"
                       : isinf(value)   ? (value > 0 ? "Infinity" : "-Infinity")
                       : signbit(value) ? "-0.0"
                                        : "0.0";
    size_t size = strlen(name);
    memcpy(text, name, size);
    return size;
}

/* The fewest digits that read back as the same number: nearly always 15 (float: 6) or a few more. */
static size_t format_shortest(double value, bool is_float, char *text)
{
    if (!isfinite(value) || value == 0)
        return format_special(value, text);
    size_t size = 0;
    if (value < 0) {
        text[size++] = '-';
        value = -value;
    }
    char scientific[40];
    bool subnormal = value < (is_float ? 0x1p-126 : 0x1p-1022);
    for (int digits = subnormal ? 2 : is_float ? 6 : 15;; digits++) {
        snprintf(scientific, sizeof scientific, "%.*e", digits - 1, value);
        if (is_float ? strtof(scientific, NULL) == (float)value : strtod(scientific, NULL) == value)
            break;
    }
    return size + format_scientific(scientific, text + size);
}

size_t value_format_double(double value, char *text)
{
    /* whole numbers of moderate size need no search for digits */
    if (value > -1e7 && value < 1e7 && value == (double)(int32_t)value && (value != 0 || !signbit(value))) {
        size_t size = value_format_int64((int32_t)value, text);
        text[size] = '.';
        text[size + 1] = '0';
        return size + 2;
    }
    return format_shortest(value, false, text);
}

size_t value_format_float(float value, char *text)
{
    return format_shortest((double)value, true, text);
}

size_t value_format_decimal(int128_t unscaled, uint8_t scale, char *text)
{
    char digits[48];
    size_t count = 0;
    size_t size = 0;
    __extension__ unsigned __int128 rest =
        unscaled < 0 ? -(unsigned __int128)unscaled : (unsigned __int128)unscaled;
    while (rest > 0 || count <= scale) {
        digits[count++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (unscaled < 0)
        text[size++] = '-';
    while (count > 0) {
        if (count == scale)
            text[size++] = '.';
        text[size++] = digits[--count];
    }
    return size;
}

static size_t format_year_month_day(int32_t year, int32_t month, int32_t day, char *text)
{
    size_t size = 0;
    if (year < 0)
        text[size++] = '-';
    else if (year > 9999)
        text[size++] = '+';
    size += write_digits((uint64_t)llabs((long long)year), 4, text + size);
    text[size++] = '-';
    size += write_digits((uint64_t)month, 2, text + size);
    text[size++] = '-';
    return size + write_digits((uint64_t)day, 2, text + size);
}

size_t value_format_date(int32_t days, char *text)
{
    int32_t year, month, day;
    calendar_date_of_days(days, &year, &month, &day);
    return format_year_month_day(year, month, day, text);
}

static size_t format_minutes(const struct calendar_fields *fields, char separator, char *text)
{
    size_t size = format_year_month_day(fields->year, fields->month, fields->day, text);
    text[size++] = separator;
    size += write_digits((uint64_t)fields->hour, 2, text + size);
    text[size++] = ':';
    return size + write_digits((uint64_t)fields->minute, 2, text + size);
}

static size_t format_seconds(const struct calendar_fields *fields, uint8_t digits, char *text)
{
    size_t size = 0;
    text[size++] = ':';
    size += write_digits((uint64_t)fields->second, 2, text + size);
    if (digits == 0)
        return size;
    uint64_t fraction = (uint64_t)fields->microsecond;
    for (uint8_t i = digits; i < TIMESTAMP_MAX_DIGITS; i++)
        fraction /= 10;
    text[size++] = '.';
    return size + write_digits(fraction, digits, text + size);
}

size_t value_format_timestamp(int64_t us, char separator, uint8_t digits, char *text)
{
    CHECK(digits <= TIMESTAMP_MAX_DIGITS);
    struct calendar_fields fields = calendar_fields_of_us(us);
    size_t size = format_minutes(&fields, separator, text);
    return size + format_seconds(&fields, digits, text + size);
}

/* Java's local times leave out what is zero: the seconds (print), the fraction's tail (both). */
static size_t format_iso(enum value_style style, int64_t us, bool instant, char *text)
{
    struct calendar_fields fields = calendar_fields_of_us(us);
    size_t size = format_minutes(&fields, 'T', text);
    uint8_t digits = 0;
    if (fields.microsecond != 0) {
        digits = TIMESTAMP_MAX_DIGITS;
        if (style == VALUE_JAVA)
            digits = fields.microsecond % 1000 == 0 ? 3 : 6;
        else
            for (int32_t rest = fields.microsecond; rest % 10 == 0; rest /= 10)
                digits--;
    }
    if (style == VALUE_JSON || instant || digits > 0 || fields.second != 0)
        size += format_seconds(&fields, digits, text + size);
    if (instant)
        text[size++] = 'Z';
    return size;
}

static void format_bytes_base64(const struct string_value *value, struct buffer *buffer)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *bytes = (const uint8_t *)value->data;
    for (uint32_t i = 0; i < value->size; i += 3) {
        uint32_t left = value->size - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        buffer_append_byte(buffer, (uint8_t)alphabet[group >> 18]);
        buffer_append_byte(buffer, (uint8_t)alphabet[group >> 12 & 63]);
        buffer_append_byte(buffer, left > 1 ? (uint8_t)alphabet[group >> 6 & 63] : '=');
        buffer_append_byte(buffer, left > 2 ? (uint8_t)alphabet[group & 63] : '=');
    }
}

static void format_bytes(enum value_style style, const struct string_value *value, struct buffer *buffer)
{
    if (style == VALUE_SQL) {
        buffer_append(buffer, value->data, value->size);
        return;
    }
    if (style == VALUE_JSON) {
        format_bytes_base64(value, buffer);
        return;
    }
    buffer_append_byte(buffer, '[');
    for (uint32_t i = 0; i < value->size; i++)
        buffer_printf(buffer, i == 0 ? "%d" : ", %d", (int8_t)value->data[i]);
    buffer_append_byte(buffer, ']');
}

static size_t format_timestamp(enum value_style style, struct data_type type, int64_t us,
                               const struct time_zone *zone, char *text)
{
    bool instant = type.kind == TYPE_TIMESTAMP_LTZ;
    if (style != VALUE_SQL)
        return format_iso(style, us, instant, text);
    if (instant && zone != NULL)
        us = time_zone_utc_to_local_us(zone, us);
    return value_format_timestamp(us, ' ', type.precision, text);
}

static size_t format_boolean(enum value_style style, uint8_t value, char *text)
{
    const char *name = style == VALUE_SQL ? (value ? "TRUE" : "FALSE") : (value ? "true" : "false");
    size_t size = strlen(name);
    memcpy(text, name, size);
    return size;
}

void value_format(enum value_style style, struct data_type type, const void *value,
                  const struct time_zone *zone, struct buffer *buffer)
{
    char text[VALUE_TEXT_BYTES];
    size_t size = 0;
    switch (type.kind) {
    case TYPE_NULL: return;
    case TYPE_BOOLEAN: size = format_boolean(style, *(const uint8_t *)value, text); break;
    case TYPE_INT: size = value_format_int64(*(const int32_t *)value, text); break;
    case TYPE_BIGINT: size = value_format_int64(*(const int64_t *)value, text); break;
    case TYPE_FLOAT: size = value_format_float(*(const float *)value, text); break;
    case TYPE_DOUBLE: size = value_format_double(*(const double *)value, text); break;
    case TYPE_DECIMAL: size = value_format_decimal(*(const int128_t *)value, type.scale, text); break;
    case TYPE_DATE: size = value_format_date(*(const int32_t *)value, text); break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: size = format_timestamp(style, type, *(const int64_t *)value, zone, text); break;
    case TYPE_STRING: {
        const struct string_value *string = value;
        buffer_append(buffer, string->data, string->size);
        return;
    }
    case TYPE_BYTES: format_bytes(style, value, buffer); return;
    }
    buffer_append(buffer, text, size);
}

void value_format_row(enum value_style style, const struct vector *vector, uint32_t row,
                      const struct time_zone *zone, const char *null_text, struct buffer *buffer)
{
    if (vector_is_null(vector, row))
        buffer_append_text(buffer, null_text);
    else
        value_format(style, vector->type, vector_value(vector, row), zone, buffer);
}
