#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/exchange/exchange_writer.h"
#include "taskmanager/exchange/input_gate.h"
#include "taskmanager/operators/operator.h"
#include "taskmanager/sink/collect/collect_channel.h"
#include "taskmanager/source/source_reader.h"

/* The exchange as a chain uses it. */
struct exchange_functions {
    enum status (*create_gate)(struct exchange_hub *hub, const struct exchange_end *end,
                               struct input_gate **ret_gate, struct error *error);
    void (*free_gate)(struct input_gate *gate);
    enum gate_element_kind (*poll_gate)(struct input_gate *gate, struct gate_element *ret_element,
                                        struct error *error);
    void (*abort_alignment)(struct input_gate *gate, uint64_t checkpoint_id);
    uint32_t (*num_inputs)(const struct input_gate *gate);
    uint32_t (*num_queued)(const struct input_gate *gate);
    uint64_t (*num_bytes)(const struct input_gate *gate);
    struct operator*
        (*create_writer)(struct exchange_hub *hub, const struct exchange_end *end, uint32_t edge);
    void (*set_barrier)(struct operator* writer, const struct exchange_barrier *barrier);
};

/* Keyed state as a chain uses it. */
struct keyed_state_functions {
    enum status (*open)(const struct keyed_state_options *options, struct keyed_state_backend **ret_backend,
                        struct error *error);
    void (*close)(struct keyed_state_backend *backend);
    uint64_t (*num_bytes)(const struct keyed_state_backend *backend);
    enum status (*freeze)(struct keyed_state_backend *backend, uint64_t checkpoint_id,
                          struct keyed_state_snapshot **ret_snapshot, struct error *error);
    enum status (*upload)(struct keyed_state_snapshot *snapshot, struct arena *arena,
                          struct keyed_state_handle **ret_handle, struct error *error);
    void (*cancel)(struct keyed_state_snapshot *snapshot);
    void (*free_snapshot)(struct keyed_state_snapshot *snapshot);
    void (*completed)(struct keyed_state_backend *backend, uint64_t checkpoint_id);
    void (*aborted)(struct keyed_state_backend *backend, uint64_t checkpoint_id);
};

/*
 * What a plan node is at run time. A member returns NULL for a kind that this build does not know. The
 * results are closed by the chain, the nodes outlive them.
 */
struct operator_factory {
    struct source_reader *(*create_source)(const struct plan_node *node);
    /* input: of the rows that the node takes (its input 0), which lives as long as the node. */
    struct operator* (*create_operator)(const struct plan_node *node, const struct schema *input,
                                        struct collect_channel *channel);
    /* What stands behind side output 1 of a source: records that could not be read. */
    struct operator* (*create_dead_letter_sink)(const struct plan_node *source_node);
    /* Behind side output 1 of a window aggregation: rows that came too late. */
    struct operator*
        (*create_late_records_sink)(const struct plan_node *node, const struct plan_job_graph *graph);
    const struct exchange_functions *exchange;       /* NULL: no edges */
    const struct keyed_state_functions *keyed_state; /* NULL: no operators that keep keyed state */
};

/* The shipped connectors and operators. */
const struct operator_factory *operator_factory_shipped(void);
