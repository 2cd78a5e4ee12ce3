#include "taskmanager/operators/event_timers.h"

#include <stdio.h>

#include "common/base/hash.h"
#include "common/filesystem/memory_file_io.h"
#include "operator_harness.h"

enum { NUM_KEYS = 3000, KEY_GROUPS = 16 };

struct timer_test {
    struct process_context process;
    struct file_io *io;
    struct keyed_state_backend *backend;
    struct event_timers timers;
    int64_t times[NUM_KEYS]; /* what each key is due at; INT64_MAX: not set */
    int64_t watermark_us;
};

static int64_t now(void *context)
{
    (void)context;
    return 0;
}

static void start(struct timer_test *test)
{
    struct error error;
    *test = (struct timer_test){.process.clock = {.wall_us = now, .monotonic_us = now},
                                .io = memory_file_io_create(),
                                .watermark_us = WATERMARK_NONE};
    struct keyed_state_options options = {.process = &test->process,
                                          .kind = STATE_BACKEND_HASHMAP,
                                          .memory_bytes = 16 << 20,
                                          .io = test->io,
                                          .local_folder = "/unused",
                                          .checkpoint_folder = "/checkpoints",
                                          .end_key_group = KEY_GROUPS,
                                          .max_parallelism = KEY_GROUPS};
    if (keyed_state_backend_open(&options, &test->backend, &error) != STATUS_OK ||
        event_timers_open(&test->timers, test->backend, "ROW<BIGINT>", &error) != STATUS_OK)
        fail_msg("%s", error.message);
    for (uint32_t i = 0; i < NUM_KEYS; i++)
        test->times[i] = INT64_MAX;
}

static void stop(struct timer_test *test)
{
    event_timers_free(&test->timers);
    keyed_state_backend_close(test->backend);
    file_io_free(test->io);
}

static void set(struct timer_test *test, uint32_t key, int64_t time_us)
{
    struct error error;
    struct bytes_view bytes = {(const uint8_t *)&key, sizeof key};
    uint64_t hash = hash_bytes(bytes.data, bytes.size);
    if (event_timers_set(&test->timers, &bytes, &hash, &time_us, 1, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    if (time_us < test->times[key])
        test->times[key] = time_us;
}

/* Everything that is due comes up, and nothing else but what was set later before. Every third is put off. */
static void advance(struct timer_test *test, int64_t until_us)
{
    enum { CAPACITY = 50 };
    struct due_timer due[CAPACITY];
    struct error error;
    uint32_t count;
    bool is_done = !event_timers_advance(&test->timers, until_us);
    while (!is_done) {
        assert_int_equal(event_timers_next(&test->timers, due, CAPACITY, &count, &is_done, &error),
                         STATUS_OK);
        for (uint32_t i = 0; i < count && !is_done; i++) {
            uint32_t key;
            memcpy(&key, due[i].key.data, sizeof key);
            assert_true(due[i].time_us > test->watermark_us && due[i].time_us <= until_us);
            assert_true(due[i].hash == hash_bytes(due[i].key.data, due[i].key.size));
            bool is_put_off = key % 3 == 0 && until_us < INT64_MAX - 1000000;
            if (test->times[key] <= until_us)
                test->times[key] = is_put_off ? until_us + 1 + (key % 5) * 100000 : INT64_MAX;
            if (test->times[key] != INT64_MAX)
                due[i].time_us = test->times[key];
        }
        if (!is_done)
            assert_int_equal(event_timers_finish(&test->timers, due, count, &error), STATUS_OK);
    }
    test->watermark_us = until_us;
    for (uint32_t i = 0; i < NUM_KEYS; i++)
        assert_true(test->times[i] > until_us || test->times[i] == INT64_MAX);
}

static uint32_t count_buckets(const struct timer_test *test)
{
    uint32_t count = 0;
    int64_t bucket = INT64_MIN;
    for (; keyed_state_next_namespace(test->timers.state, bucket, &bucket); bucket++)
        count++;
    return count;
}

static void what_is_due_comes_up(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 5);
    for (uint32_t seed = 0; seed < 10; seed++) {
        struct timer_test test;
        start(&test);
        int64_t watermark_us = -(INT64_C(1) << 40);
        for (uint32_t step = 0; step < 300; step++) {
            watermark_us += 1 + (int64_t)random_below(&random, UINT64_C(1) << random_below(&random, 38));
            for (uint32_t i = 0; i < 20; i++)
                set(&test, (uint32_t)random_below(&random, NUM_KEYS),
                    watermark_us + 1 +
                        (int64_t)random_below(&random, UINT64_C(1) << random_below(&random, 45)));
            advance(&test, watermark_us);
        }
        advance(&test, INT64_MAX - 1);
        stop(&test);
    }
}

/* Nor do times that are spread over a thousand years make many buckets, however fine the watermarks are. */
static void buckets_are_few(void **state)
{
    (void)state;
    struct random random;
    struct timer_test test;
    random_init(&random, 6);
    start(&test);
    for (uint32_t i = 0; i < NUM_KEYS; i++)
        set(&test, i, 1 + (int64_t)random_below(&random, UINT64_C(1) << 55));
    assert_in_range(count_buckets(&test), 1, 150);
    for (int64_t watermark_us = -1000; watermark_us < 0; watermark_us += 100)
        advance(&test, watermark_us);
    for (uint32_t i = 0; i < NUM_KEYS; i++)
        set(&test, i, 1 + (int64_t)random_below(&random, UINT64_C(1) << (i % 55)));
    assert_in_range(count_buckets(&test), 1, 45 * 64);
    advance(&test, INT64_MAX);
    assert_int_equal(count_buckets(&test), 0);
    stop(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_due_comes_up),
        cmocka_unit_test(buckets_are_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
