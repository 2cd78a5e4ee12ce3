#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

#include <stdio.h>

/* 'connector' = 'print': one line a row, as Flink's: `+I[1, a]`, with `identifier:2> ` before it when there
 * is an identifier or more than one subtask. To the standard output or error of the process. */
struct operator* print_sink_create(const struct plan_node *node);
/* To another stream, borrowed. */
struct operator* print_sink_create_to(const struct plan_node *node, FILE *stream);
