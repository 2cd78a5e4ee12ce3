#pragma once

#include "common/plan/job_graph.h"
#include "common/rpc/messages.h"
#include "taskmanager/taskexecutor/operator_factory.h"

/*
 * A source and the tree of operators behind it, as one subtask runs them. All calls come from the subtask's
 * thread, but operator_chain_report and operator_chain_wake_source.
 *
 * A call that moves elements returns DONE, or that some operator is blocked (OUTPUT_FULL, WAITING), or
 * FAILED. While it is blocked only operator_chain_resume and operator_chain_close are called; resume goes on
 * from the deepest blocked operator, then finishes what was begun (a barrier, the end of input).
 */
struct operator_chain;

struct operator_chain_options {
    const struct process_context *process;
    const struct operator_factory *factory;
    const struct plan_job_graph *graph;
    const struct plan_vertex *vertex;
    const struct rpc_deploy *deploy; /* identity and what to restore; outlives the chain */
    struct collect_channel *channel;
    void (*wake)(void *wake_context); /* any thread: operators ask to be resumed */
    void *wake_context;
};

/* Makes the tree; nothing is opened. */
struct operator_chain *operator_chain_create(const struct operator_chain_options *options);
/* Opens and restores, sinks first, the source last. */
STATUS_MUST_CHECK enum status operator_chain_open(struct operator_chain *chain, struct error *error);
/* Closes what was opened, the source first; idempotent. */
void operator_chain_close(struct operator_chain *chain);
void operator_chain_free(struct operator_chain *chain); /* closes first */

enum chain_poll {
    CHAIN_PROGRESS, /* a batch went through */
    CHAIN_EMPTY,    /* nothing came in the time given */
    CHAIN_ENDED,    /* the source is at its end */
    CHAIN_BLOCKED,
    CHAIN_FAILED,
};
/* Asks the source for a batch and passes it on. ret_poll_us: the part of the time that the source took. */
enum chain_poll operator_chain_poll(struct operator_chain *chain, int64_t max_wait_ms, int64_t *ret_poll_us,
                                    struct error *error);
enum operator_result operator_chain_resume(struct operator_chain *chain, struct error *error);
enum operator_result operator_chain_end_input(struct operator_chain *chain, enum end_of_input how,
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
struct chain_snapshot {
    struct chain_state *states;
    size_t num_states;
    struct chain_committable *committables;
    size_t num_committables;
};
void chain_snapshot_free(struct chain_snapshot *snapshot); /* the content */

/*
 * Notes the source's position, then takes each operator, parents first, through prepare_barrier and
 * snapshot_state, into *snapshot, which starts empty and is complete once the call, or the resume after it,
 * returns DONE.
 */
enum operator_result operator_chain_snapshot(struct operator_chain *chain, uint64_t checkpoint_id,
                                             struct chain_snapshot *snapshot, struct error *error);
/* True after a FAILED that snapshot_state gave with a retriable error: by that the operator says that it lost
 * nothing, so the checkpoint is declined and the subtask goes on. */
bool operator_chain_may_go_on(const struct operator_chain *chain);

void operator_chain_notify(struct operator_chain *chain, uint64_t checkpoint_id, bool is_aborted);

/* Any thread, while the chain is there. */
void operator_chain_wake_source(struct operator_chain *chain);
size_t operator_chain_report(const struct operator_chain *chain, struct rpc_operator_metrics *ret_metrics,
                             size_t capacity);
