#include "common/iceberg/manifest.h"

#include "common/iceberg/manifest_internal.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 16 * 1024 };

/* Order of the schema's fields. */
enum {
    AT_PATH,
    AT_LENGTH,
    AT_SPEC_ID,
    AT_CONTENT,
    AT_SEQUENCE,
    AT_MIN_SEQUENCE,
    AT_ADDED_SNAPSHOT,
    AT_ADDED_FILES,
    AT_EXISTING_FILES,
    AT_DELETED_FILES,
    AT_ADDED_ROWS,
    AT_EXISTING_ROWS,
    AT_DELETED_ROWS,
    AT_PARTITIONS,
    AT_KEY_METADATA,
    LIST_FIELDS
};

static struct avro_value bytes_or_null(struct bytes_view value)
{
    return value.data == NULL ? avro_null() : avro_bytes(value.data, value.size);
}

static int64_t at_least_zero(int64_t value)
{
    return value < 0 ? 0 : value;
}

static struct avro_value partitions_value(const struct iceberg_manifest_file *manifest, struct arena *arena)
{
    struct avro_value list = avro_array(arena, manifest->num_partitions);
    for (uint32_t i = 0; i < manifest->num_partitions; i++) {
        const struct iceberg_partition_summary *summary = &manifest->partitions[i];
        struct avro_value item = avro_record(arena, 4);
        item.children[0] = avro_boolean(summary->contains_null);
        if (summary->contains_nan >= 0)
            item.children[1] = avro_boolean(summary->contains_nan != 0);
        item.children[2] = bytes_or_null(summary->lower_bound);
        item.children[3] = bytes_or_null(summary->upper_bound);
        list.children[i] = item;
    }
    return list;
}

static struct avro_value manifest_value(const struct iceberg_manifest_file *manifest, int64_t sequence_number,
                                        struct arena *arena)
{
    struct avro_value value = avro_record(arena, LIST_FIELDS);
    struct avro_value *fields = value.children;
    int64_t own = manifest->sequence_number == ICEBERG_INHERIT ? sequence_number : manifest->sequence_number;
    int64_t lowest = manifest->min_sequence_number == ICEBERG_INHERIT ? own : manifest->min_sequence_number;
    fields[AT_PATH] = avro_string(manifest->path);
    fields[AT_LENGTH] = avro_long(manifest->length_bytes);
    fields[AT_SPEC_ID] = avro_int(manifest->spec_id);
    fields[AT_CONTENT] = avro_int(manifest->content);
    fields[AT_SEQUENCE] = avro_long(own);
    fields[AT_MIN_SEQUENCE] = avro_long(lowest);
    fields[AT_ADDED_SNAPSHOT] = avro_long(manifest->added_snapshot_id);
    fields[AT_ADDED_FILES] = avro_int((int32_t)at_least_zero(manifest->added_files_count));
    fields[AT_EXISTING_FILES] = avro_int((int32_t)at_least_zero(manifest->existing_files_count));
    fields[AT_DELETED_FILES] = avro_int((int32_t)at_least_zero(manifest->deleted_files_count));
    fields[AT_ADDED_ROWS] = avro_long(at_least_zero(manifest->added_rows_count));
    fields[AT_EXISTING_ROWS] = avro_long(at_least_zero(manifest->existing_rows_count));
    fields[AT_DELETED_ROWS] = avro_long(at_least_zero(manifest->deleted_rows_count));
    if (manifest->partitions != NULL)
        fields[AT_PARTITIONS] = partitions_value(manifest, arena);
    fields[AT_KEY_METADATA] = bytes_or_null(manifest->key_metadata);
    return value;
}

enum status iceberg_manifest_list_write(const struct iceberg_manifest_file *manifests, uint32_t count,
                                        int64_t snapshot_id, int64_t parent_id, int64_t sequence_number,
                                        struct buffer *buffer, struct error *error)
{
    struct arena *arena = arena_create(ARENA_BYTES);
    const char *parent = parent_id < 0 ? "null" : arena_printf(arena, "%lld", (long long)parent_id);
    const char *const entries[][2] = {
        {"snapshot-id", arena_printf(arena, "%lld", (long long)snapshot_id)},
        {"parent-snapshot-id", parent},
        {"sequence-number", arena_printf(arena, "%lld", (long long)sequence_number)},
        {"format-version", "2"},
    };
    enum { NUM_ENTRIES = sizeof entries / sizeof entries[0] };
    struct avro_metadata metadata[NUM_ENTRIES];
    for (int i = 0; i < NUM_ENTRIES; i++)
        metadata[i] =
            (struct avro_metadata){entries[i][0], {(const uint8_t *)entries[i][1], strlen(entries[i][1])}};
    struct avro_writer *writer = NULL;
    enum status status = avro_writer_create(manifest_list_schema_text(), metadata, NUM_ENTRIES,
                                            AVRO_CODEC_DEFLATE, &writer, error);
    for (uint32_t i = 0; status == STATUS_OK && i < count; i++) {
        struct avro_value value = manifest_value(&manifests[i], sequence_number, arena);
        status = avro_writer_append(writer, &value, error);
    }
    if (status == STATUS_OK)
        status = avro_writer_finish(writer, buffer, error);
    avro_writer_free(writer);
    arena_free(arena);
    return status;
}

static void read_partitions(const struct avro_schema *record, const struct avro_value *value,
                            struct arena *arena, struct iceberg_manifest_file *manifest)
{
    const struct avro_schema *list_schema = manifest_member_schema(record, LIST_PARTITIONS);
    const struct avro_value *list = manifest_member(record, value, LIST_PARTITIONS);
    if (list == NULL || list->type != AVRO_ARRAY || list_schema->items->type != AVRO_RECORD)
        return;
    struct iceberg_partition_summary *partitions =
        arena_calloc(arena, (size_t)list->count + 1, sizeof *partitions);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct avro_value *item = &list->children[i];
        const struct avro_value *null = manifest_member(list_schema->items, item, LIST_CONTAINS_NULL);
        const struct avro_value *nan = manifest_member(list_schema->items, item, LIST_CONTAINS_NAN);
        partitions[i].contains_null = null == NULL || null->type != AVRO_BOOLEAN || null->boolean;
        partitions[i].contains_nan = nan != NULL && nan->type == AVRO_BOOLEAN ? nan->boolean : -1;
        partitions[i].lower_bound = manifest_member_bytes(list_schema->items, item, LIST_LOWER_BOUND);
        partitions[i].upper_bound = manifest_member_bytes(list_schema->items, item, LIST_UPPER_BOUND);
    }
    manifest->partitions = partitions;
    manifest->num_partitions = list->count;
}

static enum status read_manifest(const struct avro_schema *record, const struct avro_value *value,
                                 struct arena *arena, struct iceberg_manifest_file *manifest,
                                 struct error *error)
{
    struct bytes_view path = manifest_member_bytes(record, value, LIST_PATH);
    if (path.data == NULL)
        return error_set(error, STATUS_CORRUPT, "manifest list: a manifest without path");
    *manifest = (struct iceberg_manifest_file){
        .path = arena_strndup(arena, (const char *)path.data, path.size),
        .length_bytes = manifest_member_long(record, value, LIST_LENGTH, 0),
        .spec_id = (int32_t)manifest_member_long(record, value, LIST_SPEC_ID, 0),
        .content = (int32_t)manifest_member_long(record, value, LIST_CONTENT, 0),
        .sequence_number = manifest_member_long(record, value, LIST_SEQUENCE_NUMBER, 0),
        .min_sequence_number = manifest_member_long(record, value, LIST_MIN_SEQUENCE_NUMBER, 0),
        .added_snapshot_id = manifest_member_long(record, value, LIST_ADDED_SNAPSHOT_ID, -1),
        .added_files_count = (int32_t)manifest_member_long(record, value, LIST_ADDED_FILES, -1),
        .existing_files_count = (int32_t)manifest_member_long(record, value, LIST_EXISTING_FILES, -1),
        .deleted_files_count = (int32_t)manifest_member_long(record, value, LIST_DELETED_FILES, -1),
        .added_rows_count = manifest_member_long(record, value, LIST_ADDED_ROWS, -1),
        .existing_rows_count = manifest_member_long(record, value, LIST_EXISTING_ROWS, -1),
        .deleted_rows_count = manifest_member_long(record, value, LIST_DELETED_ROWS, -1),
        .key_metadata = manifest_member_bytes(record, value, LIST_KEY_METADATA),
    };
    read_partitions(record, value, arena, manifest);
    return STATUS_OK;
}

static enum status read_all(struct avro_reader *reader, struct arena *arena,
                            struct iceberg_manifest_file **ret_manifests, uint32_t *ret_count,
                            struct error *error)
{
    const struct avro_schema *schema = avro_reader_schema(reader);
    struct iceberg_manifest_file *manifests = NULL;
    uint32_t count = 0;
    uint32_t capacity = 0;
    if (schema->type != AVRO_RECORD)
        return error_set(error, STATUS_CORRUPT, "manifest list: its lines are no records");
    for (;;) {
        struct avro_value value;
        enum status status = avro_reader_next(reader, arena, &value, error);
        if (status == STATUS_NOT_FOUND)
            break;
        if (status == STATUS_OK && count == capacity) {
            capacity = capacity == 0 ? 16 : capacity * 2;
            manifests = arena_grow(arena, manifests, count * sizeof *manifests, capacity * sizeof *manifests);
        }
        if (status == STATUS_OK)
            status = read_manifest(schema, &value, arena, &manifests[count], error);
        if (status != STATUS_OK)
            return status;
        count++;
    }
    *ret_manifests = manifests;
    *ret_count = count;
    return STATUS_OK;
}

enum status iceberg_manifest_list_read(struct bytes_view bytes, struct arena *arena,
                                       struct iceberg_manifest_file **ret_manifests, uint32_t *ret_count,
                                       struct error *error)
{
    struct avro_reader *reader;
    enum status status = avro_reader_create(bytes, &reader, error);
    if (status != STATUS_OK)
        return error_prefix(error, "manifest list");
    status = read_all(reader, arena, ret_manifests, ret_count, error);
    avro_reader_free(reader);
    return status;
}
