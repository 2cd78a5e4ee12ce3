#pragma once

#include "taskmanager/exchange/barrier_aligner.h"
#include "taskmanager/exchange/exchange_internal.h"
#include "taskmanager/exchange/watermark_valve.h"

struct gate_channel {
    struct channel_end end; /* first */
    struct input_gate *gate;
    const struct schema *schema; /* borrowed from the graph */
    uint32_t index;              /* in the gate */
    uint32_t input;
    uint32_t input_channel; /* in the input's valve */
    bool is_open;           /* the hub knows it */
    /* Under the gate's mutex: */
    struct channel_consumer credits; /* of a peer */
    struct exchange_waker waker;     /* of a producer that waits; wake NULL: none does */
    struct exchange_element elements[EXCHANGE_CHANNEL_CREDITS]; /* a ring */
    uint32_t first_element, num_elements;
    bool is_ended;  /* the end came: barriers only */
    bool is_listed; /* in the list of those that have elements and may be read */
    struct gate_channel *next_listed;
};

/*
 * Invariant: a channel is listed exactly when it has elements and the aligner lets it be read. The list is in
 * the order of their turns.
 */
struct input_gate {
    struct refcount refs; /* one for its owner, one for each producer of this process */
    struct exchange_hub *hub;
    void (*wake)(void *wake_context);
    void *wake_context;
    uint32_t num_inputs, num_channels;
    struct gate_channel *channels;
    /* The subtask's thread alone: */
    struct watermark_valve *valves; /* by input */
    struct valve_output output;     /* of output_input, not yet handed out */
    uint32_t output_input;
    struct buffer unpacked;
    /* Any thread: */
    _Atomic uint32_t queued;
    _Atomic uint64_t bytes;
    pthread_mutex_t mutex;
    /* Under mutex: */
    struct gate_channel *first_listed, *last_listed;
    struct barrier_aligner aligner;
    bool is_waiting; /* the last poll found nothing */
    bool is_closed;
    bool has_failed;
    struct error failure;
};

/* All under the gate's mutex. */

/* Puts the channel at the end of the list, if it belongs there. True: it was put there. */
bool gate_list_channel(struct gate_channel *channel);
/* Wakes the subtask if it found nothing before. */
void gate_wake(struct input_gate *gate);
void gate_fail(struct input_gate *gate, const struct error *error);

/* Without the mutex. */
void gate_channel_tell_credits(struct gate_channel *channel, uint64_t limit);
void gate_unref(struct input_gate *gate);
