#include "common/expression/functions/date_pattern.h"

#include "common/expression/calendar.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { MAX_PATTERN_BYTES = 1024 };

static const char *const month_names[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
static const char *const weekday_names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                            "Friday", "Saturday", "Sunday"};

static bool add_literal(struct date_pattern *pattern, size_t start, size_t size)
{
    if (pattern->num_tokens == DATE_PATTERN_MAX_TOKENS)
        return false;
    pattern->tokens[pattern->num_tokens++] =
        (struct date_pattern_token){.start = (uint16_t)start, .size = (uint16_t)size};
    return true;
}

/* A quoted text at *at (on the quote); two quotes in a row are one, inside and outside of it. */
static bool add_quoted(struct date_pattern *pattern, const char *text, size_t size, size_t *at)
{
    size_t start = *at + 1;
    if (start < size && text[start] == '\'') {
        *at = start + 1;
        return add_literal(pattern, start, 1);
    }
    for (;;) {
        const char *end = start < size ? memchr(text + start, '\'', size - start) : NULL;
        if (end == NULL)
            return false;
        size_t stop = (size_t)(end - text);
        bool doubled = stop + 1 < size && text[stop + 1] == '\'';
        if (!add_literal(pattern, start, stop - start + doubled))
            return false;
        *at = stop + 1;
        if (!doubled)
            return true;
        start = stop + 2;
    }
}

static bool add_letters(struct date_pattern *pattern, const char *text, size_t size, size_t *at)
{
    char letter = text[*at];
    size_t count = 0;
    while (*at < size && text[*at] == letter && count < 9) {
        (*at)++;
        count++;
    }
    if (strchr("yuMdDEaHhkKmsS", letter) == NULL || pattern->num_tokens == DATE_PATTERN_MAX_TOKENS)
        return false;
    pattern->tokens[pattern->num_tokens++] =
        (struct date_pattern_token){.letter = letter, .count = (uint8_t)count};
    return true;
}

enum status date_pattern_compile(const char *text, size_t size, struct date_pattern *ret_pattern,
                                 struct error *error)
{
    struct date_pattern pattern = {.text = text};
    bool valid = size <= MAX_PATTERN_BYTES;
    for (size_t at = 0; at < size && valid;) {
        if (text[at] == '\'')
            valid = add_quoted(&pattern, text, size, &at);
        else if (isalpha((unsigned char)text[at]))
            valid = add_letters(&pattern, text, size, &at);
        else
            valid = add_literal(&pattern, at++, 1);
    }
    if (!valid)
        return error_set(
            error, STATUS_INVALID_ARGUMENT,
            "'%.*s' is no date pattern; its letters are y M d D E a H h k K m s S, other text stands in "
            "single quotes",
            size > 200 ? 200 : (int)size, text);
    *ret_pattern = pattern;
    return STATUS_OK;
}

static void put_number(struct buffer *buffer, int32_t number, uint8_t width)
{
    char digits[16];
    size_t at = sizeof digits;
    int64_t rest = number < 0 ? -(int64_t)number : number;
    for (uint8_t i = 0; rest > 0 || i < width; i++, rest /= 10)
        digits[--at] = (char)('0' + rest % 10);
    if (number < 0)
        digits[--at] = '-';
    buffer_append(buffer, digits + at, sizeof digits - at);
}

static void put_name(struct buffer *buffer, const char *name, uint8_t count)
{
    buffer_append(buffer, name, count >= 4 ? strlen(name) : 3);
}

static void put_year(struct buffer *buffer, int32_t year, uint8_t count)
{
    if (count == 2)
        put_number(buffer, ((year % 100) + 100) % 100, 2);
    else
        put_number(buffer, year, count == 1 ? 4 : count);
}

static void put_fraction(struct buffer *buffer, int32_t microsecond, uint8_t count)
{
    int32_t unit = 100000;
    for (uint8_t i = 0; i < count; i++, unit /= 10)
        buffer_append_byte(buffer, (uint8_t)('0' + (unit > 0 ? microsecond / unit % 10 : 0)));
}

static void put_token(struct buffer *buffer, const struct date_pattern_token *token, int32_t days,
                      const struct calendar_fields *fields)
{
    uint8_t count = token->count;
    switch (token->letter) {
    case 'y':
    case 'u': put_year(buffer, fields->year, count); break;
    case 'M':
        if (count >= 3)
            put_name(buffer, month_names[fields->month - 1], count);
        else
            put_number(buffer, fields->month, count);
        break;
    case 'd': put_number(buffer, fields->day, count); break;
    case 'D': put_number(buffer, calendar_day_of_year(days), count); break;
    case 'E': put_name(buffer, weekday_names[calendar_iso_weekday(days) - 1], count); break;
    case 'a': buffer_append_text(buffer, fields->hour < 12 ? "AM" : "PM"); break;
    case 'H': put_number(buffer, fields->hour, count); break;
    case 'h': put_number(buffer, (fields->hour + 11) % 12 + 1, count); break;
    case 'K': put_number(buffer, fields->hour % 12, count); break;
    case 'k': put_number(buffer, (fields->hour + 23) % 24 + 1, count); break;
    case 'm': put_number(buffer, fields->minute, count); break;
    case 's': put_number(buffer, fields->second, count); break;
    default: put_fraction(buffer, fields->microsecond, count); break;
    }
}

void date_pattern_format(const struct date_pattern *pattern, int64_t us, struct buffer *buffer)
{
    struct calendar_fields fields = calendar_fields_of_us(us);
    int32_t days = calendar_days_of_us(us);
    for (uint32_t i = 0; i < pattern->num_tokens; i++) {
        const struct date_pattern_token *token = &pattern->tokens[i];
        if (token->letter == 0)
            buffer_append(buffer, pattern->text + token->start, token->size);
        else
            put_token(buffer, token, days, &fields);
    }
}

/* What a text said while it is parsed. */
struct parse_state {
    const char *text;
    size_t size;
    size_t at;
    struct calendar_fields fields;
    int32_t day_of_year; /* 0: not given */
    bool afternoon;
    bool has_half; /* AM or PM was given */
};

static bool take_digits(struct parse_state *state, size_t min, size_t max, int32_t *ret_number)
{
    size_t start = state->at;
    int32_t number = 0;
    while (state->at < state->size && state->at - start < max &&
           isdigit((unsigned char)state->text[state->at]))
        number = number * 10 + (state->text[state->at++] - '0');
    if (state->at - start < min)
        return false;
    *ret_number = number;
    return true;
}

static bool take_fraction(struct parse_state *state, uint8_t count)
{
    size_t start = state->at;
    int32_t number = 0, unit = 100000;
    for (; state->at < state->size && state->at - start < count &&
           isdigit((unsigned char)state->text[state->at]);
         state->at++, unit /= 10)
        number += (state->text[state->at] - '0') * unit;
    state->fields.microsecond = number;
    return state->at > start;
}

/* One of the names, whole or its first three letters; its index from 1. */
static bool take_name(struct parse_state *state, const char *const *names, int32_t num_names, uint8_t count,
                      int32_t *ret_index)
{
    for (int32_t i = 0; i < num_names; i++) {
        size_t length = count >= 4 ? strlen(names[i]) : 3;
        if (state->size - state->at >= length &&
            strncasecmp(state->text + state->at, names[i], length) == 0) {
            state->at += length;
            *ret_index = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_year(struct parse_state *state, uint8_t count)
{
    if (!take_digits(state, count >= 4 ? 4 : count, count == 2 ? 2 : 4, &state->fields.year))
        return false;
    if (count == 2)
        state->fields.year += 2000;
    return true;
}

static bool take_half(struct parse_state *state)
{
    static const char *const halves[] = {"AM", "PM"};
    for (int i = 0; i < 2; i++) {
        if (state->size - state->at >= 2 && strncasecmp(state->text + state->at, halves[i], 2) == 0) {
            state->at += 2;
            state->has_half = true;
            state->afternoon = i == 1;
            return true;
        }
    }
    return false;
}

static bool take_token(struct parse_state *state, const struct date_pattern_token *token)
{
    uint8_t count = token->count;
    size_t min = count > 2 ? 2 : count;
    int32_t ignored;
    switch (token->letter) {
    case 'y':
    case 'u': return take_year(state, count);
    case 'M':
        return count >= 3 ? take_name(state, month_names, 12, count, &state->fields.month)
                          : take_digits(state, min, 2, &state->fields.month);
    case 'd': return take_digits(state, min, 2, &state->fields.day);
    case 'D': return take_digits(state, 1, 3, &state->day_of_year);
    case 'E': return take_name(state, weekday_names, 7, count, &ignored);
    case 'a': return take_half(state);
    case 'H':
    case 'K':
    case 'h':
    case 'k': return take_digits(state, min, 2, &state->fields.hour);
    case 'm': return take_digits(state, min, 2, &state->fields.minute);
    case 's': return take_digits(state, min, 2, &state->fields.second);
    default: return take_fraction(state, count);
    }
}

static bool is_valid(const struct calendar_fields *fields)
{
    return fields->month >= 1 && fields->month <= 12 && fields->day >= 1 &&
           fields->day <= calendar_month_length(fields->year, fields->month) && fields->hour <= 23 &&
           fields->minute <= 59 && fields->second <= 59;
}

bool date_pattern_parse(const struct date_pattern *pattern, const char *text, size_t size, int64_t *ret_us)
{
    struct parse_state state = {.text = text, .size = size, .fields = {.year = 1970, .month = 1, .day = 1}};
    for (uint32_t i = 0; i < pattern->num_tokens; i++) {
        const struct date_pattern_token *token = &pattern->tokens[i];
        if (token->letter != 0) {
            if (!take_token(&state, token))
                return false;
            continue;
        }
        if (size - state.at < token->size ||
            memcmp(text + state.at, pattern->text + token->start, token->size) != 0)
            return false;
        state.at += token->size;
    }
    if (state.has_half)
        state.fields.hour = state.fields.hour % 12 + (state.afternoon ? 12 : 0);
    else if (state.fields.hour == 24)
        state.fields.hour = 0;
    if (state.at != size || !is_valid(&state.fields))
        return false;
    *ret_us = calendar_us(&state.fields);
    if (state.day_of_year > 0)
        *ret_us += (state.day_of_year - 1) * CALENDAR_US_PER_DAY;
    return true;
}
