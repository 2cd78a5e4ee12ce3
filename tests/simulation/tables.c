/* The two tables: shipped catalog and committer over files in memory. A data file's name says which offsets
 * of which split it holds. */
#include "tests/simulation/simulation.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/iceberg/manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAREHOUSE       "memory:///warehouse"
#define FOREIGN_JOB     "000000000000000000000000000000bb"
#define FOREIGN_LINEAGE "22222222-2222-4222-8222-222222222222"

static const char *const table_names[NUM_TABLES] = {"a", "b"};

static bool no_wait(void *context, int64_t wait_ms)
{
    (void)context;
    (void)wait_ms;
    return true;
}

static struct table_committer *open_committer(struct world *world, uint32_t table, struct file_io *io,
                                              const char *job_id, const char *lineage, uint64_t epoch)
{
    struct table_committer_options options = {
        .catalog_type = "hadoop",
        .warehouse = WAREHOUSE,
        .database = "db",
        .table = table_names[table],
        .table_uuid = world->table_uuids[table],
        .lineage = lineage,
        .branch = "main",
        .job_id = job_id,
        .epoch = epoch,
        .io = io,
        .random = &world->random,
        .wait_ms = no_wait,
    };
    struct table_committer *committer;
    struct error error;
    CHECK(table_committer_open(&world->process, &options, &committer, &error) == STATUS_OK);
    return committer;
}

struct table_committer *tables_open_committer(struct world *world, uint32_t table, struct file_io *io,
                                              uint32_t generation, uint64_t epoch)
{
    return open_committer(world, table, io, world->generations[generation].job_id, SIMULATED_LINEAGE, epoch);
}

static struct iceberg_catalog *open_catalog(struct world *world)
{
    struct iceberg_catalog_options options = {
        .type = "hadoop", .warehouse = WAREHOUSE, .io = world->io, .random = &world->random};
    struct iceberg_catalog *catalog;
    struct error error;
    CHECK(iceberg_catalog_open(&world->process, &options, &catalog, &error) == STATUS_OK);
    return catalog;
}

void tables_create(struct world *world)
{
    struct iceberg_catalog *catalog = open_catalog(world);
    struct schema *columns = schema_create(1);
    schema_set_field(columns, 0, "id", data_type_of(TYPE_BIGINT));
    for (uint32_t t = 0; t < NUM_TABLES; t++) {
        struct iceberg_ensure_request request = {
            .database = "db", .table = table_names[t], .columns = columns};
        struct iceberg_ensured_table table;
        struct error error;
        CHECK(iceberg_table_ensure(catalog, &request, &table, &error) == STATUS_OK);
        memcpy(world->table_uuids[t], table.table->metadata->table_uuid, UUID_TEXT_BYTES);
        iceberg_ensured_table_clear(&table);
        world->foreign[t] = open_committer(world, t, world->io, FOREIGN_JOB, FOREIGN_LINEAGE, 1);
        CHECK(table_committer_claim(world->foreign[t], NULL, &error) == STATUS_OK);
    }
    schema_unref(columns);
    iceberg_catalog_free(catalog);
}

void tables_free(struct world *world)
{
    for (uint32_t t = 0; t < NUM_TABLES; t++)
        table_committer_free(world->foreign[t]);
}

int64_t tables_first_offset(const struct world *world, uint32_t table)
{
    return table == 0 ? 0 : world->rows_per_split / 2;
}

static void encode(struct world *world, uint32_t table, const struct iceberg_data_file *files, uint32_t count,
                   struct buffer *bytes)
{
    struct iceberg_committable committable = {.num_files = count, .files = files};
    memcpy(committable.table_uuid, world->table_uuids[table], UUID_TEXT_BYTES);
    iceberg_committable_encode(&committable, bytes);
}

static struct iceberg_data_file data_file(const char *path, int64_t num_records)
{
    struct iceberg_data_file file = iceberg_data_file_empty();
    file.path = path;
    file.record_count = num_records;
    file.file_size_bytes = 100;
    return file;
}

/* What a subtask wrote into a table for a checkpoint: one file for each split that it had rows of. */
static uint32_t data_files(const struct world *world, uint32_t table, const struct world_event *event,
                           struct arena *arena, struct iceberg_data_file files[NUM_SPLITS])
{
    uint32_t count = 0;
    for (uint32_t split = 0; split < NUM_SPLITS && world->has_tables; split++) {
        int64_t from = event->previous[split], to = event->offsets[split];
        if (from < tables_first_offset(world, table))
            from = tables_first_offset(world, table);
        if (from >= to)
            continue;
        const char *path = arena_printf(
            arena,
            WAREHOUSE "/db/%s/data/rows-%u-%" PRId64 "-%" PRId64 "-%u-%" PRIu64 "-%u-%u-%" PRIu64 ".parquet",
            table_names[table], split, from, to, event->task.generation, event->task.epoch,
            event->task.attempt, event->task.subtask, event->checkpoint_id);
        files[count++] = data_file(path, to - from);
    }
    return count;
}

void tables_write_files(struct world *world, const struct world_event *event)
{
    struct arena *arena = arena_create(1024);
    for (uint32_t t = 0; t < NUM_TABLES; t++) {
        struct iceberg_data_file files[NUM_SPLITS];
        uint32_t count = data_files(world, t, event, arena, files);
        struct error error;
        for (uint32_t i = 0; i < count; i++)
            CHECK(file_io_write(world->io, files[i].path, "rows", 4, &error) == STATUS_OK);
    }
    arena_free(arena);
}

void tables_encode_committable(struct world *world, uint32_t table, const struct world_event *event,
                               struct buffer *bytes)
{
    struct arena *arena = arena_create(1024);
    struct iceberg_data_file files[NUM_SPLITS];
    uint32_t count = data_files(world, table, event, arena, files);
    if (count > 0)
        encode(world, table, files, count, bytes);
    arena_free(arena);
}

void tables_foreign_commit(struct world *world)
{
    uint32_t table = (uint32_t)random_below(&world->random, NUM_TABLES);
    char path[TEXT_BYTES * 2];
    snprintf(path, sizeof path, WAREHOUSE "/db/%s/data/foreign-%" PRId64 ".parquet", table_names[table],
             ++world->foreign_commits);
    struct buffer bytes = {0};
    struct iceberg_data_file file = data_file(path, 1);
    encode(world, table, &file, 1, &bytes);
    struct bytes_view view = buffer_view(&bytes);
    struct table_commit_result result;
    struct error error;
    if (table_committer_commit(world->foreign[table], world->foreign_commits, &view, 1, &result, &error) !=
        STATUS_OK)
        world_violate(world, "a foreign writer could not commit: %s", error.message);
    buffer_free(&bytes);
}

/* counts[split * rows + offset]: how often a row is in the table. */
static void count_rows(struct world *world, uint32_t table, const char *path, uint8_t *counts)
{
    unsigned split;
    int64_t from, to;
    const char *name = file_path_name(path);
    if (strncmp(name, "foreign-", 8) == 0)
        return;
    if (sscanf(name, "rows-%u-%" SCNd64 "-%" SCNd64, &split, &from, &to) != 3 || split >= NUM_SPLITS ||
        to > world->rows_per_split) {
        world_violate(world, "table %s holds the unknown file %s", table_names[table], name);
        return;
    }
    struct error error;
    bool exists = false;
    CHECK(file_io_exists(world->io, path, &exists, &error) == STATUS_OK);
    if (!exists)
        world_violate(world, "table %s holds the file %s, which was removed", table_names[table], name);
    for (int64_t offset = from; offset < to; offset++)
        counts[split * world->rows_per_split + offset]++;
}

static void read_table(struct world *world, uint32_t t, struct iceberg_table *table, uint8_t *counts)
{
    const struct iceberg_table_metadata *metadata = table->metadata;
    const struct iceberg_snapshot *head = iceberg_table_head(metadata);
    struct arena *arena = arena_create(16384);
    struct buffer bytes = {0};
    struct iceberg_manifest_file *manifests;
    uint32_t num_manifests;
    struct error error;
    CHECK(file_io_read(world->io, head->manifest_list, &bytes, &error) == STATUS_OK);
    CHECK(iceberg_manifest_list_read(buffer_view(&bytes), arena, &manifests, &num_manifests, &error) ==
          STATUS_OK);
    for (uint32_t m = 0; m < num_manifests; m++) {
        struct iceberg_manifest_entry *entries;
        uint32_t count;
        buffer_clear(&bytes);
        CHECK(file_io_read(world->io, manifests[m].path, &bytes, &error) == STATUS_OK);
        CHECK(iceberg_manifest_read(buffer_view(&bytes), &manifests[m], iceberg_table_schema(metadata),
                                    iceberg_table_spec(metadata), arena, &entries, &count,
                                    &error) == STATUS_OK);
        for (uint32_t i = 0; i < count; i++)
            if (entries[i].status != ICEBERG_ENTRY_DELETED)
                count_rows(world, t, entries[i].file.path, counts);
    }
    buffer_free(&bytes);
    arena_free(arena);
}

void tables_check(struct world *world)
{
    if (!world->has_tables)
        return;
    struct iceberg_catalog *catalog = open_catalog(world);
    size_t num_rows = NUM_SPLITS * (size_t)world->rows_per_split;
    for (uint32_t t = 0; t < NUM_TABLES; t++) {
        struct iceberg_table *table;
        struct error error;
        CHECK(iceberg_catalog_load_table(catalog, "db", table_names[t], &table, &error) == STATUS_OK);
        uint8_t *counts = mem_calloc(num_rows, 1);
        read_table(world, t, table, counts);
        for (size_t i = 0; i < num_rows; i++) {
            int64_t offset = (int64_t)i % world->rows_per_split;
            uint8_t expected = offset >= tables_first_offset(world, t);
            if (counts[i] != expected)
                world_violate(world, "table %s holds offset %" PRId64 " of split %zu %u times",
                              table_names[t], offset, i / (size_t)world->rows_per_split, counts[i]);
        }
        free(counts);
        iceberg_table_free(table);
    }
    iceberg_catalog_free(catalog);
}
