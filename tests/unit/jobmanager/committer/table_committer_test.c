#include "jobmanager/committer/table_committer.h"

#include "common/filesystem/memory_file_io.h"
#include "common/iceberg/catalogs/table_ensure.h"
#include "common/iceberg/manifest.h"
#include "common/iceberg/value.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#define JOB           "0000000000000000000000000000000a"
#define OTHER_JOB     "0000000000000000000000000000000b"
#define LINEAGE       "11111111-1111-4111-8111-111111111111"
#define OTHER_LINEAGE "22222222-2222-4222-8222-222222222222"

/* A table, and how many processes as a test likes that commit to it. */
struct fixture {
    struct file_io *io;
    char warehouse[128];
    struct process_context process;
    struct iceberg_catalog *catalog;
    struct iceberg_ensured_table table;
    char uuid[UUID_TEXT_BYTES];
};

static void ensure_table(struct fixture *fixture, const struct iceberg_property *properties, uint32_t count)
{
    struct error error;
    struct schema *columns = schema_create(2);
    schema_set_field(columns, 0, "id", data_type_of(TYPE_BIGINT));
    schema_set_field(columns, 1, "kind", data_type_of(TYPE_STRING));
    const struct iceberg_partition_request partitions[] = {{"kind", {ICEBERG_TRANSFORM_IDENTITY, 0}}};
    struct iceberg_ensure_request request = {.database = "db",
                                             .table = "t",
                                             .columns = columns,
                                             .num_partitions = 1,
                                             .partitions = partitions,
                                             .num_properties = count,
                                             .properties = properties};
    assert_int_equal(iceberg_table_ensure(fixture->catalog, &request, &fixture->table, &error), STATUS_OK);
    strcpy(fixture->uuid, fixture->table.table->metadata->table_uuid);
    schema_unref(columns);
}

static void open_fixture(struct fixture *fixture)
{
    struct error error;
    fixture->process.clock = clock_system();
    struct iceberg_catalog_options options = {
        .type = "hadoop", .warehouse = fixture->warehouse, .io = fixture->io};
    assert_int_equal(iceberg_catalog_open(&fixture->process, &options, &fixture->catalog, &error), STATUS_OK);
}

static int set_up_memory(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    snprintf(fixture->warehouse, sizeof fixture->warehouse, "memory:///warehouse");
    fixture->io = memory_file_io_create();
    open_fixture(fixture);
    ensure_table(fixture, NULL, 0);
    *state = fixture;
    return 0;
}

static int set_up_local(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    char path[] = "/tmp/table_committer_test_XXXXXX";
    assert_non_null(mkdtemp(path));
    snprintf(fixture->warehouse, sizeof fixture->warehouse, "file://%s", path);
    fixture->io = local_file_io_create();
    open_fixture(fixture);
    ensure_table(fixture, NULL, 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    iceberg_ensured_table_clear(&fixture->table);
    iceberg_catalog_free(fixture->catalog);
    assert_int_equal(file_io_delete_directory(fixture->io, fixture->warehouse, &error), STATUS_OK);
    file_io_free(fixture->io);
    free(fixture);
    return 0;
}

static bool no_wait(void *context, int64_t wait_ms)
{
    (void)context;
    (void)wait_ms;
    return true;
}

static struct table_committer_options options_of(const struct fixture *fixture)
{
    return (struct table_committer_options){.catalog_type = "hadoop",
                                            .warehouse = fixture->warehouse,
                                            .database = "db",
                                            .table = "t",
                                            .table_uuid = fixture->uuid,
                                            .lineage = LINEAGE,
                                            .branch = "main",
                                            .job_id = JOB,
                                            .epoch = 1,
                                            .io = fixture->io,
                                            .wait_ms = no_wait};
}

static struct table_committer *open_committer(const struct fixture *fixture,
                                              const struct table_committer_options *options)
{
    struct error error;
    struct table_committer *committer;
    assert_int_equal(table_committer_open(&fixture->process, options, &committer, &error), STATUS_OK);
    return committer;
}

static struct table_committer *open_and_claim(const struct fixture *fixture, uint64_t epoch)
{
    struct error error;
    struct table_committer_options options = options_of(fixture);
    options.epoch = epoch;
    struct table_committer *committer = open_committer(fixture, &options);
    assert_int_equal(table_committer_claim(committer, NULL, &error), STATUS_OK);
    return committer;
}

/* One file with `records` rows, named after who committed it and when. */
static enum status commit(const struct fixture *fixture, struct table_committer *committer, const char *who,
                          int64_t checkpoint_id, struct table_commit_result *result, struct error *error)
{
    struct arena *arena = arena_create(4096);
    struct buffer bytes = {0};
    struct iceberg_data_file file = iceberg_data_file_empty();
    struct bytes_view partition = iceberg_value_from_bytes(who, strlen(who), arena);
    file.path = arena_printf(arena, "%s/db/t/data/%s-%lld.parquet", fixture->warehouse, who,
                             (long long)checkpoint_id);
    file.partition_values = &partition;
    file.num_partition_values = 1;
    file.record_count = 10;
    file.file_size_bytes = 1000;
    struct iceberg_committable committable = {.num_files = 1, .files = &file};
    strcpy(committable.table_uuid, fixture->uuid);
    iceberg_committable_encode(&committable, &bytes);
    struct bytes_view view = buffer_view(&bytes);
    enum status status = table_committer_commit(committer, checkpoint_id, &view, 1, result, error);
    buffer_free(&bytes);
    arena_free(arena);
    return status;
}

static void must_commit(const struct fixture *fixture, struct table_committer *committer, const char *who,
                        int64_t checkpoint_id)
{
    struct error error;
    struct table_commit_result result;
    enum status status = commit(fixture, committer, who, checkpoint_id, &result, &error);
    if (status != STATUS_OK)
        fail_msg("%s", error.message);
}

static struct iceberg_table *load(const struct fixture *fixture)
{
    struct error error;
    struct iceberg_table *table;
    assert_int_equal(iceberg_catalog_load_table(fixture->catalog, "db", "t", &table, &error), STATUS_OK);
    return table;
}

struct contents {
    uint32_t num_files;   /* live entries of the head */
    uint32_t num_commits; /* snapshots of the head's history that commit a checkpoint */
    uint32_t num_claims;
    uint32_t num_manifests;
    bool has_doubles; /* a path twice, or a checkpoint of one lineage twice */
};

static void read_manifest(const struct fixture *fixture, const struct iceberg_table *table,
                          const struct iceberg_manifest_file *manifest, struct arena *arena,
                          const char **paths, struct contents *contents)
{
    struct error error;
    struct buffer bytes = {0};
    struct iceberg_manifest_entry *entries;
    uint32_t count;
    assert_int_equal(file_io_read(fixture->io, manifest->path, &bytes, &error), STATUS_OK);
    assert_int_equal(manifest->length_bytes, bytes.size);
    assert_int_equal(
        iceberg_manifest_read(buffer_view(&bytes), manifest, iceberg_table_schema(table->metadata),
                              iceberg_table_spec(table->metadata), arena, &entries, &count, &error),
        STATUS_OK);
    assert_int_equal(manifest->added_files_count + manifest->existing_files_count, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct iceberg_snapshot *snapshot =
            iceberg_table_snapshot(table->metadata, entries[i].snapshot_id);
        assert_non_null(snapshot);
        assert_true(entries[i].sequence_number == snapshot->sequence_number);
        for (uint32_t j = 0; j < contents->num_files; j++)
            contents->has_doubles = contents->has_doubles || strcmp(paths[j], entries[i].file.path) == 0;
        paths[contents->num_files++] = entries[i].file.path;
    }
    buffer_free(&bytes);
}

static struct contents read_table(const struct fixture *fixture)
{
    struct error error;
    struct contents contents = {0};
    struct iceberg_table *table = load(fixture);
    struct arena *arena = arena_create(65536);
    const struct iceberg_snapshot *head = iceberg_table_head(table->metadata);
    const char **paths = arena_calloc(arena, 4096, sizeof *paths);
    for (const struct iceberg_snapshot *at = head; at != NULL;
         at = iceberg_table_parent(table->metadata, at)) {
        const char *checkpoint = iceberg_snapshot_summary(at, "frazil.checkpoint-id");
        const char *lineage = iceberg_snapshot_summary(at, "frazil.lineage");
        contents.num_claims += iceberg_snapshot_summary(at, "frazil.claim") != NULL;
        contents.num_commits += checkpoint != NULL;
        for (const struct iceberg_snapshot *under = iceberg_table_parent(table->metadata, at);
             checkpoint != NULL && under != NULL; under = iceberg_table_parent(table->metadata, under)) {
            const char *other = iceberg_snapshot_summary(under, "frazil.checkpoint-id");
            if (other != NULL && strcmp(other, checkpoint) == 0 &&
                strcmp(iceberg_snapshot_summary(under, "frazil.lineage"), lineage) == 0)
                contents.has_doubles = true;
        }
    }
    struct iceberg_manifest_file *manifests = NULL;
    struct buffer bytes = {0};
    assert_int_equal(file_io_read(fixture->io, head->manifest_list, &bytes, &error), STATUS_OK);
    assert_int_equal(
        iceberg_manifest_list_read(buffer_view(&bytes), arena, &manifests, &contents.num_manifests, &error),
        STATUS_OK);
    for (uint32_t i = 0; i < contents.num_manifests; i++)
        read_manifest(fixture, table, &manifests[i], arena, paths, &contents);
    const char *total = iceberg_snapshot_summary(head, "total-records");
    assert_int_equal(strtol(total, NULL, 10), 10 * contents.num_files);
    buffer_free(&bytes);
    arena_free(arena);
    iceberg_table_free(table);
    return contents;
}

static void checkpoints_become_snapshots_once(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct table_commit_result result;
    int64_t last;
    struct table_committer *committer = open_and_claim(fixture, 1);
    assert_int_equal(table_committer_claim(committer, NULL, &error), STATUS_OK); /* held already */
    assert_int_equal(table_committer_last_committed(committer, NO_CHECKPOINT, &last, &error), STATUS_OK);
    assert_int_equal(last, NO_CHECKPOINT);
    for (int64_t n = 1; n <= 3; n++) {
        assert_int_equal(commit(fixture, committer, "a", n, &result, &error), STATUS_OK);
        assert_false(result.was_already_committed);
        assert_int_equal(result.num_records, 10);
        assert_int_equal(result.attempts, 1);
    }
    int64_t snapshot_id = result.snapshot_id;
    assert_int_equal(commit(fixture, committer, "a", 3, &result, &error), STATUS_OK);
    assert_true(result.was_already_committed);
    assert_true(result.snapshot_id == snapshot_id);
    assert_int_equal(commit(fixture, committer, "a", 1, &result, &error), STATUS_OK);
    assert_true(result.was_already_committed);
    assert_int_equal(table_committer_commit(committer, 4, NULL, 0, &result, &error), STATUS_OK);
    assert_int_equal(result.snapshot_id, -1); /* no files, no snapshot */
    assert_int_equal(table_committer_last_committed(committer, 3, &last, &error), STATUS_OK);
    assert_int_equal(last, 3);
    table_committer_free(committer);

    struct contents contents = read_table(fixture);
    assert_int_equal(contents.num_files, 3);
    assert_int_equal(contents.num_commits, 3);
    assert_int_equal(contents.num_claims, 1);
    assert_false(contents.has_doubles);
}

static void a_table_ahead_of_the_checkpoint_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    int64_t last;
    struct table_committer *committer = open_and_claim(fixture, 1);
    must_commit(fixture, committer, "a", 1);
    must_commit(fixture, committer, "a", 2);
    assert_int_equal(table_committer_last_committed(committer, 1, &last, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "ahead"));
    assert_true(error.fatal);
    /* A checkpoint that was skipped comes too late. */
    must_commit(fixture, committer, "a", 9);
    struct table_commit_result result;
    assert_int_equal(commit(fixture, committer, "a", 5, &result, &error), STATUS_INTERNAL);
    table_committer_free(committer);
    assert_int_equal(read_table(fixture).num_files, 3);
}

static void a_later_claim_fences(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct table_commit_result result;
    int64_t last;
    struct table_committer *old = open_and_claim(fixture, 1);
    must_commit(fixture, old, "a", 1);
    struct table_committer *successor = open_and_claim(fixture, 2);
    assert_int_equal(commit(fixture, old, "a", 2, &result, &error), STATUS_FENCED);
    assert_true(error.fatal);
    assert_int_equal(commit(fixture, old, "a", 1, &result, &error), STATUS_OK); /* true all the same */
    assert_true(result.was_already_committed);
    assert_int_equal(table_committer_claim(old, NULL, &error), STATUS_FENCED);
    assert_int_equal(table_committer_last_committed(successor, 1, &last, &error), STATUS_OK);
    assert_int_equal(last, 1);
    must_commit(fixture, successor, "a", 2);
    table_committer_free(old);
    table_committer_free(successor);
    assert_int_equal(read_table(fixture).num_files, 2);
}

static void without_a_claim_nothing_is_committed(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct table_commit_result result;
    struct table_committer_options options = options_of(fixture);
    struct table_committer *committer = open_committer(fixture, &options);
    assert_int_equal(commit(fixture, committer, "a", 1, &result, &error), STATUS_FENCED);
    assert_non_null(strstr(error.message, "not claimed"));
    table_committer_free(committer);
}

static const struct lineage_predecessors restores_first = {.restored_job_id = JOB};

static void another_job_needs_the_lineage_or_a_new_one(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct table_commit_result result;
    struct table_committer *first = open_and_claim(fixture, 7);
    must_commit(fixture, first, "a", 1);
    struct table_committer_options options = options_of(fixture);
    options.job_id = OTHER_JOB;
    struct table_committer *second = open_committer(fixture, &options);
    assert_int_equal(table_committer_claim(second, NULL, &error), STATUS_CONFLICT);
    assert_true(error.fatal);
    assert_non_null(strstr(error.message, "execution.lineage"));
    /* It restores the first job's checkpoint: epochs of different jobs do not compare. */
    assert_int_equal(table_committer_claim(second, &restores_first, &error), STATUS_OK);
    assert_int_equal(commit(fixture, first, "a", 2, &result, &error), STATUS_FENCED);
    must_commit(fixture, second, "b", 2);
    /* A third that restores the same checkpoint of the first comes too late. */
    options.job_id = "0000000000000000000000000000000c";
    struct table_committer *third = open_committer(fixture, &options);
    assert_int_equal(table_committer_claim(third, &restores_first, &error), STATUS_CONFLICT);
    table_committer_free(third);
    options.lineage = OTHER_LINEAGE;
    third = open_committer(fixture, &options);
    assert_int_equal(table_committer_claim(third, NULL, &error), STATUS_OK);
    must_commit(fixture, third, "c", 1);
    must_commit(fixture, second, "b", 3);
    table_committer_free(first);
    table_committer_free(second);
    table_committer_free(third);
    struct contents contents = read_table(fixture);
    assert_int_equal(contents.num_files, 4);
    assert_false(contents.has_doubles);
}

static enum status left_nothing(void *context, const char *job_id, bool *ret_left_nothing,
                                struct error *error)
{
    (void)error;
    *ret_left_nothing = strcmp(job_id, context) == 0;
    return STATUS_OK;
}

/* A restore that was refused holds nothing, and whoever still runs it is fenced by the next one. */
static void a_job_that_left_nothing_is_followed(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct table_commit_result result;
    struct table_committer *first = open_and_claim(fixture, 7);
    must_commit(fixture, first, "a", 1);
    struct table_committer_options options = options_of(fixture);
    options.job_id = OTHER_JOB;
    struct table_committer *refused = open_committer(fixture, &options);
    assert_int_equal(table_committer_claim(refused, &restores_first, &error), STATUS_OK);
    options.job_id = "0000000000000000000000000000000c";
    struct table_committer *next = open_committer(fixture, &options);
    char another[] = "another", over[] = OTHER_JOB;
    struct lineage_predecessors predecessors = {JOB, left_nothing, another};
    assert_int_equal(table_committer_claim(next, &predecessors, &error), STATUS_CONFLICT);
    predecessors.context = over;
    assert_int_equal(table_committer_claim(next, &predecessors, &error), STATUS_OK);
    assert_int_equal(commit(fixture, refused, "b", 2, &result, &error), STATUS_FENCED);
    assert_int_equal(commit(fixture, first, "a", 2, &result, &error), STATUS_FENCED);
    must_commit(fixture, next, "c", 2);
    table_committer_free(first);
    table_committer_free(refused);
    table_committer_free(next);
}

static void a_table_made_again_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct table_commit_result result;
    char old_uuid[UUID_TEXT_BYTES];
    struct table_committer *committer = open_and_claim(fixture, 1);
    must_commit(fixture, committer, "a", 1);
    strcpy(old_uuid, fixture->uuid);
    assert_int_equal(iceberg_catalog_drop_table(fixture->catalog, "db", "t", true, &error), STATUS_OK);
    assert_int_equal(commit(fixture, committer, "a", 2, &result, &error), STATUS_NOT_FOUND);
    iceberg_ensured_table_clear(&fixture->table);
    ensure_table(fixture, NULL, 0);
    char new_uuid[UUID_TEXT_BYTES];
    strcpy(new_uuid, fixture->uuid);
    strcpy(fixture->uuid, old_uuid); /* the files are for the old table */
    assert_int_equal(commit(fixture, committer, "a", 2, &result, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "UUID"));
    assert_true(error.fatal);
    strcpy(fixture->uuid, new_uuid);
    table_committer_free(committer);
}

static void each_failpoint_and_a_new_start_give_one_snapshot(void **state)
{
    struct fixture *fixture = *state;
    static const char *const points[] = {
        "committer/before_commit",        "committer/before_manifest_write",
        "committer/after_manifest_write", "committer/before_metadata_write",
        "committer/after_metadata_write", "committer/after_commit",
    };
    uint32_t committed = 0;
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        struct error error;
        struct table_commit_result result;
        int64_t last;
        int64_t checkpoint_id = (int64_t)i + 1;
        struct table_committer *committer = open_and_claim(fixture, 2 * i + 1);
        char specification[64];
        snprintf(specification, sizeof specification, "%s=error@1", points[i]);
        assert_int_equal(failpoints_create(specification, &fixture->process.failpoints, &error), STATUS_OK);
        assert_int_equal(commit(fixture, committer, "a", checkpoint_id, &result, &error), STATUS_IO);
        assert_non_null(strstr(error.message, points[i]));
        failpoints_free(fixture->process.failpoints);
        fixture->process.failpoints = NULL;
        table_committer_free(committer);

        committer = open_and_claim(fixture, 2 * i + 2); /* the next leader */
        assert_int_equal(table_committer_last_committed(committer, checkpoint_id, &last, &error), STATUS_OK);
        assert_true(last == checkpoint_id || last == checkpoint_id - 1 || last == NO_CHECKPOINT);
        assert_int_equal(commit(fixture, committer, "a", checkpoint_id, &result, &error), STATUS_OK);
        assert_true(result.was_already_committed == (last == checkpoint_id));
        committed += result.was_already_committed;
        table_committer_free(committer);
    }
    assert_int_equal(committed, 2); /* the last two points are behind the swap */
    struct contents contents = read_table(fixture);
    assert_int_equal(contents.num_files, sizeof points / sizeof points[0]);
    assert_int_equal(contents.num_commits, sizeof points / sizeof points[0]);
    assert_false(contents.has_doubles);
}

/* Dies at one file operation: it and all after it have no effect, or it has and its answer is lost. */
struct crash {
    uint64_t at;
    uint64_t seen;
    bool has_effect;
};

static enum file_fault crash_hook(void *context, enum file_operation operation, const char *path)
{
    struct crash *crash = context;
    (void)operation;
    (void)path;
    uint64_t now = crash->seen++;
    if (now < crash->at)
        return FILE_FAULT_NONE;
    return now == crash->at && crash->has_effect ? FILE_FAULT_AFTER : FILE_FAULT_BEFORE;
}

static bool stop_waiting(void *context, int64_t wait_ms)
{
    (void)context;
    (void)wait_ms;
    return false;
}

static void a_crash_between_any_two_file_operations_loses_and_doubles_nothing(void **state)
{
    struct fixture *fixture = *state;
    uint64_t epoch = 1;
    int64_t checkpoint_id = 0;
    uint32_t num_committed_by_the_dead = 0;
    for (int has_effect = 0; has_effect < 2; has_effect++)
        for (uint64_t at = 0;; at++) {
            struct error error;
            struct table_commit_result result;
            struct crash crash = {.at = at, .has_effect = has_effect};
            struct file_io *io = memory_file_io_view(fixture->io);
            struct table_committer_options options = options_of(fixture);
            options.io = io;
            options.epoch = epoch++;
            options.wait_ms = stop_waiting;
            memory_file_io_set_hook(io, crash_hook, &crash);
            struct table_committer *committer = open_committer(fixture, &options);
            checkpoint_id++;
            enum status status = table_committer_claim(committer, NULL, &error);
            if (status == STATUS_OK)
                status = commit(fixture, committer, "a", checkpoint_id, &result, &error);
            table_committer_free(committer);
            file_io_free(io);

            committer = open_and_claim(fixture, epoch++);
            assert_int_equal(commit(fixture, committer, "a", checkpoint_id, &result, &error), STATUS_OK);
            assert_true(status != STATUS_OK || result.was_already_committed);
            num_committed_by_the_dead += status != STATUS_OK && result.was_already_committed;
            table_committer_free(committer);
            if (crash.seen <= at)
                break; /* it went through */
        }
    assert_true(num_committed_by_the_dead > 0);
    struct contents contents = read_table(fixture);
    assert_int_equal(contents.num_files, checkpoint_id);
    assert_int_equal(contents.num_commits, checkpoint_id);
    assert_false(contents.has_doubles);
}

/* Loses the answer of every n-th operation, or the operation. */
static enum file_fault flaky_hook(void *context, enum file_operation operation, const char *path)
{
    struct random *random = context;
    (void)operation;
    (void)path;
    uint64_t draw = random_below(random, 60);
    return draw == 0 ? FILE_FAULT_BEFORE : draw == 1 ? FILE_FAULT_AFTER : FILE_FAULT_NONE;
}

static void lost_answers_are_resolved_by_reading(void **state)
{
    struct fixture *fixture = *state;
    struct random random;
    struct error error;
    random_init(&random, 20);
    struct table_committer_options options = options_of(fixture);
    struct file_io *io = memory_file_io_view(fixture->io);
    options.io = io;
    struct table_committer *committer = open_committer(fixture, &options);
    assert_int_equal(table_committer_claim(committer, NULL, &error), STATUS_OK);
    memory_file_io_set_hook(io, flaky_hook, &random);
    enum { CHECKPOINTS = 60 };
    for (int64_t n = 1; n <= CHECKPOINTS; n++) {
        struct table_commit_result result;
        enum status status;
        do { /* as the committer's protocol does */
            status = commit(fixture, committer, "a", n, &result, &error);
            assert_true(status == STATUS_OK || error.retriable);
        } while (status != STATUS_OK);
    }
    table_committer_free(committer);
    file_io_free(io);
    struct contents contents = read_table(fixture);
    assert_int_equal(contents.num_files, CHECKPOINTS);
    assert_int_equal(contents.num_commits, CHECKPOINTS);
    assert_false(contents.has_doubles);
}

enum { WRITERS = 3, COMMITS_EACH = 25 };
struct writer {
    const struct fixture *fixture;
    int index;
};

static void *write_concurrently(void *context)
{
    const struct writer *writer = context;
    char lineage[64];
    char who[8];
    struct error error;
    struct table_committer_options options = options_of(writer->fixture);
    snprintf(lineage, sizeof lineage, "%d%s", writer->index, &LINEAGE[1]);
    snprintf(who, sizeof who, "w%d", writer->index);
    options.lineage = lineage;
    options.wait_ms = NULL;
    struct table_committer *committer = open_committer(writer->fixture, &options);
    if (table_committer_claim(committer, NULL, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    for (int64_t n = 1; n <= COMMITS_EACH; n++)
        must_commit(writer->fixture, committer, who, n);
    table_committer_free(committer);
    return NULL;
}

static void racing_writers_lose_nothing(void **state)
{
    struct fixture *fixture = *state;
    /* Few old versions are kept, so that slow writers meet deleted ones; the waits are short. */
    static const struct iceberg_property properties[] = {{"write.metadata.previous-versions-max", "2"},
                                                         {"commit.retry.min-wait-ms", "5"},
                                                         {"commit.retry.max-wait-ms", "20"},
                                                         {"commit.retry.num-retries", "1000"}};
    struct error error;
    assert_int_equal(iceberg_catalog_drop_table(fixture->catalog, "db", "t", true, &error), STATUS_OK);
    iceberg_ensured_table_clear(&fixture->table);
    ensure_table(fixture, properties, 4);
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){fixture, i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_concurrently, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    struct contents contents = read_table(fixture);
    assert_int_equal(contents.num_files, WRITERS * COMMITS_EACH);
    assert_int_equal(contents.num_commits, WRITERS * COMMITS_EACH);
    assert_int_equal(contents.num_claims, WRITERS);
    assert_false(contents.has_doubles);
    struct iceberg_table *table = load(fixture);
    assert_int_equal(table->version, 1 + WRITERS * (COMMITS_EACH + 1));
    assert_int_equal(table->metadata->num_metadata_log, 2);
    iceberg_table_free(table);
}

static void manifests_are_merged(void **state)
{
    struct fixture *fixture = *state;
    enum { COMMITS = 300 };
    struct table_committer *committer = open_and_claim(fixture, 1);
    for (int64_t n = 1; n <= COMMITS; n++)
        must_commit(fixture, committer, "a", n);
    table_committer_free(committer);
    struct contents contents = read_table(fixture);
    assert_int_equal(contents.num_files, COMMITS);
    assert_true(contents.num_manifests < 100);
    assert_false(contents.has_doubles);
}

static bool count_name(void *context, const char *name, bool is_directory)
{
    (void)is_directory;
    if (strstr(name, ".metadata.json") != NULL)
        ++*(int *)context;
    return true;
}

static void old_metadata_files_are_deleted(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    static const struct iceberg_property properties[] = {{"write.metadata.previous-versions-max", "3"},
                                                         {"write.metadata.compression-codec", "gzip"}};
    assert_int_equal(iceberg_catalog_drop_table(fixture->catalog, "db", "t", true, &error), STATUS_OK);
    iceberg_ensured_table_clear(&fixture->table);
    ensure_table(fixture, properties, 2);
    struct table_committer *committer = open_and_claim(fixture, 1);
    for (int64_t n = 1; n <= 10; n++)
        must_commit(fixture, committer, "a", n);
    table_committer_free(committer);
    char folder[160];
    int count = 0;
    snprintf(folder, sizeof folder, "%s/db/t/metadata", fixture->warehouse);
    assert_int_equal(file_io_list(fixture->io, folder, count_name, &count, &error), STATUS_OK);
    assert_int_equal(count, 4);
    struct buffer hint = {0};
    strcat(folder, "/version-hint.text");
    assert_int_equal(file_io_read(fixture->io, folder, &hint, &error), STATUS_OK);
    assert_string_equal(buffer_text(&hint), "12");
    buffer_free(&hint);
    struct iceberg_table *table = load(fixture);
    assert_non_null(strstr(table->metadata_file, "v12.gz.metadata.json"));
    iceberg_table_free(table);
}

/* Puts `metadata` in the place of the newest version, as a writer does that renames over it, or as the next.
 */
static void write_version(const struct fixture *fixture, const struct iceberg_table_metadata *metadata,
                          int64_t version)
{
    struct error error;
    struct buffer bytes = {0};
    char path[200];
    snprintf(path, sizeof path, "%s/db/t/metadata/v%lld.metadata.json", fixture->warehouse,
             (long long)version);
    assert_int_equal(iceberg_table_metadata_write(metadata, false, &bytes, &error), STATUS_OK);
    assert_int_equal(file_io_replace(fixture->io, path, bytes.data, bytes.size, &error), STATUS_OK);
    buffer_free(&bytes);
}

static void a_foreign_writer_that_renames_over_us_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct table_commit_result result;
    struct table_committer *committer = open_and_claim(fixture, 1);
    must_commit(fixture, committer, "a", 1);
    struct iceberg_table *before = load(fixture);
    must_commit(fixture, committer, "a", 2);
    write_version(fixture, before->metadata, before->version + 1);
    iceberg_table_free(before);
    assert_int_equal(commit(fixture, committer, "a", 3, &result, &error), STATUS_CORRUPT);
    assert_true(error.fatal);
    assert_false(error.retriable);
    table_committer_free(committer);
}

/* What a foreign writer does to the table's metadata: moves the head of main, and drops all snapshots but it.
 */
static void change_history(const struct fixture *fixture, int64_t head, bool expire)
{
    struct error error;
    struct buffer text = {0};
    struct iceberg_table_metadata *metadata;
    struct iceberg_table *table = load(fixture);
    assert_int_equal(iceberg_table_metadata_write(table->metadata, false, &text, &error), STATUS_OK);
    json_t *document = json_loads(buffer_text(&text), 0, NULL);
    json_object_set_new(document, "current-snapshot-id", json_integer(head));
    json_object_set_new(json_object_get(json_object_get(document, "refs"), "main"), "snapshot-id",
                        json_integer(head));
    json_t *snapshots = json_object_get(document, "snapshots");
    for (size_t i = json_array_size(snapshots); expire && i-- > 0;)
        if (json_integer_value(json_object_get(json_array_get(snapshots, i), "snapshot-id")) != head)
            json_array_remove(snapshots, i);
    assert_int_equal(iceberg_table_metadata_from_json(document, &metadata, &error), STATUS_OK);
    write_version(fixture, metadata, table->version + 1);
    iceberg_table_metadata_unref(metadata);
    json_decref(document);
    iceberg_table_free(table);
    buffer_free(&text);
}

static int64_t head_of(const struct fixture *fixture, bool parent)
{
    struct iceberg_table *table = load(fixture);
    const struct iceberg_snapshot *head = iceberg_table_head(table->metadata);
    int64_t id = parent ? iceberg_table_parent(table->metadata, head)->snapshot_id : head->snapshot_id;
    iceberg_table_free(table);
    return id;
}

/* A commit of another lineage. */
static void commit_foreign(const struct fixture *fixture, int64_t checkpoint_id)
{
    struct error error;
    struct table_committer_options options = options_of(fixture);
    options.lineage = OTHER_LINEAGE;
    options.job_id = OTHER_JOB;
    struct table_committer *committer = open_committer(fixture, &options);
    assert_int_equal(table_committer_claim(committer, NULL, &error), STATUS_OK);
    must_commit(fixture, committer, "foreign", checkpoint_id);
    table_committer_free(committer);
}

static void a_rolled_back_table_is_ambiguous(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    int64_t last;
    struct table_committer *committer = open_and_claim(fixture, 1);
    must_commit(fixture, committer, "a", 1);
    must_commit(fixture, committer, "a", 2);
    table_committer_free(committer);
    change_history(fixture, head_of(fixture, true), false);
    struct table_committer_options options = options_of(fixture);
    options.epoch = 2;
    committer = open_committer(fixture, &options);
    assert_int_equal(table_committer_last_committed(committer, INT64_MAX, &last, &error), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "ambiguous"));
    assert_int_equal(table_committer_claim(committer, NULL, &error), STATUS_CORRUPT);
    table_committer_free(committer);
}

static void expired_snapshots_are_known_by_their_files(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct table_commit_result result;
    int64_t last;
    struct table_committer *committer = open_and_claim(fixture, 1);
    for (int64_t n = 1; n <= 3; n++)
        must_commit(fixture, committer, "a", n);
    commit_foreign(fixture, 1);
    commit_foreign(fixture, 2);
    change_history(fixture, head_of(fixture, false), true);
    must_commit(fixture, committer, "a", 4); /* the process that goes on */
    commit_foreign(fixture, 3);
    commit_foreign(fixture, 4);
    change_history(fixture, head_of(fixture, false), true);
    table_committer_free(committer);

    committer = open_and_claim(fixture, 2); /* and one that starts */
    assert_int_equal(table_committer_last_committed(committer, 4, &last, &error), STATUS_OK);
    assert_int_equal(last, 4);
    for (int64_t n = 3; n <= 4; n++) {
        assert_int_equal(commit(fixture, committer, "a", n, &result, &error), STATUS_OK);
        assert_true(result.was_already_committed);
    }
    must_commit(fixture, committer, "a", 5);
    table_committer_free(committer);
}

static void a_rollback_that_expiry_hides_is_ambiguous(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    int64_t last;
    struct table_committer *committer = open_and_claim(fixture, 1);
    int64_t claim = head_of(fixture, false);
    must_commit(fixture, committer, "a", 1);
    table_committer_free(committer);
    change_history(fixture, claim, false);
    commit_foreign(fixture, 1);
    commit_foreign(fixture, 2);
    change_history(fixture, head_of(fixture, false), true);
    struct table_committer_options options = options_of(fixture);
    committer = open_committer(fixture, &options);
    assert_int_equal(table_committer_last_committed(committer, INT64_MAX, &last, &error), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "ambiguous"));
    table_committer_free(committer);
}

static void markers_of_dead_lineages_are_pruned(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    for (int i = 0; i < 50; i++) {
        char lineage[64];
        struct table_committer_options options = options_of(fixture);
        snprintf(lineage, sizeof lineage, "%04d%s", i, &LINEAGE[4]);
        options.lineage = lineage;
        struct table_committer *committer = open_committer(fixture, &options);
        assert_int_equal(table_committer_claim(committer, NULL, &error), STATUS_OK);
        must_commit(fixture, committer, lineage, 1);
        table_committer_free(committer);
    }
    struct iceberg_table *table = load(fixture);
    uint32_t markers = 0;
    for (uint32_t i = 0; i < table->metadata->num_properties; i++)
        markers += strncmp(table->metadata->properties[i].key, "frazil.lineage.", 15) == 0;
    assert_in_range(markers, 1, 33);
    assert_non_null(iceberg_table_property(table->metadata, "frazil.lineage.0049"
                                                            "1111-1111-4111-8111-111111111111.main"));
    iceberg_table_free(table);
}

static void damaged_or_misdirected_committables_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct table_commit_result result;
    struct table_committer *committer = open_and_claim(fixture, 1);
    struct bytes_view garbage = {(const uint8_t *)"FZIC\1\0\0\0garbage", 15};
    assert_int_equal(table_committer_commit(committer, 1, &garbage, 1, &result, &error), STATUS_CORRUPT);
    char uuid[UUID_TEXT_BYTES];
    strcpy(uuid, fixture->uuid);
    fixture->uuid[0] = fixture->uuid[0] == 'f' ? 'e' : 'f';
    assert_int_equal(commit(fixture, committer, "a", 1, &result, &error), STATUS_INVALID_ARGUMENT);
    strcpy(fixture->uuid, uuid);
    table_committer_free(committer);
}

static void files_of_a_checkpoint_that_was_given_up_are_removed(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct table_committer *committer = open_and_claim(fixture, 1);
    struct arena *arena = arena_create(4096);
    struct buffer bytes = {0};
    struct iceberg_data_file files[] = {iceberg_data_file_empty(), iceberg_data_file_empty()};
    for (int i = 0; i < 2; i++) {
        files[i].path = arena_printf(arena, "%s/db/t/data/%d.parquet", fixture->warehouse, i);
        assert_int_equal(file_io_write(fixture->io, files[i].path, "x", 1, &error), STATUS_OK);
    }
    struct iceberg_committable committable = {.num_files = 1, .files = files};
    strcpy(committable.table_uuid, fixture->uuid);
    iceberg_committable_encode(&committable, &bytes);
    for (int i = 0; i < 2; i++) /* it may be asked for twice */
        assert_int_equal(table_committer_remove_files(committer, buffer_view(&bytes), &error), STATUS_OK);
    bool exists[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(file_io_exists(fixture->io, files[i].path, &exists[i], &error), STATUS_OK);
    assert_false(exists[0]);
    assert_true(exists[1]);
    bytes.data[bytes.size - 1] ^= 1;
    assert_int_equal(table_committer_remove_files(committer, buffer_view(&bytes), &error), STATUS_CORRUPT);
    buffer_free(&bytes);
    arena_free(arena);
    table_committer_free(committer);
}

#define IN_MEMORY(test) cmocka_unit_test_setup_teardown(test, set_up_memory, tear_down)
#define ON_DISK(test)   cmocka_unit_test_setup_teardown(test, set_up_local, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_MEMORY(checkpoints_become_snapshots_once),
        ON_DISK(checkpoints_become_snapshots_once),
        IN_MEMORY(a_table_ahead_of_the_checkpoint_is_an_error),
        IN_MEMORY(a_later_claim_fences),
        IN_MEMORY(without_a_claim_nothing_is_committed),
        IN_MEMORY(another_job_needs_the_lineage_or_a_new_one),
        IN_MEMORY(a_job_that_left_nothing_is_followed),
        ON_DISK(a_table_made_again_is_refused),
        ON_DISK(each_failpoint_and_a_new_start_give_one_snapshot),
        IN_MEMORY(a_crash_between_any_two_file_operations_loses_and_doubles_nothing),
        IN_MEMORY(lost_answers_are_resolved_by_reading),
        ON_DISK(racing_writers_lose_nothing),
        IN_MEMORY(racing_writers_lose_nothing),
        IN_MEMORY(manifests_are_merged),
        ON_DISK(old_metadata_files_are_deleted),
        IN_MEMORY(a_foreign_writer_that_renames_over_us_is_noticed),
        IN_MEMORY(a_rolled_back_table_is_ambiguous),
        IN_MEMORY(expired_snapshots_are_known_by_their_files),
        IN_MEMORY(a_rollback_that_expiry_hides_is_ambiguous),
        IN_MEMORY(markers_of_dead_lineages_are_pruned),
        IN_MEMORY(damaged_or_misdirected_committables_are_refused),
        ON_DISK(files_of_a_checkpoint_that_was_given_up_are_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
