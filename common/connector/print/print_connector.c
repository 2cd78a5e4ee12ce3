#include "common/connector/print/print_connector.h"

static const struct connector_option print_options[] = {
    {"print-identifier", OPTION_STRING, false, "", "text put before each row", NULL},
    {"standard-error", OPTION_BOOLEAN, false, "false", "print to standard error", NULL},
    {"sink.parallelism", OPTION_INTEGER, false, NULL, "accepted for Flink's sake: the sink runs chained",
     NULL},
};

const struct connector_definition print_connector = {
    .identifier = "print",
    .options = print_options,
    .option_count = sizeof print_options / sizeof *print_options,
};

const struct connector_definition blackhole_connector = {.identifier = "blackhole"};

const struct print_config *print_config_parse(const struct connector_properties *properties,
                                              struct arena *arena)
{
    struct print_config *config = arena_calloc(arena, 1, sizeof *config);
    config->identifier =
        arena_strdup(arena, connector_option_value(&print_connector, properties, "print-identifier"));
    config->standard_error = connector_option_boolean(&print_connector, properties, "standard-error");
    return config;
}
