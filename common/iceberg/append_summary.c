#include "common/iceberg/append_internal.h"

#include "common/base/hash.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { NUM_TOTALS = 6, NUM_ADDED = 5 };

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Distinct partitions that get files: by hash, it is a figure for people. */
static uint32_t count_partitions(const struct iceberg_append *append)
{
    uint64_t *hashes = mem_calloc((size_t)append->num_files + 1, sizeof *hashes);
    for (uint32_t i = 0; i < append->num_files; i++) {
        const struct iceberg_data_file *file = &append->files[i].file;
        uint64_t hash = hash_u64((uint64_t)append->files[i].spec_id);
        for (uint32_t j = 0; j < file->num_partition_values; j++) {
            struct bytes_view value = file->partition_values[j];
            hash = hash_u64(hash ^ (value.data == NULL ? 1 : hash_bytes(value.data, value.size)));
        }
        hashes[i] = hash;
    }
    qsort(hashes, append->num_files, sizeof *hashes, compare_hashes);
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < append->num_files; i++)
        distinct += i == 0 || hashes[i] != hashes[i - 1];
    free(hashes);
    return distinct;
}

/* A total goes on from the parent's; one that the parent lacks stays unknown. */
static void add_total(const struct iceberg_snapshot *parent, const char *key, int64_t added,
                      struct arena *arena, struct iceberg_snapshot *snapshot)
{
    int64_t total = added;
    if (parent != NULL) {
        const char *text = iceberg_snapshot_summary(parent, key);
        char *end;
        if (text == NULL || *text == '\0')
            return;
        total += strtoll(text, &end, 10);
        if (*end != '\0')
            return;
    }
    snapshot->summary[snapshot->num_summary++] =
        (struct iceberg_property){key, arena_printf(arena, "%lld", (long long)total)};
}

void append_summarize(const struct iceberg_append *append, const struct iceberg_snapshot *parent,
                      struct arena *arena, struct iceberg_snapshot *snapshot)
{
    int64_t records = 0;
    int64_t bytes = 0;
    for (uint32_t i = 0; i < append->num_files; i++) {
        records += append->files[i].file.record_count;
        bytes += append->files[i].file.file_size_bytes;
    }
    snapshot->summary =
        arena_calloc(arena, append->summary.count + NUM_TOTALS + NUM_ADDED + 1, sizeof *snapshot->summary);
    snapshot->summary[snapshot->num_summary++] = (struct iceberg_property){"operation", "append"};
    for (uint32_t i = 0; i < append->summary.count; i++)
        snapshot->summary[snapshot->num_summary++] =
            (struct iceberg_property){append->summary.items[i].key, append->summary.items[i].value};
    const struct {
        const char *key;
        int64_t value;
    } added[] = {
        {"added-data-files", append->num_files},
        {"added-records", records},
        {"added-files-size", bytes},
    };
    for (size_t i = 0; append->num_files > 0 && i < sizeof added / sizeof added[0]; i++)
        snapshot->summary[snapshot->num_summary++] =
            (struct iceberg_property){added[i].key, arena_printf(arena, "%lld", (long long)added[i].value)};
    snapshot->summary[snapshot->num_summary++] = (struct iceberg_property){
        "changed-partition-count", arena_printf(arena, "%u", count_partitions(append))};
    add_total(parent, "total-records", records, arena, snapshot);
    add_total(parent, "total-files-size", bytes, arena, snapshot);
    add_total(parent, "total-data-files", append->num_files, arena, snapshot);
    add_total(parent, "total-delete-files", 0, arena, snapshot);
    add_total(parent, "total-position-deletes", 0, arena, snapshot);
    add_total(parent, "total-equality-deletes", 0, arena, snapshot);
}
