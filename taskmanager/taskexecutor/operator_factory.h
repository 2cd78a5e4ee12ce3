#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"
#include "taskmanager/sink/collect/collect_channel.h"
#include "taskmanager/source/source_reader.h"

/*
 * What a plan node is at run time. A member returns NULL for a kind that this build does not know. The
 * results are closed by the chain, the nodes outlive them.
 */
struct operator_factory {
    struct source_reader *(*create_source)(const struct plan_node *node);
    struct operator* (*create_operator)(const struct plan_node *node, struct collect_channel *channel);
    /* What stands behind side output 1 of a source; NULL: nothing, the rows end there. */
    struct operator* (*create_dead_letter_sink)(const struct plan_node *source_node);
};

/* The shipped connectors and operators. */
const struct operator_factory *operator_factory_shipped(void);
