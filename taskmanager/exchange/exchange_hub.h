#pragma once

#include "common/base/process_context.h"
#include "common/plan/job_graph.h"
#include "common/transport/transport.h"

/*
 * The data plane of a taskmanager: channels between subtasks, in one process as bounded queues of batches,
 * between processes as numbered, checksummed frames over one connection to each peer. A channel goes from one
 * subtask of an edge's `from` vertex to one of its `to` vertex. It carries, in order: batches, watermarks,
 * watermark statuses, barriers, the end of input, and after that barriers only.
 *
 * Credits: a consumer says up to which element number a producer may send (an absolute number, so that saying
 * it twice does no harm); nothing else bounds a channel, and nothing is sent without. A producer announces
 * itself until it has heard of credits, so that either side may be deployed first. So a channel holds at most
 * EXCHANGE_CHANNEL_CREDITS elements, of at most EXCHANGE_FRAME_BYTES each between processes (one row, if that
 * is larger; a row beyond TRANSPORT_MAX_MESSAGE_BYTES fails the job), and a consumer that is slow stops its
 * producers and nothing else.
 *
 * A gap in the numbers, a bad checksum, a frame that does not decode, a lost connection or a peer that is
 * silent for the heartbeat timeout fails both ends of the channels concerned, with a retriable error. Frames
 * of another leader epoch, job attempt or taskmanager incarnation are dropped.
 *
 * wake callbacks are made under locks of the exchange: they must not call back into it, nor wait.
 */
struct exchange_hub;

enum { EXCHANGE_FRAME_BYTES = 256 * 1024, EXCHANGE_CHANNEL_CREDITS = 8 };

struct exchange_hub_options {
    const struct process_context *process; /* borrowed, so the next */
    struct transport *transport;
    const char *listen_address; /* tcp://host:port (0: any), inproc://name */
    const char *host;           /* as peers dial it */
    const char *taskmanager_id; /* the incarnation */
    bool compresses;            /* LZ4 between processes */
    int64_t heartbeat_interval_ms, heartbeat_timeout_ms;
};

STATUS_MUST_CHECK enum status exchange_hub_create(const struct exchange_hub_options *options,
                                                  struct exchange_hub **ret_hub, struct error *error);
void exchange_hub_free(struct exchange_hub *hub); /* gates and writers first */
/* What peers dial. */
const char *exchange_hub_address(const struct exchange_hub *hub);

/* Where a subtask of the job runs. */
struct exchange_location {
    uint32_t vertex; /* index into the graph's vertices */
    uint32_t subtask;
    const char *taskmanager_id;
    const char *address; /* exchange_hub_address there */
};

/* One subtask's end of its edges; everything is copied, but the graph and the callbacks' context, which
 * outlive it. */
struct exchange_end {
    const struct plan_job_graph *graph;
    uint64_t leader_epoch;
    const char *job_id;
    uint32_t attempt;
    uint32_t vertex; /* the own */
    uint32_t subtask;
    const struct exchange_location *locations; /* of all subtasks of the job */
    size_t num_locations;
    void (*wake)(void *wake_context); /* any thread: the gate has elements, or it failed */
    void *wake_context;
};
