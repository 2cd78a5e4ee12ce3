#pragma once

#include "taskmanager/operators/operator.h"

/*
 * Watermarks, statuses and ends of an input's channels made into those of the input, as a state machine
 * without I/O, clock or thread. The input's watermark is the least of the channels that count: those that are
 * not idle and have not finished; after the last watermark a channel has. A channel that was idle counts
 * again once it caught up with what the input had reached meanwhile. When the last channel goes idle, what
 * the idle ones had reached is reached.
 *
 * A channel whose rows were stopped by a user counts with its last watermark for good: what it would have
 * sent is read again from the savepoint and must not find its windows fired.
 */
struct valve_channel {
    int64_t watermark_us;
    bool is_idle;
    bool lags; /* was idle and has not caught up */
    bool is_ended;
    enum end_of_input how;
};

struct watermark_valve {
    uint32_t num_channels;
    uint32_t num_ended;
    struct valve_channel *channels;
    int64_t watermark_us; /* of the input */
    bool is_idle;
};

/* What follows for the input, in this order. */
struct valve_output {
    bool has_watermark, has_status, has_end;
    int64_t watermark_us;
    bool is_idle;
    enum end_of_input how;
};

void watermark_valve_init(struct watermark_valve *valve, uint32_t num_channels);
void watermark_valve_free(struct watermark_valve *valve); /* the content */
void watermark_valve_take(struct watermark_valve *valve, uint32_t channel, int64_t watermark_us,
                          struct valve_output *ret_output);
void watermark_valve_take_status(struct watermark_valve *valve, uint32_t channel, bool is_idle,
                                 struct valve_output *ret_output);
void watermark_valve_take_end(struct watermark_valve *valve, uint32_t channel, enum end_of_input how,
                              struct valve_output *ret_output);
