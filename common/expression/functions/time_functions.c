#include "common/base/buffer.h"
#include "common/expression/calendar.h"
#include "common/expression/functions/date_pattern.h"
#include "common/expression/functions/functions_internal.h"
#include "common/expression/functions/time_unit.h"
#include "common/expression/value_format.h"
#include "common/expression/value_parse.h"

static const char standard_pattern[] = "yyyy-MM-dd HH:mm:ss";

enum status kernel_extract(const struct kernel_call *call, struct error *error)
{
    (void)error;
    int64_t *out = call->result->values;
    enum time_unit unit = TIME_UNIT_COUNT;
    bool constant = call->arguments[0]->encoding == VECTOR_CONSTANT;
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        if (unit == TIME_UNIT_COUNT || !constant) {
            const struct string_value *name = kernel_string(call, 0, row);
            unit = time_unit_find(name->data, name->size);
        }
        if (unit == TIME_UNIT_COUNT)
            vector_set_null(call->result, row);
        else
            out[row] = time_unit_extract(unit, kernel_bigint(call, 1, row));
    }
    return STATUS_OK;
}

/* The pattern of a row: compiled once when it is constant or left out. */
struct row_pattern {
    struct date_pattern pattern;
    bool compiled;
};

static enum status pattern_of_row(const struct kernel_call *call, uint32_t argument, uint32_t row,
                                  struct row_pattern *pattern, struct error *error)
{
    bool given = argument < call->num_arguments;
    if (pattern->compiled && (!given || call->arguments[argument]->encoding == VECTOR_CONSTANT))
        return STATUS_OK;
    pattern->compiled = true;
    if (!given)
        return date_pattern_compile(standard_pattern, sizeof standard_pattern - 1, &pattern->pattern, error);
    const struct string_value *text = kernel_string(call, argument, row);
    return date_pattern_compile(text->data, text->size, &pattern->pattern, error);
}

enum status kernel_date_format(const struct kernel_call *call, struct error *error)
{
    struct buffer text = {0};
    struct row_pattern pattern = {.compiled = false};
    enum status status = STATUS_OK;
    for (uint32_t row = 0; row < call->num_rows && status == STATUS_OK; row++) {
        if (!kernel_is_live(call, row))
            continue;
        status = pattern_of_row(call, 1, row, &pattern, error);
        if (status != STATUS_OK)
            break;
        buffer_clear(&text);
        date_pattern_format(&pattern.pattern, kernel_bigint(call, 0, row), &text);
        kernel_set_string(call, row, (const char *)text.data, text.size);
    }
    buffer_free(&text);
    return status;
}

enum status kernel_from_unixtime(const struct kernel_call *call, struct error *error)
{
    struct buffer text = {0};
    struct row_pattern pattern = {.compiled = false};
    enum status status = STATUS_OK;
    for (uint32_t row = 0; row < call->num_rows && status == STATUS_OK; row++) {
        if (!kernel_is_live(call, row))
            continue;
        status = pattern_of_row(call, 1, row, &pattern, error);
        int64_t us;
        if (status != STATUS_OK)
            break;
        if (__builtin_mul_overflow(kernel_bigint(call, 0, row), 2 * CALENDAR_US_PER_SECOND, &us)) {
            vector_set_null(call->result, row);
            continue;
        }
        buffer_clear(&text);
        date_pattern_format(&pattern.pattern, time_zone_utc_to_local_us(call->environment->zone, us / 2),
                            &text);
        kernel_set_string(call, row, (const char *)text.data, text.size);
    }
    buffer_free(&text);
    return status;
}

/* The text of a row as wall-clock time. Without a pattern every form that CAST takes. */
static enum status parse_row(const struct kernel_call *call, uint32_t row, struct row_pattern *pattern,
                             bool *ret_parsed, int64_t *ret_us, struct error *error)
{
    const struct string_value *text = kernel_string(call, 0, row);
    if (call->num_arguments < 2) {
        struct value_timestamp timestamp = {0};
        *ret_parsed = value_parse_timestamp(text->data, text->size, &timestamp) && !timestamp.has_offset;
        *ret_us = timestamp.us;
        return STATUS_OK;
    }
    enum status status = pattern_of_row(call, 1, row, pattern, error);
    if (status == STATUS_OK)
        *ret_parsed = date_pattern_parse(&pattern->pattern, text->data, text->size, ret_us);
    return status;
}

/* Text that is no time is NULL; a pattern that is none is an error. */
enum status kernel_to_timestamp(const struct kernel_call *call, struct error *error)
{
    int64_t *out = call->result->values;
    struct row_pattern pattern = {.compiled = false};
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        bool parsed;
        int64_t us = 0;
        enum status status = parse_row(call, row, &pattern, &parsed, &us, error);
        if (status != STATUS_OK)
            return status;
        out[row] = value_truncate_timestamp(us, call->result->type.precision);
        if (!parsed)
            vector_set_null(call->result, row);
    }
    return STATUS_OK;
}

enum status kernel_to_date(const struct kernel_call *call, struct error *error)
{
    int32_t *out = call->result->values;
    struct row_pattern pattern = {.compiled = false};
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        bool parsed;
        int64_t us = 0;
        enum status status = parse_row(call, row, &pattern, &parsed, &us, error);
        if (status != STATUS_OK)
            return status;
        out[row] = calendar_days_of_us(us);
        if (!parsed)
            vector_set_null(call->result, row);
    }
    return STATUS_OK;
}

/* Without arguments the time now; of a text that is no time Flink makes the smallest number. */
enum status kernel_unix_timestamp(const struct kernel_call *call, struct error *error)
{
    int64_t *out = call->result->values;
    struct row_pattern pattern = {.compiled = false};
    for (uint32_t row = 0; row < call->num_rows; row++) {
        bool parsed = true;
        int64_t us = call->environment->now_us;
        if (!kernel_is_live(call, row))
            continue;
        if (call->num_arguments > 0) {
            enum status status = parse_row(call, row, &pattern, &parsed, &us, error);
            if (status != STATUS_OK)
                return status;
            us = time_zone_local_to_utc_us(call->environment->zone, us);
        }
        out[row] = parsed ? calendar_floor_divide(us, CALENDAR_US_PER_SECOND) : INT64_MIN;
    }
    return STATUS_OK;
}

/* Numbers beyond the years 1 to 9999 are NULL. */
enum status kernel_to_timestamp_ltz(const struct kernel_call *call, struct error *error)
{
    (void)error;
    const int64_t first_us = -62135596800 * CALENDAR_US_PER_SECOND;
    const int64_t last_us = INT64_C(253402300799) * CALENDAR_US_PER_SECOND + 999999;
    int64_t *out = call->result->values;
    const struct vector *number = call->arguments[0];
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        int64_t unit = call->num_arguments == 2 && kernel_int(call, 1, row) == 0 ? CALENDAR_US_PER_SECOND
                                                                                 : CALENDAR_US_PER_MS;
        int64_t us = INT64_MAX;
        if (number->type.kind == TYPE_DOUBLE) {
            double value = ((const double *)number->values)[kernel_row(number, row)] * (double)unit;
            us = value > -1e18 && value < 1e18 ? (int64_t)value : INT64_MAX;
        } else if (__builtin_mul_overflow(kernel_bigint(call, 0, row), unit, &us)) {
            us = INT64_MAX;
        }
        if (us < first_us || us > last_us)
            vector_set_null(call->result, row);
        else
            out[row] = value_truncate_timestamp(us, call->result->type.precision);
    }
    return STATUS_OK;
}

enum status kernel_current_time(const struct kernel_call *call, struct error *error)
{
    (void)error;
    int64_t us = value_truncate_timestamp(call->environment->now_us, 3);
    if (call->result->type.kind != TYPE_TIMESTAMP_LTZ)
        us = time_zone_utc_to_local_us(call->environment->zone, us);
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (call->result->type.kind == TYPE_DATE)
            ((int32_t *)call->result->values)[row] = calendar_days_of_us(us);
        else
            ((int64_t *)call->result->values)[row] = us;
    }
    return STATUS_OK;
}

static int64_t wrapping_add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

enum status kernel_plus_interval_day(const struct kernel_call *call, struct error *error)
{
    (void)error;
    if (call->arguments[0]->type.kind == TYPE_DATE)
        KERNEL_BINARY(call, int32_t, int64_t, int32_t,
                      (int32_t)((uint32_t)a + (uint32_t)calendar_floor_divide(b, CALENDAR_US_PER_DAY)));
    else
        KERNEL_BINARY(call, int64_t, int64_t, int64_t, wrapping_add(a, b));
    return STATUS_OK;
}

static int64_t add_months(int64_t us, int64_t months)
{
    int32_t days = calendar_days_of_us(us);
    return us + ((int64_t)calendar_add_months(days, months) - days) * CALENDAR_US_PER_DAY;
}

/* A month of a TIMESTAMP_LTZ is one of the session's calendar. */
enum status kernel_plus_interval_month(const struct kernel_call *call, struct error *error)
{
    enum { MOST_MONTHS = 12 * 10000 };
    (void)error;
    const struct time_zone *zone = call->environment->zone;
    const struct vector *time = call->arguments[0];
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        int64_t months = kernel_bigint(call, 1, row);
        if (months > MOST_MONTHS || months < -MOST_MONTHS) {
            vector_set_null(call->result, row);
            continue;
        }
        if (time->type.kind == TYPE_DATE) {
            ((int32_t *)call->result->values)[row] = calendar_add_months(kernel_int(call, 0, row), months);
            continue;
        }
        int64_t us = kernel_bigint(call, 0, row);
        if (time->type.kind == TYPE_TIMESTAMP_LTZ)
            us = time_zone_local_to_utc_us(zone, add_months(time_zone_utc_to_local_us(zone, us), months));
        else
            us = add_months(us, months);
        ((int64_t *)call->result->values)[row] = us;
    }
    return STATUS_OK;
}
