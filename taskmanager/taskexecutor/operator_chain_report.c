#include "taskmanager/taskexecutor/operator_chain_internal.h"

void operator_chain_measure(struct operator_chain *chain)
{
    const struct operator_factory *factory = chain->options.environment->factory;
    for (size_t i = 0; i < chain->num_nodes; i++) {
        struct chain_node *node = &chain->nodes[i];
        if (node->context.keyed_state != NULL)
            atomic_store_explicit(&node->metrics.state_bytes,
                                  factory->keyed_state->num_bytes(node->context.keyed_state),
                                  memory_order_relaxed);
    }
    const struct exchange_functions *exchange = factory->exchange;
    if (chain->gate == NULL)
        return;
    atomic_store_explicit(&chain->num_queued, exchange->num_queued(chain->gate), memory_order_relaxed);
    atomic_store_explicit(&chain->nodes[0].metrics.bytes_in, exchange->num_bytes(chain->gate),
                          memory_order_relaxed);
}

static uint64_t load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static struct rpc_operator_metrics metrics_of(const struct chain_node *node)
{
    const struct operator_metrics *metrics = &node->metrics;
    return (struct rpc_operator_metrics){
        .node_id = node->plan->id,
        .records_in = load(&metrics->records_in),
        .records_out = load(&metrics->records_out),
        .bytes_in = load(&metrics->bytes_in),
        .bytes_out = load(&metrics->bytes_out),
        .dropped_records = load(&metrics->dropped_records),
        .failed_records = load(&metrics->failed_records),
        .pending_records = atomic_load_explicit(&metrics->pending_records, memory_order_relaxed),
        .late_records_dropped = load(&metrics->late_records_dropped),
        .watermark_us = atomic_load_explicit(&metrics->watermark_us, memory_order_relaxed),
        .state_bytes = load(&metrics->state_bytes),
    };
}

void operator_chain_report(const struct operator_chain *chain, struct arena *arena,
                           struct rpc_task_report *report)
{
    struct rpc_operator_metrics *operators = arena_calloc(arena, chain->num_nodes, sizeof *operators);
    size_t count = 0;
    for (size_t i = 0; i < chain->num_nodes; i++)
        if (chain->nodes[i].role == CHAIN_PLANNED)
            operators[count++] = metrics_of(&chain->nodes[i]);
    report->bytes_sent = 0;
    for (size_t i = 0; i < chain->num_nodes; i++) {
        if (chain->nodes[i].role != CHAIN_WRITER)
            continue; /* what stands behind a side output is counted by whom it belongs to */
        uint64_t bytes = load(&chain->nodes[i].metrics.bytes_out);
        report->bytes_sent += bytes;
        for (size_t k = 0; k < count; k++)
            if (operators[k].node_id == chain->nodes[i].plan->id)
                operators[k].bytes_out += bytes;
    }
    report->operators = operators;
    report->num_operators = count;
    report->queued_inputs = atomic_load_explicit(&chain->num_queued, memory_order_relaxed);
    report->bytes_received = operator_chain_has_gate(chain) ? load(&chain->nodes[0].metrics.bytes_in) : 0;
}
