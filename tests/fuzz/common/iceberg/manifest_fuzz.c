#include "common/iceberg/manifest.h"

enum { BLOCK_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes as a manifest list and as a manifest of a partitioned table: read or refused. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error;
    struct bytes_view bytes = {.data = data, .size = size};
    struct arena *arena = arena_create(BLOCK_BYTES);
    struct iceberg_field fields[] = {
        {.id = 1, .name = "id", .type = {.kind = ICEBERG_LONG}},
        {.id = 2, .name = "event_type", .type = {.kind = ICEBERG_STRING}},
        {.id = 3, .name = "event_time", .type = {.kind = ICEBERG_TIMESTAMP}},
        {.id = 4, .name = "amount", .type = {.kind = ICEBERG_DECIMAL, .precision = 12, .scale = 2}},
    };
    struct iceberg_partition_field partitions[] = {
        {.source_id = 2,
         .field_id = 1000,
         .name = "event_type",
         .transform = {ICEBERG_TRANSFORM_IDENTITY, 0}},
        {.source_id = 3, .field_id = 1001, .name = "event_time_day", .transform = {ICEBERG_TRANSFORM_DAY, 0}},
        {.source_id = 4, .field_id = 1002, .name = "amount", .transform = {ICEBERG_TRANSFORM_IDENTITY, 0}},
    };
    struct iceberg_schema schema = {.num_fields = sizeof fields / sizeof fields[0], .fields = fields};
    struct iceberg_partition_spec spec = {.num_fields = sizeof partitions / sizeof partitions[0],
                                          .fields = partitions};
    struct iceberg_manifest_file line = {.path = "fuzz.avro", .sequence_number = 1, .added_snapshot_id = 1};
    struct iceberg_manifest_file *manifests = NULL;
    struct iceberg_manifest_entry *entries = NULL;
    uint32_t count = 0;
    if (iceberg_manifest_list_read(bytes, arena, &manifests, &count, &error) == STATUS_OK && count > 0 &&
        manifests[0].path == NULL)
        __builtin_trap();
    if (iceberg_manifest_read(bytes, &line, &schema, &spec, arena, &entries, &count, &error) == STATUS_OK)
        for (uint32_t i = 0; i < count; i++)
            if (entries[i].file.path == NULL || entries[i].file.num_partition_values != spec.num_fields)
                __builtin_trap();
    arena_free(arena);
    return 0;
}
