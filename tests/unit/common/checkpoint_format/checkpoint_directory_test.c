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
#define UID    "0123456789abcdef0123456789abcdef"

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
    struct checkpoint_operator owner = {.uid = UID, .name = "Source: a[1]", .node_id = 1};
    struct checkpoint_operator_state offsets = {
        .owner = owner, .subtask = 1, .state = {(const uint8_t *)"offsets", 7}};
    struct checkpoint_operator_state empty = {.owner = owner, .subtask = 0};
    checkpoint_metadata_add_state(metadata, &offsets);
    checkpoint_metadata_add_state(metadata, &empty);
    struct keyed_state_file files[] = {
        {.path = "shared/a.sst", .name = "000001.sst", .size_bytes = 70, .checksum = 5, .is_shared = true},
        {.path = "shared/b", .name = "CURRENT", .size_bytes = 30, .checksum = 6},
    };
    struct keyed_state_signature signature = {"accumulators", "ROW<a BIGINT>", "COUNT(*)", 1};
    struct keyed_state_handle handle = {
        .first_key_group = 64,
        .end_key_group = 128,
        .max_parallelism = 128,
        .backend = "rocksdb",
        .files = files,
        .num_files = 2,
        .states = &signature,
        .num_states = 1,
        .size_bytes = 100,
        .incremental_bytes = 30,
    };
    struct checkpoint_keyed_state keyed = {
        .owner = {.uid = UID, .name = "GroupAggregate[3]", .node_id = 3}, .subtask = 1, .handle = &handle};
    checkpoint_metadata_add_keyed_state(metadata, &keyed);
    struct checkpoint_committable committable = {
        .owner = {.uid = UID, .name = "t[4]: Writer", .node_id = 4},
        .sink_id = 2,
        .subtask = 1,
        .content = {(const uint8_t *)"files", 5},
    };
    checkpoint_metadata_add_committable(metadata, &committable);
    checkpoint_metadata_sort(metadata);
    const struct checkpoint_slot slots[] = {{"tm-a", 1}, {"tm-b", 0}};
    checkpoint_metadata_set_slots(metadata, slots, 2);
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
    assert_int_equal(read->states[0].subtask, 0);
    assert_int_equal(read->states[0].state.size, 0);
    assert_int_equal(read->states[1].subtask, 1);
    assert_memory_equal(read->states[1].state.data, "offsets", 7);
    assert_string_equal(read->states[1].owner.uid, UID);
    assert_string_equal(read->states[1].owner.name, "Source: a[1]");
    assert_int_equal(read->states[1].owner.node_id, 1);
    assert_int_equal(read->num_keyed_states, 1);
    assert_int_equal(read->keyed_states[0].owner.node_id, 3);
    assert_int_equal(read->keyed_states[0].subtask, 1);
    assert_int_equal(read->keyed_states[0].handle->first_key_group, 64);
    assert_string_equal(read->keyed_states[0].handle->files[0].path, "shared/a.sst");
    assert_true(read->keyed_states[0].handle->files[0].is_shared);
    assert_int_equal(checkpoint_metadata_state_bytes(read), 107);
    assert_int_equal(checkpoint_metadata_incremental_bytes(read), 37);
    assert_int_equal(read->num_committables, 1);
    assert_int_equal(read->committables[0].sink_id, 2);
    assert_string_equal(read->committables[0].owner.name, "t[4]: Writer");
    assert_memory_equal(read->committables[0].content.data, "files", 5);
    assert_int_equal(read->uncommitted[0].checkpoint_id, 8);
    assert_int_equal(read->num_slots, 2);
    assert_string_equal(read->slots[1].taskmanager_id, "tm-b");
    assert_int_equal(read->slots[0].slot, 1);
    checkpoint_metadata_unref(read);
    checkpoint_metadata_unref(metadata);
    buffer_free(&bytes);
}

/* As it was written before operators had ids of their own: "state" of node 7 in subtask 2, files of sink 1.
 */
static const uint8_t version_1[] = {
    0x46, 0x52, 0x5a, 0x43, 0x4b, 0x50, 0x54, 0x31, 0x01, 0x00, 0x00, 0x00, 0x3c, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x07, 0x64, 0x65, 0x66, 0x61, 0x75, 0x6c, 0x74, 0x12,
    0x03, 0x6a, 0x6f, 0x62, 0x1a, 0x07, 0x6c, 0x69, 0x6e, 0x65, 0x61, 0x67, 0x65, 0x20, 0x04,
    0x28, 0x09, 0x30, 0x03, 0x52, 0x0f, 0x0a, 0x02, 0x76, 0x31, 0x10, 0x02, 0x18, 0x07, 0x22,
    0x05, 0x73, 0x74, 0x61, 0x74, 0x65, 0x5a, 0x09, 0x08, 0x01, 0x1a, 0x05, 0x66, 0x69, 0x6c,
    0x65, 0x73, 0x68, 0x80, 0x01, 0x97, 0x88, 0x6a, 0x93, 0x11, 0x18, 0x3c, 0x9d};

static void a_file_of_version_1_is_still_read(void **state)
{
    (void)state;
    struct error error;
    struct checkpoint_metadata *read;
    assert_int_equal(
        checkpoint_metadata_decode((struct bytes_view){version_1, sizeof version_1}, &read, &error),
        STATUS_OK);
    assert_int_equal(read->checkpoint_id, 9);
    assert_int_equal(read->num_states, 1);
    assert_string_equal(read->states[0].owner.uid, "");
    assert_int_equal(read->states[0].owner.node_id, 7);
    assert_int_equal(read->states[0].subtask, 2);
    assert_memory_equal(read->states[0].state.data, "state", 5);
    assert_int_equal(read->num_keyed_states, 0);
    assert_int_equal(read->committables[0].sink_id, 1);
    checkpoint_metadata_unref(read);
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
        cmocka_unit_test(a_file_of_version_1_is_still_read),
        cmocka_unit_test(every_flipped_bit_and_every_cut_is_found),
        cmocka_unit_test(published_checkpoints_are_listed_in_order_and_once),
        cmocka_unit_test(a_checkpoint_under_another_name_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
