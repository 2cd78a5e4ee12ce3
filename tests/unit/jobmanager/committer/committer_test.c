#include "jobmanager/committer/committer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct recorder {
    struct committer *committer;
    uint32_t num_claims, num_reads, num_commits;
    uint64_t commit_of_table[2];
    bool all_claimed, all_read;
    uint64_t committed;
    struct error failure;
};

static void on_claim(void *context, uint32_t table)
{
    (void)table;
    ((struct recorder *)context)->num_claims++;
}

static void on_read_last(void *context, uint32_t table)
{
    (void)table;
    ((struct recorder *)context)->num_reads++;
}

static void on_commit(void *context, uint32_t table, uint64_t checkpoint_id)
{
    struct recorder *recorder = context;
    recorder->commit_of_table[table] = checkpoint_id;
    recorder->num_commits++;
}

static void on_all_claimed(void *context)
{
    ((struct recorder *)context)->all_claimed = true;
}

static void on_all_read(void *context)
{
    ((struct recorder *)context)->all_read = true;
}

static void on_committed(void *context, uint64_t checkpoint_id)
{
    struct recorder *recorder = context;
    assert_true(checkpoint_id > recorder->committed);
    recorder->committed = checkpoint_id;
}

static void on_failed(void *context, const struct error *error)
{
    ((struct recorder *)context)->failure = *error;
}

static struct committer *make(struct recorder *recorder, uint32_t num_tables)
{
    *recorder = (struct recorder){0};
    const char *const names[] = {"a", "b"};
    struct committer_callbacks callbacks = {
        .context = recorder,
        .claim = on_claim,
        .read_last = on_read_last,
        .commit = on_commit,
        .all_claimed = on_all_claimed,
        .all_read = on_all_read,
        .committed = on_committed,
        .failed = on_failed,
    };
    recorder->committer = committer_create(names, num_tables, &callbacks);
    return recorder->committer;
}

static const bool both[] = {true, true}, only_first[] = {true, false};

/* Two tables, claimed and read. */
static struct committer *make_ready(struct recorder *recorder, int64_t last_a, int64_t last_b)
{
    struct committer *committer = make(recorder, 2);
    committer_start(committer, 0);
    committer_claimed(committer, 0, NULL, 1);
    assert_false(recorder->all_claimed);
    committer_claimed(committer, 1, NULL, 1);
    assert_true(recorder->all_claimed);
    committer_read_tables(committer, 2);
    committer_read(committer, 1, last_b, NULL, 3);
    committer_read(committer, 0, last_a, NULL, 3);
    assert_true(recorder->all_read);
    return committer;
}

static void tables_advance_alone_each_in_order(void **state)
{
    (void)state;
    struct recorder recorder;
    struct committer *committer = make_ready(&recorder, COMMITTER_NOTHING, COMMITTER_NOTHING);
    committer_durable(committer, 1, both, 10);
    committer_durable(committer, 2, both, 11);
    assert_int_equal(recorder.num_commits, 2);
    committer_table_committed(committer, 0, 1, 77, NULL, 12);
    assert_int_equal(recorder.commit_of_table[0], 2);
    assert_int_equal(recorder.commit_of_table[1], 1);
    committer_table_committed(committer, 0, 2, 78, NULL, 13);
    assert_int_equal(recorder.committed, 0);
    committer_table_committed(committer, 1, 1, 79, NULL, 14);
    assert_int_equal(recorder.committed, 1);
    committer_table_committed(committer, 1, 2, 80, NULL, 15);
    assert_int_equal(recorder.committed, 2);
    assert_int_equal(committer_num_pending(committer), 0);
    assert_int_equal(committer_table(committer, 0)->last_snapshot_id, 78);
    committer_free(committer);
}

static void a_table_without_files_needs_no_commit(void **state)
{
    (void)state;
    struct recorder recorder;
    struct committer *committer = make_ready(&recorder, COMMITTER_NOTHING, COMMITTER_NOTHING);
    committer_durable(committer, 1, only_first, 10);
    assert_int_equal(recorder.num_commits, 1);
    committer_table_committed(committer, 0, 1, 5, NULL, 11);
    assert_int_equal(recorder.committed, 1);
    committer_free(committer);
}

static void a_job_without_tables_commits_at_once(void **state)
{
    (void)state;
    struct recorder recorder;
    struct committer *committer = make(&recorder, 0);
    committer_start(committer, 0);
    assert_true(recorder.all_claimed);
    committer_read_tables(committer, 0);
    assert_true(recorder.all_read);
    committer_durable(committer, 4, both, 1);
    assert_int_equal(recorder.committed, 4);
    committer_free(committer);
}

static void what_a_table_has_is_not_committed_again(void **state)
{
    (void)state;
    struct recorder recorder;
    struct committer *committer = make_ready(&recorder, 5, 4);
    committer_durable(committer, 5, both, 10);
    assert_int_equal(recorder.num_commits, 1);
    assert_int_equal(recorder.commit_of_table[1], 5);
    assert_int_equal(recorder.commit_of_table[0], 0);
    committer_free(committer);
}

static void a_retriable_error_is_retried_with_backoff(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct committer *committer = make_ready(&recorder, COMMITTER_NOTHING, COMMITTER_NOTHING);
    committer_durable(committer, 1, only_first, 10);
    int64_t now_ms = 10, expected_ms = 100;
    for (int i = 0; i < 5; i++, expected_ms *= 2) {
        error_set(&error, STATUS_UNAVAILABLE, "no answer");
        committer_table_committed(committer, 0, 1, -1, &error, now_ms);
        assert_int_equal(committer_next_timer_ms(committer), now_ms + expected_ms);
        now_ms += expected_ms;
        committer_tick(committer, now_ms);
        assert_int_equal(recorder.num_commits, i + 2);
    }
    assert_int_equal(recorder.failure.code, STATUS_OK);
    committer_table_committed(committer, 0, 1, 9, NULL, now_ms);
    assert_int_equal(recorder.committed, 1);
    committer_free(committer);
}

static void a_disk_that_stays_broken_fails_the_job(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct committer *committer = make_ready(&recorder, COMMITTER_NOTHING, COMMITTER_NOTHING);
    committer_durable(committer, 1, only_first, 10);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(recorder.failure.code, STATUS_OK);
        error_set(&error, STATUS_IO, "read-only file system");
        committer_table_committed(committer, 0, 1, -1, &error, i * 100000);
        committer_tick(committer, i * 100000 + 50000);
    }
    assert_int_equal(recorder.failure.code, STATUS_IO);
    committer_free(committer);
}

static void a_refusal_fails_the_job_and_names_what_each_table_has(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct committer *committer = make_ready(&recorder, 3, COMMITTER_NOTHING);
    committer_durable(committer, 4, both, 10);
    error_set(&error, STATUS_FENCED, "another leader claimed it");
    committer_table_committed(committer, 0, 4, -1, &error, 11);
    assert_true(recorder.failure.fatal);
    assert_non_null(strstr(recorder.failure.message, "another leader claimed it"));
    assert_non_null(strstr(recorder.failure.message, "a 3"));
    assert_non_null(strstr(recorder.failure.message, "b none"));
    assert_true(committer_has_request(committer)); /* the other table's is still resolved */
    uint32_t before = recorder.num_commits;
    committer_table_committed(committer, 1, 4, 8, NULL, 12);
    committer_tick(committer, 100000);
    assert_int_equal(recorder.num_commits, before);
    committer_free(committer);
}

static void a_stopped_committer_begins_nothing(void **state)
{
    (void)state;
    struct recorder recorder;
    struct error error;
    struct committer *committer = make_ready(&recorder, COMMITTER_NOTHING, COMMITTER_NOTHING);
    committer_durable(committer, 1, only_first, 10);
    committer_stop(committer);
    error_set(&error, STATUS_UNAVAILABLE, "no answer");
    committer_table_committed(committer, 0, 1, -1, &error, 20);
    committer_tick(committer, 100000);
    assert_int_equal(recorder.num_commits, 1);
    assert_int_equal(committer_next_timer_ms(committer), INT64_MAX);
    assert_int_equal(committer_oldest_pending(committer), 1);
    committer_free(committer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_advance_alone_each_in_order),
        cmocka_unit_test(a_table_without_files_needs_no_commit),
        cmocka_unit_test(a_job_without_tables_commits_at_once),
        cmocka_unit_test(what_a_table_has_is_not_committed_again),
        cmocka_unit_test(a_retriable_error_is_retried_with_backoff),
        cmocka_unit_test(a_disk_that_stays_broken_fails_the_job),
        cmocka_unit_test(a_refusal_fails_the_job_and_names_what_each_table_has),
        cmocka_unit_test(a_stopped_committer_begins_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
