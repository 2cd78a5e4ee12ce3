/* Checkpoints, savepoints and ends that are asked for. */
#include "jobmanager/checkpoint/checkpoint_coordinator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ID_A "0000000000000000000000000000000a"
#define ID_B "0000000000000000000000000000000b"

/* What the coordinator said, as a line of words. */
struct fixture {
    struct coordinator *coordinator;
    char log[1024];
    uint64_t triggered;
    int64_t now_ms;
};

static void note(struct fixture *fixture, const char *format, ...) PRINTF_LIKE(2, 3);
static void note(struct fixture *fixture, const char *format, ...)
{
    size_t size = strlen(fixture->log);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fixture->log + size, sizeof fixture->log - size, format, arguments);
    va_end(arguments);
}

static void expect(struct fixture *fixture, const char *log)
{
    assert_string_equal(fixture->log, log);
    fixture->log[0] = '\0';
}

static void on_trigger(void *context, const struct coordinator_trigger *trigger)
{
    static const char *const words[] = {"periodic", "final", "savepoint", "stop"};
    struct fixture *fixture = context;
    fixture->triggered = trigger->checkpoint_id;
    note(fixture, "%s%s(%u) ", words[trigger->kind], trigger->is_drain ? "-drain" : "",
         (unsigned)trigger->checkpoint_id);
}

static void on_store(void *context, struct checkpoint_metadata *metadata)
{
    note(context, "store(%s) ", metadata->savepoint_folder);
    checkpoint_metadata_unref(metadata);
}

static void on_durable(void *context, struct checkpoint_metadata *metadata)
{
    (void)context;
    (void)metadata;
}

static void on_aborted(void *context, uint64_t checkpoint_id, const struct error *reason)
{
    (void)reason;
    note(context, "aborted(%u) ", (unsigned)checkpoint_id);
}

static void on_fail_job(void *context, const struct error *error)
{
    assert_true(error->retriable);
    assert_false(error->fatal);
    note(context, "restart ");
}

static void on_reserve_ids(void *context, uint64_t until)
{
    (void)context;
    (void)until;
}

static void on_discard(void *context, const struct coordinator_discard *discard)
{
    note(context, "discard(%u) ", (unsigned)discard->reference.checkpoint_id);
}

static void on_copy(void *context, struct checkpoint_metadata *metadata)
{
    note(context, "copy(%u to %s) ", (unsigned)metadata->checkpoint_id, metadata->savepoint_folder);
    checkpoint_metadata_unref(metadata);
}

static void on_answered(void *context, const char *request_id, uint64_t checkpoint_id,
                        const struct error *failure)
{
    note(context, "%s %c(%u) ", failure == NULL ? "done" : "failed", request_id[31], (unsigned)checkpoint_id);
}

static void on_finish(void *context, uint64_t checkpoint_id)
{
    note(context, "finish(%u) ", (unsigned)checkpoint_id);
}

static void make(struct fixture *fixture, bool rewinds)
{
    *fixture = (struct fixture){.now_ms = 10};
    struct coordinator_options options = {
        .interval_ms = 0, /* only what is asked for */
        .timeout_ms = 5000,
        .tolerable_failures = 100,
        .rewinds = rewinds,
        .num_retained = 1,
        .max_uncommitted = 3,
        .num_tasks = 1,
        .max_parallelism = 128,
        .name_space = "default",
        .job_id = "job",
        .lineage = "lineage",
        .epoch = 7,
    };
    struct coordinator_callbacks callbacks = {
        .context = fixture,
        .trigger = on_trigger,
        .store = on_store,
        .durable = on_durable,
        .aborted = on_aborted,
        .fail_job = on_fail_job,
        .reserve_ids = on_reserve_ids,
        .discard = on_discard,
        .copy = on_copy,
        .answered = on_answered,
        .finish = on_finish,
    };
    fixture->coordinator = coordinator_create(&options, &callbacks);
    coordinator_recovered(fixture->coordinator, 1, NULL, 0);
    coordinator_ids_reserved(fixture->coordinator, 1000, 0);
    coordinator_attempt_started(fixture->coordinator, 1);
    coordinator_running(fixture->coordinator, 0);
}

static void ask(struct fixture *fixture, const char *id, enum checkpoint_kind kind, bool is_drain)
{
    struct coordinator_request request = {.id = id,
                                          .kind = kind,
                                          .is_drain = is_drain,
                                          .folder = kind == CHECKPOINT_PERIODIC ? NULL : "/svp/x"};
    coordinator_ask(fixture->coordinator, &request, ++fixture->now_ms);
}

static void acknowledge(struct fixture *fixture, bool is_end_of_input)
{
    struct error error;
    struct coordinator_acknowledgement acknowledgement = {
        .attempt = 1, .checkpoint_id = fixture->triggered, .is_end_of_input = is_end_of_input};
    assert_int_equal(
        coordinator_acknowledge(fixture->coordinator, &acknowledgement, ++fixture->now_ms, &error),
        STATUS_OK);
}

static void store(struct fixture *fixture, bool is_end_of_input)
{
    acknowledge(fixture, is_end_of_input);
    coordinator_stored(fixture->coordinator, fixture->triggered, 100, ++fixture->now_ms);
}

static void a_checkpoint_is_taken_when_it_is_asked_for(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture, true);
    ask(&fixture, ID_A, CHECKPOINT_PERIODIC, false);
    ask(&fixture, ID_B, CHECKPOINT_PERIODIC, false);
    expect(&fixture, "periodic(1) "); /* one at a time */
    store(&fixture, false);
    expect(&fixture, "store() done a(1) periodic(2) ");
    store(&fixture, false);
    expect(&fixture, "store() done b(2) ");
    coordinator_free(fixture.coordinator);
}

static void a_savepoint_is_written_once_it_is_committed(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture, true);
    ask(&fixture, ID_A, CHECKPOINT_SAVEPOINT, false);
    store(&fixture, false);
    expect(&fixture, "savepoint(1) store(/svp/x) ");
    coordinator_committed(fixture.coordinator, 1, 20);
    expect(&fixture, "copy(1 to /svp/x) ");
    assert_true(coordinator_is_copying(fixture.coordinator));
    /* Later checkpoints take nothing away that is being copied. */
    ask(&fixture, ID_B, CHECKPOINT_PERIODIC, false);
    store(&fixture, false);
    coordinator_committed(fixture.coordinator, 2, 21);
    expect(&fixture, "periodic(2) store() done b(2) ");
    coordinator_copied(fixture.coordinator, 1, NULL, 22);
    expect(&fixture, "discard(1) done a(1) ");
    assert_false(coordinator_is_copying(fixture.coordinator));
    const struct checkpoint_record *record = coordinator_history_at(fixture.coordinator, 1);
    assert_int_equal(record->kind, CHECKPOINT_SAVEPOINT);
    assert_string_equal(record->savepoint_folder, "/svp/x");
    coordinator_free(fixture.coordinator);
}

static void a_savepoint_that_cannot_be_written_does_not_disturb_the_job(void **state)
{
    (void)state;
    struct fixture fixture;
    struct error failure;
    error_set(&failure, STATUS_IO, "no space");
    make(&fixture, true);
    ask(&fixture, ID_A, CHECKPOINT_SAVEPOINT, false);
    store(&fixture, false);
    coordinator_committed(fixture.coordinator, 1, 20);
    fixture.log[0] = '\0';
    coordinator_copied(fixture.coordinator, 1, &failure, 21);
    expect(&fixture, "failed a(1) ");
    coordinator_free(fixture.coordinator);
}

static void a_job_that_is_stopped_ends_behind_its_savepoint(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture, true);
    ask(&fixture, ID_A, CHECKPOINT_STOP, false);
    store(&fixture, false);
    expect(&fixture, "stop(1) store(/svp/x) ");
    assert_int_equal(coordinator_stop_id(fixture.coordinator), 1);
    ask(&fixture, ID_B, CHECKPOINT_SAVEPOINT, false);
    expect(&fixture, "failed b(0) "); /* it is about to end */
    coordinator_committed(fixture.coordinator, 1, 20);
    /* Its tasks may go now: nothing is asked of them any more. */
    coordinator_attempt_ended(fixture.coordinator, 21);
    coordinator_copied(fixture.coordinator, 1, NULL, 22);
    expect(&fixture, "copy(1 to /svp/x) done a(1) finish(1) ");
    assert_int_equal(coordinator_stop_id(fixture.coordinator), 0);
    coordinator_free(fixture.coordinator);
}

static void a_stop_whose_savepoint_cannot_be_written_lets_the_job_go_on(void **state)
{
    (void)state;
    struct fixture fixture;
    struct error failure;
    error_set(&failure, STATUS_IO, "no space");
    make(&fixture, false);
    ask(&fixture, ID_A, CHECKPOINT_STOP, false);
    store(&fixture, false);
    coordinator_committed(fixture.coordinator, 1, 20);
    fixture.log[0] = '\0';
    coordinator_copied(fixture.coordinator, 1, &failure, 21);
    expect(&fixture, "failed a(1) restart "); /* its sources stand still */
    coordinator_free(fixture.coordinator);
}

/* Windows have fired before their end: going on from there would drop rows as late. */
static void a_drained_job_ends_even_without_its_savepoint(void **state)
{
    (void)state;
    struct fixture fixture;
    struct error failure;
    error_set(&failure, STATUS_IO, "no space");
    make(&fixture, true);
    ask(&fixture, ID_A, CHECKPOINT_STOP, true);
    store(&fixture, true);
    assert_true(coordinator_latest(fixture.coordinator)->is_drained);
    assert_true(coordinator_latest(fixture.coordinator)->is_final);
    coordinator_committed(fixture.coordinator, 1, 20);
    expect(&fixture, "stop-drain(1) store(/svp/x) copy(1 to /svp/x) ");
    coordinator_copied(fixture.coordinator, 1, &failure, 21);
    expect(&fixture, "failed a(1) finish(1) ");
    coordinator_free(fixture.coordinator);
}

static void a_stop_that_fails_restarts_the_job(void **state)
{
    (void)state;
    struct fixture fixture;
    struct error reason, error;
    error_set(&reason, STATUS_IO, "no space");
    make(&fixture, false); /* a checkpoint that fails would be tolerated */
    ask(&fixture, ID_A, CHECKPOINT_SAVEPOINT, false);
    assert_int_equal(coordinator_decline(fixture.coordinator, 1, 1, &reason, 20, &error), STATUS_OK);
    expect(&fixture, "savepoint(1) aborted(1) failed a(1) ");
    ask(&fixture, ID_A, CHECKPOINT_STOP, false);
    assert_int_equal(coordinator_decline(fixture.coordinator, 1, 2, &reason, 30, &error), STATUS_OK);
    expect(&fixture, "stop(2) aborted(2) failed a(2) restart ");
    coordinator_free(fixture.coordinator);
}

static void nothing_is_taken_while_tasks_are_missing_or_the_job_is_cancelled(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture, true);
    ask(&fixture, ID_A, CHECKPOINT_SAVEPOINT, false);
    ask(&fixture, ID_B, CHECKPOINT_SAVEPOINT, false);
    coordinator_attempt_ended(fixture.coordinator, 20);
    expect(&fixture, "savepoint(1) failed b(0) aborted(1) failed a(1) ");
    ask(&fixture, ID_A, CHECKPOINT_SAVEPOINT, false);
    expect(&fixture, "failed a(0) ");
    coordinator_attempt_started(fixture.coordinator, 1);
    coordinator_running(fixture.coordinator, 30);
    ask(&fixture, ID_A, CHECKPOINT_SAVEPOINT, false);
    store(&fixture, false);
    coordinator_stop(fixture.coordinator, 40);
    coordinator_committed(fixture.coordinator, 2, 41);
    expect(&fixture, "savepoint(2) store(/svp/x) failed a(2) "); /* durable, but nobody waits for it */
    ask(&fixture, ID_A, CHECKPOINT_STOP, false);
    expect(&fixture, "failed a(0) ");
    coordinator_free(fixture.coordinator);
}

static void what_a_task_said_of_its_part_is_remembered(void **state)
{
    (void)state;
    struct fixture fixture;
    struct error error;
    make(&fixture, true);
    ask(&fixture, ID_A, CHECKPOINT_PERIODIC, false);
    struct checkpoint_operator_state list = {.owner = {"", "", 1}, .state = {(const uint8_t *)"12345", 5}};
    struct keyed_state_handle handle = {.end_key_group = 1,
                                        .max_parallelism = 1,
                                        .backend = "",
                                        .size_bytes = 1000,
                                        .incremental_bytes = 100};
    struct checkpoint_keyed_state keyed = {.owner = {"", "", 2}, .handle = &handle};
    struct coordinator_acknowledgement acknowledgement = {
        .attempt = 1,
        .checkpoint_id = 1,
        .states = &list,
        .num_states = 1,
        .keyed_states = &keyed,
        .num_keyed_states = 1,
        .start_delay_ms = 1,
        .alignment_ms = 2,
        .sync_duration_ms = 3,
        .async_duration_ms = 4,
        .aligned_bytes = 5,
    };
    assert_int_equal(coordinator_acknowledge(fixture.coordinator, &acknowledgement, 50, &error), STATUS_OK);
    const struct checkpoint_record *record = coordinator_history_at(fixture.coordinator, 0);
    assert_int_equal(record->state_bytes, 1005);
    assert_int_equal(record->incremental_bytes, 105);
    assert_int_equal(record->aligned_bytes, 5);
    assert_int_equal(record->alignment_ms, 2);
    assert_int_equal(record->tasks[0].ack_ms, 50);
    assert_int_equal(record->tasks[0].incremental_bytes, 105);
    assert_int_equal(record->tasks[0].start_delay_ms, 1);
    assert_int_equal(record->tasks[0].sync_duration_ms, 3);
    assert_int_equal(record->tasks[0].async_duration_ms, 4);
    coordinator_free(fixture.coordinator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_is_taken_when_it_is_asked_for),
        cmocka_unit_test(a_savepoint_is_written_once_it_is_committed),
        cmocka_unit_test(a_savepoint_that_cannot_be_written_does_not_disturb_the_job),
        cmocka_unit_test(a_job_that_is_stopped_ends_behind_its_savepoint),
        cmocka_unit_test(a_stop_whose_savepoint_cannot_be_written_lets_the_job_go_on),
        cmocka_unit_test(a_drained_job_ends_even_without_its_savepoint),
        cmocka_unit_test(a_stop_that_fails_restarts_the_job),
        cmocka_unit_test(nothing_is_taken_while_tasks_are_missing_or_the_job_is_cancelled),
        cmocka_unit_test(what_a_task_said_of_its_part_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
