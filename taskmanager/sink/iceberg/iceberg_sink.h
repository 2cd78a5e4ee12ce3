#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

/*
 * Writes rows into Parquet data files of an Iceberg table, one open file for each partition, and hands over
 * the files that it closed at a barrier as the committable of that checkpoint (common/iceberg/committable.h).
 * It never touches the table's metadata. node->sink->iceberg is bound to a table; node outlives the operator.
 */
struct operator* iceberg_sink_create(const struct plan_node *node);
