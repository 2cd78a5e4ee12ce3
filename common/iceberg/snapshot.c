#include "common/iceberg/snapshot.h"

#include "common/iceberg/json_internal.h"

#include <string.h>

const char *iceberg_snapshot_summary(const struct iceberg_snapshot *snapshot, const char *key)
{
    for (uint32_t i = 0; i < snapshot->num_summary; i++)
        if (strcmp(snapshot->summary[i].key, key) == 0)
            return snapshot->summary[i].value;
    return NULL;
}

enum status iceberg_snapshot_parse(const json_t *json, int32_t format_version, struct arena *arena,
                                   struct iceberg_snapshot *ret_snapshot, struct error *error)
{
    struct iceberg_snapshot snapshot = {.parent_id = ICEBERG_NO_SNAPSHOT, .schema_id = -1};
    enum status status = json_get_long(json, "snapshot-id", &snapshot.snapshot_id, error);
    if (status == STATUS_OK && json_has(json, "parent-snapshot-id"))
        status = json_get_long(json, "parent-snapshot-id", &snapshot.parent_id, error);
    if (status == STATUS_OK && (format_version > 1 || json_has(json, "sequence-number")))
        status = json_get_long(json, "sequence-number", &snapshot.sequence_number, error);
    if (status == STATUS_OK)
        status = json_get_long(json, "timestamp-ms", &snapshot.timestamp_ms, error);
    if (status == STATUS_OK && json_has(json, "schema-id"))
        status = json_get_int(json, "schema-id", &snapshot.schema_id, error);
    if (status == STATUS_OK && (format_version > 1 || json_has(json, "manifest-list")))
        status = json_get_text(json, "manifest-list", arena, &snapshot.manifest_list, error);
    if (status == STATUS_OK)
        status = json_get_properties(json, "summary", arena, &snapshot.summary, &snapshot.num_summary, error);
    if (status != STATUS_OK)
        return error_prefix(error, "snapshot");
    *ret_snapshot = snapshot;
    return STATUS_OK;
}

json_t *iceberg_snapshot_to_json(const struct iceberg_snapshot *snapshot)
{
    json_t *summary = json_object();
    for (uint32_t i = 0; i < snapshot->num_summary; i++)
        json_object_set_new(summary, snapshot->summary[i].key, json_string(snapshot->summary[i].value));
    json_t *json = json_object();
    json_object_set_new(json, "sequence-number", json_integer(snapshot->sequence_number));
    json_object_set_new(json, "snapshot-id", json_integer(snapshot->snapshot_id));
    if (snapshot->parent_id != ICEBERG_NO_SNAPSHOT)
        json_object_set_new(json, "parent-snapshot-id", json_integer(snapshot->parent_id));
    json_object_set_new(json, "timestamp-ms", json_integer(snapshot->timestamp_ms));
    json_object_set_new(json, "summary", summary);
    json_object_set_new(json, "manifest-list", json_string(snapshot->manifest_list));
    if (snapshot->schema_id >= 0)
        json_object_set_new(json, "schema-id", json_integer(snapshot->schema_id));
    return json;
}
