#include "common/iceberg/table_metadata.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct iceberg_schema *iceberg_table_schema_by_id(const struct iceberg_table_metadata *metadata,
                                                        int32_t schema_id)
{
    for (uint32_t i = 0; i < metadata->num_schemas; i++)
        if (metadata->schemas[i]->schema_id == schema_id)
            return metadata->schemas[i];
    return NULL;
}

const struct iceberg_schema *iceberg_table_schema(const struct iceberg_table_metadata *metadata)
{
    return iceberg_table_schema_by_id(metadata, metadata->current_schema_id);
}

const struct iceberg_partition_spec *iceberg_table_spec_by_id(const struct iceberg_table_metadata *metadata,
                                                              int32_t spec_id)
{
    for (uint32_t i = 0; i < metadata->num_specs; i++)
        if (metadata->specs[i]->spec_id == spec_id)
            return metadata->specs[i];
    return NULL;
}

const struct iceberg_partition_spec *iceberg_table_spec(const struct iceberg_table_metadata *metadata)
{
    return iceberg_table_spec_by_id(metadata, metadata->default_spec_id);
}

const char *iceberg_table_property(const struct iceberg_table_metadata *metadata, const char *key)
{
    for (uint32_t i = 0; i < metadata->num_properties; i++)
        if (strcmp(metadata->properties[i].key, key) == 0)
            return metadata->properties[i].value;
    return NULL;
}

int64_t iceberg_table_property_long(const struct iceberg_table_metadata *metadata, const char *key,
                                    int64_t fallback)
{
    const char *text = iceberg_table_property(metadata, key);
    char *end;
    if (text == NULL || *text == '\0')
        return fallback;
    long long value = strtoll(text, &end, 10);
    return *end == '\0' ? value : fallback;
}

bool iceberg_table_property_boolean(const struct iceberg_table_metadata *metadata, const char *key,
                                    bool fallback)
{
    const char *text = iceberg_table_property(metadata, key);
    return text == NULL ? fallback : strcasecmp(text, "true") == 0;
}

const struct iceberg_snapshot *iceberg_table_snapshot(const struct iceberg_table_metadata *metadata,
                                                      int64_t snapshot_id)
{
    uint32_t low = 0;
    uint32_t high = metadata->num_snapshots;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct iceberg_snapshot *snapshot = &metadata->snapshots[metadata->snapshots_by_id[middle]];
        if (snapshot->snapshot_id == snapshot_id)
            return snapshot;
        if (snapshot->snapshot_id < snapshot_id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct iceberg_snapshot *iceberg_table_head(const struct iceberg_table_metadata *metadata)
{
    if (metadata->current_snapshot_id == ICEBERG_NO_SNAPSHOT)
        return NULL;
    return iceberg_table_snapshot(metadata, metadata->current_snapshot_id);
}

const struct iceberg_snapshot *iceberg_table_parent(const struct iceberg_table_metadata *metadata,
                                                    const struct iceberg_snapshot *snapshot)
{
    if (snapshot->parent_id == ICEBERG_NO_SNAPSHOT)
        return NULL;
    return iceberg_table_snapshot(metadata, snapshot->parent_id);
}

bool iceberg_table_is_ancestor(const struct iceberg_table_metadata *metadata, int64_t snapshot_id)
{
    const struct iceberg_snapshot *snapshot = iceberg_table_head(metadata);
    /* The count bounds the walk where a foreign file has a cycle. */
    for (uint32_t i = 0; snapshot != NULL && i <= metadata->num_snapshots; i++) {
        if (snapshot->snapshot_id == snapshot_id)
            return true;
        snapshot = iceberg_table_parent(metadata, snapshot);
    }
    return false;
}

static char *folder(const struct iceberg_table_metadata *metadata, const char *property, const char *name)
{
    const char *path = iceberg_table_property(metadata, property);
    struct buffer text = {0};
    if (path != NULL)
        buffer_append_text(&text, path);
    else
        buffer_printf(&text, "%s/%s", metadata->location, name);
    while (text.size > 1 && text.data[text.size - 1] == '/')
        text.size--;
    return buffer_take(&text, NULL);
}

char *iceberg_table_data_location(const struct iceberg_table_metadata *metadata)
{
    return folder(metadata, "write.data.path", "data");
}

char *iceberg_table_metadata_location(const struct iceberg_table_metadata *metadata)
{
    return folder(metadata, "write.metadata.path", "metadata");
}
