#include "common/iceberg/catalogs/table_ensure.h"

#include "common/columnar/schema.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 16 * 1024 };

void iceberg_ensured_table_clear(struct iceberg_ensured_table *ensured)
{
    iceberg_table_free(ensured->table);
    schema_unref(ensured->columns);
    free(ensured->data_location);
    *ensured = (struct iceberg_ensured_table){0};
}

static enum status create(struct iceberg_catalog *catalog, const struct iceberg_ensure_request *request,
                          struct iceberg_table **ret_table, struct error *error)
{
    struct arena *arena = arena_create(ARENA_BYTES);
    struct iceberg_schema *schema = NULL;
    struct iceberg_partition_spec *spec = NULL;
    enum status status = iceberg_schema_from_sql(request->columns, request->key_columns,
                                                 request->num_key_columns, arena, &schema, error);
    if (status == STATUS_OK)
        status = iceberg_partition_spec_create(schema, request->partitions, request->num_partitions, arena,
                                               &spec, error);
    if (status == STATUS_OK) {
        struct iceberg_create_table definition = {.schema = schema,
                                                  .spec = spec,
                                                  .num_properties = request->num_properties,
                                                  .properties = request->properties};
        status = iceberg_catalog_create_table(catalog, request->database, request->table, &definition,
                                              ret_table, error);
    }
    arena_free(arena);
    return status;
}

static enum status load_or_create(struct iceberg_catalog *catalog,
                                  const struct iceberg_ensure_request *request,
                                  struct iceberg_ensured_table *ensured, struct error *error)
{
    enum status status =
        iceberg_catalog_load_table(catalog, request->database, request->table, &ensured->table, error);
    if (status != STATUS_NOT_FOUND)
        return status;
    status = create(catalog, request, &ensured->table, error);
    if (status == STATUS_ALREADY_EXISTS) /* somebody was faster: it is there now */
        return iceberg_catalog_load_table(catalog, request->database, request->table, &ensured->table, error);
    ensured->was_created = status == STATUS_OK;
    return status;
}

static bool same_transform(struct iceberg_transform a, struct iceberg_transform b)
{
    bool has_parameter = a.kind == ICEBERG_TRANSFORM_BUCKET || a.kind == ICEBERG_TRANSFORM_TRUNCATE;
    return a.kind == b.kind && (!has_parameter || a.parameter == b.parameter);
}

/* A table that exists keeps its partitioning; one that is asked for must be the same. */
static enum status check_partitions(const struct iceberg_ensure_request *request,
                                    const struct iceberg_schema *schema,
                                    const struct iceberg_partition_spec *spec, struct error *error)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < spec->num_fields; i++) {
        const struct iceberg_partition_field *field = &spec->fields[i];
        if (field->transform.kind == ICEBERG_TRANSFORM_VOID)
            continue;
        if (field->transform.kind == ICEBERG_TRANSFORM_UNKNOWN)
            return error_set(error, STATUS_UNSUPPORTED,
                             "the table is partitioned by field '%s' with a transform that is not known",
                             field->name);
        const struct iceberg_field *source = iceberg_schema_field_by_id(schema, field->source_id);
        if (request->num_partitions > 0 &&
            (used >= request->num_partitions || source == NULL ||
             strcmp(request->partitions[used].column, source->name) != 0 ||
             !same_transform(request->partitions[used].transform, field->transform)))
            return error_set(
                error, STATUS_INVALID_ARGUMENT,
                "the table exists and is partitioned otherwise than PARTITIONED BY says (its field %u "
                "is '%s'): leave PARTITIONED BY out or make it the same",
                i + 1, field->name);
        used++;
    }
    if (request->num_partitions > used)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "the table exists and is not partitioned by '%s': leave it out of PARTITIONED BY",
                         request->partitions[used].column);
    return STATUS_OK;
}

static enum status complete(const struct iceberg_ensure_request *request,
                            struct iceberg_ensured_table *ensured, struct error *error)
{
    const struct iceberg_table_metadata *metadata = ensured->table->metadata;
    if (metadata->format_version != 2)
        return error_set(error, STATUS_UNSUPPORTED,
                         "it has format version %d: upgrade it to 2 to write to it",
                         metadata->format_version);
    ensured->schema = iceberg_table_schema(metadata);
    ensured->spec = iceberg_table_spec(metadata);
    enum status status = iceberg_schema_match(ensured->schema, request->columns, &ensured->columns, error);
    if (status == STATUS_OK)
        status = check_partitions(request, ensured->schema, ensured->spec, error);
    if (status == STATUS_OK)
        ensured->data_location = iceberg_table_data_location(metadata);
    return status;
}

enum status iceberg_table_ensure(struct iceberg_catalog *catalog,
                                 const struct iceberg_ensure_request *request,
                                 struct iceberg_ensured_table *ret_ensured, struct error *error)
{
    struct iceberg_ensured_table ensured = {0};
    enum status status = load_or_create(catalog, request, &ensured, error);
    if (status != STATUS_OK)
        return status;
    status = complete(request, &ensured, error);
    if (status != STATUS_OK) {
        iceberg_ensured_table_clear(&ensured);
        return error_prefix(error, "Iceberg table %s.%s", request->database, request->table);
    }
    *ret_ensured = ensured;
    return STATUS_OK;
}
