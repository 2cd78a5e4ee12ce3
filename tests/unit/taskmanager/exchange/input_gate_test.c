/* What a gate makes of the elements of several channels. */
#include "tests/unit/taskmanager/exchange/exchange_fixture.h"

enum { PRODUCERS = 3 };

/* Channels 0 and 2 are of the gate's process, channel 1 is not. */
static const struct fixture_options three_to_one = {.partitioning = PLAN_SINGLETON,
                                                    .from_parallelism = PRODUCERS,
                                                    .to_parallelism = 1,
                                                    .producer_at = {0, 1, 0}};

struct gate_test {
    struct fixture fixture;
    struct producer producers[PRODUCERS];
    struct consumer consumer;
};

static int set_up(void **state)
{
    struct gate_test *test = malloc(sizeof *test);
    fixture_start(&test->fixture, &three_to_one);
    consumer_open(&test->consumer, &test->fixture, 0, 0);
    for (uint32_t i = 0; i < PRODUCERS; i++)
        producer_open(&test->producers[i], &test->fixture, three_to_one.producer_at[i], i);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct gate_test *test = *state;
    for (uint32_t i = 0; i < PRODUCERS; i++)
        producer_close(&test->producers[i]);
    consumer_close(&test->consumer);
    fixture_stop(&test->fixture);
    free(test);
    return 0;
}

static void send_row(struct gate_test *test, uint32_t producer, int64_t id)
{
    producer_send(&test->producers[producer], batch_of(&test->fixture, id, 1, 1));
}

static void expect_row(struct gate_test *test, int64_t id)
{
    struct gate_element element = consumer_expect(&test->consumer, GATE_BATCH);
    assert_int_equal(id_of(element.batch, 0), id);
    record_batch_free(element.batch);
}

static void expect_barrier(struct gate_test *test, uint64_t id)
{
    struct gate_element element = consumer_expect(&test->consumer, GATE_BARRIER);
    assert_int_equal(element.checkpoint_id, id);
    assert_true(element.alignment_us >= 0);
}

static void rows_behind_a_barrier_wait_for_the_other_channels(void **state)
{
    struct gate_test *test = *state;
    producer_send_barrier(&test->producers[0], 1);
    send_row(test, 0, 100); /* behind */
    producer_send_barrier(&test->producers[1], 1);
    send_row(test, 1, 101); /* behind */
    send_row(test, 2, 2);   /* before */
    expect_row(test, 2);
    consumer_expect_nothing(&test->consumer, 50);
    assert_int_equal(input_gate_queued(test->consumer.gate), 2);
    send_row(test, 2, 3);
    producer_send_barrier(&test->producers[2], 1);
    expect_row(test, 3);
    expect_barrier(test, 1);
    int64_t sum = 0;
    for (int i = 0; i < 2; i++) {
        struct gate_element element = consumer_expect(&test->consumer, GATE_BATCH);
        sum += id_of(element.batch, 0);
        record_batch_free(element.batch);
    }
    assert_int_equal(sum, 201);
    consumer_expect_nothing(&test->consumer, 20);
}

static void a_checkpoint_given_up_lets_its_channels_go_on(void **state)
{
    struct gate_test *test = *state;
    producer_send_barrier(&test->producers[0], 1);
    send_row(test, 0, 100);
    consumer_expect_nothing(&test->consumer, 20);
    input_gate_abort_alignment(test->consumer.gate, 1);
    assert_true(latch_wait(&test->consumer.latch, FIXTURE_PATIENCE_MS)); /* it is worth asking */
    expect_row(test, 100);
    for (uint32_t i = 1; i < PRODUCERS; i++)
        producer_send_barrier(&test->producers[i], 1); /* too late */
    consumer_expect_nothing(&test->consumer, 20);
    for (uint32_t i = 0; i < PRODUCERS; i++)
        producer_send_barrier(&test->producers[i], 2);
    expect_barrier(test, 2);
}

static void a_later_barrier_overtakes(void **state)
{
    struct gate_test *test = *state;
    producer_send_barrier(&test->producers[0], 1);
    send_row(test, 0, 100);
    consumer_expect_nothing(&test->consumer, 20);
    producer_send_barrier(&test->producers[2], 2); /* it never had the first one */
    send_row(test, 2, 102);
    expect_row(test, 100); /* channel 0 is read again, channel 2 waits */
    consumer_expect_nothing(&test->consumer, 20);
    producer_send_barrier(&test->producers[1], 1);
    producer_send_barrier(&test->producers[1], 2);
    consumer_expect_nothing(&test->consumer, 50);
    producer_send_barrier(&test->producers[0], 2);
    expect_barrier(test, 2);
    expect_row(test, 102);
}

static void barriers_come_after_the_end(void **state)
{
    struct gate_test *test = *state;
    producer_send_end(&test->producers[0], INPUT_FINISHED);
    producer_send_end(&test->producers[1], INPUT_FINISHED);
    consumer_expect_nothing(&test->consumer, 50);
    for (uint32_t i = 0; i < PRODUCERS; i++)
        producer_send_barrier(&test->producers[i], 1);
    expect_barrier(test, 1);
    producer_send_end(&test->producers[2], INPUT_FINISHED);
    struct gate_element element = consumer_expect(&test->consumer, GATE_END);
    assert_int_equal(element.how, INPUT_FINISHED);
    assert_int_equal(element.input, 0);
    for (uint64_t id = 2; id < 20; id++) {
        for (uint32_t i = 0; i < PRODUCERS; i++)
            producer_send_barrier(&test->producers[i], id);
        expect_barrier(test, id);
    }
}

static void the_end_is_a_stop_when_one_channel_was_stopped(void **state)
{
    struct gate_test *test = *state;
    producer_send_end(&test->producers[0], INPUT_FINISHED);
    producer_send_end(&test->producers[1], INPUT_STOPPED);
    producer_send_end(&test->producers[2], INPUT_FINISHED);
    assert_int_equal(consumer_expect(&test->consumer, GATE_END).how, INPUT_STOPPED);
}

static void watermarks_are_the_least_of_channels_that_are_not_idle(void **state)
{
    struct gate_test *test = *state;
    producer_send_watermark(&test->producers[0], 100);
    producer_send_watermark(&test->producers[1], 50);
    consumer_expect_nothing(&test->consumer, 50);
    producer_send_watermark(&test->producers[2], 70);
    assert_int_equal(consumer_expect(&test->consumer, GATE_WATERMARK).watermark_us, 50);
    producer_send_status(&test->producers[1], true);
    assert_int_equal(consumer_expect(&test->consumer, GATE_WATERMARK).watermark_us, 70);
    producer_send_status(&test->producers[0], true);
    producer_send_status(&test->producers[2], true);
    assert_int_equal(consumer_expect(&test->consumer, GATE_WATERMARK).watermark_us, 100);
    assert_true(consumer_expect(&test->consumer, GATE_STATUS).is_idle);
    producer_send_status(&test->producers[2], false);
    assert_false(consumer_expect(&test->consumer, GATE_STATUS).is_idle);
    producer_send_watermark(&test->producers[2], 300);
    assert_int_equal(consumer_expect(&test->consumer, GATE_WATERMARK).watermark_us, 300);
    producer_send_watermark(&test->producers[2], WATERMARK_MAX);
    producer_send_end(&test->producers[2], INPUT_FINISHED);
    consumer_expect(&test->consumer, GATE_STATUS); /* those that remain are idle */
    for (uint32_t i = 0; i < 2; i++) {
        producer_send_watermark(&test->producers[i], WATERMARK_MAX);
        producer_send_end(&test->producers[i], INPUT_FINISHED);
    }
    assert_true(consumer_expect(&test->consumer, GATE_WATERMARK).watermark_us == WATERMARK_MAX);
    consumer_expect(&test->consumer, GATE_END);
}

/* A channel that has much does not keep the others from their turn. */
static void channels_take_turns(void **state)
{
    struct gate_test *test = *state;
    for (int64_t i = 0; i < EXCHANGE_CHANNEL_CREDITS; i++)
        send_row(test, 0, i);
    send_row(test, 2, 1000);
    send_row(test, 2, 1001);
    int64_t expected[] = {0, 1000, 1, 1001, 2, 3};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        expect_row(test, expected[i]);
}

/* Two edges into one input and one into another. */
static void inputs_keep_their_own_watermarks_and_ends(void **state)
{
    (void)state;
    static const struct fixture_options options = {
        .partitioning = PLAN_FORWARD, .from_parallelism = 1, .to_parallelism = 1};
    struct fixture fixture;
    fixture_start(&fixture, &options);
    struct plan_edge *edges = arena_calloc(fixture.graph->arena, 3, sizeof *edges);
    for (uint32_t i = 0; i < 3; i++) {
        edges[i] = fixture.graph->edges[0];
        edges[i].input = i == 1;
    }
    fixture.graph->edges = edges;
    fixture.graph->edge_count = 3;
    struct gate_test test = {.fixture = fixture};
    consumer_open(&test.consumer, &fixture, 0, 0);
    assert_int_equal(input_gate_num_inputs(test.consumer.gate), 2);
    for (uint32_t i = 0; i < 3; i++)
        producer_open_edge(&test.producers[i], &fixture, 0, 0, i);
    producer_send_watermark(&test.producers[1], 500);
    struct gate_element element = consumer_expect(&test.consumer, GATE_WATERMARK);
    assert_int_equal(element.input, 1);
    assert_int_equal(element.watermark_us, 500);
    producer_send_watermark(&test.producers[0], 70);
    producer_send_watermark(&test.producers[2], 60);
    element = consumer_expect(&test.consumer, GATE_WATERMARK);
    assert_int_equal(element.input, 0);
    assert_int_equal(element.watermark_us, 60);
    send_row(&test, 1, 11);
    element = consumer_expect(&test.consumer, GATE_BATCH);
    assert_int_equal(element.input, 1);
    record_batch_free(element.batch);
    producer_send_end(&test.producers[1], INPUT_FINISHED);
    assert_int_equal(consumer_expect(&test.consumer, GATE_END).input, 1);
    producer_send_barrier(&test.producers[0], 1);
    producer_send_barrier(&test.producers[1], 1);
    consumer_expect_nothing(&test.consumer, 20);
    producer_send_barrier(&test.producers[2], 1);
    expect_barrier(&test, 1);
    producer_send_end(&test.producers[0], INPUT_FINISHED);
    producer_send_end(&test.producers[2], INPUT_FINISHED);
    element = consumer_expect(&test.consumer, GATE_END);
    assert_int_equal(element.input, 0);
    for (uint32_t i = 0; i < 3; i++)
        producer_close(&test.producers[i]);
    consumer_close(&test.consumer);
    fixture_stop(&fixture);
}

#define GATE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GATE_TEST(rows_behind_a_barrier_wait_for_the_other_channels),
        GATE_TEST(a_checkpoint_given_up_lets_its_channels_go_on),
        GATE_TEST(a_later_barrier_overtakes),
        GATE_TEST(barriers_come_after_the_end),
        GATE_TEST(the_end_is_a_stop_when_one_channel_was_stopped),
        GATE_TEST(watermarks_are_the_least_of_channels_that_are_not_idle),
        GATE_TEST(channels_take_turns),
        cmocka_unit_test(inputs_keep_their_own_watermarks_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
