#include "jobmanager/resourcemanager/resourcemanager.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct recorder {
    uint32_t num_added, num_lost;
    char lost[TASKMANAGER_ID_BYTES];
};

static void on_added(void *context, const struct taskmanager *taskmanager)
{
    (void)taskmanager;
    ((struct recorder *)context)->num_added++;
}

static void on_lost(void *context, const struct taskmanager *taskmanager, const struct error *reason)
{
    struct recorder *recorder = context;
    assert_true(reason->message[0] != '\0');
    recorder->num_lost++;
    memcpy(recorder->lost, taskmanager->id, sizeof recorder->lost);
}

static struct resourcemanager *make(struct recorder *recorder)
{
    *recorder = (struct recorder){0};
    struct resourcemanager_callbacks callbacks = {.context = recorder, .added = on_added, .lost = on_lost};
    return resourcemanager_create(1, 5000, &callbacks);
}

static enum status add(struct resourcemanager *manager, const char *id, const char *address, uint32_t slots,
                       uint32_t version, struct error *error)
{
    struct taskmanager_registration registration = {.id = id,
                                                    .address = address,
                                                    .data_address = "inproc://data",
                                                    .host = "h",
                                                    .protocol_version = version,
                                                    .build_version = "b",
                                                    .num_slots = slots};
    return resourcemanager_register(manager, &registration, 100, error);
}

#define A "0000000000000000000000000000000a"
#define B "0000000000000000000000000000000b"

static void slots_are_spread_and_come_back(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct slot_grant grants[5];
    struct resourcemanager *manager = make(&recorder);
    assert_int_equal(add(manager, A, "tcp://h:1", 2, 1, &error), STATUS_OK);
    assert_int_equal(add(manager, B, "tcp://h:2", 2, 1, &error), STATUS_OK);
    assert_int_equal(add(manager, B, "tcp://h:2", 2, 1, &error), STATUS_OK); /* again: nothing new */
    assert_int_equal(recorder.num_added, 2);
    assert_true(resourcemanager_allocate(manager, "job", 2, NULL, grants));
    assert_string_not_equal(grants[0].taskmanager_id, grants[1].taskmanager_id);
    assert_false(resourcemanager_allocate(manager, "other", 3, NULL, grants));
    assert_int_equal(resourcemanager_num_free_slots(manager), 2);
    resourcemanager_release(manager, "job");
    assert_int_equal(resourcemanager_num_free_slots(manager), 4);
    resourcemanager_free(manager);
}

static void a_silent_taskmanager_is_lost(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct resourcemanager *manager = make(&recorder);
    assert_int_equal(add(manager, A, "tcp://h:1", 2, 1, &error), STATUS_OK);
    assert_true(resourcemanager_heartbeat(manager, A, 1, 1, 2000));
    resourcemanager_tick(manager, 6999);
    assert_int_equal(recorder.num_lost, 0);
    assert_int_equal(resourcemanager_next_timer_ms(manager), 7000);
    resourcemanager_tick(manager, 7000);
    assert_string_equal(recorder.lost, A);
    assert_false(resourcemanager_heartbeat(manager, A, 1, 1, 7001));
    assert_int_equal(resourcemanager_num_slots(manager), 0);
    resourcemanager_free(manager);
}

static void a_new_taskmanager_at_an_address_replaces_the_old_one(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct resourcemanager *manager = make(&recorder);
    assert_int_equal(add(manager, A, "tcp://h:1", 2, 1, &error), STATUS_OK);
    assert_int_equal(add(manager, B, "tcp://h:1", 2, 1, &error), STATUS_OK);
    assert_string_equal(recorder.lost, A);
    assert_int_equal(resourcemanager_count(manager), 1);
    resourcemanager_free(manager);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct resourcemanager *manager = make(&recorder);
    assert_int_equal(add(manager, A, "tcp://h:1", 2, 2, &error), STATUS_UNSUPPORTED);
    assert_non_null(strstr(error.message, "protocol version 2"));
    assert_int_equal(add(manager, A, "tcp://h:1", 0, 1, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(add(manager, "short", "tcp://h:1", 1, 1, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(recorder.num_added, 0);
    resourcemanager_free(manager);
}

static void slots_are_given_again_to_whom_they_were(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct resourcemanager *manager = make(&recorder);
    assert_int_equal(add(manager, A, "inproc://a", 2, 1, &error), STATUS_OK);
    assert_int_equal(add(manager, B, "inproc://b", 2, 1, &error), STATUS_OK);
    const struct slot_grant before[] = {{B, 1}, {B, 0}, {"0000000000000000000000000000000c", 0}, {"", 0}};
    struct slot_grant grants[4];
    assert_true(resourcemanager_allocate(manager, "job", 3, before, grants));
    assert_string_equal(grants[0].taskmanager_id, B);
    assert_int_equal(grants[0].slot, 1);
    assert_string_equal(grants[1].taskmanager_id, B);
    assert_int_equal(grants[1].slot, 0);
    assert_string_equal(grants[2].taskmanager_id, A); /* its own is gone */
    resourcemanager_release(manager, "job");
    /* Another job holds the very slot: the same taskmanager is as good. */
    assert_true(resourcemanager_allocate(manager, "other", 1, before, grants));
    assert_true(resourcemanager_allocate(manager, "job", 1, before, grants));
    assert_string_equal(grants[0].taskmanager_id, B);
    assert_int_equal(grants[0].slot, 0);
    resourcemanager_free(manager);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_given_again_to_whom_they_were),
        cmocka_unit_test(slots_are_spread_and_come_back),
        cmocka_unit_test(a_silent_taskmanager_is_lost),
        cmocka_unit_test(a_new_taskmanager_at_an_address_replaces_the_old_one),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
