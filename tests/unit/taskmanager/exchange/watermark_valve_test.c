#include "taskmanager/exchange/watermark_valve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { NOTHING = -1 };

/* What a watermark of a channel makes of the input's; NOTHING: it stays. */
static int64_t take(struct watermark_valve *valve, uint32_t channel, int64_t watermark_us)
{
    struct valve_output output;
    watermark_valve_take(valve, channel, watermark_us, &output);
    assert_false(output.has_status || output.has_end);
    return output.has_watermark ? output.watermark_us : NOTHING;
}

static struct valve_output take_status(struct watermark_valve *valve, uint32_t channel, bool is_idle)
{
    struct valve_output output;
    watermark_valve_take_status(valve, channel, is_idle, &output);
    assert_false(output.has_end);
    return output;
}

static struct valve_output take_end(struct watermark_valve *valve, uint32_t channel, enum end_of_input how)
{
    struct valve_output output;
    watermark_valve_take_end(valve, channel, how, &output);
    return output;
}

static void the_least_counts(void **state)
{
    (void)state;
    struct watermark_valve valve;
    watermark_valve_init(&valve, 3);
    assert_int_equal(take(&valve, 0, 100), NOTHING);
    assert_int_equal(take(&valve, 1, 50), NOTHING);
    assert_int_equal(take(&valve, 2, 70), 50);
    assert_int_equal(take(&valve, 1, 40), NOTHING); /* never back */
    assert_int_equal(take(&valve, 1, 200), 70);
    assert_int_equal(take(&valve, 2, 300), 100);
    watermark_valve_free(&valve);
}

static void an_idle_channel_holds_nothing_back(void **state)
{
    (void)state;
    struct watermark_valve valve;
    watermark_valve_init(&valve, 2);
    assert_int_equal(take(&valve, 0, 100), NOTHING);
    struct valve_output output = take_status(&valve, 1, true);
    assert_true(output.has_watermark && !output.has_status);
    assert_int_equal(output.watermark_us, 100);
    assert_int_equal(take(&valve, 0, 150), 150);
    /* It comes back behind the others and counts once it caught up. */
    output = take_status(&valve, 1, false);
    assert_false(output.has_watermark || output.has_status);
    assert_int_equal(take(&valve, 1, 120), NOTHING);
    assert_int_equal(take(&valve, 0, 170), 170);
    assert_int_equal(take(&valve, 1, 170), NOTHING);
    assert_int_equal(take(&valve, 0, 500), NOTHING);
    assert_int_equal(take(&valve, 1, 180), 180);
    watermark_valve_free(&valve);
}

static void an_input_is_idle_when_all_its_channels_are(void **state)
{
    (void)state;
    struct watermark_valve valve;
    watermark_valve_init(&valve, 2);
    take(&valve, 0, 100);
    take(&valve, 1, 30);
    struct valve_output output = take_status(&valve, 0, true);
    assert_false(output.has_watermark || output.has_status);
    output = take_status(&valve, 1, true);
    assert_true(output.has_status && output.is_idle);
    assert_true(output.has_watermark); /* what the other one had reached */
    assert_int_equal(output.watermark_us, 100);
    output = take_status(&valve, 1, true); /* twice */
    assert_false(output.has_status);
    output = take_status(&valve, 1, false);
    assert_true(output.has_status && !output.is_idle);
    watermark_valve_free(&valve);
}

static void a_finished_channel_counts_no_longer(void **state)
{
    (void)state;
    struct watermark_valve valve;
    watermark_valve_init(&valve, 3);
    take(&valve, 0, 100);
    take(&valve, 1, 50);
    take(&valve, 2, 20);
    struct valve_output output = take_end(&valve, 2, INPUT_FINISHED);
    assert_true(output.has_watermark && !output.has_end);
    assert_int_equal(output.watermark_us, 50);
    take_status(&valve, 1, true);
    output = take_end(&valve, 0, INPUT_FINISHED);
    assert_true(output.has_status && output.is_idle); /* those that remain are */
    assert_int_equal(take(&valve, 1, WATERMARK_MAX), WATERMARK_MAX);
    output = take_end(&valve, 1, INPUT_FINISHED);
    assert_true(output.has_end);
    assert_int_equal(output.how, INPUT_FINISHED);
    watermark_valve_free(&valve);
}

static void the_last_watermark_fires_idle_channels_too(void **state)
{
    (void)state;
    struct watermark_valve valve;
    watermark_valve_init(&valve, 2);
    take_status(&valve, 0, true);
    take(&valve, 1, 50);
    take_status(&valve, 1, true);
    assert_int_equal(take(&valve, 0, WATERMARK_MAX), NOTHING);
    assert_false(take_end(&valve, 0, INPUT_FINISHED).has_watermark);
    struct valve_output output;
    watermark_valve_take(&valve, 1, WATERMARK_MAX, &output);
    assert_true(output.has_watermark && output.watermark_us == WATERMARK_MAX);
    output = take_end(&valve, 1, INPUT_FINISHED);
    assert_true(!output.has_watermark && output.has_end);
    watermark_valve_free(&valve);
}

/* What it would have reached counts for nothing when the others fall idle: their rows are still to come. */
static void a_finished_channel_fires_nothing_for_idle_ones(void **state)
{
    (void)state;
    struct watermark_valve valve;
    watermark_valve_init(&valve, 2);
    take(&valve, 1, 50);
    take_status(&valve, 0, true);
    take(&valve, 0, WATERMARK_MAX);
    struct valve_output output = take_status(&valve, 1, true);
    assert_true(output.has_status && !output.has_watermark);
    watermark_valve_free(&valve);
}

/* stop --drain: the last watermark is sent, then the end. */
static void a_drained_channel_fires(void **state)
{
    (void)state;
    struct watermark_valve valve;
    watermark_valve_init(&valve, 2);
    assert_int_equal(take(&valve, 0, WATERMARK_MAX), NOTHING);
    struct valve_output output;
    watermark_valve_take(&valve, 1, WATERMARK_MAX, &output);
    assert_true(output.has_watermark && output.watermark_us == WATERMARK_MAX);
    take_end(&valve, 0, INPUT_STOPPED);
    output = take_end(&valve, 1, INPUT_STOPPED);
    assert_true(output.has_end && output.how == INPUT_STOPPED);
    watermark_valve_free(&valve);
}

static void a_stopped_channel_holds_back_for_good(void **state)
{
    (void)state;
    struct watermark_valve valve;
    watermark_valve_init(&valve, 2);
    take(&valve, 0, 100);
    assert_int_equal(take(&valve, 1, 50), 50);
    assert_false(take_end(&valve, 1, INPUT_STOPPED).has_watermark);
    assert_int_equal(take(&valve, 0, 900), NOTHING);
    struct valve_output output = take_end(&valve, 0, INPUT_FINISHED);
    assert_false(output.has_watermark);
    assert_true(output.has_end);
    assert_int_equal(output.how, INPUT_STOPPED);
    watermark_valve_free(&valve);
}

static void without_watermarks_none_comes_at_the_end(void **state)
{
    (void)state;
    struct watermark_valve valve;
    watermark_valve_init(&valve, 1);
    struct valve_output output = take_end(&valve, 0, INPUT_FINISHED);
    assert_true(output.has_end);
    assert_false(output.has_watermark || output.has_status);
    watermark_valve_free(&valve);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_counts),
        cmocka_unit_test(an_idle_channel_holds_nothing_back),
        cmocka_unit_test(an_input_is_idle_when_all_its_channels_are),
        cmocka_unit_test(a_finished_channel_counts_no_longer),
        cmocka_unit_test(the_last_watermark_fires_idle_channels_too),
        cmocka_unit_test(a_finished_channel_fires_nothing_for_idle_ones),
        cmocka_unit_test(a_drained_channel_fires),
        cmocka_unit_test(a_stopped_channel_holds_back_for_good),
        cmocka_unit_test(without_watermarks_none_comes_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
