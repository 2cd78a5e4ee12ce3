#pragma once

#include "taskmanager/operators/operator.h"

/*
 * The contract between a source and the chain it feeds. Calls come from the subtask's thread, except wake.
 * context->outputs[0] is the chain, which the runtime feeds with the batches that poll returns; further
 * outputs are side outputs (1: dead letters) that the reader emits to by itself, and whose result it returns
 * when it is not DONE.
 */
enum source_result {
    SOURCE_BATCH,   /* *ret_batch is the caller's */
    SOURCE_EMPTY,   /* nothing within the time given; ask again */
    SOURCE_ENDED,   /* bounded input read to its end: poll is not called again, snapshots still are */
    SOURCE_BLOCKED, /* a side output is full or waits: the chain is resumed first, then poll is called again
                     */
    SOURCE_FAILED,
};

struct source_reader {
    const struct source_reader_ops *ops;
};

struct source_reader_ops {
    enum status (*open)(struct source_reader *reader, const struct operator_context *context,
                        struct error *error);
    /* After open, before the first poll; also called without state (num_lists 0) for a fresh start. */
    enum status (*restore)(struct source_reader *reader, const struct operator_state *state, bool is_restored,
                           struct error *error);
    /* Waits at most max_wait_ms. At most BATCH_MAX_ROWS rows. */
    enum source_result (*poll)(struct source_reader *reader, int64_t max_wait_ms,
                               struct record_batch **ret_batch, struct error *error);
    /* The positions behind the last batch that poll returned. */
    enum status (*snapshot_state)(struct source_reader *reader, uint64_t checkpoint_id,
                                  struct operator_snapshot *snapshot, struct error *error);
    /* May be NULL. The checkpoint is committed: group offsets may follow. */
    void (*notify_complete)(struct source_reader *reader, uint64_t checkpoint_id);
    /* Any thread: a poll that waits returns soon. May be NULL where poll never waits longer than 10 ms. */
    void (*wake)(struct source_reader *reader);
    void (*close)(struct source_reader *reader); /* frees the reader; also follows a failed open */
};
