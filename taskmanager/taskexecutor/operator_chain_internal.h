#pragma once

#include "taskmanager/source/watermark_generator.h"
#include "taskmanager/taskexecutor/operator_chain.h"

#include <pthread.h>

enum { CHAIN_MAX_OUTPUTS = 2 };

struct chain_node;

/* Where a node's batches go. */
struct chain_output {
    struct operator_output base; /* first: emit finds the output by it */
    struct chain_node *owner;
    struct chain_node **children;
    size_t num_children;
};

enum chain_role {
    CHAIN_PLANNED, /* what the plan's node says */
    /* One more child of the plan's node: */
    CHAIN_WRITER,       /* feeds an edge */
    CHAIN_DEAD_LETTERS, /* behind side output 1 of a source */
    CHAIN_LATE_RECORDS, /* behind side output 1 of a window aggregation */
};

struct chain_node {
    struct operator_chain *chain;
    const struct plan_node *plan;
    const struct schema *input; /* of the rows that it takes; NULL: the source's node */
    enum chain_role role;
    uint32_t edge;             /* WRITER: index into the graph's edges */
    struct operator* operator; /* NULL: the source's node, or not open */
    struct operator_context context;
    struct operator_metrics metrics;
    struct chain_output outputs[CHAIN_MAX_OUTPUTS];
    struct operator_output *output_pointers[CHAIN_MAX_OUTPUTS];
    size_t subtree_end; /* the nodes behind this one are those from its own index + 1 to here */
    bool is_blocked;    /* its last call returned OUTPUT_FULL or WAITING */
};

/* What the first node was told of one of its inputs. */
struct chain_input {
    int64_t watermark_us;
    bool is_idle;
    bool is_ended;
};

/* Something that is taken through nodes in order, and may have to wait at each of them. */
enum sweep_kind {
    SWEEP_NONE,
    SWEEP_BARRIER,
    SWEEP_WATERMARK,
    SWEEP_STATUS,
    SWEEP_TIMERS,
    SWEEP_END_INPUT,
};
struct chain_sweep {
    enum sweep_kind kind;
    size_t next;      /* node */
    size_t end;       /* the node behind the last */
    bool is_prepared; /* the first call to that node was made */
    uint32_t input;   /* of the first node, when it is among them */
    uint64_t checkpoint_id;
    uint64_t durable_id;
    struct chain_snapshot *snapshot;
    int64_t time_us; /* WATERMARK, TIMERS */
    bool is_idle;
    enum end_of_input how;
};

/*
 * Invariant: nodes[0] is the source's or what the gate feeds, parents stand before their children and
 * subtrees are contiguous. While a node is blocked no element enters, and no ancestor of it is resumed.
 *
 * The first node learns of each of its inputs' times by itself; the nodes behind it are told the smallest of
 * them, once it grew.
 */
struct operator_chain {
    struct operator_chain_options options;
    struct chain_node *nodes;
    size_t num_nodes;
    struct arena *arena;           /* of what is restored */
    struct file_io *checkpoint_io; /* NULL: nothing needs it */

    struct source_reader *source;          /* NULL: not open, or there is a gate */
    struct watermark_generator *generator; /* NULL: the source has no event time */
    pthread_mutex_t source_mutex;          /* for wake: held by whoever wakes or closes the source */
    bool source_is_open;                   /* under source_mutex */

    struct input_gate *gate; /* NULL: not open, or there is a source */
    struct chain_input *inputs;
    uint32_t num_inputs;
    _Atomic uint32_t num_queued; /* elements that wait in the gate */

    int64_t watermark_us; /* as the nodes behind the first know it */
    bool is_idle;         /* the same */
    bool is_end_due;      /* all input is at its end, and not all nodes know it */
    uint32_t end_input;   /* the last one to end */
    enum end_of_input end_how;

    bool may_go_on;
    struct chain_sweep sweep;
};

/* Notes what a call to the node returned; FAILED: names it in *error. */
enum operator_result chain_node_result(struct chain_node *node, enum operator_result result,
                                       struct error *error);
void chain_error_at(const struct chain_node *node, struct error *error);
bool chain_is_blocked(const struct operator_chain *chain);
/* Hands a batch to a node that is not blocked. */
enum operator_result chain_push(struct chain_node *node, uint32_t input, struct record_batch *batch,
                                struct error *error);
extern const struct operator_output_ops chain_output_ops;

/* operator_chain_sweep.c */
/* Goes on with the sweep, and with what follows it, until all is done or a node is blocked. */
enum operator_result chain_sweep_run(struct operator_chain *chain, struct error *error);
enum operator_result chain_sweep_begin(struct operator_chain *chain, struct chain_sweep sweep,
                                       struct error *error);
/* Tells the nodes what became due by a change of the inputs. */
enum operator_result chain_sweep_due(struct operator_chain *chain, struct error *error);

/* operator_chain_snapshot.c: adds what the node has to the sweep's snapshot. */
enum operator_result chain_snapshot_node(struct chain_node *node, struct error *error);

/* operator_chain_state.c: keyed state, which lives from before an operator's open to behind its close. */
bool chain_keeps_keyed_state(const struct plan_node *node);
STATUS_MUST_CHECK enum status chain_state_open(struct chain_node *node, struct error *error);
void chain_state_close(struct chain_node *node);
/* Adds to the sweep's snapshot. */
STATUS_MUST_CHECK enum status chain_state_freeze(struct chain_node *node, struct error *error);
