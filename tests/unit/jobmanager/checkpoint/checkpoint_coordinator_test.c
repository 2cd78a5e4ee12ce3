#include "jobmanager/checkpoint/checkpoint_coordinator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FIRST_RESERVED_UNTIL = 17 };

struct recorder {
    struct coordinator *coordinator;
    uint64_t triggered, base, durable, aborted, reserved_until;
    bool is_final;
    struct checkpoint_metadata *stored; /* a reference */
    uint32_t num_triggers, num_discards;
    struct checkpoint_reference discarded;
    char removed[512]; /* files, each with a blank behind it */
    uint32_t num_scraps, num_scrapped_committables;
    uint64_t scrapped;
    const struct keyed_state_handle *handle; /* what tasks acknowledge; NULL: no keyed state */
    struct error failure;
};

static void on_trigger(void *context, const struct coordinator_trigger *trigger)
{
    struct recorder *recorder = context;
    assert_true(trigger->checkpoint_id > recorder->triggered);
    recorder->triggered = trigger->checkpoint_id;
    recorder->is_final = trigger->kind == CHECKPOINT_FINAL;
    recorder->base = trigger->durable_id;
    recorder->num_triggers++;
}

static void on_store(void *context, struct checkpoint_metadata *metadata)
{
    struct recorder *recorder = context;
    checkpoint_metadata_unref(recorder->stored);
    recorder->stored = metadata;
}

static void on_durable(void *context, struct checkpoint_metadata *metadata)
{
    ((struct recorder *)context)->durable = metadata->checkpoint_id;
}

static void on_aborted(void *context, uint64_t checkpoint_id, const struct error *reason)
{
    (void)reason;
    ((struct recorder *)context)->aborted = checkpoint_id;
}

static void on_fail_job(void *context, const struct error *error)
{
    ((struct recorder *)context)->failure = *error;
}

static void on_reserve_ids(void *context, uint64_t until)
{
    ((struct recorder *)context)->reserved_until = until;
}

static void note_removed(struct recorder *recorder, const struct path_list *files)
{
    for (size_t i = 0; i < files->count; i++) {
        size_t size = strlen(recorder->removed);
        snprintf(recorder->removed + size, sizeof recorder->removed - size, "%s ", files->items[i]);
    }
}

static void on_scrap(void *context, struct checkpoint_metadata *metadata, const struct path_list *files)
{
    struct recorder *recorder = context;
    recorder->num_scraps++;
    recorder->scrapped = metadata->checkpoint_id;
    recorder->num_scrapped_committables += (uint32_t)metadata->num_committables;
    note_removed(recorder, files);
    checkpoint_metadata_unref(metadata);
}

static void on_discard(void *context, const struct coordinator_discard *discard)
{
    struct recorder *recorder = context;
    if (discard->claimed_folder != NULL)
        note_removed(recorder,
                     &(struct path_list){.items = (char **)(uintptr_t)&discard->claimed_folder, .count = 1});
    note_removed(recorder, &discard->files);
    recorder->discarded = discard->reference;
    recorder->num_discards++;
}

/* Recovered, before its first attempt. */
static struct coordinator *make_recovered(struct recorder *recorder, bool rewinds)
{
    *recorder = (struct recorder){0};
    struct coordinator_options options = {
        .interval_ms = 1000,
        .timeout_ms = 5000,
        .tolerable_failures = 1,
        .rewinds = rewinds,
        .num_retained = 1,
        .max_uncommitted = 3,
        .num_tasks = 2,
        .max_parallelism = 128,
        .name_space = "default",
        .job_id = "job",
        .lineage = "lineage",
        .epoch = 7,
    };
    struct coordinator_callbacks callbacks = {
        .context = recorder,
        .trigger = on_trigger,
        .store = on_store,
        .durable = on_durable,
        .aborted = on_aborted,
        .fail_job = on_fail_job,
        .reserve_ids = on_reserve_ids,
        .discard = on_discard,
        .scrap = on_scrap,
    };
    recorder->coordinator = coordinator_create(&options, &callbacks);
    coordinator_recovered(recorder->coordinator, 1, NULL, 0);
    return recorder->coordinator;
}

static struct coordinator *make(struct recorder *recorder, bool rewinds)
{
    struct coordinator *coordinator = make_recovered(recorder, rewinds);
    coordinator_ids_reserved(coordinator, FIRST_RESERVED_UNTIL, 0);
    coordinator_attempt_started(coordinator, 1);
    coordinator_running(coordinator, 0);
    return coordinator;
}

static void clean(struct recorder *recorder)
{
    coordinator_free(recorder->coordinator);
    checkpoint_metadata_unref(recorder->stored);
}

static enum status acknowledge(struct recorder *recorder, uint32_t attempt, uint32_t task, uint64_t id,
                               bool is_end, int64_t now_ms)
{
    struct error error;
    struct checkpoint_operator owner = {.uid = "uid", .name = "Source: a[1]", .node_id = 1};
    struct checkpoint_operator_state state = {.owner = owner, .state = {(const uint8_t *)"state", 5}};
    struct checkpoint_committable committable = {.owner = owner, .content = {(const uint8_t *)"files", 5}};
    struct checkpoint_keyed_state keyed = {.owner = owner, .handle = recorder->handle};
    struct coordinator_acknowledgement acknowledgement = {
        .keyed_states = &keyed,
        .num_keyed_states = recorder->handle != NULL,
        .attempt = attempt,
        .task = task,
        .subtask = task,
        .checkpoint_id = id,
        .is_end_of_input = is_end,
        .states = &state,
        .num_states = 1,
        .committables = &committable,
        .num_committables = 1,
    };
    return coordinator_acknowledge(recorder->coordinator, &acknowledgement, now_ms, &error);
}

static void complete(struct recorder *recorder, uint32_t attempt, int64_t now_ms)
{
    uint64_t id = recorder->triggered;
    assert_int_equal(acknowledge(recorder, attempt, 0, id, false, now_ms), STATUS_OK);
    assert_int_equal(acknowledge(recorder, attempt, 1, id, false, now_ms), STATUS_OK);
    assert_true(coordinator_is_storing(recorder->coordinator));
    coordinator_stored(recorder->coordinator, id, 100, now_ms);
}

static void every_task_must_acknowledge_once(void **state)
{
    (void)state;
    struct recorder recorder;
    struct coordinator *coordinator = make(&recorder, true);
    coordinator_tick(coordinator, 999);
    assert_int_equal(recorder.triggered, 0);
    coordinator_tick(coordinator, 1000);
    assert_int_equal(recorder.triggered, 1);
    assert_int_equal(acknowledge(&recorder, 1, 0, 1, false, 1001), STATUS_OK);
    assert_int_equal(acknowledge(&recorder, 1, 0, 1, false, 1002), STATUS_OK);
    assert_int_equal(acknowledge(&recorder, 1, 1, 9, false, 1002), STATUS_OK);
    assert_int_equal(acknowledge(&recorder, 2, 1, 1, false, 1002), STATUS_FENCED);
    assert_null(recorder.stored);
    assert_int_equal(acknowledge(&recorder, 1, 1, 1, false, 1003), STATUS_OK);
    assert_non_null(recorder.stored);
    assert_int_equal(recorder.stored->num_states, 2);
    assert_int_equal(recorder.stored->num_committables, 2);
    assert_int_equal(recorder.stored->epoch, 7);
    assert_int_equal(recorder.durable, 0);
    coordinator_stored(coordinator, 1, 123, 1010);
    assert_int_equal(recorder.durable, 1);
    const struct checkpoint_record *record = coordinator_history_at(coordinator, 0);
    assert_int_equal(record->status, CHECKPOINT_COMPLETED);
    assert_int_equal(record->size_bytes, 123);
    assert_int_equal(coordinator_latest(coordinator)->checkpoint_id, 1);
    clean(&recorder);
}

static void triggers_pause_while_three_wait_for_their_commit(void **state)
{
    (void)state;
    struct recorder recorder;
    struct coordinator *coordinator = make(&recorder, true);
    for (int64_t n = 1; n <= 3; n++) {
        coordinator_tick(coordinator, n * 1000);
        complete(&recorder, 1, n * 1000 + 10);
    }
    assert_int_equal(recorder.stored->num_uncommitted, 2);
    assert_int_equal(recorder.stored->uncommitted[0].checkpoint_id, 1);
    coordinator_tick(coordinator, 60000);
    assert_int_equal(recorder.num_triggers, 3);
    assert_int_equal(coordinator_next_timer_ms(coordinator), INT64_MAX);
    coordinator_committed(coordinator, 1, 60001);
    assert_int_equal(recorder.num_triggers, 4);
    clean(&recorder);
}

static void what_is_committed_and_surplus_is_discarded(void **state)
{
    (void)state;
    struct recorder recorder;
    struct coordinator *coordinator = make(&recorder, true);
    for (int64_t n = 1; n <= 2; n++) {
        coordinator_tick(coordinator, n * 1000);
        complete(&recorder, 1, n * 1000 + 10);
    }
    coordinator_committed(coordinator, 1, 3000);
    assert_int_equal(recorder.num_discards, 0);
    coordinator_committed(coordinator, 2, 3001);
    assert_int_equal(recorder.num_discards, 1);
    assert_int_equal(recorder.discarded.checkpoint_id, 1);
    assert_int_equal(recorder.discarded.epoch, 7);
    clean(&recorder);
}

static void a_failed_checkpoint_rewinds_a_job_that_commits(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error reason, error;
    error_set(&reason, STATUS_IO, "no space");
    struct coordinator *coordinator = make(&recorder, true);
    coordinator_tick(coordinator, 1000);
    assert_int_equal(coordinator_decline(coordinator, 2, 1, &reason, 1001, &error), STATUS_FENCED);
    assert_int_equal(coordinator_decline(coordinator, 1, 1, &reason, 1001, &error), STATUS_OK);
    assert_int_equal(recorder.aborted, 1);
    assert_int_equal(recorder.failure.code, STATUS_IO);
    assert_false(recorder.failure.fatal);
    assert_non_null(strstr(recorder.failure.message, "no space"));
    clean(&recorder);
}

static void a_job_without_tables_goes_on_up_to_what_is_tolerated(void **state)
{
    (void)state;
    struct recorder recorder;
    struct coordinator *coordinator = make(&recorder, false);
    coordinator_tick(coordinator, 1000);
    coordinator_tick(coordinator, 5999);
    assert_int_equal(recorder.aborted, 0);
    coordinator_tick(coordinator, 6000);
    assert_int_equal(recorder.aborted, 1);
    assert_int_equal(recorder.failure.code, STATUS_OK);
    assert_int_equal(recorder.triggered, 2);
    coordinator_tick(coordinator, 11000);
    assert_int_equal(recorder.failure.code, STATUS_TIMEOUT);
    assert_false(recorder.failure.fatal);
    clean(&recorder);
}

static void a_checkpoint_that_cannot_be_stored_fails_the_job_for_good_in_the_end(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error reason;
    error_set(&reason, STATUS_IO, "no space");
    struct coordinator *coordinator = make(&recorder, true);
    for (uint32_t attempt = 1; attempt <= 2; attempt++) {
        int64_t now_ms = attempt * 10000;
        if (attempt > 1) {
            coordinator_attempt_ended(coordinator, now_ms - 2000);
            coordinator_attempt_started(coordinator, attempt);
            coordinator_running(coordinator, now_ms - 1000);
        }
        coordinator_tick(coordinator, now_ms);
        assert_int_equal(acknowledge(&recorder, attempt, 0, attempt, false, now_ms), STATUS_OK);
        assert_int_equal(acknowledge(&recorder, attempt, 1, attempt, false, now_ms), STATUS_OK);
        coordinator_store_failed(coordinator, attempt, &reason, now_ms);
        assert_int_equal(recorder.failure.fatal, attempt == 2);
    }
    assert_int_equal(coordinator_counts(coordinator).failed, 2);
    clean(&recorder);
}

static void the_end_of_input_triggers_at_once_and_again_when_declined(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error reason, error;
    error_set(&reason, STATUS_UNAVAILABLE, "not now");
    struct coordinator *coordinator = make(&recorder, false);
    coordinator_all_ended(coordinator, 300);
    assert_int_equal(recorder.triggered, 1);
    assert_true(recorder.is_final);
    assert_int_equal(coordinator_decline(coordinator, 1, 1, &reason, 310, &error), STATUS_OK);
    coordinator_tick(coordinator, coordinator_next_timer_ms(coordinator));
    assert_int_equal(recorder.triggered, 2);
    assert_int_equal(acknowledge(&recorder, 1, 0, 2, true, 500), STATUS_OK);
    assert_int_equal(acknowledge(&recorder, 1, 1, 2, true, 500), STATUS_OK);
    assert_true(recorder.stored->is_final);
    coordinator_stored(coordinator, 2, 1, 510);
    coordinator_tick(coordinator, 60000);
    assert_int_equal(recorder.num_triggers, 2); /* the end is durable: nothing more to take */
    clean(&recorder);
}

static void an_attempt_that_ends_takes_its_checkpoint_along_unless_it_is_being_published(void **state)
{
    (void)state;
    struct recorder recorder;
    struct coordinator *coordinator = make(&recorder, true);
    coordinator_tick(coordinator, 1000);
    coordinator_attempt_ended(coordinator, 1100);
    assert_int_equal(recorder.aborted, 1);
    assert_int_equal(recorder.failure.code, STATUS_OK);
    coordinator_attempt_started(coordinator, 2);
    coordinator_running(coordinator, 1200);
    coordinator_tick(coordinator, 2200);
    assert_int_equal(recorder.triggered, 2); /* ids are not used twice */
    assert_int_equal(acknowledge(&recorder, 2, 0, 2, false, 2210), STATUS_OK);
    assert_int_equal(acknowledge(&recorder, 2, 1, 2, false, 2210), STATUS_OK);
    coordinator_attempt_ended(coordinator, 2220);
    assert_true(coordinator_is_storing(coordinator));
    coordinator_stored(coordinator, 2, 1, 2300);
    assert_int_equal(recorder.durable, 2);
    clean(&recorder);
}

/* Who took no checkpoint reserved no ids. */
static void the_first_ids_are_reserved_for_the_first_checkpoint(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error failure;
    struct coordinator *coordinator = make_recovered(&recorder, true);
    coordinator_attempt_started(coordinator, 1);
    coordinator_running(coordinator, 0);
    coordinator_tick(coordinator, 999);
    assert_int_equal(recorder.reserved_until, 0);
    assert_int_equal(coordinator_next_timer_ms(coordinator), 1000);
    coordinator_tick(coordinator, 1000);
    assert_true(recorder.reserved_until > 1);
    assert_int_equal(coordinator_next_timer_ms(coordinator), INT64_MAX);
    error_set(&failure, STATUS_IO, "no space");
    recorder.reserved_until = 0;
    coordinator_reserve_failed(coordinator, 1001);
    coordinator_tick(coordinator, 1002);
    assert_int_equal(recorder.reserved_until, 0); /* it is tried again in a while */
    coordinator_tick(coordinator, coordinator_next_timer_ms(coordinator));
    assert_true(recorder.reserved_until > 1);
    assert_int_equal(recorder.triggered, 0);
    coordinator_ids_reserved(coordinator, recorder.reserved_until, 2100);
    assert_int_equal(recorder.triggered, 1);
    clean(&recorder);
}

static void no_id_is_used_before_it_is_reserved(void **state)
{
    (void)state;
    struct recorder recorder;
    struct coordinator *coordinator = make(&recorder, true);
    uint64_t first_reservation = FIRST_RESERVED_UNTIL;
    int64_t now_ms = 0;
    for (int i = 0; i < 40; i++) {
        now_ms += 1000;
        coordinator_tick(coordinator, now_ms);
        if (!coordinator_is_storing(coordinator) && recorder.triggered > recorder.durable) {
            complete(&recorder, 1, now_ms);
            coordinator_committed(coordinator, recorder.triggered, now_ms);
        }
    }
    assert_int_equal(recorder.triggered, first_reservation - 1);
    assert_true(recorder.reserved_until > first_reservation);
    coordinator_ids_reserved(coordinator, recorder.reserved_until, now_ms);
    assert_int_equal(recorder.triggered, first_reservation);
    clean(&recorder);
}

static void a_cancelled_job_takes_no_more_checkpoints(void **state)
{
    (void)state;
    struct recorder recorder;
    struct coordinator *coordinator = make(&recorder, true);
    coordinator_tick(coordinator, 1000);
    coordinator_stop(coordinator, 1100);
    assert_int_equal(recorder.aborted, 1);
    coordinator_tick(coordinator, 60000);
    assert_int_equal(recorder.num_triggers, 1);
    clean(&recorder);
}

static struct keyed_state_handle handle_of(const struct keyed_state_file *files, size_t num_files)
{
    return (struct keyed_state_handle){.end_key_group = 128,
                                       .max_parallelism = 128,
                                       .backend = "rocksdb",
                                       .files = files,
                                       .num_files = num_files};
}

static void a_file_goes_with_the_last_checkpoint_that_refers_to_it(void **state)
{
    (void)state;
    struct recorder recorder;
    struct coordinator *coordinator = make(&recorder, true);
    const struct keyed_state_file files[] = {{.path = "shared/a", .name = "a", .is_shared = true},
                                             {.path = "shared/b", .name = "b", .is_shared = true},
                                             {.path = "shared/c", .name = "c"}};
    for (int64_t n = 0; n < 3; n++) { /* a; a b; b c */
        struct keyed_state_handle handle = handle_of(&files[n == 2], n == 0 ? 1 : 2);
        recorder.handle = &handle;
        coordinator_tick(coordinator, (n + 1) * 1000);
        assert_int_equal(recorder.base, n); /* the newest durable one: its files may be referred to */
        complete(&recorder, 1, (n + 1) * 1000 + 10);
        coordinator_committed(coordinator, recorder.triggered, (n + 1) * 1000 + 20);
    }
    assert_int_equal(recorder.num_discards, 2);
    assert_string_equal(recorder.removed, "shared/a ");
    struct checkpoint_reference *references;
    size_t count;
    struct path_list kept;
    coordinator_list_kept(coordinator, &references, &count, &kept);
    assert_int_equal(count, 1);
    assert_int_equal(references[0].checkpoint_id, 3);
    assert_int_equal(kept.count, 2);
    path_list_free(&kept);
    free(references);
    clean(&recorder);
}

static void what_was_written_for_a_checkpoint_that_is_given_up_is_removed(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error reason, error;
    error_set(&reason, STATUS_IO, "no space");
    struct coordinator *coordinator = make(&recorder, false);
    const struct keyed_state_file files[] = {{.path = "shared/a", .name = "a", .is_shared = true},
                                             {.path = "shared/b", .name = "b", .is_shared = true},
                                             {.path = "/elsewhere/x", .name = "x"}};
    struct keyed_state_handle first = handle_of(files, 1), second = handle_of(files, 3);
    recorder.handle = &first;
    coordinator_tick(coordinator, 1000);
    complete(&recorder, 1, 1010);
    recorder.handle = &second;
    coordinator_tick(coordinator, 2000);
    assert_int_equal(acknowledge(&recorder, 1, 0, 2, false, 2001), STATUS_OK);
    assert_int_equal(coordinator_decline(coordinator, 1, 2, &reason, 2002, &error), STATUS_OK);
    assert_int_equal(recorder.scrapped, 2);
    assert_int_equal(recorder.num_scrapped_committables, 1);
    assert_string_equal(recorder.removed, "shared/b "); /* a is of checkpoint 1, x is somebody else's */
    /* Who acknowledges too late hands over what nobody takes, also when its attempt is over. */
    assert_int_equal(acknowledge(&recorder, 1, 1, 2, false, 2003), STATUS_OK);
    assert_int_equal(recorder.num_scraps, 2);
    coordinator_attempt_ended(coordinator, 2100);
    coordinator_attempt_started(coordinator, 2);
    assert_int_equal(acknowledge(&recorder, 1, 1, 2, false, 2200), STATUS_FENCED);
    assert_int_equal(recorder.num_scraps, 3);
    /* So what a task that declined had written. */
    struct checkpoint_committable committable = {.owner = {"", "", 1},
                                                 .content = {(const uint8_t *)"files", 5}};
    struct coordinator_acknowledgement written = {
        .attempt = 1, .checkpoint_id = 2, .committables = &committable, .num_committables = 1};
    coordinator_give_back(coordinator, &written);
    assert_int_equal(recorder.num_scraps, 4);
    written.checkpoint_id = 1; /* completed */
    coordinator_give_back(coordinator, &written);
    assert_int_equal(recorder.num_scraps, 4);
    /* A doubled acknowledgement of one that completed removes nothing. */
    assert_int_equal(acknowledge(&recorder, 1, 1, 1, false, 2300), STATUS_FENCED);
    assert_int_equal(recorder.num_scraps, 4);
    clean(&recorder);
}

static void a_claimed_checkpoint_goes_when_newer_ones_take_its_place(void **state)
{
    (void)state;
    struct recorder recorder;
    struct coordinator *coordinator = make(&recorder, true);
    const struct keyed_state_file files[] = {{.path = "/old/shared/a", .name = "a", .is_shared = true},
                                             {.path = "/old/shared/b", .name = "b", .is_shared = true}};
    struct keyed_state_handle old = handle_of(files, 2), own = handle_of(files, 1);
    struct checkpoint_metadata *claimed = checkpoint_metadata_create();
    struct checkpoint_keyed_state keyed = {.owner = {"", "", 1}, .handle = &old};
    checkpoint_metadata_add_keyed_state(claimed, &keyed);
    claimed->checkpoint_id = 77;
    coordinator_add_claimed(coordinator, claimed, "/old/chk-77-e1", true);
    checkpoint_metadata_unref(claimed);
    recorder.handle = &own;
    coordinator_tick(coordinator, 1000);
    complete(&recorder, 1, 1010);
    assert_int_equal(recorder.num_discards, 0);
    coordinator_committed(coordinator, 1, 1020);
    assert_string_equal(recorder.removed, "/old/chk-77-e1 /old/shared/b "); /* a is in use */
    clean(&recorder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_must_acknowledge_once),
        cmocka_unit_test(triggers_pause_while_three_wait_for_their_commit),
        cmocka_unit_test(what_is_committed_and_surplus_is_discarded),
        cmocka_unit_test(a_failed_checkpoint_rewinds_a_job_that_commits),
        cmocka_unit_test(a_job_without_tables_goes_on_up_to_what_is_tolerated),
        cmocka_unit_test(a_checkpoint_that_cannot_be_stored_fails_the_job_for_good_in_the_end),
        cmocka_unit_test(the_end_of_input_triggers_at_once_and_again_when_declined),
        cmocka_unit_test(an_attempt_that_ends_takes_its_checkpoint_along_unless_it_is_being_published),
        cmocka_unit_test(the_first_ids_are_reserved_for_the_first_checkpoint),
        cmocka_unit_test(no_id_is_used_before_it_is_reserved),
        cmocka_unit_test(a_file_goes_with_the_last_checkpoint_that_refers_to_it),
        cmocka_unit_test(what_was_written_for_a_checkpoint_that_is_given_up_is_removed),
        cmocka_unit_test(a_claimed_checkpoint_goes_when_newer_ones_take_its_place),
        cmocka_unit_test(a_cancelled_job_takes_no_more_checkpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
