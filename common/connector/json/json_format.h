#pragma once

#include "common/connector/connector.h"

/* 'format' = 'json'. */

enum json_timestamp_form {
    JSON_TIMESTAMP_ANY,     /* no option given: both forms are read, SQL is written */
    JSON_TIMESTAMP_SQL,     /* 2026-01-31 12:00:00.123456, LTZ with a Z behind */
    JSON_TIMESTAMP_ISO8601, /* 2026-01-31T12:00:00.123456, LTZ with a Z behind */
};

struct json_format_config {
    bool ignore_parse_errors;
    bool fail_on_missing_field;
    enum json_timestamp_form timestamp_form;
};

extern const struct connector_definition json_format;

/* The properties are validated. The result lives in arena. */
STATUS_MUST_CHECK enum status json_format_config_parse(const struct connector_properties *properties,
                                                       struct arena *arena,
                                                       const struct json_format_config **ret_config,
                                                       struct error *error);
