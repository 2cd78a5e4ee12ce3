#pragma once

#include "taskmanager/taskexecutor/operator_chain.h"

#include <pthread.h>

enum { CHAIN_MAX_OUTPUTS = 2 };

struct chain_node;

/* Where a node's batches go. An exchange will be one more kind of output here: its emit hands the batch to a
 * result partition and returns OUTPUT_FULL when that has no credits. */
struct chain_output {
    struct operator_output base; /* first: emit finds the output by it */
    struct chain_node *owner;
    struct chain_node **children;
    size_t num_children;
};

struct chain_node {
    struct operator_chain *chain;
    const struct plan_node *plan;
    struct operator* operator; /* NULL: the source's node, or not open */
    struct operator_context context;
    struct operator_metrics metrics;
    struct chain_output outputs[CHAIN_MAX_OUTPUTS];
    struct operator_output *output_pointers[CHAIN_MAX_OUTPUTS];
    size_t subtree_end; /* the nodes behind this one are those from its own index + 1 to here */
    bool is_dead_letter_sink;
    bool is_blocked; /* its last call returned OUTPUT_FULL or WAITING */
};

/* Something that is taken through all nodes in order, and may have to wait at each of them. Watermarks will
 * be one more, once a source makes them. */
enum sweep_kind { SWEEP_NONE, SWEEP_BARRIER, SWEEP_END_INPUT };
struct chain_sweep {
    enum sweep_kind kind;
    size_t next;      /* node */
    bool is_prepared; /* the first call to that node was made */
    uint64_t checkpoint_id;
    struct chain_snapshot *snapshot;
    enum end_of_input how;
};

/* Invariant: nodes[0] is the source's, parents stand before their children and subtrees are contiguous. While
 * a node is blocked no element enters, and no ancestor of it is resumed. */
struct operator_chain {
    struct operator_chain_options options;
    struct chain_node *nodes;
    size_t num_nodes;
    struct source_reader *source; /* NULL: not open */
    pthread_mutex_t source_mutex; /* for wake: held by whoever wakes or closes the source */
    bool source_is_open;          /* under source_mutex */
    bool may_go_on;
    struct chain_sweep sweep;
};

/* Notes what a call to the node returned; FAILED: names it in *error. */
enum operator_result chain_node_result(struct chain_node *node, enum operator_result result,
                                       struct error *error);
void chain_error_at(const struct chain_node *node, struct error *error);
bool chain_is_blocked(const struct operator_chain *chain);
/* Goes on with the sweep until it is done or a node is blocked. */
enum operator_result chain_sweep_run(struct operator_chain *chain, struct error *error);
extern const struct operator_output_ops chain_output_ops;
