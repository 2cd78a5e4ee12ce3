#pragma once

#include "common/base/arena.h"
#include "common/columnar/batch_builder.h"
#include "taskmanager/exchange/exchange_internal.h"
#include "taskmanager/exchange/partitioner.h"

enum {
    /* Rows that are gathered for a channel leave when they are so many. */
    WRITER_FLUSH_ROWS = 1024,
    /* Rows of one batch for one channel that are worth a batch of their own, whose texts are not copied. */
    WRITER_DIRECT_ROWS = 512,
    /* What was gathered, the rows of the batch that came, and a watermark, barrier, status or end. */
    WRITER_MAX_PENDING = 3,
};

struct writer_channel {
    struct channel_end end; /* first */
    struct exchange_writer *writer;
    bool is_open; /* the hub knows it */
    /* A consumer in this process, once it is there; set once, by any thread. A reference of its gate. */
    _Atomic(struct gate_channel *) consumer;
    struct channel_producer credits; /* of a consumer elsewhere; under the writer's mutex */
    /* The subtask's thread alone: */
    struct batch_builder *builder;                       /* rows that are gathered; NULL: none so far */
    struct exchange_element pending[WRITER_MAX_PENDING]; /* that wait for credit, in their order */
    uint32_t num_pending;
    uint32_t sent_rows; /* of pending[0], a batch that goes in several frames */
};

/* Invariant: while a channel has something pending, the last call returned OUTPUT_FULL. */
struct exchange_writer {
    struct operator base;
    struct exchange_hub *hub;
    struct exchange_end identity; /* everything it points to but the graph lives in arena */
    struct arena *arena;
    const struct plan_edge *edge;
    uint32_t edge_index;
    struct exchange_waker waker;
    struct operator_metrics *metrics;
    uint32_t num_channels;
    struct writer_channel *channels;
    struct partitioner *partitioner; /* HASH to several subtasks */
    uint32_t next_channel;           /* REBALANCE */
    uint32_t num_blocked;            /* channels with something pending */
    struct exchange_barrier barrier;
    int64_t flush_us;      /* when gathered rows leave, on the monotonic clock; 0: there are none */
    struct buffer encoded; /* before it is compressed */
    atomic_bool has_failed;
    pthread_mutex_t mutex; /* for the credits of channels and for failure */
    struct error failure;
};

/* All by the subtask's thread. */

/* Takes the element, behind what was gathered. What there is no credit for is pending. */
void writer_channel_put(struct writer_channel *channel, struct exchange_element element);
void writer_channel_put_batch(struct writer_channel *channel, struct record_batch *batch);
/* Adds rows of a batch to what is gathered. */
void writer_channel_gather(struct writer_channel *channel, const struct record_batch *batch,
                           const uint32_t *rows, uint32_t count);
bool writer_channel_has_gathered(const struct writer_channel *channel);
/* Puts what was gathered. */
void writer_channel_flush(struct writer_channel *channel);
/* Sends what is pending, as far as there is credit. */
void writer_channel_resume(struct writer_channel *channel);
bool writer_channel_has_credit(struct writer_channel *channel);
/* error: as it is to be reported. */
void writer_fail(struct exchange_writer *writer, const struct error *error);

/* writer_frame.c: the frame of rows first .. first + rows - 1, bytes of them encoded; head gets its kind. */
struct stream_message *writer_create_frame(struct exchange_writer *writer, const struct record_batch *batch,
                                           uint32_t first, uint32_t rows, size_t bytes,
                                           struct frame_head *head);
