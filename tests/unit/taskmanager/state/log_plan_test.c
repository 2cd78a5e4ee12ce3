#include "taskmanager/state/log_plan_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool take_file(struct log_plan *plan, uint64_t num_rows, uint64_t num_dirty)
{
    struct log_extent extent = {num_rows, num_dirty, num_rows * 100};
    assert_true(log_plan_wants_file(plan, &extent));
    struct row_log_file file = log_plan_next(plan, &extent);
    bool is_base = file.is_base;
    log_plan_written(plan, is_base ? extent.bytes : num_dirty * 100);
    assert_non_null(file.name);
    row_log_file_free(&file);
    return is_base;
}

/* How many files follow a base until the next. */
static uint32_t chain_length(uint64_t num_rows, uint64_t num_dirty)
{
    struct log_plan plan;
    log_plan_init(&plan);
    assert_true(take_file(&plan, num_rows, num_rows));
    uint32_t length = 0;
    while (!take_file(&plan, num_rows, num_dirty))
        length++;
    assert_int_equal(plan.num_files, 1);
    log_plan_free(&plan);
    return length;
}

static void what_changes_most_is_written_whole(void **state)
{
    (void)state;
    assert_int_equal(chain_length(10000000, 8000000), 0);
    assert_int_equal(chain_length(10000000, 2500000), 8); /* to three times its size */
}

/* A large state of which little changes is not rewritten often for having many files. */
static void little_changes_are_cheap(void **state)
{
    (void)state;
    assert_int_equal(chain_length(10000000, 100), 511);
    assert_in_range(chain_length(10000000, 50000), 63, 64);
}

static void nothing_new_needs_no_file(void **state)
{
    (void)state;
    struct log_plan plan;
    log_plan_init(&plan);
    struct log_extent none = {0}, some = {1000, 1000, 100000}, clean = {1000, 0, 100000};
    assert_false(log_plan_wants_file(&plan, &none));
    assert_true(log_plan_wants_file(&plan, &some));
    assert_true(take_file(&plan, 1000, 1000));
    assert_false(log_plan_wants_file(&plan, &clean));
    log_plan_forget(&plan);
    assert_true(log_plan_wants_file(&plan, &clean)); /* of the next chain */
    log_plan_free(&plan);
}

/* Checkpoints know files by their names: those of two attempts must not meet. */
static void names_are_never_used_again(void **state)
{
    (void)state;
    struct log_plan first, second;
    log_plan_init(&first);
    log_plan_init(&second);
    struct log_extent extent = {10, 10, 1000};
    struct row_log_file a = log_plan_next(&first, &extent), b = log_plan_next(&second, &extent);
    assert_string_not_equal(a.name, b.name);
    row_log_file_free(&a);
    row_log_file_free(&b);
    log_plan_free(&first);
    log_plan_free(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_most_is_written_whole),
        cmocka_unit_test(little_changes_are_cheap),
        cmocka_unit_test(nothing_new_needs_no_file),
        cmocka_unit_test(names_are_never_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
