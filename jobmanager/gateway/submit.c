#include "common/iceberg/catalogs/table_ensure.h"
#include "jobmanager/gateway/gateway_internal.h"

#include <stdlib.h>
#include <string.h>

enum { BIND_ARENA_BYTES = 4096 };

static enum iceberg_transform_kind transform_kind(enum iceberg_sink_transform transform)
{
    static const enum iceberg_transform_kind kinds[] = {
        [ICEBERG_SINK_IDENTITY] = ICEBERG_TRANSFORM_IDENTITY,
        [ICEBERG_SINK_DAY] = ICEBERG_TRANSFORM_DAY,
        [ICEBERG_SINK_YEAR] = ICEBERG_TRANSFORM_YEAR,
        [ICEBERG_SINK_MONTH] = ICEBERG_TRANSFORM_MONTH,
        [ICEBERG_SINK_HOUR] = ICEBERG_TRANSFORM_HOUR,
        [ICEBERG_SINK_BUCKET] = ICEBERG_TRANSFORM_BUCKET,
        [ICEBERG_SINK_TRUNCATE] = ICEBERG_TRANSFORM_TRUNCATE,
    };
    return kinds[transform];
}

/* False for a transform that cannot be written. */
static bool sink_transform(enum iceberg_transform_kind kind, enum iceberg_sink_transform *ret_transform)
{
    for (int i = ICEBERG_SINK_IDENTITY; i <= ICEBERG_SINK_TRUNCATE; i++) {
        if (transform_kind((enum iceberg_sink_transform)i) != kind)
            continue;
        *ret_transform = (enum iceberg_sink_transform)i;
        return true;
    }
    return false;
}

/* What the table is to be like when it has to be made. */
static struct iceberg_ensure_request request_of(const struct plan_iceberg_sink *sink, struct arena *arena)
{
    struct iceberg_partition_request *partitions =
        arena_alloc(arena, sink->partition_count * sizeof *partitions);
    for (size_t i = 0; i < sink->partition_count; i++)
        partitions[i] = (struct iceberg_partition_request){
            sink->partition[i].column,
            {transform_kind(sink->partition[i].transform), sink->partition[i].parameter}};
    struct iceberg_property *properties =
        arena_alloc(arena, sink->table_properties.count * sizeof *properties);
    for (size_t i = 0; i < sink->table_properties.count; i++)
        properties[i] = (struct iceberg_property){sink->table_properties.items[i].key,
                                                  sink->table_properties.items[i].value};
    return (struct iceberg_ensure_request){
        .database = sink->config->database,
        .table = sink->config->table,
        .columns = sink->table_schema,
        .num_key_columns = (uint32_t)sink->primary_key_count,
        .key_columns = sink->primary_key,
        .num_partitions = (uint32_t)sink->partition_count,
        .partitions = partitions,
        .num_properties = (uint32_t)sink->table_properties.count,
        .properties = properties,
    };
}

static enum status partition_of(const struct iceberg_ensured_table *table, struct arena *arena,
                                struct plan_iceberg_binding *binding, struct error *error)
{
    const struct iceberg_partition_spec *spec = table->spec;
    struct iceberg_sink_partition *fields = arena_alloc(arena, spec->num_fields * sizeof *fields);
    size_t count = 0;
    for (uint32_t i = 0; i < spec->num_fields; i++) {
        const struct iceberg_partition_field *field = &spec->fields[i];
        const struct iceberg_field *column = iceberg_schema_field_by_id(table->schema, field->source_id);
        enum iceberg_sink_transform transform;
        if (column == NULL || !sink_transform(field->transform.kind, &transform)) {
            struct buffer name = {0};
            iceberg_transform_format(field->transform, &name);
            (void)error_set(
                error, STATUS_UNSUPPORTED,
                "the table is partitioned by '%s' with the transform %s, which cannot be written yet",
                field->name, buffer_text(&name));
            buffer_free(&name);
            return STATUS_UNSUPPORTED;
        }
        fields[count++] = (struct iceberg_sink_partition){
            .transform = transform,
            .parameter = field->transform.parameter,
            .column = arena_strdup(arena, column->name),
            .name = arena_strdup(arena, field->name),
            .field_id = field->field_id,
        };
    }
    binding->partition = fields;
    binding->partition_count = count;
    return STATUS_OK;
}

/* The table's own properties with those of WITH (...) laid over them. */
static struct connector_properties merge_properties(const struct iceberg_table_metadata *metadata,
                                                    const struct connector_properties *own,
                                                    struct arena *arena)
{
    struct connector_property *items =
        arena_alloc(arena, (metadata->num_properties + own->count) * sizeof *items);
    size_t count = 0;
    for (uint32_t i = 0; i < metadata->num_properties; i++)
        if (connector_property(own, metadata->properties[i].key) == NULL)
            items[count++] =
                (struct connector_property){metadata->properties[i].key, metadata->properties[i].value};
    for (size_t i = 0; i < own->count; i++)
        items[count++] = own->items[i];
    return (struct connector_properties){items, count};
}

static enum status bind_to(struct plan_job_graph *graph, const struct plan_sink *sink,
                           struct iceberg_ensured_table *table, struct arena *arena, struct error *error)
{
    const struct iceberg_table_metadata *metadata = table->table->metadata;
    struct plan_iceberg_binding binding = {
        .table_uuid = metadata->table_uuid,
        .table_location = metadata->location,
        .schema_id = table->schema->schema_id,
        .partition_spec_id = table->spec->spec_id,
        .table_properties = merge_properties(metadata, &sink->iceberg->table_properties, arena),
    };
    enum status status = partition_of(table, arena, &binding, error);
    if (status != STATUS_OK)
        return status;
    binding.table_schema = table->columns;
    table->columns = NULL;
    plan_job_graph_bind_iceberg(graph, sink->sink_id, &binding);
    return STATUS_OK;
}

static enum status bind_sink(const struct process_context *process, struct plan_job_graph *graph,
                             const struct plan_sink *sink, struct arena *arena, struct error *error)
{
    struct iceberg_catalog_options options = {.type = "hadoop",
                                              .warehouse = sink->iceberg->config->warehouse};
    struct iceberg_catalog *catalog;
    enum status status = iceberg_catalog_open(process, &options, &catalog, error);
    if (status != STATUS_OK)
        return status;
    struct iceberg_ensure_request request = request_of(sink->iceberg, arena);
    struct iceberg_ensured_table table;
    status = iceberg_table_ensure(catalog, &request, &table, error);
    if (status == STATUS_OK) {
        status = bind_to(graph, sink, &table, arena, error);
        iceberg_ensured_table_clear(&table);
    }
    iceberg_catalog_free(catalog);
    if (status != STATUS_OK)
        return error_prefix(error, "table %s.%s in %s", sink->iceberg->config->database,
                            sink->iceberg->config->table, sink->iceberg->config->warehouse);
    return STATUS_OK;
}

static enum status bind_sinks(struct session *session, struct plan_job_graph *graph, struct error *error)
{
    struct arena *arena = arena_create(BIND_ARENA_BYTES);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < graph->sink_count && status == STATUS_OK; i++) {
        const struct plan_sink *sink = plan_job_graph_sink(graph, i)->sink;
        if (sink->kind == PLAN_SINK_ICEBERG)
            status = bind_sink(session->gateway->options.process, graph, sink, arena, error);
    }
    arena_free(arena);
    return status;
}

enum status submit_job(struct session *session, struct plan_job_graph *graph, char ret_job_id[JOB_ID_BYTES],
                       struct error *error)
{
    enum status status = bind_sinks(session, graph, error);
    if (status != STATUS_OK) {
        plan_job_graph_free(graph);
        return status;
    }
    return dispatcher_submit(session->gateway->options.dispatcher, graph, NULL, SUBMIT_DEADLINE_MS,
                             ret_job_id, error);
}
