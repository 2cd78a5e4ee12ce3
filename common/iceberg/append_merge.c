#include "common/iceberg/append_internal.h"

#include "common/base/memory.h"

/* Iceberg's defaults for commit.manifest.* */
enum { MIN_COUNT_TO_MERGE = 100, TARGET_BYTES = 8 * 1024 * 1024 };

static enum status merge_one(struct iceberg_append *append, const struct iceberg_table_metadata *base,
                             const struct iceberg_manifest_file *manifest,
                             const struct iceberg_partition_spec *spec,
                             struct iceberg_manifest_writer *writer, struct error *error)
{
    enum { ARENA_BYTES = 64 * 1024 };
    struct arena *arena = arena_create(ARENA_BYTES);
    struct buffer bytes = {0};
    struct iceberg_manifest_entry *entries = NULL;
    uint32_t count = 0;
    enum status status = file_io_read(append->io, manifest->path, &bytes, error);
    if (status == STATUS_OK)
        status = iceberg_manifest_read(buffer_view(&bytes), manifest, iceberg_table_schema(base), spec, arena,
                                       &entries, &count, error);
    for (uint32_t i = 0; status == STATUS_OK && i < count; i++) {
        if (entries[i].status == ICEBERG_ENTRY_DELETED)
            continue;
        /* What this snapshot adds stays added, and gets its sequence number from the list. */
        if (entries[i].snapshot_id != append->snapshot_id)
            entries[i].status = ICEBERG_ENTRY_EXISTING;
        status = iceberg_manifest_writer_add(writer, &entries[i], error);
    }
    buffer_free(&bytes);
    arena_free(arena);
    return status;
}

static enum status merge_bin(struct iceberg_append *append, const struct iceberg_table_metadata *base,
                             const struct iceberg_manifest_file *const *bin, uint32_t count,
                             struct arena *arena, struct iceberg_manifest_file *ret_manifest,
                             struct error *error)
{
    const struct iceberg_partition_spec *spec = iceberg_table_spec_by_id(base, bin[0]->spec_id);
    if (spec == NULL)
        return error_set(error, STATUS_CORRUPT, "manifest %s has partition spec %d, which the table does not",
                         bin[0]->path, bin[0]->spec_id);
    struct iceberg_manifest_writer *writer;
    enum status status =
        iceberg_manifest_writer_create(iceberg_table_schema(base), spec, append->snapshot_id, &writer, error);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; status == STATUS_OK && i < count; i++)
        status = merge_one(append, base, bin[i], spec, writer, error);
    struct iceberg_manifest_file merged;
    if (status == STATUS_OK)
        status = append_write_manifest(append, base, writer, arena, &merged, error);
    iceberg_manifest_writer_free(writer);
    if (status != STATUS_OK)
        return status;
    append_note_file(append, mem_strdup(merged.path));
    *ret_manifest = merged;
    return STATUS_OK;
}

/* Merges the bin into the list, or copies it unmerged. */
static enum status close_bin(struct iceberg_append *append, const struct iceberg_table_metadata *base,
                             const struct iceberg_manifest_file *const *bin, uint32_t count, bool has_new,
                             struct manifest_list *list, struct arena *arena, struct error *error)
{
    int64_t min_count =
        iceberg_table_property_long(base, "commit.manifest.min-count-to-merge", MIN_COUNT_TO_MERGE);
    /* Only the newest bin waits until it is worth the work; older ones were full before. */
    if (count <= 1 || (has_new && count < min_count)) {
        for (uint32_t i = 0; i < count; i++)
            manifest_list_add(list, arena, bin[i]);
        return STATUS_OK;
    }
    struct iceberg_manifest_file merged;
    enum status status = merge_bin(append, base, bin, count, arena, &merged, error);
    if (status == STATUS_OK)
        manifest_list_add(list, arena, &merged);
    return status;
}

/*
 * Packs the data manifests of one spec into bins of the target size, beginning with the oldest (the last), so
 * that only the newest bin is short. The result is built in reverse.
 */
static enum status merge_spec(struct iceberg_append *append, const struct iceberg_table_metadata *base,
                              const struct manifest_list *all, uint32_t num_new, int32_t spec_id,
                              struct manifest_list *list, struct arena *arena, struct error *error)
{
    int64_t target = iceberg_table_property_long(base, "commit.manifest.target-size-bytes", TARGET_BYTES);
    const struct iceberg_manifest_file **bin = arena_calloc(arena, all->count, sizeof *bin);
    uint32_t count = 0;
    int64_t bytes = 0;
    bool has_new = false;
    for (uint32_t i = all->count; i-- > 0;) {
        const struct iceberg_manifest_file *manifest = &all->items[i];
        if (manifest->content != 0 || manifest->spec_id != spec_id)
            continue;
        if (count > 0 && bytes + manifest->length_bytes > target) {
            enum status status = close_bin(append, base, bin, count, has_new, list, arena, error);
            if (status != STATUS_OK)
                return status;
            count = 0;
            bytes = 0;
            has_new = false;
        }
        bin[count++] = manifest;
        bytes += manifest->length_bytes;
        has_new = has_new || i < num_new;
    }
    return count > 0 ? close_bin(append, base, bin, count, has_new, list, arena, error) : STATUS_OK;
}

enum status append_merge_manifests(struct iceberg_append *append, const struct iceberg_table_metadata *base,
                                   uint32_t num_new, struct manifest_list *list, struct arena *arena,
                                   struct error *error)
{
    if (!iceberg_table_property_boolean(base, "commit.manifest-merge.enabled", true))
        return STATUS_OK;
    struct manifest_list result = {0};
    for (uint32_t i = list->count; i-- > 0;) /* delete manifests stay as they are */
        if (list->items[i].content != 0)
            manifest_list_add(&result, arena, &list->items[i]);
    for (uint32_t i = list->count; i-- > 0;) {
        bool is_seen = list->items[i].content != 0;
        for (uint32_t j = i + 1; !is_seen && j < list->count; j++)
            is_seen = list->items[j].content == 0 && list->items[j].spec_id == list->items[i].spec_id;
        if (is_seen)
            continue;
        enum status status =
            merge_spec(append, base, list, num_new, list->items[i].spec_id, &result, arena, error);
        if (status != STATUS_OK)
            return status;
    }
    for (uint32_t i = 0; i < result.count / 2; i++) { /* the newest first again */
        struct iceberg_manifest_file swapped = result.items[i];
        result.items[i] = result.items[result.count - 1 - i];
        result.items[result.count - 1 - i] = swapped;
    }
    *list = result;
    return STATUS_OK;
}
