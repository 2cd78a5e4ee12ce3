#include "taskmanager/exchange/channel_credits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { WINDOW = 8 };

static void nothing_is_sent_without_credit(void **state)
{
    (void)state;
    struct channel_producer producer = {.window = WINDOW};
    struct channel_consumer consumer = {.window = WINDOW};
    assert_false(channel_producer_may_send(&producer));
    assert_true(channel_producer_announces(&producer));
    assert_int_equal(channel_consumer_hear(&consumer, 0), CHANNEL_TAKEN);
    assert_true(channel_producer_grant(&producer, channel_consumer_grant(&consumer)));
    for (uint64_t i = 1; i <= WINDOW; i++) {
        assert_true(channel_producer_may_send(&producer));
        assert_int_equal(channel_producer_send(&producer), i);
        assert_int_equal(channel_consumer_take(&consumer, i), CHANNEL_TAKEN);
    }
    assert_false(channel_producer_may_send(&producer));
    assert_int_equal(channel_consumer_take(&consumer, WINDOW + 1), CHANNEL_EXCEEDED);
}

static void credits_come_by_halves_and_may_be_lost_or_doubled(void **state)
{
    (void)state;
    struct channel_producer producer = {.window = WINDOW};
    struct channel_consumer consumer = {.window = WINDOW};
    channel_producer_grant(&producer, channel_consumer_grant(&consumer));
    for (uint64_t i = 1; i <= WINDOW; i++)
        assert_int_equal(channel_consumer_take(&consumer, channel_producer_send(&producer)), CHANNEL_TAKEN);
    uint32_t grants = 0;
    for (uint64_t i = 1; i <= WINDOW; i++)
        if (channel_consumer_consume(&consumer)) {
            channel_consumer_grant(&consumer); /* is lost */
            grants++;
        }
    assert_int_equal(grants, 2);
    /* Without credit it announces itself again, and again. */
    for (int i = 0; i < 3; i++)
        assert_true(channel_producer_announces(&producer));
    uint64_t limit = channel_consumer_grant(&consumer);
    assert_int_equal(limit, 2 * WINDOW);
    assert_true(channel_producer_grant(&producer, limit));
    assert_false(channel_producer_grant(&producer, limit));
    assert_false(channel_producer_grant(&producer, WINDOW)); /* an old one, late */
    assert_int_equal(producer.limit, 2 * WINDOW);
    /* All was consumed, and it knows. */
    assert_false(channel_producer_announces(&producer));
    channel_producer_send(&producer);
    assert_true(channel_producer_announces(&producer));
}

static void what_is_lost_is_missed(void **state)
{
    (void)state;
    struct channel_producer producer = {.window = WINDOW};
    struct channel_consumer consumer = {.window = WINDOW};
    channel_producer_grant(&producer, channel_consumer_grant(&consumer));
    assert_int_equal(channel_consumer_take(&consumer, channel_producer_send(&producer)), CHANNEL_TAKEN);
    assert_int_equal(channel_consumer_take(&consumer, 1), CHANNEL_DOUBLED);
    channel_producer_send(&producer); /* is lost */
    assert_int_equal(channel_consumer_take(&consumer, channel_producer_send(&producer)), CHANNEL_GAP);
    assert_int_equal(consumer.received, 1);
    /* When nothing follows, how far it went is announced until it is heard. */
    for (int i = 0; i < 3; i++)
        assert_true(channel_producer_announces(&producer));
    assert_int_equal(channel_consumer_hear(&consumer, producer.sent), CHANNEL_GAP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_sent_without_credit),
        cmocka_unit_test(credits_come_by_halves_and_may_be_lost_or_doubled),
        cmocka_unit_test(what_is_lost_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
