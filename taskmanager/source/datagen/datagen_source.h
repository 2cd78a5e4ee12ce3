#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/source/source_reader.h"

/*
 * 'connector' = 'datagen'. Row i of the whole source is a function of a seed and i alone; a subtask makes
 * every parallelism-th row, and its position is its state, so that a restore makes exactly the rows that
 * follow, at any parallelism. node outlives the reader.
 */
struct source_reader *datagen_source_create(const struct plan_node *node);
