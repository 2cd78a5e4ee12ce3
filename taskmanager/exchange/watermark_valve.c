#include "taskmanager/exchange/watermark_valve.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

void watermark_valve_init(struct watermark_valve *valve, uint32_t num_channels)
{
    *valve = (struct watermark_valve){.num_channels = num_channels, .watermark_us = WATERMARK_NONE};
    valve->channels = mem_calloc(num_channels, sizeof *valve->channels);
    for (uint32_t i = 0; i < num_channels; i++)
        valve->channels[i].watermark_us = WATERMARK_NONE;
}

void watermark_valve_free(struct watermark_valve *valve)
{
    free(valve->channels);
    *valve = (struct watermark_valve){0};
}

/* Nothing comes any more that a watermark could concern. */
static bool has_finished(const struct valve_channel *channel)
{
    return channel->watermark_us == WATERMARK_MAX || (channel->is_ended && channel->how == INPUT_FINISHED);
}

static void reach(struct watermark_valve *valve, int64_t watermark_us, struct valve_output *output)
{
    if (watermark_us <= valve->watermark_us)
        return;
    valve->watermark_us = watermark_us;
    output->has_watermark = true;
    output->watermark_us = watermark_us;
}

/* The least of the channels that count. When all have finished, the last watermark, if they sent it. */
static void reach_least(struct watermark_valve *valve, struct valve_output *output)
{
    int64_t least_us = WATERMARK_MAX;
    uint32_t num_counting = 0, num_finished = 0, num_at_last = 0;
    for (uint32_t i = 0; i < valve->num_channels; i++) {
        const struct valve_channel *channel = &valve->channels[i];
        num_finished += has_finished(channel);
        num_at_last += channel->watermark_us == WATERMARK_MAX;
        if (channel->is_idle || channel->lags || has_finished(channel))
            continue;
        num_counting++;
        if (channel->watermark_us < least_us)
            least_us = channel->watermark_us;
    }
    if (num_counting > 0 || (num_finished == valve->num_channels && num_at_last > 0))
        reach(valve, least_us, output);
}

/* All channels that have not finished are idle, and there is one. */
static bool all_are_idle(const struct watermark_valve *valve)
{
    bool has_idle = false;
    for (uint32_t i = 0; i < valve->num_channels; i++) {
        if (has_finished(&valve->channels[i]))
            continue;
        if (!valve->channels[i].is_idle)
            return false;
        has_idle = true;
    }
    return has_idle;
}

static void reach_greatest_of_idle(struct watermark_valve *valve, struct valve_output *output)
{
    for (uint32_t i = 0; i < valve->num_channels; i++)
        if (!has_finished(&valve->channels[i]))
            reach(valve, valve->channels[i].watermark_us, output);
}

/* A channel counts no longer. */
static void leave_out(struct watermark_valve *valve, struct valve_output *output)
{
    if (!all_are_idle(valve)) {
        reach_least(valve, output);
    } else if (!valve->is_idle) {
        reach_greatest_of_idle(valve, output);
        valve->is_idle = output->has_status = output->is_idle = true;
    }
}

void watermark_valve_take(struct watermark_valve *valve, uint32_t channel, int64_t watermark_us,
                          struct valve_output *ret_output)
{
    *ret_output = (struct valve_output){0};
    struct valve_channel *own = &valve->channels[channel];
    CHECK(channel < valve->num_channels && !own->is_ended);
    if (watermark_us <= own->watermark_us)
        return;
    own->watermark_us = watermark_us;
    if (own->lags && watermark_us >= valve->watermark_us)
        own->lags = false;
    if (has_finished(own))
        leave_out(valve, ret_output);
    else if (!own->is_idle)
        reach_least(valve, ret_output);
}

void watermark_valve_take_status(struct watermark_valve *valve, uint32_t channel, bool is_idle,
                                 struct valve_output *ret_output)
{
    *ret_output = (struct valve_output){0};
    struct valve_channel *own = &valve->channels[channel];
    CHECK(channel < valve->num_channels && !own->is_ended);
    if (is_idle == own->is_idle)
        return;
    own->is_idle = is_idle;
    if (is_idle) {
        leave_out(valve, ret_output);
        return;
    }
    own->lags = own->watermark_us < valve->watermark_us;
    if (valve->is_idle) {
        valve->is_idle = false;
        ret_output->has_status = true;
    }
}

void watermark_valve_take_end(struct watermark_valve *valve, uint32_t channel, enum end_of_input how,
                              struct valve_output *ret_output)
{
    *ret_output = (struct valve_output){0};
    struct valve_channel *own = &valve->channels[channel];
    CHECK(channel < valve->num_channels && !own->is_ended);
    own->is_ended = true;
    own->how = how;
    leave_out(valve, ret_output);
    if (++valve->num_ended < valve->num_channels)
        return;
    ret_output->has_end = true;
    ret_output->how = INPUT_FINISHED;
    for (uint32_t i = 0; i < valve->num_channels; i++)
        if (valve->channels[i].how == INPUT_STOPPED)
            ret_output->how = INPUT_STOPPED;
}
