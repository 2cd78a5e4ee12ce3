#include "common/connector/connector.h"

#include "common/base/buffer.h"
#include "common/base/check.h"
#include "common/base/nearest_word.h"

#include <string.h>

const char *connector_property(const struct connector_properties *properties, const char *key)
{
    for (size_t i = 0; i < properties->count; i++) {
        if (strcmp(properties->items[i].key, key) == 0)
            return properties->items[i].value;
    }
    return NULL;
}

static bool option_covers(const struct connector_option *option, const char *key)
{
    if (option->type == OPTION_PREFIX)
        return strncmp(key, option->name, strlen(option->name)) == 0;
    return strcmp(key, option->name) == 0 || (option->alias != NULL && strcmp(key, option->alias) == 0);
}

static const struct connector_option *find_option(const struct connector_definition *definition,
                                                  const char *key)
{
    for (size_t i = 0; definition != NULL && i < definition->option_count; i++) {
        if (option_covers(&definition->options[i], key))
            return &definition->options[i];
    }
    return NULL;
}

static bool value_parses(enum connector_option_type type, const char *value, const char **ret_expected)
{
    bool boolean;
    int64_t integer;
    double number;
    switch (type) {
    case OPTION_BOOLEAN: *ret_expected = "'true' or 'false'"; return connector_parse_boolean(value, &boolean);
    case OPTION_INTEGER: *ret_expected = "a whole number"; return connector_parse_integer(value, &integer);
    case OPTION_DOUBLE: *ret_expected = "a number"; return connector_parse_double(value, &number);
    case OPTION_DURATION:
        *ret_expected = "a duration like '10 s', '500ms' or '1 min'";
        return connector_parse_duration_ms(value, &integer);
    case OPTION_MEMORY:
        *ret_expected = "a size like '64 mb' or '1g'";
        return connector_parse_memory_bytes(value, &integer);
    case OPTION_STRING:
    case OPTION_LIST:
    case OPTION_PREFIX: break;
    }
    return true;
}

/* 'wirte.format.default' is near to the prefix 'write.'. */
static const char *nearest_prefix(const struct connector_definition *definition, const char *key)
{
    char head[64];
    const char *dot = strchr(key, '.');
    size_t size = dot == NULL ? 0 : (size_t)(dot - key) + 1;
    if (size == 0 || size >= sizeof head)
        return NULL;
    memcpy(head, key, size);
    head[size] = '\0';
    for (size_t i = 0; i < definition->option_count; i++) {
        const char *name = definition->options[i].name;
        if (definition->options[i].type == OPTION_PREFIX && nearest_word(head, &name, 1) != NULL)
            return name;
    }
    return NULL;
}

static enum status unknown_option(const struct connector_definition *connector,
                                  const struct connector_definition *format, const char *key,
                                  struct error *error)
{
    enum { NAMES_MAX = 128 };
    const char *names[NAMES_MAX];
    const struct connector_definition *definitions[] = {connector, format};
    struct buffer list = {0};
    size_t count = 0;
    for (size_t d = 0; d < 2; d++) {
        for (size_t i = 0; definitions[d] != NULL && i < definitions[d]->option_count; i++) {
            const struct connector_option *option = &definitions[d]->options[i];
            buffer_printf(&list, "%s%s%s", list.size == 0 ? "" : ", ", option->name,
                          option->type == OPTION_PREFIX ? "*" : "");
            if (count + 2 < NAMES_MAX && option->type != OPTION_PREFIX) {
                names[count++] = option->name;
                if (option->alias != NULL)
                    names[count++] = option->alias;
            }
        }
    }
    const char *nearest = nearest_word(key, names, count);
    const char *prefix = nearest_prefix(connector, key);
    enum status status;
    if (nearest == NULL && prefix != NULL)
        status = error_set(error, STATUS_INVALID_ARGUMENT,
                           "Unsupported option '%s' for connector '%s'. Did you mean '%s%s'?", key,
                           connector->identifier, prefix, strchr(key, '.') + 1);
    else if (nearest != NULL)
        status = error_set(error, STATUS_INVALID_ARGUMENT,
                           "Unsupported option '%s' for connector '%s'. Did you mean '%s'?", key,
                           connector->identifier, nearest);
    else
        status = error_set(error, STATUS_INVALID_ARGUMENT,
                           "Unsupported option '%s' for connector '%s'. Supported options: %s.", key,
                           connector->identifier, buffer_text(&list));
    buffer_free(&list);
    return status;
}

static enum status check_required(const struct connector_definition *definition,
                                  const struct connector_properties *properties, struct error *error)
{
    for (size_t i = 0; definition != NULL && i < definition->option_count; i++) {
        const struct connector_option *option = &definition->options[i];
        bool given = connector_property(properties, option->name) != NULL ||
                     (option->alias != NULL && connector_property(properties, option->alias) != NULL);
        if (option->required && !given)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "The required option '%s' of '%s' is missing: %s.", option->name,
                             definition->identifier, option->doc);
    }
    return STATUS_OK;
}

enum status connector_validate(const struct connector_definition *connector,
                               const struct connector_definition *format,
                               const struct connector_properties *properties, struct error *error)
{
    CHECK(connector != NULL);
    for (size_t i = 0; i < properties->count; i++) {
        const char *key = properties->items[i].key;
        const char *value = properties->items[i].value;
        const char *expected = "";
        if (strcmp(key, "connector") == 0 || (format != NULL && strcmp(key, "format") == 0) ||
            (format != NULL && strcmp(key, "value.format") == 0))
            continue;
        const struct connector_option *option = find_option(connector, key);
        if (option == NULL)
            option = find_option(format, key);
        if (option == NULL)
            return unknown_option(connector, format, key, error);
        if (!value_parses(option->type, value, &expected))
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "Invalid value '%s' for option '%s': expected %s.", value, key, expected);
    }
    enum status status = check_required(connector, properties, error);
    return status == STATUS_OK ? check_required(format, properties, error) : status;
}

enum status connector_unknown_identifier(const char *identifier,
                                         const struct connector_definition *const *known, size_t known_count,
                                         struct error *error)
{
    enum { NAMES_MAX = 32 };
    const char *names[NAMES_MAX];
    struct buffer list = {0};
    CHECK(known_count <= NAMES_MAX);
    for (size_t i = 0; i < known_count; i++) {
        names[i] = known[i]->identifier;
        buffer_printf(&list, "%s%s", i == 0 ? "" : ", ", known[i]->identifier);
    }
    const char *nearest = nearest_word(identifier, names, known_count);
    buffer_append_byte(&list, '.');
    if (nearest != NULL)
        buffer_printf(&list, " Did you mean '%s'?", nearest);
    enum status status = error_set(error, STATUS_INVALID_ARGUMENT,
                                   "Could not find any factory for identifier '%s'. Available: %s",
                                   identifier, buffer_text(&list));
    buffer_free(&list);
    return status;
}

const char *connector_option_value(const struct connector_definition *definition,
                                   const struct connector_properties *properties, const char *name)
{
    const struct connector_option *option = find_option(definition, name);
    CHECK(option != NULL && option->type != OPTION_PREFIX);
    const char *value = connector_property(properties, option->name);
    if (value == NULL && option->alias != NULL)
        value = connector_property(properties, option->alias);
    return value != NULL ? value : option->default_value;
}

bool connector_option_boolean(const struct connector_definition *definition,
                              const struct connector_properties *properties, const char *name)
{
    bool value = false;
    CHECK(connector_parse_boolean(connector_option_value(definition, properties, name), &value));
    return value;
}

int64_t connector_option_integer(const struct connector_definition *definition,
                                 const struct connector_properties *properties, const char *name)
{
    int64_t value = 0;
    CHECK(connector_parse_integer(connector_option_value(definition, properties, name), &value));
    return value;
}

int64_t connector_option_duration_ms(const struct connector_definition *definition,
                                     const struct connector_properties *properties, const char *name)
{
    int64_t value = 0;
    CHECK(connector_parse_duration_ms(connector_option_value(definition, properties, name), &value));
    return value;
}

const char *const *connector_option_list(const struct connector_definition *definition,
                                         const struct connector_properties *properties, const char *name,
                                         struct arena *arena, size_t *ret_count)
{
    const char *text = connector_option_value(definition, properties, name);
    size_t count = 0;
    if (text == NULL)
        text = "";
    const char **parts = arena_calloc(arena, strlen(text) / 2 + 1, sizeof *parts);
    while (*text != '\0') {
        const char *end = strchrnul(text, ';');
        const char *from = text;
        const char *to = end;
        while (from < to && *from == ' ')
            from++;
        while (to > from && to[-1] == ' ')
            to--;
        if (to > from)
            parts[count++] = arena_strndup(arena, from, (size_t)(to - from));
        text = *end == ';' ? end + 1 : end;
    }
    *ret_count = count;
    return parts;
}

struct connector_properties connector_properties_with_prefix(const struct connector_properties *properties,
                                                             const char *prefix, struct arena *arena)
{
    size_t size = strlen(prefix);
    size_t count = 0;
    struct connector_property *items = arena_calloc(arena, properties->count + 1, sizeof *items);
    for (size_t i = 0; i < properties->count; i++) {
        if (strncmp(properties->items[i].key, prefix, size) != 0)
            continue;
        items[count].key = arena_strdup(arena, properties->items[i].key + size);
        items[count].value = arena_strdup(arena, properties->items[i].value);
        count++;
    }
    return (struct connector_properties){.items = items, .count = count};
}
