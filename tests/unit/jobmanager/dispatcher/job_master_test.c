#include "jobmanager/dispatcher/job_master.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TM_A "0000000000000000000000000000000a"

enum { EPOCH = 4 };

/* What the job asked of the world, as a line of words. */
struct recorder {
    struct job_master *job;
    char log[2048];
    struct checkpoint_metadata *stored;
    uint64_t commit_id;
    uint64_t triggered;
    int64_t restored_checkpoint; /* of the last deployment; -1: fresh */
};

static void note(struct recorder *recorder, const char *format, ...) PRINTF_LIKE(2, 3);
static void note(struct recorder *recorder, const char *format, ...)
{
    size_t size = strlen(recorder->log);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(recorder->log + size, sizeof recorder->log - size, format, arguments);
    va_end(arguments);
}

static void on_request_slots(void *context, uint32_t count)
{
    note(context, "slots(%u) ", count);
}

static void on_release_slots(void *context)
{
    note(context, "release ");
}

static void on_deploy(void *context, const struct execution *execution, uint32_t attempt,
                      struct checkpoint_metadata *restored)
{
    (void)execution;
    struct recorder *recorder = context;
    recorder->restored_checkpoint = restored == NULL ? -1 : (int64_t)restored->checkpoint_id;
    note(recorder, "deploy(%u) ", attempt);
}

static void on_cancel_task(void *context, const struct execution *execution, uint32_t attempt)
{
    (void)execution;
    (void)attempt;
    note(context, "cancel ");
}

static void on_trigger(void *context, const struct execution *execution, uint32_t attempt,
                       const struct coordinator_trigger *trigger)
{
    (void)execution;
    (void)attempt;
    ((struct recorder *)context)->triggered = trigger->checkpoint_id;
    note(context, trigger->kind == CHECKPOINT_FINAL  ? "final "
                  : trigger->kind == CHECKPOINT_STOP ? "stop "
                                                     : "trigger ");
}

static void on_notify(void *context, const struct execution *execution, uint32_t attempt,
                      uint64_t checkpoint_id, bool is_aborted, bool is_final)
{
    (void)execution;
    (void)attempt;
    (void)checkpoint_id;
    note(context, is_aborted ? "aborted " : is_final ? "notify-final " : "notify ");
}

static void on_quarantine(void *context, const char *taskmanager_id)
{
    (void)taskmanager_id;
    note(context, "quarantine ");
}

static void on_claim(void *context, uint32_t table)
{
    (void)table;
    note(context, "claim ");
}

static void on_find(void *context)
{
    note(context, "find ");
}

static void on_record(void *context, uint64_t checkpoint_id)
{
    note(context, "record(%u) ", (unsigned)checkpoint_id);
}

static void on_read_last(void *context, uint32_t table, int64_t restored_checkpoint_id)
{
    (void)table;
    note(context, "read(%d) ", (int)restored_checkpoint_id);
}

static void on_commit(void *context, uint32_t table, struct checkpoint_metadata *metadata)
{
    (void)table;
    ((struct recorder *)context)->commit_id = metadata->checkpoint_id;
    note(context, "commit(%u) ", (unsigned)metadata->checkpoint_id);
}

static void on_store(void *context, struct checkpoint_metadata *metadata)
{
    struct recorder *recorder = context;
    checkpoint_metadata_unref(recorder->stored);
    recorder->stored = metadata;
    note(recorder, "store ");
}

static void on_reserve_ids(void *context, uint64_t until)
{
    (void)until;
    note(context, "reserve ");
}

static void on_discard(void *context, const struct coordinator_discard *discard)
{
    (void)discard;
    note(context, "discard ");
}

static void on_scrap(void *context, struct checkpoint_metadata *metadata, const struct path_list *files)
{
    (void)files;
    note(context, "scrap(%u) ", (unsigned)metadata->checkpoint_id);
    checkpoint_metadata_unref(metadata);
}

static void on_copy(void *context, struct checkpoint_metadata *metadata)
{
    note(context, "copy(%u) ", (unsigned)metadata->checkpoint_id);
    checkpoint_metadata_unref(metadata);
}

static void on_answered(void *context, const char *request_id, uint64_t checkpoint_id,
                        const struct error *failure)
{
    (void)request_id;
    note(context, "%s(%u) ", failure == NULL ? "done" : "refused", (unsigned)checkpoint_id);
}

static void on_sweep(void *context, const struct checkpoint_reference *references, size_t num_references,
                     const struct path_list *files)
{
    (void)references;
    (void)files;
    note(context, "sweep(%zu) ", num_references);
}

static void on_state_changed(void *context, enum job_state from, enum job_state to)
{
    (void)from;
    note(context, "%s ", job_state_name(to));
}

static void on_failed(void *context, const struct execution *execution, const struct error *error)
{
    (void)execution;
    note(context, error->fatal ? "FATAL " : "failure ");
}

static void make(struct recorder *recorder, bool is_cancelling)
{
    *recorder = (struct recorder){0};
    const char *const tables[] = {"t"};
    const int32_t table_of_sink[] = {0};
    struct scheduler_vertex vertex = {.parallelism = 1, .is_source = true};
    struct job_master_options options = {
        .scheduler = {.vertices = &vertex,
                      .num_vertices = 1,
                      .min_backoff_ms = 100,
                      .max_backoff_ms = 1000,
                      .cancel_timeout_ms = 60000},
        .coordinator = {.interval_ms = 1000,
                        .timeout_ms = 5000,
                        .rewinds = true,
                        .num_retained = 1,
                        .max_uncommitted = 3,
                        .num_tasks = 1,
                        .name_space = "default",
                        .job_id = "job",
                        .lineage = "lineage",
                        .epoch = EPOCH},
        .tables = tables,
        .num_tables = 1,
        .table_of_sink = table_of_sink,
        .num_sinks = 1,
        .is_cancelling = is_cancelling,
        .cancel_deadline_ms = 30000,
    };
    struct job_operations operations = {
        .context = recorder,
        .request_slots = on_request_slots,
        .release_slots = on_release_slots,
        .deploy = on_deploy,
        .cancel_task = on_cancel_task,
        .trigger = on_trigger,
        .notify = on_notify,
        .quarantine = on_quarantine,
        .claim = on_claim,
        .find_checkpoints = on_find,
        .record_continued = on_record,
        .read_last = on_read_last,
        .commit = on_commit,
        .store = on_store,
        .reserve_ids = on_reserve_ids,
        .discard = on_discard,
        .scrap = on_scrap,
        .sweep = on_sweep,
        .copy = on_copy,
        .answered = on_answered,
        .state_changed = on_state_changed,
        .failed = on_failed,
    };
    recorder->job = job_master_create(&options, &operations, 0);
}

static void clean(struct recorder *recorder)
{
    job_master_free(recorder->job);
    checkpoint_metadata_unref(recorder->stored);
}

static void expect(struct recorder *recorder, const char *log)
{
    assert_string_equal(recorder->log, log);
    recorder->log[0] = '\0';
}

static struct checkpoint_metadata *published(uint64_t id)
{
    struct checkpoint_metadata *metadata = checkpoint_metadata_create();
    metadata->checkpoint_id = id;
    metadata->epoch = EPOCH - 1;
    struct checkpoint_committable committable = {.owner = {.uid = "", .name = ""},
                                                 .content = {(const uint8_t *)"f", 1}};
    checkpoint_metadata_add_committable(metadata, &committable);
    return metadata;
}

/* A new job up to its first deployment. */
static void make_running(struct recorder *recorder)
{
    make(recorder, false);
    job_master_start(recorder->job, 0);
    job_master_claimed(recorder->job, 0, NULL, 0);
    struct found_checkpoints found = {.next_id = 1};
    job_master_found(recorder->job, &found, NULL, 0);
    job_master_recorded(recorder->job, NULL, 0);
    job_master_read(recorder->job, 0, COMMITTER_NOTHING, NULL, 0);
    const struct scheduler_slot slot = {TM_A, 0};
    job_master_slots(recorder->job, &slot, 1, 0);
    struct task_identity task = {EPOCH, 1, 0, 0, TM_A};
    struct error error;
    assert_int_equal(job_master_task_state(recorder->job, &task, EXECUTION_RUNNING, NULL, 0, &error),
                     STATUS_OK);
    expect(recorder, "claim find record(0) read(-1) CREATED slots(1) RUNNING deploy(1) ");
    assert_int_equal(recorder->restored_checkpoint, -1);
}

/* The first checkpoint waits for ids: a job that takes none reserves none. */
static void give_ids(struct recorder *recorder, int64_t now_ms)
{
    expect(recorder, "reserve ");
    job_master_ids_reserved(recorder->job, 100, NULL, now_ms);
}

static void trigger(struct recorder *recorder, int64_t now_ms)
{
    job_master_tick(recorder->job, now_ms);
    give_ids(recorder, now_ms);
    expect(recorder, "trigger ");
}

static void acknowledge(struct recorder *recorder, uint64_t epoch, enum status expected, int64_t now_ms)
{
    struct task_identity task = {epoch, 1, 0, 0, TM_A};
    struct checkpoint_committable committable = {.owner = {.uid = "", .name = ""},
                                                 .content = {(const uint8_t *)"f", 1}};
    struct coordinator_acknowledgement acknowledgement = {
        .checkpoint_id = recorder->triggered, .committables = &committable, .num_committables = 1};
    struct error error;
    assert_int_equal(job_master_acknowledge(recorder->job, &task, &acknowledgement, now_ms, &error),
                     expected);
}

static void canceled(struct recorder *recorder, int64_t now_ms)
{
    struct task_identity task = {EPOCH, 1, 0, 0, TM_A};
    struct error error;
    assert_int_equal(job_master_task_state(recorder->job, &task, EXECUTION_CANCELED, NULL, now_ms, &error),
                     STATUS_OK);
}

static void a_leader_commits_what_is_durable_before_the_sources_start(void **state)
{
    (void)state;
    struct recorder recorder;
    make(&recorder, false);
    job_master_start(recorder.job, 0);
    expect(&recorder, "claim ");
    job_master_claimed(recorder.job, 0, NULL, 1);
    expect(&recorder, "find ");
    struct found_checkpoints found = {
        .latest = published(7), .is_own = true, .next_id = 20, .num_uncommitted = 1};
    found.uncommitted = malloc(sizeof(void *));
    found.uncommitted[0] = published(6);
    job_master_found(recorder.job, &found, NULL, 2);
    expect(&recorder, "record(7) ");
    job_master_recorded(recorder.job, NULL, 3);
    expect(&recorder, "read(7) ");
    job_master_read(recorder.job, 0, 5, NULL, 4);
    expect(&recorder, "commit(6) ");
    job_master_table_committed(recorder.job, 0, 6, 1, NULL, 5);
    expect(&recorder, "commit(7) ");
    job_master_table_committed(recorder.job, 0, 7, 1, NULL, 6);
    expect(&recorder, "CREATED slots(1) ");
    const struct scheduler_slot slot = {TM_A, 0};
    job_master_slots(recorder.job, &slot, 1, 7);
    assert_int_equal(recorder.restored_checkpoint, 7);
    clean(&recorder);
}

static void a_checkpoint_is_stored_committed_and_told(void **state)
{
    (void)state;
    struct recorder recorder;
    make_running(&recorder);
    trigger(&recorder, 1000);
    acknowledge(&recorder, EPOCH - 1, STATUS_FENCED, 1001);
    expect(&recorder, "");
    acknowledge(&recorder, EPOCH, STATUS_OK, 1001);
    expect(&recorder, "store ");
    job_master_stored(recorder.job, 1, 10, NULL, 1002);
    expect(&recorder, "commit(1) ");
    job_master_table_committed(recorder.job, 0, 1, 5, NULL, 1003);
    expect(&recorder, "notify ");
    clean(&recorder);
}

static void cancel_waits_for_the_commit_of_what_is_durable(void **state)
{
    (void)state;
    struct recorder recorder;
    make_running(&recorder);
    trigger(&recorder, 1000);
    acknowledge(&recorder, EPOCH, STATUS_OK, 1001);
    expect(&recorder, "store ");
    job_master_cancel(recorder.job, 1002); /* while it is being published */
    expect(&recorder, "CANCELLING cancel ");
    canceled(&recorder, 1003);
    expect(&recorder, "release ");
    job_master_stored(recorder.job, 1, 10, NULL, 1004);
    expect(&recorder, "commit(1) sweep(1) ");
    assert_int_equal(job_master_state(recorder.job), JOB_CANCELLING);
    job_master_table_committed(recorder.job, 0, 1, 5, NULL, 1005);
    expect(&recorder, "CANCELED ");
    assert_int_equal(job_master_pending_checkpoint(recorder.job), -1);
    clean(&recorder);
}

static void a_cancelled_job_gives_up_waiting_and_commits_no_more(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    make_running(&recorder);
    trigger(&recorder, 1000);
    acknowledge(&recorder, EPOCH, STATUS_OK, 1001);
    job_master_stored(recorder.job, 1, 10, NULL, 1002);
    job_master_cancel(recorder.job, 1003);
    canceled(&recorder, 1004);
    recorder.log[0] = '\0';
    job_master_tick(recorder.job, 40000);
    assert_int_equal(job_master_state(recorder.job), JOB_CANCELLING); /* the request is not resolved */
    error_set(&error, STATUS_UNAVAILABLE, "no answer");
    job_master_table_committed(recorder.job, 0, 1, -1, &error, 40001);
    expect(&recorder, "CANCELED ");
    assert_int_equal(job_master_pending_checkpoint(recorder.job), 1);
    job_master_tick(recorder.job, 90000);
    expect(&recorder, "");
    clean(&recorder);
}

static void a_job_that_was_being_cancelled_is_ended_by_the_next_leader(void **state)
{
    (void)state;
    struct recorder recorder;
    make(&recorder, true);
    job_master_start(recorder.job, 0);
    expect(&recorder, "CANCELLING claim ");
    job_master_claimed(recorder.job, 0, NULL, 1);
    struct found_checkpoints found = {.latest = published(7), .is_own = true, .next_id = 20};
    job_master_found(recorder.job, &found, NULL, 2);
    job_master_recorded(recorder.job, NULL, 3);
    job_master_read(recorder.job, 0, 6, NULL, 4);
    expect(&recorder, "find record(7) read(7) commit(7) ");
    job_master_table_committed(recorder.job, 0, 7, 1, NULL, 5);
    expect(&recorder, "CANCELED ");
    clean(&recorder);
}

static void a_refused_claim_fails_the_job_before_it_starts(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    make(&recorder, false);
    job_master_start(recorder.job, 0);
    error_set(&error, STATUS_CONFLICT, "another job holds the lineage");
    error.fatal = true;
    job_master_claimed(recorder.job, 0, &error, 1);
    expect(&recorder, "claim FATAL FAILING FAILED ");
    clean(&recorder);
}

static void a_damaged_checkpoint_fails_the_job(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    make(&recorder, false);
    job_master_start(recorder.job, 0);
    job_master_claimed(recorder.job, 0, NULL, 1);
    struct found_checkpoints found = {0};
    error_set(&error, STATUS_CORRUPT, "the checksum does not match");
    job_master_found(recorder.job, &found, &error, 2);
    expect(&recorder, "claim find FATAL FAILING FAILED ");
    clean(&recorder);
}

static void a_table_that_refuses_for_good_fails_the_job(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    make_running(&recorder);
    trigger(&recorder, 1000);
    acknowledge(&recorder, EPOCH, STATUS_OK, 1001);
    job_master_stored(recorder.job, 1, 10, NULL, 1002);
    recorder.log[0] = '\0';
    error_set(&error, STATUS_FENCED, "a later epoch claimed the table");
    job_master_table_committed(recorder.job, 0, 1, -1, &error, 1003);
    expect(&recorder, "FATAL FAILING cancel ");
    canceled(&recorder, 1004);
    expect(&recorder, "release FAILED sweep(1) ");
    assert_int_equal(job_master_pending_checkpoint(recorder.job), 1);
    clean(&recorder);
}

static void a_declined_checkpoint_restarts_from_the_last_durable_one(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error reason, error;
    struct task_identity task = {EPOCH, 1, 0, 0, TM_A};
    make_running(&recorder);
    trigger(&recorder, 1000);
    recorder.log[0] = '\0';
    error_set(&reason, STATUS_IO, "no space");
    assert_int_equal(job_master_decline(recorder.job, &task, 1, &reason, 1001, &error), STATUS_OK);
    expect(&recorder, "aborted failure RESTARTING cancel ");
    clean(&recorder);
}

static void a_bounded_job_ends_with_its_final_checkpoint(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct task_identity task = {EPOCH, 1, 0, 0, TM_A};
    make_running(&recorder);
    assert_int_equal(job_master_task_state(recorder.job, &task, EXECUTION_END_OF_INPUT, NULL, 10, &error),
                     STATUS_OK);
    give_ids(&recorder, 10);
    expect(&recorder, "final ");
    acknowledge(&recorder, EPOCH, STATUS_OK, 11);
    job_master_stored(recorder.job, 1, 10, NULL, 12);
    job_master_table_committed(recorder.job, 0, 1, 5, NULL, 13);
    expect(&recorder, "store commit(1) notify-final ");
    job_master_tick(recorder.job, 1013); /* the notification may have been lost */
    expect(&recorder, "notify-final ");
    assert_int_equal(job_master_task_state(recorder.job, &task, EXECUTION_FINISHED, NULL, 1014, &error),
                     STATUS_OK);
    expect(&recorder, "release FINISHED ");
    clean(&recorder);
}

/* Files of the attempt that nobody knows are gone before the next one writes. */
static void no_attempt_starts_before_the_files_of_the_last_one_are_swept(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error reason, error;
    struct task_identity task = {EPOCH, 1, 0, 0, TM_A};
    make_running(&recorder);
    trigger(&recorder, 1000);
    acknowledge(&recorder, EPOCH, STATUS_OK, 1001);
    recorder.log[0] = '\0';
    error_set(&reason, STATUS_UNAVAILABLE, "broker gone");
    assert_int_equal(job_master_task_state(recorder.job, &task, EXECUTION_FAILED, &reason, 1002, &error),
                     STATUS_OK);
    expect(&recorder, "failure RESTARTING release ");
    job_master_tick(recorder.job, 5000);
    expect(&recorder, ""); /* a checkpoint is still being published */
    job_master_stored(recorder.job, 1, 10, NULL, 5001);
    expect(&recorder, "commit(1) sweep(1) ");
    job_master_tick(recorder.job, 6000);
    expect(&recorder, "");
    job_master_swept(recorder.job, 6001);
    expect(&recorder, "slots(1) ");
    clean(&recorder);
}

static void ask_to_stop(struct recorder *recorder, int64_t now_ms)
{
    struct coordinator_request request = {
        .id = "0000000000000000000000000000000e", .kind = CHECKPOINT_STOP, .folder = "/svp/x"};
    job_master_ask(recorder->job, &request, now_ms);
    give_ids(recorder, now_ms);
}

static void a_stopped_job_finishes_behind_commit_and_savepoint(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct task_identity task = {EPOCH, 1, 0, 0, TM_A};
    make_running(&recorder);
    ask_to_stop(&recorder, 500);
    expect(&recorder, "stop ");
    acknowledge(&recorder, EPOCH, STATUS_OK, 501);
    job_master_stored(recorder.job, 1, 10, NULL, 502);
    expect(&recorder, "store commit(1) ");
    job_master_table_committed(recorder.job, 0, 1, 5, NULL, 503);
    expect(&recorder, "copy(1) notify "); /* not yet the end */
    job_master_copied(recorder.job, 1, NULL, 504);
    expect(&recorder, "done(1) notify-final ");
    assert_int_equal(job_master_task_state(recorder.job, &task, EXECUTION_FINISHED, NULL, 505, &error),
                     STATUS_OK);
    expect(&recorder, "release FINISHED ");
    clean(&recorder);
}

/* What it was to do is durable: its tasks are not needed any more. */
static void a_stopped_job_finishes_although_its_tasks_are_lost(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    make_running(&recorder);
    ask_to_stop(&recorder, 500);
    acknowledge(&recorder, EPOCH, STATUS_OK, 501);
    job_master_stored(recorder.job, 1, 10, NULL, 502);
    recorder.log[0] = '\0';
    error_set(&error, STATUS_UNAVAILABLE, "its host is gone");
    job_master_taskmanager_lost(recorder.job, TM_A, &error, 503);
    expect(&recorder, "failure RESTARTING release sweep(1) ");
    job_master_swept(recorder.job, 504);
    job_master_tick(recorder.job, 5000);
    expect(&recorder, ""); /* no new attempt reads on */
    job_master_table_committed(recorder.job, 0, 1, 5, NULL, 5001);
    job_master_copied(recorder.job, 1, NULL, 5002);
    expect(&recorder, "copy(1) done(1) FINISHED ");
    clean(&recorder);
}

/* ... and goes on when its savepoint cannot be written. */
static void a_job_that_could_not_be_stopped_starts_again(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    make_running(&recorder);
    ask_to_stop(&recorder, 500);
    acknowledge(&recorder, EPOCH, STATUS_OK, 501);
    job_master_stored(recorder.job, 1, 10, NULL, 502);
    job_master_table_committed(recorder.job, 0, 1, 5, NULL, 503);
    recorder.log[0] = '\0';
    error_set(&error, STATUS_IO, "no space");
    job_master_copied(recorder.job, 1, &error, 504);
    expect(&recorder, "refused(1) failure RESTARTING cancel ");
    canceled(&recorder, 505);
    expect(&recorder, "release sweep(1) ");
    job_master_swept(recorder.job, 506);
    job_master_tick(recorder.job, 1000);
    expect(&recorder, "slots(1) ");
    const struct scheduler_slot slot = {TM_A, 0};
    job_master_slots(recorder.job, &slot, 1, 1001);
    assert_int_equal(recorder.restored_checkpoint, 1);
    clean(&recorder);
}

/* The windows of a drained job have all fired: its next leader has nothing to go on with. */
static void a_drained_job_is_finished_by_the_next_leader(void **state)
{
    (void)state;
    struct recorder recorder;
    make(&recorder, false);
    job_master_start(recorder.job, 0);
    job_master_claimed(recorder.job, 0, NULL, 1);
    struct found_checkpoints found = {.latest = published(7), .is_own = true, .next_id = 20};
    found.latest->is_drained = true;
    job_master_found(recorder.job, &found, NULL, 2);
    job_master_recorded(recorder.job, NULL, 3);
    job_master_read(recorder.job, 0, 6, NULL, 4);
    expect(&recorder, "claim find record(7) read(7) commit(7) ");
    job_master_table_committed(recorder.job, 0, 7, 1, NULL, 5);
    expect(&recorder, "FINISHED ");
    clean(&recorder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leader_commits_what_is_durable_before_the_sources_start),
        cmocka_unit_test(a_checkpoint_is_stored_committed_and_told),
        cmocka_unit_test(cancel_waits_for_the_commit_of_what_is_durable),
        cmocka_unit_test(a_cancelled_job_gives_up_waiting_and_commits_no_more),
        cmocka_unit_test(a_job_that_was_being_cancelled_is_ended_by_the_next_leader),
        cmocka_unit_test(a_refused_claim_fails_the_job_before_it_starts),
        cmocka_unit_test(a_damaged_checkpoint_fails_the_job),
        cmocka_unit_test(a_table_that_refuses_for_good_fails_the_job),
        cmocka_unit_test(a_declined_checkpoint_restarts_from_the_last_durable_one),
        cmocka_unit_test(no_attempt_starts_before_the_files_of_the_last_one_are_swept),
        cmocka_unit_test(a_stopped_job_finishes_behind_commit_and_savepoint),
        cmocka_unit_test(a_stopped_job_finishes_although_its_tasks_are_lost),
        cmocka_unit_test(a_job_that_could_not_be_stopped_starts_again),
        cmocka_unit_test(a_drained_job_is_finished_by_the_next_leader),
        cmocka_unit_test(a_bounded_job_ends_with_its_final_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
