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

/* A part of a source that has an order of its own, such as a Kafka partition: event time is kept by split. */
struct source_split {
    const char *name; /* by which it is known after a restore, in whichever subtask; the reader's */
    bool is_finished; /* no row comes from it any more */
    bool has_backlog; /* there are rows that were not read yet, so that its silence is not its own */
};

/* The next num_rows rows of a batch are of that split. */
struct source_run {
    uint32_t split;
    uint32_t num_rows;
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
    /* The splits of this subtask, valid until the next poll; number i stays the same split, and new ones come
     * behind. May be NULL: there is one, without a name, which is finished when the source is. */
    const struct source_split *(*splits)(struct source_reader *reader, uint32_t *ret_count);
    /* Of which splits the rows of the batch are that poll returned last, in their order; valid until the next
     * poll. NULL where splits is. */
    const struct source_run *(*runs)(struct source_reader *reader, uint32_t *ret_count);
    /* Any thread: a poll that waits returns soon. May be NULL where poll never waits longer than 10 ms. */
    void (*wake)(struct source_reader *reader);
    void (*close)(struct source_reader *reader); /* frees the reader; also follows a failed open */
};
