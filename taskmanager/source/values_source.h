#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/source/source_reader.h"

/* Constant rows (INSERT INTO ... VALUES), made by one subtask; then end of input. node outlives the reader.
 */
struct source_reader *values_source_create(const struct plan_node *node);
