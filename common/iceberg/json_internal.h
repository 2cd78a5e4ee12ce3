#pragma once

#include "common/base/arena.h"
#include "common/base/status.h"

#include <jansson.h>
#include <stdint.h>

/* Typed access to the members of a JSON object from outside; errors name the member and what was wanted. */
STATUS_MUST_CHECK enum status json_get_int(const json_t *object, const char *key, int32_t *ret_value,
                                           struct error *error);
STATUS_MUST_CHECK enum status json_get_long(const json_t *object, const char *key, int64_t *ret_value,
                                            struct error *error);
STATUS_MUST_CHECK enum status json_get_text(const json_t *object, const char *key, struct arena *arena,
                                            const char **ret_value, struct error *error);
STATUS_MUST_CHECK enum status json_get_boolean(const json_t *object, const char *key, bool *ret_value,
                                               struct error *error);
STATUS_MUST_CHECK enum status json_get_array(const json_t *object, const char *key, const json_t **ret_value,
                                             struct error *error);
/* True when the member is there and not null. */
bool json_has(const json_t *object, const char *key);

struct iceberg_property;
/* An object of strings, absent counts as empty; in arena. */
STATUS_MUST_CHECK enum status json_get_properties(const json_t *object, const char *key, struct arena *arena,
                                                  struct iceberg_property **ret_properties,
                                                  uint32_t *ret_count, struct error *error);
