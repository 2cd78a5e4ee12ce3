#include "common/filesystem/memory_file_io.h"
#include "common/iceberg/catalogs/table_ensure.h"
#include "common/iceberg/transaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "memory:///w/db/t/metadata"

struct fixture {
    struct file_io *io;
    struct process_context process;
    struct iceberg_catalog *catalog;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error error;
    fixture->io = memory_file_io_create();
    fixture->process.clock = clock_system();
    struct iceberg_catalog_options options = {
        .type = "hadoop", .warehouse = "memory:///w/", .io = fixture->io};
    assert_int_equal(iceberg_catalog_open(&fixture->process, &options, &fixture->catalog, &error), STATUS_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    iceberg_catalog_free(fixture->catalog);
    file_io_free(fixture->io);
    free(fixture);
    return 0;
}

static struct schema *one_column(const char *name, struct data_type type)
{
    struct schema *columns = schema_create(1);
    schema_set_field(columns, 0, name, type);
    return columns;
}

static enum status ensure(const struct fixture *fixture, const char *table, const struct schema *columns,
                          const struct iceberg_partition_request *partitions, uint32_t num_partitions,
                          struct iceberg_ensured_table *ensured, struct error *error)
{
    struct iceberg_ensure_request request = {.database = "db",
                                             .table = table,
                                             .columns = columns,
                                             .partitions = partitions,
                                             .num_partitions = num_partitions};
    return iceberg_table_ensure(fixture->catalog, &request, ensured, error);
}

static void create(const struct fixture *fixture, const char *table)
{
    struct error error;
    struct iceberg_ensured_table ensured;
    struct schema *columns = one_column("id", data_type_of(TYPE_BIGINT));
    assert_int_equal(ensure(fixture, table, columns, NULL, 0, &ensured, &error), STATUS_OK);
    assert_true(ensured.was_created);
    schema_unref(columns);
    iceberg_ensured_table_clear(&ensured);
}

static struct iceberg_table *load(const struct fixture *fixture)
{
    struct error error;
    struct iceberg_table *table;
    if (iceberg_catalog_load_table(fixture->catalog, "db", "t", &table, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return table;
}

/* Commits an empty snapshot onto base. */
static enum status commit(const struct fixture *fixture, const struct iceberg_table *base,
                          struct error *error)
{
    struct iceberg_append *append = iceberg_append_create(fixture->io, fixture->process.clock, NULL);
    struct iceberg_table_metadata *updated;
    struct iceberg_table *committed = NULL;
    assert_int_equal(iceberg_append_apply(append, base->metadata, &updated, error), STATUS_OK);
    enum status status =
        iceberg_catalog_commit(fixture->catalog, "db", "t", base, updated, &committed, error);
    if (status == STATUS_OK) {
        assert_int_equal(committed->version, base->version + 1);
        assert_int_equal(iceberg_table_head(committed->metadata)->snapshot_id,
                         iceberg_append_snapshot_id(append));
    }
    iceberg_table_metadata_unref(updated);
    iceberg_table_free(committed);
    iceberg_append_free(append);
    return status;
}

static void commit_to_head(const struct fixture *fixture)
{
    struct error error;
    struct iceberg_table *base = load(fixture);
    if (commit(fixture, base, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    iceberg_table_free(base);
}

static bool exists(const struct fixture *fixture, const char *path)
{
    struct error error;
    bool there;
    assert_int_equal(file_io_exists(fixture->io, path, &there, &error), STATUS_OK);
    return there;
}

static void assert_hint(const struct fixture *fixture, const char *wanted)
{
    struct error error;
    struct buffer hint = {0};
    assert_int_equal(file_io_read(fixture->io, FOLDER "/version-hint.text", &hint, &error), STATUS_OK);
    assert_string_equal(buffer_text(&hint), wanted);
    buffer_free(&hint);
}

static void tables_have_hadoops_layout(void **state)
{
    struct fixture *fixture = *state;
    create(fixture, "t");
    assert_true(exists(fixture, FOLDER "/v1.metadata.json"));
    assert_true(exists(fixture, "memory:///w/db/t/data"));
    assert_hint(fixture, "1");
    commit_to_head(fixture);
    commit_to_head(fixture);
    assert_true(exists(fixture, FOLDER "/v3.metadata.json"));
    assert_hint(fixture, "3");
    struct iceberg_table *table = load(fixture);
    assert_int_equal(table->version, 3);
    assert_string_equal(table->metadata->location, "memory:///w/db/t");
    assert_string_equal(table->metadata_file, FOLDER "/v3.metadata.json");
    assert_int_equal(table->metadata->num_metadata_log, 2);
    assert_string_equal(table->metadata->metadata_log[1].file, FOLDER "/v2.metadata.json");
    iceberg_table_free(table);
}

static void a_stale_base_conflicts(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    create(fixture, "t");
    struct iceberg_table *stale = load(fixture);
    commit_to_head(fixture);
    assert_int_equal(commit(fixture, stale, &error), STATUS_CONFLICT);
    assert_true(error.retriable);
    iceberg_table_free(stale);
}

/* Lets others commit just before this writer publishes. */
struct interference {
    const struct fixture *others;
    int commits;
    bool drops_own_base;
};

static enum file_fault interfere(void *context, enum file_operation operation, const char *path)
{
    struct interference *interference = context;
    struct error error;
    if (operation != FILE_CREATE_EXCLUSIVE || strstr(path, ".metadata.json") == NULL)
        return FILE_FAULT_NONE;
    while (interference->commits > 0) {
        interference->commits--;
        commit_to_head(interference->others);
    }
    if (interference->drops_own_base)
        assert_int_equal(iceberg_catalog_drop_table(interference->others->catalog, "db", "t", true, &error),
                         STATUS_OK);
    return FILE_FAULT_NONE;
}

/* Commits with a second process, while the others of the fixture interfere. */
static enum status commit_interfered(const struct fixture *fixture, struct interference *interference,
                                     struct error *error)
{
    struct fixture slow = {.io = memory_file_io_view(fixture->io), .process = fixture->process};
    struct iceberg_catalog_options options = {.type = "hadoop", .warehouse = "memory:///w", .io = slow.io};
    assert_int_equal(iceberg_catalog_open(&slow.process, &options, &slow.catalog, error), STATUS_OK);
    struct iceberg_table *base = load(&slow);
    interference->others = fixture;
    memory_file_io_set_hook(slow.io, interfere, interference);
    enum status status = commit(&slow, base, error);
    iceberg_table_free(base);
    iceberg_catalog_free(slow.catalog);
    file_io_free(slow.io);
    return status;
}

static void a_version_that_was_deleted_before_does_not_stand(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct iceberg_ensured_table ensured;
    const struct iceberg_property properties[] = {{"write.metadata.previous-versions-max", "2"}};
    struct schema *columns = one_column("id", data_type_of(TYPE_BIGINT));
    struct iceberg_ensure_request request = {
        .database = "db", .table = "t", .columns = columns, .properties = properties, .num_properties = 1};
    assert_int_equal(iceberg_table_ensure(fixture->catalog, &request, &ensured, &error), STATUS_OK);
    schema_unref(columns);
    iceberg_ensured_table_clear(&ensured);

    /* Others go from 1 to 6 and delete 2: the exclusive creation of 2 succeeds, yet it is no commit. */
    struct interference interference = {.commits = 5};
    assert_int_equal(commit_interfered(fixture, &interference, &error), STATUS_CONFLICT);
    assert_false(exists(fixture, FOLDER "/v2.metadata.json")); /* taken away again */
    struct iceberg_table *table = load(fixture);
    assert_int_equal(table->version, 6);
    assert_int_equal(table->metadata->num_snapshots, 5);
    iceberg_table_free(table);
    assert_hint(fixture, "6");
    commit_to_head(fixture);
}

static void a_dropped_table_is_not_brought_back(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    create(fixture, "t");
    commit_to_head(fixture);
    struct interference interference = {.drops_own_base = true};
    assert_int_equal(commit_interfered(fixture, &interference, &error), STATUS_CONFLICT);
    struct iceberg_table *table;
    assert_int_equal(iceberg_catalog_load_table(fixture->catalog, "db", "t", &table, &error),
                     STATUS_NOT_FOUND);
}

static void both_names_are_one_version(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    create(fixture, "t");
    struct iceberg_table *base = load(fixture);
    commit_to_head(fixture);
    /* As another engine may have it: the same version, compressed. */
    struct buffer bytes = {0};
    struct iceberg_table *second = load(fixture);
    assert_int_equal(iceberg_table_metadata_write(second->metadata, true, &bytes, &error), STATUS_OK);
    assert_int_equal(
        file_io_replace(fixture->io, FOLDER "/v2.gz.metadata.json", bytes.data, bytes.size, &error),
        STATUS_OK);
    assert_int_equal(file_io_delete(fixture->io, FOLDER "/v2.metadata.json", &error), STATUS_OK);
    buffer_free(&bytes);
    assert_int_equal(commit(fixture, base, &error),
                     STATUS_CONFLICT); /* v2 is there, though not by our name */
    commit_to_head(fixture);
    assert_true(exists(fixture, FOLDER "/v3.metadata.json"));
    iceberg_table_free(base);
    iceberg_table_free(second);
}

static void the_hint_is_only_a_hint(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    static const char *const hints[] = {"1", "99", "", "rubbish"};
    create(fixture, "t");
    commit_to_head(fixture);
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        assert_int_equal(
            file_io_replace(fixture->io, FOLDER "/version-hint.text", hints[i], strlen(hints[i]), &error),
            STATUS_OK);
        struct iceberg_table *table = load(fixture);
        assert_int_equal(table->version, 2);
        iceberg_table_free(table);
    }
    assert_int_equal(file_io_delete(fixture->io, FOLDER "/version-hint.text", &error), STATUS_OK);
    commit_to_head(fixture);
    assert_hint(fixture, "3");
}

/* Hadoop's local file system keeps a checksum beside each file it writes, and reads no file that does not
 * match it. */
static void the_checksum_of_an_older_hint_is_removed(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    create(fixture, "t");
    assert_int_equal(file_io_replace(fixture->io, FOLDER "/.version-hint.text.crc", "crc", 3, &error),
                     STATUS_OK);
    commit_to_head(fixture);
    assert_hint(fixture, "2");
    assert_false(exists(fixture, FOLDER "/.version-hint.text.crc"));
}

static void one_of_two_creators_wins(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct iceberg_ensured_table ensured;
    create(fixture, "t");
    struct schema *columns = one_column("id", data_type_of(TYPE_BIGINT));
    assert_int_equal(ensure(fixture, "t", columns, NULL, 0, &ensured, &error), STATUS_OK);
    assert_false(ensured.was_created);
    struct iceberg_table *again = NULL;
    struct iceberg_create_table definition = {.schema = ensured.schema, .spec = ensured.spec};
    assert_int_equal(iceberg_catalog_create_table(fixture->catalog, "db", "t", &definition, &again, &error),
                     STATUS_ALREADY_EXISTS);
    schema_unref(columns);
    iceberg_ensured_table_clear(&ensured);
}

static void tables_of_other_catalogs_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct iceberg_table *table;
    assert_int_equal(file_io_write(fixture->io,
                                   FOLDER "/00001-9c12d441-03fe-4693-9a96-a0705ddf69c1.metadata.json", "{}",
                                   2, &error),
                     STATUS_OK);
    assert_int_equal(iceberg_catalog_load_table(fixture->catalog, "db", "t", &table, &error),
                     STATUS_UNSUPPORTED);
    assert_non_null(strstr(error.message, "hadoop"));
    struct iceberg_ensured_table ensured;
    struct schema *columns = one_column("id", data_type_of(TYPE_BIGINT));
    assert_int_equal(ensure(fixture, "t", columns, NULL, 0, &ensured, &error), STATUS_UNSUPPORTED);
    schema_unref(columns);
}

static void names_lead_nowhere_else(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"", "..", "a/b", ".hidden", "../t"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct error error;
        struct iceberg_table *table;
        assert_int_equal(iceberg_catalog_load_table(fixture->catalog, "db", names[i], &table, &error),
                         STATUS_INVALID_ARGUMENT);
        assert_int_equal(iceberg_catalog_drop_table(fixture->catalog, names[i], "t", true, &error),
                         STATUS_INVALID_ARGUMENT);
    }
}

static bool count(void *context, const char *name)
{
    assert_true(strcmp(name, "db") == 0 || strcmp(name, "t") == 0 || strcmp(name, "u") == 0);
    ++*(int *)context;
    return true;
}

static void tables_are_listed_and_dropped(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    int seen = 0;
    assert_int_equal(iceberg_catalog_list(fixture->catalog, NULL, count, &seen, &error), STATUS_OK);
    assert_int_equal(seen, 0);
    create(fixture, "t");
    create(fixture, "u");
    assert_int_equal(iceberg_catalog_list(fixture->catalog, NULL, count, &seen, &error), STATUS_OK);
    assert_int_equal(seen, 1);
    assert_int_equal(iceberg_catalog_list(fixture->catalog, "db", count, &seen, &error), STATUS_OK);
    assert_int_equal(seen, 3);
    assert_int_equal(iceberg_catalog_list(fixture->catalog, "none", count, &seen, &error), STATUS_NOT_FOUND);
    assert_int_equal(iceberg_catalog_drop_table(fixture->catalog, "db", "u", true, &error), STATUS_OK);
    assert_int_equal(iceberg_catalog_drop_table(fixture->catalog, "db", "u", true, &error), STATUS_NOT_FOUND);
    seen = 0;
    assert_int_equal(iceberg_catalog_list(fixture->catalog, "db", count, &seen, &error), STATUS_OK);
    assert_int_equal(seen, 1);
}

static void an_insert_must_fit_the_table(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct iceberg_ensured_table ensured;
    const struct iceberg_partition_request by_day[] = {{"at", {ICEBERG_TRANSFORM_DAY, 0}}};
    const struct iceberg_partition_request by_value[] = {{"at", {ICEBERG_TRANSFORM_IDENTITY, 0}}};
    struct schema *columns = one_column("at", data_type_of(TYPE_TIMESTAMP));
    struct schema *other = one_column("when", data_type_of(TYPE_TIMESTAMP));
    assert_int_equal(ensure(fixture, "t", columns, by_day, 1, &ensured, &error), STATUS_OK);
    assert_string_equal(ensured.data_location, "memory:///w/db/t/data");
    assert_int_equal(ensured.columns->fields[0].field_id, 1);
    assert_string_equal(ensured.spec->fields[0].name, "at_day");
    iceberg_ensured_table_clear(&ensured);
    assert_int_equal(ensure(fixture, "t", columns, by_day, 1, &ensured, &error), STATUS_OK);
    iceberg_ensured_table_clear(&ensured);
    assert_int_equal(ensure(fixture, "t", columns, NULL, 0, &ensured, &error),
                     STATUS_OK); /* the table knows */
    iceberg_ensured_table_clear(&ensured);
    assert_int_equal(ensure(fixture, "t", columns, by_value, 1, &ensured, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "PARTITIONED BY"));
    assert_int_equal(ensure(fixture, "t", other, NULL, 0, &ensured, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "db.t"));
    assert_non_null(strstr(error.message, "'when'"));
    schema_unref(columns);
    schema_unref(other);
}

static void what_cannot_be_opened_says_why(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct iceberg_catalog *catalog;
    struct iceberg_catalog_options options = {.type = "hive", .warehouse = "file:///w"};
    assert_int_equal(iceberg_catalog_open(&fixture->process, &options, &catalog, &error), STATUS_UNSUPPORTED);
    assert_non_null(strstr(error.message, "'hive'"));
    options = (struct iceberg_catalog_options){.type = "hadoop", .warehouse = "s3://bucket/w"};
    assert_int_equal(iceberg_catalog_open(&fixture->process, &options, &catalog, &error), STATUS_UNSUPPORTED);
    assert_non_null(strstr(error.message, "warehouse"));
    options.warehouse = NULL;
    assert_int_equal(iceberg_catalog_open(&fixture->process, &options, &catalog, &error),
                     STATUS_INVALID_ARGUMENT);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tables_have_hadoops_layout),
        TEST(a_stale_base_conflicts),
        TEST(a_version_that_was_deleted_before_does_not_stand),
        TEST(a_dropped_table_is_not_brought_back),
        TEST(both_names_are_one_version),
        TEST(the_hint_is_only_a_hint),
        TEST(the_checksum_of_an_older_hint_is_removed),
        TEST(one_of_two_creators_wins),
        TEST(tables_of_other_catalogs_are_refused),
        TEST(names_lead_nowhere_else),
        TEST(tables_are_listed_and_dropped),
        TEST(an_insert_must_fit_the_table),
        TEST(what_cannot_be_opened_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
