#include "common/expression/time_zone_rules.h"

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/expression/calendar.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_BYTES = 44, TYPE_BYTES_IN_FILE = 6, MAX_FILE_BYTES = 1 << 20, SECONDS_PER_DAY = 86400 };

/* One end of daylight-saving time: week 1 to 5 of a month and weekday, or a day of the year. */
struct rule_date {
    char kind; /* 'M' month.week.day, 'J' day 1 to 365 without leap days, 'D' day 0 to 365 */
    int32_t month, week, day;
    int32_t time_s; /* of local time before the change */
};

struct posix_rule {
    bool present;
    bool has_summer;
    int32_t standard_s;
    int32_t summer_s;
    struct rule_date start;
    struct rule_date end;
};

struct time_zone_rules {
    uint32_t num_transitions;
    int64_t *at_s;     /* ascending */
    int32_t *offset_s; /* from then on */
    int32_t first_offset_s;
    struct posix_rule rule;
};

static uint32_t read_be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t read_be64(const uint8_t *at)
{
    return (int64_t)((uint64_t)read_be32(at) << 32 | read_be32(at + 4));
}

static bool take_int(const char **text, int32_t *ret_value)
{
    if (!isdigit((unsigned char)**text))
        return false;
    int32_t value = 0;
    while (isdigit((unsigned char)**text) && value < 100000)
        value = value * 10 + (*(*text)++ - '0');
    *ret_value = value;
    return true;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(const char **text, int32_t *ret_s)
{
    int32_t sign = **text == '-' ? -1 : 1;
    if (**text == '-' || **text == '+')
        (*text)++;
    int32_t hours, minutes = 0, seconds = 0;
    if (!take_int(text, &hours) || hours > 167)
        return false;
    if (**text == ':' && ((*text)++, !take_int(text, &minutes)))
        return false;
    if (**text == ':' && ((*text)++, !take_int(text, &seconds)))
        return false;
    *ret_s = sign * (hours * 3600 + minutes * 60 + seconds);
    return true;
}

static bool take_name(const char **text)
{
    const char *start = *text;
    if (**text == '<') {
        while (**text != 0 && **text != '>')
            (*text)++;
        if (**text == 0)
            return false;
        (*text)++;
        return true;
    }
    while (isalpha((unsigned char)**text))
        (*text)++;
    return *text - start >= 3;
}

static bool take_rule_date(const char **text, struct rule_date *date)
{
    if (*(*text)++ != ',')
        return false;
    date->kind = **text == 'M' || **text == 'J' ? *(*text)++ : 'D';
    date->time_s = 2 * 3600;
    if (date->kind == 'M') {
        if (!take_int(text, &date->month) || *(*text)++ != '.' || !take_int(text, &date->week) ||
            *(*text)++ != '.' || !take_int(text, &date->day))
            return false;
        if (date->month < 1 || date->month > 12 || date->week < 1 || date->week > 5 || date->day > 6)
            return false;
    } else if (!take_int(text, &date->day) || date->day > 366) {
        return false;
    }
    if (**text == '/') {
        (*text)++;
        return take_time(text, &date->time_s);
    }
    return true;
}

/* std offset [dst [offset] ,start ,end]; offsets count westwards. */
static bool parse_posix_rule(const char *text, struct posix_rule *rule)
{
    if (!take_name(&text) || !take_time(&text, &rule->standard_s))
        return false;
    rule->standard_s = -rule->standard_s;
    if (*text != 0) {
        rule->has_summer = true;
        rule->summer_s = rule->standard_s + 3600;
        if (!take_name(&text))
            return false;
        if (*text != ',' && *text != 0) {
            if (!take_time(&text, &rule->summer_s))
                return false;
            rule->summer_s = -rule->summer_s;
        }
        if (!take_rule_date(&text, &rule->start) || !take_rule_date(&text, &rule->end) || *text != 0)
            return false;
    }
    rule->present = true;
    return true;
}

static int64_t rule_date_day(const struct rule_date *date, int32_t year)
{
    if (date->kind == 'D')
        return calendar_days(year, 1, 1) + date->day;
    if (date->kind == 'J') {
        bool behind_leap_day = calendar_month_length(year, 2) == 29 && date->day >= 60;
        return calendar_days(year, 1, 1) + date->day - 1 + behind_leap_day;
    }
    int64_t first = calendar_days(year, date->month, 1);
    int32_t weekday = calendar_iso_weekday((int32_t)first) % 7;
    int32_t day = (date->day - weekday + 7) % 7 + (date->week - 1) * 7;
    while (day >= calendar_month_length(year, date->month))
        day -= 7;
    return first + day;
}

/* Narrows [*from, *until), which holds at, to one side of change. */
static void narrow(int64_t change, int64_t at, int64_t *from, int64_t *until)
{
    if (change <= at && change > *from)
        *from = change;
    else if (change > at && change < *until)
        *until = change;
}

static int32_t posix_rule_offset(const struct posix_rule *rule, int64_t utc_s, int64_t *from_s,
                                 int64_t *until_s)
{
    if (!rule->has_summer)
        return rule->standard_s;
    int32_t year, month, day;
    int64_t days = calendar_floor_divide(utc_s + rule->standard_s, SECONDS_PER_DAY);
    if (days > INT32_MAX / 2 || days < INT32_MIN / 2)
        return rule->standard_s;
    calendar_date_of_days((int32_t)days, &year, &month, &day);
    int64_t start =
        rule_date_day(&rule->start, year) * SECONDS_PER_DAY + rule->start.time_s - rule->standard_s;
    int64_t end = rule_date_day(&rule->end, year) * SECONDS_PER_DAY + rule->end.time_s - rule->summer_s;
    narrow(start, utc_s, from_s, until_s);
    narrow(end, utc_s, from_s, until_s);
    narrow(calendar_days(year, 1, 1) * SECONDS_PER_DAY - rule->standard_s, utc_s, from_s, until_s);
    narrow(calendar_days(year + 1, 1, 1) * SECONDS_PER_DAY - rule->standard_s, utc_s, from_s, until_s);
    bool summer = start < end ? utc_s >= start && utc_s < end : utc_s >= start || utc_s < end;
    return summer ? rule->summer_s : rule->standard_s;
}

/* The counts of a header, and the bytes of the block behind it with times of time_bytes. */
struct tzif_block {
    uint32_t is_utc, is_standard, leaps, transitions, types, name_bytes;
    size_t size;
};

static bool read_header(const uint8_t *data, size_t size, size_t time_bytes, struct tzif_block *block)
{
    if (size < HEADER_BYTES || memcmp(data, "TZif", 4) != 0)
        return false;
    block->is_utc = read_be32(data + 20);
    block->is_standard = read_be32(data + 24);
    block->leaps = read_be32(data + 28);
    block->transitions = read_be32(data + 32);
    block->types = read_be32(data + 36);
    block->name_bytes = read_be32(data + 40);
    block->size = block->transitions * (time_bytes + 1) + (size_t)block->types * TYPE_BYTES_IN_FILE +
                  block->name_bytes + block->leaps * (time_bytes + 4) + block->is_standard +
                  (size_t)block->is_utc;
    return block->types > 0 && block->size <= size - HEADER_BYTES;
}

static bool read_transitions(const uint8_t *data, const struct tzif_block *block,
                             struct time_zone_rules *rules)
{
    const uint8_t *indexes = data + (size_t)block->transitions * 8;
    const uint8_t *types = indexes + block->transitions;
    rules->num_transitions = block->transitions;
    rules->at_s = mem_calloc(block->transitions + 1, sizeof(int64_t));
    rules->offset_s = mem_calloc(block->transitions + 1, sizeof(int32_t));
    rules->first_offset_s = (int32_t)read_be32(types);
    for (uint32_t i = 0; i < block->transitions; i++) {
        if (indexes[i] >= block->types)
            return false;
        rules->at_s[i] = read_be64(data + (size_t)i * 8);
        rules->offset_s[i] = (int32_t)read_be32(types + (size_t)indexes[i] * TYPE_BYTES_IN_FILE);
    }
    return true;
}

static bool read_footer(const uint8_t *data, size_t size, struct time_zone_rules *rules)
{
    const uint8_t *end = size < 2 ? NULL : memchr(data + 1, '\n', size - 1);
    if (end == NULL || data[0] != '\n')
        return false;
    char *text = mem_strndup((const char *)data + 1, (size_t)(end - data) - 1);
    bool parsed = *text == 0 || parse_posix_rule(text, &rules->rule);
    free(text);
    return parsed;
}

enum status time_zone_rules_parse(const void *data, size_t size, struct time_zone_rules **ret_rules,
                                  struct error *error)
{
    const uint8_t *bytes = data;
    struct time_zone_rules *rules = mem_calloc(1, sizeof *rules);
    struct tzif_block block;
    /* the first block has times of 32 bits, for old readers */
    bool valid = read_header(bytes, size, 4, &block) && bytes[4] >= '2' && size <= MAX_FILE_BYTES;
    if (valid) {
        size_t skip = HEADER_BYTES + block.size;
        bytes += skip;
        size -= skip;
        valid = read_header(bytes, size, 8, &block) &&
                read_transitions(bytes + HEADER_BYTES, &block, rules) &&
                read_footer(bytes + HEADER_BYTES + block.size, size - HEADER_BYTES - block.size, rules);
    }
    if (!valid) {
        time_zone_rules_free(rules);
        return error_set(error, STATUS_CORRUPT, "not a time zone file of version 2 or later");
    }
    *ret_rules = rules;
    return STATUS_OK;
}

void time_zone_rules_free(struct time_zone_rules *rules)
{
    if (rules == NULL)
        return;
    free(rules->at_s);
    free(rules->offset_s);
    free(rules);
}

int32_t time_zone_rules_offset(const struct time_zone_rules *rules, int64_t utc_s, int64_t *ret_from_s,
                               int64_t *ret_until_s)
{
    uint32_t low = 0;
    uint32_t high = rules->num_transitions;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rules->at_s[middle] <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_from_s = low == 0 ? INT64_MIN : rules->at_s[low - 1];
    *ret_until_s = low == rules->num_transitions ? INT64_MAX : rules->at_s[low];
    if (low == rules->num_transitions && rules->rule.present)
        return posix_rule_offset(&rules->rule, utc_s, ret_from_s, ret_until_s);
    return low == 0 ? rules->first_offset_s : rules->offset_s[low - 1];
}

/* Region/City: nothing that leaves the folder. */
static bool is_zone_name(const char *name)
{
    if (!isalpha((unsigned char)name[0]) || strstr(name, "..") != NULL || strlen(name) > 64)
        return false;
    for (const char *p = name; *p != 0; p++)
        if (!isalnum((unsigned char)*p) && strchr("/_+-", *p) == NULL)
            return false;
    return true;
}

enum status time_zone_rules_load(const char *name, struct time_zone_rules **ret_rules, struct error *error)
{
    char path[128];
    if (!is_zone_name(name))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "'%s' is no time zone; give an offset as +08:00 or a name as Europe/Berlin", name);
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "unknown time zone '%s' (no file %s: %s); give an offset as +08:00 or a name as "
                         "Europe/Berlin, and see that the package tzdata is installed",
                         name, path, strerror(errno));
    struct buffer content = {0};
    buffer_reserve(&content, MAX_FILE_BYTES);
    content.size = fread(content.data, 1, MAX_FILE_BYTES, file);
    fclose(file);
    enum status status = time_zone_rules_parse(content.data, content.size, ret_rules, error);
    buffer_free(&content);
    if (status != STATUS_OK)
        return error_prefix(error, "%s", path);
    return STATUS_OK;
}
