#include "common/iceberg/table_metadata.h"

#include "common/base/memory.h"
#include "common/iceberg/json_internal.h"

#include <stdlib.h>
#include <string.h>

/* What Frazil sets on its own tables, so that frequent commits keep them small. */
static const struct iceberg_property OWN_DEFAULTS[] = {
    {"write.metadata.delete-after-commit.enabled", "true"},
    {"write.metadata.previous-versions-max", "100"},
    {"write.parquet.compression-codec", "zstd"},
};
enum { DEFAULT_PREVIOUS_VERSIONS = 100 };

struct iceberg_metadata_update {
    json_t *document;
    json_t *properties;
    int64_t previous_updated_ms;
};

/* A member that may be changed: a copy of what is there, or an empty one, put in its place. */
static json_t *own_member(json_t *document, const char *key, bool is_array)
{
    json_t *present = json_object_get(document, key);
    json_t *member;
    if (is_array)
        member = json_is_array(present) ? json_copy(present) : json_array();
    else
        member = json_is_object(present) ? json_copy(present) : json_object();
    json_object_set_new(document, key, member);
    return member;
}

struct iceberg_metadata_update *iceberg_metadata_update_create(const struct iceberg_table_metadata *base)
{
    struct iceberg_metadata_update *update = mem_calloc(1, sizeof *update);
    update->document = json_copy(base->document);
    update->properties = own_member(update->document, "properties", false);
    update->previous_updated_ms = base->last_updated_ms;
    return update;
}

void iceberg_metadata_update_free(struct iceberg_metadata_update *update)
{
    if (update == NULL)
        return;
    json_decref(update->document);
    free(update);
}

void iceberg_metadata_update_add_snapshot(struct iceberg_metadata_update *update,
                                          const struct iceberg_snapshot *snapshot)
{
    json_t *document = update->document;
    json_array_append_new(own_member(document, "snapshots", true), iceberg_snapshot_to_json(snapshot));
    json_array_append_new(own_member(document, "snapshot-log", true),
                          json_pack("{s:I, s:I}", "timestamp-ms", (json_int_t)snapshot->timestamp_ms,
                                    "snapshot-id", (json_int_t)snapshot->snapshot_id));
    json_object_set_new(document, "current-snapshot-id", json_integer(snapshot->snapshot_id));
    json_object_set_new(document, "last-sequence-number", json_integer(snapshot->sequence_number));

    json_t *refs = own_member(document, "refs", false);
    json_t *head = own_member(refs, "main", false); /* keeps the branch's retention settings */
    json_object_set_new(head, "snapshot-id", json_integer(snapshot->snapshot_id));
    json_object_set_new(head, "type", json_string("branch"));
}

void iceberg_metadata_update_set_property(struct iceberg_metadata_update *update, const char *key,
                                          const char *value)
{
    json_object_set_new(update->properties, key, json_string(value));
}

void iceberg_metadata_update_remove_property(struct iceberg_metadata_update *update, const char *key)
{
    json_object_del(update->properties, key);
}

void iceberg_metadata_update_log_previous(struct iceberg_metadata_update *update, const char *file,
                                          int64_t updated_ms)
{
    json_t *log = own_member(update->document, "metadata-log", true);
    json_array_append_new(
        log, json_pack("{s:I, s:s}", "timestamp-ms", (json_int_t)updated_ms, "metadata-file", file));
    const char *text =
        json_string_value(json_object_get(update->properties, "write.metadata.previous-versions-max"));
    long long limit = text != NULL ? strtoll(text, NULL, 10) : DEFAULT_PREVIOUS_VERSIONS;
    if (limit < 1)
        limit = 1;
    while ((long long)json_array_size(log) > limit)
        json_array_remove(log, 0);
}

enum status iceberg_metadata_update_build(struct iceberg_metadata_update *update, int64_t now_ms,
                                          struct iceberg_table_metadata **ret_metadata, struct error *error)
{
    /* A clock that went back must not make the table older. */
    int64_t updated_ms = now_ms > update->previous_updated_ms ? now_ms : update->previous_updated_ms;
    json_object_set_new(update->document, "last-updated-ms", json_integer(updated_ms));
    return iceberg_table_metadata_from_json(update->document, ret_metadata, error);
}

static json_t *own_properties(const struct iceberg_create_table *request)
{
    json_t *properties = json_object();
    for (size_t i = 0; i < sizeof OWN_DEFAULTS / sizeof OWN_DEFAULTS[0]; i++)
        json_object_set_new(properties, OWN_DEFAULTS[i].key, json_string(OWN_DEFAULTS[i].value));
    for (uint32_t i = 0; i < request->num_properties; i++) /* the version is no property, but a member */
        if (strcmp(request->properties[i].key, "format-version") != 0)
            json_object_set_new(properties, request->properties[i].key,
                                json_string(request->properties[i].value));
    return properties;
}

static enum status check_version(const struct iceberg_create_table *request, struct error *error)
{
    for (uint32_t i = 0; i < request->num_properties; i++)
        if (strcmp(request->properties[i].key, "format-version") == 0 &&
            strcmp(request->properties[i].value, "2") != 0)
            return error_set(error, STATUS_UNSUPPORTED,
                             "'format-version'='%s' is not supported yet for new tables: use '2'",
                             request->properties[i].value);
    return STATUS_OK;
}

enum status iceberg_table_metadata_create(const struct iceberg_create_table *request, int64_t now_ms,
                                          struct random *random, struct iceberg_table_metadata **ret_metadata,
                                          struct error *error)
{
    enum status status = check_version(request, error);
    if (status != STATUS_OK)
        return status;
    struct uuid uuid = random != NULL ? uuid_from_random(random) : uuid_generate();
    char uuid_text[UUID_TEXT_BYTES];
    uuid_format(&uuid, uuid_text);
    int32_t last_column_id = 0;
    for (uint32_t i = 0; i < request->schema->num_fields; i++)
        if (request->schema->fields[i].id > last_column_id)
            last_column_id = request->schema->fields[i].id;
    int32_t last_partition_id = ICEBERG_FIRST_PARTITION_FIELD_ID - 1 + (int32_t)request->spec->num_fields;
    json_t *document = json_pack(
        "{s:i, s:s, s:s, s:i, s:I, s:i, s:i, s:[o], s:i, s:[o], s:i, s:i, s:[{s:i, s:[]}], s:o, s:i, s:{}, "
        "s:[], "
        "s:[], s:[]}",
        "format-version", 2, "table-uuid", uuid_text, "location", request->location, "last-sequence-number",
        0, "last-updated-ms", (json_int_t)now_ms, "last-column-id", last_column_id, "current-schema-id",
        request->schema->schema_id, "schemas", iceberg_schema_to_json(request->schema), "default-spec-id",
        request->spec->spec_id, "partition-specs", iceberg_partition_spec_to_json(request->spec),
        "last-partition-id", last_partition_id, "default-sort-order-id", 0, "sort-orders", "order-id", 0,
        "fields", "properties", own_properties(request), "current-snapshot-id", -1, "refs", "snapshots",
        "statistics", "snapshot-log");
    if (document == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "the table's definition cannot be written as JSON: a name is not valid UTF-8");
    json_object_set_new(document, "metadata-log", json_array());
    status = iceberg_table_metadata_from_json(document, ret_metadata, error);
    json_decref(document);
    return status;
}
