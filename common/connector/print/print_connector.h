#pragma once

#include "common/connector/connector.h"

/* 'connector' = 'print' and 'connector' = 'blackhole'. */

struct print_config {
    const char *identifier; /* put before each row; "" when none */
    bool standard_error;
};

extern const struct connector_definition print_connector;
extern const struct connector_definition blackhole_connector;

/* The properties are validated. The result lives in arena. */
const struct print_config *print_config_parse(const struct connector_properties *properties,
                                              struct arena *arena);
