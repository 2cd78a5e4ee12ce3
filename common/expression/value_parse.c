#include "common/expression/value_parse.h"

#include "common/expression/calendar.h"
#include "common/expression/decimal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool equals_ignoring_case(const char *text, size_t size, const char *word)
{
    return strlen(word) == size && strncasecmp(text, word, size) == 0;
}

bool value_parse_boolean(const char *text, size_t size, uint8_t *ret_value)
{
    static const char *const yes[] = {"true", "t", "yes", "y", "1"};
    static const char *const no[] = {"false", "f", "no", "n", "0"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        bool is_yes = equals_ignoring_case(text, size, yes[i]);
        if (is_yes || equals_ignoring_case(text, size, no[i])) {
            *ret_value = is_yes;
            return true;
        }
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool value_parse_int64(const char *text, size_t size, int64_t *ret_value)
{
    size_t i = size > 0 && (text[0] == '-' || text[0] == '+');
    bool negative = i == 1 && text[0] == '-';
    if (i == size)
        return false;
    int64_t value = 0; /* kept negative: the smallest number has no positive counterpart */
    for (; i < size; i++)
        if (!is_digit(text[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, text[i] - '0', &value))
            return false;
    if (!negative && value == INT64_MIN)
        return false;
    *ret_value = negative ? value : -value;
    return true;
}

/* strtod would take hexadecimal digits and words like "inf" that SQL does not know. */
static bool is_plain_number(const char *text, size_t size)
{
    size_t i = size > 0 && (text[0] == '-' || text[0] == '+');
    size_t digits = 0;
    for (; i < size && is_digit(text[i]); i++)
        digits++;
    if (i < size && text[i] == '.')
        for (i++; i < size && is_digit(text[i]); i++)
            digits++;
    if (digits == 0)
        return false;
    if (i < size && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        i += i < size && (text[i] == '-' || text[i] == '+');
        if (i == size)
            return false;
        while (i < size && is_digit(text[i]))
            i++;
    }
    return i == size;
}

static bool parse_special_double(const char *text, size_t size, double *ret_value)
{
    bool negative = size > 0 && text[0] == '-';
    size_t sign = size > 0 && (text[0] == '-' || text[0] == '+');
    if (size - sign == 8 && memcmp(text + sign, "Infinity", 8) == 0)
        *ret_value = negative ? -__builtin_inf() : __builtin_inf();
    else if (size - sign == 3 && memcmp(text + sign, "NaN", 3) == 0)
        *ret_value = __builtin_nan("");
    else
        return false;
    return true;
}

bool value_parse_double(const char *text, size_t size, double *ret_value)
{
    enum { SHORT_BYTES = 64 };
    if (!is_plain_number(text, size))
        return parse_special_double(text, size, ret_value);
    char copy[SHORT_BYTES];
    if (size < sizeof copy) {
        memcpy(copy, text, size);
        copy[size] = 0;
        *ret_value = strtod(copy, NULL);
        return true;
    }
    char *long_copy = strndup(text, size);
    if (long_copy == NULL)
        return false;
    *ret_value = strtod(long_copy, NULL);
    free(long_copy);
    return true;
}

/* Digits go into value until it is full; those behind only matter for rounding. */
struct decimal_digits {
    int128_t value;
    int64_t exponent; /* of the last digit taken */
    bool full;
    bool round_up; /* the first digit not taken is 5 or more */
};

static void take_digit(struct decimal_digits *digits, char digit, bool fraction)
{
    if (!digits->full && digits->value <= decimal_power_of_ten(37)) {
        digits->value = digits->value * 10 + (digit - '0');
        digits->exponent -= fraction;
        return;
    }
    if (!digits->full)
        digits->round_up = digit >= '5';
    digits->full = true;
    digits->exponent += !fraction;
}

static bool parse_exponent(const char *text, size_t size, int64_t *ret_exponent)
{
    int64_t exponent;
    if (!value_parse_int64(text, size, &exponent) || exponent > 1000 || exponent < -1000)
        return false;
    *ret_exponent = exponent;
    return true;
}

bool value_parse_decimal(const char *text, size_t size, uint8_t precision, uint8_t scale, int128_t *ret_value)
{
    if (!is_plain_number(text, size))
        return false;
    struct decimal_digits digits = {0};
    int64_t exponent = 0;
    bool fraction = false;
    for (size_t i = text[0] == '-' || text[0] == '+'; i < size; i++) {
        if (text[i] == '.') {
            fraction = true;
        } else if (text[i] == 'e' || text[i] == 'E') {
            if (!parse_exponent(text + i + 1, size - i - 1, &exponent))
                return false;
            break;
        } else {
            take_digit(&digits, text[i], fraction);
        }
    }
    int64_t shift = digits.exponent + exponent + scale;
    int128_t value = digits.value;
    if (shift >= 0) {
        value += shift == 0 && digits.round_up;
        if (value != 0 &&
            (shift > 38 || __builtin_mul_overflow(value, decimal_power_of_ten((uint32_t)shift), &value)))
            return false;
    } else {
        value = shift < -38 ? 0 : decimal_divide_half_up(value, decimal_power_of_ten((uint32_t)-shift));
    }
    if (!decimal_fits(value, precision))
        return false;
    *ret_value = text[0] == '-' ? -value : value;
    return true;
}

/* One to max digits at *at. */
static bool take_number(const char *text, size_t size, size_t *at, size_t min, size_t max,
                        int32_t *ret_number)
{
    int32_t number = 0;
    size_t start = *at;
    while (*at < size && *at - start < max && is_digit(text[*at]))
        number = number * 10 + (text[(*at)++] - '0');
    if (*at - start < min)
        return false;
    *ret_number = number;
    return true;
}

static bool take_char(const char *text, size_t size, size_t *at, char c)
{
    if (*at >= size || text[*at] != c)
        return false;
    (*at)++;
    return true;
}

static bool take_date(const char *text, size_t size, size_t *at, int64_t *ret_days)
{
    int32_t year, month, day;
    if (!take_number(text, size, at, 4, 4, &year) || !take_char(text, size, at, '-') ||
        !take_number(text, size, at, 1, 2, &month) || !take_char(text, size, at, '-') ||
        !take_number(text, size, at, 1, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > calendar_month_length(year, month))
        return false;
    *ret_days = calendar_days(year, month, day);
    return true;
}

bool value_parse_date(const char *text, size_t size, int32_t *ret_days)
{
    size_t at = 0;
    int64_t days;
    if (!take_date(text, size, &at, &days) || at != size)
        return false;
    *ret_days = (int32_t)days;
    return true;
}

static bool take_fraction(const char *text, size_t size, size_t *at, struct value_timestamp *timestamp)
{
    int64_t fraction = 0;
    uint8_t digits = 0;
    size_t start = *at;
    for (; *at < size && is_digit(text[*at]); (*at)++) {
        if (digits < 6) {
            fraction = fraction * 10 + (text[*at] - '0');
            digits++;
        }
    }
    size_t given = *at - start;
    if (given == 0 || given > 9)
        return false;
    timestamp->fraction_digits = (uint8_t)given;
    for (; digits < 6; digits++)
        fraction *= 10;
    timestamp->us += fraction;
    return true;
}

static bool take_time(const char *text, size_t size, size_t *at, struct value_timestamp *timestamp)
{
    int32_t hour, minute, second = 0;
    if (!take_number(text, size, at, 1, 2, &hour) || !take_char(text, size, at, ':') ||
        !take_number(text, size, at, 1, 2, &minute))
        return false;
    bool has_second = take_char(text, size, at, ':');
    if (has_second && !take_number(text, size, at, 1, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    timestamp->us +=
        hour * CALENDAR_US_PER_HOUR + minute * CALENDAR_US_PER_MINUTE + second * CALENDAR_US_PER_SECOND;
    if (has_second && take_char(text, size, at, '.'))
        return take_fraction(text, size, at, timestamp);
    return true;
}

static bool take_offset(const char *text, size_t size, size_t *at, struct value_timestamp *timestamp)
{
    timestamp->has_offset = true;
    if (take_char(text, size, at, 'Z'))
        return true;
    bool negative = text[*at] == '-';
    if (!negative && text[*at] != '+')
        return false;
    (*at)++;
    int32_t hours, minutes = 0;
    if (!take_number(text, size, at, 2, 2, &hours))
        return false;
    bool colon = take_char(text, size, at, ':');
    if ((colon || *at < size) && !take_number(text, size, at, 2, 2, &minutes))
        return false;
    if (hours > 18 || minutes > 59)
        return false;
    timestamp->offset_s = (hours * 3600 + minutes * 60) * (negative ? -1 : 1);
    return true;
}

bool value_parse_timestamp(const char *text, size_t size, struct value_timestamp *ret_timestamp)
{
    struct value_timestamp timestamp = {0};
    size_t at = 0;
    int64_t days;
    if (!take_date(text, size, &at, &days))
        return false;
    timestamp.us = days * CALENDAR_US_PER_DAY;
    if (at < size) {
        timestamp.separator = text[at++];
        if (timestamp.separator != ' ' && timestamp.separator != 'T')
            return false;
        timestamp.has_time = true;
        if (!take_time(text, size, &at, &timestamp))
            return false;
        if (at < size && !take_offset(text, size, &at, &timestamp))
            return false;
    }
    if (at != size)
        return false;
    *ret_timestamp = timestamp;
    return true;
}

int64_t value_truncate_timestamp(int64_t us, uint8_t precision)
{
    int64_t unit = 1;
    for (uint8_t i = precision; i < 6; i++)
        unit *= 10;
    return calendar_floor_divide(us, unit) * unit;
}
