#pragma once

#include "common/base/process_context.h"
#include "common/columnar/record_batch.h"
#include "taskmanager/state/keyed_state.h"
#include "taskmanager/state/operator_state.h"

/*
 * The contract between an operator and the chain that runs it.
 *
 * All calls come from the one thread of the subtask. The order is open, restore (only when there is state),
 * then elements, then close, exactly once each; close also follows a failed open. Inputs and outputs are
 * numbered from 0.
 *
 * A call that takes an element returns
 *   DONE         the element is dealt with
 *   OUTPUT_FULL  an output took the last batch and wants no more; the operator keeps the rest of its work
 *   WAITING      it waits for I/O; context->wake will be called, from any thread, when it is worth asking
 * again FAILED       *error says why; only close follows After OUTPUT_FULL or WAITING nothing but resume and
 * close is called until resume returns DONE.
 */
enum operator_result { OPERATOR_DONE, OPERATOR_OUTPUT_FULL, OPERATOR_WAITING, OPERATOR_FAILED };

/* Where an operator's batches go. In a chain, emit runs the next operator on the same thread. */
struct operator_output {
    const struct operator_output_ops *ops;
};

struct operator_output_ops {
    /* Takes the batch, always, and dense. DONE: more may come. OUTPUT_FULL or WAITING: it was taken, return
     * the same to your caller. FAILED: return FAILED. */
    enum operator_result (*emit)(struct operator_output *output, struct record_batch *batch,
                                 struct error *error);
};

static inline enum operator_result operator_output_emit(struct operator_output *output,
                                                        struct record_batch *batch, struct error *error)
{
    return output->ops->emit(output, batch, error);
}

/* Counters of one operator, written by the subtask's thread, read by any with relaxed loads. The chain counts
 * what it sees pass: records_in and records_out of sources (the rows that they make, side outputs apart) and
 * of operators, records_in of sinks. The rest is theirs: a source's bytes_in, dropped, failed and pending
 * records; a sink's records_out and bytes_out. */
struct operator_metrics {
    _Atomic uint64_t records_in, records_out, bytes_in, bytes_out, dropped_records, failed_records;
    _Atomic int64_t pending_records; /* a source's lag; -1: not known */
    _Atomic uint64_t late_records_dropped;
    _Atomic int64_t watermark_us; /* the last that came; INT64_MIN: none yet */
    _Atomic uint64_t state_bytes; /* of keyed state, memory and files */
};

/* The last watermark of a bounded input, after which every window fires. */
#define WATERMARK_MAX  INT64_MAX
#define WATERMARK_NONE INT64_MIN

/* Handed to open; outlives the operator. */
struct operator_context {
    const struct process_context *process;
    const char *job_id;        /* 32 hexadecimal digits */
    const char *operator_name; /* for messages */
    uint32_t subtask, parallelism, max_parallelism;
    uint32_t attempt;
    struct operator_output *const *outputs;
    uint32_t num_outputs;
    struct operator_metrics *metrics;
    /* Of a node that keeps keyed state; NULL: it has none. Opened and restored before open, snapshot by the
     * chain right after snapshot_state, closed after close. */
    struct keyed_state_backend *keyed_state;
    void (*wake)(void *wake_context); /* any thread */
    void *wake_context;
};

/* What a snapshot hands over: list state and, from sinks, committables: opaque bytes for the jobmanager's
 * committer. */
struct operator_snapshot {
    struct operator_state state;
    struct buffer *committables;
    size_t num_committables;
};

/* Takes the content of committable; it is empty after. */
void operator_snapshot_add_committable(struct operator_snapshot *snapshot, struct buffer *committable);
void operator_snapshot_free(struct operator_snapshot *snapshot); /* the content */

enum end_of_input {
    INPUT_FINISHED, /* the data is at its end */
    INPUT_STOPPED,  /* stopped by a user; it may go on from a savepoint */
};

struct operator
{
    const struct operator_ops *ops;
};

struct operator_ops {
    /* Required. */
    enum status (*open)(struct operator* operator, const struct operator_context * context,
                        struct error *error);
    enum operator_result (*process_batch)(struct operator* operator, uint32_t input,
                                          struct record_batch *batch,
                                          struct error *error); /* owns batch from the call on */
    void (*close)(struct operator* operator); /* frees the operator; what is not committed is cleaned up */

    /* Optional, NULL when there is nothing to do. */
    enum status (*restore)(struct operator* operator, const struct operator_state * state,
                           struct error *error);
    enum operator_result (*process_watermark)(struct operator* operator, uint32_t input, int64_t watermark_us,
                                              struct error *error);
    enum operator_result (*process_watermark_status)(struct operator* operator, uint32_t input, bool idle,
                                                     struct error *error);
    /* Everything that must leave before the barrier, e.g. a flush; DONE: snapshot_state is called next. */
    enum operator_result (*prepare_barrier)(struct operator* operator, uint64_t checkpoint_id,
                                            struct error *error);
    /* Adds to *snapshot, which starts empty. Freezes what belongs to checkpoint_id and nothing after it. */
    enum status (*snapshot_state)(struct operator* operator, uint64_t checkpoint_id,
                                  struct operator_snapshot *snapshot, struct error *error);
    /* The checkpoint is committed / given up: what it wrote is the operator's to remove. Never fail the task.
     */
    void (*notify_complete)(struct operator* operator, uint64_t checkpoint_id);
    void (*notify_aborted)(struct operator* operator, uint64_t checkpoint_id);
    enum operator_result (*end_input)(struct operator* operator, uint32_t input, enum end_of_input how,
                                      struct error *error);
    enum operator_result (*resume)(struct operator* operator, struct error * error);
    /* Processing time. When on_timer is next due, by the wall clock; INT64_MAX: never. Asked after each call
     * that returned DONE, so that it must be cheap. */
    int64_t (*next_timer_us)(const struct operator* operator);
    enum operator_result (*on_timer)(struct operator* operator, int64_t time_us, struct error *error);
};

/* The end of a span, which is on the clock that nobody sets, as next_timer_us is to tell it now. INT64_MAX
 * stays. */
int64_t operator_deadline_us(const struct clock *clock, int64_t monotonic_us);
