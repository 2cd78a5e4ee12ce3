#include "taskmanager/exchange/barrier_aligner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static enum aligner_verdict take(struct barrier_aligner *aligner, uint32_t channel, uint64_t id)
{
    int64_t alignment_us = -1;
    return barrier_aligner_take(aligner, channel, id, 0, &alignment_us);
}

static void channels_wait_for_the_last(void **state)
{
    (void)state;
    struct barrier_aligner aligner;
    barrier_aligner_init(&aligner, 3);
    int64_t alignment_us = -1;
    assert_int_equal(barrier_aligner_take(&aligner, 1, 7, 100, &alignment_us), ALIGNER_WAITS);
    assert_false(barrier_aligner_may_read(&aligner, 1));
    assert_true(barrier_aligner_may_read(&aligner, 0));
    assert_int_equal(barrier_aligner_take(&aligner, 0, 7, 150, &alignment_us), ALIGNER_WAITS);
    assert_int_equal(barrier_aligner_take(&aligner, 2, 7, 260, &alignment_us), ALIGNER_COMPLETE);
    assert_int_equal(alignment_us, 160);
    for (uint32_t i = 0; i < 3; i++)
        assert_true(barrier_aligner_may_read(&aligner, i));
    barrier_aligner_free(&aligner);
}

static void one_channel_waits_for_nobody(void **state)
{
    (void)state;
    struct barrier_aligner aligner;
    barrier_aligner_init(&aligner, 1);
    assert_int_equal(take(&aligner, 0, 1), ALIGNER_COMPLETE);
    assert_int_equal(take(&aligner, 0, 2), ALIGNER_COMPLETE);
    assert_int_equal(take(&aligner, 0, 2), ALIGNER_IGNORED);
    barrier_aligner_free(&aligner);
}

static void a_later_barrier_gives_the_earlier_up(void **state)
{
    (void)state;
    struct barrier_aligner aligner;
    barrier_aligner_init(&aligner, 3);
    assert_int_equal(take(&aligner, 0, 7), ALIGNER_WAITS);
    assert_int_equal(take(&aligner, 1, 8), ALIGNER_OVERTAKES);
    assert_true(barrier_aligner_may_read(&aligner, 0));
    assert_false(barrier_aligner_may_read(&aligner, 1));
    assert_int_equal(take(&aligner, 2, 7), ALIGNER_IGNORED);
    assert_int_equal(take(&aligner, 2, 8), ALIGNER_WAITS);
    assert_int_equal(take(&aligner, 0, 8), ALIGNER_COMPLETE);
    barrier_aligner_free(&aligner);
}

static void a_checkpoint_given_up_is_of_no_interest(void **state)
{
    (void)state;
    struct barrier_aligner aligner;
    barrier_aligner_init(&aligner, 2);
    assert_int_equal(take(&aligner, 0, 7), ALIGNER_WAITS);
    assert_false(barrier_aligner_abort(&aligner, 6));
    assert_false(barrier_aligner_may_read(&aligner, 0));
    assert_true(barrier_aligner_abort(&aligner, 7));
    assert_true(barrier_aligner_may_read(&aligner, 0));
    assert_int_equal(take(&aligner, 1, 7), ALIGNER_IGNORED); /* it was on its way */
    assert_false(barrier_aligner_abort(&aligner, 8));        /* none of its barriers came yet */
    assert_int_equal(take(&aligner, 0, 8), ALIGNER_IGNORED);
    assert_int_equal(take(&aligner, 0, 9), ALIGNER_WAITS);
    assert_int_equal(take(&aligner, 1, 9), ALIGNER_COMPLETE);
    barrier_aligner_free(&aligner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_wait_for_the_last),
        cmocka_unit_test(one_channel_waits_for_nobody),
        cmocka_unit_test(a_later_barrier_gives_the_earlier_up),
        cmocka_unit_test(a_checkpoint_given_up_is_of_no_interest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
