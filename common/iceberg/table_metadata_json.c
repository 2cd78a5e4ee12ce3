#include "common/iceberg/table_metadata.h"

#include "common/base/memory.h"
#include "common/iceberg/iceberg_internal.h"
#include "common/iceberg/json_internal.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 16 * 1024 };

static enum status parse_schemas(struct iceberg_table_metadata *metadata, struct error *error)
{
    const json_t *list = NULL;
    const json_t *document = metadata->document;
    bool has_list = json_has(document, "schemas");
    if (has_list || metadata->format_version > 1) {
        enum status status = json_get_array(document, "schemas", &list, error);
        if (status == STATUS_OK)
            status = json_get_int(document, "current-schema-id", &metadata->current_schema_id, error);
        if (status != STATUS_OK)
            return status;
    } else if (!json_is_object(json_object_get(document, "schema"))) {
        return error_set(error, STATUS_CORRUPT, "missing object 'schema'");
    }
    metadata->num_schemas = list != NULL ? (uint32_t)json_array_size(list) : 1;
    metadata->schemas = arena_calloc(metadata->arena, metadata->num_schemas, sizeof(void *));
    for (uint32_t i = 0; i < metadata->num_schemas; i++) {
        const json_t *json = list != NULL ? json_array_get(list, i) : json_object_get(document, "schema");
        enum status status = iceberg_schema_parse(json, metadata->arena, &metadata->schemas[i], error);
        if (status != STATUS_OK)
            return status;
    }
    if (list == NULL)
        metadata->current_schema_id = metadata->schemas[0]->schema_id;
    if (iceberg_table_schema(metadata) == NULL)
        return error_set(error, STATUS_CORRUPT, "cannot find the schema with current-schema-id=%d in schemas",
                         metadata->current_schema_id);
    return STATUS_OK;
}

static int32_t highest_partition_id(const struct iceberg_table_metadata *metadata)
{
    int32_t highest = ICEBERG_FIRST_PARTITION_FIELD_ID - 1;
    for (uint32_t i = 0; i < metadata->num_specs; i++)
        for (uint32_t j = 0; j < metadata->specs[i]->num_fields; j++)
            if (metadata->specs[i]->fields[j].field_id > highest)
                highest = metadata->specs[i]->fields[j].field_id;
    return highest;
}

static enum status parse_specs(struct iceberg_table_metadata *metadata, struct error *error)
{
    const json_t *list = NULL;
    const json_t *document = metadata->document;
    enum status status = STATUS_OK;
    if (json_has(document, "partition-specs") || metadata->format_version > 1) {
        status = json_get_array(document, "partition-specs", &list, error);
        if (status == STATUS_OK)
            status = json_get_int(document, "default-spec-id", &metadata->default_spec_id, error);
    } else if (!json_is_array(json_object_get(document, "partition-spec"))) {
        status = error_set(error, STATUS_CORRUPT, "missing list 'partition-spec'");
    }
    if (status != STATUS_OK)
        return status;
    metadata->num_specs = list != NULL ? (uint32_t)json_array_size(list) : 1;
    metadata->specs = arena_calloc(metadata->arena, metadata->num_specs, sizeof(void *));
    for (uint32_t i = 0; status == STATUS_OK && i < metadata->num_specs; i++) {
        const json_t *json =
            list != NULL ? json_array_get(list, i) : json_object_get(document, "partition-spec");
        status = iceberg_partition_spec_parse(json, metadata->arena, &metadata->specs[i], error);
    }
    if (status != STATUS_OK)
        return status;
    if (iceberg_table_spec(metadata) == NULL)
        return error_set(error, STATUS_CORRUPT, "cannot find the partition spec with default-spec-id=%d",
                         metadata->default_spec_id);
    if (metadata->format_version > 1 || json_has(document, "last-partition-id"))
        return json_get_int(document, "last-partition-id", &metadata->last_partition_id, error);
    metadata->last_partition_id = highest_partition_id(metadata);
    return STATUS_OK;
}

static enum status parse_sort_orders(struct iceberg_table_metadata *metadata, struct error *error)
{
    const json_t *list;
    const json_t *document = metadata->document;
    if (metadata->format_version == 1 && !json_has(document, "sort-orders"))
        return STATUS_OK;
    enum status status = json_get_array(document, "sort-orders", &list, error);
    if (status == STATUS_OK)
        status = json_get_int(document, "default-sort-order-id", &metadata->default_sort_order_id, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < json_array_size(list); i++) {
        int32_t id;
        status = json_get_int(json_array_get(list, i), "order-id", &id, error);
        if (status != STATUS_OK || id == metadata->default_sort_order_id)
            return status;
    }
    return error_set(error, STATUS_CORRUPT, "cannot find the sort order with default-sort-order-id=%d",
                     metadata->default_sort_order_id);
}

static int compare_ids(const void *a, const void *b, void *context)
{
    const struct iceberg_snapshot *snapshots = context;
    int64_t x = snapshots[*(const uint32_t *)a].snapshot_id;
    int64_t y = snapshots[*(const uint32_t *)b].snapshot_id;
    return (x > y) - (x < y);
}

/* The head of main: refs say it, older files have only current-snapshot-id. */
static enum status parse_head(struct iceberg_table_metadata *metadata, struct error *error)
{
    const json_t *document = metadata->document;
    enum status status = STATUS_OK;
    metadata->current_snapshot_id = ICEBERG_NO_SNAPSHOT;
    const json_t *main_ref = json_object_get(json_object_get(document, "refs"), "main");
    if (main_ref != NULL)
        status = json_get_long(main_ref, "snapshot-id", &metadata->current_snapshot_id, error);
    else if (json_has(document, "current-snapshot-id"))
        status = json_get_long(document, "current-snapshot-id", &metadata->current_snapshot_id, error);
    if (status == STATUS_OK && metadata->current_snapshot_id != ICEBERG_NO_SNAPSHOT &&
        iceberg_table_head(metadata) == NULL)
        return error_set(error, STATUS_CORRUPT, "the current snapshot %lld is not in the list of snapshots",
                         (long long)metadata->current_snapshot_id);
    return status;
}

static enum status parse_snapshots(struct iceberg_table_metadata *metadata, struct error *error)
{
    const json_t *list = NULL;
    if (json_has(metadata->document, "snapshots")) {
        enum status status = json_get_array(metadata->document, "snapshots", &list, error);
        if (status != STATUS_OK)
            return status;
    }
    uint32_t count = (uint32_t)json_array_size(list);
    metadata->snapshots = arena_calloc(metadata->arena, count, sizeof *metadata->snapshots);
    metadata->snapshots_by_id = arena_calloc(metadata->arena, count, sizeof *metadata->snapshots_by_id);
    for (uint32_t i = 0; i < count; i++) {
        enum status status = iceberg_snapshot_parse(json_array_get(list, i), metadata->format_version,
                                                    metadata->arena, &metadata->snapshots[i], error);
        if (status != STATUS_OK)
            return status;
        metadata->snapshots_by_id[i] = i;
    }
    metadata->num_snapshots = count;
    if (count > 0)
        qsort_r(metadata->snapshots_by_id, count, sizeof *metadata->snapshots_by_id, compare_ids,
                metadata->snapshots);
    return parse_head(metadata, error);
}

static enum status parse_metadata_log(struct iceberg_table_metadata *metadata, struct error *error)
{
    const json_t *list = json_object_get(metadata->document, "metadata-log");
    uint32_t count = (uint32_t)json_array_size(list);
    metadata->metadata_log = arena_calloc(metadata->arena, count, sizeof *metadata->metadata_log);
    for (uint32_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(list, i);
        enum status status =
            json_get_long(entry, "timestamp-ms", &metadata->metadata_log[i].timestamp_ms, error);
        if (status == STATUS_OK)
            status = json_get_text(entry, "metadata-file", metadata->arena, &metadata->metadata_log[i].file,
                                   error);
        if (status != STATUS_OK)
            return error_prefix(error, "metadata log");
    }
    metadata->num_metadata_log = count;
    return STATUS_OK;
}

static enum status parse_version(struct iceberg_table_metadata *metadata, struct error *error)
{
    enum status status = json_get_int(metadata->document, "format-version", &metadata->format_version, error);
    if (status == STATUS_OK && (metadata->format_version < 1 || metadata->format_version > 2))
        return error_set(error, STATUS_UNSUPPORTED,
                         "the table has Iceberg format version %d; versions 1 and 2 are supported",
                         metadata->format_version);
    return status;
}

static enum status parse_uuid(struct iceberg_table_metadata *metadata, struct error *error)
{
    const char *uuid;
    if (metadata->format_version == 1 && !json_has(metadata->document, "table-uuid"))
        return STATUS_OK;
    enum status status = json_get_text(metadata->document, "table-uuid", metadata->arena, &uuid, error);
    if (status != STATUS_OK)
        return status;
    if (strlen(uuid) >= sizeof metadata->table_uuid)
        return error_set(error, STATUS_CORRUPT, "'table-uuid' is no UUID");
    memcpy(metadata->table_uuid, uuid, strlen(uuid) + 1);
    return STATUS_OK;
}

static enum status parse_document(struct iceberg_table_metadata *metadata, struct error *error)
{
    const json_t *document = metadata->document;
    if (!json_is_object(document))
        return error_set(error, STATUS_CORRUPT, "not a JSON object");
    enum status status = parse_version(metadata, error);
    if (status == STATUS_OK)
        status = parse_uuid(metadata, error);
    if (status == STATUS_OK)
        status = json_get_text(document, "location", metadata->arena, &metadata->location, error);
    if (status == STATUS_OK && metadata->format_version > 1)
        status = json_get_long(document, "last-sequence-number", &metadata->last_sequence_number, error);
    if (status == STATUS_OK)
        status = json_get_long(document, "last-updated-ms", &metadata->last_updated_ms, error);
    if (status == STATUS_OK)
        status = json_get_int(document, "last-column-id", &metadata->last_column_id, error);
    if (status == STATUS_OK)
        status = parse_schemas(metadata, error);
    if (status == STATUS_OK)
        status = parse_specs(metadata, error);
    if (status == STATUS_OK)
        status = parse_sort_orders(metadata, error);
    if (status == STATUS_OK)
        status = json_get_properties(document, "properties", metadata->arena, &metadata->properties,
                                     &metadata->num_properties, error);
    if (status == STATUS_OK)
        status = parse_snapshots(metadata, error);
    if (status == STATUS_OK)
        status = parse_metadata_log(metadata, error);
    return status;
}

enum status iceberg_table_metadata_from_json(json_t *document, struct iceberg_table_metadata **ret_metadata,
                                             struct error *error)
{
    struct iceberg_table_metadata *metadata = mem_calloc(1, sizeof *metadata);
    refcount_init(&metadata->refs);
    metadata->arena = arena_create(ARENA_BYTES);
    metadata->document = json_incref(document);
    enum status status = parse_document(metadata, error);
    if (status != STATUS_OK) {
        iceberg_table_metadata_unref(metadata);
        return error_prefix(error, "table metadata");
    }
    *ret_metadata = metadata;
    return STATUS_OK;
}

struct iceberg_table_metadata *iceberg_table_metadata_ref(struct iceberg_table_metadata *metadata)
{
    refcount_take(&metadata->refs);
    return metadata;
}

void iceberg_table_metadata_unref(struct iceberg_table_metadata *metadata)
{
    if (metadata == NULL || !refcount_drop(&metadata->refs))
        return;
    json_decref(metadata->document);
    arena_free(metadata->arena);
    free(metadata);
}
