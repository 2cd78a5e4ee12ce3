#include "common/leader_record/leader_record.h"

#include "common/filesystem/memory_file_io.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FOLDER "memory:///ha"

static struct leader_record record_of(uint64_t epoch, const char *address)
{
    struct leader_record record = {
        .epoch = epoch, .leader_id = "0123456789abcdef0123456789abcdef", .since_ms = 5};
    snprintf(record.rpc_address, sizeof record.rpc_address, "%s", address);
    return record;
}

static void the_highest_epoch_leads_and_is_taken_once(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io = memory_file_io_create();
    struct leader_record read;
    assert_int_equal(leader_record_read(io, FOLDER, &read, &error), STATUS_NOT_FOUND);
    struct leader_record first = record_of(9, "tcp://a:1"), second = record_of(10, "tcp://b:2");
    assert_int_equal(leader_record_publish(io, FOLDER, &first, &error), STATUS_OK);
    assert_int_equal(leader_record_publish(io, FOLDER, &second, &error), STATUS_OK);
    second = record_of(10, "tcp://c:3");
    assert_int_equal(leader_record_publish(io, FOLDER, &second, &error), STATUS_ALREADY_EXISTS);
    assert_int_equal(leader_record_read(io, FOLDER, &read, &error), STATUS_OK);
    assert_int_equal(read.epoch, 10);
    assert_string_equal(read.rpc_address, "tcp://b:2");
    assert_string_equal(read.leader_id, "0123456789abcdef0123456789abcdef");
    file_io_free(io);
}

static void old_records_are_pruned(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io = memory_file_io_create();
    for (uint64_t epoch = 1; epoch <= 5; epoch++) {
        struct leader_record record = record_of(epoch, "tcp://a:1");
        assert_int_equal(leader_record_publish(io, FOLDER, &record, &error), STATUS_OK);
    }
    assert_int_equal(leader_record_prune(io, FOLDER, 2, &error), STATUS_OK);
    bool exists;
    assert_int_equal(file_io_exists(io, FOLDER "/epochs/epoch-3.json", &exists, &error), STATUS_OK);
    assert_false(exists);
    uint64_t newest;
    assert_int_equal(leader_record_newest_epoch(io, FOLDER, &newest, &error), STATUS_OK);
    assert_int_equal(newest, 5);
    file_io_free(io);
}

static void a_damaged_record_is_named(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io = memory_file_io_create();
    struct leader_record record = record_of(1, "tcp://a:1"), read;
    assert_int_equal(leader_record_publish(io, FOLDER, &record, &error), STATUS_OK);
    assert_int_equal(file_io_replace(io, FOLDER "/epochs/epoch-1.json", "{}", 2, &error), STATUS_OK);
    assert_int_equal(leader_record_read(io, FOLDER, &read, &error), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "epoch-1.json"));
    file_io_free(io);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_epoch_leads_and_is_taken_once),
        cmocka_unit_test(old_records_are_pruned),
        cmocka_unit_test(a_damaged_record_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
