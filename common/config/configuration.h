#pragma once

#include "common/base/buffer.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The configuration of a process: Flink's keys, dotted, with values as text. Read from a config.yaml (nested
 * maps are flattened) and overridden by -D key=value. Sorted by key. Read-only once the process runs.
 */
struct configuration;

struct configuration_entry {
    const char *key;
    const char *value;
};

struct configuration *configuration_create(void);
void configuration_free(struct configuration *configuration);
void configuration_set(struct configuration *configuration, const char *key, const char *value);
void configuration_remove(struct configuration *configuration, const char *key);
struct configuration *configuration_copy(const struct configuration *configuration);
STATUS_MUST_CHECK enum status configuration_load_file(struct configuration *configuration, const char *path,
                                                      struct error *error);
/* "-c FILE" and "-D key=value" (also "-Dkey=value"); anything else is an error. */
STATUS_MUST_CHECK enum status configuration_load_arguments(struct configuration *configuration, int argc,
                                                           char *const *argv, struct error *error);

size_t configuration_count(const struct configuration *configuration);
struct configuration_entry configuration_at(const struct configuration *configuration, size_t index);
/* True for keys whose values are never shown: password, secret, token, key material. */
bool configuration_is_secret(const char *key);

/* Text, or fallback when the key is not set. */
const char *configuration_text(const struct configuration *configuration, const char *key,
                               const char *fallback);
/* Typed: an unparsable value is STATUS_INVALID_ARGUMENT naming key and value. */
STATUS_MUST_CHECK enum status configuration_integer(const struct configuration *configuration,
                                                    const char *key, int64_t fallback, int64_t minimum,
                                                    int64_t maximum, int64_t *ret_value, struct error *error);
STATUS_MUST_CHECK enum status configuration_boolean(const struct configuration *configuration,
                                                    const char *key, bool fallback, bool *ret_value,
                                                    struct error *error);
/* "10 s", "500ms", "1 min", "2 h", "3 d", "PT10S" is not taken; a bare number is milliseconds. */
STATUS_MUST_CHECK enum status configuration_duration_ms(const struct configuration *configuration,
                                                        const char *key, int64_t fallback_ms, int64_t *ret_ms,
                                                        struct error *error);
/* "512 mb", "1g", "64 kb"; a bare number is bytes. */
STATUS_MUST_CHECK enum status configuration_memory_bytes(const struct configuration *configuration,
                                                         const char *key, uint64_t fallback,
                                                         uint64_t *ret_bytes, struct error *error);

STATUS_MUST_CHECK enum status duration_parse_ms(const char *text, int64_t *ret_ms, struct error *error);
STATUS_MUST_CHECK enum status memory_size_parse(const char *text, uint64_t *ret_bytes, struct error *error);
