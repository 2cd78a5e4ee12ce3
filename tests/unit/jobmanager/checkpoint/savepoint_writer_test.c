#include "jobmanager/checkpoint/savepoint_writer.h"

#include "common/base/memory.h"
#include "common/filesystem/memory_file_io.h"
#include "jobmanager/checkpoint/checkpoint_finder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include <cmocka.h>

#define JOB_FOLDER "memory:///checkpoints/default/job"
#define SAVEPOINT  "memory:///savepoints/savepoint-000000-111111111111"

enum { BIG_BYTES = (5 << 20) / 2 }; /* more than two pieces of a copy */

static enum status yes(void *context, struct error *error)
{
    (void)context;
    (void)error;
    return STATUS_OK;
}

static enum status no(void *context, struct error *error)
{
    (void)context;
    return error_set(error, STATUS_FENCED, "another leads");
}

/* A committed checkpoint with two subtasks, each with a file CURRENT and one that both share. */
struct fixture {
    struct file_io *io;
    char *big;
    struct checkpoint_metadata *metadata;
    struct savepoint_write write;
};

static struct keyed_state_file put_file(struct fixture *fixture, const char *path, const char *name,
                                        const void *data, size_t size, bool is_shared)
{
    struct error error;
    struct buffer full = {0};
    buffer_printf(&full, "%s/%s", JOB_FOLDER, path);
    assert_int_equal(file_io_write(fixture->io, buffer_text(&full), data, size, &error), STATUS_OK);
    buffer_free(&full);
    return (struct keyed_state_file){path, name, size, XXH3_64bits(data, size), is_shared};
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->io = memory_file_io_create();
    fixture->big = malloc(BIG_BYTES);
    for (size_t i = 0; i < BIG_BYTES; i++)
        fixture->big[i] = (char)(i * 7 + i / 1000);
    struct checkpoint_metadata *metadata = checkpoint_metadata_create();
    metadata->name_space = metadata->job_id = metadata->lineage = "x";
    metadata->checkpoint_id = 9;
    metadata->epoch = 2;
    metadata->max_parallelism = 128;
    metadata->savepoint_folder = SAVEPOINT;
    struct checkpoint_operator_state offsets = {.owner = {"uid", "Source", 1},
                                                .state = {(const uint8_t *)"offsets", 7}};
    checkpoint_metadata_add_state(metadata, &offsets);
    struct keyed_state_file shared =
        put_file(fixture, "shared/s.sst", "000001.sst", fixture->big, BIG_BYTES, true);
    for (uint32_t subtask = 0; subtask < 2; subtask++) {
        struct keyed_state_file files[] = {
            shared,
            subtask == 0 ? put_file(fixture, "shared/c0", "CURRENT", "zero", 4, false)
                         : put_file(fixture, "shared/c1", "CURRENT", "one", 3, false),
        };
        struct keyed_state_handle handle = {.first_key_group = 64 * subtask,
                                            .end_key_group = 64 * subtask + 64,
                                            .max_parallelism = 128,
                                            .backend = "rocksdb",
                                            .files = files,
                                            .num_files = 2,
                                            .size_bytes = BIG_BYTES + 4,
                                            .incremental_bytes = 4};
        struct checkpoint_keyed_state keyed = {
            .owner = {"uid2", "Aggregate", 2}, .subtask = subtask, .handle = &handle};
        checkpoint_metadata_add_keyed_state(metadata, &keyed);
    }
    struct checkpoint_committable committable = {.owner = {"uid3", "t", 3},
                                                 .content = {(const uint8_t *)"files", 5}};
    checkpoint_metadata_add_committable(metadata, &committable);
    checkpoint_metadata_add_uncommitted(metadata, (struct checkpoint_reference){8, 2});
    fixture->metadata = metadata;
    fixture->write = (struct savepoint_write){.from = fixture->io,
                                              .job_folder = JOB_FOLDER,
                                              .to = fixture->io,
                                              .metadata = metadata,
                                              .may_go_on = yes,
                                              .check_lead = yes};
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    checkpoint_metadata_unref(fixture->metadata);
    file_io_free(fixture->io);
    free(fixture->big);
    free(fixture);
    return 0;
}

static bool exists(const struct fixture *fixture, const char *path)
{
    struct error error;
    bool is_there = false;
    assert_int_equal(file_io_exists(fixture->io, path, &is_there, &error), STATUS_OK);
    return is_there;
}

static void a_savepoint_needs_nothing_but_its_own_folder(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    assert_int_equal(savepoint_write(&fixture->write, &error), STATUS_OK);
    assert_int_equal(file_io_delete_directory(fixture->io, JOB_FOLDER, &error), STATUS_OK);
    struct checkpoint_search search = {.io = fixture->io, .restore_path = SAVEPOINT "/"};
    struct found_checkpoints found;
    assert_int_equal(checkpoint_find(&search, &found, &error), STATUS_OK);
    assert_string_equal(found.folder, SAVEPOINT);
    assert_int_equal(found.num_uncommitted, 0);
    const struct checkpoint_metadata *read = found.latest;
    assert_true(read->is_savepoint);
    assert_int_equal(read->checkpoint_id, 9);
    assert_memory_equal(read->states[0].state.data, "offsets", 7);
    assert_int_equal(read->num_committables, 1);
    assert_int_equal(read->num_keyed_states, 2);
    for (size_t s = 0; s < 2; s++) {
        const struct keyed_state_handle *handle = read->keyed_states[s].handle;
        assert_int_equal(handle->incremental_bytes, handle->size_bytes);
        for (size_t f = 0; f < handle->num_files; f++) {
            const struct keyed_state_file *file = &handle->files[f];
            assert_null(strchr(file->path, '/'));
            assert_false(file->is_shared);
            struct buffer path = {0}, content = {0};
            buffer_printf(&path, "%s/%s", found.folder, file->path);
            assert_int_equal(file_io_read(fixture->io, buffer_text(&path), &content, &error), STATUS_OK);
            assert_int_equal(content.size, file->size_bytes);
            assert_true(XXH3_64bits(content.data, content.size) == file->checksum);
            buffer_free(&path);
            buffer_free(&content);
        }
    }
    found_checkpoints_free(&found);
}

static void a_file_that_is_not_what_was_written_is_found(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    fixture->big[BIG_BYTES / 2] ^= 1;
    assert_int_equal(
        file_io_replace(fixture->io, JOB_FOLDER "/shared/s.sst", fixture->big, BIG_BYTES, &error), STATUS_OK);
    assert_int_equal(savepoint_write(&fixture->write, &error), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "shared/s.sst"));
    assert_false(exists(fixture, SAVEPOINT));
}

static void who_stops_or_leads_no_more_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    fixture->write.check_lead = no;
    assert_int_equal(savepoint_write(&fixture->write, &error), STATUS_FENCED);
    assert_false(exists(fixture, SAVEPOINT));
    fixture->write.may_go_on = no;
    assert_int_equal(savepoint_write(&fixture->write, &error), STATUS_FENCED);
    assert_false(exists(fixture, SAVEPOINT));
}

static void what_a_dead_leader_left_is_removed_unless_it_is_whole(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    assert_int_equal(file_io_write(fixture->io, SAVEPOINT "/000000-CURRENT", "x", 1, &error), STATUS_OK);
    assert_int_equal(savepoint_remove_partial(fixture->io, SAVEPOINT, &error), STATUS_OK);
    assert_false(exists(fixture, SAVEPOINT));
    assert_int_equal(savepoint_write(&fixture->write, &error), STATUS_OK);
    assert_int_equal(savepoint_remove_partial(fixture->io, SAVEPOINT, &error), STATUS_OK);
    assert_true(exists(fixture, SAVEPOINT "/_metadata"));
}

static void only_savepoints_are_disposed(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    uint64_t size_bytes;
    assert_int_equal(savepoint_write(&fixture->write, &error), STATUS_OK);
    assert_int_equal(savepoint_dispose(fixture->io, SAVEPOINT "/_metadata", &error), STATUS_OK);
    assert_false(exists(fixture, SAVEPOINT));
    assert_int_equal(savepoint_dispose(fixture->io, SAVEPOINT, &error), STATUS_NOT_FOUND);
    assert_int_equal(checkpoint_publish(fixture->io, JOB_FOLDER, fixture->metadata, &size_bytes, &error),
                     STATUS_OK);
    assert_int_equal(savepoint_dispose(fixture->io, JOB_FOLDER "/chk-9-e2", &error), STATUS_INVALID_ARGUMENT);
    assert_true(exists(fixture, JOB_FOLDER "/chk-9-e2/_metadata"));
    assert_int_equal(file_io_write(fixture->io, "memory:///home/_metadata", "my text", 7, &error), STATUS_OK);
    assert_int_equal(savepoint_dispose(fixture->io, "memory:///home", &error), STATUS_CORRUPT);
    assert_true(exists(fixture, "memory:///home/_metadata"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_savepoint_needs_nothing_but_its_own_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_not_what_was_written_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_stops_or_leads_no_more_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_dead_leader_left_is_removed_unless_it_is_whole, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_savepoints_are_disposed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
