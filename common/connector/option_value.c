#include "common/config/configuration.h"
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

bool connector_parse_duration_ms(const char *text, int64_t *ret_value)
{
    struct error ignored;
    return duration_parse_ms(text, ret_value, &ignored) == STATUS_OK;
}

bool connector_parse_memory_bytes(const char *text, int64_t *ret_value)
{
    struct error ignored;
    uint64_t bytes = 0;
    if (memory_size_parse(text, &bytes, &ignored) != STATUS_OK)
        return false;
    *ret_value = (int64_t)bytes;
    return true;
}
