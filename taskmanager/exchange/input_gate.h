#pragma once

#include "common/columnar/record_batch.h"
#include "taskmanager/exchange/exchange_hub.h"
#include "taskmanager/operators/operator.h"

/*
 * All channels that lead into one subtask. It hands out one element at a time, on the subtask's thread:
 *
 * - batches as they come, fairly over the channels;
 * - the watermark of an input: the minimum over its channels that are not idle and not at their end, when it
 *   grew; an input is idle when all its channels are;
 * - a barrier once all channels that have not ended... and all that have (they still send barriers) gave it:
 * a channel that gave it is not read until then. A barrier N + 1 on one channel while N is aligned gives N
 * up;
 * - the end of an input when all its channels ended.
 */
struct input_gate;

enum gate_element_kind {
    GATE_EMPTY, /* nothing now: wake will be called */
    GATE_BATCH,
    GATE_WATERMARK,
    GATE_STATUS,
    GATE_BARRIER,
    GATE_END, /* of one input */
    GATE_FAILED,
};

struct gate_element {
    enum gate_element_kind kind;
    uint32_t input;             /* BATCH, WATERMARK, STATUS, END */
    struct record_batch *batch; /* BATCH: the caller's */
    int64_t watermark_us;       /* WATERMARK */
    bool is_idle;               /* STATUS */
    uint64_t checkpoint_id;     /* BARRIER */
    uint32_t checkpoint_kind;   /* BARRIER: enum rpc_checkpoint_kind, as the sources were told */
    uint64_t durable_id;        /* BARRIER: the newest durable checkpoint, as the sources were told */
    int64_t trigger_ms;         /* BARRIER: wall clock of the trigger */
    int64_t alignment_us;       /* BARRIER: from the first channel's to the last's */
    enum end_of_input how;      /* END */
};

STATUS_MUST_CHECK enum status input_gate_create(struct exchange_hub *hub, const struct exchange_end *end,
                                                struct input_gate **ret_gate, struct error *error);
void input_gate_free(struct input_gate *gate);
/* Never waits. FAILED: *error says why, and nothing more comes. */
enum gate_element_kind input_gate_poll(struct input_gate *gate, struct gate_element *ret_element,
                                       struct error *error);
/* The checkpoint was given up: its channels are read again. */
void input_gate_abort_alignment(struct input_gate *gate, uint64_t checkpoint_id);
uint32_t input_gate_num_inputs(const struct input_gate *gate);
/* Any thread: elements that wait, for the metric of the buffers in use, and the bytes received so far. */
uint32_t input_gate_queued(const struct input_gate *gate);
uint64_t input_gate_bytes(const struct input_gate *gate);
