#include "common/checkpoint_format/keyed_state_handle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct keyed_state_handle example(const struct keyed_state_file *files, size_t num_files)
{
    static const struct keyed_state_signature states[] = {
        {"windows", "ROW<sensor STRING>", "COUNT(*)", 3},
        {"timers", "ROW<>", "", 1},
    };
    return (struct keyed_state_handle){
        .first_key_group = 32,
        .end_key_group = 64,
        .max_parallelism = 128,
        .backend = "rocksdb",
        .files = files,
        .num_files = num_files,
        .states = states,
        .num_states = 2,
        .size_bytes = 1234567890123,
        .incremental_bytes = 77,
    };
}

static enum status round_trip(const struct keyed_state_handle *handle, struct arena *arena,
                              struct keyed_state_handle **ret_handle, struct error *error)
{
    struct buffer bytes = {0};
    keyed_state_handle_encode(handle, &bytes);
    enum status status = keyed_state_handle_decode(buffer_view(&bytes), arena, ret_handle, error);
    buffer_free(&bytes);
    return status;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct keyed_state_file files[] = {
        {"shared/6f1c.sst", "000012.sst", 4096, UINT64_MAX, true},
        {"chk-7/MANIFEST", "MANIFEST-000005", 17, 0, false},
        {"/savepoints/s-1/a.sst", "000001.sst", 0, 1, false},
    };
    struct keyed_state_handle handle = example(files, 3);
    struct arena *arena = arena_create(1024);
    struct keyed_state_handle *read = NULL;
    struct error error;
    assert_int_equal(round_trip(&handle, arena, &read, &error), STATUS_OK);
    assert_int_equal(read->first_key_group, 32);
    assert_int_equal(read->end_key_group, 64);
    assert_int_equal(read->max_parallelism, 128);
    assert_string_equal(read->backend, "rocksdb");
    assert_int_equal(read->size_bytes, 1234567890123);
    assert_int_equal(read->incremental_bytes, 77);
    assert_int_equal(read->num_files, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(read->files[i].path, files[i].path);
        assert_string_equal(read->files[i].name, files[i].name);
        assert_int_equal(read->files[i].size_bytes, files[i].size_bytes);
        assert_true(read->files[i].checksum == files[i].checksum);
        assert_int_equal(read->files[i].is_shared, files[i].is_shared);
    }
    assert_int_equal(read->num_states, 2);
    assert_string_equal(read->states[0].name, "windows");
    assert_string_equal(read->states[0].key_type, "ROW<sensor STRING>");
    assert_string_equal(read->states[0].value_type, "COUNT(*)");
    assert_int_equal(read->states[0].version, 3);
    assert_string_equal(read->states[1].value_type, "");
    arena_free(arena);
}

/* A name goes into the task's own folder, a path into that of the checkpoints: neither may leave it. */
static void files_stay_in_their_folder(void **state)
{
    (void)state;
    static const struct keyed_state_file bad[] = {
        {"shared/a", "../a", 1, 1, true},
        {"shared/a", "a/b", 1, 1, true},
        {"shared/a", "", 1, 1, true},
        {"shared/a", ".", 1, 1, true},
        {"shared/a", "..", 1, 1, true},
        {"", "a", 1, 1, true},
        {"..", "a", 1, 1, true},
        {"../shared/a", "a", 1, 1, true},
        {"shared/../../../etc/a", "a", 1, 1, true},
        {"/shared/..", "a", 1, 1, true},
    };
    struct arena *arena = arena_create(1024);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct keyed_state_handle handle = example(&bad[i], 1);
        struct keyed_state_handle *read = NULL;
        struct error error;
        assert_int_equal(round_trip(&handle, arena, &read, &error), STATUS_CORRUPT);
        assert_null(read);
    }
    static const struct keyed_state_file good[] = {{"shared/..a/b..", "..a", 1, 1, true}};
    struct keyed_state_handle handle = example(good, 1);
    struct keyed_state_handle *read = NULL;
    struct error error;
    assert_int_equal(round_trip(&handle, arena, &read, &error), STATUS_OK);
    arena_free(arena);
}

static void ranges_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const uint32_t ranges[][3] = {{0, 0, 128}, {5, 4, 128}, {0, 129, 128}, {0, 1, 0}};
    struct arena *arena = arena_create(1024);
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        struct keyed_state_handle handle = example(NULL, 0);
        handle.first_key_group = ranges[i][0];
        handle.end_key_group = ranges[i][1];
        handle.max_parallelism = ranges[i][2];
        struct keyed_state_handle *read = NULL;
        struct error error;
        assert_int_equal(round_trip(&handle, arena, &read, &error), STATUS_CORRUPT);
    }
    arena_free(arena);
}

static void who_restores_elsewhere_gets_absolute_paths_and_shares_no_file(void **state)
{
    (void)state;
    struct keyed_state_file files[] = {
        {"shared/6f1c.sst", "000012.sst", 4096, 1, true},
        {"/savepoints/s-1/a.sst", "000001.sst", 5, 2, false},
        {"file:/savepoints/s-1/b.sst", "000002.sst", 6, 3, false},
    };
    struct keyed_state_handle handle = example(files, 3);
    struct arena *arena = arena_create(1024);
    const struct keyed_state_handle *moved =
        keyed_state_handle_relocate(&handle, "/checkpoints/default/job", false, arena);
    assert_string_equal(moved->files[0].path, "/checkpoints/default/job/shared/6f1c.sst");
    assert_string_equal(moved->files[0].name, "000012.sst");
    assert_false(moved->files[0].is_shared);
    assert_string_equal(moved->files[1].path, "/savepoints/s-1/a.sst");
    assert_string_equal(moved->files[2].path, "file:/savepoints/s-1/b.sst");
    assert_string_equal(moved->states[0].key_type, "ROW<sensor STRING>");
    assert_true(keyed_state_handle_relocate(&handle, "/c", true, arena)->files[0].is_shared);
    assert_string_equal(files[0].path, "shared/6f1c.sst");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(files_stay_in_their_folder),
        cmocka_unit_test(ranges_that_cannot_be_are_refused),
        cmocka_unit_test(who_restores_elsewhere_gets_absolute_paths_and_shares_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
