#include "taskmanager/state/rocksdb_backend/rocksdb_store.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char folder[64], path[80];
    _Atomic int64_t now_us;
    struct rocksdb_store *store;
};

static int64_t fixture_now_us(void *context)
{
    return atomic_load((_Atomic int64_t *)context);
}

static struct rocksdb_store *open_at(struct fixture *fixture, const char *folder, bool is_read_only)
{
    struct rocksdb_store_options options = {
        .folder = folder,
        .is_read_only = is_read_only,
        .cache_bytes = 1 << 20,
        .file_bytes = 1 << 20,
        .level_bytes = 16 << 20,
        .clock = {fixture_now_us, fixture_now_us, &fixture->now_us},
    };
    struct rocksdb_store *store = NULL;
    struct error error;
    if (rocksdb_store_open(&options, &store, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return store;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    strcpy(fixture->folder, "/tmp/rocksdb_store_test.XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof fixture->path, "%s/db", fixture->folder);
    fixture->store = open_at(fixture, fixture->path, false);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    rocksdb_store_close(fixture->store);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", fixture->folder);
    assert_int_equal(system(command), 0);
    free(fixture);
    return 0;
}

static struct bytes_view text(const char *string)
{
    return (struct bytes_view){(const uint8_t *)string, strlen(string)};
}

static struct rocksdb_family *family_of(struct rocksdb_store *store, const char *name)
{
    struct rocksdb_family *family = rocksdb_store_find_family(store, name);
    struct error error;
    if (family == NULL && rocksdb_store_make_family(store, name, &family, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return family;
}

/* Rows "00000" .. with the values that prefix and number make. */
static void write_rows(struct rocksdb_family *family, const char *prefix, uint32_t begin, uint32_t end,
                       uint32_t step)
{
    struct rocksdb_run *run;
    struct error error;
    assert_int_equal(rocksdb_run_create(family, &run, &error), STATUS_OK);
    for (uint32_t i = begin; i < end; i += step) {
        char key[16], value[64];
        snprintf(key, sizeof key, "%05u", i);
        snprintf(value, sizeof value, "%s%u", prefix, i);
        assert_int_equal(rocksdb_run_put(run, text(key), text(value), &error), STATUS_OK);
    }
    if (rocksdb_run_finish(run, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static void check_row(struct rocksdb_family *family, uint32_t number, const char *expected)
{
    struct rocksdb_lookup *lookup = rocksdb_lookup_create();
    struct error error;
    char name[16];
    snprintf(name, sizeof name, "%05u", number);
    struct bytes_view key = text(name);
    assert_int_equal(rocksdb_lookup_get(lookup, family, &key, 1, &error), STATUS_OK);
    struct bytes_view value = rocksdb_lookup_value(lookup, 0);
    if (expected == NULL) {
        assert_null(value.data);
    } else {
        assert_non_null(value.data);
        assert_int_equal(value.size, strlen(expected));
        assert_memory_equal(value.data, expected, value.size);
    }
    rocksdb_lookup_free(lookup);
}

static uint32_t count_rows(struct rocksdb_family *family, const char *begin, const char *end)
{
    struct rocksdb_scan *scan = rocksdb_scan_begin(family, text(begin), text(end));
    uint32_t count = 0;
    for (; rocksdb_scan_has_row(scan); rocksdb_scan_next(scan))
        count++;
    struct error error;
    assert_int_equal(rocksdb_scan_status(scan, &error), STATUS_OK);
    rocksdb_scan_end(scan);
    return count;
}

static void the_last_written_counts(void **state)
{
    struct fixture *fixture = *state;
    struct rocksdb_family *family = family_of(fixture->store, "a");
    struct rocksdb_family *other = family_of(fixture->store, "b");
    assert_false(rocksdb_family_has_files(family));
    write_rows(family, "old", 0, 1000, 1);
    write_rows(family, "new", 0, 1000, 3);
    write_rows(other, "other", 0, 10, 1);
    assert_true(rocksdb_family_has_files(family));
    check_row(family, 3, "new3");
    check_row(family, 4, "old4");
    check_row(family, 1000, NULL);
    check_row(other, 3, "other3");
    struct rocksdb_run *run;
    struct error error;
    assert_int_equal(rocksdb_run_create(family, &run, &error), STATUS_OK);
    assert_int_equal(rocksdb_run_remove(run, text("00003"), &error), STATUS_OK);
    assert_int_equal(rocksdb_run_put(run, text("00004"), text("newest"), &error), STATUS_OK);
    assert_int_equal(rocksdb_run_finish(run, &error), STATUS_OK);
    check_row(family, 3, NULL);
    check_row(family, 4, "newest");
    assert_int_equal(count_rows(family, "", ""), 999);
    assert_int_equal(count_rows(family, "00002", "00010"), 7);
}

static void runs_without_rows_leave_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct rocksdb_family *family = family_of(fixture->store, "a");
    struct rocksdb_run *run;
    struct error error;
    assert_int_equal(rocksdb_run_create(family, &run, &error), STATUS_OK);
    assert_int_equal(rocksdb_run_finish(run, &error), STATUS_OK);
    assert_int_equal(rocksdb_run_create(family, &run, &error), STATUS_OK);
    assert_int_equal(rocksdb_run_put(run, text("00001"), text("x"), &error), STATUS_OK);
    rocksdb_run_abort(run);
    check_row(family, 1, NULL);
    DIR *folder = opendir(fixture->path);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        assert_null(strstr(entry->d_name, ".run"));
    closedir(folder);
}

static void many_keys_are_found_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct rocksdb_family *family = family_of(fixture->store, "a");
    for (uint32_t i = 0; i < 12; i++) /* compactions run meanwhile */
        write_rows(family, i % 2 == 0 ? "even" : "odd", i, 20000, 12);
    enum { COUNT = 5000 };
    char(*names)[16] = malloc(COUNT * sizeof *names);
    struct bytes_view *keys = malloc(COUNT * sizeof *keys);
    for (uint32_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "%05u", i * 7919 % 25000);
        keys[i] = text(names[i]);
    }
    struct rocksdb_lookup *lookup = rocksdb_lookup_create();
    struct error error;
    assert_int_equal(rocksdb_lookup_get(lookup, family, keys, COUNT, &error), STATUS_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t number = i * 7919 % 25000;
        struct bytes_view value = rocksdb_lookup_value(lookup, i);
        assert_int_equal(value.data != NULL, number < 20000);
        if (value.data == NULL)
            continue;
        char expected[32];
        int size = snprintf(expected, sizeof expected, "%s%u", number % 2 == 0 ? "even" : "odd", number);
        assert_int_equal(value.size, size);
        assert_memory_equal(value.data, expected, value.size);
    }
    rocksdb_lookup_free(lookup);
    free(keys);
    free(names);
}

static void ranges_are_deleted(void **state)
{
    struct fixture *fixture = *state;
    struct rocksdb_family *families[] = {family_of(fixture->store, "a"), family_of(fixture->store, "b")};
    write_rows(families[0], "v", 0, 100, 1);
    write_rows(families[1], "v", 0, 100, 1);
    struct bytes_view begins[] = {text("00010"), text("00050")}, ends[] = {text("00020"), text("00051")};
    struct error error;
    assert_int_equal(rocksdb_store_delete_ranges(fixture->store, families, begins, ends, 2, &error),
                     STATUS_OK);
    check_row(families[0], 9, "v9");
    check_row(families[0], 10, NULL);
    check_row(families[0], 20, "v20");
    check_row(families[1], 50, NULL);
    check_row(families[1], 51, "v51");
    assert_int_equal(count_rows(families[0], "", ""), 90);
    write_rows(families[0], "again", 15, 16, 1); /* what comes later is there */
    check_row(families[0], 15, "again15");
}

/* Who reads on is not disturbed. */
static void a_family_is_emptied(void **state)
{
    struct fixture *fixture = *state;
    struct rocksdb_family *family = family_of(fixture->store, "sums");
    struct error error;
    write_rows(family, "old ", 0, 1000, 1);
    struct rocksdb_scan *scan = rocksdb_scan_begin(family, text(""), text(""));
    assert_int_equal(rocksdb_family_clear(family, &error), STATUS_OK);
    assert_false(rocksdb_family_has_files(family));
    check_row(family, 7, NULL);
    write_rows(family, "new ", 7, 8, 1);
    uint32_t count = 0;
    for (; rocksdb_scan_has_row(scan); rocksdb_scan_next(scan))
        count++;
    assert_int_equal(rocksdb_scan_status(scan, &error), STATUS_OK);
    assert_int_equal(count, 1000);
    rocksdb_scan_end(scan);
    check_row(family, 7, "new 7");
    check_row(family, 8, NULL);
}

static void a_link_is_the_store_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    struct rocksdb_family *family = family_of(fixture->store, "a");
    write_rows(family, "v", 0, 100, 1);
    struct bytes_view begin = text("00010"), end = text("00020");
    struct error error;
    assert_int_equal(rocksdb_store_delete_ranges(fixture->store, &family, &begin, &end, 1, &error),
                     STATUS_OK);
    char folder[128];
    snprintf(folder, sizeof folder, "%s/link", fixture->folder);
    assert_int_equal(rocksdb_store_link(fixture->store, folder, &error), STATUS_OK);
    write_rows(family, "later", 0, 100, 1);
    for (int is_read_only = 1; is_read_only >= 0; is_read_only--) {
        struct rocksdb_store *copy = open_at(fixture, folder, is_read_only);
        assert_int_equal(rocksdb_store_num_families(copy), 1);
        struct rocksdb_family *copied = rocksdb_store_find_family(copy, "a");
        assert_non_null(copied);
        assert_true(rocksdb_family_has_files(copied));
        check_row(copied, 9, "v9");
        check_row(copied, 15, NULL);
        assert_int_equal(count_rows(copied, "", ""), 90);
        if (!is_read_only)
            write_rows(copied, "copy", 0, 100, 1);
        rocksdb_store_close(copy);
    }
    check_row(family, 15, "later15");
}

/* The path of a file of rows. */
static void find_file(const struct fixture *fixture, char path[512])
{
    DIR *folder = opendir(fixture->path);
    *path = '\0';
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strstr(entry->d_name, ".sst") != NULL)
            snprintf(path, 512, "%s/%s", fixture->path, entry->d_name);
    closedir(folder);
}

/* A block that was changed on disk is an error, and names its file. */
static void flipped_bytes_are_found(void **state)
{
    struct fixture *fixture = *state;
    write_rows(family_of(fixture->store, "a"), "some value to be damaged", 0, 5000, 1);
    rocksdb_store_close(fixture->store);
    char damaged[512];
    find_file(fixture, damaged);
    FILE *file = fopen(damaged, "r+");
    assert_non_null(file);
    fseek(file, 3000, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, 3000, SEEK_SET);
    fputc(byte ^ 0x10, file);
    fclose(file);
    fixture->store = open_at(fixture, fixture->path, false);
    struct rocksdb_family *family = rocksdb_store_find_family(fixture->store, "a");
    struct rocksdb_lookup *lookup = rocksdb_lookup_create();
    struct bytes_view key = text("00001");
    struct error error;
    assert_int_equal(rocksdb_lookup_get(lookup, family, &key, 1, &error), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, strrchr(damaged, '/')));
    assert_false(error.fatal);
    struct rocksdb_scan *scan = rocksdb_scan_begin(family, text(""), text(""));
    while (rocksdb_scan_has_row(scan))
        rocksdb_scan_next(scan);
    assert_int_equal(rocksdb_scan_status(scan, &error), STATUS_CORRUPT);
    rocksdb_scan_end(scan);
    rocksdb_lookup_free(lookup);
}

static void a_missing_file_is_found_at_the_opening(void **state)
{
    struct fixture *fixture = *state;
    write_rows(family_of(fixture->store, "a"), "v", 0, 100, 1);
    rocksdb_store_close(fixture->store);
    fixture->store = NULL;
    char path[512], number[16];
    find_file(fixture, path);
    assert_int_equal(unlink(path), 0);
    snprintf(number, sizeof number, "%.6s.", strrchr(path, '/') + 1); /* RocksDB tries another ending too */
    struct rocksdb_store_options options = {
        .folder = fixture->path, .cache_bytes = 1 << 20, .file_bytes = 1 << 20, .clock = clock_system()};
    struct error error;
    assert_int_not_equal(rocksdb_store_open(&options, &fixture->store, &error), STATUS_OK);
    assert_null(fixture->store);
    assert_non_null(strstr(error.message, number));
}

static void stamp(uint8_t value[16], int64_t ms)
{
    memset(value, 0, 16);
    value[0] = ROCKSDB_VALUE_STAMPED;
    memcpy(value + ROCKSDB_VALUE_STAMP_OFFSET, &ms, sizeof ms);
}

/* Compactions drop what was not written for the time to live, and nothing else. */
static void old_rows_are_compacted_away(void **state)
{
    struct fixture *fixture = *state;
    struct rocksdb_family *family = family_of(fixture->store, "a");
    rocksdb_family_set_ttl(family, 1000);
    atomic_store(&fixture->now_us, 500 * 1000);
    struct error error;
    for (int round = 0; round < 200 && count_rows(family, "", "") != 2; round++) {
        struct rocksdb_run *run;
        assert_int_equal(rocksdb_run_create(family, &run, &error), STATUS_OK);
        uint8_t value[16];
        for (int i = 0; i < 20 && round == 0; i++) {
            char key[16];
            snprintf(key, sizeof key, "%05d", i);
            stamp(value, i == 7 ? 1400 : 100);
            assert_int_equal(rocksdb_run_put(run, text(key), (struct bytes_view){value, 16}, &error),
                             STATUS_OK);
        }
        atomic_store(&fixture->now_us, 1200 * 1000);
        assert_int_equal(rocksdb_run_put(run, text("99999"), text("without a stamp"), &error), STATUS_OK);
        assert_int_equal(rocksdb_run_finish(run, &error), STATUS_OK);
        usleep(10000); /* what happens in the background is looked for again and again */
    }
    assert_int_equal(count_rows(family, "", ""), 2);
    check_row(family, 99999, "without a stamp");
    assert_int_equal(count_rows(family, "00007", "00008"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_written_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(runs_without_rows_leave_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_keys_are_found_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ranges_are_deleted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_family_is_emptied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_link_is_the_store_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flipped_bytes_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_file_is_found_at_the_opening, set_up, tear_down),
        cmocka_unit_test_setup_teardown(old_rows_are_compacted_away, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
