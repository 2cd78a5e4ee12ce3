#include "jobmanager/planner/logical/logical_internal.h"

#include <string.h>

static enum status configure(struct planning *planning, struct scan *scan)
{
    struct arena *arena = planning->arena;
    const char *path = planner_table_path(arena, scan->table);
    const struct connector_definition *connector = planner_connector(&scan->options, path, planning->error);
    if (connector == NULL)
        return planning->error->code;
    if (connector == &iceberg_connector)
        return error_set(planning->error, STATUS_UNSUPPORTED,
                         "Reading an iceberg table is not supported yet.");
    if (connector != &kafka_connector && connector != &datagen_connector)
        return error_set(planning->error, STATUS_INVALID_ARGUMENT,
                         "Connector '%s' can only be used as a sink. It cannot be used as a source.",
                         connector->identifier);
    const struct expression **table_columns =
        arena_calloc(arena, scan->table->definition->column_count + 1, sizeof *table_columns);
    scan->source = arena_calloc(arena, 1, sizeof *scan->source);
    scan->source->table = path;
    TRY(source_columns_fill(planning, scan, connector == &kafka_connector, table_columns));
    TRY(source_columns_compute(planning, scan, table_columns));
    return connector == &kafka_connector ? source_configure_kafka(planning, scan)
                                         : source_configure_datagen(planning, scan);
}

static bool same_options(const struct connector_properties *a, const struct connector_properties *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const char *other = connector_property(b, a->items[i].key);
        if (other == NULL || strcmp(other, a->items[i].value) != 0)
            return false;
    }
    return true;
}

/* INSERTs that read one table share its scan. */
static struct scan *find_scan(const struct planning *planning, const struct sql_table *table,
                              const struct connector_properties *options)
{
    for (size_t i = 0; i < planning->scan_count; i++) {
        struct scan *scan = planning->scans[i];
        if (strcmp(scan->table->name, table->name) == 0 &&
            strcmp(scan->table->database, table->database) == 0 &&
            strcmp(scan->table->catalog, table->catalog) == 0 && same_options(&scan->options, options))
            return scan;
    }
    return NULL;
}

static struct scan *append_scan(struct planning *planning, const struct sql_table *table)
{
    struct scan *scan = arena_calloc(planning->arena, 1, sizeof *scan);
    size_t size = planning->scan_count * sizeof *planning->scans;
    scan->table = sql_table_ref(table);
    planning->scans = arena_grow(planning->arena, planning->scans, size, size + sizeof *planning->scans);
    planning->scans[planning->scan_count++] = scan;
    return scan;
}

enum status scan_open(struct planning *planning, const struct sql_table *table,
                      const struct sql_properties *hints, struct scan **ret_scan)
{
    struct connector_properties options = planner_table_options(planning->arena, table, hints);
    struct scan *scan = find_scan(planning, table, &options);
    if (scan == NULL) {
        scan = append_scan(planning, table);
        scan->options = options;
        if (configure(planning, scan) != STATUS_OK)
            return error_prefix(planning->error, "Unable to create a source for reading table '%s'",
                                planner_table_path(planning->arena, table));
    }
    *ret_scan = scan;
    return STATUS_OK;
}
