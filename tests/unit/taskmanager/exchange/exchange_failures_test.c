/* What a gate and a writer make of frames that are lost, doubled, stale or broken, and of peers that go. */
#include "tests/unit/taskmanager/exchange/fake_taskmanager.h"

static const struct fixture_options fake_produces = {
    .partitioning = PLAN_FORWARD, .from_parallelism = 1, .to_parallelism = 1, .producer_at = {1}};
static const struct fixture_options fake_consumes = {
    .partitioning = PLAN_FORWARD, .from_parallelism = 1, .to_parallelism = 1, .consumer_at = {1}};

static void expect_row(struct consumer *consumer, int64_t id)
{
    struct gate_element element = consumer_expect(consumer, GATE_BATCH);
    assert_int_equal(id_of(element.batch, 0), id);
    record_batch_free(element.batch);
}

/* Fails for good, and so that the job is started anew. */
static void expect_failure(struct consumer *consumer, const char *what)
{
    for (int i = 0; i < 2; i++) {
        struct error error;
        assert_int_equal(consumer_next(consumer, &error).kind, GATE_FAILED);
        assert_true(error.retriable);
        assert_false(error.fatal);
        if (strstr(error.message, what) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", error.message, what);
    }
}

static void expect_told(struct fake_taskmanager *fake, enum frame_kind kind, const char *what)
{
    size_t at = 0;
    size_t found = fake_await(fake, kind, &at);
    if (strstr(fake->texts[found], what) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fake->texts[found], what);
}

struct gate_test {
    struct fake_taskmanager fake;
    struct consumer consumer;
};

static struct gate_test *start_gate(const struct fixture_options *options)
{
    struct gate_test *test = malloc(sizeof *test);
    fake_start(&test->fake, options);
    consumer_open(&test->consumer, &test->fake.fixture, 0, 0);
    return test;
}

static void stop_gate(struct gate_test *test)
{
    consumer_close(&test->consumer);
    fake_stop(&test->fake);
    free(test);
}

static void credits_are_told_and_told_again(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&fake_produces);
    struct fake_taskmanager *fake = &test->fake;
    size_t at = 0;
    assert_int_equal(fake->heads[fake_await(fake, FRAME_CREDIT, &at)].number, EXCHANGE_CHANNEL_CREDITS);
    fake_send(fake, fake_head(fake, FRAME_ANNOUNCEMENT, 0), "");
    assert_int_equal(fake->heads[fake_await(fake, FRAME_CREDIT, &at)].number, EXCHANGE_CHANNEL_CREDITS);
    for (uint64_t i = 1; i <= EXCHANGE_CHANNEL_CREDITS; i++)
        fake_send_row(fake, i);
    for (int64_t i = 1; i <= EXCHANGE_CHANNEL_CREDITS; i++)
        expect_row(&test->consumer, i);
    uint64_t limit = 0;
    while (limit < 2 * EXCHANGE_CHANNEL_CREDITS)
        limit = fake->heads[fake_await(fake, FRAME_CREDIT, &at)].number;
    assert_int_equal(limit, 2 * EXCHANGE_CHANNEL_CREDITS);
    stop_gate(test);
}

static void a_gap_fails_the_channel_and_a_doubled_element_does_not(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&fake_produces);
    struct fake_taskmanager *fake = &test->fake;
    fake_send_row(fake, 1);
    fake_send_row(fake, 1);
    fake_send_row(fake, 2);
    fake_send_row(fake, 1);
    expect_row(&test->consumer, 1);
    expect_row(&test->consumer, 2);
    consumer_expect_nothing(&test->consumer, 50);
    fake_send_row(fake, 4);
    expect_failure(&test->consumer, "lost");
    expect_told(fake, FRAME_CONSUMER_FAILED, "lost");
    stop_gate(test);
}

static void a_lost_element_that_none_follows_is_missed(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&fake_produces);
    struct fake_taskmanager *fake = &test->fake;
    fake_send_row(fake, 1);
    fake_send(fake, fake_head(fake, FRAME_ANNOUNCEMENT, 1), "");
    expect_row(&test->consumer, 1);
    consumer_expect_nothing(&test->consumer, 50);
    fake_send(fake, fake_head(fake, FRAME_ANNOUNCEMENT, 2), "");
    expect_failure(&test->consumer, "of 2 elements sent only 1 came");
    stop_gate(test);
}

static void elements_without_credit_fail_the_channel(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&fake_produces);
    for (uint64_t i = 1; i <= EXCHANGE_CHANNEL_CREDITS + 1; i++)
        fake_send_row(&test->fake, i);
    expect_told(&test->fake, FRAME_CONSUMER_FAILED, "without credit");
    expect_failure(&test->consumer, "without credit");
    stop_gate(test);
}

static void a_flipped_bit_fails_the_channels_of_the_connection(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&fake_produces);
    struct fake_taskmanager *fake = &test->fake;
    fake_send_row(fake, 1);
    expect_row(&test->consumer, 1);
    struct frame_head head = fake_head(fake, FRAME_BATCH, 2);
    struct stream_message *message = fake_batch(fake, &head, 2, 100);
    stream_message_bytes(message)[500] ^= 0x10;
    stream_send(fake->peer, message, NULL, NULL);
    expect_failure(&test->consumer, "checksum");
    expect_told(fake, FRAME_CONSUMER_FAILED, "checksum");
    stop_gate(test);
}

/* The checksum holds, the batch does not. */
static void a_batch_that_does_not_decode_fails_the_channel(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&fake_produces);
    fake_send(&test->fake, fake_head(&test->fake, FRAME_BATCH, 1), "no batch at all");
    expect_failure(&test->consumer, "batch");
    expect_told(&test->fake, FRAME_CONSUMER_FAILED, "batch");
    stop_gate(test);
}

static void a_frame_that_does_not_decompress_fails_the_channel(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&fake_produces);
    struct frame_head head = fake_head(&test->fake, FRAME_BATCH, 1);
    head.flags = FRAME_IS_LZ4;
    head.unpacked_bytes = 1000;
    fake_send(&test->fake, head, "\xF0 not compressed");
    expect_failure(&test->consumer, "decompress");
    stop_gate(test);
}

static void rows_after_the_end_fail_the_channel(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&fake_produces);
    struct frame_head head = fake_head(&test->fake, FRAME_END, 1);
    struct exchange_element end = {.kind = ELEMENT_END, .how = INPUT_STOPPED};
    stream_send(test->fake.peer, exchange_frame_create_element(&end, &head), NULL, NULL);
    assert_int_equal(consumer_expect(&test->consumer, GATE_END).how, INPUT_STOPPED);
    fake_send_row(&test->fake, 2);
    expect_failure(&test->consumer, "after the end");
    stop_gate(test);
}

static void what_is_stale_has_no_effect(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&fake_produces);
    struct fake_taskmanager *fake = &test->fake;
    fake_send_row(fake, 1);
    expect_row(&test->consumer, 1);
    struct frame_head stale[6];
    for (int i = 0; i < 6; i++)
        stale[i] = fake_head(fake, FRAME_BATCH, 2);
    stale[0].channel.leader_epoch = 2;
    stale[1].channel.attempt = 0;
    stale[2].channel.job_id[0] = 'f';
    stale[3].channel.edge = 7;
    strcpy(stale[4].receiver, "cccccccccccccccccccccccccccccccc"); /* had the address before */
    strcpy(stale[5].sender, "dddddddddddddddddddddddddddddddd");   /* not where the producer runs */
    for (int i = 0; i < 6; i++) {
        stream_send(fake->peer, fake_batch(fake, &stale[i], 999, 1), NULL, NULL);
        stale[i].kind = FRAME_PRODUCER_FAILED;
        stale[i].flags = 0;
        fake_send(fake, stale[i], "stale");
    }
    fake_send_row(fake, 2);
    expect_row(&test->consumer, 2);
    consumer_expect_nothing(&test->consumer, 20);
    stop_gate(test);
}

static void a_lost_connection_fails_what_was_under_way(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&fake_produces);
    struct fake_taskmanager *fake = &test->fake;
    /* Nothing was: the connection may come and go. */
    size_t at = 0;
    fake_send(fake, fake_head(fake, FRAME_ANNOUNCEMENT, 0), "");
    fake_await(fake, FRAME_CREDIT, &at);
    fake_await(fake, FRAME_CREDIT, &at);
    stream_peer_free(fake->peer);
    consumer_expect_nothing(&test->consumer, 50);
    fake_dial(fake);
    fake_send_row(fake, 1);
    expect_row(&test->consumer, 1);
    stream_peer_free(fake->peer);
    expect_failure(&test->consumer, "connection is lost");
    expect_told(fake, FRAME_CONSUMER_FAILED, "connection is lost");
    fake_dial(fake);
    stop_gate(test);
}

static void the_producers_failure_is_the_gates(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&fake_produces);
    fake_send(&test->fake, fake_head(&test->fake, FRAME_PRODUCER_FAILED, 0), "the moon is full");
    expect_failure(&test->consumer, "the moon is full");
    stop_gate(test);
}

static const struct fixture_options silent = {.partitioning = PLAN_FORWARD,
                                              .from_parallelism = 1,
                                              .to_parallelism = 1,
                                              .producer_at = {1},
                                              .heartbeat_interval_ms = 50,
                                              .heartbeat_timeout_ms = 1000};

static void a_silent_peer_fails_its_channels(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&silent);
    expect_failure(&test->consumer, "silent");
    expect_told(&test->fake, FRAME_CONSUMER_FAILED, "silent");
    stop_gate(test);
}

static void heartbeats_keep_a_channel_that_is_idle(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&silent);
    struct fake_taskmanager *fake = &test->fake;
    for (int i = 0; i < 60; i++) {
        struct frame_head head = fake_head(fake, FRAME_HEARTBEAT, 1);
        fake_send(fake, head, stream_listener_address(fake->listener));
        consumer_expect_nothing(&test->consumer, 20);
    }
    fake_send_row(fake, 1);
    expect_row(&test->consumer, 1);
    stop_gate(test);
}

/* Its subtask may be deployed long before ours: it must hear of us, though we have no channel with it yet. */
static void a_peer_that_needs_us_hears_of_us(void **state)
{
    (void)state;
    struct fake_taskmanager *fake = malloc(sizeof *fake);
    fake_start(fake, &silent);
    size_t at = 0;
    fake_send(fake, fake_head(fake, FRAME_HEARTBEAT, 1), stream_listener_address(fake->listener));
    for (int i = 0; i < 3; i++) {
        size_t found = fake_await(fake, FRAME_HEARTBEAT, &at);
        assert_int_equal(fake->heads[found].number, 0); /* we need nothing of it */
        assert_string_equal(fake->texts[found], exchange_hub_address(fake->fixture.hubs[0]));
        assert_string_equal(fake->heads[found].sender, fixture_taskmanagers[0]);
    }
    /* When it is in nobody's interest any more, the connection ends. */
    pthread_mutex_lock(&fake->mutex);
    while (fake->num_lost == 0)
        pthread_cond_wait(&fake->changed, &fake->mutex);
    pthread_mutex_unlock(&fake->mutex);
    fake_stop(fake);
    free(fake);
}

struct writer_test {
    struct fake_taskmanager fake;
    struct producer producer;
};

static struct writer_test *start_writer(const struct fixture_options *options)
{
    struct writer_test *test = malloc(sizeof *test);
    fake_start(&test->fake, options);
    producer_open(&test->producer, &test->fake.fixture, 0, 0);
    return test;
}

static void stop_writer(struct writer_test *test)
{
    producer_close(&test->producer);
    fake_stop(&test->fake);
    free(test);
}

static void a_writer_announces_itself_until_it_hears_of_credits(void **state)
{
    (void)state;
    static const struct fixture_options hasty = {.partitioning = PLAN_FORWARD,
                                                 .from_parallelism = 1,
                                                 .to_parallelism = 1,
                                                 .consumer_at = {1},
                                                 .heartbeat_interval_ms = 10};
    struct writer_test *test = start_writer(&hasty);
    struct fake_taskmanager *fake = &test->fake;
    size_t at = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(fake->heads[fake_await(fake, FRAME_ANNOUNCEMENT, &at)].number, 0);
    assert_int_equal(producer_offer(&test->producer, batch_of(&fake->fixture, 0, 1, 1)),
                     OPERATOR_OUTPUT_FULL);
    /* One credit, told twice, is one element. */
    fake_send(fake, fake_head(fake, FRAME_CREDIT, 1), "");
    fake_send(fake, fake_head(fake, FRAME_CREDIT, 1), "");
    struct error error;
    assert_int_equal(producer_finish(&test->producer, OPERATOR_OUTPUT_FULL, &error), OPERATOR_DONE);
    at = 0;
    assert_int_equal(fake->heads[fake_await(fake, FRAME_BATCH, &at)].number, 1);
    /* It has none left, and says how far it went. */
    while (fake->heads[fake_await(fake, FRAME_ANNOUNCEMENT, &at)].number != 1)
        ;
    assert_int_equal(producer_offer(&test->producer, batch_of(&fake->fixture, 0, 1, 1)),
                     OPERATOR_OUTPUT_FULL);
    struct frame_head stale = fake_head(fake, FRAME_CREDIT, 100);
    stale.channel.attempt = 0;
    fake_send(fake, stale, "");
    fake_send(fake, fake_head(fake, FRAME_CREDIT, 2), "");
    assert_int_equal(producer_finish(&test->producer, OPERATOR_OUTPUT_FULL, &error), OPERATOR_DONE);
    assert_int_equal(fake->heads[fake_await(fake, FRAME_BATCH, &at)].number, 2);
    assert_int_equal(producer_offer(&test->producer, batch_of(&fake->fixture, 0, 1, 1)),
                     OPERATOR_OUTPUT_FULL);
    stop_writer(test);
}

static void expect_writer_fails(struct writer_test *test, const char *what)
{
    struct error error = {.message = ""};
    enum operator_result result = producer_offer(&test->producer, batch_of(&test->fake.fixture, 0, 1, 1));
    if (result == OPERATOR_FAILED) { /* it was told already */
        assert_int_equal(test->producer.writer->ops->on_timer(test->producer.writer, 0, &error),
                         OPERATOR_FAILED);
    } else {
        while (result != OPERATOR_FAILED) {
            if (!latch_wait(&test->producer.latch, FIXTURE_PATIENCE_MS))
                fail_msg("the writer was not woken");
            result = test->producer.writer->ops->resume(test->producer.writer, &error);
        }
    }
    assert_true(error.retriable);
    assert_false(error.fatal);
    if (strstr(error.message, what) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, what);
    /* It is due at once, so that a chain without rows hears of it. */
    assert_int_equal(test->producer.writer->ops->next_timer_us(test->producer.writer), 0);
}

static void the_consumers_failure_is_the_writers(void **state)
{
    (void)state;
    struct writer_test *test = start_writer(&fake_consumes);
    fake_send(&test->fake, fake_head(&test->fake, FRAME_CONSUMER_FAILED, 0), "out of patience");
    expect_writer_fails(test, "out of patience");
    stop_writer(test);
}

static void a_writer_fails_with_its_connection(void **state)
{
    (void)state;
    struct writer_test *test = start_writer(&fake_consumes);
    struct fake_taskmanager *fake = &test->fake;
    fake_send(fake, fake_head(fake, FRAME_CREDIT, 1), "");
    producer_send(&test->producer, batch_of(&fake->fixture, 0, 1, 1));
    size_t at = 0;
    fake_await(fake, FRAME_BATCH, &at);
    stream_listener_free(fake->listener);
    expect_writer_fails(test, "lost");
    fake_listen(fake);
    stop_writer(test);
}

static void a_writer_fails_with_a_silent_peer(void **state)
{
    (void)state;
    static const struct fixture_options options = {.partitioning = PLAN_FORWARD,
                                                   .from_parallelism = 1,
                                                   .to_parallelism = 1,
                                                   .consumer_at = {1},
                                                   .heartbeat_interval_ms = 20,
                                                   .heartbeat_timeout_ms = 200};
    struct writer_test *test = start_writer(&options);
    expect_writer_fails(test, "silent");
    expect_told(&test->fake, FRAME_PRODUCER_FAILED, "silent");
    stop_writer(test);
}

static void one_subtask_has_one_gate_and_one_writer_for_an_edge(void **state)
{
    (void)state;
    struct gate_test *test = start_gate(&fake_produces);
    struct latch latch;
    struct exchange_end end = fixture_end(&test->fake.fixture, 1, 0, &latch);
    struct input_gate *second = NULL;
    struct error error;
    assert_int_equal(input_gate_create(test->fake.fixture.hubs[0], &end, &second, &error),
                     STATUS_ALREADY_EXISTS);
    end.num_locations = 0;
    end.attempt++;
    assert_int_equal(input_gate_create(test->fake.fixture.hubs[0], &end, &second, &error), STATUS_INTERNAL);
    assert_null(second);
    stop_gate(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credits_are_told_and_told_again),
        cmocka_unit_test(a_gap_fails_the_channel_and_a_doubled_element_does_not),
        cmocka_unit_test(a_lost_element_that_none_follows_is_missed),
        cmocka_unit_test(elements_without_credit_fail_the_channel),
        cmocka_unit_test(a_flipped_bit_fails_the_channels_of_the_connection),
        cmocka_unit_test(a_batch_that_does_not_decode_fails_the_channel),
        cmocka_unit_test(a_frame_that_does_not_decompress_fails_the_channel),
        cmocka_unit_test(rows_after_the_end_fail_the_channel),
        cmocka_unit_test(what_is_stale_has_no_effect),
        cmocka_unit_test(a_lost_connection_fails_what_was_under_way),
        cmocka_unit_test(the_producers_failure_is_the_gates),
        cmocka_unit_test(a_silent_peer_fails_its_channels),
        cmocka_unit_test(heartbeats_keep_a_channel_that_is_idle),
        cmocka_unit_test(a_peer_that_needs_us_hears_of_us),
        cmocka_unit_test(a_writer_announces_itself_until_it_hears_of_credits),
        cmocka_unit_test(the_consumers_failure_is_the_writers),
        cmocka_unit_test(a_writer_fails_with_its_connection),
        cmocka_unit_test(a_writer_fails_with_a_silent_peer),
        cmocka_unit_test(one_subtask_has_one_gate_and_one_writer_for_an_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
