/* Which rows a writer puts into which channel, and when they leave. */
#include "tests/unit/taskmanager/exchange/exchange_fixture.h"

#include "common/base/random.h"
#include "common/columnar/row_packer.h"

enum { TARGETS = 3 };

struct writer_test {
    struct fixture fixture;
    struct producer producer;
    struct consumer consumers[TARGETS];
};

static struct writer_test *start(enum plan_partitioning partitioning)
{
    struct fixture_options options = {.partitioning = partitioning,
                                      .from_parallelism = 1,
                                      .to_parallelism = TARGETS,
                                      .consumer_at = {0, 1, 0}};
    struct writer_test *test = malloc(sizeof *test);
    fixture_start(&test->fixture, &options);
    for (uint32_t i = 0; i < TARGETS; i++)
        consumer_open(&test->consumers[i], &test->fixture, options.consumer_at[i], i);
    producer_open(&test->producer, &test->fixture, 0, 0);
    return test;
}

static void stop(struct writer_test *test)
{
    producer_close(&test->producer);
    for (uint32_t i = 0; i < TARGETS; i++)
        consumer_close(&test->consumers[i]);
    fixture_stop(&test->fixture);
    free(test);
}

/* The subtask to which Flink's rule gives the id. */
static uint32_t target_of(const struct writer_test *test, int64_t id)
{
    struct record_batch *batch = batch_of(&test->fixture, id, 1, 1);
    struct data_type type = test->fixture.graph->edges[0].schema->fields[0].type;
    struct row_packer *packer = row_packer_create(&type, 1);
    const uint32_t column = 0;
    row_packer_pack(packer, batch, &column);
    uint32_t target = key_group_subtask(row_key_group(packer->rows[0], 128), TARGETS, 128);
    row_packer_free(packer);
    record_batch_free(batch);
    return target;
}

static void equal_keys_go_to_the_subtask_of_their_key_group(void **state)
{
    (void)state;
    struct writer_test *test = start(PLAN_HASH);
    enum { BATCHES = 6, ROWS = 500 };
    uint32_t sent = 0;
    for (int64_t b = 0; b < BATCHES; b++) {
        struct record_batch *batch = batch_of(&test->fixture, b * 31, 1, ROWS);
        producer_send(&test->producer, batch);
        sent += ROWS;
    }
    producer_send_watermark(&test->producer, 1); /* what is gathered leaves before */
    uint32_t received = 0;
    for (uint32_t t = 0; t < TARGETS; t++) {
        struct gate_element element;
        struct error error;
        uint32_t own = 0;
        while ((element = consumer_next(&test->consumers[t], &error)).kind == GATE_BATCH) {
            check_names(element.batch);
            for (uint32_t i = 0; i < element.batch->num_rows; i++)
                assert_int_equal(target_of(test, id_of(element.batch, i)), t);
            own += element.batch->num_rows;
            record_batch_free(element.batch);
        }
        assert_int_equal(element.kind, GATE_WATERMARK);
        assert_true(own > sent / TARGETS / 2); /* none is left out */
        received += own;
    }
    assert_int_equal(received, sent);
    stop(test);
}

enum { CHANGED_KEYS = 50 };

/* Up to a watermark: the name of a row is the version of its key, and versions come one after the other. */
static void read_changes(struct consumer *consumer, int64_t seen[CHANGED_KEYS])
{
    struct gate_element element;
    struct error error;
    while ((element = consumer_next(consumer, &error)).kind == GATE_BATCH) {
        for (uint32_t i = 0; i < element.batch->num_rows; i++) {
            const struct string_value *value = vector_value(element.batch->columns[1], i);
            int64_t key = id_of(element.batch, i), version = 0;
            for (uint32_t c = 0; c < value->size; c++)
                version = version * 10 + value->data[c] - '0';
            assert_int_equal(version, seen[key]++);
            assert_int_equal(element.batch->row_kinds[i],
                             version % 2 == 0 ? ROW_UPDATE_BEFORE : ROW_UPDATE_AFTER);
        }
        record_batch_free(element.batch);
    }
    assert_int_equal(element.kind, GATE_WATERMARK);
}

/* Of one key the retraction comes before the addition, however the rows are gathered. */
static void changes_of_a_key_keep_their_order(void **state)
{
    (void)state;
    struct writer_test *test = start(PLAN_HASH);
    enum { ROUNDS = 39 };
    struct random random;
    random_init(&random, 5);
    int64_t versions[CHANGED_KEYS] = {0}, seen[CHANGED_KEYS] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t count = 2 + 2 * (uint32_t)random_below(&random, round % 2 == 0 ? 30 : 1500);
        struct record_batch *batch = batch_of(&test->fixture, 0, 1, count);
        batch->row_kinds = malloc(count);
        for (uint32_t i = 0; i < count; i += 2) {
            int64_t key = (int64_t)random_below(&random, CHANGED_KEYS);
            for (uint32_t k = 0; k < 2; k++) {
                char name[32];
                int size = snprintf(name, sizeof name, "%lld", (long long)versions[key]++);
                ((int64_t *)batch->columns[0]->values)[i + k] = key;
                ((struct string_value *)batch->columns[1]->values)[i + k] =
                    string_heap_add(batch->columns[1]->heap, name, (size_t)size);
                batch->row_kinds[i + k] = k == 0 ? ROW_UPDATE_BEFORE : ROW_UPDATE_AFTER;
            }
        }
        producer_send(&test->producer, batch);
        if (round % 3 == 2)
            producer_send_watermark(&test->producer, round + 1);
        for (uint32_t t = 0; round % 3 == 2 && t < TARGETS; t++)
            read_changes(&test->consumers[t], seen);
    }
    stop(test);
}

static void small_pieces_are_gathered_and_leave_in_time(void **state)
{
    (void)state;
    struct writer_test *test = start(PLAN_HASH);
    struct operator* writer = test->producer.writer;
    assert_true(writer->ops->next_timer_us(writer) == INT64_MAX);
    producer_send(&test->producer, batch_of(&test->fixture, 0, 1, 30));
    producer_send(&test->producer, batch_of(&test->fixture, 30, 1, 30));
    for (uint32_t t = 0; t < TARGETS; t++)
        consumer_expect_nothing(&test->consumers[t], 10);
    int64_t due_us = writer->ops->next_timer_us(writer) - clock_wall_us(&test->fixture.process.clock);
    assert_true(due_us <= EXCHANGE_FLUSH_MS * 1000);
    struct error error;
    assert_int_equal(writer->ops->on_timer(writer, 0, &error), OPERATOR_DONE);
    uint32_t rows = 0;
    for (uint32_t t = 0; t < TARGETS; t++) {
        struct gate_element element = consumer_expect(&test->consumers[t], GATE_BATCH);
        rows += element.batch->num_rows; /* of both batches in one */
        record_batch_free(element.batch);
    }
    assert_int_equal(rows, 60);
    assert_true(writer->ops->next_timer_us(writer) == INT64_MAX);
    stop(test);
}

enum { TURN_MS = 10 };

/* Rows of one key only: the writer goes on as long as it may gather, then waits, and loses nothing. */
static void a_hot_key_waits_for_its_consumer_alone(void **state)
{
    (void)state;
    struct writer_test *test = start(PLAN_HASH);
    producer_send_watermark(&test->producer, 1); /* all have been heard of */
    for (uint32_t t = 0; t < TARGETS; t++)
        consumer_expect(&test->consumers[t], GATE_WATERMARK);
    enum operator_result result = OPERATOR_DONE;
    uint32_t sent = 0;
    while (result == OPERATOR_DONE) {
        result = producer_offer(&test->producer, batch_of(&test->fixture, 7, 0, 2000));
        sent += 2000;
    }
    assert_int_equal(result, OPERATOR_OUTPUT_FULL);
    uint32_t target = target_of(test, 7), received = 0;
    struct consumer *consumer = &test->consumers[target];
    struct error error;
    /* One thread is both ends: when the gate is empty it is the writer's turn, once it has credit. */
    for (int patience = FIXTURE_PATIENCE_MS / TURN_MS; received < sent && patience > 0; patience--) {
        struct gate_element element = {0};
        while (input_gate_poll(consumer->gate, &element, &error) == GATE_BATCH) {
            received += element.batch->num_rows;
            record_batch_free(element.batch);
        }
        bool is_full = result == OPERATOR_OUTPUT_FULL;
        if (latch_wait(is_full ? &test->producer.latch : &consumer->latch, TURN_MS) && is_full)
            result = test->producer.writer->ops->resume(test->producer.writer, &error);
    }
    assert_int_equal(received, sent);
    stop(test);
}

static void rebalance_deals_batches_in_turn(void **state)
{
    (void)state;
    struct writer_test *test = start(PLAN_REBALANCE);
    producer_send_watermark(&test->producer, 1); /* all have been heard of */
    for (int64_t i = 0; i < 2 * TARGETS; i++)
        producer_send(&test->producer, batch_of(&test->fixture, i, 1, 1));
    for (uint32_t t = 0; t < TARGETS; t++) {
        consumer_expect(&test->consumers[t], GATE_WATERMARK);
        for (int k = 0; k < 2; k++) {
            struct gate_element element = consumer_expect(&test->consumers[t], GATE_BATCH);
            assert_int_equal(id_of(element.batch, 0) % TARGETS, t);
            record_batch_free(element.batch);
        }
    }
    /* A consumer that reads nothing gets nothing more; the others do. */
    uint32_t received = 0;
    for (int64_t i = 0; i < 60; i++) {
        producer_send(&test->producer, batch_of(&test->fixture, i, 1, 1));
        for (uint32_t t = 0; t < 2; t++) {
            struct gate_element element;
            struct error error;
            while (input_gate_poll(test->consumers[t].gate, &element, &error) == GATE_BATCH) {
                received++;
                record_batch_free(element.batch);
            }
        }
    }
    assert_int_equal(input_gate_queued(test->consumers[2].gate), EXCHANGE_CHANNEL_CREDITS);
    stop(test);
}

static void broadcast_gives_each_batch_to_all(void **state)
{
    (void)state;
    struct writer_test *test = start(PLAN_BROADCAST);
    producer_send(&test->producer, batch_of(&test->fixture, 40, 1, 5));
    for (uint32_t t = 0; t < TARGETS; t++) {
        struct gate_element element = consumer_expect(&test->consumers[t], GATE_BATCH);
        assert_int_equal(element.batch->num_rows, 5);
        assert_int_equal(id_of(element.batch, 4), 44);
        check_names(element.batch);
        record_batch_free(element.batch);
    }
    stop(test);
}

/* Rows to subtask 0; barriers, watermarks and ends to all. */
static void singleton_gives_rows_to_one(void **state)
{
    (void)state;
    struct writer_test *test = start(PLAN_SINGLETON);
    producer_send(&test->producer, batch_of(&test->fixture, 40, 1, 5));
    producer_send_barrier(&test->producer, 1);
    producer_send_end(&test->producer, INPUT_FINISHED);
    record_batch_free(consumer_expect(&test->consumers[0], GATE_BATCH).batch);
    for (uint32_t t = 0; t < TARGETS; t++) {
        consumer_expect(&test->consumers[t], GATE_BARRIER);
        consumer_expect(&test->consumers[t], GATE_END);
    }
    stop(test);
}

static void what_was_gathered_leaves_before_a_barrier_and_the_end(void **state)
{
    (void)state;
    struct writer_test *test = start(PLAN_HASH);
    producer_send(&test->producer, batch_of(&test->fixture, 0, 1, 30));
    producer_send_barrier(&test->producer, 1);
    producer_send(&test->producer, batch_of(&test->fixture, 0, 1, 30));
    producer_send_status(&test->producer, true);
    producer_send(&test->producer, batch_of(&test->fixture, 0, 1, 30));
    producer_send_end(&test->producer, INPUT_FINISHED);
    static const enum gate_element_kind expected[] = {GATE_BATCH,  GATE_BARRIER, GATE_BATCH,
                                                      GATE_STATUS, GATE_BATCH,   GATE_END};
    for (uint32_t t = 0; t < TARGETS; t++)
        for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
            record_batch_free(consumer_expect(&test->consumers[t], expected[i]).batch);
    stop(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_keys_go_to_the_subtask_of_their_key_group),
        cmocka_unit_test(changes_of_a_key_keep_their_order),
        cmocka_unit_test(small_pieces_are_gathered_and_leave_in_time),
        cmocka_unit_test(a_hot_key_waits_for_its_consumer_alone),
        cmocka_unit_test(rebalance_deals_batches_in_turn),
        cmocka_unit_test(broadcast_gives_each_batch_to_all),
        cmocka_unit_test(singleton_gives_rows_to_one),
        cmocka_unit_test(what_was_gathered_leaves_before_a_barrier_and_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
