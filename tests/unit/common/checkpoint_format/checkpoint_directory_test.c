#include "common/checkpoint_format/checkpoint_directory.h"

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

static struct checkpoint_metadata *make(uint64_t id, uint64_t epoch)
{
    struct checkpoint_metadata *metadata = checkpoint_metadata_create();
    metadata->name_space = "default";
    metadata->job_id = "job";
    metadata->lineage = "lineage";
    metadata->epoch = epoch;
    metadata->checkpoint_id = id;
    metadata->attempt = 3;
    metadata->max_parallelism = 128;
    metadata->is_final = true;
    metadata->trigger_ms = 1000;
    metadata->completed_ms = 1010;
    checkpoint_metadata_add_state(metadata, "v1", 0, 1, (struct bytes_view){(const uint8_t *)"offsets", 7});
    checkpoint_metadata_add_state(metadata, "v1", 1, 1, (struct bytes_view){0});
    checkpoint_metadata_add_committable(metadata, 2, 1, (struct bytes_view){(const uint8_t *)"files", 5});
    checkpoint_metadata_add_uncommitted(metadata, (struct checkpoint_reference){id - 1, epoch});
    return metadata;
}

static void all_of_it_comes_back(void **state)
{
    (void)state;
    struct error error;
    struct buffer bytes = {0};
    struct checkpoint_metadata *metadata = make(9, 4), *read;
    checkpoint_metadata_encode(metadata, &bytes);
    assert_int_equal(checkpoint_metadata_decode(buffer_view(&bytes), &read, &error), STATUS_OK);
    assert_string_equal(read->job_id, "job");
    assert_string_equal(read->lineage, "lineage");
    assert_int_equal(read->checkpoint_id, 9);
    assert_int_equal(read->epoch, 4);
    assert_int_equal(read->attempt, 3);
    assert_true(read->is_final);
    assert_int_equal(read->num_states, 2);
    assert_string_equal(read->states[0].vertex_id, "v1");
    assert_memory_equal(read->states[0].state.data, "offsets", 7);
    assert_int_equal(read->states[1].subtask, 1);
    assert_int_equal(read->states[1].state.size, 0);
    assert_int_equal(read->num_committables, 1);
    assert_int_equal(read->committables[0].sink_id, 2);
    assert_memory_equal(read->committables[0].content.data, "files", 5);
    assert_int_equal(read->uncommitted[0].checkpoint_id, 8);
    checkpoint_metadata_unref(read);
    checkpoint_metadata_unref(metadata);
    buffer_free(&bytes);
}

static void every_flipped_bit_and_every_cut_is_found(void **state)
{
    (void)state;
    struct error error;
    struct buffer bytes = {0};
    struct checkpoint_metadata *metadata = make(9, 4), *read = NULL;
    checkpoint_metadata_encode(metadata, &bytes);
    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        bytes.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
        assert_int_equal(checkpoint_metadata_decode(buffer_view(&bytes), &read, &error), STATUS_CORRUPT);
        bytes.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
    }
    for (size_t size = 0; size < bytes.size; size++)
        assert_int_equal(checkpoint_metadata_decode((struct bytes_view){bytes.data, size}, &read, &error),
                         STATUS_CORRUPT);
    assert_null(read);
    checkpoint_metadata_unref(metadata);
    buffer_free(&bytes);
}

static void published_checkpoints_are_listed_in_order_and_once(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io = memory_file_io_create();
    struct checkpoint_reference *references;
    size_t count;
    uint64_t size_bytes = 0;
    assert_int_equal(checkpoint_list(io, FOLDER, &references, &count, &error), STATUS_OK);
    assert_int_equal(count, 0);
    free(references);
    const uint64_t ids[] = {10, 2, 9};
    for (size_t i = 0; i < 3; i++) {
        struct checkpoint_metadata *metadata = make(ids[i], 1);
        assert_int_equal(checkpoint_publish(io, FOLDER, metadata, &size_bytes, &error), STATUS_OK);
        assert_int_equal(checkpoint_publish(io, FOLDER, metadata, &size_bytes, &error),
                         STATUS_ALREADY_EXISTS);
        checkpoint_metadata_unref(metadata);
    }
    assert_true(size_bytes > 0);
    /* One whose metadata was not published yet does not count. */
    assert_int_equal(file_io_make_directories(io, FOLDER "/chk-77-e1", &error), STATUS_OK);
    assert_int_equal(checkpoint_list(io, FOLDER, &references, &count, &error), STATUS_OK);
    assert_int_equal(count, 3);
    assert_int_equal(references[0].checkpoint_id, 2);
    assert_int_equal(references[2].checkpoint_id, 10);
    struct checkpoint_metadata *read;
    assert_int_equal(checkpoint_read(io, FOLDER, references[1], &read, &error), STATUS_OK);
    assert_int_equal(read->checkpoint_id, 9);
    checkpoint_metadata_unref(read);
    assert_int_equal(checkpoint_read_path(io, FOLDER "/chk-9-e1/", &read, &error), STATUS_OK);
    checkpoint_metadata_unref(read);
    assert_int_equal(checkpoint_delete(io, FOLDER, references[1], &error), STATUS_OK);
    assert_int_equal(checkpoint_read(io, FOLDER, references[1], &read, &error), STATUS_NOT_FOUND);
    free(references);
    file_io_free(io);
}

static void a_checkpoint_under_another_name_is_refused(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io = memory_file_io_create();
    struct buffer bytes = {0};
    struct checkpoint_metadata *metadata = make(9, 4), *read;
    checkpoint_metadata_encode(metadata, &bytes);
    assert_int_equal(file_io_make_directories(io, FOLDER "/chk-8-e4", &error), STATUS_OK);
    assert_int_equal(file_io_write(io, FOLDER "/chk-8-e4/_metadata", bytes.data, bytes.size, &error),
                     STATUS_OK);
    assert_int_equal(checkpoint_read(io, FOLDER, (struct checkpoint_reference){8, 4}, &read, &error),
                     STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "chk-8-e4"));
    checkpoint_metadata_unref(metadata);
    buffer_free(&bytes);
    file_io_free(io);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_comes_back),
        cmocka_unit_test(every_flipped_bit_and_every_cut_is_found),
        cmocka_unit_test(published_checkpoints_are_listed_in_order_and_once),
        cmocka_unit_test(a_checkpoint_under_another_name_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
