/* A leader that was stopped, was followed by another one, and goes on: what it writes has no effect. */
#include "common/base/process_context.h"
#include "common/filesystem/file_io.h"
#include "jobmanager/job_store/job_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char job_id[] = "0123456789abcdef0123456789abcdef";

struct fixture {
    char folder[64];
    int64_t now_us;
    struct process_context process;
    struct job_store *first, *second;
};

static int64_t now_us(void *context)
{
    return ((struct fixture *)context)->now_us;
}

static struct job_store *open_store(struct fixture *fixture)
{
    struct job_store_options options = {
        .process = &fixture->process, .folder = fixture->folder, .name_space = "default", .takeover_ms = 100};
    struct job_store *store;
    struct error error;
    assert_int_equal(job_store_open(&options, &store, &error), STATUS_OK);
    return store;
}

static bool try_lead(struct job_store *store)
{
    bool is_leader;
    struct error error;
    assert_int_equal(job_store_try_lead(store, "tcp://127.0.0.1:1", &is_leader, &error), STATUS_OK);
    return is_leader;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/frazil-stale-leader-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->process.clock = (struct clock){now_us, now_us, fixture};
    fixture->first = open_store(fixture);
    fixture->second = open_store(fixture);
    assert_true(try_lead(fixture->first));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    job_store_free(fixture->first);
    job_store_free(fixture->second);
    struct file_io *io;
    struct error error;
    assert_int_equal(file_io_for_uri(fixture->folder, &io, &error), STATUS_OK);
    assert_int_equal(file_io_delete_directory(io, fixture->folder, &error), STATUS_OK);
    file_io_free(io);
    free(fixture);
    return 0;
}

static enum status put_job(struct job_store *store)
{
    char name[] = "a job";
    struct stored_job job = {.name = name};
    struct error error;
    memcpy(job.job_id, job_id, sizeof job_id);
    return job_store_put_job(store, &job, &error);
}

static enum status put_state(struct job_store *store, const char *text)
{
    struct error error;
    return job_store_put_state(store, job_id, text, 1, "", &error);
}

static void take_over(struct fixture *fixture)
{
    assert_false(try_lead(fixture->second));
    fixture->now_us += 1000 * 1000;
    assert_true(try_lead(fixture->second));
}

static void assert_stored_state(struct job_store *store, const char *expected)
{
    struct stored_job *jobs;
    size_t count;
    struct error error;
    assert_int_equal(job_store_list_jobs(store, &jobs, &count, &error), STATUS_OK);
    assert_int_equal(count, 1);
    assert_string_equal(jobs[0].state, expected);
    stored_job_free(&jobs[0]);
    free(jobs);
}

static void state_of_a_fenced_leader_is_refused_and_void(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(put_job(fixture->first), STATUS_OK);
    take_over(fixture);
    assert_int_equal(put_state(fixture->second, "RESTARTING"), STATUS_OK);
    assert_int_equal(put_state(fixture->first, "FAILED"), STATUS_FENCED);
    assert_stored_state(fixture->second, "RESTARTING");
}

static void what_was_told_before_the_takeover_counts(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(put_job(fixture->first), STATUS_OK);
    assert_int_equal(put_state(fixture->first, "CANCELLING"), STATUS_OK);
    take_over(fixture);
    assert_stored_state(fixture->second, "CANCELLING");
}

static void nobody_is_told_of_a_job_that_a_fenced_leader_stored(void **state)
{
    struct fixture *fixture = *state;
    take_over(fixture);
    assert_int_equal(put_job(fixture->first), STATUS_FENCED);
}

static void removed_job_is_gone(void **state)
{
    struct fixture *fixture = *state;
    struct stored_job *jobs;
    size_t count;
    struct error error;
    assert_int_equal(put_job(fixture->first), STATUS_OK);
    assert_int_equal(put_state(fixture->first, "CANCELED"), STATUS_OK);
    assert_int_equal(job_store_remove_job(fixture->first, job_id, &error), STATUS_OK);
    assert_int_equal(job_store_list_jobs(fixture->first, &jobs, &count, &error), STATUS_OK);
    assert_int_equal(count, 0);
    free(jobs);
}

static bool count_file(void *context, const char *name, bool is_directory)
{
    (void)name, (void)is_directory;
    ++*(size_t *)context;
    return true;
}

static void epochs_leave_a_bounded_number_of_files(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 100; i++) {
        job_store_free(fixture->first);
        fixture->first = open_store(fixture);
        assert_true(try_lead(fixture->first));
    }
    struct file_io *io;
    struct error error;
    char epochs[96];
    size_t count = 0;
    snprintf(epochs, sizeof epochs, "%s/epochs", fixture->folder);
    assert_int_equal(file_io_for_uri(fixture->folder, &io, &error), STATUS_OK);
    assert_int_equal(file_io_list(io, epochs, count_file, &count, &error), STATUS_OK);
    file_io_free(io);
    assert_in_range(count, 2, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(state_of_a_fenced_leader_is_refused_and_void, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_told_before_the_takeover_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_is_told_of_a_job_that_a_fenced_leader_stored, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(removed_job_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(epochs_leave_a_bounded_number_of_files, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
