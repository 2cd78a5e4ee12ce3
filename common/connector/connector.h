#pragma once

#include "common/base/arena.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The options of connectors and formats: what a WITH (...) map may hold, and its values as typed data. The
 * planner validates a map once; from then on only the typed structs of the connectors travel.
 */

struct connector_property {
    const char *key;
    const char *value;
};

struct connector_properties {
    const struct connector_property *items;
    size_t count;
};

enum connector_option_type {
    OPTION_STRING,
    OPTION_BOOLEAN,
    OPTION_INTEGER,
    OPTION_DOUBLE,
    OPTION_DURATION, /* 10 s, 500ms, 1 min; a bare number is milliseconds */
    OPTION_MEMORY,   /* 64 mb, 1g; a bare number is bytes */
    OPTION_LIST,     /* separated by ';' */
    OPTION_PREFIX,   /* the name ends in '.' and stands for all keys that begin with it */
};

struct connector_option {
    const char *name;
    enum connector_option_type type;
    bool required;
    const char *default_value; /* NULL when none */
    const char *doc;
    const char *alias; /* a second name; NULL when none */
};

/* A connector's or a format's static description. */
struct connector_definition {
    const char *identifier;
    const struct connector_option *options;
    size_t option_count;
};

/*
 * Checks a table's properties against the connector's options and, unless format is NULL, the format's: an
 * unknown key is an error that names the nearest known one, a value must parse as its type, what is required
 * must be there. The keys 'connector' and 'format' are always known.
 */
STATUS_MUST_CHECK enum status connector_validate(const struct connector_definition *connector,
                                                 const struct connector_definition *format,
                                                 const struct connector_properties *properties,
                                                 struct error *error);

/* "Could not find any factory for identifier 'x'. Available: a, b." */
enum status connector_unknown_identifier(const char *identifier,
                                         const struct connector_definition *const *known, size_t known_count,
                                         struct error *error);

/* The value under exactly this key, or NULL. */
const char *connector_property(const struct connector_properties *properties, const char *key);
/* The value of an option of the definition, by name or alias, else its default, else NULL. */
const char *connector_option_value(const struct connector_definition *definition,
                                   const struct connector_properties *properties, const char *name);
/* As above, for validated properties and options that have a value or a default. */
bool connector_option_boolean(const struct connector_definition *definition,
                              const struct connector_properties *properties, const char *name);
int64_t connector_option_integer(const struct connector_definition *definition,
                                 const struct connector_properties *properties, const char *name);
int64_t connector_option_duration_ms(const struct connector_definition *definition,
                                     const struct connector_properties *properties, const char *name);
/* The parts of a list, trimmed, empty ones left out. */
const char *const *connector_option_list(const struct connector_definition *definition,
                                         const struct connector_properties *properties, const char *name,
                                         struct arena *arena, size_t *ret_count);
/* All properties whose key begins with prefix, in order, the prefix taken off, copied to arena. */
struct connector_properties connector_properties_with_prefix(const struct connector_properties *properties,
                                                             const char *prefix, struct arena *arena);

/* False when text is not of that type. */
bool connector_parse_boolean(const char *text, bool *ret_value);
bool connector_parse_integer(const char *text, int64_t *ret_value);
bool connector_parse_double(const char *text, double *ret_value);
bool connector_parse_duration_ms(const char *text, int64_t *ret_value);
bool connector_parse_memory_bytes(const char *text, int64_t *ret_value);
