#include "common/iceberg/value.h"

#include "common/columnar/vector.h"
#include "common/iceberg/iceberg_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MICROS_PER_SECOND = 1000000, SECONDS_PER_DAY = 86400 };

static struct bytes_view little_endian(uint64_t bits, size_t size, struct arena *arena)
{
    uint8_t *data = arena_alloc(arena, size);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(bits >> (8 * i));
    return (struct bytes_view){data, size};
}

struct bytes_view iceberg_value_from_int(int32_t value, struct arena *arena)
{
    return little_endian((uint32_t)value, 4, arena);
}

struct bytes_view iceberg_value_from_long(int64_t value, struct arena *arena)
{
    return little_endian((uint64_t)value, 8, arena);
}

struct bytes_view iceberg_value_from_boolean(bool value, struct arena *arena)
{
    return little_endian(value ? 1 : 0, 1, arena);
}

struct bytes_view iceberg_value_from_float(float value, struct arena *arena)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return little_endian(bits, 4, arena);
}

struct bytes_view iceberg_value_from_double(double value, struct arena *arena)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return little_endian(bits, 8, arena);
}

size_t iceberg_decimal_bytes(int128_t unscaled, uint8_t bytes[ICEBERG_DECIMAL_BYTES])
{
    uint8_t all[ICEBERG_DECIMAL_BYTES];
    for (unsigned i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)((unsigned __int128)unscaled >> (8 * (sizeof all - 1 - i)));
    unsigned skip = 0;
    while (skip < sizeof all - 1 && all[skip] == (unscaled < 0 ? 0xFF : 0) &&
           (all[skip + 1] >= 0x80) == (unscaled < 0))
        skip++;
    memcpy(bytes, all + skip, sizeof all - skip);
    return sizeof all - skip;
}

struct bytes_view iceberg_value_from_decimal(int128_t unscaled, struct arena *arena)
{
    uint8_t *data = arena_alloc(arena, ICEBERG_DECIMAL_BYTES);
    size_t size = iceberg_decimal_bytes(unscaled, data);
    return (struct bytes_view){data, size};
}

struct bytes_view iceberg_value_from_bytes(const void *data, size_t size, struct arena *arena)
{
    uint8_t *copy = arena_alloc(arena, size > 0 ? size : 1);
    if (size > 0)
        memcpy(copy, data, size);
    return (struct bytes_view){copy, size};
}

struct bytes_view iceberg_value_from_sql(struct data_type type, const void *physical, struct arena *arena)
{
    const struct string_value *text = physical;
    if (physical == NULL || type.kind == TYPE_NULL)
        return (struct bytes_view){NULL, 0};
    switch (type.kind) {
    case TYPE_BOOLEAN: return iceberg_value_from_boolean(*(const uint8_t *)physical != 0, arena);
    case TYPE_INT:
    case TYPE_DATE: return iceberg_value_from_int(*(const int32_t *)physical, arena);
    case TYPE_FLOAT: return iceberg_value_from_float(*(const float *)physical, arena);
    case TYPE_DOUBLE: return iceberg_value_from_double(*(const double *)physical, arena);
    case TYPE_DECIMAL: return iceberg_value_from_decimal(*(const int128_t *)physical, arena);
    case TYPE_STRING:
    case TYPE_BYTES: return iceberg_value_from_bytes(text->data, text->size, arena);
    default: return iceberg_value_from_long(*(const int64_t *)physical, arena);
    }
}

static uint64_t read_little_endian(struct bytes_view value)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < value.size && i < 8; i++)
        bits |= (uint64_t)value.data[i] << (8 * i);
    return bits;
}

bool iceberg_value_to_long(struct iceberg_type type, struct bytes_view value, int64_t *ret_value)
{
    if (value.data == NULL)
        return false;
    switch (type.kind) {
    case ICEBERG_BOOLEAN:
        if (value.size != 1)
            return false;
        *ret_value = value.data[0] != 0;
        return true;
    case ICEBERG_INT:
    case ICEBERG_DATE:
        if (value.size != 4)
            return false;
        *ret_value = (int32_t)(uint32_t)read_little_endian(value);
        return true;
    case ICEBERG_LONG:
    case ICEBERG_TIME:
    case ICEBERG_TIMESTAMP:
    case ICEBERG_TIMESTAMPTZ:
        if (value.size != 8 && value.size != 4)
            return false;
        *ret_value = value.size == 8 ? (int64_t)read_little_endian(value)
                                     : (int32_t)(uint32_t)read_little_endian(value);
        return true;
    default: return false;
    }
}

static bool to_double(struct iceberg_type type, struct bytes_view value, double *ret_value)
{
    uint64_t bits = read_little_endian(value);
    if (value.size == 4 && (type.kind == ICEBERG_FLOAT || type.kind == ICEBERG_DOUBLE)) {
        uint32_t low = (uint32_t)bits;
        float single;
        memcpy(&single, &low, sizeof single);
        *ret_value = (double)single;
        return true;
    }
    if (value.size != 8 || type.kind != ICEBERG_DOUBLE)
        return false;
    memcpy(ret_value, &bits, sizeof *ret_value);
    return true;
}

static bool to_decimal(struct bytes_view value, int128_t *ret_value)
{
    if (value.size == 0 || value.size > 16)
        return false;
    unsigned __int128 bits = value.data[0] >= 0x80 ? ~(unsigned __int128)0 : 0;
    for (size_t i = 0; i < value.size; i++)
        bits = bits << 8 | value.data[i];
    *ret_value = (int128_t)bits;
    return true;
}

static int compare_bytes(struct bytes_view a, struct bytes_view b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size > 0 ? memcmp(a.data, b.data, size) : 0;
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

int iceberg_value_compare(struct iceberg_type type, struct bytes_view a, struct bytes_view b)
{
    int64_t x;
    int64_t y;
    double p;
    double q;
    int128_t m;
    int128_t n;
    if (iceberg_value_to_long(type, a, &x) && iceberg_value_to_long(type, b, &y))
        return (x > y) - (x < y);
    if (to_double(type, a, &p) && to_double(type, b, &q))
        return (p > q) - (p < q);
    if (type.kind == ICEBERG_DECIMAL && to_decimal(a, &m) && to_decimal(b, &n))
        return (m > n) - (m < n);
    return compare_bytes(a, b);
}

bool iceberg_value_is_nan(struct iceberg_type type, struct bytes_view value)
{
    double number;
    return value.data != NULL && to_double(type, value, &number) && isnan(number);
}

/* Years are counted from 1 March, so that the leap day comes last. */
struct iceberg_civil_date iceberg_civil_date_of(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);
    return (struct iceberg_civil_date){year, (int32_t)month, (int32_t)day};
}

static void format_date(int64_t days, struct buffer *buffer)
{
    struct iceberg_civil_date date = iceberg_civil_date_of(days);
    buffer_printf(buffer, "%04lld-%02d-%02d", (long long)date.year, date.month, date.day);
}

static void format_time(int64_t micros, struct buffer *buffer)
{
    int64_t seconds = micros / MICROS_PER_SECOND;
    buffer_printf(buffer, "%02lld:%02lld:%02lld", (long long)(seconds / 3600), (long long)(seconds / 60 % 60),
                  (long long)(seconds % 60));
    if (micros % MICROS_PER_SECOND != 0)
        buffer_printf(buffer, ".%06lld", (long long)(micros % MICROS_PER_SECOND));
}

static void format_timestamp(int64_t micros, bool zone, struct buffer *buffer)
{
    int64_t per_day = (int64_t)SECONDS_PER_DAY * MICROS_PER_SECOND;
    int64_t days = micros / per_day - (micros % per_day < 0);
    format_date(days, buffer);
    buffer_append_byte(buffer, 'T');
    format_time(micros % per_day < 0 ? micros % per_day + per_day : micros % per_day, buffer);
    if (zone)
        buffer_append_text(buffer, "+00:00");
}

static void format_decimal(int128_t value, uint8_t scale, struct buffer *buffer)
{
    char digits[48];
    unsigned count = 0;
    unsigned __int128 rest = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    while (rest > 0 || count <= scale) {
        digits[count++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (value < 0)
        buffer_append_byte(buffer, '-');
    while (count > 0) {
        if (count == scale)
            buffer_append_byte(buffer, '.');
        buffer_append_byte(buffer, (uint8_t)digits[--count]);
    }
}

static void format_hex(struct bytes_view value, struct buffer *buffer)
{
    for (size_t i = 0; i < value.size; i++)
        buffer_printf(buffer, "%02x", value.data[i]);
}

void iceberg_value_format(struct iceberg_type type, struct bytes_view value, struct buffer *buffer)
{
    int64_t number = 0;
    double real = 0;
    int128_t decimal = 0;
    if (value.data == NULL) {
        buffer_append_text(buffer, "null");
        return;
    }
    if (type.kind == ICEBERG_STRING) {
        buffer_append(buffer, value.data, value.size);
        return;
    }
    if (iceberg_value_to_long(type, value, &number)) {
        switch (type.kind) {
        case ICEBERG_BOOLEAN: buffer_append_text(buffer, number != 0 ? "true" : "false"); break;
        case ICEBERG_DATE: format_date(number, buffer); break;
        case ICEBERG_TIME: format_time(number, buffer); break;
        case ICEBERG_TIMESTAMP: format_timestamp(number, false, buffer); break;
        case ICEBERG_TIMESTAMPTZ: format_timestamp(number, true, buffer); break;
        default: buffer_printf(buffer, "%lld", (long long)number); break;
        }
        return;
    }
    if (type.kind == ICEBERG_DECIMAL && to_decimal(value, &decimal))
        format_decimal(decimal, type.scale, buffer);
    else if (to_double(type, value, &real))
        buffer_printf(buffer, type.kind == ICEBERG_FLOAT ? "%.9g" : "%.17g", real);
    else
        format_hex(value, buffer);
}
