/* What crosses a channel, in one process and between two. */
#include "tests/unit/taskmanager/exchange/exchange_fixture.h"

#include "common/columnar/row_packer.h"

static const struct fixture_options here = {
    .partitioning = PLAN_FORWARD, .from_parallelism = 1, .to_parallelism = 1};
static const struct fixture_options over_tcp = {
    .partitioning = PLAN_FORWARD, .from_parallelism = 1, .to_parallelism = 1, .consumer_at = {1}};
static const struct fixture_options over_inproc = {.partitioning = PLAN_FORWARD,
                                                   .from_parallelism = 1,
                                                   .to_parallelism = 1,
                                                   .consumer_at = {1},
                                                   .is_inproc = true};
static const struct fixture_options compressed = {.partitioning = PLAN_FORWARD,
                                                  .from_parallelism = 1,
                                                  .to_parallelism = 1,
                                                  .consumer_at = {1},
                                                  .compresses = true};

enum { STREAM_BATCHES = 300 };

static void *send_stream(void *context)
{
    struct producer *producer = context;
    const struct fixture *fixture = (const struct fixture *)producer->context.process;
    int64_t next = 0;
    for (uint32_t i = 0; i < STREAM_BATCHES; i++) {
        uint32_t count = 1 + i * 37 % BATCH_MAX_ROWS;
        producer_send(producer, batch_of(fixture, next, 1, count));
        next += count;
        if (i % 10 == 9)
            producer_send_watermark(producer, next);
        if (i % 50 == 49)
            producer_send_barrier(producer, i / 50 + 1);
    }
    producer_send_end(producer, INPUT_FINISHED);
    producer_send_barrier(producer, 100);
    return NULL;
}

/* Every row, watermark and barrier, in order, however slow the consumer is. */
static void receive_stream(struct consumer *consumer, uint32_t num_producers)
{
    int64_t next[FIXTURE_MAX_SUBTASKS] = {0};
    int64_t total = 0, watermark_us = WATERMARK_NONE;
    uint64_t barriers = 0;
    bool is_ended = false;
    while (!is_ended) {
        struct error error;
        struct gate_element element = consumer_next(consumer, &error);
        if (element.kind == GATE_BATCH) {
            assert_true(element.batch->num_rows > 0 && element.batch->num_rows <= BATCH_MAX_ROWS);
            check_names(element.batch);
            for (uint32_t i = 0; i < element.batch->num_rows && num_producers == 1; i++)
                assert_int_equal(id_of(element.batch, i), next[0]++);
            total += element.batch->num_rows;
            record_batch_free(element.batch);
        } else if (element.kind == GATE_WATERMARK) {
            assert_true(element.watermark_us > watermark_us);
            watermark_us = element.watermark_us;
            if (num_producers == 1)
                assert_int_equal(watermark_us, next[0]);
        } else if (element.kind == GATE_BARRIER) {
            assert_int_equal(element.checkpoint_id, ++barriers);
            assert_int_equal(element.checkpoint_kind, 2);
            assert_int_equal(element.durable_id, barriers - 1);
            assert_int_equal(element.trigger_ms, 1000 + barriers);
        } else {
            assert_int_equal(element.kind, GATE_END);
            assert_int_equal(element.how, INPUT_FINISHED);
            is_ended = true;
        }
    }
    int64_t expected = 0;
    for (uint32_t i = 0; i < STREAM_BATCHES; i++)
        expected += 1 + i * 37 % BATCH_MAX_ROWS;
    assert_int_equal(total, expected * num_producers);
    assert_int_equal(barriers, STREAM_BATCHES / 50);
    assert_int_equal(consumer_expect(consumer, GATE_BARRIER).checkpoint_id, 100);
    assert_true(input_gate_bytes(consumer->gate) > (uint64_t)total * 8);
    assert_int_equal(input_gate_queued(consumer->gate), 0);
}

static void run_stream(const struct fixture_options *options)
{
    struct fixture fixture;
    fixture_start(&fixture, options);
    struct producer producers[FIXTURE_MAX_SUBTASKS];
    pthread_t threads[FIXTURE_MAX_SUBTASKS];
    struct consumer consumer;
    consumer_open(&consumer, &fixture, options->consumer_at[0], 0);
    for (uint32_t i = 0; i < options->from_parallelism; i++) {
        producer_open(&producers[i], &fixture, options->producer_at[i], i);
        assert_int_equal(pthread_create(&threads[i], NULL, send_stream, &producers[i]), 0);
    }
    receive_stream(&consumer, options->from_parallelism);
    for (uint32_t i = 0; i < options->from_parallelism; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(atomic_load(&producers[i].metrics.records_out) > 0, 1);
        assert_true(atomic_load(&producers[i].metrics.bytes_out) > 0);
        producer_close(&producers[i]);
    }
    consumer_close(&consumer);
    fixture_stop(&fixture);
}

static void a_stream_crosses_one_process(void **state)
{
    (void)state;
    run_stream(&here);
}

static void a_stream_crosses_tcp(void **state)
{
    (void)state;
    run_stream(&over_tcp);
}

static void a_stream_crosses_inproc(void **state)
{
    (void)state;
    run_stream(&over_inproc);
}

static void a_stream_crosses_compressed(void **state)
{
    (void)state;
    run_stream(&compressed);
}

static void streams_of_several_producers_are_aligned(void **state)
{
    (void)state;
    static const struct fixture_options mixed = {.partitioning = PLAN_SINGLETON,
                                                 .from_parallelism = 4,
                                                 .to_parallelism = 1,
                                                 .producer_at = {0, 1, 0, 1}};
    run_stream(&mixed);
}

/* In one process a batch is handed over as it is. */
static void a_batch_is_not_copied_within_a_process(void **state)
{
    (void)state;
    struct fixture fixture;
    struct producer producer;
    struct consumer consumer;
    fixture_start(&fixture, &here);
    producer_open(&producer, &fixture, 0, 0);
    consumer_open(&consumer, &fixture, 0, 0);
    struct record_batch *batch = batch_of(&fixture, 0, 1, 10);
    producer_send(&producer, batch);
    struct gate_element element = consumer_expect(&consumer, GATE_BATCH);
    assert_ptr_equal(element.batch, batch);
    record_batch_free(element.batch);
    producer_close(&producer);
    consumer_close(&consumer);
    fixture_stop(&fixture);
}

static void run_late(const struct fixture_options *options, bool consumer_is_late)
{
    struct fixture fixture;
    struct producer producer;
    struct consumer consumer;
    fixture_start(&fixture, options);
    if (consumer_is_late) {
        producer_open(&producer, &fixture, options->producer_at[0], 0);
        /* Nothing leaves while nobody is there. */
        assert_int_equal(producer_offer(&producer, batch_of(&fixture, 0, 1, 10)), OPERATOR_OUTPUT_FULL);
        struct error error;
        assert_int_equal(producer.writer->ops->resume(producer.writer, &error), OPERATOR_OUTPUT_FULL);
        consumer_open(&consumer, &fixture, options->consumer_at[0], 0);
        assert_int_equal(producer_finish(&producer, OPERATOR_OUTPUT_FULL, &error), OPERATOR_DONE);
    } else {
        consumer_open(&consumer, &fixture, options->consumer_at[0], 0);
        consumer_expect_nothing(&consumer, 50);
        producer_open(&producer, &fixture, options->producer_at[0], 0);
        producer_send(&producer, batch_of(&fixture, 0, 1, 10));
    }
    struct gate_element element = consumer_expect(&consumer, GATE_BATCH);
    assert_int_equal(element.batch->num_rows, 10);
    record_batch_free(element.batch);
    producer_close(&producer);
    consumer_close(&consumer);
    fixture_stop(&fixture);
}

static void either_end_may_come_first(void **state)
{
    (void)state;
    run_late(&here, true);
    run_late(&here, false);
    run_late(&over_tcp, true);
    run_late(&over_tcp, false);
    run_late(&over_inproc, true);
    run_late(&over_inproc, false);
}

/* A consumer that does not read stops its producer, after a bounded number of elements. */
static void run_slow(const struct fixture_options *options)
{
    struct fixture fixture;
    struct producer producer;
    struct consumer consumer;
    fixture_start(&fixture, options);
    consumer_open(&consumer, &fixture, options->consumer_at[0], 0);
    producer_open(&producer, &fixture, options->producer_at[0], 0);
    struct error error;
    enum operator_result result;
    int64_t sent = 0;
    do {
        result = producer_offer(&producer, batch_of(&fixture, sent++, 1, 1));
        if (sent == 1)
            result = producer_finish(&producer, result, &error);
    } while (result == OPERATOR_DONE);
    assert_int_equal(result, OPERATOR_OUTPUT_FULL);
    assert_int_equal(sent, EXCHANGE_CHANNEL_CREDITS + 1);
    for (int64_t i = 0; i < sent; i++) {
        struct gate_element element = consumer_expect(&consumer, GATE_BATCH);
        assert_int_equal(id_of(element.batch, 0), i);
        record_batch_free(element.batch);
        if (i == EXCHANGE_CHANNEL_CREDITS / 2)
            assert_int_equal(producer_finish(&producer, result, &error), OPERATOR_DONE);
    }
    producer_close(&producer);
    consumer_close(&consumer);
    fixture_stop(&fixture);
}

static void a_slow_consumer_stops_its_producer(void **state)
{
    (void)state;
    run_slow(&here);
    run_slow(&over_tcp);
}

/* Two consumers behind one connection: the one that reads goes on while the other one does not. */
static void a_slow_consumer_stops_nothing_else(void **state)
{
    (void)state;
    static const struct fixture_options options = {
        .partitioning = PLAN_FORWARD, .from_parallelism = 2, .to_parallelism = 2, .consumer_at = {1, 1}};
    struct fixture fixture;
    struct producer producers[2];
    struct consumer consumers[2];
    fixture_start(&fixture, &options);
    for (uint32_t i = 0; i < 2; i++) {
        producer_open(&producers[i], &fixture, 0, i);
        consumer_open(&consumers[i], &fixture, 1, i);
    }
    struct error error;
    enum operator_result result = producer_offer(&producers[0], batch_of(&fixture, 0, 1, BATCH_MAX_ROWS));
    producer_finish(&producers[0], result, &error);
    while (result != OPERATOR_OUTPUT_FULL)
        result = producer_offer(&producers[0], batch_of(&fixture, 0, 1, BATCH_MAX_ROWS));
    for (int64_t i = 0; i < 100; i++) {
        producer_send(&producers[1], batch_of(&fixture, i, 1, 1));
        struct gate_element element = consumer_expect(&consumers[1], GATE_BATCH);
        assert_int_equal(id_of(element.batch, 0), i);
        record_batch_free(element.batch);
    }
    for (uint32_t i = 0; i < 2; i++) {
        producer_close(&producers[i]);
        consumer_close(&consumers[i]);
    }
    fixture_stop(&fixture);
}

/* A batch that does not fit into a frame goes in several. */
static void large_batches_go_in_frames(void **state)
{
    (void)state;
    struct fixture fixture;
    struct producer producer;
    struct consumer consumer;
    fixture_start(&fixture, &over_tcp);
    producer_open(&producer, &fixture, 0, 0);
    consumer_open(&consumer, &fixture, 1, 0);
    enum { ROWS = 40, TEXT_BYTES = 100000 };
    struct record_batch *batch = batch_of(&fixture, 0, 1, ROWS);
    char *text = malloc(TEXT_BYTES);
    for (uint32_t i = 0; i < ROWS; i++) {
        memset(text, 'a' + (int)i % 26, TEXT_BYTES);
        ((struct string_value *)batch->columns[1]->values)[i] =
            string_heap_add(batch->columns[1]->heap, text, TEXT_BYTES);
    }
    struct error error;
    enum operator_result result = producer_offer(&producer, batch);
    int64_t next = 0;
    while (next < ROWS) {
        while (result == OPERATOR_OUTPUT_FULL && latch_wait(&producer.latch, 0))
            result = producer.writer->ops->resume(producer.writer, &error);
        struct gate_element element;
        if (input_gate_poll(consumer.gate, &element, &error) == GATE_EMPTY) {
            latch_wait(&consumer.latch, 10);
            continue;
        }
        assert_int_equal(element.batch->num_rows, 2); /* of 256 KiB */
        for (uint32_t i = 0; i < element.batch->num_rows; i++) {
            const struct string_value *value = vector_value(element.batch->columns[1], i);
            assert_int_equal(id_of(element.batch, i), next);
            assert_int_equal(value->size, TEXT_BYTES);
            assert_int_equal(value->data[TEXT_BYTES - 1], 'a' + next % 26);
            next++;
        }
        record_batch_free(element.batch);
    }
    assert_int_equal(producer_finish(&producer, result, &error), OPERATOR_DONE);
    free(text);
    producer_close(&producer);
    consumer_close(&consumer);
    fixture_stop(&fixture);
}

/* A row that no message can hold would come again with every attempt: that error is for good. */
static void a_row_beyond_all_bounds_fails_the_job(void **state)
{
    (void)state;
    struct fixture fixture;
    struct producer producer;
    struct consumer consumer;
    fixture_start(&fixture, &over_tcp);
    consumer_open(&consumer, &fixture, 1, 0);
    producer_open(&producer, &fixture, 0, 0);
    producer_send(&producer, batch_of(&fixture, 0, 1, 1));
    struct record_batch *batch = batch_of(&fixture, 0, 1, 1);
    size_t size = TRANSPORT_MAX_MESSAGE_BYTES;
    char *text = calloc(1, size);
    ((struct string_value *)batch->columns[1]->values)[0] =
        string_heap_add(batch->columns[1]->heap, text, size);
    free(text);
    struct error error;
    assert_int_equal(producer.writer->ops->process_batch(producer.writer, 0, batch, &error), OPERATOR_FAILED);
    assert_true(error.fatal);
    assert_non_null(strstr(error.message, "too large"));
    producer_close(&producer);
    consumer_close(&consumer);
    fixture_stop(&fixture);
}

static void row_kinds_and_their_order_cross(void **state)
{
    (void)state;
    const struct fixture_options *all[] = {&here, &over_tcp};
    for (int k = 0; k < 2; k++) {
        struct fixture fixture;
        struct producer producer;
        struct consumer consumer;
        fixture_start(&fixture, all[k]);
        producer_open(&producer, &fixture, 0, 0);
        consumer_open(&consumer, &fixture, all[k]->consumer_at[0], 0);
        struct record_batch *batch = batch_of(&fixture, 5, 0, 4);
        static const uint8_t kinds[] = {ROW_UPDATE_BEFORE, ROW_UPDATE_AFTER, ROW_DELETE, ROW_INSERT};
        batch->row_kinds = malloc(sizeof kinds);
        memcpy(batch->row_kinds, kinds, sizeof kinds);
        producer_send(&producer, batch);
        struct gate_element element = consumer_expect(&consumer, GATE_BATCH);
        assert_memory_equal(element.batch->row_kinds, kinds, sizeof kinds);
        record_batch_free(element.batch);
        producer_close(&producer);
        consumer_close(&consumer);
        fixture_stop(&fixture);
    }
}

static void what_nobody_read_is_freed(void **state)
{
    (void)state;
    const struct fixture_options *all[] = {&here, &over_tcp};
    for (int k = 0; k < 4; k++) {
        const struct fixture_options *options = all[k % 2];
        struct fixture fixture;
        struct producer producer;
        struct consumer consumer;
        fixture_start(&fixture, options);
        consumer_open(&consumer, &fixture, options->consumer_at[0], 0);
        producer_open(&producer, &fixture, 0, 0);
        producer_send(&producer, batch_of(&fixture, 0, 1, 10));
        while (producer_offer(&producer, batch_of(&fixture, 0, 1, 10)) == OPERATOR_DONE)
            ;
        if (k < 2) {
            producer_close(&producer);
            consumer_close(&consumer);
        } else {
            consumer_close(&consumer);
            struct error error;
            assert_int_equal(producer.writer->ops->resume(producer.writer, &error), OPERATOR_OUTPUT_FULL);
            producer_close(&producer);
        }
        fixture_stop(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_crosses_one_process),
        cmocka_unit_test(a_stream_crosses_tcp),
        cmocka_unit_test(a_stream_crosses_inproc),
        cmocka_unit_test(a_stream_crosses_compressed),
        cmocka_unit_test(streams_of_several_producers_are_aligned),
        cmocka_unit_test(a_batch_is_not_copied_within_a_process),
        cmocka_unit_test(either_end_may_come_first),
        cmocka_unit_test(a_slow_consumer_stops_its_producer),
        cmocka_unit_test(a_slow_consumer_stops_nothing_else),
        cmocka_unit_test(large_batches_go_in_frames),
        cmocka_unit_test(a_row_beyond_all_bounds_fails_the_job),
        cmocka_unit_test(row_kinds_and_their_order_cross),
        cmocka_unit_test(what_nobody_read_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
