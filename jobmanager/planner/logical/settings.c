#include "jobmanager/planner/logical/planning.h"

#include "common/connector/connector.h"

#include <string.h>

const char *planner_setting(const struct planner_configuration *configuration, const char *key,
                            const char *fallback)
{
    for (size_t i = 0; i < configuration->count; i++) {
        if (strcmp(configuration->entries[i].key, key) == 0)
            return configuration->entries[i].value;
    }
    return fallback;
}

const char *planner_time_zone_name(const struct planner_configuration *configuration)
{
    const char *name = planner_setting(configuration, "table.local-time-zone", "default");
    return strcmp(name, "default") == 0 ? "UTC" : name;
}

enum status planner_time_zone(const struct planner_configuration *configuration, struct time_zone **ret_zone,
                              struct error *error)
{
    enum status status = time_zone_create(planner_time_zone_name(configuration), ret_zone, error);
    return status == STATUS_OK ? status : error_prefix(error, "'table.local-time-zone'");
}

enum status planner_setting_duration_ms(const struct planner_configuration *configuration, const char *key,
                                        int64_t *value, struct error *error)
{
    const char *text = planner_setting(configuration, key, NULL);
    if (text != NULL && !connector_parse_duration_ms(text, value))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Invalid value '%s' for '%s': expected a duration like '10 s', '500ms' or '1 min'.",
                         text, key);
    return STATUS_OK;
}

enum status planner_setting_integer(const struct planner_configuration *configuration, const char *key,
                                    int64_t minimum, int64_t maximum, int64_t *value, struct error *error)
{
    const char *text = planner_setting(configuration, key, NULL);
    int64_t parsed = 0;
    if (text == NULL)
        return STATUS_OK;
    if (!connector_parse_integer(text, &parsed) || parsed < minimum || parsed > maximum)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Invalid value '%s' for '%s': expected a whole number from %lld to %lld.", text, key,
                         (long long)minimum, (long long)maximum);
    *value = parsed;
    return STATUS_OK;
}

enum status planner_setting_boolean(const struct planner_configuration *configuration, const char *key,
                                    bool *value, struct error *error)
{
    const char *text = planner_setting(configuration, key, NULL);
    if (text != NULL && !connector_parse_boolean(text, value))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Invalid value '%s' for '%s': expected true or false.", text, key);
    return STATUS_OK;
}
