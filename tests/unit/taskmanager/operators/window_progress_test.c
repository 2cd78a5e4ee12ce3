#include "taskmanager/operators/window_progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void add_subtask(struct operator_state *state, uint32_t first, uint32_t end, int64_t watermark_us)
{
    struct window_progress progress;
    window_progress_init(&progress, first, end);
    window_progress_advance(&progress, watermark_us);
    window_progress_snapshot(&progress, state);
    window_progress_free(&progress);
}

static void restore(struct window_progress *progress, uint32_t first, uint32_t end,
                    const struct operator_state *state)
{
    struct error error;
    window_progress_init(progress, first, end);
    assert_int_equal(window_progress_restore(progress, state, &error), STATUS_OK);
}

static void never_goes_back(void **state)
{
    (void)state;
    struct window_progress progress;
    window_progress_init(&progress, 0, 128);
    assert_true(window_progress_of(&progress, 5) == WATERMARK_NONE);
    window_progress_advance(&progress, 10);
    window_progress_advance(&progress, 5);
    assert_true(window_progress_of(&progress, 5) == 10);
}

static void subtasks_at_one_watermark_go_on_from_it(void **state)
{
    (void)state;
    struct operator_state stored = {0};
    struct window_progress progress;
    add_subtask(&stored, 0, 64, 100);
    add_subtask(&stored, 64, 128, 100);
    restore(&progress, 43, 86, &stored);
    assert_true(progress.watermark_us == 100 && progress.ahead_us == NULL);
    operator_state_free(&stored);
}

/* All begin at the smallest watermark; the key groups that were ahead stay ahead, also over a second restore,
 * until the watermark has reached them. */
static void key_groups_that_were_ahead_stay_ahead(void **state)
{
    (void)state;
    struct operator_state stored = {0}, again = {0};
    struct window_progress progress, other;
    add_subtask(&stored, 0, 64, 100);
    add_subtask(&stored, 64, 128, 70);
    restore(&progress, 43, 86, &stored);
    restore(&other, 86, 128, &stored);
    assert_true(progress.watermark_us == 70 && other.watermark_us == 70 && other.ahead_us == NULL);
    assert_true(window_progress_of(&progress, 63) == 100 && window_progress_of(&progress, 64) == 70);
    window_progress_advance(&progress, 80);
    window_progress_snapshot(&progress, &again);
    window_progress_free(&progress);
    restore(&progress, 0, 128, &again);
    assert_true(window_progress_of(&progress, 50) == 100 && window_progress_of(&progress, 70) == 80);
    window_progress_advance(&progress, 99);
    assert_true(window_progress_of(&progress, 50) == 100);
    window_progress_advance(&progress, 100);
    assert_null(progress.ahead_us);
    window_progress_free(&other);
    operator_state_free(&stored);
    operator_state_free(&again);
}

static void refuses_what_is_no_watermark(void **state)
{
    (void)state;
    struct error error;
    struct operator_state stored = {0};
    struct window_progress progress;
    list_state_append(operator_state_add_list(&stored, "watermark", LIST_STATE_UNION, 1), "x", 1);
    window_progress_init(&progress, 0, 128);
    assert_int_equal(window_progress_restore(&progress, &stored, &error), STATUS_CORRUPT);
    window_progress_free(&progress);
    operator_state_free(&stored);
    memset(&stored, 0, sizeof stored);
    list_state_append(operator_state_add_list(&stored, "watermark", LIST_STATE_UNION, 2), "x", 1);
    assert_int_equal(window_progress_restore(&progress, &stored, &error), STATUS_UNSUPPORTED);
    operator_state_free(&stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_goes_back),
        cmocka_unit_test(subtasks_at_one_watermark_go_on_from_it),
        cmocka_unit_test(key_groups_that_were_ahead_stay_ahead),
        cmocka_unit_test(refuses_what_is_no_watermark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
