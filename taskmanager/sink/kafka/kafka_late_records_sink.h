#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

/*
 * The operator behind side output 1 of a window aggregation: takes the rows that came too late and writes
 * each of them as a JSON object to topic, by the way of the kafka source that they came from. A barrier is
 * answered once all of them are delivered (acks=all). source and topic outlive it.
 */
struct operator* kafka_late_records_sink_create(const struct plan_source *source, const char *topic);
