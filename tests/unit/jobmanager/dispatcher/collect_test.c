#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static enum status put(struct collect_result *result, uint64_t sequence, const char *rows, uint32_t num_rows)
{
    struct error error;
    struct rpc_collect message = {
        .sequence = sequence,
        .rows = {(const uint8_t *)rows, strlen(rows)},
        .num_rows = num_rows,
    };
    return collect_result_put(result, 0, &message, &error);
}

static void rows_come_once_and_in_order(void **state)
{
    (void)state;
    struct collect_result *result = collect_result_create();
    struct collect_rows rows;
    assert_true(collect_result_start_attempt(result, 1));
    assert_int_equal(put(result, 0, "[[\"1\"],[\"2\"]]", 2), STATUS_OK);
    assert_int_equal(put(result, 0, "[[\"1\"],[\"2\"]]", 2), STATUS_OK); /* sent again */
    assert_int_equal(put(result, 1, "[[null]]", 1), STATUS_OK);
    assert_int_equal(put(result, 3, "[[\"x\"]]", 1), STATUS_INVALID_ARGUMENT);
    collect_result_take(result, 100, 0, &rows);
    assert_int_equal(rows.num_rows, 3);
    assert_string_equal(buffer_text(&rows.json), "[\"1\"],[\"2\"],[null]");
    assert_false(rows.is_end);
    collect_rows_free(&rows);
    collect_result_end(result, NULL);
    collect_result_take(result, 100, 1000, &rows);
    assert_true(rows.is_end);
    assert_false(rows.is_failed);
    collect_rows_free(&rows);
    collect_result_unref(result);
}

static void a_full_buffer_holds_the_job_back(void **state)
{
    (void)state;
    struct collect_result *result = collect_result_create();
    struct collect_rows rows;
    assert_int_equal(put(result, 0, "[[\"1\"]]", 50000), STATUS_OK);
    assert_int_equal(put(result, 1, "[[\"2\"]]", 1), STATUS_EXHAUSTED);
    collect_result_take(result, 1, 0, &rows);
    assert_int_equal(rows.num_rows, 50000);
    collect_rows_free(&rows);
    assert_int_equal(put(result, 1, "[[\"2\"]]", 1), STATUS_OK);
    collect_result_unref(result);
}

static void rows_that_were_taken_cannot_be_taken_back(void **state)
{
    (void)state;
    struct collect_result *result = collect_result_create();
    assert_true(collect_result_start_attempt(result, 1));
    assert_true(collect_result_start_attempt(result, 2));
    assert_int_equal(put(result, 0, "[[\"1\"]]", 1), STATUS_OK);
    assert_false(collect_result_start_attempt(result, 3));
    collect_result_unref(result);
}

static void a_reader_is_told_why_the_job_failed(void **state)
{
    (void)state;
    struct collect_result *result = collect_result_create();
    struct collect_rows rows;
    struct error error;
    error_set(&error, STATUS_CORRUPT, "poison");
    assert_int_equal(put(result, 0, "[[\"1\"]]", 1), STATUS_OK);
    collect_result_end(result, &error);
    collect_result_take(result, 10, 1000, &rows);
    assert_int_equal(rows.num_rows, 1);
    assert_true(rows.is_failed);
    assert_string_equal(rows.error.message, "poison");
    collect_rows_free(&rows);
    collect_result_unref(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_once_and_in_order),
        cmocka_unit_test(a_full_buffer_holds_the_job_back),
        cmocka_unit_test(rows_that_were_taken_cannot_be_taken_back),
        cmocka_unit_test(a_reader_is_told_why_the_job_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
