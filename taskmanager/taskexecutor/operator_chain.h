#pragma once

#include "common/plan/job_graph.h"
#include "common/rpc/messages.h"
#include "taskmanager/taskexecutor/task_environment.h"

/*
 * A source, or an operator that the input gate feeds, and the tree of operators behind it, as one subtask
 * runs them. Where an edge leaves from a node, a writer of the exchange is one more child of it. All calls
 * come from the subtask's thread, but operator_chain_report and operator_chain_wake_source.
 *
 * A call that moves elements returns DONE, or that some operator is blocked (OUTPUT_FULL, WAITING), or
 * FAILED. While it is blocked only operator_chain_resume and operator_chain_close are called; resume goes on
 * from the deepest blocked operator, then finishes what was begun (a barrier, a watermark, the end of input).
 */
struct operator_chain;

struct operator_chain_options {
    const struct task_environment *environment;
    const struct plan_job_graph *graph;
    const struct plan_vertex *vertex; /* of graph */
    const struct rpc_deploy *deploy;  /* identity and what to restore; outlives the chain */
    struct collect_channel *channel;
    void (*wake)(void *wake_context);       /* any thread: operators ask to be resumed */
    void (*wake_input)(void *wake_context); /* any thread: the gate has elements */
    void *wake_context;
};

/* Makes the tree; nothing is opened. */
struct operator_chain *operator_chain_create(const struct operator_chain_options *options);
/* Opens and restores, sinks first, the source or the gate last. */
STATUS_MUST_CHECK enum status operator_chain_open(struct operator_chain *chain, struct error *error);
/* Closes what was opened, the source or the gate first; idempotent. */
void operator_chain_close(struct operator_chain *chain);
void operator_chain_free(struct operator_chain *chain); /* closes first */

/* A barrier on its way through the chain. */
struct chain_barrier {
    uint64_t checkpoint_id;
    enum rpc_checkpoint_kind kind;
    uint64_t durable_id;  /* the newest durable checkpoint: the only one that keyed state may build upon */
    int64_t trigger_ms;   /* wall clock */
    int64_t alignment_us; /* of a gate: from the first channel's barrier to the last's */
};

enum chain_poll {
    CHAIN_PROGRESS, /* an element went through */
    CHAIN_EMPTY,    /* nothing came: of a source in the time given, of a gate until it wakes us */
    CHAIN_BARRIER,  /* of a gate: operator_chain_snapshot is next */
    CHAIN_ENDED,    /* all input is at its end: operator_chain_end_input is next */
    CHAIN_BLOCKED,
    CHAIN_FAILED,
};

struct chain_polled {
    int64_t source_us;            /* the part of the time that the source took */
    struct chain_barrier barrier; /* BARRIER */
    enum end_of_input how;        /* ENDED */
};

/* Asks the source or the gate for an element and passes it on. Of a source max_wait_ms may be waited for; a
 * gate never waits, and after ENDED gives nothing but barriers. */
enum chain_poll operator_chain_poll(struct operator_chain *chain, int64_t max_wait_ms,
                                    struct chain_polled *ret_polled, struct error *error);
/* Whether a gate feeds it. */
bool operator_chain_has_gate(const struct operator_chain *chain);
enum operator_result operator_chain_resume(struct operator_chain *chain, struct error *error);
/* FINISHED: the last watermark goes ahead. */
enum operator_result operator_chain_end_input(struct operator_chain *chain, enum end_of_input how,
                                              struct error *error);

/* When an operator's timer is next due, by the wall clock; INT64_MAX: never. */
int64_t operator_chain_next_timer_us(const struct operator_chain *chain);
enum operator_result operator_chain_on_timers(struct operator_chain *chain, int64_t time_us,
                                              struct error *error);

/* What one subtask hands over for a checkpoint: encoded states by node, committables by sink. */
struct chain_state {
    uint32_t node_id;
    struct buffer bytes;
};
struct chain_committable {
    uint32_t sink_id;
    struct buffer bytes;
};
/* Keyed state of a node, frozen: it is yet to be uploaded, on any thread. */
struct chain_frozen {
    uint32_t node_id;
    struct keyed_state_snapshot *snapshot;
    const struct keyed_state_functions *functions;
};
struct chain_snapshot {
    struct chain_state *states;
    size_t num_states;
    struct chain_committable *committables;
    size_t num_committables;
    struct chain_frozen *frozen;
    size_t num_frozen;
};
void chain_snapshot_free(struct chain_snapshot *snapshot); /* the content; before the chain is closed */

/*
 * Notes the source's position, then takes each operator, parents first, through prepare_barrier and
 * snapshot_state, into *snapshot, which starts empty and is complete once the call, or the resume after it,
 * returns DONE. Writers send the barrier on.
 */
enum operator_result operator_chain_snapshot(struct operator_chain *chain,
                                             const struct chain_barrier *barrier,
                                             struct chain_snapshot *snapshot, struct error *error);
/* True after a FAILED that snapshot_state gave with a retriable error: by that the operator says that it lost
 * nothing, so the checkpoint is declined and the subtask goes on. */
bool operator_chain_may_go_on(const struct operator_chain *chain);

void operator_chain_notify(struct operator_chain *chain, uint64_t checkpoint_id, bool is_aborted);

/* Any thread, while the chain is there. */
void operator_chain_wake_source(struct operator_chain *chain);
/* Brings the figures of gate and keyed state up to date, for reports. */
void operator_chain_measure(struct operator_chain *chain);
/* Fills in what concerns the chain; its arrays live in arena. */
void operator_chain_report(const struct operator_chain *chain, struct arena *arena,
                           struct rpc_task_report *report);
