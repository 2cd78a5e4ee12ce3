#include "jobmanager/scheduler/scheduler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TM_A "0000000000000000000000000000000a"
#define TM_B "0000000000000000000000000000000b"

/* What the scheduler asked for. */
struct recorder {
    uint32_t slots_requested, num_releases, num_deploys, num_cancels, num_failures, num_all_running,
        num_all_ended, num_attempts_ended;
    char quarantined[SCHEDULER_ID_BYTES];
    struct scheduler *scheduler;
};

static void on_request_slots(void *context, uint32_t count)
{
    ((struct recorder *)context)->slots_requested = count;
}

static void on_release_slots(void *context)
{
    ((struct recorder *)context)->num_releases++;
}

static void on_attempt_started(void *context, uint32_t attempt)
{
    (void)context;
    assert_true(attempt > 0);
}

static void on_deploy(void *context, const struct execution *execution)
{
    assert_string_equal(execution->slot.taskmanager_id, execution->subtask == 0 ? TM_A : TM_B);
    ((struct recorder *)context)->num_deploys++;
}

static void on_cancel(void *context, const struct execution *execution)
{
    (void)execution;
    ((struct recorder *)context)->num_cancels++;
}

static void on_all_running(void *context)
{
    ((struct recorder *)context)->num_all_running++;
}

static void on_all_ended(void *context)
{
    ((struct recorder *)context)->num_all_ended++;
}

static void on_attempt_ended(void *context)
{
    ((struct recorder *)context)->num_attempts_ended++;
}

static void on_quarantine(void *context, const char *taskmanager_id)
{
    snprintf(((struct recorder *)context)->quarantined, SCHEDULER_ID_BYTES, "%s", taskmanager_id);
}

static void on_state_changed(void *context, enum job_state from, enum job_state to)
{
    (void)context;
    assert_true(job_state_may_follow(from, to));
}

static void on_failed(void *context, const struct execution *execution, const struct error *error)
{
    (void)execution;
    assert_true(error->code != STATUS_OK);
    ((struct recorder *)context)->num_failures++;
}

static struct scheduler *make(struct recorder *recorder, enum restart_strategy strategy)
{
    *recorder = (struct recorder){0};
    struct scheduler_vertex vertices[] = {{.parallelism = 2, .is_source = true},
                                          {.parallelism = 1, .is_source = true}};
    struct scheduler_options options = {
        .vertices = vertices,
        .num_vertices = 2,
        .strategy = strategy,
        .min_backoff_ms = 100,
        .max_backoff_ms = 1000,
        .max_attempts = 1,
        .cancel_timeout_ms = 5000,
    };
    struct scheduler_callbacks callbacks = {
        .context = recorder,
        .request_slots = on_request_slots,
        .release_slots = on_release_slots,
        .attempt_started = on_attempt_started,
        .deploy = on_deploy,
        .cancel = on_cancel,
        .all_running = on_all_running,
        .all_ended = on_all_ended,
        .attempt_ended = on_attempt_ended,
        .quarantine = on_quarantine,
        .state_changed = on_state_changed,
        .failed = on_failed,
    };
    recorder->scheduler = scheduler_create(&options, &callbacks, 0);
    return recorder->scheduler;
}

static void grant(struct scheduler *scheduler, int64_t now_ms)
{
    const struct scheduler_slot slots[] = {{TM_A, 0}, {TM_B, 0}};
    scheduler_slots(scheduler, slots, 2, now_ms);
}

/* All three tasks report the state. */
static void report_all(struct scheduler *scheduler, uint32_t attempt, enum execution_state state,
                       int64_t now_ms)
{
    struct error error;
    assert_int_equal(scheduler_task_state(scheduler, attempt, 0, 0, TM_A, state, NULL, now_ms, &error),
                     STATUS_OK);
    assert_int_equal(scheduler_task_state(scheduler, attempt, 0, 1, TM_B, state, NULL, now_ms, &error),
                     STATUS_OK);
    assert_int_equal(scheduler_task_state(scheduler, attempt, 1, 0, TM_A, state, NULL, now_ms, &error),
                     STATUS_OK);
}

static struct scheduler *make_running(struct recorder *recorder, enum restart_strategy strategy)
{
    struct scheduler *scheduler = make(recorder, strategy);
    scheduler_start(scheduler, 0);
    assert_int_equal(recorder->slots_requested, 2); /* the two vertices share slots */
    grant(scheduler, 0);
    report_all(scheduler, 1, EXECUTION_RUNNING, 1);
    assert_int_equal(scheduler_state(scheduler), JOB_RUNNING);
    return scheduler;
}

static struct error failure(bool is_fatal)
{
    struct error error;
    error_set(&error, STATUS_IO, "broken");
    error.fatal = is_fatal;
    return error;
}

static void fail_task(struct scheduler *scheduler, uint32_t attempt, int64_t now_ms)
{
    struct error reason = failure(false), error;
    assert_int_equal(
        scheduler_task_state(scheduler, attempt, 0, 0, TM_A, EXECUTION_FAILED, &reason, now_ms, &error),
        STATUS_OK);
}

static void a_bounded_job_finishes_after_its_last_commit(void **state)
{
    (void)state;
    struct recorder recorder;
    struct scheduler *scheduler = make_running(&recorder, RESTART_EXPONENTIAL);
    assert_int_equal(recorder.num_deploys, 3);
    assert_int_equal(recorder.num_all_running, 1);
    report_all(scheduler, 1, EXECUTION_END_OF_INPUT, 5);
    assert_int_equal(recorder.num_all_ended, 1);
    scheduler_finish(scheduler, 6);
    assert_int_equal(scheduler_state(scheduler), JOB_RUNNING);
    report_all(scheduler, 1, EXECUTION_FINISHED, 7);
    assert_int_equal(scheduler_state(scheduler), JOB_FINISHED);
    assert_int_equal(recorder.num_releases, 1);
    scheduler_free(scheduler);
}

static void a_taskmanager_lost_after_the_last_commit_does_not_matter(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error reason = failure(false);
    struct scheduler *scheduler = make_running(&recorder, RESTART_EXPONENTIAL);
    report_all(scheduler, 1, EXECUTION_END_OF_INPUT, 5);
    scheduler_finish(scheduler, 6);
    scheduler_taskmanager_lost(scheduler, TM_A, &reason, 7);
    scheduler_taskmanager_lost(scheduler, TM_B, &reason, 7);
    assert_int_equal(scheduler_state(scheduler), JOB_FINISHED);
    assert_int_equal(recorder.num_failures, 0);
    scheduler_free(scheduler);
}

static void a_task_that_fails_after_the_last_commit_does_not_matter_either(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct scheduler *scheduler = make_running(&recorder, RESTART_EXPONENTIAL);
    scheduler_finish(scheduler, 6);
    fail_task(scheduler, 1, 7);
    assert_int_equal(scheduler_state(scheduler), JOB_RUNNING);
    assert_int_equal(scheduler_task_state(scheduler, 1, 0, 1, TM_B, EXECUTION_FINISHED, NULL, 8, &error),
                     STATUS_OK);
    assert_int_equal(scheduler_task_state(scheduler, 1, 1, 0, TM_A, EXECUTION_CANCELED, NULL, 9, &error),
                     STATUS_OK);
    assert_int_equal(scheduler_state(scheduler), JOB_FINISHED);
    assert_int_equal(recorder.num_failures, 0);
    scheduler_free(scheduler);
}

/* Its tasks are gone, or going: the job has nothing to do any more. */
static void a_job_at_its_end_finishes_without_tasks(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct scheduler *scheduler = make(&recorder, RESTART_EXPONENTIAL);
    scheduler_finish(scheduler, 0);
    assert_int_equal(scheduler_state(scheduler), JOB_FINISHED);
    scheduler_free(scheduler);

    scheduler = make_running(&recorder, RESTART_EXPONENTIAL);
    fail_task(scheduler, 1, 10);
    scheduler_finish(scheduler, 11);
    assert_int_equal(scheduler_state(scheduler), JOB_RESTARTING);
    recorder.slots_requested = 0;
    assert_int_equal(scheduler_task_state(scheduler, 1, 0, 1, TM_B, EXECUTION_CANCELED, NULL, 12, &error),
                     STATUS_OK);
    assert_int_equal(scheduler_task_state(scheduler, 1, 1, 0, TM_A, EXECUTION_CANCELED, NULL, 13, &error),
                     STATUS_OK);
    assert_int_equal(scheduler_state(scheduler), JOB_FINISHED);
    scheduler_block_restart(scheduler, false, 14);
    scheduler_tick(scheduler, 10000);
    assert_int_equal(recorder.slots_requested, 0);
    scheduler_free(scheduler);
}

static void a_failed_task_restarts_all_after_all_are_gone(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct scheduler *scheduler = make_running(&recorder, RESTART_EXPONENTIAL);
    recorder.slots_requested = 0;
    fail_task(scheduler, 1, 10);
    assert_int_equal(scheduler_state(scheduler), JOB_RESTARTING);
    assert_int_equal(recorder.num_cancels, 2);
    assert_int_equal(recorder.num_attempts_ended, 1);
    assert_int_equal(recorder.num_releases, 0);
    assert_int_equal(scheduler_task_state(scheduler, 1, 0, 1, TM_B, EXECUTION_CANCELED, NULL, 20, &error),
                     STATUS_OK);
    assert_int_equal(scheduler_task_state(scheduler, 1, 1, 0, TM_A, EXECUTION_CANCELED, NULL, 30, &error),
                     STATUS_OK);
    assert_int_equal(recorder.num_releases, 1);
    scheduler_tick(scheduler, 500); /* what the attempt left over is looked through first */
    assert_int_equal(recorder.slots_requested, 0);
    scheduler_block_restart(scheduler, false, 40);
    assert_int_equal(scheduler_next_timer_ms(scheduler), 130);
    scheduler_tick(scheduler, 129);
    assert_int_equal(recorder.slots_requested, 0);
    scheduler_tick(scheduler, 130);
    assert_int_equal(recorder.slots_requested, 2);
    grant(scheduler, 131);
    assert_int_equal(scheduler_attempt(scheduler), 2);
    assert_int_equal(scheduler_state(scheduler), JOB_RUNNING);
    assert_int_equal(scheduler_task_state(scheduler, 1, 0, 0, TM_A, EXECUTION_RUNNING, NULL, 140, &error),
                     STATUS_FENCED);
    assert_int_equal(scheduler_task_state(scheduler, 2, 0, 0, TM_B, EXECUTION_RUNNING, NULL, 140, &error),
                     STATUS_FENCED);
    scheduler_free(scheduler);
}

/* Lets attempt after attempt fail and returns how long the scheduler waits after the last. */
static int64_t backoff_after(struct scheduler *scheduler, uint32_t num_failures, int64_t *now_ms)
{
    struct error reason = failure(false);
    for (uint32_t i = 0; i < num_failures; i++) {
        if (i > 0) {
            *now_ms = scheduler_next_timer_ms(scheduler);
            scheduler_tick(scheduler, *now_ms);
            grant(scheduler, *now_ms);
        }
        scheduler_taskmanager_lost(scheduler, TM_A, &reason, *now_ms);
        scheduler_taskmanager_lost(scheduler, TM_B, &reason, *now_ms);
        scheduler_block_restart(scheduler, false, *now_ms);
    }
    return scheduler_next_timer_ms(scheduler) - *now_ms;
}

static void the_backoff_doubles_up_to_its_bound_and_a_checkpoint_resets_it(void **state)
{
    (void)state;
    struct recorder recorder;
    int64_t now_ms = 10;
    struct scheduler *scheduler = make_running(&recorder, RESTART_EXPONENTIAL);
    assert_int_equal(backoff_after(scheduler, 4, &now_ms), 800);
    now_ms = scheduler_next_timer_ms(scheduler);
    scheduler_tick(scheduler, now_ms);
    grant(scheduler, now_ms);
    assert_int_equal(backoff_after(scheduler, 2, &now_ms), 1000);
    now_ms = scheduler_next_timer_ms(scheduler);
    scheduler_tick(scheduler, now_ms);
    grant(scheduler, now_ms);
    scheduler_checkpoint_completed(scheduler);
    assert_int_equal(backoff_after(scheduler, 1, &now_ms), 100);
    scheduler_free(scheduler);
}

static void a_job_without_slots_waits_and_says_for_what(void **state)
{
    (void)state;
    struct recorder recorder;
    struct scheduler *scheduler = make(&recorder, RESTART_EXPONENTIAL);
    scheduler_start(scheduler, 0);
    scheduler_lacks_slots(scheduler, 1, 4);
    assert_int_equal(scheduler_state(scheduler), JOB_CREATED);
    assert_non_null(strstr(scheduler_waiting_for(scheduler), "2 slots; 1 of 4 are free"));
    recorder.slots_requested = 0;
    scheduler_resources_changed(scheduler, 5);
    assert_int_equal(recorder.slots_requested, 2);
    grant(scheduler, 6);
    assert_int_equal(scheduler_state(scheduler), JOB_RUNNING);
    assert_string_equal(scheduler_waiting_for(scheduler), "");
    scheduler_free(scheduler);
}

static void a_fatal_error_fails_the_job_once_commits_are_through(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error reason = failure(true), error;
    struct scheduler *scheduler = make_running(&recorder, RESTART_EXPONENTIAL);
    scheduler_block_end(scheduler, true, 9);
    assert_int_equal(scheduler_task_state(scheduler, 1, 0, 0, TM_A, EXECUTION_FAILED, &reason, 10, &error),
                     STATUS_OK);
    assert_int_equal(scheduler_state(scheduler), JOB_FAILING);
    assert_int_equal(scheduler_task_state(scheduler, 1, 0, 1, TM_B, EXECUTION_CANCELED, NULL, 11, &error),
                     STATUS_OK);
    assert_int_equal(scheduler_task_state(scheduler, 1, 1, 0, TM_A, EXECUTION_CANCELED, NULL, 11, &error),
                     STATUS_OK);
    assert_int_equal(scheduler_state(scheduler), JOB_FAILING);
    scheduler_block_end(scheduler, false, 12);
    assert_int_equal(scheduler_state(scheduler), JOB_FAILED);
    assert_string_equal(scheduler_last_failure(scheduler)->message, "broken");
    scheduler_free(scheduler);
}

static void a_strategy_can_forbid_or_count_restarts(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error reason = failure(false);
    struct scheduler *scheduler = make_running(&recorder, RESTART_NONE);
    fail_task(scheduler, 1, 10);
    assert_int_equal(scheduler_state(scheduler), JOB_FAILING);
    scheduler_free(scheduler);
    scheduler = make_running(&recorder, RESTART_FIXED);
    scheduler_taskmanager_lost(scheduler, TM_A, &reason, 10);
    scheduler_taskmanager_lost(scheduler, TM_B, &reason, 10);
    assert_int_equal(scheduler_state(scheduler), JOB_RESTARTING);
    scheduler_block_restart(scheduler, false, 20);
    scheduler_tick(scheduler, 1000);
    grant(scheduler, 1000);
    fail_task(scheduler, 2, 1001);
    assert_int_equal(scheduler_state(scheduler), JOB_FAILING);
    scheduler_free(scheduler);
}

static void a_cancelled_job_waits_for_its_tasks_and_asks_again(void **state)
{
    (void)state;
    struct recorder recorder;
    struct scheduler *scheduler = make_running(&recorder, RESTART_EXPONENTIAL);
    scheduler_cancel(scheduler, 100);
    assert_int_equal(scheduler_state(scheduler), JOB_CANCELLING);
    assert_int_equal(recorder.num_cancels, 3);
    scheduler_tick(scheduler, 1100);
    assert_int_equal(recorder.num_cancels, 6);
    report_all(scheduler, 1, EXECUTION_CANCELED, 1200);
    assert_int_equal(scheduler_state(scheduler), JOB_CANCELED);
    scheduler_free(scheduler);
}

static void a_taskmanager_that_does_not_cancel_is_given_up(void **state)
{
    (void)state;
    struct recorder recorder;
    struct scheduler *scheduler = make_running(&recorder, RESTART_EXPONENTIAL);
    scheduler_cancel(scheduler, 100);
    struct error error;
    assert_int_equal(scheduler_task_state(scheduler, 1, 0, 1, TM_B, EXECUTION_CANCELED, NULL, 200, &error),
                     STATUS_OK);
    scheduler_tick(scheduler, 5200);
    assert_string_equal(recorder.quarantined, TM_A);
    scheduler_free(scheduler);
}

static void no_attempt_starts_while_a_checkpoint_is_published(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error reason = failure(false);
    struct scheduler *scheduler = make_running(&recorder, RESTART_EXPONENTIAL);
    recorder.slots_requested = 0;
    scheduler_block_restart(scheduler, true, 5);
    scheduler_taskmanager_lost(scheduler, TM_A, &reason, 10);
    scheduler_taskmanager_lost(scheduler, TM_B, &reason, 10);
    scheduler_tick(scheduler, 5000);
    assert_int_equal(recorder.slots_requested, 0);
    scheduler_block_restart(scheduler, false, 5001);
    assert_int_equal(recorder.slots_requested, 2);
    scheduler_free(scheduler);
}

static void terminal_states_are_left_by_no_transition(void **state)
{
    (void)state;
    for (int from = 0; from < NUM_JOB_STATES; from++) {
        enum job_state parsed;
        assert_true(job_state_parse(job_state_name((enum job_state)from), &parsed));
        assert_int_equal(parsed, from);
        for (int to = 0; to < NUM_JOB_STATES && job_state_is_terminal((enum job_state)from); to++)
            assert_false(job_state_may_follow((enum job_state)from, (enum job_state)to));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bounded_job_finishes_after_its_last_commit),
        cmocka_unit_test(a_taskmanager_lost_after_the_last_commit_does_not_matter),
        cmocka_unit_test(a_task_that_fails_after_the_last_commit_does_not_matter_either),
        cmocka_unit_test(a_job_at_its_end_finishes_without_tasks),
        cmocka_unit_test(a_failed_task_restarts_all_after_all_are_gone),
        cmocka_unit_test(the_backoff_doubles_up_to_its_bound_and_a_checkpoint_resets_it),
        cmocka_unit_test(a_job_without_slots_waits_and_says_for_what),
        cmocka_unit_test(a_fatal_error_fails_the_job_once_commits_are_through),
        cmocka_unit_test(a_strategy_can_forbid_or_count_restarts),
        cmocka_unit_test(a_cancelled_job_waits_for_its_tasks_and_asks_again),
        cmocka_unit_test(a_taskmanager_that_does_not_cancel_is_given_up),
        cmocka_unit_test(no_attempt_starts_while_a_checkpoint_is_published),
        cmocka_unit_test(terminal_states_are_left_by_no_transition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
