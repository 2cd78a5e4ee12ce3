#include "common/config/configuration.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Invariant: entries are sorted by key, keys are unique, all text is owned. */
struct configuration {
    struct configuration_entry *entries;
    size_t count;
};

struct configuration *configuration_create(void)
{
    return mem_calloc(1, sizeof(struct configuration));
}

void configuration_free(struct configuration *configuration)
{
    if (configuration == NULL)
        return;
    for (size_t i = 0; i < configuration->count; i++) {
        free((char *)configuration->entries[i].key);
        free((char *)configuration->entries[i].value);
    }
    free(configuration->entries);
    free(configuration);
}

/* The index of key, or of the place where it would stand. */
static size_t find(const struct configuration *configuration, const char *key, bool *ret_found)
{
    size_t low = 0, high = configuration->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(configuration->entries[middle].key, key);
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = false;
    return low;
}

void configuration_set(struct configuration *configuration, const char *key, const char *value)
{
    bool found;
    size_t index = find(configuration, key, &found);
    char *copy = mem_strdup(value);
    if (found) {
        free((char *)configuration->entries[index].value);
        configuration->entries[index].value = copy;
        return;
    }
    configuration->entries =
        mem_realloc(configuration->entries, (configuration->count + 1) * sizeof *configuration->entries);
    memmove(&configuration->entries[index + 1], &configuration->entries[index],
            (configuration->count - index) * sizeof *configuration->entries);
    configuration->entries[index] = (struct configuration_entry){mem_strdup(key), copy};
    configuration->count++;
}

void configuration_remove(struct configuration *configuration, const char *key)
{
    bool found;
    size_t index = find(configuration, key, &found);
    if (!found)
        return;
    free((char *)configuration->entries[index].key);
    free((char *)configuration->entries[index].value);
    configuration->count--;
    memmove(&configuration->entries[index], &configuration->entries[index + 1],
            (configuration->count - index) * sizeof *configuration->entries);
}

struct configuration *configuration_copy(const struct configuration *configuration)
{
    struct configuration *copy = configuration_create();
    for (size_t i = 0; i < configuration->count; i++)
        configuration_set(copy, configuration->entries[i].key, configuration->entries[i].value);
    return copy;
}

size_t configuration_count(const struct configuration *configuration)
{
    return configuration->count;
}

struct configuration_entry configuration_at(const struct configuration *configuration, size_t index)
{
    CHECK(index < configuration->count);
    return configuration->entries[index];
}

bool configuration_is_secret(const char *key)
{
    static const char *const marks[] = {"password", "secret",      "token",       "credential",
                                        "apikey",   "api-key",     "access-key",  "service-key",
                                        "auth.key", "private.key", "private-key", "sasl.jaas"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strcasestr(key, marks[i]) != NULL)
            return true;
    return false;
}

const char *configuration_text(const struct configuration *configuration, const char *key,
                               const char *fallback)
{
    bool found;
    size_t index = find(configuration, key, &found);
    return found ? configuration->entries[index].value : fallback;
}

static enum status invalid_value(const char *key, const char *value, const char *expected,
                                 struct error *error)
{
    return error_set(error, STATUS_INVALID_ARGUMENT, "configuration '%s' has the value '%s': expected %s",
                     key, configuration_is_secret(key) ? "******" : value, expected);
}

enum status configuration_integer(const struct configuration *configuration, const char *key,
                                  int64_t fallback, int64_t minimum, int64_t maximum, int64_t *ret_value,
                                  struct error *error)
{
    const char *text = configuration_text(configuration, key, NULL);
    if (text == NULL) {
        *ret_value = fallback;
        return STATUS_OK;
    }
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return invalid_value(key, text, "a whole number", error);
    if (value < minimum || value > maximum)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "configuration '%s' has the value '%s': expected a number from %lld to %lld", key,
                         text, (long long)minimum, (long long)maximum);
    *ret_value = value;
    return STATUS_OK;
}

enum status configuration_boolean(const struct configuration *configuration, const char *key, bool fallback,
                                  bool *ret_value, struct error *error)
{
    const char *text = configuration_text(configuration, key, NULL);
    bool value = fallback;
    if (text != NULL && strcasecmp(text, "true") == 0)
        value = true;
    else if (text != NULL && strcasecmp(text, "false") == 0)
        value = false;
    else if (text != NULL)
        return invalid_value(key, text, "true or false", error);
    *ret_value = value;
    return STATUS_OK;
}

enum status configuration_duration_ms(const struct configuration *configuration, const char *key,
                                      int64_t fallback_ms, int64_t *ret_ms, struct error *error)
{
    const char *text = configuration_text(configuration, key, NULL);
    if (text == NULL) {
        *ret_ms = fallback_ms;
        return STATUS_OK;
    }
    if (duration_parse_ms(text, ret_ms, error) != STATUS_OK)
        return error_prefix(error, "configuration '%s'", key);
    return STATUS_OK;
}

enum status configuration_memory_bytes(const struct configuration *configuration, const char *key,
                                       uint64_t fallback, uint64_t *ret_bytes, struct error *error)
{
    const char *text = configuration_text(configuration, key, NULL);
    if (text == NULL) {
        *ret_bytes = fallback;
        return STATUS_OK;
    }
    if (memory_size_parse(text, ret_bytes, error) != STATUS_OK)
        return error_prefix(error, "configuration '%s'", key);
    return STATUS_OK;
}
