#include "common/iceberg/append_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 16 * 1024 };

static int64_t new_snapshot_id(struct random *random)
{
    uint64_t bits = 0;
    struct uuid uuid = uuid_generate();
    if (random != NULL)
        bits = random_next(random);
    else
        memcpy(&bits, uuid.bytes + 8, sizeof bits);
    bits &= INT64_MAX;
    return bits == 0 ? 1 : (int64_t)bits;
}

struct iceberg_append *iceberg_append_create(struct file_io *io, struct clock clock, struct random *random)
{
    struct iceberg_append *append = mem_calloc(1, sizeof *append);
    append->io = io;
    append->clock = clock;
    append->random = random;
    append->arena = arena_create(ARENA_BYTES);
    append->snapshot_id = new_snapshot_id(random);
    struct uuid uuid = random != NULL ? uuid_from_random(random) : uuid_generate();
    uuid_format(&uuid, append->uuid);
    return append;
}

static void clear_properties(struct append_properties *properties)
{
    for (uint32_t i = 0; i < properties->count; i++) {
        free(properties->items[i].key);
        free(properties->items[i].value);
    }
    free(properties->items);
}

static void forget_attempt(struct iceberg_append *append)
{
    for (uint32_t i = 0; i < append->num_attempt_files; i++)
        free(append->attempt_files[i]);
    append->num_attempt_files = 0;
}

void iceberg_append_free(struct iceberg_append *append)
{
    if (append == NULL)
        return;
    forget_attempt(append);
    free(append->attempt_files);
    clear_properties(&append->summary);
    clear_properties(&append->properties);
    free(append->files);
    arena_free(append->arena);
    free(append);
}

int64_t iceberg_append_snapshot_id(const struct iceberg_append *append)
{
    return append->snapshot_id;
}

void iceberg_append_add_file(struct iceberg_append *append, int32_t schema_id, int32_t spec_id,
                             const struct iceberg_data_file *file)
{
    CHECK(!append->manifests_are_written && file->content == ICEBERG_DATA);
    if (append->num_files == append->file_capacity) {
        append->file_capacity = append->file_capacity == 0 ? 16 : append->file_capacity * 2;
        append->files = mem_realloc(append->files, append->file_capacity * sizeof *append->files);
    }
    append->files[append->num_files++] =
        (struct append_file){schema_id, spec_id, iceberg_data_file_copy(file, append->arena)};
}

static void set(struct append_properties *properties, const char *key, const char *value)
{
    char *copy = value != NULL ? mem_strdup(value) : NULL;
    for (uint32_t i = 0; i < properties->count; i++)
        if (strcmp(properties->items[i].key, key) == 0) {
            free(properties->items[i].value);
            properties->items[i].value = copy;
            return;
        }
    properties->items = mem_realloc(properties->items, (properties->count + 1) * sizeof *properties->items);
    properties->items[properties->count++] = (struct append_property){mem_strdup(key), copy};
}

void iceberg_append_set_summary(struct iceberg_append *append, const char *key, const char *value)
{
    CHECK(value != NULL);
    set(&append->summary, key, value);
}

void iceberg_append_set_property(struct iceberg_append *append, const char *key, const char *value)
{
    set(&append->properties, key, value);
}

void manifest_list_add(struct manifest_list *list, struct arena *arena,
                       const struct iceberg_manifest_file *manifest)
{
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        list->items =
            arena_grow(arena, list->items, list->count * sizeof *list->items, capacity * sizeof *list->items);
        list->capacity = capacity;
    }
    list->items[list->count++] = *manifest;
}

void append_note_file(struct iceberg_append *append, char *path)
{
    append->attempt_files =
        mem_realloc(append->attempt_files, (append->num_attempt_files + 1) * sizeof *append->attempt_files);
    append->attempt_files[append->num_attempt_files++] = path;
}

enum status append_write_manifest(struct iceberg_append *append, const struct iceberg_table_metadata *base,
                                  struct iceberg_manifest_writer *writer, struct arena *arena,
                                  struct iceberg_manifest_file *ret_manifest, struct error *error)
{
    struct buffer bytes = {0};
    struct iceberg_manifest_file manifest;
    enum status status = iceberg_manifest_writer_finish(writer, &bytes, arena, &manifest, error);
    if (status == STATUS_OK) {
        char *folder = iceberg_table_metadata_location(base);
        manifest.path = arena_printf(arena, "%s/%s-m%u.avro", folder, append->uuid, append->num_written++);
        free(folder);
        status = file_io_write(append->io, manifest.path, bytes.data, bytes.size, error);
    }
    buffer_free(&bytes);
    if (status == STATUS_OK)
        *ret_manifest = manifest;
    return status;
}

/* All files of one schema and spec, from the first of them on. */
static enum status write_group(struct iceberg_append *append, const struct iceberg_table_metadata *base,
                               uint32_t first, bool *is_done, struct error *error)
{
    const struct append_file *head = &append->files[first];
    const struct iceberg_schema *schema = iceberg_table_schema_by_id(base, head->schema_id);
    const struct iceberg_partition_spec *spec = iceberg_table_spec_by_id(base, head->spec_id);
    if (schema == NULL || spec == NULL)
        return error_set(
            error, STATUS_INVALID_ARGUMENT,
            "files were written with schema %d and partition spec %d, which the table %s does not have",
            head->schema_id, head->spec_id, base->location);
    struct iceberg_manifest_writer *writer;
    enum status status = iceberg_manifest_writer_create(schema, spec, append->snapshot_id, &writer, error);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = first; status == STATUS_OK && i < append->num_files; i++) {
        const struct append_file *file = &append->files[i];
        if (file->schema_id != head->schema_id || file->spec_id != head->spec_id)
            continue;
        is_done[i] = true;
        struct iceberg_manifest_entry entry = {.status = ICEBERG_ENTRY_ADDED,
                                               .snapshot_id = append->snapshot_id,
                                               .sequence_number = ICEBERG_INHERIT,
                                               .file_sequence_number = ICEBERG_INHERIT,
                                               .file = file->file};
        status = iceberg_manifest_writer_add(writer, &entry, error);
    }
    struct iceberg_manifest_file manifest;
    if (status == STATUS_OK)
        status = append_write_manifest(append, base, writer, append->arena, &manifest, error);
    if (status == STATUS_OK)
        manifest_list_add(&append->manifests, append->arena, &manifest);
    iceberg_manifest_writer_free(writer);
    return status;
}

enum status iceberg_append_write_manifests(struct iceberg_append *append,
                                           const struct iceberg_table_metadata *base, struct error *error)
{
    if (append->manifests_are_written)
        return STATUS_OK;
    enum status status = STATUS_OK;
    append->manifests.count = 0; /* a call that failed half way begins anew */
    bool *is_done = mem_calloc((size_t)append->num_files + 1, sizeof *is_done);
    for (uint32_t i = 0; status == STATUS_OK && i < append->num_files; i++)
        if (!is_done[i])
            status = write_group(append, base, i, is_done, error);
    free(is_done);
    append->manifests_are_written = status == STATUS_OK;
    return status;
}

static enum status read_parent_manifests(struct iceberg_append *append, const struct iceberg_snapshot *parent,
                                         struct manifest_list *list, struct arena *arena, struct error *error)
{
    if (parent == NULL)
        return STATUS_OK;
    struct buffer bytes = {0};
    struct iceberg_manifest_file *manifests = NULL;
    uint32_t count = 0;
    enum status status = file_io_read(append->io, parent->manifest_list, &bytes, error);
    if (status == STATUS_OK)
        status = iceberg_manifest_list_read(buffer_view(&bytes), arena, &manifests, &count, error);
    buffer_free(&bytes);
    for (uint32_t i = 0; status == STATUS_OK && i < count; i++) /* those with no live file are left behind */
        if (manifests[i].added_files_count != 0 || manifests[i].existing_files_count != 0)
            manifest_list_add(list, arena, &manifests[i]);
    return status;
}

static enum status write_list(struct iceberg_append *append, const struct iceberg_table_metadata *base,
                              const struct manifest_list *list, struct iceberg_snapshot *snapshot,
                              struct arena *arena, struct error *error)
{
    struct buffer bytes = {0};
    char *folder = iceberg_table_metadata_location(base);
    snapshot->manifest_list = arena_printf(arena, "%s/snap-%lld-%u-%s.avro", folder,
                                           (long long)snapshot->snapshot_id, append->attempts, append->uuid);
    enum status status =
        iceberg_manifest_list_write(list->items, list->count, snapshot->snapshot_id, snapshot->parent_id,
                                    snapshot->sequence_number, &bytes, error);
    if (status == STATUS_OK) {
        append_note_file(append, mem_strdup(snapshot->manifest_list));
        status = file_io_write(append->io, snapshot->manifest_list, bytes.data, bytes.size, error);
    }
    if (status == STATUS_OK)
        status = file_io_sync_directory(append->io, folder, error);
    free(folder);
    buffer_free(&bytes);
    return status;
}

static enum status build_metadata(const struct iceberg_append *append,
                                  const struct iceberg_table_metadata *base,
                                  const struct iceberg_snapshot *snapshot,
                                  struct iceberg_table_metadata **ret_updated, struct error *error)
{
    struct iceberg_metadata_update *update = iceberg_metadata_update_create(base);
    iceberg_metadata_update_add_snapshot(update, snapshot);
    for (uint32_t i = 0; i < append->properties.count; i++) {
        const struct append_property *property = &append->properties.items[i];
        if (property->value != NULL)
            iceberg_metadata_update_set_property(update, property->key, property->value);
        else
            iceberg_metadata_update_remove_property(update, property->key);
    }
    enum status status = iceberg_metadata_update_build(update, snapshot->timestamp_ms, ret_updated, error);
    iceberg_metadata_update_free(update);
    return status;
}

static enum status apply(struct iceberg_append *append, const struct iceberg_table_metadata *base,
                         struct arena *arena, struct iceberg_table_metadata **ret_updated,
                         struct error *error)
{
    const struct iceberg_snapshot *parent = iceberg_table_head(base);
    if (parent != NULL && parent->manifest_list == NULL)
        return error_set(error, STATUS_UNSUPPORTED, "snapshot %lld of %s has no manifest list",
                         (long long)parent->snapshot_id, base->location);
    enum status status = iceberg_append_write_manifests(append, base, error);
    if (status != STATUS_OK)
        return status;
    struct manifest_list list = {0};
    for (uint32_t i = 0; i < append->manifests.count; i++)
        manifest_list_add(&list, arena, &append->manifests.items[i]);
    status = read_parent_manifests(append, parent, &list, arena, error);
    if (status == STATUS_OK && append->num_files > 0)
        status = append_merge_manifests(append, base, append->manifests.count, &list, arena, error);
    if (status != STATUS_OK)
        return status;

    int64_t now_ms = clock_wall_ms(&append->clock);
    struct iceberg_snapshot snapshot = {
        .snapshot_id = append->snapshot_id,
        .parent_id = parent != NULL ? parent->snapshot_id : ICEBERG_NO_SNAPSHOT,
        .sequence_number = base->last_sequence_number + 1,
        .timestamp_ms = now_ms > base->last_updated_ms ? now_ms : base->last_updated_ms,
        .schema_id = base->current_schema_id,
    };
    status = write_list(append, base, &list, &snapshot, arena, error);
    if (status != STATUS_OK)
        return status;
    append_summarize(append, parent, arena, &snapshot);
    return build_metadata(append, base, &snapshot, ret_updated, error);
}

enum status iceberg_append_apply(struct iceberg_append *append, const struct iceberg_table_metadata *base,
                                 struct iceberg_table_metadata **ret_updated, struct error *error)
{
    if (base->format_version != 2)
        return error_set(error, STATUS_UNSUPPORTED,
                         "table %s has format version %d: upgrade it to 2 to append to it", base->location,
                         base->format_version);
    CHECK(iceberg_table_snapshot(base, append->snapshot_id) == NULL);
    forget_attempt(append);
    append->attempts++;
    struct arena *arena = arena_create(ARENA_BYTES);
    enum status status = apply(append, base, arena, ret_updated, error);
    arena_free(arena);
    return status;
}

void iceberg_append_discard_attempt(struct iceberg_append *append)
{
    struct error ignored; /* what stays behind is an orphan, no harm */
    for (uint32_t i = 0; i < append->num_attempt_files; i++)
        if (file_io_delete(append->io, append->attempt_files[i], &ignored) != STATUS_OK)
            break;
    forget_attempt(append);
}
