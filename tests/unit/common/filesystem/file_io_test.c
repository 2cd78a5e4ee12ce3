#include "common/filesystem/memory_file_io.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Each test runs on both implementations, in a folder of its own. */
struct fixture {
    struct file_io *io;
    char root[128];
};

static int set_up_local(void **state)
{
    static const char PATTERN[] = "/tmp/file_io_test_XXXXXX";
    struct fixture *fixture = calloc(1, sizeof *fixture);
    char path[sizeof PATTERN];
    memcpy(path, PATTERN, sizeof PATTERN);
    assert_non_null(mkdtemp(path));
    snprintf(fixture->root, sizeof fixture->root, "file://%s", path);
    fixture->io = local_file_io_create();
    *state = fixture;
    return 0;
}

static int set_up_memory(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    snprintf(fixture->root, sizeof fixture->root, "memory:///root");
    fixture->io = memory_file_io_create();
    struct error error;
    assert_int_equal(file_io_make_directories(fixture->io, fixture->root, &error), STATUS_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    assert_int_equal(file_io_delete_directory(fixture->io, fixture->root, &error), STATUS_OK);
    file_io_free(fixture->io);
    free(fixture);
    return 0;
}

static const char *in(const struct fixture *fixture, const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", fixture->root, name);
    return path;
}

static void assert_content(const struct fixture *fixture, const char *name, const char *wanted)
{
    char path[256];
    struct buffer bytes = {0};
    struct error error;
    assert_int_equal(file_io_read(fixture->io, in(fixture, name, path), &bytes, &error), STATUS_OK);
    assert_int_equal(bytes.size, strlen(wanted));
    assert_memory_equal(bytes.data, wanted, bytes.size);
    buffer_free(&bytes);
}

static void what_is_written_is_read_back(void **state)
{
    struct fixture *fixture = *state;
    char path[256];
    struct error error;
    struct file_output *output;
    in(fixture, "a/b/c.bin", path); /* folders are made */
    assert_int_equal(file_io_open_output(fixture->io, path, &output, &error), STATUS_OK);
    assert_int_equal(file_output_write(output, "hello ", 6, &error), STATUS_OK);
    assert_int_equal(file_output_write(output, "world", 5, &error), STATUS_OK);
    assert_int_equal(file_output_sync(output, &error), STATUS_OK);
    assert_int_equal(file_output_close(output, &error), STATUS_OK);
    assert_content(fixture, "a/b/c.bin", "hello world");

    struct buffer bytes = {0};
    assert_int_equal(file_io_read_range(fixture->io, path, 6, 5, &bytes, &error), STATUS_OK);
    assert_memory_equal(bytes.data, "world", 5);
    assert_int_equal(file_io_read_range(fixture->io, path, 6, 6, &bytes, &error), STATUS_CORRUPT);
    assert_int_equal(bytes.size, 5); /* left as it was */
    buffer_free(&bytes);

    struct file_status file;
    assert_int_equal(file_io_stat(fixture->io, path, &file, &error), STATUS_OK);
    assert_int_equal(file.size, 11);
    assert_false(file.is_directory);
    assert_int_equal(file_io_stat(fixture->io, in(fixture, "a/b", path), &file, &error), STATUS_OK);
    assert_true(file.is_directory);
}

static void an_aborted_file_is_gone(void **state)
{
    struct fixture *fixture = *state;
    char path[256];
    struct error error;
    struct file_output *output;
    bool exists = true;
    assert_int_equal(file_io_open_output(fixture->io, in(fixture, "x", path), &output, &error), STATUS_OK);
    assert_int_equal(file_output_write(output, "x", 1, &error), STATUS_OK);
    file_output_abort(output);
    assert_int_equal(file_io_exists(fixture->io, path, &exists, &error), STATUS_OK);
    assert_false(exists);
}

static void exclusive_creation_leaves_what_is_there(void **state)
{
    struct fixture *fixture = *state;
    char path[256];
    struct error error;
    in(fixture, "v1", path);
    assert_int_equal(file_io_create_exclusive(fixture->io, path, "first", 5, &error), STATUS_OK);
    assert_int_equal(file_io_create_exclusive(fixture->io, path, "second", 6, &error), STATUS_ALREADY_EXISTS);
    assert_content(fixture, "v1", "first");
    assert_int_equal(file_io_replace(fixture->io, path, "third", 5, &error), STATUS_OK);
    assert_content(fixture, "v1", "third");
}

static bool count_entry(void *context, const char *name, bool is_directory)
{
    int *count = context;
    assert_true(is_directory == (strcmp(name, "folder") == 0));
    (*count)++;
    return true;
}

static void listings_show_one_level_and_no_leftovers(void **state)
{
    struct fixture *fixture = *state;
    char path[256];
    char other[256];
    struct error error;
    int count = 0;
    assert_int_equal(file_io_create_exclusive(fixture->io, in(fixture, "one", path), "1", 1, &error),
                     STATUS_OK);
    assert_int_equal(file_io_create_exclusive(fixture->io, path, "1", 1, &error), STATUS_ALREADY_EXISTS);
    assert_int_equal(file_io_replace(fixture->io, in(fixture, "two", path), "2", 1, &error), STATUS_OK);
    assert_int_equal(file_io_write(fixture->io, in(fixture, "folder/three", path), "3", 1, &error),
                     STATUS_OK);
    assert_int_equal(file_io_list(fixture->io, fixture->root, count_entry, &count, &error), STATUS_OK);
    assert_int_equal(count, 3);
    assert_int_equal(file_io_list(fixture->io, in(fixture, "none", path), count_entry, &count, &error),
                     STATUS_NOT_FOUND);

    assert_int_equal(
        file_io_rename_noreplace(fixture->io, in(fixture, "one", path), in(fixture, "two", other), &error),
        STATUS_ALREADY_EXISTS);
    assert_int_equal(file_io_rename_noreplace(fixture->io, path, in(fixture, "four", other), &error),
                     STATUS_OK);
    assert_content(fixture, "four", "1");
    assert_int_equal(file_io_delete(fixture->io, path, &error), STATUS_OK); /* gone already */
    assert_int_equal(file_io_delete(fixture->io, other, &error), STATUS_OK);
    assert_int_equal(file_io_read(fixture->io, other, &(struct buffer){0}, &error), STATUS_NOT_FOUND);
}

/* Only local files have a second name, that shows the same bytes and outlives the first. */
static void files_are_linked_where_they_can(void **state)
{
    struct fixture *fixture = *state;
    char path[256], other[256];
    struct error error;
    assert_int_equal(file_io_write(fixture->io, in(fixture, "first", path), "12", 2, &error), STATUS_OK);
    enum status status = file_io_link(fixture->io, path, in(fixture, "made/second", other), &error);
    if (strncmp(fixture->root, "memory:", 7) == 0) {
        assert_int_equal(status, STATUS_UNSUPPORTED);
        return;
    }
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(file_io_link(fixture->io, path, other, &error), STATUS_ALREADY_EXISTS);
    assert_int_equal(file_io_delete(fixture->io, path, &error), STATUS_OK);
    assert_content(fixture, "made/second", "12");
    assert_int_equal(file_io_link(fixture->io, path, other, &error), STATUS_NOT_FOUND);
}

static void errors_name_the_path(void **state)
{
    struct fixture *fixture = *state;
    char path[256];
    struct error error;
    struct buffer bytes = {0};
    assert_int_equal(file_io_read(fixture->io, in(fixture, "missing", path), &bytes, &error),
                     STATUS_NOT_FOUND);
    assert_non_null(strstr(error.message, "/missing"));
    assert_non_null(strstr(error.message, "o such file"));
}

enum { RACERS = 4, ROUNDS = 50 };
struct racer {
    const struct fixture *fixture;
    int wins;
    char id;
};

static void *race(void *context)
{
    struct racer *racer = context;
    for (int i = 0; i < ROUNDS; i++) {
        char name[32];
        char path[256];
        struct error error;
        snprintf(name, sizeof name, "race%d", i);
        if (file_io_create_exclusive(racer->fixture->io, in(racer->fixture, name, path), &racer->id, 1,
                                     &error) == STATUS_OK)
            racer->wins++;
    }
    return NULL;
}

static void one_of_many_racers_wins_each_name(void **state)
{
    struct fixture *fixture = *state;
    pthread_t threads[RACERS];
    struct racer racers[RACERS];
    int wins = 0;
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){fixture, 0, (char)('a' + i)};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        wins += racers[i].wins;
    }
    assert_int_equal(wins, ROUNDS);
}

static void schemes_are_told_apart(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io;
    assert_int_equal(file_io_for_uri("s3://bucket/warehouse", &io, &error), STATUS_UNSUPPORTED);
    assert_non_null(strstr(error.message, "s3"));
    assert_non_null(strstr(error.message, "file:///"));
    const char *const local[] = {"file:///tmp", "file:/tmp", "/tmp", "relative/with:colon"};
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
        assert_int_equal(file_io_for_uri(local[i], &io, &error), STATUS_OK);
        file_io_free(io);
    }
    const char *const parents[][2] = {{"/a/b", "/a"}, {"/a", "/"}, {"file:///a/b", "file:///a"}, {"a", "."}};
    for (size_t i = 0; i < sizeof parents / sizeof parents[0]; i++) {
        char *parent = file_path_parent(parents[i][0]);
        assert_string_equal(parent, parents[i][1]);
        free(parent);
    }
}

static enum file_fault fail_writes(void *context, enum file_operation operation, const char *path)
{
    (void)path;
    return operation == FILE_CREATE_EXCLUSIVE ? *(enum file_fault *)context : FILE_FAULT_NONE;
}

static void injected_faults_lose_the_effect_or_only_the_answer(void **state)
{
    struct fixture *fixture = *state;
    char path[256];
    struct error error;
    bool exists;
    enum file_fault fault = FILE_FAULT_BEFORE;
    struct file_io *other = memory_file_io_view(fixture->io);
    memory_file_io_set_hook(fixture->io, fail_writes, &fault);
    in(fixture, "v1", path);
    assert_int_equal(file_io_create_exclusive(fixture->io, path, "1", 1, &error), STATUS_UNAVAILABLE);
    assert_int_equal(file_io_exists(other, path, &exists, &error), STATUS_OK);
    assert_false(exists);
    fault = FILE_FAULT_AFTER;
    assert_int_equal(file_io_create_exclusive(fixture->io, path, "1", 1, &error), STATUS_UNAVAILABLE);
    assert_int_equal(file_io_exists(other, path, &exists, &error), STATUS_OK);
    assert_true(exists);
    memory_file_io_set_hook(fixture->io, NULL, NULL);
    file_io_free(other);
}

#define BOTH(test)                                                                                           \
    cmocka_unit_test_setup_teardown(test, set_up_local, tear_down),                                          \
        cmocka_unit_test_setup_teardown(test, set_up_memory, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(what_is_written_is_read_back),
        BOTH(an_aborted_file_is_gone),
        BOTH(exclusive_creation_leaves_what_is_there),
        BOTH(listings_show_one_level_and_no_leftovers),
        BOTH(files_are_linked_where_they_can),
        BOTH(errors_name_the_path),
        BOTH(one_of_many_racers_wins_each_name),
        cmocka_unit_test(schemes_are_told_apart),
        cmocka_unit_test_setup_teardown(injected_faults_lose_the_effect_or_only_the_answer, set_up_memory,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
