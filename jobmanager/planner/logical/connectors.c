#include "jobmanager/planner/logical/scan.h"

#include <string.h>

static const struct connector_definition *const connectors[] = {
    &blackhole_connector, &datagen_connector, &iceberg_connector, &kafka_connector, &print_connector,
};
enum { CONNECTOR_COUNT = sizeof connectors / sizeof *connectors };

const struct connector_definition *planner_connector(const struct connector_properties *options,
                                                     const char *table, struct error *error)
{
    const char *identifier = connector_property(options, "connector");
    if (identifier == NULL) {
        error_set(error, STATUS_INVALID_ARGUMENT,
                  "The table '%s' has no option 'connector'. Give it in WITH ('connector' = '...', ...).",
                  table);
        return NULL;
    }
    for (size_t i = 0; i < CONNECTOR_COUNT; i++) {
        if (strcmp(connectors[i]->identifier, identifier) == 0)
            return connectors[i];
    }
    connector_unknown_identifier(identifier, connectors, CONNECTOR_COUNT, error);
    return NULL;
}

const char *planner_table_path(struct arena *arena, const struct sql_table *table)
{
    return arena_printf(arena, "%s.%s.%s", table->catalog, table->database, table->name);
}

struct connector_properties planner_table_options(struct arena *arena, const struct sql_table *table,
                                                  const struct sql_properties *hints)
{
    const struct sql_properties *declared = &table->definition->options;
    struct connector_property *items = arena_calloc(arena, declared->count + hints->count + 1, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < declared->count; i++)
        items[count++] = (struct connector_property){arena_strdup(arena, declared->items[i].key),
                                                     arena_strdup(arena, declared->items[i].value)};
    for (size_t i = 0; i < hints->count; i++) {
        size_t at = 0;
        while (at < count && strcmp(items[at].key, hints->items[i].key) != 0)
            at++;
        if (at == count)
            items[count++].key = arena_strdup(arena, hints->items[i].key);
        items[at].value = arena_strdup(arena, hints->items[i].value);
    }
    return (struct connector_properties){.items = items, .count = count};
}
