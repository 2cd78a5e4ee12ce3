#include "jobmanager/job_store/job_store.h"

#include "common/base/memory.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define JOB "0123456789abcdef0123456789abcdef"

struct fixture {
    char folder[64];
    struct process_context process;
    int64_t now_ms;
};

static int64_t now_us(void *context)
{
    return ((struct fixture *)context)->now_ms * 1000;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    strcpy(fixture->folder, "/tmp/job_store_test_XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->process.clock = (struct clock){now_us, now_us, fixture};
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    nftw(fixture->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(fixture);
    return 0;
}

static struct job_store *open_store(struct fixture *fixture)
{
    struct error error;
    struct job_store *store;
    struct job_store_options options = {
        .process = &fixture->process, .folder = fixture->folder, .name_space = "default"};
    assert_int_equal(job_store_open(&options, &store, &error), STATUS_OK);
    return store;
}

static bool try_lead(struct job_store *store)
{
    struct error error;
    bool is_leader = false;
    assert_int_equal(job_store_try_lead(store, "tcp://h:1", &is_leader, &error), STATUS_OK);
    return is_leader;
}

static void one_leads_and_the_next_takes_over_when_it_is_gone(void **state)
{
    struct job_store *first = open_store(*state), *second = open_store(*state);
    assert_true(try_lead(first));
    assert_int_equal(job_store_epoch(first), 1);
    assert_false(try_lead(second));
    job_store_free(first);
    assert_true(try_lead(second));
    assert_int_equal(job_store_epoch(second), 2);
    job_store_free(second);
}

static void a_counter_that_stands_still_is_taken_over_and_its_leader_fenced(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct job_store *first = open_store(fixture), *second = open_store(fixture);
    assert_true(try_lead(first));
    assert_false(try_lead(second));
    fixture->now_ms += 4000;
    assert_int_equal(job_store_keep_lead(first, &error), STATUS_OK);
    assert_false(try_lead(second));
    fixture->now_ms += 4999;
    assert_false(try_lead(second));
    fixture->now_ms += 1;
    assert_true(try_lead(second));
    assert_int_equal(job_store_keep_lead(first, &error), STATUS_FENCED);
    assert_int_equal(job_store_keep_lead(second, &error), STATUS_OK);
    job_store_free(first);
    job_store_free(second);
}

static struct stored_job make_job(void)
{
    struct stored_job job = {.job_id = JOB, .lineage = "lineage", .submitted_ms = 42};
    job.name = mem_strdup("insert \"x\"");
    job.failure = mem_strdup("");
    buffer_append(&job.graph, "graph\0bytes", 11);
    return job;
}

static void a_job_survives_its_jobmanager(void **state)
{
    struct error error;
    struct job_store *store = open_store(*state);
    assert_true(try_lead(store));
    struct stored_job job = make_job();
    assert_int_equal(job_store_put_job(store, &job, &error), STATUS_OK);
    assert_int_equal(job_store_put_job(store, &job, &error), STATUS_ALREADY_EXISTS);
    assert_int_equal(job_store_put_state(store, JOB, "CANCELLING", 50, "", &error), STATUS_OK);
    job_store_free(store);
    store = open_store(*state);
    assert_true(try_lead(store));
    assert_int_equal(job_store_put_state(store, JOB, "FAILED", 60, "broken", &error), STATUS_OK);
    struct stored_job *jobs;
    size_t count;
    assert_int_equal(job_store_list_jobs(store, &jobs, &count, &error), STATUS_OK);
    assert_int_equal(count, 1);
    assert_string_equal(jobs[0].job_id, JOB);
    assert_string_equal(jobs[0].name, "insert \"x\"");
    assert_string_equal(jobs[0].lineage, "lineage");
    assert_int_equal(jobs[0].submitted_ms, 42);
    assert_int_equal(jobs[0].graph.size, 11);
    assert_memory_equal(jobs[0].graph.data, "graph\0bytes", 11);
    assert_string_equal(jobs[0].state, "FAILED");
    assert_string_equal(jobs[0].failure, "broken");
    stored_job_free(&jobs[0]);
    free(jobs);
    struct stored_job one;
    assert_int_equal(job_store_get_job(store, JOB, &one, &error), STATUS_OK);
    assert_string_equal(one.state, "FAILED");
    stored_job_free(&one);
    assert_int_equal(job_store_remove_job(store, JOB, &error), STATUS_OK);
    assert_int_equal(job_store_get_job(store, JOB, &one, &error), STATUS_NOT_FOUND);
    assert_int_equal(job_store_list_jobs(store, &jobs, &count, &error), STATUS_OK);
    assert_int_equal(count, 0);
    free(jobs);
    stored_job_free(&job);
    job_store_free(store);
}

static void a_damaged_job_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct job_store *store = open_store(fixture);
    assert_true(try_lead(store));
    struct stored_job job = make_job();
    assert_int_equal(job_store_put_job(store, &job, &error), STATUS_OK);
    stored_job_free(&job);
    char path[256];
    snprintf(path, sizeof path, "%s/jobs/default/" JOB "/job", fixture->folder);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, 20, SEEK_SET);
    fputc('#', file);
    fclose(file);
    struct stored_job *jobs;
    size_t count;
    assert_int_equal(job_store_list_jobs(store, &jobs, &count, &error), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, JOB));
    job_store_free(store);
}

static void each_epoch_keeps_its_own_records(void **state)
{
    struct error error;
    struct stored_continued *records;
    size_t count;
    uint64_t until;
    struct stored_job job = make_job();
    struct job_store *first = open_store(*state);
    assert_true(try_lead(first));
    assert_int_equal(job_store_put_job(first, &job, &error), STATUS_OK);
    assert_int_equal(job_store_max_ids(first, JOB, &until, &error), STATUS_OK);
    assert_int_equal(until, 1);
    assert_int_equal(job_store_put_continued(first, JOB, 0, &error), STATUS_OK);
    assert_int_equal(job_store_put_ids(first, JOB, 17, &error), STATUS_OK);
    job_store_free(first);
    struct job_store *second = open_store(*state);
    assert_true(try_lead(second));
    assert_int_equal(job_store_put_continued(second, JOB, 9, &error), STATUS_OK);
    assert_int_equal(job_store_put_ids(second, JOB, 12, &error), STATUS_OK);
    assert_int_equal(job_store_max_ids(second, JOB, &until, &error), STATUS_OK);
    assert_int_equal(until, 17);
    assert_int_equal(job_store_list_continued(second, JOB, &records, &count, &error), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(records[0].checkpoint_id + records[1].checkpoint_id, 9);
    free(records);
    stored_job_free(&job);
    job_store_free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_leads_and_the_next_takes_over_when_it_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_counter_that_stands_still_is_taken_over_and_its_leader_fenced,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_job_survives_its_jobmanager, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_job_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_epoch_keeps_its_own_records, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
