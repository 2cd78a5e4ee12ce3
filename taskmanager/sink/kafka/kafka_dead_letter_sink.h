#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

/*
 * The operator behind side output 1 of a kafka source with a dead-letter topic: takes batches of
 * kafka_dead_letter_schema() and writes each row's raw value and key to that topic, its reason and origin in
 * headers. A barrier is answered once all of them are delivered (acks=all). source_node outlives it.
 */
struct operator* kafka_dead_letter_sink_create(const struct plan_node *source_node);
