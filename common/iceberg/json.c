#include "common/iceberg/json_internal.h"
#include "common/iceberg/snapshot.h"

static enum status missing(const char *key, const char *kind, const json_t *value, struct error *error)
{
    return error_set(error, STATUS_CORRUPT, "%s %s '%s'", value == NULL ? "missing" : "not a valid", kind,
                     key);
}

bool json_has(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value != NULL && !json_is_null(value);
}

enum status json_get_long(const json_t *object, const char *key, int64_t *ret_value, struct error *error)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value))
        return missing(key, "integer", value, error);
    *ret_value = json_integer_value(value);
    return STATUS_OK;
}

enum status json_get_int(const json_t *object, const char *key, int32_t *ret_value, struct error *error)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < INT32_MIN ||
        json_integer_value(value) > INT32_MAX)
        return missing(key, "integer", value, error);
    *ret_value = (int32_t)json_integer_value(value);
    return STATUS_OK;
}

enum status json_get_text(const json_t *object, const char *key, struct arena *arena, const char **ret_value,
                          struct error *error)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        return missing(key, "string", value, error);
    *ret_value = arena_strdup(arena, json_string_value(value));
    return STATUS_OK;
}

enum status json_get_boolean(const json_t *object, const char *key, bool *ret_value, struct error *error)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_boolean(value))
        return missing(key, "boolean", value, error);
    *ret_value = json_is_true(value);
    return STATUS_OK;
}

enum status json_get_array(const json_t *object, const char *key, const json_t **ret_value,
                           struct error *error)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_array(value))
        return missing(key, "list", value, error);
    *ret_value = value;
    return STATUS_OK;
}

enum status json_get_properties(const json_t *object, const char *key, struct arena *arena,
                                struct iceberg_property **ret_properties, uint32_t *ret_count,
                                struct error *error)
{
    json_t *map = json_object_get(object, key);
    if (map != NULL && !json_is_null(map) && !json_is_object(map))
        return missing(key, "object", map, error);
    uint32_t count = 0;
    struct iceberg_property *properties = arena_calloc(arena, json_object_size(map), sizeof *properties);
    const char *name;
    json_t *value;
    json_object_foreach(map, name, value)
    {
        if (!json_is_string(value))
            return missing(name, "string", value, error);
        properties[count].key = arena_strdup(arena, name);
        properties[count++].value = arena_strdup(arena, json_string_value(value));
    }
    *ret_properties = properties;
    *ret_count = count;
    return STATUS_OK;
}
