#include "taskmanager/taskexecutor/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void add(struct outbox *outbox, uint16_t method)
{
    struct buffer payload = {0};
    buffer_append_text(&payload, "x");
    outbox_add(outbox, method, &payload);
    assert_int_equal(payload.size, 0);
}

static void messages_go_in_order_one_at_a_time(void **context)
{
    (void)context;
    struct outbox outbox = {0};
    add(&outbox, 1);
    add(&outbox, 2);
    assert_int_equal(outbox_next(&outbox, 0)->method, 1);
    assert_null(outbox_next(&outbox, 0));
    assert_int_equal(outbox_on_reply(&outbox, STATUS_OK, 0), OUTBOX_DELIVERED);
    assert_int_equal(outbox_next(&outbox, 0)->method, 2);
    outbox_clear(&outbox);
}

static void what_was_not_answered_is_sent_again(void **context)
{
    (void)context;
    struct outbox outbox = {0};
    add(&outbox, 1);
    for (int64_t now_ms = 0; now_ms < 1000; now_ms += 100) {
        assert_int_equal(outbox_next(&outbox, now_ms)->method, 1);
        assert_int_equal(outbox_on_reply(&outbox, STATUS_TIMEOUT, now_ms), OUTBOX_RETRY);
        assert_null(outbox_next(&outbox, now_ms + 1));
        assert_int_equal(outbox_deadline_ms(&outbox), now_ms + 100);
    }
    outbox_clear(&outbox);
}

static void an_error_is_an_answer_and_a_fence_is_the_end(void **context)
{
    (void)context;
    struct outbox outbox = {0};
    add(&outbox, 1);
    add(&outbox, 2);
    outbox_next(&outbox, 0);
    assert_int_equal(outbox_on_reply(&outbox, STATUS_NOT_FOUND, 0), OUTBOX_DELIVERED);
    outbox_next(&outbox, 0);
    assert_int_equal(outbox_on_reply(&outbox, STATUS_FENCED, 0), OUTBOX_FENCED);
    outbox_clear(&outbox);
    assert_int_equal(outbox_on_reply(&outbox, STATUS_OK, 0), OUTBOX_DELIVERED); /* too late: no effect */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_go_in_order_one_at_a_time),
        cmocka_unit_test(what_was_not_answered_is_sent_again),
        cmocka_unit_test(an_error_is_an_answer_and_a_fence_is_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
