#include "common/connector/json/json_format.h"

#include <strings.h>

static const struct connector_option options[] = {
    {"json.ignore-parse-errors", OPTION_BOOLEAN, false, "false", "skip and count records that do not parse",
     "value.json.ignore-parse-errors"},
    {"json.fail-on-missing-field", OPTION_BOOLEAN, false, "false", "a field that is not there is an error",
     "value.json.fail-on-missing-field"},
    {"json.timestamp-format.standard", OPTION_STRING, false, NULL,
     "SQL or ISO-8601; without it both are read", "value.json.timestamp-format.standard"},
};

const struct connector_definition json_format = {
    .identifier = "json",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

enum status json_format_config_parse(const struct connector_properties *properties, struct arena *arena,
                                     const struct json_format_config **ret_config, struct error *error)
{
    struct json_format_config config = {
        .ignore_parse_errors = connector_option_boolean(&json_format, properties, "json.ignore-parse-errors"),
        .fail_on_missing_field =
            connector_option_boolean(&json_format, properties, "json.fail-on-missing-field"),
        .timestamp_form = JSON_TIMESTAMP_ANY,
    };
    const char *form = connector_option_value(&json_format, properties, "json.timestamp-format.standard");
    if (config.ignore_parse_errors && config.fail_on_missing_field)
        return error_set(
            error, STATUS_INVALID_ARGUMENT,
            "'json.fail-on-missing-field' and 'json.ignore-parse-errors' shouldn't both be true.");
    if (form != NULL && strcasecmp(form, "SQL") == 0)
        config.timestamp_form = JSON_TIMESTAMP_SQL;
    else if (form != NULL && strcasecmp(form, "ISO-8601") == 0)
        config.timestamp_form = JSON_TIMESTAMP_ISO8601;
    else if (form != NULL)
        return error_set(
            error, STATUS_INVALID_ARGUMENT,
            "Unsupported value '%s' for 'json.timestamp-format.standard'. Supported values are [SQL, "
            "ISO-8601].",
            form);
    *ret_config = arena_dup(arena, &config, sizeof config);
    return STATUS_OK;
}
