#include "common/connector/connector.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool connector_parse_boolean(const char *text, bool *ret_value)
{
    if (strcasecmp(text, "true") == 0)
        *ret_value = true;
    else if (strcasecmp(text, "false") == 0)
        *ret_value = false;
    else
        return false;
    return true;
}

bool connector_parse_integer(const char *text, int64_t *ret_value)
{
    if (!isdigit((unsigned char)*text) && *text != '-' && *text != '+')
        return false;
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return false;
    *ret_value = value;
    return true;
}

bool connector_parse_double(const char *text, double *ret_value)
{
    if (*text == '\0' || isspace((unsigned char)*text))
        return false;
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0')
        return false;
    *ret_value = value;
    return true;
}

struct unit {
    const char *name;
    int64_t factor;  /* in the base unit */
    int64_t divisor; /* for units below the base unit */
};

/* "<digits> <unit>", blanks allowed around both. */
static bool parse_with_unit(const char *text, const struct unit *units, size_t count, int64_t *ret_value)
{
    while (*text == ' ')
        text++;
    if (!isdigit((unsigned char)*text))
        return false;
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0)
        return false;
    while (*end == ' ')
        end++;
    size_t size = strlen(end);
    while (size > 0 && end[size - 1] == ' ')
        size--;
    for (size_t i = 0; i < count; i++) {
        int64_t value;
        if (strlen(units[i].name) != size || strncasecmp(units[i].name, end, size) != 0)
            continue;
        if (__builtin_mul_overflow((int64_t)number, units[i].factor, &value))
            return false;
        *ret_value = value / units[i].divisor;
        return true;
    }
    return false;
}

bool connector_parse_duration_ms(const char *text, int64_t *ret_value)
{
    enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
    static const struct unit units[] = {
        {"", 1, 1},
        {"ms", 1, 1},
        {"milli", 1, 1},
        {"millis", 1, 1},
        {"millisecond", 1, 1},
        {"milliseconds", 1, 1},
        {"s", SECOND, 1},
        {"sec", SECOND, 1},
        {"secs", SECOND, 1},
        {"second", SECOND, 1},
        {"seconds", SECOND, 1},
        {"m", MINUTE, 1},
        {"min", MINUTE, 1},
        {"minute", MINUTE, 1},
        {"minutes", MINUTE, 1},
        {"h", HOUR, 1},
        {"hour", HOUR, 1},
        {"hours", HOUR, 1},
        {"d", DAY, 1},
        {"day", DAY, 1},
        {"days", DAY, 1},
        {"us", 1, 1000},
        {"\xC2\xB5s", 1, 1000},
        {"micro", 1, 1000},
        {"micros", 1, 1000},
        {"microsecond", 1, 1000},
        {"microseconds", 1, 1000},
        {"ns", 1, 1000000},
        {"nano", 1, 1000000},
        {"nanos", 1, 1000000},
        {"nanosecond", 1, 1000000},
        {"nanoseconds", 1, 1000000},
    };
    return parse_with_unit(text, units, sizeof units / sizeof *units, ret_value);
}

bool connector_parse_memory_bytes(const char *text, int64_t *ret_value)
{
    static const struct unit units[] = {
        {"", 1, 1},
        {"b", 1, 1},
        {"bytes", 1, 1},
        {"k", INT64_C(1) << 10, 1},
        {"kb", INT64_C(1) << 10, 1},
        {"kibibytes", INT64_C(1) << 10, 1},
        {"m", INT64_C(1) << 20, 1},
        {"mb", INT64_C(1) << 20, 1},
        {"mebibytes", INT64_C(1) << 20, 1},
        {"g", INT64_C(1) << 30, 1},
        {"gb", INT64_C(1) << 30, 1},
        {"gibibytes", INT64_C(1) << 30, 1},
        {"t", INT64_C(1) << 40, 1},
        {"tb", INT64_C(1) << 40, 1},
        {"tebibytes", INT64_C(1) << 40, 1},
    };
    return parse_with_unit(text, units, sizeof units / sizeof *units, ret_value);
}
