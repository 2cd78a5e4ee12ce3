/* What the job hears of a checkpoint that failed. */
#include "jobmanager/checkpoint/checkpoint_coordinator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
    uint64_t triggered;
    int num_failures;
    struct error failure;
};

static void on_trigger(void *context, const struct coordinator_trigger *trigger)
{
    ((struct fixture *)context)->triggered = trigger->checkpoint_id;
}

static void on_aborted(void *context, uint64_t checkpoint_id, const struct error *reason)
{
    (void)context, (void)checkpoint_id, (void)reason;
}

static void on_fail_job(void *context, const struct error *error)
{
    struct fixture *fixture = context;
    fixture->num_failures++;
    fixture->failure = *error;
}

static void on_reserve_ids(void *context, uint64_t until)
{
    (void)context, (void)until;
}

static struct coordinator *running_coordinator(struct fixture *fixture)
{
    struct coordinator_options options = {.interval_ms = 1000,
                                          .timeout_ms = 10000,
                                          .tolerable_failures = 3,
                                          .rewinds = true,
                                          .num_retained = 1,
                                          .max_uncommitted = 3,
                                          .num_tasks = 1,
                                          .max_parallelism = 128,
                                          .name_space = "default",
                                          .job_id = "job",
                                          .lineage = "lineage",
                                          .epoch = 1};
    struct coordinator_callbacks callbacks = {.context = fixture,
                                              .trigger = on_trigger,
                                              .aborted = on_aborted,
                                              .fail_job = on_fail_job,
                                              .reserve_ids = on_reserve_ids};
    struct coordinator *coordinator = coordinator_create(&options, &callbacks);
    coordinator_recovered(coordinator, 1, NULL, 0);
    coordinator_ids_reserved(coordinator, 17, 0);
    coordinator_attempt_started(coordinator, 1);
    coordinator_running(coordinator, 0);
    coordinator_tick(coordinator, 1000);
    return coordinator;
}

/* The task has failed already, and its trigger finds nobody: the job must restart, not end. */
static void a_trigger_that_meets_no_task_is_not_the_users_fault(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    struct coordinator *coordinator = running_coordinator(&fixture);
    assert_int_equal(fixture.triggered, 1);
    struct error reason, error;
    error_set(&reason, STATUS_NOT_FOUND, "no such task runs here");
    assert_int_equal(reason.domain, ERROR_USER);
    assert_int_equal(coordinator_decline(coordinator, 1, 1, &reason, 1100, &error), STATUS_OK);
    assert_int_equal(fixture.num_failures, 1);
    assert_false(fixture.failure.fatal);
    assert_true(fixture.failure.retriable);
    assert_int_equal(fixture.failure.domain, ERROR_EXTERNAL);
    coordinator_free(coordinator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trigger_that_meets_no_task_is_not_the_users_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
