#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"
#include "taskmanager/sink/collect/collect_channel.h"

/* The rows of a SELECT, for the client: JSON text into the channel. It waits while the channel is full, and
 * at the end of input until all of it was taken. channel: one more reference is held. */
struct operator* collect_sink_create(const struct plan_node *node, struct collect_channel *channel);
