#include "common/base/memory.h"
#include "common/config/configuration.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* "<digits> [space] <unit>": the number times the factor of the unit, bounded to int64. */
static bool parse_quantity(const char *text, const struct unit *units, size_t num_units, uint64_t *ret_value)
{
    while (isspace((unsigned char)*text))
        text++;
    uint64_t number = 0;
    const char *start = text;
    for (; isdigit((unsigned char)*text); text++) {
        if (number > (INT64_MAX - 9) / 10)
            return false;
        number = number * 10 + (uint64_t)(*text - '0');
    }
    if (text == start)
        return false;
    while (isspace((unsigned char)*text))
        text++;
    const char *name = text;
    while (isalpha((unsigned char)*text))
        text++;
    size_t size = (size_t)(text - name);
    while (isspace((unsigned char)*text))
        text++;
    if (*text != '\0')
        return false;
    for (size_t i = 0; i < num_units; i++) {
        if (strncasecmp(units[i].name, name, size) != 0 || units[i].name[size] != '\0')
            continue;
        if (number > INT64_MAX / units[i].factor)
            return false;
        *ret_value = number * units[i].factor;
        return true;
    }
    return false;
}

enum status duration_parse_ms(const char *text, int64_t *ret_ms, struct error *error)
{
    static const struct unit units[] = {
        {"", 1},          {"ms", 1},          {"milli", 1},
        {"millis", 1},    {"millisecond", 1}, {"milliseconds", 1},
        {"s", 1000},      {"sec", 1000},      {"secs", 1000},
        {"second", 1000}, {"seconds", 1000},  {"min", 60000},
        {"m", 60000},     {"minute", 60000},  {"minutes", 60000},
        {"h", 3600000},   {"hour", 3600000},  {"hours", 3600000},
        {"d", 86400000},  {"day", 86400000},  {"days", 86400000},
    };
    uint64_t value;
    if (!parse_quantity(text, units, sizeof units / sizeof units[0], &value))
        return error_set(
            error, STATUS_INVALID_ARGUMENT,
            "'%s' is no duration: write a number and a unit, such as '10 s', '500 ms' or '1 min'", text);
    *ret_ms = (int64_t)value;
    return STATUS_OK;
}

enum status memory_size_parse(const char *text, uint64_t *ret_bytes, struct error *error)
{
    static const struct unit units[] = {
        {"", 1},
        {"b", 1},
        {"bytes", 1},
        {"k", 1u << 10},
        {"kb", 1u << 10},
        {"kibibytes", 1u << 10},
        {"m", 1u << 20},
        {"mb", 1u << 20},
        {"mebibytes", 1u << 20},
        {"g", 1u << 30},
        {"gb", 1u << 30},
        {"gibibytes", 1u << 30},
        {"t", UINT64_C(1) << 40},
        {"tb", UINT64_C(1) << 40},
    };
    uint64_t value;
    if (!parse_quantity(text, units, sizeof units / sizeof units[0], &value))
        return error_set(
            error, STATUS_INVALID_ARGUMENT,
            "'%s' is no memory size: write a number and a unit, such as '64 kb', '512 mb' or '1 gb'", text);
    *ret_bytes = value;
    return STATUS_OK;
}
