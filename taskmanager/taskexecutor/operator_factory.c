#include "taskmanager/taskexecutor/operator_factory.h"

#include "taskmanager/operators/calc.h"
#include "taskmanager/operators/deduplicate.h"
#include "taskmanager/operators/group_aggregate.h"
#include "taskmanager/operators/top_n.h"
#include "taskmanager/operators/window_aggregate.h"
#include "taskmanager/operators/window_table_function.h"
#include "taskmanager/sink/blackhole/blackhole_sink.h"
#include "taskmanager/sink/collect/collect_sink.h"
#include "taskmanager/sink/iceberg/iceberg_sink.h"
#include "taskmanager/sink/kafka/kafka_dead_letter_sink.h"
#include "taskmanager/sink/print/print_sink.h"
#include "taskmanager/source/datagen/datagen_source.h"
#include "taskmanager/source/kafka/kafka_source.h"
#include "taskmanager/source/values_source.h"
#include "taskmanager/taskexecutor/late_records.h"

/* The registry: a plan kind, its constructor. */
static struct source_reader *(*const source_constructors[])(const struct plan_node *node) = {
    [PLAN_SOURCE_KAFKA] = kafka_source_create,
    [PLAN_SOURCE_DATAGEN] = datagen_source_create,
    [PLAN_SOURCE_VALUES] = values_source_create,
};

static struct operator* (*const sink_constructors[])(const struct plan_node *node) = {
    [PLAN_SINK_ICEBERG] = iceberg_sink_create,
    [PLAN_SINK_PRINT] = print_sink_create,
    [PLAN_SINK_BLACKHOLE] = blackhole_sink_create,
};

static struct source_reader *create_source(const struct plan_node *node)
{
    size_t kind = (size_t)node->source->kind;
    bool is_known = kind < sizeof source_constructors / sizeof *source_constructors;
    return is_known && source_constructors[kind] != NULL ? source_constructors[kind](node) : NULL;
}

static struct operator* create_sink(const struct plan_node *node, struct collect_channel *channel)
{
    size_t kind = (size_t)node->sink->kind;
    if (kind == PLAN_SINK_COLLECT)
        return collect_sink_create(node, channel);
    bool is_known = kind < sizeof sink_constructors / sizeof *sink_constructors;
    return is_known && sink_constructors[kind] != NULL ? sink_constructors[kind](node) : NULL;
}

static struct operator*
    create_operator(const struct plan_node *node, const struct schema *input, struct collect_channel *channel)
{
    switch (node->kind) {
    case PLAN_CALC: return calc_create(node->calc, node->schema);
    case PLAN_SINK: return create_sink(node, channel);
    case PLAN_WINDOW_TABLE_FUNCTION:
        return window_table_function_create(node->window_table_function, input, node->schema);
    case PLAN_WINDOW_AGGREGATE: return window_aggregate_create(node->window_aggregate, input, node->schema);
    case PLAN_GROUP_AGGREGATE: return group_aggregate_create(node->group_aggregate, input, node->schema);
    case PLAN_DEDUPLICATE: return deduplicate_create(node->deduplicate, input, node->schema);
    case PLAN_TOP_N: return top_n_create(node->top_n, input, node->schema);
    case PLAN_SOURCE: break;
    }
    return NULL;
}

static const struct exchange_functions exchange = {
    .create_gate = input_gate_create,
    .free_gate = input_gate_free,
    .poll_gate = input_gate_poll,
    .abort_alignment = input_gate_abort_alignment,
    .num_inputs = input_gate_num_inputs,
    .num_queued = input_gate_queued,
    .num_bytes = input_gate_bytes,
    .create_writer = exchange_writer_create,
    .set_barrier = exchange_writer_set_barrier,
};

static const struct keyed_state_functions keyed_state = {
    .open = keyed_state_backend_open,
    .close = keyed_state_backend_close,
    .num_bytes = keyed_state_backend_bytes,
    .freeze = keyed_state_backend_freeze,
    .upload = keyed_state_snapshot_upload,
    .cancel = keyed_state_snapshot_cancel,
    .free_snapshot = keyed_state_snapshot_free,
    .completed = keyed_state_backend_completed,
    .aborted = keyed_state_backend_aborted,
};

static const struct operator_factory shipped = {
    .create_source = create_source,
    .create_operator = create_operator,
    .create_dead_letter_sink = kafka_dead_letter_sink_create,
    .create_late_records_sink = late_records_sink_create,
    .exchange = &exchange,
    .keyed_state = &keyed_state,
};

const struct operator_factory *operator_factory_shipped(void)
{
    return &shipped;
}
