#include "jobmanager/checkpoint/checkpoint_finder.h"

#include "common/filesystem/memory_file_io.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FOLDER "memory:///checkpoints/default/job"

static void publish(struct file_io *io, uint64_t id, uint64_t epoch, uint64_t uncommitted_id)
{
    struct error error;
    uint64_t size_bytes;
    struct checkpoint_metadata *metadata = checkpoint_metadata_create();
    metadata->name_space = metadata->job_id = metadata->lineage = "x";
    metadata->checkpoint_id = id;
    metadata->epoch = epoch;
    if (uncommitted_id > 0)
        checkpoint_metadata_add_uncommitted(metadata, (struct checkpoint_reference){uncommitted_id, epoch});
    assert_int_equal(checkpoint_publish(io, FOLDER, metadata, &size_bytes, &error), STATUS_OK);
    checkpoint_metadata_unref(metadata);
}

static void what_an_older_epoch_publishes_beyond_the_record_is_void(void **state)
{
    (void)state;
    const struct continue_record records[] = {{.epoch = 2, .checkpoint_id = 3}};
    assert_true(checkpoint_is_in_line((struct checkpoint_reference){3, 1}, records, 1));
    assert_false(checkpoint_is_in_line((struct checkpoint_reference){4, 1}, records, 1));
    assert_true(checkpoint_is_in_line((struct checkpoint_reference){4, 2}, records, 1));
    assert_true(checkpoint_is_in_line((struct checkpoint_reference){4, 3}, records, 1));
}

static void the_newest_in_line_is_found_with_what_it_left_uncommitted(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io = memory_file_io_create();
    const struct continue_record records[] = {{.epoch = 2, .checkpoint_id = 6}};
    publish(io, 5, 1, 0);
    publish(io, 6, 1, 5);
    publish(io, 9, 1, 6); /* too late */
    struct checkpoint_search search = {
        .io = io, .job_folder = FOLDER, .records = records, .num_records = 1, .reserved_until = 8};
    struct found_checkpoints found;
    assert_int_equal(checkpoint_find(&search, &found, &error), STATUS_OK);
    assert_true(found.is_own);
    assert_int_equal(found.latest->checkpoint_id, 6);
    assert_int_equal(found.num_uncommitted, 1);
    assert_int_equal(found.uncommitted[0]->checkpoint_id, 5);
    assert_int_equal(found.num_references, 2);
    assert_int_equal(found.metadata[0]->checkpoint_id, 5);
    assert_int_equal(found.metadata[1]->checkpoint_id, 6);
    assert_int_equal(found.next_id, 10);
    found_checkpoints_free(&found);
    file_io_free(io);
}

static void a_damaged_newest_one_is_never_passed_over(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io = memory_file_io_create();
    publish(io, 5, 1, 0);
    publish(io, 6, 1, 0);
    struct buffer bytes = {0};
    assert_int_equal(file_io_read(io, FOLDER "/chk-6-e1/_metadata", &bytes, &error), STATUS_OK);
    assert_int_equal(file_io_replace(io, FOLDER "/chk-6-e1/_metadata", bytes.data, bytes.size - 3, &error),
                     STATUS_OK);
    buffer_free(&bytes);
    struct checkpoint_search search = {.io = io, .job_folder = FOLDER};
    struct found_checkpoints found;
    assert_int_equal(checkpoint_find(&search, &found, &error), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "chk-6-e1"));
    file_io_free(io);
}

/* It is only kept: what counts is the newest. */
static void an_older_one_may_be_damaged(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io = memory_file_io_create();
    publish(io, 5, 1, 0);
    publish(io, 6, 1, 0);
    assert_int_equal(file_io_replace(io, FOLDER "/chk-5-e1/_metadata", "x", 1, &error), STATUS_OK);
    struct checkpoint_search search = {.io = io, .job_folder = FOLDER};
    struct found_checkpoints found;
    assert_int_equal(checkpoint_find(&search, &found, &error), STATUS_OK);
    assert_int_equal(found.latest->checkpoint_id, 6);
    assert_int_equal(found.num_references, 2);
    assert_null(found.metadata[0]);
    found_checkpoints_free(&found);
    file_io_free(io);
}

static void a_job_without_its_own_restores_the_one_it_is_given(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io = memory_file_io_create();
    publish(io, 5, 1, 0);
    publish(io, 6, 1, 5);
    struct checkpoint_search search = {
        .io = io, .job_folder = "memory:///checkpoints/default/other", .restore_path = FOLDER "/chk-6-e1/"};
    struct found_checkpoints found;
    assert_int_equal(checkpoint_find(&search, &found, &error), STATUS_OK);
    assert_false(found.is_own);
    assert_int_equal(found.latest->checkpoint_id, 6);
    assert_int_equal(found.num_uncommitted, 1);
    assert_int_equal(found.next_id, 7);
    assert_string_equal(found.folder, FOLDER);
    found_checkpoints_free(&found);
    search.claims_restored = true;
    assert_int_equal(checkpoint_find(&search, &found, &error), STATUS_OK);
    assert_int_equal(found.claimed->checkpoint_id, 6);
    assert_string_equal(found.claimed_folder, FOLDER "/chk-6-e1");
    found_checkpoints_free(&found);
    search.claims_restored = false;
    search.job_folder = NULL;
    search.restore_path = FOLDER "/chk-6-e1/_metadata";
    assert_int_equal(checkpoint_find(&search, &found, &error), STATUS_OK);
    assert_int_equal(found.num_uncommitted, 1);
    found_checkpoints_free(&found);
    search.restore_path = FOLDER "/chk-99-e1";
    assert_int_equal(checkpoint_find(&search, &found, &error), STATUS_NOT_FOUND);
    file_io_free(io);
}

static void a_claimed_one_is_kept_until_it_is_gone(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io = memory_file_io_create();
    publish(io, 5, 1, 0);
    struct checkpoint_search search = {
        .io = io, .job_folder = FOLDER, .restore_path = "memory:///old/chk-3-e1", .claims_restored = true};
    struct found_checkpoints found;
    assert_int_equal(checkpoint_find(&search, &found, &error), STATUS_OK);
    assert_true(found.is_own);
    assert_null(found.claimed);
    assert_null(found.folder);
    found_checkpoints_free(&found);
    struct buffer bytes = {0};
    assert_int_equal(file_io_read(io, FOLDER "/chk-5-e1/_metadata", &bytes, &error), STATUS_OK);
    assert_int_equal(file_io_write(io, "memory:///old/chk-3-e1/_metadata", bytes.data, bytes.size, &error),
                     STATUS_OK);
    buffer_free(&bytes);
    assert_int_equal(checkpoint_find(&search, &found, &error), STATUS_OK);
    assert_true(found.is_own);
    assert_non_null(found.claimed);
    assert_string_equal(found.folder, "memory:///old");
    found_checkpoints_free(&found);
    file_io_free(io);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_older_epoch_publishes_beyond_the_record_is_void),
        cmocka_unit_test(the_newest_in_line_is_found_with_what_it_left_uncommitted),
        cmocka_unit_test(a_damaged_newest_one_is_never_passed_over),
        cmocka_unit_test(an_older_one_may_be_damaged),
        cmocka_unit_test(a_claimed_one_is_kept_until_it_is_gone),
        cmocka_unit_test(a_job_without_its_own_restores_the_one_it_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
