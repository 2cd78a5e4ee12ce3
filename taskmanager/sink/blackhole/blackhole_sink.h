#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/operators/operator.h"

/* 'connector' = 'blackhole': takes rows and forgets them. */
struct operator* blackhole_sink_create(const struct plan_node *node);
