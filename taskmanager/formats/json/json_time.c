#include "common/expression/calendar.h"
#include "common/expression/value_parse.h"
#include "taskmanager/formats/json/json_internal.h"

#include <string.h>

enum { SHOWN_BYTES = 40 };

/* Days of the ten bytes yyyy-MM-dd at text, by way of the last such date. */
static inline bool date_days(struct json_decoder *decoder, const char *text, int32_t *ret_days)
{
    if (memcmp(text, decoder->date, JSON_DATE_BYTES) != 0) {
        int32_t days;
        if (!value_parse_date(text, JSON_DATE_BYTES, &days))
            return false;
        memcpy(decoder->date, text, JSON_DATE_BYTES);
        decoder->date_days = days;
    }
    *ret_days = decoder->date_days;
    return true;
}

const char *json_read_date(struct json_decoder *decoder, const char *at, int32_t *ret_days)
{
    if (*at != '"')
        return json_fail(decoder, at, "a date in quotes expected, yyyy-MM-dd");
    if (at[1 + JSON_DATE_BYTES] == '"' && date_days(decoder, at + 1, ret_days))
        return at + 1 + JSON_DATE_BYTES + 1;
    const char *end = json_scratch_string(decoder, at);
    if (end == NULL)
        return NULL;
    const char *text = (const char *)decoder->scratch.data;
    if (decoder->scratch.size != JSON_DATE_BYTES || !date_days(decoder, text, ret_days))
        return json_fail(decoder, at, "'%.*s' is no date, yyyy-MM-dd", SHOWN_BYTES, text);
    return end;
}

/* Two digits as a number; *wrong gets a bit where they are none. */
static inline int32_t two_digits(const char *text, uint32_t *wrong)
{
    uint32_t tens = (uint32_t)(unsigned char)text[0] - '0';
    uint32_t ones = (uint32_t)(unsigned char)text[1] - '0';
    *wrong |= (uint32_t)(tens > 9) | (uint32_t)(ones > 9);
    return (int32_t)(tens * 10 + ones);
}

/* yyyy-MM-dd?HH:mm:ss[.1 to 9 digits][Z]" without a second look; NULL when it is anything else. */
static inline const char *fast_timestamp(struct json_decoder *decoder, const char *text,
                                         struct value_timestamp *timestamp)
{
    int32_t days;
    uint32_t wrong = (uint32_t)(text[13] != ':') | (uint32_t)(text[16] != ':');
    int32_t hour = two_digits(text + 11, &wrong);
    int32_t minute = two_digits(text + 14, &wrong);
    int32_t second = two_digits(text + 17, &wrong);
    if (wrong != 0 || hour > 23 || minute > 59 || second > 59 || !date_days(decoder, text, &days))
        return NULL;
    const char *at = text + 19;
    int32_t micros = 0;
    int32_t digits = 0;
    if (*at == '.') {
        for (at++; json_is_digit(*at); at++, digits++)
            if (digits < 6)
                micros = micros * 10 + (*at - '0');
        if (digits == 0 || digits > 9)
            return NULL;
        for (int32_t i = digits; i < 6; i++)
            micros *= 10;
    }
    timestamp->has_offset = *at == 'Z';
    at += timestamp->has_offset;
    if (*at != '"')
        return NULL;
    timestamp->separator = text[10];
    timestamp->has_time = true;
    timestamp->us = days * CALENDAR_US_PER_DAY +
                    ((hour * INT64_C(60) + minute) * 60 + second) * CALENDAR_US_PER_SECOND + micros;
    return at + 1;
}

/* The text of the timestamp at `at`, for messages. */
static const char *fail_timestamp(struct json_decoder *decoder, const char *at, const char *why)
{
    const char *end = at + 1;
    while (*end != '"' && (unsigned char)*end >= ' ' && end - at <= SHOWN_BYTES)
        end++;
    return json_fail(decoder, at, "'%.*s': %s", (int)(end - at - 1), at + 1, why);
}

/* Why a well-formed timestamp is not one of the form asked for; NULL when it is. */
static const char *form_mismatch(const struct json_decoder *decoder, const struct value_timestamp *timestamp,
                                 bool is_ltz)
{
    enum json_timestamp_form form = decoder->config.timestamp_form;
    if (!timestamp->has_time)
        return "a timestamp without a time of day";
    if (form == JSON_TIMESTAMP_SQL && timestamp->separator != ' ')
        return "'json.timestamp-format.standard' = 'SQL' wants a space between date and time";
    if (form == JSON_TIMESTAMP_ISO8601 && timestamp->separator != 'T')
        return "'json.timestamp-format.standard' = 'ISO-8601' wants a T between date and time";
    if (is_ltz && !timestamp->has_offset)
        return "a TIMESTAMP_LTZ needs a zone behind it, Z; without one declare the column TIMESTAMP";
    if (form == JSON_TIMESTAMP_ANY && (is_ltz || timestamp->offset_s == 0))
        return NULL;
    if (!is_ltz && timestamp->has_offset)
        return "a TIMESTAMP has no zone; declare the column TIMESTAMP_LTZ";
    return NULL;
}

const char *json_read_timestamp(struct json_decoder *decoder, const char *at, struct data_type type,
                                int64_t *ret_us)
{
    if (*at != '"')
        return json_fail(
            decoder, at,
            "a timestamp in quotes expected; convert a number by TO_TIMESTAMP_LTZ from a BIGINT");
    struct value_timestamp timestamp = {0};
    const char *end = fast_timestamp(decoder, at + 1, &timestamp);
    if (end == NULL) {
        end = json_scratch_string(decoder, at);
        if (end == NULL)
            return NULL;
        if (!value_parse_timestamp((const char *)decoder->scratch.data, decoder->scratch.size, &timestamp))
            return fail_timestamp(decoder, at, "no timestamp");
    }
    bool is_ltz = type.kind == TYPE_TIMESTAMP_LTZ;
    bool is_common = (timestamp.separator == ' ' || timestamp.separator == 'T') &&
                     decoder->config.timestamp_form == JSON_TIMESTAMP_ANY && !is_ltz && timestamp.has_time &&
                     timestamp.offset_s == 0;
    const char *mismatch = is_common ? NULL : form_mismatch(decoder, &timestamp, is_ltz);
    if (mismatch == NULL && timestamp.separator != ' ' && timestamp.separator != 'T')
        mismatch = "no timestamp";
    if (mismatch != NULL)
        return fail_timestamp(decoder, at, mismatch);
    int64_t us = timestamp.us - timestamp.offset_s * CALENDAR_US_PER_SECOND;
    *ret_us = type.precision >= 6 ? us : value_truncate_timestamp(us, type.precision);
    return end;
}
